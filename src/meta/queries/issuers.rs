//! The issuers that agencies trust, and the signing keys of the installation's own.

use super::super::codec::{column, optional};
use super::super::engine::Reader;
use super::super::error::Error;
use super::super::records::{IssuerKeysRecord, IssuerRecord, SigningKeyRecord};
use super::super::schema::OfInstallation;

impl Reader<'_, OfInstallation> {
    /// The issuers of all agencies; `limits::AGENCY_ISSUERS_MAX` bounds each one's.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn issuers(&self) -> Result<Vec<IssuerRecord>, Error> {
        self.all(
            "SELECT agency, name, settings, created_ms FROM issuers ORDER BY agency, name",
            [],
            |row| {
                Ok(IssuerRecord {
                    agency: column(row, 0)?,
                    name: row.get(1)?,
                    settings: row.get(2)?,
                    created: column(row, 3)?,
                })
            },
        )
    }

    /// The key sets that were fetched from issuers, as they came last.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn issuer_keys(&self) -> Result<Vec<IssuerKeysRecord>, Error> {
        self.all(
            "SELECT nullif(owner, ''), name, issuer, url, key_set, fetched_ms FROM issuer_keys",
            [],
            |row| {
                Ok(IssuerKeysRecord {
                    owner: optional(row, 0)?,
                    name: row.get(1)?,
                    issuer: row.get(2)?,
                    url: row.get(3)?,
                    key_set: row.get(4)?,
                    fetched: column(row, 5)?,
                })
            },
        )
    }

    /// The generations of the signing key, the newest first; none before the first rotation.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn signing_keys(&self) -> Result<Vec<SigningKeyRecord>, Error> {
        self.all(
            "SELECT generation, created_ms, is_retired FROM signing_keys ORDER BY generation DESC",
            [],
            |row| {
                Ok(SigningKeyRecord {
                    generation: row.get(0)?,
                    created: column(row, 1)?,
                    is_retired: row.get(2)?,
                })
            },
        )
    }
}
