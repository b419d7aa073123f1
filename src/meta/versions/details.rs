//! The rows beside those of versions: what a read needs, and what nothing refers to any more.

use super::super::codec::{self, Sql};
use super::super::engine::Tx;
use super::super::error::Error;
use super::super::records::{NewVersion, StoredBody};
use crate::types::clock::Time;
use crate::types::ids::{BlobId, Sequence, UploadNumber};

pub(super) fn insert_details(
    tx: &Tx<'_>,
    sequence: Sequence,
    version: &NewVersion,
) -> Result<(), Error> {
    let (mut upload, mut count, mut blob_id, mut inline) = (None, None, None, None);
    match &version.body {
        StoredBody::Inline(sealed) => inline = Some(sealed.as_ref()),
        StoredBody::Blob(id) => blob_id = Some(Sql(id)),
        StoredBody::Parts {
            upload: of,
            count: n,
        } => (upload, count) = (Some(Sql(*of)), Some(*n)),
    }
    tx.execute(
        "INSERT INTO details (sequence, content_type, metadata, checksum, wrapped_key,
             upload_number, parts_count, encryption, key_number, blob_id, inline_body, lock)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        (
            Sql(sequence),
            version.metadata.content_type.as_str(),
            codec::metadata_text(&version.metadata),
            version.checksum.as_ref().map(codec::checksum_bytes),
            version.wrapped_key.as_slice(),
            upload,
            count,
            codec::encryption_text(&version.encryption),
            codec::key_number(&version.encryption),
            blob_id,
            inline,
            codec::lock_bytes(&version.lock),
        ),
    )?;
    Ok(())
}

/// Remembers a blob that nothing refers to any more.
pub(in crate::meta) fn make_garbage(tx: &Tx<'_>, blob_id: &BlobId, at: Time) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO garbage (blob_id, since_ms) VALUES (?1, ?2)",
        (Sql(blob_id), Sql(at)),
    )?;
    Ok(())
}

/// Remembers an upload whose pieces nothing refers to any more. There may be 10,000 of them, so
/// they become garbage later, in bounded steps.
pub(in crate::meta) fn abandon(tx: &Tx<'_>, upload: UploadNumber, at: Time) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO abandoned (upload_number, since_ms) VALUES (?1, ?2)",
        (Sql(upload), Sql(at)),
    )?;
    Ok(())
}
