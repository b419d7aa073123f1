//! Operators of the installation.

use super::super::codec::{Sql, column, optional};
use super::super::engine::{Command, Tx};
use super::super::error::{Error, Limited};
use super::super::schema::OfInstallation;
use crate::types::clock::Time;
use crate::types::limits;
use crate::types::names::PrincipalName;

/// Who makes an operator.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Maker {
    /// The start of the server: whoever starts it has the root key.
    Start,
    /// An operator alone, which it may only while there is no other. The new one counts to be in
    /// the hand of its maker.
    Alone(PrincipalName),
    /// An operator, and a second person of another hand.
    Seconded(PrincipalName, String),
}

/// Makes an operator. Refused with [`Error::OperatorExists`], [`Error::SamePerson`] or
/// [`Error::LimitReached`].
#[derive(Clone, Debug)]
pub struct AddOperator {
    /// Who.
    pub name: PrincipalName,
    /// SHA-256 of the token; the token itself is nowhere.
    pub token_hash: [u8; 32],
    /// When.
    pub created: Time,
    /// By whom.
    pub maker: Maker,
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
        // The revoked ones stay, so that no name ever is another person's.
        super::bounded(
            tx,
            "SELECT count(*) FROM operators",
            limits::OPERATORS_MAX,
            Limited::Operators,
        )?;
        let (hand, made_by, seconded_by) = match &self.maker {
            Maker::Start => (None, None, None),
            Maker::Seconded(by, second) => (None, Some(by), Some(second)),
            Maker::Alone(by) => {
                let others = tx.first(
                    "SELECT 1 FROM operators WHERE name <> ?1 AND revoked_ms IS NULL",
                    [Sql(by)],
                    |_| Ok(()),
                )?;
                if others.is_some() {
                    return Err(Error::SamePerson);
                }
                let hand: Option<PrincipalName> = tx
                    .first(
                        "SELECT hand FROM operators WHERE name = ?1",
                        [Sql(by)],
                        |row| optional(row, 0),
                    )?
                    .flatten();
                (Some(hand.unwrap_or_else(|| by.clone())), Some(by), None)
            }
        };
        tx.execute(
            "INSERT INTO operators (name, token_hash, created_ms, hand, made_by, seconded_by)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (
                Sql(&self.name),
                self.token_hash.as_slice(),
                Sql(self.created),
                hand.as_ref().map(Sql),
                made_by.map(Sql),
                seconded_by,
            ),
        )?;
        Ok(())
    }
}

/// Refuses an operator's token from now on; again is no error. Refused with
/// [`Error::NoSuchOperator`] or [`Error::LastOperator`].
#[derive(Clone, Debug)]
pub struct RevokeOperator {
    /// Who.
    pub name: PrincipalName,
    /// When.
    pub at: Time,
}

impl Command for RevokeOperator {
    type On = OfInstallation;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let revoked = tx.first(
            "SELECT revoked_ms FROM operators WHERE name = ?1",
            [Sql(&self.name)],
            |row| optional::<Time>(row, 0),
        )?;
        if revoked.ok_or(Error::NoSuchOperator)?.is_some() {
            return Ok(());
        }
        let other: Option<PrincipalName> = tx.first(
            "SELECT name FROM operators WHERE name <> ?1 AND revoked_ms IS NULL",
            [Sql(&self.name)],
            |row| column(row, 0),
        )?;
        if other.is_none() {
            return Err(Error::LastOperator);
        }
        tx.execute(
            "UPDATE operators SET revoked_ms = ?2 WHERE name = ?1",
            (Sql(&self.name), Sql(self.at)),
        )?;
        Ok(())
    }
}
