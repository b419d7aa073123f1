//! The documents of a bucket that speak of access, parsed once for each record of the bucket.

use super::policy::Kind;
use super::policy::Policy;

use crate::types::names::AgencyId;
use crate::types::names::BucketName;

/// What a bucket's documents say of access.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BucketRules {
    /// Its policy.
    pub policy: Option<Stored<Policy>>,
}

/// A document as it was stored. One that cannot be read any more is not «no document»: it refuses
/// (law 8).
#[derive(Clone, Debug, PartialEq)]
pub enum Stored<T> {
    /// What it says.
    Read(T),
    /// It is there and means nothing.
    Unreadable,
}

impl BucketRules {
    /// Reads a bucket's documents.
    pub fn read(agency: &AgencyId, bucket: &BucketName, policy: Option<&str>) -> Self {
        let policy = policy.map(|text| {
            Policy::parse(text, Kind::Bucket { agency, bucket })
                .map_or(Stored::Unreadable, Stored::Read)
        });
        Self { policy }
    }
}
