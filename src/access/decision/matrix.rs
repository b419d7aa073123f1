//! What each role may do with what it owns and with what others own:
//!
//! | role | agency | own buckets | others' buckets |
//! | --- | --- | --- | --- |
//! | `app` | list own, make | everything | nothing |
//! | `reader` | list all | read | read |
//! | `reviewer` | list all | read | read |
//! | `records-officer` | list all | names, retention, holds, lifecycle | the same |
//! | `auditor` | list all | configurations | configurations |
//! | `agency-admin` | list all, make | everything | everything |
//! | `operator` | nothing | nothing | nothing |
//!
//! Retention in governance mode is bypassed by `agency-admin` alone, unless a policy allows it.

use crate::types::roles::Role;

use super::super::action::Action;
use super::super::action::Effect;

/// One row of the matrix. `owns` is true for the agency itself.
pub(super) const fn allows(role: Role, action: Action, owns: bool) -> bool {
    match role {
        Role::AgencyAdmin => true,
        Role::App => owns,
        Role::Reader | Role::Reviewer => matches!(action.effect(), Effect::Read),
        Role::RecordsOfficer => keeps_records(action),
        Role::Auditor => audits(action),
        Role::Operator => false,
    }
}

/// Whether a role sees the buckets of all, not its own alone.
pub(super) const fn sees_all(role: Role) -> bool {
    !matches!(role, Role::App | Role::Operator)
}

/// What says how long documents stay, and what is needed to find them by name.
const fn keeps_records(action: Action) -> bool {
    use Action as A;
    matches!(
        action,
        A::ListBuckets
            | A::HeadBucket
            | A::GetBucketLocation
            | A::GetBucketVersioning
            | A::ListObjects
            | A::ListObjectsV2
            | A::ListObjectVersions
            | A::GetBucketLifecycleConfiguration
            | A::PutBucketLifecycleConfiguration
            | A::DeleteBucketLifecycle
            | A::GetObjectLockConfiguration
            | A::PutObjectLockConfiguration
            | A::GetObjectRetention
            | A::PutObjectRetention
            | A::GetObjectLegalHold
            | A::PutObjectLegalHold
    )
}

/// Reads of how buckets are set up. Names and tags of documents are no set-up.
const fn audits(action: Action) -> bool {
    use Action as A;
    let speaks_of_objects = matches!(
        action,
        A::ListObjects
            | A::ListObjectsV2
            | A::ListObjectVersions
            | A::ListMultipartUploads
            | A::ListParts
            | A::GetObject
            | A::HeadObject
            | A::GetObjectTagging
            | A::GetObjectAttributes
            | A::GetObjectAcl
            | A::GetObjectRetention
            | A::GetObjectLegalHold
    );
    matches!(action.effect(), Effect::Read) && !speaks_of_objects
}
