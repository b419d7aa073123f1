//! An object's bytes on their way out: read, opened and verified a few segments at a time.
//!
//! The sketch of a warm read: for each segment one read from the page cache into a buffer that was
//! used before, opened in place, handed out as it is. No hop, no further copy here. Nothing is
//! given out before it is verified (law 4); the first read happens before the head of the answer
//! leaves, so that damage at the start is an answer and not a cut connection.

use std::collections::VecDeque;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::StreamExt as _;
use futures_util::stream;

use crate::access::permit::Permit;
use crate::blobs::read::Chunks;
use crate::blobs::store::BlobStore;
use crate::crypto::blob::Binding;
use crate::crypto::blob::HEADER_BYTES;
use crate::crypto::blob::Opener;
use crate::crypto::blob::Purpose;
use crate::crypto::blob::Touched;
use crate::crypto::blob::open_whole;
use crate::crypto::secret::SecretKey;
use crate::keys;
use crate::keys::customer::CustomerKey;
use crate::keys::data_key::Place;
use crate::keys::data_key::PlaceAt;
use crate::keys::data_key::WrappedDataKey;
use crate::meta::records::ObjectRecord;
use crate::meta::records::PieceRecord;
use crate::meta::records::StoredBody;
use crate::meta::records::StoredPiece;
use crate::types::ids::BlobId;
use crate::types::ids::BucketId;
use crate::types::ids::UploadNumber;
use crate::types::names::ObjectKey;

use super::agencies::Agency;
use super::agencies::Store;
use super::buckets::object_of;
use super::error::CustomerKeyRefusal;
use super::error::Error;
use super::get::Found;

/// Pieces of a multipart object that one read of the index fetches.
const PIECES_AT_A_TIME: u32 = 64;

/// Verified bytes, one piece after another; an error ends it. It may be asked again after its
/// end.
pub type ContentStream = Pin<Box<dyn Stream<Item = Result<Bytes, Error>>>>;

/// An object's bytes.
pub enum Content {
    /// All of them: the object lies in the index.
    Ready(Bytes),
    /// As they are read.
    Stream(ContentStream),
}

impl Store {
    /// The bytes of a range of an object, which must lie inside it.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::KeyUnavailable`], or what the backend says.
    pub async fn content(
        &self,
        permit: &Permit,
        found: Found,
        range: Range<u64>,
    ) -> Result<Content, Error> {
        let agency = self.agency(permit.agency()).await?;
        let (bucket, object_key) = object_of(permit)?;
        let ObjectRecord {
            head,
            wrapped_key,
            body,
        } = &*found.0;
        if range.end > head.size_bytes {
            return Err(Error::InvalidRange);
        }
        let place = Place {
            bucket: bucket.id,
            object_key,
            at: PlaceAt::Version(&head.version_id),
            size_bytes: head.size_bytes,
            context: head.encryption.context(),
        };
        let customer = found.1.as_ref();
        let mut reading = match body {
            StoredBody::Inline(sealed) => {
                let data_key = unwrap(&agency, wrapped_key, &place, customer)?;
                let whole = Whole {
                    data_key,
                    sealed: sealed.clone(),
                    purpose: Purpose::Object,
                };
                let opened = whole.open(&agency, head.size_bytes, range)?;
                return Ok(Content::Ready(opened));
            }
            StoredBody::Blob(blob_id) => {
                let data_key = unwrap(&agency, wrapped_key, &place, customer)?;
                let sealed = SealedBlob {
                    data_key,
                    blob_id: *blob_id,
                    purpose: Purpose::Object,
                };
                let reading = sealed
                    .open(&self.0.blobs, &agency, head.size_bytes, range)
                    .await?;
                Reading::One(Box::new(reading))
            }
            StoredBody::Parts { upload, .. } => {
                // Each part's seal binds its own size; together they are the object's.
                let end = head.size_bytes;
                let beyond = agency.index.read(|r| r.pieces(*upload, end, 1))?;
                if !beyond.is_empty() {
                    return Err(Error::Damaged);
                }
                Reading::Many(Box::new(Joined {
                    blobs: self.0.blobs.clone(),
                    agency: Arc::clone(&agency),
                    bucket: bucket.id,
                    object_key: object_key.clone(),
                    upload: *upload,
                    context: head.encryption.context().map(str::to_owned),
                    customer: customer.cloned(),
                    rest: range,
                    pieces: VecDeque::new(),
                    current: None,
                }))
            }
        };
        let first = reading.next().await.transpose()?;
        let first = stream::iter(first.map(Ok));
        let rest = stream::unfold(reading, |mut reading| async move {
            let next = reading.next().await?;
            Some((next, reading))
        });
        Ok(Content::Stream(Box::pin(first.chain(rest).fuse())))
    }
}

fn unwrap(
    agency: &Agency,
    wrapped: &[u8],
    place: &Place<'_>,
    customer: Option<&CustomerKey>,
) -> Result<SecretKey, Error> {
    let wrapped = WrappedDataKey::from_bytes(wrapped).map_err(|_| Error::Damaged)?;
    agency
        .keyring
        .unwrap_data_key(&wrapped, place, customer)
        .map_err(|error| match error {
            keys::error::Error::Refused(_) | keys::error::Error::NotWrapped => Error::Damaged,
            keys::error::Error::CustomerKeyMissing => {
                Error::CustomerKey(CustomerKeyRefusal::ObjectNeedsOne)
            }
            other => Error::KeyUnavailable(other),
        })
}

/// A small document, sealed in one piece.
struct Whole {
    data_key: SecretKey,
    sealed: Bytes,
    purpose: Purpose,
}

impl Whole {
    fn open(self, agency: &Agency, size_bytes: u64, range: Range<u64>) -> Result<Bytes, Error> {
        let blob_id = BlobId::new(INLINE_BLOB);
        let binding = Binding {
            agency: agency.id.clone(),
            blob_id,
            purpose: self.purpose,
        };
        let opened = open_whole(&self.data_key, &binding, size_bytes, &self.sealed);
        let opened = Bytes::from(opened.map_err(|_| Error::Damaged)?);
        let start = usize::try_from(range.start).map_err(|_| Error::InvalidRange)?;
        let end = usize::try_from(range.end).map_err(|_| Error::InvalidRange)?;
        Ok(opened.slice(start..end.min(opened.len())))
    }
}

/// The blob id in the binding of documents that lie in the index and are no blob; the data key,
/// fresh for each, is bound to its place by its wrapping.
pub(super) const INLINE_BLOB: [u8; 16] = [0; 16];

/// A document sealed in a blob.
struct SealedBlob {
    data_key: SecretKey,
    blob_id: BlobId,
    purpose: Purpose,
}

impl SealedBlob {
    async fn open(
        self,
        blobs: &BlobStore,
        agency: &Agency,
        size_bytes: u64,
        range: Range<u64>,
    ) -> Result<OneBlob, Error> {
        let Self {
            data_key,
            blob_id,
            purpose,
        } = self;
        let reader = blobs.open(&agency.id, blob_id).await?;
        let header = reader.read_at(0, HEADER_BYTES).await?;
        let binding = Binding {
            agency: agency.id.clone(),
            blob_id,
            purpose,
        };
        let opener = Opener::new(&data_key, &binding, size_bytes, header.as_ref());
        let opener = opener.map_err(|_| Error::Damaged)?;
        let geometry = opener.geometry();
        // Cut short or continued: told now, before the head of the answer is sent.
        if reader.size_bytes() != geometry.sealed_bytes() {
            return Err(Error::Damaged);
        }
        let chunks = reader.chunks(geometry.span(range.clone()), geometry.stride_bytes());
        let touched = Box::new(geometry.touched(range));
        Ok(OneBlob {
            chunks,
            touched,
            opener,
        })
    }
}

/// Reads a range of one blob, segment by segment.
struct OneBlob {
    chunks: Chunks,
    touched: Box<dyn Iterator<Item = Touched>>,
    opener: Opener,
}

impl OneBlob {
    async fn next(&mut self) -> Option<Result<Bytes, Error>> {
        let touched = self.touched.next()?;
        let opened = self.open(touched).await;
        if opened.is_err() {
            self.touched = Box::new(std::iter::empty());
        }
        Some(opened)
    }

    async fn open(&mut self, touched: Touched) -> Result<Bytes, Error> {
        let mut segment = self.chunks.next().await.ok_or(Error::Damaged)??;
        let opened = self.opener.open(touched.index, segment.as_mut());
        let length = opened.map_err(|_| Error::Damaged)?;
        if touched.keep.end > length {
            return Err(Error::Damaged);
        }
        Ok(segment.into_bytes(touched.keep))
    }
}

/// Reads a range of an object made of parts.
struct Joined {
    blobs: BlobStore,
    agency: Arc<Agency>,
    bucket: BucketId,
    object_key: ObjectKey,
    upload: UploadNumber,
    context: Option<String>,
    customer: Option<CustomerKey>,
    rest: Range<u64>,
    pieces: VecDeque<PieceRecord>,
    current: Option<OneBlob>,
}

impl Joined {
    async fn next(&mut self) -> Option<Result<Bytes, Error>> {
        loop {
            if let Some(current) = &mut self.current {
                match current.next().await {
                    Some(next) => return Some(next),
                    None => self.current = None,
                }
            }
            if self.rest.is_empty() {
                return None;
            }
            match self.advance().await {
                Ok(None) => {}
                Ok(Some(bytes)) => return Some(Ok(bytes)),
                Err(error) => {
                    self.rest = 0..0;
                    return Some(Err(error));
                }
            }
        }
    }

    /// Opens the piece at the start of what is left: gives its bytes if it is small, or makes it
    /// the current one.
    async fn advance(&mut self) -> Result<Option<Bytes>, Error> {
        if self.pieces.is_empty() {
            let (upload, from) = (self.upload, self.rest.start);
            let read = self
                .agency
                .index
                .read(|r| r.pieces(upload, from, PIECES_AT_A_TIME));
            self.pieces = read?.into();
        }
        let piece = self.pieces.pop_front().ok_or(Error::Damaged)?;
        let start = piece.start_offset.ok_or(Error::Damaged)?;
        let size_bytes = piece.listed.size_bytes;
        let end = start.saturating_add(size_bytes).min(self.rest.end);
        if !(start..end).contains(&self.rest.start) {
            return Err(Error::Damaged);
        }
        let inside = self.rest.start - start..end - start;
        self.rest.start = end;
        let at = PlaceAt::Part(self.upload, piece.listed.number);
        let place = Place {
            bucket: self.bucket,
            object_key: &self.object_key,
            at,
            size_bytes,
            context: self.context.as_deref(),
        };
        let customer = self.customer.as_ref();
        let data_key = unwrap(&self.agency, &piece.wrapped_key, &place, customer)?;
        let purpose = Purpose::Part;
        match piece.body {
            StoredPiece::Inline(sealed) => {
                let whole = Whole {
                    data_key,
                    sealed,
                    purpose,
                };
                whole.open(&self.agency, size_bytes, inside).map(Some)
            }
            StoredPiece::Blob(blob_id) => {
                let sealed = SealedBlob {
                    data_key,
                    blob_id,
                    purpose,
                };
                let opened = sealed
                    .open(&self.blobs, &self.agency, size_bytes, inside)
                    .await?;
                self.current = Some(opened);
                Ok(None)
            }
        }
    }
}

enum Reading {
    One(Box<OneBlob>),
    Many(Box<Joined>),
}

impl Reading {
    async fn next(&mut self) -> Option<Result<Bytes, Error>> {
        match self {
            Self::One(one) => one.next().await,
            Self::Many(many) => many.next().await,
        }
    }
}
