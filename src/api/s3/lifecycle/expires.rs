//! `x-amz-expiration`: when an object will go, and by which rule.

use crate::jobs::lifecycle;
use crate::jobs::lifecycle::rules::Rule;
use crate::jobs::lifecycle::rules::Seen;
use crate::meta::records::BucketRecord;
use crate::meta::records::ObjectHead;
use crate::store::put::Stored;
use crate::types::clock::Time;
use crate::types::encoding;
use crate::types::ids::VersionId;
use crate::types::tags::Tags;

use super::super::request::S3Request;

/// `x-amz-expiration` of the request's object, should it expire as the current version that it is.
/// Source: AWS S3 API Reference, "GetObject".
fn expires(
    req: &S3Request,
    bucket: &BucketRecord,
    size_bytes: u64,
    modified: Time,
    tags: &Tags,
) -> Option<(&'static str, String)> {
    let rules = lifecycle::rules_of(bucket)?;
    let seen = Seen {
        object_key: req.object_key.as_ref()?.as_str(),
        size_bytes: Some(size_bytes),
        tags: tags.pairs(),
    };
    let (due, rule) = rules.expiration(&seen, modified, req.house.day)?;
    Some(("x-amz-expiration", expiration(due, rule)))
}

/// The same of an object that was found; one that was asked for by its version need not be current.
pub(in crate::api::s3) fn expires_found(
    req: &S3Request,
    bucket: &BucketRecord,
    version_id: Option<VersionId>,
    head: &ObjectHead,
) -> Option<(&'static str, String)> {
    if version_id.is_some() {
        return None;
    }
    let tags = &head.metadata.tags;
    expires(req, bucket, head.size_bytes, head.modified, tags)
}

/// The same of an object just stored.
pub(in crate::api::s3) fn expires_stored(
    req: &S3Request,
    bucket: &BucketRecord,
    stored: &Stored,
) -> Option<(&'static str, String)> {
    expires(
        req,
        bucket,
        stored.size_bytes,
        stored.modified,
        &stored.tags,
    )
}

fn expiration(due: Time, rule: &Rule) -> String {
    let rule_id = encoding::percent_path(rule.id.as_bytes()).replace('/', "%2F");
    format!("expiry-date=\"{}\", rule-id=\"{rule_id}\"", due.http_date())
}
