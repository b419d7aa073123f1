//! What goes wrong with objects, in the words of the room.

use thiserror::Error;

use crate::blobs;
use crate::keys;
use crate::meta;
use crate::meta::records::BucketDocument;
use crate::types::checksum::ChecksumAlgorithm;
use crate::types::checksum::ChecksumType;

use super::body::BodyError;

/// Which digest of a document did not match, and what was announced and what came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Digest {
    /// `Content-MD5`.
    Md5 {
        /// What was announced.
        announced: [u8; 16],
        /// What came.
        found: [u8; 16],
    },
    /// `x-amz-content-sha256`.
    Sha256 {
        /// What was announced.
        announced: [u8; 32],
        /// What came.
        found: [u8; 32],
    },
    /// `x-amz-checksum-…`.
    Checksum(ChecksumAlgorithm),
}

impl Digest {
    const fn name(&self) -> &'static str {
        match self {
            Self::Md5 { .. } => "MD5",
            Self::Sha256 { .. } => "SHA-256",
            Self::Checksum(algorithm) => algorithm.name(),
        }
    }
}

/// Why the key that a customer brought, or did not bring, opens nothing.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum CustomerKeyRefusal {
    /// The object is sealed under a customer's key, and the request brings none.
    #[error("the object needs its customer's key")]
    ObjectNeedsOne,
    /// The object is sealed under another key.
    #[error("the object was sealed under another customer's key")]
    ObjectHasAnother,
    /// The upload was begun with a customer's key, and the request brings none.
    #[error("the upload needs its customer's key")]
    UploadNeedsOne,
    /// The upload was begun with another key.
    #[error("the upload was begun with another customer's key")]
    UploadHasAnother,
    /// No customer's key was used.
    #[error("no customer's key was used here")]
    NotNeeded,
}

/// Why an operation on objects did not happen.
#[derive(Debug, Error)]
pub enum Error {
    /// The agency is unknown here.
    #[error("no such agency")]
    NoSuchAgency,
    /// The agency may not be used at present.
    #[error("the agency is suspended")]
    AgencySuspended,
    /// The principal was revoked after what it shows was issued.
    #[error("the principal's tokens of that time are revoked")]
    Revoked,
    /// What narrows and describes a session does not fit into its token.
    #[error("the session does not fit into a token")]
    SessionTooLarge,
    /// The bytes stopped coming.
    #[error("the document did not arrive")]
    Body(#[from] BodyError),
    /// A digest differs from the announced one.
    #[error("the document's {} differs from the announced one", .0.name())]
    BadDigest(Digest),
    /// The range of a copy lies outside its source.
    #[error("the range lies outside the object")]
    InvalidRange,
    /// A part named in a completion is missing or another one.
    #[error("part {0} is not the uploaded one")]
    InvalidPart(u16),
    /// A part has not the kind of checksum that its upload was begun with.
    #[error("a part of an upload of {wanted:?} checksums came with {named:?}")]
    PartChecksum {
        /// That of the upload.
        wanted: ChecksumAlgorithm,
        /// That of the part.
        named: Option<ChecksumAlgorithm>,
    },
    /// A completion does not repeat a part's checksum, of which the whole's is made.
    #[error("the completion lacks the {algorithm:?} checksum of part {number}")]
    NoPartChecksum {
        /// That of the upload.
        algorithm: ChecksumAlgorithm,
        /// The part's number.
        number: u16,
    },
    /// A completion names a checksum of a part that is of another algorithm than the part's.
    #[error("part {number} has no {algorithm:?} checksum")]
    BadPartChecksum {
        /// That of the completion.
        algorithm: ChecksumAlgorithm,
        /// The part's number.
        number: u16,
    },
    /// A checksum of the whole differs from the announced one, or cannot be made of the parts.
    #[error("the {0:?} checksum of the completed object differs from the announced one")]
    BadObjectChecksum(ChecksumAlgorithm),
    /// A completion announces another kind of checksum than the upload was begun with.
    #[error("the upload was begun with checksums of the kind {0:?}")]
    ObjectChecksumKind(ChecksumType),
    /// The size of the whole differs from the announced one.
    #[error("the size of the completed object differs from the announced one")]
    BadObjectSize {
        /// What was announced.
        announced: u64,
        /// What it is.
        found: u64,
    },
    /// The key that sealed the document is destroyed or not here.
    #[error("the document's key is not available")]
    KeyUnavailable(#[source] keys::error::Error),
    /// The customer's key is missing or another one.
    #[error(transparent)]
    CustomerKey(CustomerKeyRefusal),
    /// A configuration of the bucket does not read back.
    #[error("the bucket's configuration {0:?} cannot be read")]
    UnreadableDocument(BucketDocument),
    /// Stored bytes do not authenticate.
    #[error("stored bytes failed authentication")]
    Damaged,
    /// A step with a grant counts, but the other agency could not be told of it yet.
    #[error("the other agency of the grant is not told yet")]
    OtherAgency(#[source] Box<Error>),
    /// A limit of the house is reached.
    #[error("the limit of {0} is reached")]
    Limit(&'static str),
    /// The index refused or failed.
    #[error("the index refused or failed")]
    Metadata(#[from] meta::Error),
    /// The blob backend failed.
    #[error("the blob backend failed")]
    Blobs(#[from] blobs::error::Error),
    /// The keyring failed.
    #[error("the keyring failed")]
    Keys(#[source] keys::error::Error),
    /// A task of ours ended early; only a shutdown does that.
    #[error("the store is shutting down")]
    Stopping,
}
