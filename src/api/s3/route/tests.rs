//! A request for every operation, and what no row understands.

use super::{NoRoute, ROUTES, Scope, find};
use crate::access::action::Action;
use crate::api::http::target::Query;
use crate::auth::sigv2;

#[track_caller]
fn check(request: &str, header: &str, expected: Option<Action>) {
    let (method, target) = request.split_once(' ').unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let scope = match path {
        "/" => Scope::Service,
        "/b" => Scope::Bucket,
        _ => Scope::Object,
    };
    let query = Query::parse(query).unwrap();
    let found = find(
        method,
        scope,
        |name| query.value(name),
        |name| name == header,
    );
    assert_eq!(found.ok().map(|route| route.action), expected, "{request}");
}

const COPY: &str = "x-amz-copy-source";

/// A request, a header that it has, and the operation that it asks for.
const REQUESTS: &[(&str, &str, Option<Action>)] = &[
    ("GET /", "", Some(Action::ListBuckets)),
    ("PUT /b", "", Some(Action::CreateBucket)),
    ("HEAD /b", "", Some(Action::HeadBucket)),
    ("DELETE /b", "", Some(Action::DeleteBucket)),
    ("GET /b", "", Some(Action::ListObjects)),
    (
        "GET /b?list-type=2&prefix=a",
        "",
        Some(Action::ListObjectsV2),
    ),
    ("GET /b?location", "", Some(Action::GetBucketLocation)),
    ("GET /b?acl", "", Some(Action::GetBucketAcl)),
    ("PUT /b?acl", "", Some(Action::PutBucketAcl)),
    ("GET /b/k?acl", "", Some(Action::GetObjectAcl)),
    ("PUT /b/k?acl", "", Some(Action::PutObjectAcl)),
    ("PUT /b?policy", "", Some(Action::PutBucketPolicy)),
    ("GET /b?policy", "", Some(Action::GetBucketPolicy)),
    ("DELETE /b?policy", "", Some(Action::DeleteBucketPolicy)),
    (
        "GET /b?policyStatus",
        "",
        Some(Action::GetBucketPolicyStatus),
    ),
    (
        "PUT /b?publicAccessBlock",
        "",
        Some(Action::PutPublicAccessBlock),
    ),
    (
        "GET /b?publicAccessBlock",
        "",
        Some(Action::GetPublicAccessBlock),
    ),
    (
        "DELETE /b?publicAccessBlock",
        "",
        Some(Action::DeletePublicAccessBlock),
    ),
    (
        "PUT /b?ownershipControls",
        "",
        Some(Action::PutBucketOwnershipControls),
    ),
    (
        "GET /b?ownershipControls",
        "",
        Some(Action::GetBucketOwnershipControls),
    ),
    (
        "DELETE /b?ownershipControls",
        "",
        Some(Action::DeleteBucketOwnershipControls),
    ),
    ("GET /b?logging", "", Some(Action::GetBucketLogging)),
    ("PUT /b?logging", "", Some(Action::PutBucketLogging)),
    (
        "GET /b?inventory&id=a",
        "",
        Some(Action::GetBucketInventoryConfiguration),
    ),
    (
        "GET /b?inventory",
        "",
        Some(Action::ListBucketInventoryConfigurations),
    ),
    (
        "PUT /b?inventory&id=a",
        "",
        Some(Action::PutBucketInventoryConfiguration),
    ),
    (
        "DELETE /b?inventory&id=a",
        "",
        Some(Action::DeleteBucketInventoryConfiguration),
    ),
    (
        "GET /b?notification",
        "",
        Some(Action::GetBucketNotificationConfiguration),
    ),
    (
        "PUT /b?notification",
        "",
        Some(Action::PutBucketNotificationConfiguration),
    ),
    (
        "GET /b?lifecycle",
        "",
        Some(Action::GetBucketLifecycleConfiguration),
    ),
    (
        "PUT /b?lifecycle",
        "",
        Some(Action::PutBucketLifecycleConfiguration),
    ),
    (
        "DELETE /b?lifecycle",
        "",
        Some(Action::DeleteBucketLifecycle),
    ),
    ("GET /b?versioning", "", Some(Action::GetBucketVersioning)),
    ("PUT /b?versioning", "", Some(Action::PutBucketVersioning)),
    (
        "GET /b?object-lock",
        "",
        Some(Action::GetObjectLockConfiguration),
    ),
    (
        "PUT /b?object-lock",
        "",
        Some(Action::PutObjectLockConfiguration),
    ),
    ("GET /b/k?retention", "", Some(Action::GetObjectRetention)),
    ("PUT /b/k?retention", "", Some(Action::PutObjectRetention)),
    ("GET /b/k?legal-hold", "", Some(Action::GetObjectLegalHold)),
    ("PUT /b/k?legal-hold", "", Some(Action::PutObjectLegalHold)),
    ("GET /b?versions", "", Some(Action::ListObjectVersions)),
    ("GET /b?tagging", "", Some(Action::GetBucketTagging)),
    ("PUT /b?tagging", "", Some(Action::PutBucketTagging)),
    ("DELETE /b?tagging", "", Some(Action::DeleteBucketTagging)),
    ("GET /b?encryption", "", Some(Action::GetBucketEncryption)),
    ("PUT /b?encryption", "", Some(Action::PutBucketEncryption)),
    (
        "DELETE /b?encryption",
        "",
        Some(Action::DeleteBucketEncryption),
    ),
    ("GET /b?uploads", "", Some(Action::ListMultipartUploads)),
    ("POST /b?delete", "", Some(Action::DeleteObjects)),
    ("PUT /b/k", "", Some(Action::PutObject)),
    ("PUT /b/k", COPY, Some(Action::CopyObject)),
    (
        "PUT /b/k?uploadId=1&partNumber=1",
        "",
        Some(Action::UploadPart),
    ),
    (
        "PUT /b/k?uploadId=1&partNumber=1",
        COPY,
        Some(Action::UploadPartCopy),
    ),
    ("POST /b/k?uploads", "", Some(Action::CreateMultipartUpload)),
    (
        "POST /b/k?uploadId=1",
        "",
        Some(Action::CompleteMultipartUpload),
    ),
    (
        "DELETE /b/k?uploadId=1",
        "",
        Some(Action::AbortMultipartUpload),
    ),
    ("GET /b/k", "", Some(Action::GetObject)),
    ("HEAD /b/k", "", Some(Action::HeadObject)),
    ("DELETE /b/k", "", Some(Action::DeleteObject)),
    ("GET /b/k?uploadId=1", "", Some(Action::ListParts)),
    ("GET /b/k?tagging", "", Some(Action::GetObjectTagging)),
    ("PUT /b/k?tagging", "", Some(Action::PutObjectTagging)),
    ("DELETE /b/k?tagging", "", Some(Action::DeleteObjectTagging)),
    ("GET /b/k?attributes", "", Some(Action::GetObjectAttributes)),
    ("POST /b/k?restore", "", Some(Action::RestoreObject)),
    (
        "GET /b?accelerate",
        "",
        Some(Action::GetBucketAccelerateConfiguration),
    ),
    (
        "GET /b?requestPayment",
        "",
        Some(Action::GetBucketRequestPayment),
    ),
    (
        "PUT /b?requestPayment",
        "",
        Some(Action::PutBucketRequestPayment),
    ),
    ("GET /b?website", "", Some(Action::GetBucketWebsite)),
    ("DELETE /b?website", "", Some(Action::DeleteBucketWebsite)),
    ("GET /b?replication", "", Some(Action::GetBucketReplication)),
    (
        "DELETE /b?replication",
        "",
        Some(Action::DeleteBucketReplication),
    ),
    (
        "GET /b?analytics&id=a",
        "",
        Some(Action::ListBucketAnalyticsConfigurations),
    ),
    (
        "GET /b?intelligent-tiering",
        "",
        Some(Action::ListBucketIntelligentTieringConfigurations),
    ),
    (
        "GET /b?metrics",
        "",
        Some(Action::ListBucketMetricsConfigurations),
    ),
    ("PUT /b?website", "", None),
    ("POST /b", "", Some(Action::PostObject)),
    ("GET /b?cors", "", Some(Action::GetBucketCors)),
    ("PUT /b?cors", "", Some(Action::PutBucketCors)),
    ("DELETE /b?cors", "", Some(Action::DeleteBucketCors)),
    ("POST /", "", None),
    ("POST /b/k", "", None),
    ("PATCH /b/k", "", None),
];

#[test]
fn every_operation_has_its_request() {
    let mut seen = Vec::new();
    for (request, header, expected) in REQUESTS.iter().copied() {
        check(request, header, expected);
        seen.extend(expected);
    }
    let missing: Vec<_> = Action::ALL.iter().filter(|a| !seen.contains(a)).collect();
    assert!(missing.is_empty(), "no request asks for {missing:?}");
}

/// What Version 2 does not sign could be added on the way, and ask for another operation.
#[test]
fn version_2_signs_what_selects_an_operation() {
    for (name, _) in ROUTES.iter().filter_map(|route| route.selector) {
        // It tells two forms of one list apart, and clients of that time do not sign it.
        assert!(sigv2::covers(name) || name == "list-type", "{name}");
    }
}

#[test]
fn missing_sub_resources_are_named() {
    let query = Query::parse("torrent").unwrap();
    let found = find("PUT", Scope::Bucket, |name| query.value(name), |_| false);
    assert_eq!(found.err(), Some(NoRoute::SubResource("torrent")));
}

#[test]
fn what_an_operation_does_not_understand_is_found() {
    let query = Query::parse("list-type=2&prefix=a&x-id=List&X-Amz-Date=1&bogus=1").unwrap();
    let route = find("GET", Scope::Bucket, |n| query.value(n), |_| false).unwrap();
    assert_eq!(route.unknown_parameter(query.names()), Some("bogus"));
    let put = find("PUT", Scope::Object, |_| None, |_| false).unwrap();
    let headers = ["host", "x-amz-date", "x-amz-meta-a", "x-amz-bogus"];
    assert_eq!(put.unknown_header(headers.into_iter()), Some("x-amz-bogus"));
}
