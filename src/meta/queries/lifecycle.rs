//! What lifecycle walks over, and how far it is.

use rusqlite::Row;

use super::super::codec::{self, Sql, column, optional};
use super::super::engine::Reader;
use super::super::error::Error;
use super::super::records::{LifecycleRun, VersionRow};
use super::super::schema::OfAgency;
use crate::types::ids::{BucketId, Sequence};
use crate::types::limits;
use crate::types::names::{BucketName, ObjectKey};

/// What a page of rows comes after.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RowsAfter {
    /// A key.
    pub object_key: ObjectKey,
    /// A version of it, after which older ones come; `None` for all of them.
    pub sequence: Option<Sequence>,
}

/// A page of rows.
#[derive(Clone, Debug)]
pub struct VersionRows {
    /// By key, the newest of a key first.
    pub rows: Vec<VersionRow>,
    /// There may be more: what the next page comes after.
    pub next: Option<RowsAfter>,
}

/// The columns of [`read_row`]. The metadata, with the tags in it, costs a look-up for each row.
macro_rules! columns {
    (with_tags) => {
        "SELECT object_key, v.sequence, version_id, size_bytes, etag IS NULL, modified_ms, '',
         (SELECT d.metadata FROM details d WHERE d.sequence = v.sequence) "
    };
    (without_tags) => {
        "SELECT object_key, v.sequence, version_id, size_bytes, etag IS NULL, modified_ms, '',
         NULL "
    };
}

macro_rules! after_a_key {
    ($tags:ident) => {
        concat!(
            columns!($tags),
            "FROM objects v WHERE bucket_id = ?1 AND object_key > ?2 UNION ALL ",
            columns!($tags),
            "FROM versions v WHERE bucket_id = ?1 AND object_key > ?2
             ORDER BY 1, 2 DESC LIMIT ?3"
        )
    };
}

macro_rules! older_of_a_key {
    ($tags:ident) => {
        concat!(
            columns!($tags),
            "FROM versions v WHERE bucket_id = ?1 AND object_key = ?2 AND sequence < ?3
             ORDER BY sequence DESC LIMIT ?4"
        )
    };
}

/// Whether rows come with their tags.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WithTags {
    /// They do.
    Yes,
    /// Nobody asks for them.
    No,
}

impl Reader<'_, OfAgency> {
    /// A page of all versions and delete markers of a bucket, at most `limits::LIST_PAGE_MAX`. It
    /// costs what it returns.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn version_rows(
        &self,
        bucket_id: BucketId,
        after: Option<&RowsAfter>,
        limit: u32,
        tags: WithTags,
    ) -> Result<VersionRows, Error> {
        let limit = limit.min(limits::LIST_PAGE_MAX);
        let is_full = |rows: &[VersionRow]| u32::try_from(rows.len()).is_ok_and(|n| n >= limit);
        if let Some(RowsAfter {
            object_key,
            sequence: Some(sequence),
        }) = after
        {
            let place = (Sql(bucket_id), Sql(object_key), Sql(*sequence), limit);
            let query = match tags {
                WithTags::Yes => older_of_a_key!(with_tags),
                WithTags::No => older_of_a_key!(without_tags),
            };
            let rows = self.all(query, place, read_row)?;
            let last = rows.last().map(|row| row.sequence);
            let next = RowsAfter {
                object_key: object_key.clone(),
                sequence: last.filter(|_| is_full(&rows)),
            };
            return Ok(VersionRows {
                rows,
                next: Some(next),
            });
        }
        let key = after.map_or(&b""[..], |after| after.object_key.as_str().as_bytes());
        let query = match tags {
            WithTags::Yes => after_a_key!(with_tags),
            WithTags::No => after_a_key!(without_tags),
        };
        let rows = self.all(query, (Sql(bucket_id), key, limit), read_row)?;
        let last = rows.last().filter(|_| is_full(&rows));
        let next = last.map(|row| RowsAfter {
            object_key: row.object_key.clone(),
            sequence: Some(row.sequence),
        });
        Ok(VersionRows { rows, next })
    }

    /// The last or present walk over a bucket.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn lifecycle_run(&self, bucket_id: BucketId) -> Result<Option<LifecycleRun>, Error> {
        self.first(
            "SELECT started_ms, finished_ms, cursor, examined, removed, kept
             FROM lifecycle_runs WHERE bucket_id = ?1",
            [Sql(bucket_id)],
            |row| read_run(row, 0),
        )
    }

    /// The last or present walks over all buckets, by name.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn lifecycle_runs(&self) -> Result<Vec<(BucketName, LifecycleRun)>, Error> {
        self.all(
            "SELECT name, started_ms, finished_ms, cursor, examined, removed, kept
             FROM lifecycle_runs JOIN buckets USING (bucket_id) ORDER BY name",
            [],
            |row| Ok((column(row, 0)?, read_run(row, 1)?)),
        )
    }
}

fn read_row(row: &Row<'_>) -> rusqlite::Result<VersionRow> {
    Ok(VersionRow {
        object_key: column(row, 0)?,
        sequence: column(row, 1)?,
        version_id: column(row, 2)?,
        size_bytes: column(row, 3)?,
        is_marker: row.get(4)?,
        modified: column(row, 5)?,
        tags: codec::metadata(row, 6)?.tags,
    })
}

fn read_run(row: &Row<'_>, at: usize) -> rusqlite::Result<LifecycleRun> {
    Ok(LifecycleRun {
        started: column(row, at)?,
        finished: optional(row, at + 1)?,
        cursor: row.get(at + 2)?,
        examined: column(row, at + 3)?,
        removed: column(row, at + 4)?,
        kept: column(row, at + 5)?,
    })
}
