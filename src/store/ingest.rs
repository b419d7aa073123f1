//! A document on its way in: digested and sealed in one pass, small ones in memory, large ones into
//! a blob.
//!
//! The sketch. A small document in one piece: no copy beyond the one into its sealed form, no hop.
//! A large one is cut into segments: the pieces that the connection gave are copied to where each
//! segment is sealed in place, go down a line where they are digested and sealed, and are written
//! from there. Four things go on side by side: one segment is filled, one has its MD5 taken, some
//! are sealed, some are written; between them stand as many as the upload's share of memory. Among
//! many uploads that is one, so that memory stays flat. The buffers are used again.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use bytes::BytesMut;

use crate::blobs::store::BlobStore;
use crate::blobs::write::BlobWriter;
use crate::crypto::blob::Binding;
use crate::crypto::blob::Position;
use crate::crypto::blob::Purpose;
use crate::crypto::blob::STRIDE_BYTES;
use crate::crypto::blob::Sealer;
use crate::crypto::blob::seal_whole;
use crate::crypto::digest::DigestPlan;
use crate::crypto::digest::DigestResults;
use crate::crypto::digest::Digests;
use crate::crypto::random;
use crate::crypto::secret::SecretKey;
use crate::types::checksum::ChecksumAlgorithm;
use crate::types::checksum::ObjectChecksum;
use crate::types::ids::BlobId;
use crate::types::limits;
use crate::types::names::AgencyId;

use super::body::Announced;
use super::body::Body;
use super::content::INLINE_BLOB;
use super::cutter::Cutter;
use super::error::Digest;
use super::error::Error;
use super::line::Line;

/// Sealed bytes: in memory, or durable in the backend.
#[derive(Clone, Debug)]
pub(super) enum Sealed {
    Inline(Bytes),
    Blob(BlobId),
}

/// A document that arrived whole, as announced, and is sealed. If it is a blob it is durable, and
/// becomes an orphan for the sweep if nothing commits it.
pub(super) struct Ingested {
    pub(super) size_bytes: u64,
    pub(super) md5: [u8; 16],
    pub(super) checksum: Option<ObjectChecksum>,
    pub(super) data_key: SecretKey,
    pub(super) sealed: Sealed,
}

/// Large uploads under way in this process, to share memory among.
static LARGE_UPLOADS: AtomicUsize = AtomicUsize::new(0);

struct LargeUpload;

impl LargeUpload {
    fn begin() -> Self {
        LARGE_UPLOADS.fetch_add(1, Ordering::Relaxed);
        Self
    }

    /// How many segments this upload may hold now between connection and backend.
    fn segments_max(&self) -> usize {
        let uploads = LARGE_UPLOADS.load(Ordering::Relaxed).max(1);
        let share = limits::UPLOADS_BYTES_MAX / uploads;
        (share.min(limits::UPLOAD_BYTES_MAX) / STRIDE_BYTES).max(1)
    }
}

impl Drop for LargeUpload {
    fn drop(&mut self) {
        LARGE_UPLOADS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Takes a document in, and keeps its checksum of one algorithm.
///
/// Cancel safety: dropped half-way, the blob's writer is dropped with it and leaves nothing.
pub(super) async fn ingest(
    blobs: &BlobStore,
    agency: &AgencyId,
    purpose: Purpose,
    keep: ChecksumAlgorithm,
    mut body: impl Body,
) -> Result<Ingested, Error> {
    let data_key = SecretKey::random();
    let blob_id = BlobId::new(random::bytes());
    let inline = BlobId::new(INLINE_BLOB);
    let binding = |blob_id| Binding {
        agency: agency.clone(),
        blob_id,
        purpose,
    };
    let plan = plan(&body, keep);
    let block = collect(&mut body, limits::INLINE_BYTES_MAX + 1).await?;
    if block.len() <= limits::INLINE_BYTES_MAX {
        let small = small(&data_key, &binding(inline), &block, &plan, &body, keep)?;
        return Ok(small.with(data_key));
    }
    let (sealer, header) = Sealer::new(&data_key, &binding(blob_id));
    let mut writer = blobs.create(agency, blob_id);
    writer.write(Bytes::copy_from_slice(&header)).await?;
    let mut cutter = Cutter::new(&mut body, block, blobs);
    let results = large(&mut writer, Line::new(plan, sealer), &mut cutter).await?;
    let size_bytes = cutter.size_bytes();
    // Digests are compared before the sync, so that a broken upload costs none.
    compare(&results, &body.announced())?;
    writer.finish().await?;
    let arrived = arrived(size_bytes, &results, &body, keep, Sealed::Blob(blob_id))?;
    Ok(arrived.with(data_key))
}

fn plan(body: &impl Body, keep: ChecksumAlgorithm) -> DigestPlan {
    let mut checksums = vec![keep];
    if body.checksum_algorithm() != keep {
        checksums.push(body.checksum_algorithm());
    }
    DigestPlan {
        md5: true,
        sha256: body.wants_sha256(),
        checksums,
    }
}

fn small(
    data_key: &SecretKey,
    binding: &Binding,
    plaintext: &[u8],
    plan: &DigestPlan,
    body: &impl Body,
    keep: ChecksumAlgorithm,
) -> Result<Arrived, Error> {
    let mut digests = Digests::new(plan);
    digests.update(plaintext);
    let results = digests.finish();
    let sealed = Sealed::Inline(seal_whole(data_key, binding, plaintext).into());
    arrived(plaintext.len() as u64, &results, body, keep, sealed)
}

/// The first bytes of a body, so many at least if it has them.
async fn collect(body: &mut impl Body, size_bytes: usize) -> Result<Bytes, Error> {
    let mut first = Bytes::new();
    let mut block = BytesMut::new();
    while first.len() + block.len() < size_bytes {
        let Some(piece) = body.next().await else {
            break;
        };
        let piece = piece?;
        // A small document usually comes in one piece, and needs no copy.
        if first.is_empty() && block.is_empty() {
            first = piece;
            continue;
        }
        if block.is_empty() {
            block.reserve(size_bytes.max(first.len() + piece.len()));
            block.extend_from_slice(&std::mem::take(&mut first));
        }
        block.extend_from_slice(&piece);
    }
    let is_one = block.is_empty();
    Ok(if is_one { first } else { block.freeze() })
}

/// Cuts, digests, seals and writes, side by side.
async fn large(
    writer: &mut BlobWriter,
    line: Line,
    cutter: &mut Cutter<'_, impl Body>,
) -> Result<DigestResults, Error> {
    let upload = LargeUpload::begin();
    let filling = async {
        loop {
            line.room(upload.segments_max()).await?;
            let segment = cutter.next().await?;
            let position = segment.position;
            line.push(segment);
            if position == Position::Last {
                return Ok::<_, Error>(());
            }
        }
    };
    let writing = async {
        loop {
            writer.ready(STRIDE_BYTES).await?;
            let Some(sealed) = line.sealed().await? else {
                return Ok::<_, Error>(());
            };
            writer.write_all(sealed).await?;
        }
    };
    futures_util::future::try_join(filling, writing).await?;
    line.end()
}

struct Arrived {
    size_bytes: u64,
    md5: [u8; 16],
    checksum: Option<ObjectChecksum>,
    sealed: Sealed,
}

impl Arrived {
    fn with(self, data_key: SecretKey) -> Ingested {
        let Self {
            size_bytes,
            md5,
            checksum,
            sealed,
        } = self;
        Ingested {
            size_bytes,
            md5,
            checksum,
            data_key,
            sealed,
        }
    }
}

fn arrived(
    size_bytes: u64,
    results: &DigestResults,
    body: &impl Body,
    keep: ChecksumAlgorithm,
    sealed: Sealed,
) -> Result<Arrived, Error> {
    compare(results, &body.announced())?;
    let checksum = results.checksum(keep).map(ObjectChecksum::of_content);
    let md5 = results.md5.expect("every plan of this room has MD5 in it");
    Ok(Arrived {
        size_bytes,
        md5,
        checksum,
        sealed,
    })
}

/// Compares what was announced with what came.
fn compare(results: &DigestResults, announced: &Announced) -> Result<(), Error> {
    if let Some(announced) = announced.md5
        && results.md5 != Some(announced)
    {
        let found = results.md5.unwrap_or_default();
        return Err(Error::BadDigest(Digest::Md5 { announced, found }));
    }
    if let Some(announced) = announced.sha256
        && results.sha256 != Some(announced)
    {
        let found = results.sha256.unwrap_or_default();
        return Err(Error::BadDigest(Digest::Sha256 { announced, found }));
    }
    match announced.checksum {
        Some(value) if results.checksum(value.algorithm()) != Some(value) => {
            Err(Error::BadDigest(Digest::Checksum(value.algorithm())))
        }
        _ => Ok(()),
    }
}

/// Checks the digests of a body that is no document: the XML of an operation.
///
/// # Errors
/// [`Error::BadDigest`].
pub fn check_digests(whole: &[u8], body: &impl Body) -> Result<(), Error> {
    let mut digests = Digests::new(&plan(body, body.checksum_algorithm()));
    digests.update(whole);
    compare(&digests.finish(), &body.announced())
}
