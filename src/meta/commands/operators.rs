//! Operators of the installation.

use super::super::codec::Sql;
use super::super::engine::{Command, Tx};
use super::super::error::{Error, Limited};
use super::super::schema::OfInstallation;
use crate::types::clock::Time;
use crate::types::limits;
use crate::types::names::PrincipalName;

/// Makes an operator. Refused with [`Error::OperatorExists`] or [`Error::LimitReached`].
#[derive(Clone, Debug)]
pub struct AddOperator {
    /// Who.
    pub name: PrincipalName,
    /// SHA-256 of the token; the token itself is nowhere.
    pub token_hash: [u8; 32],
    /// When.
    pub created: Time,
}

impl Command for AddOperator {
    type On = OfInstallation;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let taken = tx.first(
            "SELECT 1 FROM operators WHERE name = ?1 OR token_hash = ?2",
            (Sql(&self.name), self.token_hash.as_slice()),
            |_| Ok(()),
        )?;
        if taken.is_some() {
            return Err(Error::OperatorExists);
        }
        super::bounded(
            tx,
            "SELECT count(*) FROM operators",
            limits::OPERATORS_MAX,
            Limited::Operators,
        )?;
        tx.execute(
            "INSERT INTO operators (name, token_hash, created_ms) VALUES (?1, ?2, ?3)",
            (
                Sql(&self.name),
                self.token_hash.as_slice(),
                Sql(self.created),
            ),
        )?;
        Ok(())
    }
}
