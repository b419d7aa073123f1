//! Multipart uploads and their parts.

use std::sync::Arc;

use bytes::Bytes;

use super::encryption::Encryption;
use super::objects::ObjectMetadata;
use super::owners::Owner;
use crate::types::checksum::{ChecksumAlgorithm, ChecksumType, ChecksumValue};
use crate::types::clock::Time;
use crate::types::ids::{BlobId, PartNumber, Sequence, UploadId, UploadNumber};
use crate::types::lock::Lock;
use crate::types::names::ObjectKey;

/// A multipart upload in progress.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UploadRecord {
    /// Its number.
    pub number: UploadNumber,
    /// Its id on the wire.
    pub upload_id: UploadId,
    /// The key that it will have.
    pub object_key: ObjectKey,
    /// Who began it.
    pub owner: Owner,
    /// When.
    pub initiated: Time,
    /// What the client told.
    pub metadata: ObjectMetadata,
    /// The checksum that the client announced.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
    /// How it is sealed.
    pub encryption: Encryption,
    /// What will keep its object.
    pub lock: Lock,
}

/// What a list shows of an upload in progress.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListedUpload {
    /// The key that it will have.
    pub object_key: ObjectKey,
    /// Its id.
    pub upload_id: UploadId,
    /// Who began it.
    pub owner: Arc<Owner>,
    /// When.
    pub initiated: Time,
    /// The checksum that the client announced.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
}

/// Where the sealed bytes of one part are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum StoredPiece {
    /// Here.
    Inline(Bytes),
    /// In a blob of its own.
    Blob(BlobId),
}

/// What a list shows of an uploaded part.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListedPiece {
    /// Its number.
    pub number: PartNumber,
    /// Tells it from every other upload of a part with this number.
    pub sequence: Sequence,
    /// Its bytes.
    pub size_bytes: u64,
    /// MD5 of its bytes: its entity tag.
    pub md5: [u8; 16],
    /// When it was uploaded.
    pub modified: Time,
    /// Its checksum.
    pub checksum: Option<ChecksumValue>,
}

/// A part with what a read of it needs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PieceRecord {
    /// What a list shows.
    pub listed: ListedPiece,
    /// Where it begins in the object; `None` until the upload is completed.
    pub start_offset: Option<u64>,
    /// Its data key, wrapped.
    pub wrapped_key: Vec<u8>,
    /// Its bytes.
    pub body: StoredPiece,
}
