//! What can go wrong in the index, in three kinds: refusals, faults and states of the engine.

use std::io;
use std::sync::Arc;

use thiserror::Error;

use crate::access::lock::Locked;
use crate::types::ids::CanonicalId;
use crate::types::ids::PartNumber;

/// Why a command or query gave nothing.
///
/// Cloneable, because one failed group commit is told to every caller in the group.
#[derive(Clone, Debug, Error)]
pub enum Error {
    /// A bucket of this name exists; the owner tells `BucketAlreadyOwnedByYou` from
    /// `BucketAlreadyExists`.
    #[error("the bucket exists")]
    BucketExists {
        /// Who owns it.
        owner: CanonicalId,
    },
    /// The bucket does not exist, or no longer.
    #[error("no such bucket")]
    NoSuchBucket,
    /// The bucket still holds objects, noncurrent versions or delete markers.
    #[error("the bucket is not empty")]
    BucketNotEmpty,
    /// The bucket's versioning is not what the caller chose the version id for (read the bucket
    /// again and retry), or cannot become what was asked: once on, it is never off again.
    #[error("the bucket's versioning changed under the request")]
    VersioningChanged,
    /// What a configuration was judged by has changed meanwhile.
    #[error("the bucket's configuration has changed meanwhile")]
    DocumentChanged,
    /// `If-Match` or `If-None-Match` does not hold (S3: 412).
    #[error("a precondition failed")]
    PreconditionFailed,
    /// `If-Match` on a key without a current object (S3: 404).
    #[error("no such object")]
    NoSuchObject,
    /// The version is locked, or its lock cannot be read.
    #[error("the version is locked")]
    Locked,
    /// A lock needs a bucket that keeps versions.
    #[error("the bucket does not keep versions")]
    NotVersioned,
    /// A bucket whose versions can be locked keeps them for ever, and its versions stay lockable.
    #[error("the versions of the bucket can be locked")]
    Lockable,
    /// The upload does not exist, or was completed or aborted.
    #[error("no such upload")]
    NoSuchUpload,
    /// A part named in Complete was not uploaded, or is not the one that the caller saw.
    #[error("part {} is not the one that was uploaded", number.get())]
    InvalidPart {
        /// The part.
        number: PartNumber,
    },
    /// The parts named in Complete do not ascend, or there are none.
    #[error("the parts are not in ascending order")]
    InvalidPartOrder,
    /// A part other than the last is smaller than S3 allows.
    #[error("part {} is too small", number.get())]
    EntityTooSmall {
        /// The part.
        number: PartNumber,
        /// Its size.
        size_bytes: u64,
    },
    /// The parts of an upload together exceed what an object may have.
    #[error("the object would be too large")]
    EntityTooLarge,
    /// The bucket or the agency may not store more.
    #[error("the quota of the bucket or of the agency is reached")]
    QuotaExceeded,
    /// As many of these as there may be (law 10).
    #[error("no more {0} are allowed")]
    LimitReached(Limited),
    /// The access key id is taken.
    #[error("the access key exists")]
    AccessKeyExists,
    /// No such access key.
    #[error("no such access key")]
    NoSuchAccessKey,
    /// The agency has no role of its own of this name.
    #[error("no such role")]
    NoSuchRole,
    /// The principal is not in the group, or does not have the role.
    #[error("no such member")]
    NoSuchMember,
    /// The agency has an issuer of this name.
    #[error("the agency has an issuer of this name")]
    IssuerExists,
    /// The agency has no issuer of this name.
    #[error("the agency has no issuer of this name")]
    NoSuchIssuer,
    /// The principal has no standing revocation.
    #[error("the principal is not revoked")]
    NoSuchRevocation,
    /// The agency has, or had, a key of this name.
    #[error("the agency key exists")]
    AgencyKeyExists,
    /// The agency has no key of this name.
    #[error("no such agency key")]
    NoSuchAgencyKey,
    /// The agency key is not in a state that this may be done in.
    #[error("the agency key's state does not allow this")]
    AgencyKeyState,
    /// Something is still sealed by an older version of the agency key.
    #[error("older versions of the agency key are in use")]
    AgencyKeyInUse,
    /// The default key is neither retired nor destroyed while its agency is in use.
    #[error("the default agency key stays in use")]
    DefaultAgencyKey,
    /// The second of two people is the first one.
    #[error("a second person has to confirm")]
    SamePerson,
    /// No request waits under this id, or none of this agency.
    #[error("no such approval")]
    NoSuchApproval,
    /// The approval is of another request, or of another asker's.
    #[error("the approval is of another request")]
    ApprovalOfAnother,
    /// Nobody has approved the request yet.
    #[error("the request is not approved yet")]
    ApprovalWaiting,
    /// The request was refused, was carried out, or its time is over.
    #[error("the approval is over")]
    ApprovalOver,
    /// No operator of this name.
    #[error("no such operator")]
    NoSuchOperator,
    /// The last operator stays.
    #[error("the last operator")]
    LastOperator,
    /// The bucket has no inventory configuration of this name, or no longer the same one.
    #[error("no such inventory configuration")]
    NoSuchInventory,
    /// No such webhook.
    #[error("no such webhook")]
    NoSuchWebhook,
    /// The agency has a bucket, or an alias, of this name.
    #[error("the name is that of a bucket or of an alias of a grant")]
    AliasTaken,
    /// The agency knows no such grant.
    #[error("no such grant")]
    NoSuchGrant,
    /// The grant's state does not allow this, or not to this agency.
    #[error("the grant's state does not allow this to this agency")]
    GrantState,
    /// An agency of this name exists.
    #[error("the agency exists")]
    AgencyExists,
    /// Another agency has this code.
    #[error("the agency's code is taken")]
    AgencyCodeTaken,
    /// No such agency.
    #[error("no such agency")]
    NoSuchAgency,
    /// An operator of this name, or with this token, exists.
    #[error("the operator exists")]
    OperatorExists,

    /// The writer's queue is full.
    #[error("the writer is busy")]
    Busy,
    /// The database was closed.
    #[error("the database is closed")]
    Closed,
    /// The last commit failed and none has succeeded since, so no entry can be promised.
    #[error("the audit log cannot be written")]
    Unwritable,

    /// The file does not open with this key, or is no database of ours at all.
    #[error("the database does not open with this key")]
    WrongKey,
    /// The file was written by a newer Acervo.
    #[error("the database has schema {found}, this program knows up to {known}")]
    NewerSchema {
        /// The schema version of the file.
        found: i32,
        /// The newest that this program knows.
        known: i32,
    },
    /// The file is another kind of database: a catalog where an index should be, or the reverse.
    #[error("the database is of another kind")]
    WrongKind,
    /// The linked SQLite can corrupt a write-ahead log.
    #[error("SQLite {found} is older than {needed}")]
    OldSqlite {
        /// `SQLITE_VERSION_NUMBER` of the linked library.
        found: i32,
        /// The oldest that is safe.
        needed: i32,
    },
    /// A row does not read back as what was written.
    #[error("a row does not read back as it was written")]
    Unreadable(#[source] Fault),
    /// The audit log does not end where the counters say.
    #[error("the audit log ends at {found} entries, {expected} were committed")]
    AuditGap {
        /// Entries committed, by the counters.
        expected: i64,
        /// Entries found.
        found: i64,
    },
    /// There is no room on the disk.
    #[error("the disk is full")]
    DiskFull(#[source] Fault),
    /// The disk or the file failed.
    #[error("the database's storage failed")]
    Storage(#[source] Fault),
    /// SQLite refused what the house asked of it: an error of this program.
    #[error("the database engine failed")]
    Engine(#[source] Fault),
    /// The directory or file could not be made, opened or synced.
    #[error("the database file could not be made")]
    File(#[source] Arc<io::Error>),
}

/// What there may be only so many of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Limited {
    /// Buckets of an agency.
    Buckets,
    /// Access keys of an agency.
    AccessKeys,
    /// Keys of an agency.
    AgencyKeys,
    /// Uploads in progress in an agency.
    Uploads,
    /// Agencies of an installation.
    Agencies,
    /// Inventory configurations of a bucket.
    Inventories,
    /// Webhooks of an agency.
    Webhooks,
    /// Operators of an installation.
    Operators,
    /// Requests that wait for a second person.
    Approvals,
    /// Revocations of an agency.
    Revocations,
    /// An agency's own roles.
    Roles,
    /// Who has an agency's own roles.
    RoleHolders,
    /// Who is in an agency's groups.
    GroupMembers,
    /// Issuers of an agency.
    Issuers,
    /// Generations of the signing key.
    SigningKeys,
    /// Grants of an agency.
    Grants,
}

impl std::fmt::Display for Limited {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Buckets => "buckets",
            Self::AccessKeys => "access keys",
            Self::AgencyKeys => "agency keys",
            Self::Uploads => "uploads in progress",
            Self::Agencies => "agencies",
            Self::Inventories => "inventory configurations",
            Self::Webhooks => "webhooks",
            Self::Operators => "operators",
            Self::Approvals => "requests that wait for a second person",
            Self::Revocations => "revocations",
            Self::Roles => "roles",
            Self::RoleHolders => "holders of roles",
            Self::GroupMembers => "members of groups",
            Self::Issuers => "issuers",
            Self::SigningKeys => "signing keys",
            Self::Grants => "grants",
        })
    }
}

/// What SQLite said. Opaque: nothing of SQLite passes the door of this room.
#[derive(Clone, Debug, Error)]
#[error(transparent)]
pub struct Fault(Arc<rusqlite::Error>);

impl Error {
    /// Whether the caller asked for what cannot be: nothing is wrong with the database, and the
    /// command changed nothing.
    pub const fn is_refusal(&self) -> bool {
        match self {
            Self::BucketExists { .. }
            | Self::NoSuchBucket
            | Self::BucketNotEmpty
            | Self::VersioningChanged
            | Self::DocumentChanged
            | Self::PreconditionFailed
            | Self::NoSuchObject
            | Self::Locked
            | Self::NotVersioned
            | Self::Lockable
            | Self::NoSuchUpload
            | Self::InvalidPart { .. }
            | Self::InvalidPartOrder
            | Self::EntityTooSmall { .. }
            | Self::EntityTooLarge
            | Self::QuotaExceeded
            | Self::LimitReached(_)
            | Self::AccessKeyExists
            | Self::NoSuchAccessKey
            | Self::NoSuchApproval
            | Self::ApprovalOfAnother
            | Self::ApprovalWaiting
            | Self::ApprovalOver
            | Self::NoSuchOperator
            | Self::LastOperator
            | Self::NoSuchInventory
            | Self::NoSuchWebhook
            | Self::NoSuchRevocation
            | Self::NoSuchRole
            | Self::NoSuchMember
            | Self::IssuerExists
            | Self::NoSuchIssuer
            | Self::AgencyKeyExists
            | Self::NoSuchAgencyKey
            | Self::AgencyKeyState
            | Self::AgencyKeyInUse
            | Self::DefaultAgencyKey
            | Self::SamePerson
            | Self::AliasTaken
            | Self::NoSuchGrant
            | Self::GrantState
            | Self::AgencyExists
            | Self::AgencyCodeTaken
            | Self::NoSuchAgency
            | Self::OperatorExists => true,
            Self::Busy
            | Self::Closed
            | Self::Unwritable
            | Self::WrongKey
            | Self::NewerSchema { .. }
            | Self::WrongKind
            | Self::OldSqlite { .. }
            | Self::Unreadable(_)
            | Self::AuditGap { .. }
            | Self::DiskFull(_)
            | Self::Storage(_)
            | Self::Engine(_)
            | Self::File(_) => false,
        }
    }

    /// Whether nothing can be written until the disk is better.
    pub(super) const fn is_storage(&self) -> bool {
        matches!(self, Self::DiskFull(_) | Self::Storage(_))
    }
}

impl From<Locked> for Error {
    fn from(_: Locked) -> Self {
        Self::Locked
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let unreadable = matches!(
            error,
            rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::Utf8Error(..)
        );
        let code = error.sqlite_error_code();
        let fault = Fault(Arc::new(error));
        match code {
            None if unreadable => Self::Unreadable(fault),
            Some(ErrorCode::DiskFull) => Self::DiskFull(fault),
            Some(
                ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::PermissionDenied
                | ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::OutOfMemory,
            ) => Self::Storage(fault),
            _ => Self::Engine(fault),
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::File(Arc::new(error))
    }
}
