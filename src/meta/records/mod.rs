//! What commands take and queries give: the index in the house's own types.
//!
//! A record a file, named as the commands and queries that speak of it.

mod access_keys;
mod agencies;
mod agency_keys;
mod approvals;
mod buckets;
mod conditions;
mod encryption;
mod inventory;
mod issuers;
mod lifecycle;
mod lists;
mod objects;
mod operators;
mod owners;
mod revocations;
mod rewrap;
mod roles;
mod trusted_time;
mod uploads;

pub use access_keys::AccessKeyRecord;
pub use agencies::{AgencyRecord, AgencyState};
pub use agency_keys::{AgencyKeyRecord, DestructionRequest};
pub use approvals::{ApprovalRecord, ApprovalState};
pub use buckets::{BucketDocument, BucketRecord, Documents, Versioning};
pub use conditions::{DeleteCondition, Precondition};
pub use encryption::{Encryption, KeyEncryption};
pub use inventory::{InventoryProgress, InventoryRecord, InventoryReport};
pub use issuers::{IssuerKeysRecord, IssuerRecord, SigningKeyRecord};
pub use lifecycle::{LifecycleRun, VersionRow};
pub use lists::{ListedContent, ListedObject, ListedVersion};
pub use objects::{
    MarkerRecord, NewVersion, ObjectHead, ObjectMetadata, ObjectRecord, StoredBody, VersionRecord,
};
pub use operators::OperatorRecord;
pub use owners::Owner;
pub use revocations::{RevocationRecord, Revoked};
pub use rewrap::{RewrapCursor, RewrapPhase, RewrapRecord};
pub use roles::{Holder, RoleRecord};
pub use trusted_time::TrustedRecord;
pub use uploads::{ListedPiece, ListedUpload, PieceRecord, StoredPiece, UploadRecord};
