//! Cuts a document into segments as its bytes come in.

use bytes::Bytes;

use crate::blobs::buffer::Buffer;
use crate::blobs::store::BlobStore;
use crate::crypto::aead::TAG_BYTES;
use crate::crypto::blob::Position;
use crate::crypto::blob::STRIDE_BYTES;

use super::body::Body;
use super::error::Error;

/// The text of a segment, with room for its tag behind it.
pub(super) struct Segment {
    pub(super) buffer: Buffer,
    pub(super) position: Position,
}

/// A document on its way into segments.
///
/// The pieces of the body are copied, each byte once, to where they are sealed in place: a piece
/// would hold on to the whole buffer that its connection read it into.
pub(super) struct Cutter<'a, B> {
    body: &'a mut B,
    blobs: &'a BlobStore,
    /// What came and is in no segment yet.
    rest: Bytes,
    size_bytes: u64,
}

impl<'a, B: Body> Cutter<'a, B> {
    /// Cuts what came already, and then the rest of the body.
    pub(super) const fn new(body: &'a mut B, first: Bytes, blobs: &'a BlobStore) -> Self {
        Self {
            body,
            blobs,
            rest: first,
            size_bytes: 0,
        }
    }

    /// The next segment, full unless it is the last; a full one is known to be the last or not when
    /// the body has ended or goes on. Not to be asked after the last.
    pub(super) async fn next(&mut self) -> Result<Segment, Error> {
        let mut buffer = self.blobs.buffer(STRIDE_BYTES);
        let mut filled = 0;
        let position = loop {
            if self.rest.is_empty() {
                match self.body.next().await {
                    None => break Position::Last,
                    Some(piece) => self.rest = piece?,
                }
                continue;
            }
            let full = STRIDE_BYTES - TAG_BYTES;
            let free = buffer.as_mut().get_mut(filled..full).unwrap_or_default();
            if free.is_empty() {
                break Position::Inner;
            }
            let now = self.rest.split_to(self.rest.len().min(free.len()));
            let (free, _) = free.split_at_mut(now.len());
            free.copy_from_slice(&now);
            filled += now.len();
        };
        self.size_bytes += filled as u64;
        buffer.truncate(filled + TAG_BYTES);
        Ok(Segment { buffer, position })
    }

    /// The bytes of all segments so far.
    pub(super) const fn size_bytes(&self) -> u64 {
        self.size_bytes
    }
}
