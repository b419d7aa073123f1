//! Parts of uploads, in progress and completed.

use bytes::Bytes;
use rusqlite::Row;

use super::super::codec::{Sql, column, optional};
use super::super::engine::Reader;
use super::super::error::Error;
use super::super::records::{ListedPiece, PieceRecord, StoredPiece};
use super::super::schema::OfAgency;
use crate::types::checksum::ObjectChecksum;
use crate::types::ids::{BlobId, PartNumber, UploadNumber};

/// The columns of [`read_listed`].
macro_rules! listed_columns {
    () => {
        "SELECT part_number, sequence, size_bytes, md5, modified_ms, checksum "
    };
}

/// The columns of [`read_piece`].
macro_rules! piece_columns {
    () => {
        concat!(
            listed_columns!(),
            ", start_offset, wrapped_key, blob_id, inline_body "
        )
    };
}

impl Reader<'_, OfAgency> {
    /// Parts by number, those that follow `after`, at most `limit` or all that there can be.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn list_parts(
        &self,
        upload: UploadNumber,
        after: Option<PartNumber>,
        limit: u32,
    ) -> Result<Vec<ListedPiece>, Error> {
        self.all(
            concat!(
                listed_columns!(),
                "FROM pieces WHERE upload_number = ?1 AND part_number > ?2
                 ORDER BY part_number LIMIT ?3"
            ),
            (
                Sql(upload),
                after.map_or(0, PartNumber::get),
                limit.min(u32::from(PartNumber::MAX)),
            ),
            read_listed,
        )
    }

    /// One part with what a read of it needs.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn piece(
        &self,
        upload: UploadNumber,
        number: PartNumber,
    ) -> Result<Option<PieceRecord>, Error> {
        self.first(
            concat!(
                piece_columns!(),
                "FROM pieces WHERE upload_number = ?1 AND part_number = ?2"
            ),
            (Sql(upload), Sql(number)),
            read_piece,
        )
    }

    /// The parts of a completed upload in the order of their bytes, beginning with the one that
    /// holds byte `offset` of the object, at most `limit`. Empty parts hold no byte and are left
    /// out.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn pieces(
        &self,
        upload: UploadNumber,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<PieceRecord>, Error> {
        self.all(
            concat!(
                piece_columns!(),
                "FROM pieces WHERE upload_number = ?1
                 AND start_offset IS NOT NULL AND size_bytes > 0
                 AND start_offset >= (
                     SELECT coalesce(max(start_offset), 0) FROM pieces WHERE upload_number = ?1
                     AND start_offset IS NOT NULL AND size_bytes > 0 AND start_offset <= ?2
                 )
                 AND start_offset + size_bytes > ?2
                 ORDER BY start_offset LIMIT ?3"
            ),
            (
                Sql(upload),
                Sql(offset),
                limit.min(u32::from(PartNumber::MAX)),
            ),
            read_piece,
        )
    }
}

fn read_listed(row: &Row<'_>) -> rusqlite::Result<ListedPiece> {
    let checksum: Option<ObjectChecksum> = optional(row, 5)?;
    Ok(ListedPiece {
        number: column(row, 0)?,
        sequence: column(row, 1)?,
        size_bytes: column(row, 2)?,
        md5: row.get(3)?,
        modified: column(row, 4)?,
        checksum: checksum.map(|checksum| checksum.value),
    })
}

fn read_piece(row: &Row<'_>) -> rusqlite::Result<PieceRecord> {
    let blob_id: Option<BlobId> = optional(row, 8)?;
    Ok(PieceRecord {
        listed: read_listed(row)?,
        start_offset: optional(row, 6)?,
        wrapped_key: row.get(7)?,
        body: match blob_id {
            Some(blob_id) => StoredPiece::Blob(blob_id),
            None => StoredPiece::Inline(Bytes::copy_from_slice(row.get_ref(9)?.as_blob()?)),
        },
    })
}
