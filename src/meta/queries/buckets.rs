//! Buckets.

use rusqlite::Row;

use super::super::codec::{Sql, column};
use super::super::engine::Reader;
use super::super::error::Error;
use super::super::principals::read_owner;
use super::super::records::{BucketDocument, BucketRecord};
use super::super::schema::OfAgency;
use crate::types::ids::CanonicalId;
use crate::types::limits;
use crate::types::names::BucketName;

/// The columns of [`read_bucket`].
macro_rules! columns {
    () => {
        "SELECT b.bucket_id, b.name, p.canonical_id, p.name, b.created_ms, b.versioning, \
         (SELECT json_group_array(json_array(d.kind, d.body)) FROM bucket_documents d \
          WHERE d.bucket_id = b.bucket_id) \
         FROM buckets b JOIN principals p ON p.number = b.owner "
    };
}

impl Reader<'_, OfAgency> {
    /// The bucket of this name.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn bucket(&self, name: &BucketName) -> Result<Option<BucketRecord>, Error> {
        self.first(
            concat!(columns!(), "WHERE b.name = ?1"),
            [Sql(name)],
            read_bucket,
        )
    }

    /// The buckets that have a configuration of a kind, by name.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn buckets_with(&self, kind: BucketDocument) -> Result<Vec<BucketRecord>, Error> {
        self.all(
            concat!(
                columns!(),
                "WHERE b.bucket_id IN (SELECT bucket_id FROM bucket_documents WHERE kind = ?1)
                 ORDER BY b.name"
            ),
            [Sql(kind)],
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
                concat!(
                    columns!(),
                    "WHERE b.name >= ?1 AND b.name < ?2 AND b.name > ?3
                     ORDER BY b.name LIMIT ?4"
                ),
                (prefix, end, after, limit),
                read_bucket,
            ),
            Some(owner) => self.all(
                concat!(
                    columns!(),
                    "WHERE p.canonical_id = ?1 AND b.name >= ?2 AND b.name < ?3 AND b.name > ?4
                     ORDER BY b.name LIMIT ?5"
                ),
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
        owner: read_owner(row, 2)?,
        created: column(row, 4)?,
        versioning: column(row, 5)?,
        documents: column(row, 6)?,
    })
}
