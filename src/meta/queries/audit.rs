//! The audit log, of either database.

use super::super::audit::AuditRecord;
use super::super::codec::{Sql, column};
use super::super::engine::{Reader, Schema};
use super::super::error::Error;

impl<S: Schema> Reader<'_, S> {
    /// Entries from a sequence on, at most `limit`.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn audit_entries(&self, from: u64, limit: u32) -> Result<Vec<AuditRecord>, Error> {
        self.all(
            "SELECT sequence, at_seconds, commitment, sealed_body FROM audit
             WHERE sequence >= ?1 ORDER BY sequence LIMIT ?2",
            (Sql(from), limit),
            |row| {
                Ok(AuditRecord {
                    sequence: column(row, 0)?,
                    at_seconds: row.get(1)?,
                    commitment: row.get(2)?,
                    sealed_body: row.get(3)?,
                })
            },
        )
    }

    /// How many entries there are, hence the next one's sequence.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn audit_size(&self) -> Result<u64, Error> {
        let size = self.first(
            "SELECT audit_size FROM counters WHERE only = 1",
            [],
            |row| column(row, 0),
        )?;
        Ok(size.unwrap_or(0))
    }
}
