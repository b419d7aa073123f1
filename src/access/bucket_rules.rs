//! The documents of a bucket that speak of access, parsed once for each record of the bucket.

use crate::types::names::AgencyId;
use crate::types::names::BucketName;

use super::acl::Acl;
use super::policy::Kind;
use super::policy::Policy;
use super::public_access::Ownership;
use super::public_access::PublicAccessBlock;

/// What a bucket's documents say of access.
#[derive(Clone, Debug, PartialEq)]
pub struct BucketRules {
    /// Its policy.
    pub policy: Option<Policy>,
    /// Whether that is public.
    pub has_public_policy: bool,
    /// Its public-access block; `None` if it was removed.
    pub public_access: Option<PublicAccessBlock>,
    /// Its ownership controls; `None` if they were removed.
    pub ownership: Option<Ownership>,
    /// Its access control list, if it was given one.
    pub acl: Option<Acl>,
}

/// The texts of a bucket's documents, as they were stored.
#[derive(Clone, Copy, Debug, Default)]
pub struct Written<'a> {
    /// A policy, as its author wrote it.
    pub policy: Option<&'a str>,
    /// What [`PublicAccessBlock::write`] wrote.
    pub public_access: Option<&'a str>,
    /// What [`Ownership::write`] wrote.
    pub ownership: Option<&'a str>,
    /// What [`Acl::write`] wrote.
    pub acl: Option<&'a str>,
}

impl Written<'_> {
    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.policy.is_none()
            && self.public_access.is_none()
            && self.ownership.is_none()
            && self.acl.is_none()
    }
}

/// A document that cannot be read any more. It is not «no document»: everything in its bucket is
/// refused until it is replaced (law 8).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Unreadable;

impl BucketRules {
    /// Reads a bucket's documents.
    ///
    /// # Errors
    /// If one of them cannot be read.
    pub fn read(
        agency: &AgencyId,
        bucket: &BucketName,
        written: Written<'_>,
    ) -> Result<Self, Unreadable> {
        let kind = Kind::Bucket { agency, bucket };
        let policy = written.policy.map(|text| Policy::parse(text, kind));
        let policy = policy.transpose().map_err(|_| Unreadable)?;
        let acl = written.acl.map(Acl::read).transpose();
        Ok(Self {
            has_public_policy: policy.as_ref().is_some_and(Policy::is_public),
            policy,
            public_access: PublicAccessBlock::read(written.public_access)
                .map_err(|_| Unreadable)?,
            ownership: Ownership::read(written.ownership).map_err(|_| Unreadable)?,
            acl: acl.map_err(|_| Unreadable)?,
        })
    }

    /// The block that holds.
    pub fn public_access(&self) -> PublicAccessBlock {
        self.public_access.unwrap_or(PublicAccessBlock::NONE)
    }

    /// The ownership that holds: without controls it is that of buckets before there were any.
    pub fn ownership(&self) -> Ownership {
        self.ownership.unwrap_or(Ownership::ObjectWriter)
    }

    /// Whether access control lists count.
    pub fn has_acls(&self) -> bool {
        self.ownership() != Ownership::BucketOwnerEnforced
    }
}

impl Default for BucketRules {
    /// Those of a new bucket.
    fn default() -> Self {
        Self {
            policy: None,
            has_public_policy: false,
            public_access: Some(PublicAccessBlock::ALL),
            ownership: Some(Ownership::BucketOwnerEnforced),
            acl: None,
        }
    }
}
