//! What the document says of every operation of S3: those of the routing table as the table has
//! them, all others with the reason why not.
//!
//! `BLESS=1 cargo test --lib compatibility` writes the document anew.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::route::ROUTES;
use super::route::Scope;
use crate::access::action::Action;

/// Every operation of the API, from the service model of botocore 1.44.
const OPERATIONS: &str = "
AbortMultipartUpload CompleteMultipartUpload CopyObject CreateBucket
CreateBucketMetadataConfiguration CreateBucketMetadataTableConfiguration CreateMultipartUpload
CreateSession DeleteBucket DeleteBucketAnalyticsConfiguration DeleteBucketCors
DeleteBucketEncryption DeleteBucketIntelligentTieringConfiguration
DeleteBucketInventoryConfiguration DeleteBucketLifecycle DeleteBucketMetadataConfiguration
DeleteBucketMetadataTableConfiguration DeleteBucketMetricsConfiguration
DeleteBucketOwnershipControls DeleteBucketPolicy DeleteBucketReplication DeleteBucketTagging
DeleteBucketWebsite DeleteObject DeleteObjectAnnotation DeleteObjectTagging DeleteObjects
DeletePublicAccessBlock GetBucketAbac GetBucketAccelerateConfiguration GetBucketAcl
GetBucketAnalyticsConfiguration GetBucketCors GetBucketEncryption
GetBucketIntelligentTieringConfiguration GetBucketInventoryConfiguration GetBucketLifecycle
GetBucketLifecycleConfiguration GetBucketLocation GetBucketLogging
GetBucketMetadataConfiguration GetBucketMetadataTableConfiguration GetBucketMetricsConfiguration
GetBucketNotification GetBucketNotificationConfiguration GetBucketOwnershipControls
GetBucketPolicy GetBucketPolicyStatus GetBucketReplication GetBucketRequestPayment
GetBucketTagging GetBucketVersioning GetBucketWebsite GetObject GetObjectAcl GetObjectAnnotation
GetObjectAttributes GetObjectLegalHold GetObjectLockConfiguration GetObjectRetention
GetObjectTagging GetObjectTorrent GetPublicAccessBlock HeadBucket HeadObject
ListBucketAnalyticsConfigurations ListBucketIntelligentTieringConfigurations
ListBucketInventoryConfigurations ListBucketMetricsConfigurations ListBuckets
ListDirectoryBuckets ListMultipartUploads ListObjectAnnotations ListObjectVersions ListObjects
ListObjectsV2 ListParts PutBucketAbac PutBucketAccelerateConfiguration PutBucketAcl
PutBucketAnalyticsConfiguration PutBucketCors PutBucketEncryption
PutBucketIntelligentTieringConfiguration PutBucketInventoryConfiguration PutBucketLifecycle
PutBucketLifecycleConfiguration PutBucketLogging PutBucketMetricsConfiguration
PutBucketNotification PutBucketNotificationConfiguration PutBucketOwnershipControls
PutBucketPolicy PutBucketReplication PutBucketRequestPayment PutBucketTagging
PutBucketVersioning PutBucketWebsite PutObject PutObjectAcl PutObjectAnnotation
PutObjectLegalHold PutObjectLockConfiguration PutObjectRetention PutObjectTagging
PutPublicAccessBlock RenameObject RestoreObject SelectObjectContent
UpdateBucketMetadataAnnotationTableConfiguration UpdateBucketMetadataInventoryTableConfiguration
UpdateBucketMetadataJournalTableConfiguration UpdateObjectEncryption UploadPart UploadPartCopy
WriteGetObjectResponse
";

/// Operations that are answered under the name of another: older names, one of a list.
const ALIASES: &[(&str, &str)] = &[
    (
        "GetBucketAnalyticsConfiguration",
        "ListBucketAnalyticsConfigurations",
    ),
    (
        "GetBucketIntelligentTieringConfiguration",
        "ListBucketIntelligentTieringConfigurations",
    ),
    (
        "GetBucketMetricsConfiguration",
        "ListBucketMetricsConfigurations",
    ),
    ("GetBucketLifecycle", "GetBucketLifecycleConfiguration"),
    ("PutBucketLifecycle", "PutBucketLifecycleConfiguration"),
    (
        "GetBucketNotification",
        "GetBucketNotificationConfiguration",
    ),
    (
        "PutBucketNotification",
        "PutBucketNotificationConfiguration",
    ),
];

/// Operations that are refused: name, request, why.
const REFUSED: &[(&str, &str, &str)] = &[
    (
        "CreateBucketMetadataConfiguration",
        "POST /bucket?metadataConfiguration",
        "Metadata tables are a service of AWS beside S3.",
    ),
    (
        "CreateBucketMetadataTableConfiguration",
        "POST /bucket?metadataTable",
        "Metadata tables are a service of AWS beside S3.",
    ),
    (
        "CreateSession",
        "GET /bucket?session",
        "Directory buckets are a storage class of AWS.",
    ),
    (
        "DeleteBucketAnalyticsConfiguration",
        "DELETE /bucket?analytics",
        "Not in this version.",
    ),
    (
        "DeleteBucketIntelligentTieringConfiguration",
        "DELETE /bucket?intelligent-tiering",
        "Not in this version.",
    ),
    (
        "DeleteBucketMetadataConfiguration",
        "DELETE /bucket?metadataConfiguration",
        "Metadata tables are a service of AWS beside S3.",
    ),
    (
        "DeleteBucketMetadataTableConfiguration",
        "DELETE /bucket?metadataTable",
        "Metadata tables are a service of AWS beside S3.",
    ),
    (
        "DeleteBucketMetricsConfiguration",
        "DELETE /bucket?metrics",
        "Not in this version.",
    ),
    (
        "DeleteObjectAnnotation",
        "DELETE /bucket/key?annotation",
        "Annotations are not stored; metadata and tags are.",
    ),
    (
        "GetBucketAbac",
        "GET /bucket?abac",
        "Policies decide by the tags of objects, not by those of buckets.",
    ),
    (
        "GetBucketMetadataConfiguration",
        "GET /bucket?metadataConfiguration",
        "Metadata tables are a service of AWS beside S3.",
    ),
    (
        "GetBucketMetadataTableConfiguration",
        "GET /bucket?metadataTable",
        "Metadata tables are a service of AWS beside S3.",
    ),
    (
        "GetObjectAnnotation",
        "GET /bucket/key?annotation",
        "Annotations are not stored; metadata and tags are.",
    ),
    (
        "GetObjectTorrent",
        "GET /bucket/key?torrent",
        "AWS itself has ended it.",
    ),
    (
        "ListDirectoryBuckets",
        "GET /",
        "Directory buckets are a storage class of AWS.",
    ),
    (
        "ListObjectAnnotations",
        "GET /bucket/key?annotation",
        "Annotations are not stored; metadata and tags are.",
    ),
    (
        "PutBucketAbac",
        "PUT /bucket?abac",
        "Policies decide by the tags of objects, not by those of buckets.",
    ),
    (
        "PutBucketAccelerateConfiguration",
        "PUT /bucket?accelerate",
        "Acceleration is a network of AWS.",
    ),
    (
        "PutBucketAnalyticsConfiguration",
        "PUT /bucket?analytics",
        "There is one storage class, and metrics are served to Prometheus.",
    ),
    (
        "PutBucketIntelligentTieringConfiguration",
        "PUT /bucket?intelligent-tiering",
        "There is one storage class, and metrics are served to Prometheus.",
    ),
    (
        "PutBucketMetricsConfiguration",
        "PUT /bucket?metrics",
        "There is one storage class, and metrics are served to Prometheus.",
    ),
    (
        "PutBucketReplication",
        "PUT /bucket?replication",
        "Replication to other servers is a task of backup: rclone and restic work.",
    ),
    (
        "PutBucketWebsite",
        "PUT /bucket?website",
        "Documents are not served as web sites; a reverse proxy does that better.",
    ),
    (
        "PutObjectAnnotation",
        "PUT /bucket/key?annotation",
        "Annotations are not stored; metadata and tags are.",
    ),
    (
        "RenameObject",
        "PUT /bucket/key?renameObject",
        "Directory buckets are a storage class of AWS.",
    ),
    (
        "SelectObjectContent",
        "POST /bucket/key?select&select-type=2",
        "AWS itself gives it to no new customers; read the object and query it where it is read.",
    ),
    (
        "UpdateBucketMetadataAnnotationTableConfiguration",
        "PUT /bucket?metadataAnnotationTable",
        "Metadata tables are a service of AWS beside S3.",
    ),
    (
        "UpdateBucketMetadataInventoryTableConfiguration",
        "PUT /bucket?metadataInventoryTable",
        "Metadata tables are a service of AWS beside S3.",
    ),
    (
        "UpdateBucketMetadataJournalTableConfiguration",
        "PUT /bucket?metadataJournalTable",
        "Metadata tables are a service of AWS beside S3.",
    ),
    (
        "UpdateObjectEncryption",
        "PUT /bucket/key?encryption",
        "Every object is sealed under its own key already; copy it onto itself to change the key.",
    ),
    (
        "WriteGetObjectResponse",
        "POST /WriteGetObjectResponse",
        "Object Lambda is a service of AWS beside S3.",
    ),
];

const BEGIN: &str = "<!-- written by a test from here -->\n";
const END: &str = "<!-- to here -->\n";

fn listed(entries: &[&str]) -> String {
    let quoted: Vec<String> = entries.iter().map(|e| format!("`{e}`")).collect();
    quoted.join(", ")
}

fn is_done(name: &str) -> bool {
    Action::ALL.iter().any(|action| action.name() == name)
}

fn tables() -> String {
    let mut text = String::from("| operation | request | parameters | headers |\n");
    text.push_str("| --- | --- | --- | --- |\n");
    for route in ROUTES {
        let path = match route.scope {
            Scope::Service => "/",
            Scope::Bucket => "/bucket",
            Scope::Object => "/bucket/key",
        };
        let selector = match route.selector {
            None => String::new(),
            Some((name, None)) => format!("?{name}"),
            Some((name, Some(value))) => format!("?{name}={value}"),
        };
        let selector = match route.beside {
            None => selector,
            Some(beside) => format!("{selector}&{beside}"),
        };
        let header = route.header.map(|h| format!(" with `{h}`"));
        let _ = writeln!(
            text,
            "| {} | `{} {path}{selector}`{} | {} | {} |",
            route.action.name(),
            route.method,
            header.unwrap_or_default(),
            listed(route.query),
            listed(route.headers),
        );
    }
    text.push_str("\nRefused with `NotImplemented`, and why:\n\n");
    text.push_str("| operation | request | why not |\n| --- | --- | --- |\n");
    for (name, request, why) in REFUSED {
        let _ = writeln!(text, "| {name} | `{request}` | {why} |");
    }
    text
}

/// `docs/S3-COMPATIBILITY.md` says what the tables say.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a switch of the test, no setting"
)]
fn the_compatibility_document_says_what_the_code_does() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/S3-COMPATIBILITY.md");
    let document = fs::read_to_string(&path).unwrap();
    let (before, rest) = document.split_once(BEGIN).unwrap();
    let (written, after) = rest.split_once(END).unwrap();
    let tables = tables();
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{tables}{END}{after}")).unwrap();
    } else {
        assert!(written == tables, "BLESS=1 cargo test --lib compatibility");
    }
}

#[test]
fn every_operation_is_done_or_refused_for_a_reason() {
    let refused = |name: &str| REFUSED.iter().any(|(known, ..)| *known == name);
    let open: Vec<&str> = OPERATIONS
        .split_whitespace()
        .map(|name| {
            let alias = ALIASES.iter().find(|(old, _)| *old == name);
            alias.map_or(name, |(_, new)| *new)
        })
        .filter(|name| !is_done(name) && !refused(name))
        .collect();
    assert!(open.is_empty(), "neither done nor refused: {open:?}");
    let has_alias = |name: &str| ALIASES.iter().any(|(old, _)| *old == name);
    let mut names = REFUSED.iter().map(|(name, ..)| *name);
    let both = names.find(|name| is_done(name) || has_alias(name));
    assert_eq!(both, None, "done and refused");
    let known = |name: &str| OPERATIONS.split_whitespace().any(|known| known == name);
    let strange: Vec<&str> = Action::ALL
        .iter()
        .map(|action| action.name())
        .filter(|name| !known(name) && *name != "PostObject")
        .collect();
    assert!(strange.is_empty(), "no operation of S3: {strange:?}");
}
