//! The issuers that agencies trust, and the signing keys of the installation's own.

use super::super::codec::Sql;
use super::super::engine::{Command, Tx};
use super::super::error::{Error, Limited};
use super::super::records::IssuerKeysRecord;
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

/// Keeps the key set of an issuer for the next start, in place of an older one.
#[derive(Clone, Debug)]
pub struct KeepIssuerKeys(pub IssuerKeysRecord);

impl Command for KeepIssuerKeys {
    type On = OfInstallation;
    type Output = ();

    fn bytes(&self) -> usize {
        self.0.key_set.len()
    }

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let record = &self.0;
        // Those of issuers that are trusted no more go by their age.
        let kept = record.fetched.plus_seconds(-limits::KEPT_KEYS_SECONDS_MAX);
        tx.execute("DELETE FROM issuer_keys WHERE fetched_ms < ?1", [Sql(kept)])?;
        tx.execute(
            "INSERT INTO issuer_keys (owner, name, issuer, url, key_set, fetched_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (owner, name) DO UPDATE SET issuer = excluded.issuer,
                 url = excluded.url, key_set = excluded.key_set, fetched_ms = excluded.fetched_ms",
            (
                record.owner.as_ref().map_or("", AgencyId::as_str),
                record.name.as_str(),
                record.issuer.as_str(),
                record.url.as_str(),
                record.key_set.as_str(),
                Sql(record.fetched),
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
        if removed == 0 {
            return Err(Error::NoSuchIssuer);
        }
        tx.execute(
            "DELETE FROM issuer_keys WHERE owner = ?1 AND name = ?2",
            (Sql(&self.agency), self.name.as_str()),
        )?;
        Ok(())
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
