//! What the sweep of blobs asks.

use super::super::codec::{Sql, column};
use super::super::engine::Reader;
use super::super::error::Error;
use super::super::schema::OfAgency;
use crate::types::clock::Time;
use crate::types::ids::BlobId;
use crate::types::limits;

impl Reader<'_, OfAgency> {
    /// Blobs that nothing has referred to since before a moment, oldest first, at most `limit` or
    /// `limits::LIST_PAGE_MAX`.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn garbage(&self, before: Time, limit: u32) -> Result<Vec<BlobId>, Error> {
        self.all(
            "SELECT blob_id FROM garbage WHERE since_ms < ?1 ORDER BY since_ms LIMIT ?2",
            (Sql(before), limit.min(limits::LIST_PAGE_MAX)),
            |row| column(row, 0),
        )
    }

    /// Whether any version or part refers to a blob, or did until an abandoned upload is
    /// collected. A blob found in the backend of which this is false, and that is older than the
    /// longest upload, belongs to nothing.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn is_referenced(&self, blob_id: &BlobId) -> Result<bool, Error> {
        let referenced = self.first(
            "SELECT EXISTS (SELECT 1 FROM details WHERE blob_id = ?1)
                 OR EXISTS (SELECT 1 FROM pieces WHERE blob_id = ?1)",
            [Sql(blob_id)],
            |row| row.get(0),
        )?;
        Ok(referenced.unwrap_or(false))
    }
}
