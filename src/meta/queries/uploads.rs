//! Multipart uploads in progress.

use rusqlite::Row;

use super::super::codec::{self, Sql, column, optional};
use super::super::engine::Reader;
use super::super::error::Error;
use super::super::principals::{Owners, read_owner};
use super::super::records::{ListedUpload, UploadRecord};
use super::super::schema::OfAgency;
use super::list::{ListEntry, ListPage, ListQuery, Pager};
use super::walk::Walk;
use crate::types::clock::Time;
use crate::types::ids::{BucketId, UploadId};
use crate::types::limits;
use crate::types::names::{BucketName, ObjectKey};

/// What a page of uploads comes after: S3's key marker and upload id marker.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UploadMarker {
    /// A key, or a common prefix.
    pub key: String,
    /// The upload of that key; `None` for all of them.
    pub upload_id: Option<UploadId>,
}

/// Finds one upload; its rows are for [`read_upload`].
pub(in super::super) const UPLOAD: &str = "
    SELECT upload_number, upload_id, object_key, p.canonical_id, p.name, initiated_ms,
        content_type, metadata, checksum_kind, encryption, lock
    FROM uploads JOIN principals p ON p.number = owner
    WHERE bucket_id = ?1 AND object_key = ?2 AND upload_id = ?3";

/// Reads a row of [`UPLOAD`].
pub(in super::super) fn read_upload(row: &Row<'_>) -> rusqlite::Result<UploadRecord> {
    Ok(UploadRecord {
        number: column(row, 0)?,
        upload_id: column(row, 1)?,
        object_key: column(row, 2)?,
        owner: read_owner(row, 3)?,
        initiated: column(row, 5)?,
        metadata: codec::metadata(row, 6)?,
        checksum: optional(row, 8)?,
        encryption: codec::encryption(row, 9)?,
        lock: optional(row, 10)?.unwrap_or_default(),
    })
}

impl Reader<'_, OfAgency> {
    /// An upload in progress, if it is of this key.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn upload(
        &self,
        bucket_id: BucketId,
        object_key: &ObjectKey,
        upload_id: &UploadId,
    ) -> Result<Option<UploadRecord>, Error> {
        self.first(
            UPLOAD,
            (Sql(bucket_id), Sql(object_key), Sql(upload_id)),
            read_upload,
        )
    }

    /// One page of a bucket's uploads in progress, by key and then id, of one moment.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn list_uploads(
        &self,
        bucket_id: BucketId,
        query: &ListQuery<UploadMarker>,
    ) -> Result<ListPage<ListedUpload, UploadMarker>, Error> {
        let walk = Walk::new(&query.prefix, query.delimiter.as_deref());
        let mut pager = Pager::new(query, &walk);
        let after = query.after.as_ref();
        let mut start = walk.start(after.map(|a| a.key.as_str()));
        // No id is empty, so these come before all of a key's uploads.
        let mut behind: &[u8] = &[];
        if let Some(after) = after.filter(|a| walk.holds(a.key.as_bytes()))
            && let Some(upload_id) = &after.upload_id
        {
            start = Some(after.key.clone().into_bytes());
            behind = upload_id.as_bytes();
        }
        self.snapshot(|reader| {
            let mut owners = Owners::new(reader.connection());
            let mut statement = reader.connection().prepare_cached(
                "SELECT object_key, upload_id, owner, initiated_ms, checksum_kind
                 FROM uploads WHERE bucket_id = ?1
                 AND (object_key, upload_id) > (?2, ?3) AND object_key < ?4
                 ORDER BY object_key, upload_id",
            )?;
            pager.walk(start, |pager, start| {
                let behind = std::mem::take(&mut behind);
                let rows = statement.query((Sql(bucket_id), start, behind, walk.end()))?;
                pager.fill(rows, |row| read_listed(row, &mut owners))
            })
        })?;
        Ok(pager.page(|last| match last {
            ListEntry::Object(upload) => UploadMarker {
                key: upload.object_key.as_str().to_owned(),
                upload_id: Some(upload.upload_id),
            },
            ListEntry::Prefix(prefix) => UploadMarker {
                key: prefix.clone(),
                upload_id: None,
            },
        }))
    }

    /// Uploads begun before a moment, oldest first, at most `limit` or `limits::LIST_PAGE_MAX`:
    /// what the sweep of expired uploads aborts.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn uploads_begun_before(
        &self,
        before: Time,
        limit: u32,
    ) -> Result<Vec<(BucketId, BucketName, ObjectKey, UploadId)>, Error> {
        self.all(
            "SELECT u.bucket_id, b.name, u.object_key, u.upload_id
             FROM uploads u JOIN buckets b ON b.bucket_id = u.bucket_id
             WHERE u.initiated_ms < ?1 ORDER BY u.initiated_ms LIMIT ?2",
            (Sql(before), limit.min(limits::LIST_PAGE_MAX)),
            |row| {
                Ok((
                    column(row, 0)?,
                    column(row, 1)?,
                    column(row, 2)?,
                    column(row, 3)?,
                ))
            },
        )
    }
}

fn read_listed(row: &Row<'_>, owners: &mut Owners<'_>) -> Result<ListedUpload, Error> {
    Ok(ListedUpload {
        object_key: column(row, 0)?,
        upload_id: column(row, 1)?,
        owner: owners.of(row.get(2)?)?,
        initiated: column(row, 3)?,
        checksum: optional(row, 4)?,
    })
}
