//! The issuers that agencies trust, and the signing keys of the installation's own.

use super::super::codec::Sql;
use super::super::engine::{Command, Tx};
use super::super::error::{Error, Limited};
use super::super::schema::OfInstallation;
use crate::types::clock::Time;
use crate::types::limits;
use crate::types::names::AgencyId;

/// Adds an issuer to an agency. Refused with [`Error::IssuerExists`], [`Error::LimitReached`].
#[derive(Clone, Debug)]
pub struct AddIssuer {
    /// Whose.
    pub agency: AgencyId,
    /// What the agency calls it.
    pub name: String,
    /// Its settings, in the form of the room that reads them.
    pub settings: String,
    /// When.
    pub created: Time,
}

impl Command for AddIssuer {
    type On = OfInstallation;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let taken = tx.first(
            "SELECT 1 FROM issuers WHERE agency = ?1 AND name = ?2",
            (Sql(&self.agency), self.name.as_str()),
            |_| Ok(()),
        )?;
        if taken.is_some() {
            return Err(Error::IssuerExists);
        }
        let count: Option<i64> = tx.first(
            "SELECT count(*) FROM issuers WHERE agency = ?1",
            [Sql(&self.agency)],
            |row| row.get(0),
        )?;
        if count.unwrap_or(0) >= limits::AGENCY_ISSUERS_MAX {
            return Err(Error::LimitReached(Limited::Issuers));
        }
        tx.execute(
            "INSERT INTO issuers (agency, name, settings, created_ms) VALUES (?1, ?2, ?3, ?4)",
            (
                Sql(&self.agency),
                self.name.as_str(),
                self.settings.as_str(),
                Sql(self.created),
            ),
        )?;
        Ok(())
    }
}

/// Removes an issuer from an agency. Refused with [`Error::NoSuchIssuer`].
#[derive(Clone, Debug)]
pub struct RemoveIssuer {
    /// Whose.
    pub agency: AgencyId,
    /// What the agency calls it.
    pub name: String,
}

impl Command for RemoveIssuer {
    type On = OfInstallation;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let removed = tx.execute(
            "DELETE FROM issuers WHERE agency = ?1 AND name = ?2",
            (Sql(&self.agency), self.name.as_str()),
        )?;
        match removed {
            0 => Err(Error::NoSuchIssuer),
            _ => Ok(()),
        }
    }
}

/// Makes the next generation of the installation's signing key the one that signs.
#[derive(Clone, Copy, Debug)]
pub struct RotateSigningKey {
    /// When.
    pub at: Time,
    /// Whether what earlier generations signed no longer counts.
    pub retire_earlier: bool,
}

impl Command for RotateSigningKey {
    type On = OfInstallation;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        super::bounded(
            tx,
            "SELECT count(*) FROM signing_keys",
            limits::SIGNING_KEYS_MAX,
            Limited::SigningKeys,
        )?;
        // The first generation has no row until there is a second one.
        tx.execute(
            "INSERT INTO signing_keys (generation, created_ms) SELECT 1, 0
             WHERE NOT EXISTS (SELECT 1 FROM signing_keys)",
            [],
        )?;
        if self.retire_earlier {
            tx.execute("UPDATE signing_keys SET is_retired = 1", [])?;
        }
        tx.execute(
            "INSERT INTO signing_keys (generation, created_ms)
             SELECT max(generation) + 1, ?1 FROM signing_keys",
            [Sql(self.at)],
        )?;
        Ok(())
    }
}
