//! Sealing a blob, as its bytes arrive or in one piece.

use bytes::{Bytes, BytesMut};

use super::{Binding, Frame, HEADER_BYTES, PREFIX_BYTES, Position, Preamble, sealed_bytes};
use crate::crypto::aead::{Aead, Bulk, Small, TAG_BYTES};
use crate::crypto::random;
use crate::crypto::secret::SecretKey;
use crate::types::limits;

/// Seals a document whose bytes arrive one after another.
///
/// Holds one segment at most. Each comes out as one piece of bytes, the first with the header in
/// front of it; its memory is allocated when its first byte arrives and leaves with it.
pub struct Sealer<A = Bulk> {
    frame: Frame<A>,
    segment_bytes: usize,
    /// The header, until the first byte arrives.
    header: Option<[u8; HEADER_BYTES]>,
    /// The segment in hand, behind the header if it is the first.
    segment: BytesMut,
    /// Where in `segment` the text begins.
    start: usize,
    next: u32,
    plain_bytes: u64,
}

impl Sealer {
    /// Starts a blob. The data key must be fresh: it is never used for a second one.
    pub fn new(data_key: &SecretKey, binding: &Binding) -> Self {
        Self::with(data_key, binding, random::bytes(), limits::SEGMENT_BYTES)
    }
}

impl<A: Aead> Sealer<A> {
    pub(super) fn with(
        data_key: &SecretKey,
        binding: &Binding,
        prefix: [u8; PREFIX_BYTES],
        segment_bytes: u32,
    ) -> Self {
        let (frame, header) = start(data_key, binding, prefix, segment_bytes);
        Self {
            frame,
            segment_bytes: usize::try_from(segment_bytes)
                .expect("limits::SEGMENT_BYTES_MAX fits any usize of this house"),
            header: Some(header),
            segment: BytesMut::new(),
            start: 0,
            next: 0,
            plain_bytes: 0,
        }
    }

    /// Takes the next bytes of the document and hands out each segment that they complete. A full
    /// segment waits until another byte shows that it is not the last.
    pub fn push(&mut self, bytes: &[u8], out: &mut impl FnMut(Bytes)) {
        let mut bytes = bytes;
        while !bytes.is_empty() {
            let mut free = self.free();
            if free == 0 {
                out(self.seal(Position::Inner));
                free = self.free();
            }
            self.allocate();
            let (now, later) = bytes.split_at(bytes.len().min(free));
            self.segment.extend_from_slice(now);
            self.plain_bytes += now.len() as u64;
            bytes = later;
        }
    }

    /// Ends the document: the last piece of the blob, and the size of the document in bytes.
    pub fn finish(mut self) -> (Bytes, u64) {
        self.allocate();
        (self.seal(Position::Last), self.plain_bytes)
    }

    fn free(&self) -> usize {
        (self.start + self.segment_bytes).saturating_sub(self.segment.len().max(self.start))
    }

    fn allocate(&mut self) {
        if self.segment.capacity() == 0 {
            let header = self.header.take();
            let header = header.as_ref().map_or(&[][..], |h| h);
            self.start = header.len();
            self.segment
                .reserve(self.start + self.segment_bytes + TAG_BYTES);
            self.segment.extend_from_slice(header);
        }
    }

    fn seal(&mut self, position: Position) -> Bytes {
        let mut sealed = std::mem::take(&mut self.segment);
        let text = sealed.get_mut(self.start..).unwrap_or_default();
        let tag = self.frame.seal(self.next, position, text);
        sealed.extend_from_slice(&tag);
        self.start = 0;
        self.next = self
            .next
            .checked_add(1)
            .expect("2^32 segments are 256 TiB, far above limits::PUT_BYTES_MAX");
        sealed.freeze()
    }
}

/// Seals a small document in one piece; the same format as [`Sealer`] makes.
pub fn seal_whole(data_key: &SecretKey, binding: &Binding, plaintext: &[u8]) -> Vec<u8> {
    let (frame, header) = start::<Small>(data_key, binding, random::bytes(), limits::SEGMENT_BYTES);
    let capacity = usize::try_from(sealed_bytes(plaintext.len() as u64)).unwrap_or_default();
    let mut blob = Vec::with_capacity(capacity);
    blob.extend_from_slice(&header);
    let mut rest = plaintext;
    let segment_bytes = usize::try_from(limits::SEGMENT_BYTES).unwrap_or(usize::MAX);
    for index in 0.. {
        let (now, later) = rest.split_at(rest.len().min(segment_bytes));
        let position = if later.is_empty() {
            Position::Last
        } else {
            Position::Inner
        };
        let from = blob.len();
        blob.extend_from_slice(now);
        let tag = frame.seal(index, position, blob.get_mut(from..).unwrap_or_default());
        blob.extend_from_slice(&tag);
        if later.is_empty() {
            break;
        }
        rest = later;
    }
    blob
}

/// The frame of a new blob, and its header.
fn start<A: Aead>(
    data_key: &SecretKey,
    binding: &Binding,
    prefix: [u8; PREFIX_BYTES],
    segment_bytes: u32,
) -> (Frame<A>, [u8; HEADER_BYTES]) {
    let preamble = Preamble {
        prefix,
        segment_bytes,
    };
    let (frame, commitment) = Frame::new(data_key, binding, &preamble);
    let mut header = [0; HEADER_BYTES];
    for (byte, field) in header
        .iter_mut()
        .zip(preamble.render().into_iter().chain(commitment))
    {
        *byte = field;
    }
    (frame, header)
}
