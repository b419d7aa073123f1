//! Inventory configurations, and the rows of their reports.

use std::sync::Arc;

use rusqlite::Row;

use super::super::codec::{self, Sql, column, optional};
use super::super::engine::Reader;
use super::super::error::Error;
use super::super::principals::Owners;
use super::super::records::{Encryption, InventoryRecord, InventoryReport, Owner};
use super::super::schema::OfAgency;
use super::lifecycle::RowsAfter;
use super::walk::{next, successor};
use crate::access::acl::Acl;
use crate::types::checksum::{ChecksumAlgorithm, ChecksumType};
use crate::types::clock::Time;
use crate::types::etag::Etag;
use crate::types::ids::{BucketId, Sequence, VersionId};
use crate::types::limits;
use crate::types::lock::Lock;
use crate::types::names::{BucketName, ObjectKey};

/// Which versions a report has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Included {
    /// All, and delete markers.
    All,
    /// The current ones of keys that are not hidden by a delete marker.
    Current,
}

/// Whether rows come with what stands in their details, which costs a look-up for each.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Details {
    /// They do.
    Read,
    /// Nobody asks for them.
    Skipped,
}

/// A version or delete marker as a report shows it.
#[derive(Clone, Debug)]
pub struct InventoryRow {
    /// Its key.
    pub object_key: ObjectKey,
    /// Its place among the versions of the key.
    pub sequence: Sequence,
    /// Its id.
    pub version_id: VersionId,
    /// Whether it is the newest of its key.
    pub is_latest: bool,
    /// `Last-Modified`.
    pub modified: Time,
    /// Who stored it.
    pub owner: Arc<Owner>,
    /// Bytes of the document.
    pub size_bytes: u64,
    /// Its entity tag; `None` for a delete marker.
    pub etag: Option<Etag>,
    /// What its checksum is of.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
    /// How it is sealed, if details were asked for.
    pub encryption: Encryption,
    /// What keeps it, if details were asked for.
    pub lock: Lock,
    /// Its access control list, if it has one and details were asked for.
    pub acl: Option<Acl>,
}

/// A page of rows.
#[derive(Clone, Debug)]
pub struct InventoryRows {
    /// By key, the newest of a key first.
    pub rows: Vec<InventoryRow>,
    /// There may be more: what the next page comes after.
    pub next: Option<RowsAfter>,
}

/// The page of a list of configurations.
#[derive(Clone, Debug)]
pub struct ListedInventory {
    /// Their names and texts, by name.
    pub inventories: Vec<(String, String)>,
    /// There are more: what the next page comes after.
    pub next: Option<String>,
}

/// The columns of [`read_row`].
macro_rules! columns {
    () => {
        "SELECT v.object_key, v.sequence, v.version_id, v.size_bytes, v.etag, v.modified_ms, \
         v.owner, v.checksum_kind, "
    };
}

macro_rules! of {
    (Read, $table:literal) => {
        concat!(
            columns!(),
            "coalesce(d.content_type, ''), d.metadata, d.encryption, d.lock FROM ",
            $table,
            " v LEFT JOIN details d ON d.sequence = v.sequence "
        )
    };
    (Skipped, $table:literal) => {
        concat!(columns!(), "'', NULL, NULL, NULL FROM ", $table, " v ")
    };
}

macro_rules! in_range {
    () => {
        "WHERE v.bucket_id = ?1 AND v.object_key >= ?2 AND v.object_key < ?3 "
    };
}

/// Each half comes sorted from its table, so SQLite merges them and sorts nothing.
macro_rules! all_versions {
    ($details:ident) => {
        concat!(
            of!($details, "objects"),
            in_range!(),
            "UNION ALL ",
            of!($details, "versions"),
            in_range!(),
            "ORDER BY 1, 2 DESC LIMIT ?4"
        )
    };
}

macro_rules! current_versions {
    ($details:ident) => {
        concat!(
            of!($details, "objects"),
            in_range!(),
            "ORDER BY v.object_key LIMIT ?4"
        )
    };
}

macro_rules! older_of_a_key {
    ($details:ident) => {
        concat!(
            of!($details, "versions"),
            "WHERE v.bucket_id = ?1 AND v.object_key = ?2 AND v.sequence < ?3
             ORDER BY v.sequence DESC LIMIT ?4"
        )
    };
}

/// Which rows a report asks for.
#[derive(Clone, Debug)]
pub struct InventoryQuery {
    /// Of which bucket.
    pub bucket_id: BucketId,
    /// What keys begin with.
    pub prefix: String,
    /// Which versions.
    pub included: Included,
    /// Whether with details.
    pub details: Details,
}

impl Reader<'_, OfAgency> {
    /// A page of the rows of a report, at most `limits::LIST_PAGE_MAX` and at most `limit`, of one
    /// moment. It costs what it returns.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn inventory_rows(
        &self,
        query: &InventoryQuery,
        after: Option<&RowsAfter>,
        limit: u32,
    ) -> Result<InventoryRows, Error> {
        let limit = limit.min(limits::LIST_PAGE_MAX);
        self.snapshot(|reader| {
            let mut owners = Owners::new(reader.connection());
            if let Some(RowsAfter {
                object_key,
                sequence: Some(sequence),
            }) = after
                && query.included == Included::All
            {
                let sql = match query.details {
                    Details::Read => older_of_a_key!(Read),
                    Details::Skipped => older_of_a_key!(Skipped),
                };
                let place = (Sql(query.bucket_id), Sql(object_key), Sql(*sequence), limit);
                let mut before = object_key.as_str().as_bytes().to_vec();
                let mut statement = reader.connection().prepare_cached(sql)?;
                let rows = statement.query(place)?;
                let rows = read_rows(rows, &mut before, &mut owners)?;
                let next = RowsAfter {
                    object_key: object_key.clone(),
                    sequence: last_of_full(&rows, limit),
                };
                return Ok(InventoryRows {
                    rows,
                    next: Some(next),
                });
            }
            let prefix = query.prefix.as_bytes();
            let start = after.map_or_else(
                || prefix.to_vec(),
                |after| next(after.object_key.as_str().as_bytes()),
            );
            let end = successor(prefix).unwrap_or_else(|| vec![u8::MAX]);
            let sql = match (query.included, query.details) {
                (Included::All, Details::Read) => all_versions!(Read),
                (Included::All, Details::Skipped) => all_versions!(Skipped),
                (Included::Current, Details::Read) => current_versions!(Read),
                (Included::Current, Details::Skipped) => current_versions!(Skipped),
            };
            let mut statement = reader.connection().prepare_cached(sql)?;
            let rows = statement.query((Sql(query.bucket_id), start, end, limit))?;
            let rows = read_rows(rows, &mut Vec::new(), &mut owners)?;
            let next = last_of_full(&rows, limit).zip(rows.last());
            let next = next.map(|(sequence, row)| RowsAfter {
                object_key: row.object_key.clone(),
                sequence: Some(sequence),
            });
            Ok(InventoryRows { rows, next })
        })
    }

    /// One inventory configuration of a bucket.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn inventory(&self, bucket_id: BucketId, name: &str) -> Result<Option<String>, Error> {
        self.first(
            "SELECT body FROM inventories WHERE bucket_id = ?1 AND name = ?2",
            (Sql(bucket_id), name),
            |row| row.get(0),
        )
    }

    /// A page of a bucket's inventory configurations.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn list_inventories(
        &self,
        bucket_id: BucketId,
        after: &str,
    ) -> Result<ListedInventory, Error> {
        let limit = limits::INVENTORIES_PAGE_MAX;
        let mut inventories: Vec<(String, String)> = self.all(
            "SELECT name, body FROM inventories WHERE bucket_id = ?1 AND name > ?2
             ORDER BY name LIMIT ?3",
            (Sql(bucket_id), after, limit + 1),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let is_truncated = inventories.len() > limit;
        inventories.truncate(limit);
        let last = inventories.last().map(|(name, _)| name.clone());
        Ok(ListedInventory {
            next: last.filter(|_| is_truncated),
            inventories,
        })
    }

    /// A page of all inventory configurations of the agency, by bucket and name.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn inventories(
        &self,
        after: Option<&(BucketName, String)>,
    ) -> Result<Vec<InventoryRecord>, Error> {
        let (bucket, name) = after.map_or(("", ""), |(bucket, name)| (bucket.as_str(), name));
        self.all(
            "SELECT b.name, i.bucket_id, i.name, i.body, i.revision, i.tried_ms, i.run, i.last_ms,
                 i.last_rows, i.last_manifest, i.failure
             FROM buckets b CROSS JOIN inventories i ON i.bucket_id = b.bucket_id
             WHERE b.name >= ?1 AND (b.name, i.name) > (?1, ?2)
             ORDER BY b.name, i.name LIMIT ?3",
            (bucket, name, limits::LIST_PAGE_MAX),
            read_record,
        )
    }
}

/// The sequence of the last row of a page that is full.
fn last_of_full(rows: &[InventoryRow], limit: u32) -> Option<Sequence> {
    let is_full = u32::try_from(rows.len()).is_ok_and(|n| n >= limit);
    rows.last().filter(|_| is_full).map(|row| row.sequence)
}

fn read_rows(
    mut rows: rusqlite::Rows<'_>,
    before: &mut Vec<u8>,
    owners: &mut Owners<'_>,
) -> Result<Vec<InventoryRow>, Error> {
    let mut read = Vec::new();
    while let Some(row) = rows.next()? {
        read.push(read_row(row, before, owners)?);
    }
    Ok(read)
}

fn read_row(
    row: &Row<'_>,
    before: &mut Vec<u8>,
    owners: &mut Owners<'_>,
) -> Result<InventoryRow, Error> {
    let key = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
    let is_latest = key != before.as_slice();
    if is_latest {
        before.clear();
        before.extend_from_slice(key);
    }
    Ok(InventoryRow {
        object_key: column(row, 0)?,
        sequence: column(row, 1)?,
        version_id: column(row, 2)?,
        is_latest,
        modified: column(row, 5)?,
        owner: owners.of(row.get(6)?)?,
        size_bytes: column(row, 3)?,
        etag: optional(row, 4)?,
        checksum: optional(row, 7)?,
        encryption: codec::encryption(row, 10)?,
        lock: optional(row, 11)?.unwrap_or_default(),
        acl: codec::metadata(row, 8)?.acl,
    })
}

fn read_record(row: &Row<'_>) -> rusqlite::Result<InventoryRecord> {
    let at: Option<Time> = optional(row, 7)?;
    Ok(InventoryRecord {
        bucket: column(row, 0)?,
        bucket_id: column(row, 1)?,
        name: row.get(2)?,
        body: row.get(3)?,
        revision: row.get(4)?,
        tried: optional(row, 5)?,
        run: row.get(6)?,
        last: match at {
            None => None,
            Some(at) => Some(InventoryReport {
                at,
                rows: column(row, 8)?,
                manifest: row.get(9)?,
            }),
        },
        failure: row.get(10)?,
    })
}
