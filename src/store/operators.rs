//! Operators of the installation.

use crate::audit::entry::Draft;
use crate::meta::commands::AddOperator;
use crate::meta::commands::Maker;
use crate::meta::commands::RevokeOperator;
use crate::meta::records::OperatorRecord;
use crate::types::names::PrincipalName;

use super::Committed;
use super::agencies::Store;
use super::approvals::Seconded;
use super::error::Error;

/// Who makes an operator: one alone, or with a second person's approval.
pub fn maker(by: PrincipalName, seconded: Option<Seconded>) -> Maker {
    match seconded {
        None => Maker::Alone(by),
        Some(Seconded { second }) => Maker::Seconded(by, second),
    }
}

impl Store {
    /// Adds an operator, known by the hash of its token.
    ///
    /// # Errors
    /// `OperatorExists`, `SamePerson`, `LimitReached` of the catalog.
    pub async fn add_operator(
        &self,
        name: PrincipalName,
        token_hash: [u8; 32],
        maker: Maker,
        draft: &Draft<'_>,
    ) -> Result<Committed<()>, Error> {
        let command = AddOperator {
            name,
            token_hash,
            created: self.0.clock.now(),
            maker,
        };
        self.0
            .catalog
            .commit(command, self.0.ledger.entry(draft))
            .await?;
        Ok(Committed(()))
    }

    /// Refuses an operator's token from now on.
    ///
    /// # Errors
    /// `NoSuchOperator`, `LastOperator` of the catalog.
    pub async fn revoke_operator(
        &self,
        name: PrincipalName,
        draft: &Draft<'_>,
    ) -> Result<Committed<()>, Error> {
        let at = self.0.clock.now();
        let command = RevokeOperator { name, at };
        let entry = self.0.ledger.entry(draft);
        self.0.catalog.commit(command, entry).await?;
        Ok(Committed(()))
    }

    /// All operators, the revoked ones too, by name.
    ///
    /// # Errors
    /// If the catalog cannot be read.
    pub fn operators(&self) -> Result<Vec<OperatorRecord>, Error> {
        Ok(self.0.catalog.read(|reader| reader.operators())?)
    }

    /// The operator with this token, unless it is revoked.
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
