//! What lists show of objects and versions.

use std::sync::Arc;

use super::owners::Owner;
use crate::types::checksum::{ChecksumAlgorithm, ChecksumType};
use crate::types::clock::Time;
use crate::types::etag::Etag;
use crate::types::ids::VersionId;
use crate::types::names::ObjectKey;

/// What a list shows of an object.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListedObject {
    /// Its key.
    pub object_key: ObjectKey,
    /// Bytes of the document.
    pub size_bytes: u64,
    /// Its entity tag.
    pub etag: Etag,
    /// `Last-Modified`.
    pub modified: Time,
    /// Who stored it.
    pub owner: Arc<Owner>,
    /// What its checksum is of.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
}

/// What a list shows of a version or delete marker.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListedVersion {
    /// Its key.
    pub object_key: ObjectKey,
    /// Its id.
    pub version_id: VersionId,
    /// Whether it is the newest of its key.
    pub is_latest: bool,
    /// `Last-Modified`.
    pub modified: Time,
    /// Who stored it.
    pub owner: Arc<Owner>,
    /// The document's size, tag and checksum; `None` for a delete marker.
    pub content: Option<ListedContent>,
}

/// The document of a listed version.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListedContent {
    /// Bytes of the document.
    pub size_bytes: u64,
    /// Its entity tag.
    pub etag: Etag,
    /// What its checksum is of.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
}
