//! What commands take and queries give: the index in the house's own types.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use super::error::Error;
use crate::access::acl::Acl;
use crate::access::bucket_rules::{BucketRules, Unreadable, Written};
use crate::access::permit::BucketFacts;
use crate::types::agency_key::{AgencyKeyNumber, KeyOrder};
use crate::types::checksum::{ChecksumAlgorithm, ChecksumType, ChecksumValue, ObjectChecksum};
use crate::types::clock::Time;
use crate::types::etag::{Etag, EtagMatch};
use crate::types::ids::ApprovalId;
use crate::types::ids::KeyVersion;
use crate::types::ids::{AccessKeyId, AgencyCode, BlobId, BucketId, CanonicalId};
use crate::types::ids::{PartNumber, Sequence, UploadId, VersionId};
use crate::types::lock::Lock;
use crate::types::names::{
    AgencyId, BucketName, GroupName, KeyName, ObjectKey, PrincipalName, RoleName,
};
use crate::types::roles::Role;
use crate::types::tags::Tags;

/// Who owns a bucket, an object or an upload, as S3 shows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Owner {
    /// S3's canonical user id.
    pub id: CanonicalId,
    /// S3's display name.
    pub name: PrincipalName,
}

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

pub use crate::types::ids::UploadNumber;

/// How a document is sealed beyond what all are, as S3 shows it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Encryption {
    /// Under the agency's default key, and nothing said of it: SSE-S3.
    #[default]
    Default,
    /// Under an agency key that was asked for: SSE-KMS.
    Key(KeyEncryption),
    /// Under the default key and a key that its customer brings: SSE-C. A salted check value of
    /// that key (`keys/customer.rs`).
    Customer([u8; 32]),
}

/// An agency key that a document asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyEncryption {
    /// The key.
    pub number: AgencyKeyNumber,
    /// Its name, which is never another key's.
    pub name: KeyName,
    /// The encryption context, in its canonical form; bound by the wrapping of the data key.
    pub context: Option<String>,
    /// Whether the client asked for an S3 Bucket Key: shown again, and means nothing here.
    pub bucket_key: bool,
}

impl Encryption {
    /// The agency key that wraps the document's data key.
    pub const fn key_number(&self) -> AgencyKeyNumber {
        match self {
            Self::Key(key) => key.number,
            Self::Default | Self::Customer(_) => AgencyKeyNumber::DEFAULT,
        }
    }

    /// The encryption context that the wrapping binds.
    pub fn context(&self) -> Option<&str> {
        match self {
            Self::Key(key) => key.context.as_deref(),
            Self::Default | Self::Customer(_) => None,
        }
    }
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

/// Where the sealed bytes of one part are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum StoredPiece {
    /// Here.
    Inline(Bytes),
    /// In a blob of its own.
    Blob(BlobId),
}

/// What must hold of the current version for a write to happen; both parts, where given.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Precondition {
    /// `If-Match`.
    pub if_match: Option<EtagMatch>,
    /// `If-None-Match`.
    pub if_none_match: Option<EtagMatch>,
}

impl Precondition {
    /// Whether the write may happen over a current version with this tag, or over none.
    ///
    /// Source: AWS S3 User Guide, "How to prevent object overwrites with conditional writes".
    pub(super) fn check(&self, current: Option<&Etag>) -> Result<(), Error> {
        match (&self.if_match, current) {
            (Some(_), None) => return Err(Error::NoSuchObject),
            (Some(wanted), Some(etag)) if !wanted.matches(etag) => {
                return Err(Error::PreconditionFailed);
            }
            (Some(_), Some(_)) | (None, _) => {}
        }
        match (&self.if_none_match, current) {
            (Some(unwanted), Some(etag)) if unwanted.matches(etag) => {
                Err(Error::PreconditionFailed)
            }
            _ => Ok(()),
        }
    }
}

/// What must hold of the current version for a deletion to happen; all parts, where given.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct DeleteCondition {
    /// `If-Match`.
    pub if_match: Option<EtagMatch>,
    /// `x-amz-if-match-last-modified-time`, to the second.
    pub modified: Option<Time>,
    /// `x-amz-if-match-size`.
    pub size_bytes: Option<u64>,
}

impl DeleteCondition {
    /// Whether the deletion may happen while this version is the current one, or none is. Only
    /// `If-Match` needs one.
    ///
    /// Source: AWS S3 User Guide, "How to perform conditional deletes"; AWS S3 API Reference,
    /// "DeleteObject".
    pub(super) fn check(&self, current: Option<(&Etag, Time, u64)>) -> Result<(), Error> {
        let Some((etag, modified, size_bytes)) = current else {
            return match self.if_match {
                Some(_) => Err(Error::NoSuchObject),
                None => Ok(()),
            };
        };
        let holds = self.if_match.as_ref().is_none_or(|tags| tags.matches(etag))
            && self
                .modified
                .is_none_or(|time| time.seconds() == modified.seconds())
            && self.size_bytes.is_none_or(|size| size == size_bytes);
        if holds {
            Ok(())
        } else {
            Err(Error::PreconditionFailed)
        }
    }
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

/// An inventory configuration, and how far its reports are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InventoryRecord {
    /// The bucket that it reports of.
    pub bucket: BucketName,
    /// Its number.
    pub bucket_id: BucketId,
    /// The configuration's name.
    pub name: String,
    /// Its text.
    pub body: String,
    /// Tells it from every other configuration that had the name.
    pub revision: i64,
    /// When the last or present report was begun.
    pub tried: Option<Time>,
    /// How far the present report is, in the form of the room that writes it.
    pub run: Option<String>,
    /// The last report that was written.
    pub last: Option<InventoryReport>,
    /// Why the last report was not written.
    pub failure: Option<String>,
}

/// A report that was written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InventoryReport {
    /// When it was complete.
    pub at: Time,
    /// How many versions and delete markers it lists.
    pub rows: u64,
    /// The key of its manifest.
    pub manifest: String,
}

/// How far a report is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum InventoryProgress {
    /// So far, in the form of the room that writes it.
    UnderWay(String),
    /// It is complete.
    Written(InventoryReport),
    /// It was given up, for this reason.
    Failed(String),
}

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

/// An access key with what its use needs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AccessKeyRecord {
    /// The public half.
    pub access_key_id: AccessKeyId,
    /// Whose it is.
    pub owner: Owner,
    /// What it may do.
    pub roles: Vec<Role>,
    /// The secret half, sealed under the agency's key for secrets.
    pub sealed_secret: Vec<u8>,
    /// When it was made.
    pub created: Time,
    /// From when on it is refused.
    pub expires: Option<Time>,
    /// When it was revoked.
    pub revoked: Option<Time>,
    /// A policy document that narrows it.
    pub inline_policy: Option<String>,
}

/// An agency key, as the index knows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AgencyKeyRecord {
    /// What the keyring is to hold of it.
    pub order: KeyOrder,
    /// Whether the keyring holds that.
    pub is_settled: bool,
    /// When it was made; the default key is as old as the agency.
    pub created: Option<Time>,
    /// Who asked for its destruction, which a second person confirms.
    pub destruction: Option<DestructionRequest>,
}

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
    pub(super) number: i64,
    pub(super) object_key: Vec<u8>,
    pub(super) last: i64,
}

impl RewrapCursor {
    /// Before every row.
    pub const START: Self = Self {
        number: 0,
        object_key: Vec::new(),
        last: 0,
    };
}

/// The first half of a destruction.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DestructionRequest {
    /// Who asked for it.
    pub by: String,
    /// When.
    pub at: Time,
}

/// How far trust in the clock has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TrustedRecord {
    /// The highest time that was trusted.
    pub at: Time,
    /// Milliseconds that it may be brought forward by.
    pub credit_millis: i64,
}

/// Whether an agency is served.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AgencyState {
    /// It is.
    Active,
    /// Its requests are refused; its data stay.
    Suspended,
}

/// An agency, as the catalog knows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AgencyRecord {
    /// Its slug, the name of its directory.
    pub agency: AgencyId,
    /// By which its access keys name it.
    pub code: AgencyCode,
    /// Its name for people.
    pub display_name: String,
    /// Whether it is served.
    pub state: AgencyState,
    /// When it was made.
    pub created: Time,
}

/// An operator of the installation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OperatorRecord {
    /// Who.
    pub name: PrincipalName,
    /// When the token was made.
    pub created: Time,
    /// In whose hand it counts to be when two people are needed: its own, or that of the operator
    /// who made it alone.
    pub hand: PrincipalName,
    /// The operator who made it; none if the start of the server did.
    pub made_by: Option<String>,
    /// The second person, if there was one.
    pub seconded_by: Option<String>,
    /// From when on its token is refused.
    pub revoked: Option<Time>,
}

/// The key set of an issuer as it was fetched last.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IssuerKeysRecord {
    /// The agency that trusts the issuer; none if the configuration does.
    pub owner: Option<AgencyId>,
    /// What it is called.
    pub name: String,
    /// Its `iss`: keys are those of this issuer alone.
    pub issuer: String,
    /// Where they were fetched from.
    pub url: String,
    /// The set, as it came.
    pub key_set: String,
    /// When.
    pub fetched: Time,
}

/// How far a request that needs a second person has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ApprovalState {
    /// Nobody has decided.
    Waiting,
    /// It can be carried out, once.
    Approved,
    /// It cannot.
    Refused,
    /// It was carried out.
    Used,
}

/// A request that needs a second person.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ApprovalRecord {
    /// By which the two people speak of it.
    pub id: ApprovalId,
    /// What is asked for, as the log calls it.
    pub action: String,
    /// The request as it was read, as JSON: nothing in it is secret.
    pub request: String,
    /// Who asked.
    pub asked_by: String,
    /// In whose hand the asker is.
    pub asked_hand: String,
    /// When.
    pub asked: Time,
    /// Until when it can be approved and carried out.
    pub expires: Time,
    /// How far it has come.
    pub state: ApprovalState,
    /// Who approved or refused it.
    pub decided_by: Option<String>,
    /// When.
    pub decided: Option<Time>,
}

/// Who has a role.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Holder {
    /// One principal.
    Principal(PrincipalName),
    /// Each principal of a group.
    Group(GroupName),
}

/// One of an agency's own roles.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RoleRecord {
    /// Its name.
    pub role: RoleName,
    /// Its policy document.
    pub policy: String,
    /// When that was set.
    pub changed: Time,
}

/// What a revocation is of.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Revoked {
    /// A session's key, or a lasting one and with it the sessions that were made with it.
    Key(AccessKeyId),
    /// A principal: all that was given to it before.
    Principal(PrincipalName),
}

/// A revocation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RevocationRecord {
    /// Of what.
    pub revoked: Revoked,
    /// What was given out up to this moment no longer counts.
    pub at: Time,
    /// Whether what is given out later does not count either, until the revocation is lifted.
    pub is_standing: bool,
}

/// An issuer that an agency trusts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IssuerRecord {
    /// Whose.
    pub agency: AgencyId,
    /// What the agency calls it.
    pub name: String,
    /// Its settings, in the form of the room that reads them.
    pub settings: String,
    /// When it was added.
    pub created: Time,
}

/// A generation of the installation's signing key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SigningKeyRecord {
    /// Its number, from 1.
    pub generation: u32,
    /// From when on it signed.
    pub created: Time,
    /// Whether what it signed no longer counts.
    pub is_retired: bool,
}
