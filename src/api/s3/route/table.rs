//! The rows.

use crate::access::action::Action;

use super::Route;
use super::Scope;
use super::route;
use super::understood::ACL_HEADERS;
use super::understood::BYPASS;
use super::understood::COPY_HEADERS;
use super::understood::DELETE_HEADERS;
use super::understood::LIFECYCLE_HEADERS;
use super::understood::LISTED_CONFIGURATIONS;
use super::understood::LOCK_RULE_HEADERS;
use super::understood::METADATA;
use super::understood::MFA;
use super::understood::NOTIFICATION_HEADERS;
use super::understood::PART_HEADERS;
use super::understood::POLICY_HEADERS;
use super::understood::PUT_HEADERS;
use super::understood::READ_HEADERS;
use super::understood::READ_QUERY;
use super::understood::RETENTION_HEADERS;
use super::understood::SEALING_HEADERS;
use super::understood::SOURCE_HEADERS;
use super::understood::UPLOAD_HEADERS;
use super::understood::VERSIONING_HEADERS;

/// Rows with a selector or a needed header stand before the plain row of their method and scope.
pub const ROUTES: &[Route] = &[
    route("GET", Scope::Service, Action::ListBuckets).query(&[
        "prefix",
        "continuation-token",
        "max-buckets",
        "bucket-region",
    ]),
    route("GET", Scope::Bucket, Action::GetBucketEncryption).by("encryption"),
    route("PUT", Scope::Bucket, Action::PutBucketEncryption)
        .by("encryption")
        .headers(UPLOAD_HEADERS),
    route("DELETE", Scope::Bucket, Action::DeleteBucketEncryption).by("encryption"),
    route("PUT", Scope::Bucket, Action::CreateBucket).headers(&[
        "x-amz-acl",
        "x-amz-grant-*",
        "x-amz-object-ownership",
        "x-amz-bucket-object-lock-enabled",
    ]),
    route("HEAD", Scope::Bucket, Action::HeadBucket),
    route("DELETE", Scope::Bucket, Action::DeleteBucket),
    route("GET", Scope::Bucket, Action::GetBucketAcl).by("acl"),
    route("PUT", Scope::Bucket, Action::PutBucketAcl)
        .by("acl")
        .headers(ACL_HEADERS),
    route("GET", Scope::Object, Action::GetObjectAcl)
        .by("acl")
        .query(&["versionId"]),
    route("PUT", Scope::Object, Action::PutObjectAcl)
        .by("acl")
        .query(&["versionId"])
        .headers(ACL_HEADERS),
    route("GET", Scope::Bucket, Action::GetBucketPolicy).by("policy"),
    route("PUT", Scope::Bucket, Action::PutBucketPolicy)
        .by("policy")
        .headers(POLICY_HEADERS),
    route("DELETE", Scope::Bucket, Action::DeleteBucketPolicy).by("policy"),
    route("GET", Scope::Bucket, Action::GetBucketPolicyStatus).by("policyStatus"),
    route("GET", Scope::Bucket, Action::GetPublicAccessBlock).by("publicAccessBlock"),
    route("PUT", Scope::Bucket, Action::PutPublicAccessBlock)
        .by("publicAccessBlock")
        .headers(UPLOAD_HEADERS),
    route("DELETE", Scope::Bucket, Action::DeletePublicAccessBlock).by("publicAccessBlock"),
    route("GET", Scope::Bucket, Action::GetBucketOwnershipControls).by("ownershipControls"),
    route("PUT", Scope::Bucket, Action::PutBucketOwnershipControls)
        .by("ownershipControls")
        .headers(UPLOAD_HEADERS),
    route(
        "DELETE",
        Scope::Bucket,
        Action::DeleteBucketOwnershipControls,
    )
    .by("ownershipControls"),
    route("GET", Scope::Bucket, Action::GetBucketLocation).by("location"),
    route("GET", Scope::Bucket, Action::GetBucketVersioning).by("versioning"),
    route("PUT", Scope::Bucket, Action::PutBucketVersioning)
        .by("versioning")
        .headers(VERSIONING_HEADERS),
    route("GET", Scope::Bucket, Action::GetBucketLogging).by("logging"),
    route("PUT", Scope::Bucket, Action::PutBucketLogging)
        .by("logging")
        .headers(UPLOAD_HEADERS),
    route(
        "GET",
        Scope::Bucket,
        Action::GetBucketInventoryConfiguration,
    )
    .by("inventory")
    .with("id"),
    route(
        "GET",
        Scope::Bucket,
        Action::ListBucketInventoryConfigurations,
    )
    .by("inventory")
    .query(&["continuation-token"]),
    route(
        "PUT",
        Scope::Bucket,
        Action::PutBucketInventoryConfiguration,
    )
    .by("inventory")
    .query(&["id"])
    .headers(UPLOAD_HEADERS),
    route(
        "DELETE",
        Scope::Bucket,
        Action::DeleteBucketInventoryConfiguration,
    )
    .by("inventory")
    .query(&["id"]),
    route(
        "GET",
        Scope::Bucket,
        Action::GetBucketNotificationConfiguration,
    )
    .by("notification"),
    route(
        "PUT",
        Scope::Bucket,
        Action::PutBucketNotificationConfiguration,
    )
    .by("notification")
    .headers(NOTIFICATION_HEADERS),
    route(
        "GET",
        Scope::Bucket,
        Action::GetBucketLifecycleConfiguration,
    )
    .by("lifecycle"),
    route(
        "PUT",
        Scope::Bucket,
        Action::PutBucketLifecycleConfiguration,
    )
    .by("lifecycle")
    .headers(LIFECYCLE_HEADERS),
    route("DELETE", Scope::Bucket, Action::DeleteBucketLifecycle).by("lifecycle"),
    route("GET", Scope::Bucket, Action::GetObjectLockConfiguration).by("object-lock"),
    route("PUT", Scope::Bucket, Action::PutObjectLockConfiguration)
        .by("object-lock")
        .headers(LOCK_RULE_HEADERS),
    route("GET", Scope::Bucket, Action::ListObjectVersions)
        .by("versions")
        .query(&[
            "delimiter",
            "encoding-type",
            "key-marker",
            "max-keys",
            METADATA,
            "prefix",
            "version-id-marker",
        ])
        .headers(&["x-amz-optional-object-attributes"]),
    route("GET", Scope::Bucket, Action::GetBucketCors).by("cors"),
    route("PUT", Scope::Bucket, Action::PutBucketCors)
        .by("cors")
        .headers(UPLOAD_HEADERS),
    route("DELETE", Scope::Bucket, Action::DeleteBucketCors).by("cors"),
    route("GET", Scope::Bucket, Action::GetBucketTagging).by("tagging"),
    route("PUT", Scope::Bucket, Action::PutBucketTagging)
        .by("tagging")
        .headers(UPLOAD_HEADERS),
    route("DELETE", Scope::Bucket, Action::DeleteBucketTagging).by("tagging"),
    route("GET", Scope::Bucket, Action::ListMultipartUploads)
        .by("uploads")
        .query(&[
            "delimiter",
            "encoding-type",
            "key-marker",
            "max-uploads",
            "prefix",
            "upload-id-marker",
        ]),
    route("GET", Scope::Bucket, Action::ListObjectsV2)
        .valued("list-type", "2")
        .query(&[
            "continuation-token",
            "delimiter",
            "encoding-type",
            "fetch-owner",
            "max-keys",
            METADATA,
            "prefix",
            "start-after",
        ])
        .headers(&["x-amz-optional-object-attributes"]),
    route("GET", Scope::Bucket, Action::ListObjects)
        .query(&["delimiter", "encoding-type", "marker", "max-keys", "prefix"])
        .headers(&["x-amz-optional-object-attributes"]),
    route("POST", Scope::Bucket, Action::DeleteObjects)
        .by("delete")
        .headers(DELETE_HEADERS),
    route("POST", Scope::Bucket, Action::PostObject).headers(PUT_HEADERS),
    route("POST", Scope::Object, Action::CreateMultipartUpload)
        .by("uploads")
        .headers(PUT_HEADERS),
    route("POST", Scope::Object, Action::CompleteMultipartUpload)
        .by("uploadId")
        .headers(&[
            "x-amz-checksum-*",
            "x-amz-mp-object-size",
            SEALING_HEADERS[4],
            SEALING_HEADERS[5],
            SEALING_HEADERS[6],
        ]),
    route("DELETE", Scope::Object, Action::AbortMultipartUpload).by("uploadId"),
    route("GET", Scope::Object, Action::ListParts)
        .by("uploadId")
        .query(&["max-parts", "part-number-marker", "encoding-type"])
        .headers(&[SEALING_HEADERS[4], SEALING_HEADERS[5], SEALING_HEADERS[6]]),
    route("PUT", Scope::Object, Action::UploadPartCopy)
        .by("uploadId")
        .having("x-amz-copy-source")
        .query(&["partNumber"])
        .headers(&[
            "x-amz-copy-source-if-*",
            "x-amz-copy-source-range",
            SOURCE_HEADERS[0],
            SOURCE_HEADERS[1],
            SOURCE_HEADERS[2],
            SEALING_HEADERS[4],
            SEALING_HEADERS[5],
            SEALING_HEADERS[6],
            "x-amz-source-expected-bucket-owner",
        ]),
    route("PUT", Scope::Object, Action::UploadPart)
        .by("uploadId")
        .query(&["partNumber"])
        .headers(PART_HEADERS),
    route("PUT", Scope::Object, Action::CopyObject)
        .having("x-amz-copy-source")
        .headers(COPY_HEADERS),
    route("PUT", Scope::Object, Action::PutObject).headers(PUT_HEADERS),
    route("GET", Scope::Object, Action::GetObjectRetention)
        .by("retention")
        .query(&["versionId"]),
    route("PUT", Scope::Object, Action::PutObjectRetention)
        .by("retention")
        .query(&["versionId"])
        .headers(RETENTION_HEADERS),
    route("GET", Scope::Object, Action::GetObjectLegalHold)
        .by("legal-hold")
        .query(&["versionId"]),
    route("PUT", Scope::Object, Action::PutObjectLegalHold)
        .by("legal-hold")
        .query(&["versionId"])
        .headers(UPLOAD_HEADERS),
    route("GET", Scope::Object, Action::GetObjectTagging)
        .by("tagging")
        .query(&["versionId"]),
    route("PUT", Scope::Object, Action::PutObjectTagging)
        .by("tagging")
        .query(&["versionId"])
        .headers(UPLOAD_HEADERS),
    route("DELETE", Scope::Object, Action::DeleteObjectTagging)
        .by("tagging")
        .query(&["versionId"]),
    route("GET", Scope::Object, Action::GetObject)
        .query(READ_QUERY)
        .headers(READ_HEADERS),
    route("HEAD", Scope::Object, Action::HeadObject)
        .query(READ_QUERY)
        .headers(READ_HEADERS),
    route("DELETE", Scope::Object, Action::DeleteObject)
        .query(&["versionId"])
        .headers(&[
            BYPASS,
            "x-amz-if-match-last-modified-time",
            "x-amz-if-match-size",
            MFA,
        ]),
    route("GET", Scope::Object, Action::GetObjectAttributes)
        .by("attributes")
        .query(&["versionId"])
        .headers(&[
            "x-amz-max-parts",
            "x-amz-object-attributes",
            "x-amz-part-number-marker",
            SEALING_HEADERS[4],
            SEALING_HEADERS[5],
            SEALING_HEADERS[6],
        ]),
    route("POST", Scope::Object, Action::RestoreObject)
        .by("restore")
        .query(&["versionId"])
        .headers(UPLOAD_HEADERS),
    route(
        "GET",
        Scope::Bucket,
        Action::GetBucketAccelerateConfiguration,
    )
    .by("accelerate"),
    route("GET", Scope::Bucket, Action::GetBucketRequestPayment).by("requestPayment"),
    route("PUT", Scope::Bucket, Action::PutBucketRequestPayment)
        .by("requestPayment")
        .headers(UPLOAD_HEADERS),
    route("GET", Scope::Bucket, Action::GetBucketWebsite).by("website"),
    route("DELETE", Scope::Bucket, Action::DeleteBucketWebsite).by("website"),
    route("GET", Scope::Bucket, Action::GetBucketReplication).by("replication"),
    route("DELETE", Scope::Bucket, Action::DeleteBucketReplication).by("replication"),
    route(
        "GET",
        Scope::Bucket,
        Action::ListBucketAnalyticsConfigurations,
    )
    .by("analytics")
    .query(LISTED_CONFIGURATIONS),
    route(
        "GET",
        Scope::Bucket,
        Action::ListBucketIntelligentTieringConfigurations,
    )
    .by("intelligent-tiering")
    .query(LISTED_CONFIGURATIONS),
    route(
        "GET",
        Scope::Bucket,
        Action::ListBucketMetricsConfigurations,
    )
    .by("metrics")
    .query(LISTED_CONFIGURATIONS),
];
