//! Buckets.

use rusqlite::Row;

use super::super::codec::{Sql, column, owner};
use super::super::engine::Reader;
use super::super::error::Error;
use super::super::records::BucketRecord;
use super::super::schema::OfAgency;
use crate::types::ids::CanonicalId;
use crate::types::limits;
use crate::types::names::BucketName;

impl Reader<'_, OfAgency> {
    /// The bucket of this name.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn bucket(&self, name: &BucketName) -> Result<Option<BucketRecord>, Error> {
        self.first(
            "SELECT bucket_id, name, owner, owner_name, created_ms, versioning
             FROM buckets WHERE name = ?1",
            [Sql(name)],
            read_bucket,
        )
    }

    /// Buckets by name: those of one owner or of all, that begin with `prefix` and follow `after`,
    /// at most `limit` or `limits::BUCKETS_MAX`.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn buckets(
        &self,
        owner: Option<CanonicalId>,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<BucketRecord>, Error> {
        // Names are ASCII, so nothing that begins with the prefix sorts after this.
        let end = format!("{prefix}\u{7f}");
        let after = after.unwrap_or("");
        let limit = limit.min(limits::BUCKETS_MAX);
        match owner {
            None => self.all(
                "SELECT bucket_id, name, owner, owner_name, created_ms, versioning
                 FROM buckets WHERE name >= ?1 AND name < ?2 AND name > ?3
                 ORDER BY name LIMIT ?4",
                (prefix, end, after, limit),
                read_bucket,
            ),
            Some(owner) => self.all(
                "SELECT bucket_id, name, owner, owner_name, created_ms, versioning
                 FROM buckets WHERE owner = ?1 AND name >= ?2 AND name < ?3 AND name > ?4
                 ORDER BY name LIMIT ?5",
                (Sql(&owner), prefix, end, after, limit),
                read_bucket,
            ),
        }
    }
}

fn read_bucket(row: &Row<'_>) -> rusqlite::Result<BucketRecord> {
    Ok(BucketRecord {
        id: column(row, 0)?,
        name: column(row, 1)?,
        owner: owner(row, 2)?,
        created: column(row, 4)?,
        versioning: column(row, 5)?,
    })
}
