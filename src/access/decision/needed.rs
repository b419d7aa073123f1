//! The permissions that a request needs.

use super::super::action::Action;
use super::super::context::RequestContext;
use super::super::permit::Resource;
use super::super::policy::key::PlainKey;

pub(super) const BYPASS: &str = "s3:BypassGovernanceRetention";

pub(super) fn asks_to_bypass(action: Action, context: &RequestContext<'_>) -> bool {
    matches!(
        action.permission(),
        "s3:DeleteObject" | "s3:PutObjectRetention"
    ) && context.request.bypasses_governance()
}

/// Every permission that a request needs: that of its operation, of a version if it names one, and
/// of what its headers do besides.
///
/// Source: AWS S3 User Guide, "Required permissions for Amazon S3 API operations".
pub(in crate::access) fn permissions(
    action: Action,
    resource: &Resource,
    context: &RequestContext<'_>,
) -> Vec<&'static str> {
    use PlainKey as K;
    let permission = action.permission();
    let mut needed = vec![if context.version_id.is_some() {
        of_version(permission)
    } else {
        permission
    }];
    let says = |key| context.request.value(key).is_some();
    let sets_acl = || sets_acl(resource, context);
    match action {
        Action::PutObject | Action::CopyObject | Action::CreateMultipartUpload => {
            if context.request.tags().is_some() {
                needed.push("s3:PutObjectTagging");
            }
            if sets_acl() {
                needed.push("s3:PutObjectAcl");
            }
            if says(K::ObjectLockMode) || says(K::ObjectLockRetainUntilDate) {
                needed.push("s3:PutObjectRetention");
            }
            if says(K::ObjectLockLegalHold) {
                needed.push("s3:PutObjectLegalHold");
            }
        }
        Action::CreateBucket => {
            if sets_acl() {
                needed.push("s3:PutBucketAcl");
            }
            if says(K::ObjectOwnership) {
                needed.push("s3:PutBucketOwnershipControls");
            }
        }
        _ => {}
    }
    if asks_to_bypass(action, context) {
        needed.push(BYPASS);
    }
    needed
}

/// Whether the headers ask for a list of their own. That a bucket's owner has control of what is
/// stored in it opens nothing to anybody, and policies that ask for it allow storing alone.
///
/// Source: AWS S3 User Guide, "Bucket policy examples using condition keys", "Granting
/// s3:PutObject permission with a condition requiring the bucket owner to get full control".
fn sets_acl(resource: &Resource, context: &RequestContext<'_>) -> bool {
    use PlainKey as K;
    let value = |key| context.request.value(key);
    let is_owners = |grant: &str| {
        let id = grant.trim().strip_prefix("id=").unwrap_or_default();
        let owner = resource.bucket().map(|bucket| bucket.owner.to_string());
        owner.is_some_and(|owner| id.trim_matches('"') == owner)
    };
    let keys = [
        K::GrantRead,
        K::GrantReadAcp,
        K::GrantWrite,
        K::GrantWriteAcp,
    ];
    value(K::Acl).is_some_and(|acl| acl != "bucket-owner-full-control")
        || value(K::GrantFullControl).is_some_and(|grant| !is_owners(&grant))
        || keys.into_iter().any(|key| value(key).is_some())
}

/// The permission on a version that stands beside the one on the current version.
pub(in crate::access) fn of_version(permission: &'static str) -> &'static str {
    match permission {
        "s3:DeleteObject" => "s3:DeleteObjectVersion",
        "s3:DeleteObjectTagging" => "s3:DeleteObjectVersionTagging",
        "s3:GetObject" => "s3:GetObjectVersion",
        "s3:GetObjectAcl" => "s3:GetObjectVersionAcl",
        "s3:GetObjectAttributes" => "s3:GetObjectVersionAttributes",
        "s3:GetObjectTagging" => "s3:GetObjectVersionTagging",
        "s3:PutObjectAcl" => "s3:PutObjectVersionAcl",
        "s3:PutObjectTagging" => "s3:PutObjectVersionTagging",
        other => other,
    }
}
