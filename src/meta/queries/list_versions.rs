//! Pages of all versions and delete markers: by key, the newest of a key first.

use rusqlite::{OptionalExtension as _, Row};

use super::super::codec::{Sql, column, optional};
use super::super::engine::Reader;
use super::super::error::Error;
use super::super::principals::Owners;
use super::super::records::{ListedContent, ListedVersion};
use super::super::schema::OfAgency;
use super::list::{Ended, ListEntry, ListPage, ListQuery, Pager};
use super::walk::{Walk, next};
use crate::types::etag::Etag;
use crate::types::ids::{BucketId, Sequence, VersionId};

/// What a page of versions comes after: S3's key marker and version id marker.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VersionMarker {
    /// A key, or a common prefix.
    pub key: String,
    /// The version of that key; `None` for all of them. If it has been deleted since, the key's
    /// versions are listed from the newest, so that a client that deletes what each page shows
    /// misses none.
    pub version_id: Option<VersionId>,
}

/// The columns of [`read_listed`].
macro_rules! columns {
    () => {
        "SELECT object_key, sequence, version_id, size_bytes, etag, modified_ms, owner, \
         checksum_kind "
    };
}

/// Current and other versions in one order. Each half comes sorted from its table, so SQLite merges
/// them and sorts nothing.
const FROM_A_KEY_ON: &str = concat!(
    columns!(),
    "FROM objects WHERE bucket_id = ?1 AND object_key >= ?2 AND object_key < ?3 UNION ALL ",
    columns!(),
    "FROM versions WHERE bucket_id = ?1 AND object_key >= ?2 AND object_key < ?3
     ORDER BY object_key, sequence DESC"
);

/// What is older of one key; the current version is older than nothing.
const OLDER_OF_A_KEY: &str = concat!(
    columns!(),
    "FROM versions WHERE bucket_id = ?1 AND object_key = ?2 AND sequence < ?3
     ORDER BY sequence DESC"
);

impl Reader<'_, OfAgency> {
    /// One page of a bucket's versions, of one moment. It costs what it returns.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn list_versions(
        &self,
        bucket_id: BucketId,
        query: &ListQuery<VersionMarker>,
    ) -> Result<ListPage<ListedVersion, VersionMarker>, Error> {
        let walk = Walk::new(&query.prefix, query.delimiter.as_deref());
        let mut pager = Pager::new(query, &walk);
        // The key of the row before: a row is its key's newest if that one is of another key.
        let mut before = Vec::new();
        self.snapshot(|reader| {
            let mut owners = Owners::new(reader.connection());
            let mut start = walk.start(query.after.as_ref().map(|a| a.key.as_str()));
            if let Some((key, version_id)) = in_the_middle(&walk, query) {
                let sequence = reader.sequence_of(bucket_id, key, version_id)?;
                start = Some(key.to_vec());
                if let Some(sequence) = sequence {
                    before = key.to_vec();
                    let mut statement = reader.connection().prepare_cached(OLDER_OF_A_KEY)?;
                    let rows = statement.query((Sql(bucket_id), key, Sql(sequence)))?;
                    start =
                        match pager.fill(rows, |row| read_listed(row, &mut before, &mut owners))? {
                            Ended::Page => None,
                            Ended::Rows => Some(next(key)),
                            Ended::Before(next) => Some(next),
                        };
                }
            }
            let mut statement = reader.connection().prepare_cached(FROM_A_KEY_ON)?;
            pager.walk(start, |pager, start| {
                let rows = statement.query((Sql(bucket_id), start, walk.end()))?;
                pager.fill(rows, |row| read_listed(row, &mut before, &mut owners))
            })
        })?;
        Ok(pager.page(|last| match last {
            ListEntry::Object(version) => VersionMarker {
                key: version.object_key.as_str().to_owned(),
                version_id: Some(version.version_id),
            },
            ListEntry::Prefix(prefix) => VersionMarker {
                key: prefix.clone(),
                version_id: None,
            },
        }))
    }

    /// Where a version stands among those of its key.
    fn sequence_of(
        &self,
        bucket_id: BucketId,
        key: &[u8],
        version_id: &VersionId,
    ) -> Result<Option<Sequence>, Error> {
        let mut statement = self.connection().prepare_cached(
            "SELECT sequence FROM objects
             WHERE bucket_id = ?1 AND object_key = ?2 AND version_id = ?3
             UNION ALL SELECT sequence FROM versions
             WHERE bucket_id = ?1 AND object_key = ?2 AND version_id = ?3",
        )?;
        let found =
            statement.query_row((Sql(bucket_id), key, Sql(version_id)), |row| column(row, 0));
        Ok(found.optional()?)
    }
}

/// The key and version that the page begins behind, if it begins inside a key.
fn in_the_middle<'q>(
    walk: &Walk,
    query: &'q ListQuery<VersionMarker>,
) -> Option<(&'q [u8], &'q VersionId)> {
    let after = query.after.as_ref()?;
    let key = after.key.as_bytes();
    let version_id = after.version_id.as_ref()?;
    walk.holds(key).then_some((key, version_id))
}

fn read_listed(
    row: &Row<'_>,
    before: &mut Vec<u8>,
    owners: &mut Owners<'_>,
) -> Result<ListedVersion, Error> {
    let key = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
    let is_latest = key != before.as_slice();
    if is_latest {
        before.clear();
        before.extend_from_slice(key);
    }
    let etag: Option<Etag> = optional(row, 4)?;
    let content = match etag {
        None => None,
        Some(etag) => Some(ListedContent {
            size_bytes: column(row, 3)?,
            etag,
            checksum: optional(row, 7)?,
        }),
    };
    Ok(ListedVersion {
        object_key: column(row, 0)?,
        version_id: column(row, 2)?,
        is_latest,
        modified: column(row, 5)?,
        owner: owners.of(row.get(6)?)?,
        content,
    })
}
