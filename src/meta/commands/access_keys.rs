//! Credentials of principals.

use super::super::codec::{Sql, optional, roles_text};
use super::super::engine::{Command, Tx};
use super::super::error::{Error, Limited};
use super::super::principals::number_of;
use super::super::records::{Owner, Revoked};
use super::super::schema::OfAgency;
use super::revocations;
use crate::types::clock::Time;
use crate::types::ids::AccessKeyId;
use crate::types::limits;
use crate::types::roles::Role;

/// Makes an access key, and its principal if that is new. Refused with
/// [`Error::AccessKeyExists`] or [`Error::LimitReached`].
#[derive(Clone, Debug)]
pub struct CreateAccessKey {
    /// The public half.
    pub access_key_id: AccessKeyId,
    /// Whose it is; the canonical id follows from agency and name.
    pub owner: Owner,
    /// What it may do.
    pub roles: Vec<Role>,
    /// The secret half, sealed.
    pub sealed_secret: Vec<u8>,
    /// When it is made.
    pub created: Time,
    /// From when on it is refused.
    pub expires: Option<Time>,
    /// A policy document that narrows it.
    pub inline_policy: Option<String>,
}

impl Command for CreateAccessKey {
    type On = OfAgency;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let taken = tx.first(
            "SELECT 1 FROM access_keys WHERE access_key_id = ?1",
            [Sql(&self.access_key_id)],
            |_| Ok(()),
        )?;
        if taken.is_some() {
            return Err(Error::AccessKeyExists);
        }
        super::bounded(
            tx,
            "SELECT count(*) FROM access_keys",
            limits::ACCESS_KEYS_MAX,
            Limited::AccessKeys,
        )?;
        tx.execute(
            "INSERT INTO access_keys (access_key_id, principal, roles, sealed_secret, created_ms,
                 expires_ms, inline_policy)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            (
                Sql(&self.access_key_id),
                number_of(tx, &self.owner)?,
                roles_text(&self.roles),
                self.sealed_secret.as_slice(),
                Sql(self.created),
                self.expires.map(Sql),
                self.inline_policy.as_deref(),
            ),
        )?;
        Ok(())
    }
}

/// Revokes an access key for good, and the sessions that were made with it; again is no error.
/// Refused with [`Error::NoSuchAccessKey`] or [`Error::LimitReached`].
#[derive(Clone, Debug)]
pub struct RevokeAccessKey {
    /// Which.
    pub access_key_id: AccessKeyId,
    /// When.
    pub at: Time,
}

impl Command for RevokeAccessKey {
    type On = OfAgency;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let revoked = tx.first(
            "SELECT revoked_ms FROM access_keys WHERE access_key_id = ?1",
            [Sql(&self.access_key_id)],
            |row| optional::<Time>(row, 0),
        )?;
        match revoked {
            None => Err(Error::NoSuchAccessKey),
            Some(Some(_)) => Ok(()),
            Some(None) => {
                tx.execute(
                    "UPDATE access_keys SET revoked_ms = ?2 WHERE access_key_id = ?1",
                    (Sql(&self.access_key_id), Sql(self.at)),
                )?;
                let revoked = Revoked::Key(self.access_key_id.clone());
                revocations::insert(tx, &revoked, self.at, false)
            }
        }
    }
}
