//! Opening a blob, segment by segment or in one piece.

use super::{BULK_BYTES_MIN, Binding, Frame, Geometry, HEADER_BYTES, Preamble};
use crate::crypto::aead::{Aead, Bulk, Small};
use crate::crypto::digest::constant_time_eq;
use crate::crypto::error::OpenError;
use crate::crypto::secret::SecretKey;

/// Opens the segments of one blob, in any order.
pub struct Opener<A = Bulk> {
    frame: Frame<A>,
    geometry: Geometry,
}

impl Opener {
    /// Reads a header of exactly [`HEADER_BYTES`] and checks that it is of this data key in this
    /// place. `plain_bytes` is the size of the document that the index (and the wrapping of the
    /// data key) promises: a blob cut short or continued has no segment that opens as its last.
    pub fn new(
        data_key: &SecretKey,
        binding: &Binding,
        plain_bytes: u64,
        header: &[u8],
    ) -> Result<Self, OpenError> {
        Self::with(data_key, binding, plain_bytes, header)
    }
}

impl<A: Aead> Opener<A> {
    pub(super) fn with(
        data_key: &SecretKey,
        binding: &Binding,
        plain_bytes: u64,
        header: &[u8],
    ) -> Result<Self, OpenError> {
        let (preamble, claimed) = Preamble::parse(header)?;
        let (frame, commitment) = Frame::new(data_key, binding, &preamble);
        if !constant_time_eq(&claimed, &commitment) {
            return Err(OpenError::Commitment);
        }
        let geometry =
            Geometry::new(preamble.segment_bytes, plain_bytes).ok_or(OpenError::Length)?;
        Ok(Self { frame, geometry })
    }

    /// Where the document's bytes lie in the blob.
    pub const fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// Opens a segment in place, as it lies in the blob, tag included; the text is then the first
    /// bytes of `segment`, and their count is returned.
    pub fn open(&self, index: u32, segment: &mut [u8]) -> Result<usize, OpenError> {
        let (text, tag) = segment.split_last_chunk_mut().ok_or(OpenError::Length)?;
        let expected = self.geometry.text_bytes(index);
        if index > self.geometry.last || text.len() as u64 != expected {
            return Err(OpenError::Length);
        }
        let position = self.geometry.position(index);
        self.frame.open(index, position, text, tag)?;
        Ok(text.len())
    }
}

/// Opens a small blob in one piece: one copy out of it, which is opened in place.
pub fn open_whole(
    data_key: &SecretKey,
    binding: &Binding,
    plain_bytes: u64,
    blob: &[u8],
) -> Result<Vec<u8>, OpenError> {
    if blob.len() < BULK_BYTES_MIN {
        open_all::<Small>(data_key, binding, plain_bytes, blob)
    } else {
        open_all::<Bulk>(data_key, binding, plain_bytes, blob)
    }
}

pub(super) fn open_all<A: Aead>(
    data_key: &SecretKey,
    binding: &Binding,
    plain_bytes: u64,
    blob: &[u8],
) -> Result<Vec<u8>, OpenError> {
    let (header, mut segments) = blob
        .split_at_checked(HEADER_BYTES)
        .ok_or(OpenError::Length)?;
    let opener = Opener::<A>::with(data_key, binding, plain_bytes, header)?;
    if opener.geometry.sealed_bytes() != blob.len() as u64 {
        return Err(OpenError::Length);
    }
    let mut opened = Vec::with_capacity(segments.len());
    for index in 0..=opener.geometry.last {
        let stride = segments.len().min(opener.geometry.stride_bytes());
        let (segment, rest) = segments.split_at(stride);
        segments = rest;
        let from = opened.len();
        opened.extend_from_slice(segment);
        let length = opener.open(index, opened.get_mut(from..).unwrap_or_default())?;
        opened.truncate(from + length);
    }
    Ok(opened)
}
