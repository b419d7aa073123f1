//! Versions as lifecycle looks at them, and how far its walk is.

use crate::types::clock::Time;
use crate::types::ids::{Sequence, VersionId};
use crate::types::names::ObjectKey;
use crate::types::tags::Tags;

/// A version or delete marker as lifecycle looks at it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VersionRow {
    /// Its key.
    pub object_key: ObjectKey,
    /// Tells it from every other version that the key ever had.
    pub sequence: Sequence,
    /// Its id.
    pub version_id: VersionId,
    /// Bytes of the document; 0 for a delete marker.
    pub size_bytes: u64,
    /// Whether it is a delete marker.
    pub is_marker: bool,
    /// `Last-Modified`.
    pub modified: Time,
    /// Its tags, if they were asked for.
    pub tags: Tags,
}

/// A walk of lifecycle over a bucket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LifecycleRun {
    /// When it began.
    pub started: Time,
    /// When it ended; `None` while it is under way.
    pub finished: Option<Time>,
    /// The last key of which everything has been seen.
    pub cursor: Option<String>,
    /// Versions, delete markers and uploads looked at.
    pub examined: u64,
    /// How many of them went.
    pub removed: u64,
    /// How many were to go and stayed: they had changed meanwhile, or a lock holds them.
    pub kept: u64,
}

impl LifecycleRun {
    /// A walk that begins.
    pub const fn begin(started: Time) -> Self {
        Self {
            started,
            finished: None,
            cursor: None,
            examined: 0,
            removed: 0,
            kept: 0,
        }
    }
}
