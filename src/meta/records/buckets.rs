//! Buckets and their configurations.

use std::sync::{Arc, OnceLock};

use super::owners::Owner;
use crate::access::bucket_rules::{BucketRules, Unreadable, Written};
use crate::access::permit::BucketFacts;
use crate::types::clock::Time;
use crate::types::ids::BucketId;
use crate::types::names::{AgencyId, BucketName};

/// Whether a bucket keeps the versions that a change replaces.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Versioning {
    /// Never was on: every version is `null`, and replaced.
    Off,
    /// Each change makes a version.
    Enabled,
    /// Was on: versions stay, changes make and replace the `null` version.
    Suspended,
}

/// A bucket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BucketRecord {
    /// Its number, never used again.
    pub id: BucketId,
    /// Its name, unique in the agency.
    pub name: BucketName,
    /// Who made it.
    pub owner: Owner,
    /// When it was made.
    pub created: Time,
    /// Whether it keeps versions.
    pub versioning: Versioning,
    /// Its configurations.
    pub documents: Documents,
}

impl BucketRecord {
    /// What `access` must know of it to decide.
    pub fn facts(&self, agency: &AgencyId) -> BucketFacts {
        BucketFacts {
            id: self.id,
            name: self.name.clone(),
            owner: self.owner.id,
            rules: self.documents.rules(agency, &self.name),
        }
    }
}

/// A configuration of a bucket, which its owner sets and removes as a whole.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum BucketDocument {
    /// Who may do what.
    Policy,
    /// Which pages of other sites may read answers.
    Cors,
    /// What goes by itself, and when.
    Lifecycle,
    /// Words that its owner attached.
    Tagging,
    /// How new objects are sealed.
    Encryption,
    /// Who is told of changes.
    Notification,
    /// Whether access control lists hold.
    OwnershipControls,
    /// Which public access is refused whatever else allows it.
    PublicAccessBlock,
    /// Its access control list.
    Acl,
    /// Where its access log goes.
    Logging,
    /// Whether versions can be locked, and how new ones are.
    ObjectLock,
    /// How much it may hold.
    Quota,
}

/// The configurations of a bucket: the JSON text of each, whose shape and meaning belong to the
/// room that uses it. What such a room cannot read refuses (law 8).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Documents {
    all: Vec<(BucketDocument, Arc<str>)>,
    rules: Memo,
}

impl Documents {
    /// What they say of access; `None` if none of them speaks of it.
    pub fn rules(
        &self,
        agency: &AgencyId,
        bucket: &BucketName,
    ) -> Option<Arc<Result<BucketRules, Unreadable>>> {
        let read = || {
            let text = |kind| self.get(kind).map(|text| &**text);
            let written = Written {
                policy: text(BucketDocument::Policy),
                public_access: text(BucketDocument::PublicAccessBlock),
                ownership: text(BucketDocument::OwnershipControls),
                acl: text(BucketDocument::Acl),
            };
            (!written.is_empty()).then(|| Arc::new(BucketRules::read(agency, bucket, written)))
        };
        self.rules.0.get_or_init(read).clone()
    }

    /// The text of one, if it is set.
    pub fn get(&self, kind: BucketDocument) -> Option<&Arc<str>> {
        let mut all = self.all.iter();
        all.find(|(known, _)| *known == kind).map(|(_, body)| body)
    }

    /// Each that is set.
    pub fn iter(&self) -> impl Iterator<Item = (BucketDocument, &str)> {
        self.all.iter().map(|(kind, body)| (*kind, &**body))
    }
}

impl FromIterator<(BucketDocument, Arc<str>)> for Documents {
    fn from_iter<I: IntoIterator<Item = (BucketDocument, Arc<str>)>>(all: I) -> Self {
        Self {
            all: all.into_iter().collect(),
            rules: Memo::default(),
        }
    }
}

/// What `access` read in the documents, so that it reads them once for each record.
#[derive(Clone, Debug, Default)]
struct Memo(OnceLock<Option<Arc<Result<BucketRules, Unreadable>>>>);

/// What is remembered follows from the texts.
impl PartialEq for Memo {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl Eq for Memo {}
