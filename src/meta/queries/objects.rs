//! One object or version.

use bytes::Bytes;
use rusqlite::Row;

use super::super::codec::{self, Sql, column, optional};
use super::super::engine::Reader;
use super::super::error::Error;
use super::super::principals::read_owner;
use super::super::records::{MarkerRecord, ObjectHead, ObjectRecord, StoredBody, VersionRecord};
use super::super::schema::OfAgency;
use crate::types::ids::{BlobId, BucketId, UploadId, VersionId};
use crate::types::names::ObjectKey;

/// The columns of [`read_head`], of a row `o` of `objects` or `versions` and its details `d`.
macro_rules! head_columns {
    () => {
        "SELECT o.sequence, o.version_id, o.size_bytes, o.etag, o.modified_ms, p.canonical_id, \
         p.name, d.content_type, d.metadata, d.checksum, d.upload_number, d.parts_count, \
         d.encryption, d.lock "
    };
}

/// The columns of [`read_object`].
macro_rules! object_columns {
    () => {
        concat!(
            head_columns!(),
            ", d.wrapped_key, d.blob_id, d.inline_body "
        )
    };
}

macro_rules! from_objects {
    () => {
        "FROM objects o JOIN details d ON d.sequence = o.sequence
         JOIN principals p ON p.number = o.owner
         WHERE o.bucket_id = ?1 AND o.object_key = ?2"
    };
}

/// A delete marker has no details.
macro_rules! from_versions {
    () => {
        "FROM versions o LEFT JOIN details d ON d.sequence = o.sequence
         JOIN principals p ON p.number = o.owner
         WHERE o.bucket_id = ?1 AND o.object_key = ?2 AND o.version_id = ?3"
    };
}

impl Reader<'_, OfAgency> {
    /// The current version of a key with its body, in one indexed read.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn object(
        &self,
        bucket_id: BucketId,
        object_key: &ObjectKey,
    ) -> Result<Option<ObjectRecord>, Error> {
        self.first(
            concat!(object_columns!(), from_objects!()),
            (Sql(bucket_id), Sql(object_key)),
            read_object,
        )
    }

    /// The current version of a key without its body.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn object_head(
        &self,
        bucket_id: BucketId,
        object_key: &ObjectKey,
    ) -> Result<Option<ObjectHead>, Error> {
        self.first(
            concat!(head_columns!(), from_objects!()),
            (Sql(bucket_id), Sql(object_key)),
            read_head,
        )
    }

    /// One version of a key with its body, current or not.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn object_version(
        &self,
        bucket_id: BucketId,
        object_key: &ObjectKey,
        version_id: &VersionId,
    ) -> Result<Option<VersionRecord<ObjectRecord>>, Error> {
        let place = || (Sql(bucket_id), Sql(object_key), Sql(version_id));
        let current = concat!(object_columns!(), from_objects!(), " AND o.version_id = ?3");
        if let Some(record) = self.first(current, place(), read_object)? {
            return Ok(Some(VersionRecord::Object(record)));
        }
        let noncurrent = concat!(object_columns!(), from_versions!());
        self.first(noncurrent, place(), |row| or_marker(row, read_object))
    }

    /// One version of a key without its body, current or not.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn object_version_head(
        &self,
        bucket_id: BucketId,
        object_key: &ObjectKey,
        version_id: &VersionId,
    ) -> Result<Option<VersionRecord<ObjectHead>>, Error> {
        let place = || (Sql(bucket_id), Sql(object_key), Sql(version_id));
        let current = concat!(head_columns!(), from_objects!(), " AND o.version_id = ?3");
        if let Some(head) = self.first(current, place(), read_head)? {
            return Ok(Some(VersionRecord::Object(head)));
        }
        let noncurrent = concat!(head_columns!(), from_versions!());
        self.first(noncurrent, place(), |row| or_marker(row, read_head))
    }

    /// The version of a key that a completed upload became, while it stands, current or not.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn completed_upload(
        &self,
        bucket_id: BucketId,
        object_key: &ObjectKey,
        upload_id: &UploadId,
    ) -> Result<Option<ObjectHead>, Error> {
        let place = || (Sql(bucket_id), Sql(object_key), Sql(upload_id));
        let current = concat!(head_columns!(), from_objects!(), " AND d.upload_id = ?3");
        if let Some(head) = self.first(current, place(), read_head)? {
            return Ok(Some(head));
        }
        let noncurrent = concat!(
            head_columns!(),
            "FROM details d JOIN versions o ON o.bucket_id = ?1 AND o.object_key = ?2
                 AND o.sequence = d.sequence
             JOIN principals p ON p.number = o.owner
             WHERE d.upload_id = ?3"
        );
        self.first(noncurrent, place(), read_head)
    }

    /// The newest of a key, if that is a delete marker: why the key has no current version.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn current_marker(
        &self,
        bucket_id: BucketId,
        object_key: &ObjectKey,
    ) -> Result<Option<MarkerRecord>, Error> {
        let newest = self.first(
            "SELECT version_id, modified_ms, etag IS NULL FROM versions
             WHERE bucket_id = ?1 AND object_key = ?2
             AND NOT EXISTS (SELECT 1 FROM objects WHERE bucket_id = ?1 AND object_key = ?2)
             ORDER BY sequence DESC LIMIT 1",
            (Sql(bucket_id), Sql(object_key)),
            |row| {
                let marker = MarkerRecord {
                    version_id: column(row, 0)?,
                    modified: column(row, 1)?,
                };
                Ok(row.get::<_, bool>(2)?.then_some(marker))
            },
        )?;
        Ok(newest.flatten())
    }
}

fn or_marker<T>(
    row: &Row<'_>,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<VersionRecord<T>> {
    let is_marker = matches!(row.get_ref(3)?, rusqlite::types::ValueRef::Null);
    if !is_marker {
        return read(row).map(VersionRecord::Object);
    }
    Ok(VersionRecord::Marker(MarkerRecord {
        version_id: column(row, 1)?,
        modified: column(row, 4)?,
    }))
}

fn read_head(row: &Row<'_>) -> rusqlite::Result<ObjectHead> {
    let upload = optional(row, 10)?;
    Ok(ObjectHead {
        sequence: column(row, 0)?,
        version_id: column(row, 1)?,
        size_bytes: column(row, 2)?,
        etag: column(row, 3)?,
        modified: column(row, 4)?,
        owner: read_owner(row, 5)?,
        metadata: codec::metadata(row, 7)?,
        checksum: optional(row, 9)?,
        parts: match upload {
            None => None,
            Some(upload) => Some((upload, row.get(11)?)),
        },
        encryption: codec::encryption(row, 12)?,
        lock: optional(row, 13)?.unwrap_or_default(),
    })
}

fn read_object(row: &Row<'_>) -> rusqlite::Result<ObjectRecord> {
    let head = read_head(row)?;
    let blob_id: Option<BlobId> = optional(row, 15)?;
    let body = match (blob_id, head.parts) {
        (Some(blob_id), _) => StoredBody::Blob(blob_id),
        (None, Some((upload, count))) => StoredBody::Parts { upload, count },
        (None, None) => StoredBody::Inline(Bytes::copy_from_slice(row.get_ref(16)?.as_blob()?)),
    };
    Ok(ObjectRecord {
        head,
        wrapped_key: row.get(14)?,
        body,
    })
}
