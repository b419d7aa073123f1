//! What `x-amz-content-sha256` says of the body.

use crate::auth::error::Error;
use crate::types::encoding;

/// What a caller says of the body's hash, and of its framing.
///
/// Source: AWS S3 API Reference, "Authenticating Requests: Using the Authorization Header".
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PayloadHash {
    /// Nothing: `UNSIGNED-PAYLOAD`.
    Unsigned,
    /// The SHA-256 of the body; another body is meant for `XAmzContentSHA256Mismatch`, 400.
    Signed([u8; 32]),
    /// The body is framed as aws-chunked, for [`crate::auth::chunked`].
    Streaming(Streaming),
}

/// The three framings of aws-chunked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Streaming {
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD`: each chunk signed, no trailers.
    Signed,
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER`: each chunk signed, and the trailers.
    SignedTrailer,
    /// `STREAMING-UNSIGNED-PAYLOAD-TRAILER`: no signatures, trailers.
    UnsignedTrailer,
}

const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

impl Streaming {
    const ALL: [Self; 3] = [Self::Signed, Self::SignedTrailer, Self::UnsignedTrailer];

    const fn name(self) -> &'static str {
        match self {
            Self::Signed => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
            Self::SignedTrailer => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
            Self::UnsignedTrailer => "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        }
    }
}

impl PayloadHash {
    /// Reads the header's value.
    ///
    /// # Errors
    /// [`Error::InvalidContentHash`], also for the chunks of Signature Version 4A.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if let Some(hash) = encoding::parse_hex(text) {
            return Ok(Self::Signed(hash));
        }
        if text == UNSIGNED {
            return Ok(Self::Unsigned);
        }
        Streaming::ALL
            .into_iter()
            .find(|s| s.name() == text)
            .map(Self::Streaming)
            .ok_or(Error::InvalidContentHash)
    }

    /// The header's value.
    pub fn render(&self) -> String {
        match self {
            Self::Unsigned => UNSIGNED.to_owned(),
            Self::Signed(hash) => encoding::hex(hash),
            Self::Streaming(streaming) => streaming.name().to_owned(),
        }
    }
}
