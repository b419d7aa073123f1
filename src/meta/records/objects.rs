//! Versions: what is stored, what a GET needs, what a HEAD shows.

use bytes::Bytes;

use super::encryption::Encryption;
use super::owners::Owner;
use crate::access::acl::Acl;
use crate::types::checksum::ObjectChecksum;
use crate::types::clock::Time;
use crate::types::etag::Etag;
use crate::types::ids::{BlobId, Sequence, UploadNumber, VersionId};
use crate::types::lock::Lock;
use crate::types::tags::Tags;

/// What a client tells about a document beside its bytes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ObjectMetadata {
    /// `Content-Type`.
    pub content_type: String,
    /// The other headers of the document: `Cache-Control`, `Content-Disposition`, …
    pub system: Vec<(String, String)>,
    /// `x-amz-meta-*`, without the prefix.
    pub user: Vec<(String, String)>,
    /// Its tags, which may change while the document stays.
    pub tags: Tags,
    /// Its access control list, if it was given one; it changes as the tags do.
    pub acl: Option<Acl>,
}

/// Where the sealed bytes of a version are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum StoredBody {
    /// Here.
    Inline(Bytes),
    /// In a blob of its own.
    Blob(BlobId),
    /// In the pieces of a completed upload.
    Parts {
        /// Which.
        upload: UploadNumber,
        /// How many there are.
        count: u16,
    },
}

/// A version about to be stored, whole.
#[derive(Clone, Debug)]
pub struct NewVersion {
    /// Chosen by the caller after the bucket's versioning, because the data key is bound to it.
    pub version_id: VersionId,
    /// `Last-Modified`.
    pub modified: Time,
    /// Bytes of the document.
    pub size_bytes: u64,
    /// Its entity tag.
    pub etag: Etag,
    /// Who stored it.
    pub owner: Owner,
    /// What the client told.
    pub metadata: ObjectMetadata,
    /// The checksum that the client asked for.
    pub checksum: Option<ObjectChecksum>,
    /// How it is sealed.
    pub encryption: Encryption,
    /// The data key, wrapped; empty when the pieces have keys of their own.
    pub wrapped_key: Vec<u8>,
    /// What keeps it.
    pub lock: Lock,
    /// The bytes.
    pub body: StoredBody,
}

/// What a HEAD shows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ObjectHead {
    /// The version's place in the order of changes.
    pub sequence: Sequence,
    /// Its id.
    pub version_id: VersionId,
    /// Bytes of the document.
    pub size_bytes: u64,
    /// Its entity tag.
    pub etag: Etag,
    /// `Last-Modified`.
    pub modified: Time,
    /// Who stored it.
    pub owner: Owner,
    /// What the client told.
    pub metadata: ObjectMetadata,
    /// Its checksum.
    pub checksum: Option<ObjectChecksum>,
    /// The upload that it was made of, and how many parts that had.
    pub parts: Option<(UploadNumber, u16)>,
    /// How it is sealed.
    pub encryption: Encryption,
    /// What keeps it.
    pub lock: Lock,
}

/// What a GET needs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ObjectRecord {
    /// What a HEAD shows.
    pub head: ObjectHead,
    /// The data key, wrapped; empty when the pieces have keys of their own.
    pub wrapped_key: Vec<u8>,
    /// The bytes.
    pub body: StoredBody,
}

/// What stands at a version id.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum VersionRecord<T> {
    /// A document.
    Object(T),
    /// A delete marker.
    Marker(MarkerRecord),
}

impl<T> VersionRecord<T> {
    /// The same with another view of the document.
    pub fn map<U>(self, view: impl FnOnce(T) -> U) -> VersionRecord<U> {
        match self {
            Self::Object(object) => VersionRecord::Object(view(object)),
            Self::Marker(marker) => VersionRecord::Marker(marker),
        }
    }
}

/// A delete marker.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MarkerRecord {
    /// Its id.
    pub version_id: VersionId,
    /// When it was made.
    pub modified: Time,
}
