//! The sealed blob: how a document looks wherever it is stored.
//!
//! ```text
//! 0          8         9              16              20                 52
//! +----------+---------+--------------+---------------+------------------+---------------
//! | magic    | version | nonce prefix | segment size  | key commitment   | segments …
//! | ACERVO␀B | 01      | random (7)   | u32 (4)       | (32)             |
//! +----------+---------+--------------+---------------+------------------+---------------
//!
//! segment i  = ciphertext (segment size; 1 to segment size in the last one) | tag (16)
//! nonce i    = nonce prefix (7) | i, u32 (4) | 01 in the last segment, else 00 (1)
//! binding    = "acervo.blob" | version | purpose (1) | blob id (16) | agency length (1) | agency
//! segment key, key commitment = derive(data key, "acervo.blob", first 20 bytes | binding)
//! ```
//!
//! Integers are big endian. Each segment is sealed with AES-256-GCM, the binding as its associated
//! data: the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár: "Online Authenticated-
//! Encryption and its Nonce-Reuse Misuse-Resistance", 2015), so a segment opens only as the same
//! segment of the same blob of the same agency, and only the true last one ends the document. An
//! empty document has one empty last segment; no other segment is empty. GCM alone would open under
//! two keys for who chooses both; the commitment, checked first, fixes the key, and with it the
//! header and the place.
//!
//! `tests/golden` holds blobs of every version; every later release must still open them.
//!
//! The sketch of a large upload, for each segment: one pass of sealing in place. Of a large read:
//! one pass of opening in place.

use std::ops::Range;

use super::aead::{Aead, NONCE_BYTES, TAG_BYTES};
use super::derive::derive_several;
use super::error::OpenError;
use super::secret::SecretKey;
use crate::types::ids::BlobId;
use crate::types::limits;
use crate::types::names::AgencyId;

mod open;
mod seal;
#[cfg(test)]
mod tests;

pub use open::{Opener, open_whole};
pub use seal::{Sealer, seal_whole};

const MAGIC: [u8; 8] = *b"ACERVO\0B";
const VERSION: u8 = 1;
const PREFIX_BYTES: usize = 7;
const COMMITMENT_BYTES: usize = 32;
const PREAMBLE_BYTES: usize = MAGIC.len() + 1 + PREFIX_BYTES + size_of::<u32>();

/// Bytes from which on a small document goes through [`Bulk`](super::aead::Bulk) too: below, its
/// set-up costs more than it saves.
const BULK_BYTES_MIN: usize = 1 << 10;

/// Bytes of a blob before its first segment.
pub const HEADER_BYTES: usize = PREAMBLE_BYTES + COMMITMENT_BYTES;
const _: () = assert!(HEADER_BYTES == 52);

/// What a blob holds; a part never opens as an object.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// The document of one PUT, stored inline or as a blob.
    Object,
    /// One part of a multipart upload.
    Part,
}

impl Purpose {
    /// The number in the binding. Never reused.
    const fn code(self) -> u8 {
        match self {
            Self::Object => 1,
            Self::Part => 2,
        }
    }
}

/// The place that a blob is sealed for; it opens nowhere else.
#[derive(Clone, Debug)]
pub struct Binding {
    /// Whose document it is.
    pub agency: AgencyId,
    /// Its name in the store of blobs.
    pub blob_id: BlobId,
    /// What it holds.
    pub purpose: Purpose,
}

impl Binding {
    fn render(&self) -> Vec<u8> {
        let agency = self.agency.as_str().as_bytes();
        let length = u8::try_from(agency.len()).expect("an agency's name is at most 40 bytes");
        let mut bytes = b"acervo.blob".to_vec();
        bytes.extend_from_slice(&[VERSION, self.purpose.code()]);
        bytes.extend_from_slice(self.blob_id.as_bytes());
        bytes.push(length);
        bytes.extend_from_slice(agency);
        bytes
    }
}

/// Whether more segments follow: the last byte of a nonce.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Position {
    /// More follow.
    Inner = 0,
    /// None follows: the document ends with it.
    Last = 1,
}

/// The parsed head of a blob, before the commitment is checked.
struct Preamble {
    prefix: [u8; PREFIX_BYTES],
    segment_bytes: u32,
}

impl Preamble {
    fn render(&self) -> [u8; PREAMBLE_BYTES] {
        let mut bytes = [0; PREAMBLE_BYTES];
        let fields = MAGIC
            .into_iter()
            .chain([VERSION])
            .chain(self.prefix)
            .chain(self.segment_bytes.to_be_bytes());
        for (byte, field) in bytes.iter_mut().zip(fields) {
            *byte = field;
        }
        bytes
    }

    /// Reads a header; returns the key commitment beside it.
    fn parse(header: &[u8]) -> Result<(Self, [u8; COMMITMENT_BYTES]), OpenError> {
        let (magic, rest) = header.split_first_chunk().ok_or(OpenError::Length)?;
        if *magic != MAGIC {
            return Err(OpenError::Foreign);
        }
        let (version, rest) = rest.split_first().ok_or(OpenError::Length)?;
        if *version != VERSION {
            return Err(OpenError::Format(*version));
        }
        let (prefix, rest) = rest.split_first_chunk().ok_or(OpenError::Length)?;
        let (size, rest) = rest.split_first_chunk().ok_or(OpenError::Length)?;
        let commitment = rest.try_into().map_err(|_| OpenError::Length)?;
        let segment_bytes = u32::from_be_bytes(*size);
        if !(limits::SEGMENT_BYTES_MIN..=limits::SEGMENT_BYTES_MAX).contains(&segment_bytes) {
            return Err(OpenError::SegmentSize(segment_bytes));
        }
        let preamble = Self {
            prefix: *prefix,
            segment_bytes,
        };
        Ok((preamble, commitment))
    }
}

/// The keyed half of a blob: seals and opens its segments one by one.
struct Frame<A> {
    cipher: A,
    associated_data: Vec<u8>,
    prefix: [u8; PREFIX_BYTES],
}

impl<A: Aead> Frame<A> {
    /// The frame of a blob, and the key commitment that its header must carry.
    fn new(
        data_key: &SecretKey,
        binding: &Binding,
        preamble: &Preamble,
    ) -> (Self, [u8; COMMITMENT_BYTES]) {
        let associated_data = binding.render();
        let context = [&preamble.render(), associated_data.as_slice()].concat();
        let [segment_key, commitment] = derive_several(data_key, "acervo.blob", &context);
        let frame = Self {
            cipher: A::new(&segment_key),
            associated_data,
            prefix: preamble.prefix,
        };
        (frame, *commitment.expose())
    }

    fn nonce(&self, index: u32, position: Position) -> [u8; NONCE_BYTES] {
        let [p0, p1, p2, p3, p4, p5, p6] = self.prefix;
        let [i0, i1, i2, i3] = index.to_be_bytes();
        [p0, p1, p2, p3, p4, p5, p6, i0, i1, i2, i3, position as u8]
    }

    fn seal(&self, index: u32, position: Position, text: &mut [u8]) -> [u8; TAG_BYTES] {
        let nonce = self.nonce(index, position);
        self.cipher.seal(&nonce, &self.associated_data, text)
    }

    fn open(
        &self,
        index: u32,
        position: Position,
        text: &mut [u8],
        tag: &[u8; TAG_BYTES],
    ) -> Result<(), OpenError> {
        let nonce = self.nonce(index, position);
        self.cipher.open(&nonce, &self.associated_data, text, tag)
    }
}

/// Where the plaintext of a document lies in its blob.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Geometry {
    segment_bytes: u32,
    plain_bytes: u64,
    last: u32,
}

/// A segment that a range touches.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Touched {
    /// Its number, from 0.
    pub index: u32,
    /// Where it lies in the blob, tag included.
    pub place: Range<u64>,
    /// Which of its opened bytes are inside the range.
    pub keep: Range<usize>,
}

impl Geometry {
    /// The geometry of a document of this size; `None` if it needs more than 2^32 segments.
    pub fn new(segment_bytes: u32, plain_bytes: u64) -> Option<Self> {
        let last = plain_bytes
            .saturating_sub(1)
            .checked_div(u64::from(segment_bytes))?;
        Some(Self {
            segment_bytes,
            plain_bytes,
            last: u32::try_from(last).ok()?,
        })
    }

    /// The size of the whole blob in bytes.
    pub fn sealed_bytes(&self) -> u64 {
        self.place(self.last).end
    }

    /// The size of a full segment in the blob, tag included: what a read takes at a time.
    pub fn stride_bytes(&self) -> usize {
        usize::try_from(self.segment_bytes).map_or(usize::MAX, |bytes| bytes + TAG_BYTES)
    }

    /// The segments that a half-open range of the document touches, in order. A range beyond the
    /// end is cut to it; an empty one touches none, except that all of an empty document is its one
    /// empty segment, which must be opened to know that it is empty.
    pub fn touched(&self, range: Range<u64>) -> impl Iterator<Item = Touched> + use<> {
        let geometry = *self;
        let range = range.start..range.end.min(self.plain_bytes);
        let size = u64::from(self.segment_bytes);
        let segments = if self.plain_bytes == 0 && range.start == 0 {
            0..1
        } else if range.is_empty() {
            0..0
        } else {
            range.start / size..(range.end - 1) / size + 1
        };
        segments.filter_map(move |index| {
            let start = index * size;
            let keep = range.start.saturating_sub(start)..(range.end - start).min(size);
            let index = u32::try_from(index).ok()?;
            Some(Touched {
                index,
                place: geometry.place(index),
                keep: usize::try_from(keep.start).ok()?..usize::try_from(keep.end).ok()?,
            })
        })
    }

    /// Where the segments that a range touches lie in the blob, from the first to the last. Read in
    /// strides of [`Geometry::stride_bytes`] it comes segment by segment.
    pub fn span(&self, range: Range<u64>) -> Range<u64> {
        let mut touched = self.touched(range.clone());
        let Some(first) = touched.next() else {
            return 0..0;
        };
        let last =
            range.end.min(self.plain_bytes).saturating_sub(1) / u64::from(self.segment_bytes);
        let end = u32::try_from(last).map_or(first.place.end, |last| self.place(last).end);
        first.place.start..end
    }

    /// Where a segment lies in the blob.
    fn place(&self, index: u32) -> Range<u64> {
        let size = u64::from(self.segment_bytes);
        let start = HEADER_BYTES as u64 + u64::from(index) * (size + TAG_BYTES as u64);
        start..start + self.text_bytes(index) + TAG_BYTES as u64
    }

    /// The plaintext in a segment, in bytes.
    fn text_bytes(&self, index: u32) -> u64 {
        let size = u64::from(self.segment_bytes);
        let before = u64::from(index) * size;
        self.plain_bytes.saturating_sub(before).min(size)
    }

    fn position(&self, index: u32) -> Position {
        if index == self.last {
            Position::Last
        } else {
            Position::Inner
        }
    }
}

/// Bytes of a full segment as it is sealed by this release: text and tag.
pub const STRIDE_BYTES: usize = limits::SEGMENT_BYTES as usize + TAG_BYTES;

/// The size in bytes of the blob of a document of this size, sealed by this release.
pub fn sealed_bytes(plain_bytes: u64) -> u64 {
    Geometry::new(limits::SEGMENT_BYTES, plain_bytes).map_or(u64::MAX, |g| g.sealed_bytes())
}
