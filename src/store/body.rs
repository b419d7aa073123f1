//! A document on its way in, whatever it comes from.

use bytes::Bytes;
use thiserror::Error;

use crate::types::checksum::ChecksumAlgorithm;
use crate::types::checksum::ChecksumValue;

/// Why a document's bytes stopped coming.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum BodyError {
    /// The connection ended before the announced length.
    #[error("the body ended before its announced length")]
    Cut,
    /// Nothing came for too long, or too little at a time.
    #[error("the body came more slowly than the configured minimum")]
    TooSlow,
    /// More bytes than announced or allowed.
    #[error("the body is larger than allowed")]
    TooLarge,
    /// Fewer bytes than a form's policy allows.
    #[error("the body is smaller than allowed")]
    TooSmall,
    /// The framing of aws-chunked is broken.
    #[error("the aws-chunked framing of the body is malformed")]
    Framing,
    /// The signature of a chunk or of the trailers does not match.
    #[error("the signature of a chunk does not match")]
    Signature,
    /// A trailer is missing, unknown or malformed.
    #[error("the trailers of the body are not those announced")]
    Trailer,
    /// A trailer has no value of its kind.
    #[error("value for {} trailing header is invalid", .0.header())]
    TrailerValue(ChecksumAlgorithm),
    /// The source of a copy could not be read.
    #[error("the source of the copy could not be read")]
    Source,
}

/// What a client said that its document is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Announced {
    /// How many bytes it has; known before the first of them, or not at all.
    pub size_bytes: Option<u64>,
    /// `Content-MD5`.
    pub md5: Option<[u8; 16]>,
    /// The signed hash of the payload.
    pub sha256: Option<[u8; 32]>,
    /// `x-amz-checksum-…`, from header or trailer.
    pub checksum: Option<ChecksumValue>,
}

/// A document's bytes in order. Known before the first byte: which digests to compute; known after
/// the last one: what they must be.
pub trait Body {
    /// Whether the SHA-256 of the payload will have to be compared.
    fn wants_sha256(&self) -> bool;

    /// The checksum to compute, announced or not.
    fn checksum_algorithm(&self) -> ChecksumAlgorithm;

    /// The next bytes; `None` at the end of a complete document, and ever after.
    fn next(&mut self) -> impl Future<Output = Option<Result<Bytes, BodyError>>>;

    /// What was announced. Complete only once [`Body::next`] has given `None`.
    fn announced(&self) -> Announced;
}
