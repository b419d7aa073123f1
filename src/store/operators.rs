//! Operators of the installation.

use crate::audit::entry::Draft;
use crate::meta::commands::AddOperator;
use crate::meta::records::OperatorRecord;
use crate::types::names::PrincipalName;

use super::Committed;
use super::agencies::Store;
use super::error::Error;

impl Store {
    /// Adds an operator, known by the hash of its token.
    ///
    /// # Errors
    /// `OperatorExists` of the catalog.
    pub async fn add_operator(
        &self,
        name: PrincipalName,
        token_hash: [u8; 32],
        draft: &Draft<'_>,
    ) -> Result<Committed<()>, Error> {
        let command = AddOperator {
            name,
            token_hash,
            created: self.0.clock.now(),
        };
        self.0
            .catalog
            .commit(command, self.0.ledger.entry(draft))
            .await?;
        Ok(Committed(()))
    }

    /// The operator with this token.
    ///
    /// # Errors
    /// If the catalog cannot be read.
    pub fn operator(&self, token_hash: &[u8; 32]) -> Result<Option<OperatorRecord>, Error> {
        Ok(self
            .0
            .catalog
            .read(|reader| reader.operator_by_token(token_hash))?)
    }

    /// Whether there is any operator yet: until then the first start is not over.
    ///
    /// # Errors
    /// If the catalog cannot be read.
    pub fn has_operators(&self) -> Result<bool, Error> {
        Ok(self.0.catalog.read(|reader| reader.has_operators())?)
    }
}
