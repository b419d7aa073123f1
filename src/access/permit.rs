//! Permission as a value (law 6).

use std::sync::Arc;

use crate::types::ids::BucketId;
use crate::types::ids::CanonicalId;
use crate::types::names::AgencyId;
use crate::types::names::BucketName;
use crate::types::names::ObjectKey;
use crate::types::names::PrincipalName;

use super::action::Action;
use super::bucket_rules::BucketRules;
use super::bucket_rules::Unreadable;
use super::grant::ByGrant;

/// What `access` must know of a bucket to decide.
#[derive(Clone, Debug, PartialEq)]
pub struct BucketFacts {
    /// Its number.
    pub id: BucketId,
    /// Its name.
    pub name: BucketName,
    /// The principal that made it.
    pub owner: CanonicalId,
    /// What its documents say of access; `None` if it has none: then it is as a new bucket is.
    pub rules: Option<Arc<Result<BucketRules, Unreadable>>>,
}

/// The thing that an action is asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Resource {
    /// The agency itself: lists of buckets.
    Agency,
    /// A bucket that is to be made.
    NewBucket(BucketName),
    /// A bucket.
    Bucket(BucketFacts),
    /// An object, there or not.
    Object(BucketFacts, ObjectKey),
}

impl Resource {
    /// The bucket, if the resource is or lies in one.
    pub const fn bucket(&self) -> Option<&BucketFacts> {
        match self {
            Self::Agency | Self::NewBucket(_) => None,
            Self::Bucket(bucket) | Self::Object(bucket, _) => Some(bucket),
        }
    }
}

/// The proof that the answer was yes. Only [`super::decision`] and [`super::grant`] make one; what
/// it was asked for is in it, so that `store` cannot act on anything else.
#[derive(Clone, Debug)]
pub struct Permit {
    pub(super) agency: AgencyId,
    pub(super) principal: PrincipalName,
    pub(super) canonical_id: CanonicalId,
    pub(super) action: Action,
    pub(super) resource: Resource,
    pub(super) sees_all: bool,
    pub(super) bypasses_governance: bool,
    /// Apart, because few permits have one.
    pub(super) grant: Option<Box<ByGrant>>,
}

impl Permit {
    /// The agency in which to act: the caller's, unless the permit names a grant.
    pub const fn agency(&self) -> &AgencyId {
        &self.agency
    }

    /// The name of who asked.
    pub const fn principal(&self) -> &PrincipalName {
        &self.principal
    }

    /// What S3 calls who asked.
    pub const fn canonical_id(&self) -> CanonicalId {
        self.canonical_id
    }

    /// What was allowed.
    pub const fn action(&self) -> Action {
        self.action
    }

    /// On what it was allowed.
    pub const fn resource(&self) -> &Resource {
        &self.resource
    }

    /// The grant between agencies by which it was allowed, if it was by one (law 3).
    pub fn grant(&self) -> Option<&ByGrant> {
        self.grant.as_deref()
    }

    /// Whether a list of buckets shows those of others too.
    pub const fn sees_all(&self) -> bool {
        self.sees_all
    }

    /// Whether retention in governance mode may be bypassed: the request asks to, and its caller
    /// has `s3:BypassGovernanceRetention` on the object.
    pub const fn bypasses_governance(&self) -> bool {
        self.bypasses_governance
    }
}
