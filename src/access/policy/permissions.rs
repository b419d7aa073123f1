//! The permissions that a policy may name, and what each is asked for on.
//!
//! Source: AWS Service Authorization Reference, "Actions, resources, and condition keys for Amazon
//! S3", for buckets and objects.

/// What a permission is asked for on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum On {
    /// The agency: `*`.
    Agency,
    /// A bucket.
    Bucket,
    /// An object.
    Object,
}

/// Every permission, with what it is asked for on.
pub(super) const PERMISSIONS: &[(&str, On)] = &[
    ("s3:AbortMultipartUpload", On::Object),
    ("s3:BypassGovernanceRetention", On::Object),
    ("s3:CreateBucket", On::Bucket),
    ("s3:DeleteBucket", On::Bucket),
    ("s3:DeleteBucketPolicy", On::Bucket),
    ("s3:DeleteBucketWebsite", On::Bucket),
    ("s3:DeleteObject", On::Object),
    ("s3:DeleteObjectTagging", On::Object),
    ("s3:DeleteObjectVersion", On::Object),
    ("s3:DeleteObjectVersionTagging", On::Object),
    ("s3:GetAccelerateConfiguration", On::Bucket),
    ("s3:GetAnalyticsConfiguration", On::Bucket),
    ("s3:GetBucketAcl", On::Bucket),
    ("s3:GetBucketCORS", On::Bucket),
    ("s3:GetBucketLocation", On::Bucket),
    ("s3:GetBucketLogging", On::Bucket),
    ("s3:GetBucketNotification", On::Bucket),
    ("s3:GetBucketObjectLockConfiguration", On::Bucket),
    ("s3:GetBucketOwnershipControls", On::Bucket),
    ("s3:GetBucketPolicy", On::Bucket),
    ("s3:GetBucketPolicyStatus", On::Bucket),
    ("s3:GetBucketPublicAccessBlock", On::Bucket),
    ("s3:GetBucketRequestPayment", On::Bucket),
    ("s3:GetBucketTagging", On::Bucket),
    ("s3:GetBucketVersioning", On::Bucket),
    ("s3:GetBucketWebsite", On::Bucket),
    ("s3:GetEncryptionConfiguration", On::Bucket),
    ("s3:GetIntelligentTieringConfiguration", On::Bucket),
    ("s3:GetInventoryConfiguration", On::Bucket),
    ("s3:GetLifecycleConfiguration", On::Bucket),
    ("s3:GetMetricsConfiguration", On::Bucket),
    ("s3:GetObject", On::Object),
    ("s3:GetObjectAcl", On::Object),
    ("s3:GetObjectAttributes", On::Object),
    ("s3:GetObjectLegalHold", On::Object),
    ("s3:GetObjectRetention", On::Object),
    ("s3:GetObjectTagging", On::Object),
    ("s3:GetObjectTorrent", On::Object),
    ("s3:GetObjectVersion", On::Object),
    ("s3:GetObjectVersionAcl", On::Object),
    ("s3:GetObjectVersionAttributes", On::Object),
    ("s3:GetObjectVersionTagging", On::Object),
    ("s3:GetObjectVersionTorrent", On::Object),
    ("s3:GetReplicationConfiguration", On::Bucket),
    ("s3:ListAllMyBuckets", On::Agency),
    ("s3:ListBucket", On::Bucket),
    ("s3:ListBucketMultipartUploads", On::Bucket),
    ("s3:ListBucketVersions", On::Bucket),
    ("s3:ListMultipartUploadParts", On::Object),
    ("s3:PutAccelerateConfiguration", On::Bucket),
    ("s3:PutAnalyticsConfiguration", On::Bucket),
    ("s3:PutBucketAcl", On::Bucket),
    ("s3:PutBucketCORS", On::Bucket),
    ("s3:PutBucketLogging", On::Bucket),
    ("s3:PutBucketNotification", On::Bucket),
    ("s3:PutBucketObjectLockConfiguration", On::Bucket),
    ("s3:PutBucketOwnershipControls", On::Bucket),
    ("s3:PutBucketPolicy", On::Bucket),
    ("s3:PutBucketPublicAccessBlock", On::Bucket),
    ("s3:PutBucketRequestPayment", On::Bucket),
    ("s3:PutBucketTagging", On::Bucket),
    ("s3:PutBucketVersioning", On::Bucket),
    ("s3:PutBucketWebsite", On::Bucket),
    ("s3:PutEncryptionConfiguration", On::Bucket),
    ("s3:PutIntelligentTieringConfiguration", On::Bucket),
    ("s3:PutInventoryConfiguration", On::Bucket),
    ("s3:PutLifecycleConfiguration", On::Bucket),
    ("s3:PutMetricsConfiguration", On::Bucket),
    ("s3:PutObject", On::Object),
    ("s3:PutObjectAcl", On::Object),
    ("s3:PutObjectLegalHold", On::Object),
    ("s3:PutObjectRetention", On::Object),
    ("s3:PutObjectTagging", On::Object),
    ("s3:PutObjectVersionAcl", On::Object),
    ("s3:PutObjectVersionTagging", On::Object),
    ("s3:PutReplicationConfiguration", On::Bucket),
    ("s3:RestoreObject", On::Object),
];

#[cfg(test)]
mod tests {
    use super::PERMISSIONS;
    use crate::access::action::Action;

    #[test]
    fn every_operation_asks_for_one_of_them() {
        assert!(PERMISSIONS.is_sorted_by_key(|(name, _)| *name));
        for action in Action::ALL {
            let known = PERMISSIONS
                .iter()
                .any(|(name, _)| *name == action.permission());
            assert!(known, "{action:?}");
        }
    }
}
