//! A completion that is sent again, because the answer to the first was lost.
//!
//! The version that an upload became remembers the upload, so that for as long as it stands the
//! second answer is what the first was, and changes nothing.
//! Source: AWS S3 API Reference, "CompleteMultipartUpload": clients are to be prepared to retry it.

use crate::access::permit::Permit;
use crate::meta;
use crate::types::ids::PartNumber;
use crate::types::ids::UploadId;

use super::super::Committed;
use super::super::agencies::Agency;
use super::super::buckets::object_of;
use super::super::error::Error;
use super::super::list::beside;
use super::super::put::Stored;
use super::complete::Completion;
use super::complete::named;
use super::repeated;

/// What became of an upload.
pub enum Completed {
    /// An object, by this request.
    Now(Committed<Stored>),
    /// An object, by an earlier request of the same parts; it is still there.
    Before(Stored),
}

/// The version that an upload became, if it was completed just so. Its precondition was judged
/// then: now the version itself would fail it.
///
/// # Errors
/// `NoSuchUpload` of the index; [`Error`]s of a customer's key that is not the upload's.
pub(super) async fn before(
    agency: &Agency,
    permit: &Permit,
    upload_id: UploadId,
    completion: &Completion,
) -> Result<Stored, Error> {
    const NO_SUCH_UPLOAD: Error = Error::Metadata(meta::Error::NoSuchUpload);
    let (bucket, object_key) = object_of(permit)?;
    let found = agency
        .index
        .read(|reader| reader.completed_upload(bucket.id, object_key, &upload_id))?;
    let head = found.ok_or(NO_SUCH_UPLOAD)?;
    let (number, _) = head.parts.ok_or(NO_SUCH_UPLOAD)?;
    let kept = beside(&agency.index, move |reader| {
        reader.list_parts(number, None, u32::from(PartNumber::MAX))
    });
    let kept = kept.await?;
    let sum = head.checksum.as_ref();
    let is_same = named(&completion.parts, &kept).is_ok_and(|parts| parts.len() == kept.len())
        && completion
            .size_bytes
            .is_none_or(|size| size == head.size_bytes)
        && completion
            .checksum
            .is_none_or(|(value, _)| sum.is_some_and(|sum| sum.value == value))
        && completion
            .kind
            .is_none_or(|kind| sum.is_some_and(|sum| sum.kind == kind));
    if !is_same {
        return Err(NO_SUCH_UPLOAD);
    }
    repeated(&head.encryption, completion.customer.clone())?;
    Ok(Stored {
        version_id: head.version_id,
        etag: head.etag,
        size_bytes: head.size_bytes,
        tags: head.metadata.tags,
        checksum: head.checksum,
        encryption: head.encryption,
        modified: head.modified,
    })
}
