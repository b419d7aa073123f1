//! What can be asked for: one name per S3 operation, in the audit log and in metrics.

/// Whether an action looks or changes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Changes what is stored.
    Write,
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident, $permission:literal, $effect:ident;)*) => {
        /// An operation of the S3 API.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum Action {
            $($(#[$doc])* $name,)*
        }

        impl Action {
            /// Every action.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The operation's name in the S3 API Reference.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }

            /// The permission that policies name. Source: AWS Service Authorization Reference,
            /// "Actions, resources, and condition keys for Amazon S3".
            pub const fn permission(self) -> &'static str {
                match self {
                    $(Self::$name => $permission,)*
                }
            }

            /// Whether it looks or changes.
            pub const fn effect(self) -> Effect {
                match self {
                    $(Self::$name => Effect::$effect,)*
                }
            }
        }
    };
}

actions! {
    /// The buckets of the caller.
    ListBuckets, "s3:ListAllMyBuckets", Read;
    /// A new bucket.
    CreateBucket, "s3:CreateBucket", Write;
    /// Whether a bucket is there.
    HeadBucket, "s3:ListBucket", Read;
    /// Removes an empty bucket.
    DeleteBucket, "s3:DeleteBucket", Write;
    /// The region of a bucket.
    GetBucketLocation, "s3:GetBucketLocation", Read;
    /// The tags of a bucket.
    GetBucketTagging, "s3:GetBucketTagging", Read;
    /// Sets the tags of a bucket.
    PutBucketTagging, "s3:PutBucketTagging", Write;
    /// Removes the tags of a bucket.
    DeleteBucketTagging, "s3:PutBucketTagging", Write;
    /// How new objects of a bucket are sealed.
    GetBucketEncryption, "s3:GetEncryptionConfiguration", Read;
    /// Decides how new objects of a bucket are sealed.
    PutBucketEncryption, "s3:PutEncryptionConfiguration", Write;
    /// New objects of a bucket are sealed as any.
    DeleteBucketEncryption, "s3:PutEncryptionConfiguration", Write;
    /// Where the access log of a bucket goes.
    GetBucketLogging, "s3:GetBucketLogging", Read;
    /// Sets where the access log of a bucket goes.
    PutBucketLogging, "s3:PutBucketLogging", Write;
    /// One of the lists that are made of a bucket.
    GetBucketInventoryConfiguration, "s3:GetInventoryConfiguration", Read;
    /// The lists that are made of a bucket.
    ListBucketInventoryConfigurations, "s3:GetInventoryConfiguration", Read;
    /// Has a list of a bucket made each day or week.
    PutBucketInventoryConfiguration, "s3:PutInventoryConfiguration", Write;
    /// Has a list of a bucket made no longer.
    DeleteBucketInventoryConfiguration, "s3:PutInventoryConfiguration", Write;
    /// Who is told of changes in a bucket.
    GetBucketNotificationConfiguration, "s3:GetBucketNotification", Read;
    /// Sets who is told of changes in a bucket.
    PutBucketNotificationConfiguration, "s3:PutBucketNotification", Write;
    /// Which objects of a bucket go by themselves.
    GetBucketLifecycleConfiguration, "s3:GetLifecycleConfiguration", Read;
    /// Sets which objects of a bucket go by themselves.
    PutBucketLifecycleConfiguration, "s3:PutLifecycleConfiguration", Write;
    /// Lets objects of a bucket stay.
    DeleteBucketLifecycle, "s3:PutLifecycleConfiguration", Write;
    /// The keys of a bucket, version 1 of the list.
    ListObjects, "s3:ListBucket", Read;
    /// The keys of a bucket, version 2 of the list.
    ListObjectsV2, "s3:ListBucket", Read;
    /// Whether a bucket keeps versions.
    GetBucketVersioning, "s3:GetBucketVersioning", Read;
    /// Has a bucket keep versions, or no longer.
    PutBucketVersioning, "s3:PutBucketVersioning", Write;
    /// How the versions of a bucket are locked.
    GetObjectLockConfiguration, "s3:GetBucketObjectLockConfiguration", Read;
    /// Sets how the versions of a bucket are locked.
    PutObjectLockConfiguration, "s3:PutBucketObjectLockConfiguration", Write;
    /// The versions and delete markers of a bucket.
    ListObjectVersions, "s3:ListBucketVersions", Read;
    /// The unfinished uploads of a bucket.
    ListMultipartUploads, "s3:ListBucketMultipartUploads", Read;
    /// Stores an object.
    PutObject, "s3:PutObject", Write;
    /// Sends an object.
    GetObject, "s3:GetObject", Read;
    /// Sends what is known of an object.
    HeadObject, "s3:GetObject", Read;
    /// The tags of an object.
    GetObjectTagging, "s3:GetObjectTagging", Read;
    /// Sets the tags of an object.
    PutObjectTagging, "s3:PutObjectTagging", Write;
    /// Removes the tags of an object.
    DeleteObjectTagging, "s3:DeleteObjectTagging", Write;
    /// Until when a version is kept.
    GetObjectRetention, "s3:GetObjectRetention", Read;
    /// Sets until when a version is kept.
    PutObjectRetention, "s3:PutObjectRetention", Write;
    /// Whether a version is held.
    GetObjectLegalHold, "s3:GetObjectLegalHold", Read;
    /// Holds a version, or no longer.
    PutObjectLegalHold, "s3:PutObjectLegalHold", Write;
    /// Removes an object.
    DeleteObject, "s3:DeleteObject", Write;
    /// Removes up to a thousand objects.
    DeleteObjects, "s3:DeleteObject", Write;
    /// Stores an object whose content another one has.
    CopyObject, "s3:PutObject", Write;
    /// Begins an upload in parts.
    CreateMultipartUpload, "s3:PutObject", Write;
    /// Stores a part.
    UploadPart, "s3:PutObject", Write;
    /// Stores a part whose content an object has.
    UploadPartCopy, "s3:PutObject", Write;
    /// Makes an object of parts.
    CompleteMultipartUpload, "s3:PutObject", Write;
    /// Gives an upload up.
    AbortMultipartUpload, "s3:AbortMultipartUpload", Write;
    /// The parts of an upload.
    ListParts, "s3:ListMultipartUploadParts", Read;
    /// Sets the policy of a bucket.
    PutBucketPolicy, "s3:PutBucketPolicy", Write;
    /// The policy of a bucket.
    GetBucketPolicy, "s3:GetBucketPolicy", Read;
    /// Removes the policy of a bucket.
    DeleteBucketPolicy, "s3:DeleteBucketPolicy", Write;
    /// Whether the policy of a bucket is public.
    GetBucketPolicyStatus, "s3:GetBucketPolicyStatus", Read;
    /// Sets what public access a bucket refuses.
    PutPublicAccessBlock, "s3:PutBucketPublicAccessBlock", Write;
    /// What public access a bucket refuses.
    GetPublicAccessBlock, "s3:GetBucketPublicAccessBlock", Read;
    /// Has a bucket refuse no public access.
    DeletePublicAccessBlock, "s3:PutBucketPublicAccessBlock", Write;
    /// Sets who owns what others store.
    PutBucketOwnershipControls, "s3:PutBucketOwnershipControls", Write;
    /// Who owns what others store.
    GetBucketOwnershipControls, "s3:GetBucketOwnershipControls", Read;
    /// Removes the ownership controls.
    DeleteBucketOwnershipControls, "s3:PutBucketOwnershipControls", Write;
    /// What is known of an object, as a document.
    GetObjectAttributes, "s3:GetObjectAttributes", Read;
    /// Brings an archived object back.
    RestoreObject, "s3:RestoreObject", Write;
    /// Whether uploads go a faster way.
    GetBucketAccelerateConfiguration, "s3:GetAccelerateConfiguration", Read;
    /// Who pays for requests.
    GetBucketRequestPayment, "s3:GetBucketRequestPayment", Read;
    /// Says who pays for requests.
    PutBucketRequestPayment, "s3:PutBucketRequestPayment", Write;
    /// How a bucket is served as a web site.
    GetBucketWebsite, "s3:GetBucketWebsite", Read;
    /// Ends serving a bucket as a web site.
    DeleteBucketWebsite, "s3:DeleteBucketWebsite", Write;
    /// Where a bucket is replicated to.
    GetBucketReplication, "s3:GetReplicationConfiguration", Read;
    /// Ends the replication of a bucket.
    DeleteBucketReplication, "s3:PutReplicationConfiguration", Write;
    /// The storage analyses of a bucket.
    ListBucketAnalyticsConfigurations, "s3:GetAnalyticsConfiguration", Read;
    /// The tiering rules of a bucket.
    ListBucketIntelligentTieringConfigurations, "s3:GetIntelligentTieringConfiguration", Read;
    /// The request metrics of a bucket.
    ListBucketMetricsConfigurations, "s3:GetMetricsConfiguration", Read;
    /// Which pages of other sites may read answers about a bucket.
    GetBucketCors, "s3:GetBucketCORS", Read;
    /// Sets which pages of other sites may.
    PutBucketCors, "s3:PutBucketCORS", Write;
    /// Has no page of another site read answers.
    DeleteBucketCors, "s3:PutBucketCORS", Write;
    /// The access control list of a bucket.
    GetBucketAcl, "s3:GetBucketAcl", Read;
    /// Sets the access control list of a bucket.
    PutBucketAcl, "s3:PutBucketAcl", Write;
    /// The access control list of an object.
    GetObjectAcl, "s3:GetObjectAcl", Read;
    /// Sets the access control list of an object.
    PutObjectAcl, "s3:PutObjectAcl", Write;
    /// Stores an object that a browser's form sends.
    PostObject, "s3:PutObject", Write;
}
