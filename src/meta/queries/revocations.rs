//! What no longer counts although it has not ended.

use super::super::codec::{column, read_revoked};
use super::super::engine::Reader;
use super::super::error::Error;
use super::super::records::RevocationRecord;
use super::super::schema::OfAgency;

impl Reader<'_, OfAgency> {
    /// All revocations, the oldest first; `limits::REVOCATIONS_MAX` bounds them.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn revocations(&self) -> Result<Vec<RevocationRecord>, Error> {
        self.all(
            "SELECT kind, subject, at_ms, is_standing FROM revocations
             ORDER BY at_ms, kind, subject",
            [],
            |row| {
                Ok(RevocationRecord {
                    revoked: read_revoked(row, 0)?,
                    at: column(row, 2)?,
                    is_standing: row.get(3)?,
                })
            },
        )
    }
}
