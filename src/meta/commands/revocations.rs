//! What no longer counts although it has not ended.

use super::super::codec::{Sql, revoked_columns};
use super::super::engine::{Command, Tx};
use super::super::error::{Error, Limited};
use super::super::records::Revoked;
use super::super::schema::OfAgency;
use crate::types::clock::Time;
use crate::types::limits;
use crate::types::names::PrincipalName;

/// Revokes a session, or all that was given to a principal: its access keys for good, its sessions
/// and tokens up to this moment or, standing, for good too. Again is no error. Refused with
/// [`Error::LimitReached`].
#[derive(Clone, Debug)]
pub struct Revoke {
    /// What.
    pub revoked: Revoked,
    /// When.
    pub at: Time,
    /// Whether what is given out later does not count either.
    pub is_standing: bool,
}

impl Command for Revoke {
    type On = OfAgency;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        if let Revoked::Principal(name) = &self.revoked {
            tx.execute(
                "UPDATE access_keys SET revoked_ms = ?2 WHERE revoked_ms IS NULL AND principal IN
                     (SELECT number FROM principals WHERE name = ?1)",
                (Sql(name), Sql(self.at)),
            )?;
        }
        insert(tx, &self.revoked, self.at, self.is_standing)
    }
}

/// Lets what is given to a principal from now on count again. Refused with
/// [`Error::NoSuchRevocation`].
#[derive(Clone, Debug)]
pub struct LiftRevocation {
    /// Whose.
    pub principal: PrincipalName,
    /// When: what was given out before stays revoked.
    pub at: Time,
}

impl Command for LiftRevocation {
    type On = OfAgency;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let revoked = Revoked::Principal(self.principal.clone());
        let (kind, subject) = revoked_columns(&revoked);
        let changed = tx.execute(
            "UPDATE revocations SET is_standing = 0, at_ms = max(at_ms, ?3)
             WHERE kind = ?1 AND subject = ?2 AND is_standing = 1",
            (kind, subject, Sql(self.at)),
        )?;
        match changed {
            0 => Err(Error::NoSuchRevocation),
            _ => Ok(()),
        }
    }
}

/// Writes a revocation, and forgets those of what has ended by itself since.
pub(super) fn insert(
    tx: &Tx<'_>,
    revoked: &Revoked,
    at: Time,
    is_standing: bool,
) -> Result<(), Error> {
    const { assert!(limits::SESSION_TOKEN_SECONDS_MAX <= limits::TOKEN_LIFETIME_SECONDS_MAX) };
    let leeway = limits::TOKEN_LEEWAY_SECONDS_MAX;
    let ended = at.plus_seconds(-limits::TOKEN_LIFETIME_SECONDS_MAX - leeway);
    tx.execute(
        "DELETE FROM revocations WHERE at_ms < ?1 AND is_standing = 0",
        [Sql(ended)],
    )?;
    super::bounded(
        tx,
        "SELECT count(*) FROM revocations",
        limits::REVOCATIONS_MAX,
        Limited::Revocations,
    )?;
    let (kind, subject) = revoked_columns(revoked);
    tx.execute(
        "INSERT INTO revocations (kind, subject, at_ms, is_standing) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (kind, subject) DO UPDATE SET
             at_ms = max(at_ms, excluded.at_ms),
             is_standing = max(is_standing, excluded.is_standing)",
        (kind, subject, Sql(at), is_standing),
    )?;
    Ok(())
}
