//! Sealing a blob, segment by segment or in one piece.

use super::{
    BULK_BYTES_MIN, Binding, Frame, HEADER_BYTES, PREFIX_BYTES, Position, Preamble, sealed_bytes,
};
use crate::crypto::aead::{Aead, Bulk, Small, TAG_BYTES};
use crate::crypto::random;
use crate::crypto::secret::SecretKey;
use crate::types::limits;

/// Seals the segments of one blob, in order and in place.
pub struct Sealer<A = Bulk> {
    frame: Frame<A>,
    segment_bytes: usize,
    next: u32,
}

impl Sealer {
    /// Starts a blob, and gives the header that goes in front of its segments. The data key must
    /// be fresh: it is never used for a second one.
    pub fn new(data_key: &SecretKey, binding: &Binding) -> (Self, [u8; HEADER_BYTES]) {
        Self::with(data_key, binding, random::bytes(), limits::SEGMENT_BYTES)
    }
}

impl<A: Aead> Sealer<A> {
    pub(super) fn with(
        data_key: &SecretKey,
        binding: &Binding,
        prefix: [u8; PREFIX_BYTES],
        segment_bytes: u32,
    ) -> (Self, [u8; HEADER_BYTES]) {
        let (frame, header) = start(data_key, binding, prefix, segment_bytes);
        let sealer = Self {
            frame,
            segment_bytes: usize::try_from(segment_bytes)
                .expect("limits::SEGMENT_BYTES_MAX fits any usize of this house"),
            next: 0,
        };
        (sealer, header)
    }

    /// Seals the next segment: `segment` is its text and behind it room for the tag. Every segment
    /// but the last is full.
    pub fn seal(&mut self, segment: &mut [u8], position: Position) {
        let (text, room) = segment
            .split_last_chunk_mut::<TAG_BYTES>()
            .expect("a segment has room for its tag");
        match position {
            Position::Inner => assert_eq!(text.len(), self.segment_bytes, "an inner segment"),
            Position::Last => assert!(text.len() <= self.segment_bytes, "the last segment"),
        }
        *room = self.frame.seal(self.next, position, text);
        self.next = self
            .next
            .checked_add(1)
            .expect("2^32 segments are 256 TiB, far above limits::PUT_BYTES_MAX");
    }
}

/// Seals a small document in one piece; the same format as [`Sealer`] makes.
pub fn seal_whole(data_key: &SecretKey, binding: &Binding, plaintext: &[u8]) -> Vec<u8> {
    if plaintext.len() < BULK_BYTES_MIN {
        seal_all::<Small>(data_key, binding, plaintext)
    } else {
        seal_all::<Bulk>(data_key, binding, plaintext)
    }
}

fn seal_all<A: Aead>(data_key: &SecretKey, binding: &Binding, plaintext: &[u8]) -> Vec<u8> {
    let (frame, header) = start::<A>(data_key, binding, random::bytes(), limits::SEGMENT_BYTES);
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
