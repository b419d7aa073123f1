//! How far trust in the clock has come.

use super::super::codec::column;
use super::super::engine::Reader;
use super::super::error::Error;
use super::super::records::TrustedRecord;
use super::super::schema::OfAgency;

impl Reader<'_, OfAgency> {
    /// What was written down last; `None` in an agency that was never open.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn trusted_time(&self) -> Result<Option<TrustedRecord>, Error> {
        self.first(
            "SELECT at_ms, credit_ms FROM trusted_time WHERE only = 1",
            [],
            |row| {
                Ok(TrustedRecord {
                    at: column(row, 0)?,
                    credit_millis: row.get(1)?,
                })
            },
        )
    }
}
