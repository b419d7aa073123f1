//! Why sealed bytes do not open.

use thiserror::Error;

/// Why sealed bytes do not open. Nothing of the plaintext is given out with any of these.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum OpenError {
    /// The first bytes are not those of anything that this house sealed.
    #[error("not sealed by this store")]
    Foreign,
    /// Sealed in a format that this release does not know.
    #[error("sealed in format {0}, which this release does not know")]
    Format(u8),
    /// A header names a segment size outside `limits::SEGMENT_BYTES_MIN` and `_MAX`.
    #[error("a segment size of {0} bytes is out of bounds")]
    SegmentSize(u32),
    /// The sealed bytes are shorter or longer than what they should hold.
    #[error("sealed bytes of the wrong length")]
    Length,
    /// The key commitment of the header is not that of this data key in this place.
    #[error("sealed under another key, or for another place")]
    Commitment,
    /// The authentication tag does not fit: damaged, moved, or sealed under another key.
    #[error("sealed bytes that fail authentication")]
    Forged,
}
