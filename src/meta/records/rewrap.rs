//! How far the rewrapping of data keys is.

use crate::types::agency_key::AgencyKeyNumber;
use crate::types::ids::KeyVersion;

/// How far the rewrapping of a rotated key is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RewrapRecord {
    /// The key.
    pub number: AgencyKeyNumber,
    /// The version by which data keys are wrapped anew.
    pub version: KeyVersion,
    /// What it goes through.
    pub phase: RewrapPhase,
    /// Behind what the next step begins.
    pub cursor: RewrapCursor,
    /// Rows looked at.
    pub examined: u64,
    /// Data keys wrapped anew.
    pub rewrapped: u64,
}

/// What a rewrapping goes through, in this order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RewrapPhase {
    /// Current versions.
    Objects,
    /// Noncurrent versions.
    Versions,
    /// Looks for data keys that the first two missed.
    CheckObjects,
    /// The same among parts.
    CheckParts,
    /// Nothing needs an older version.
    Done,
}

impl RewrapPhase {
    /// The phase after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Objects => Self::Versions,
            Self::Versions => Self::CheckObjects,
            Self::CheckObjects => Self::CheckParts,
            Self::CheckParts | Self::Done => Self::Done,
        }
    }
}

/// A place among the rows of a phase; what its numbers mean is the query's.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RewrapCursor {
    pub(in crate::meta) number: i64,
    pub(in crate::meta) object_key: Vec<u8>,
    pub(in crate::meta) last: i64,
}

impl RewrapCursor {
    /// Before every row.
    pub const START: Self = Self {
        number: 0,
        object_key: Vec::new(),
        last: 0,
    };
}
