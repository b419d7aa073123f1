//! DeleteObject. Source: AWS S3 API Reference, "DeleteObject".

use actix_http::Response;
use actix_http::body::BoxBody;

use crate::access::action::Action;
use crate::meta::commands::DeleteOutcome;
use crate::meta::records::BucketRecord;
use crate::meta::records::DeleteCondition;
use crate::store::delete::Deletion;
use crate::types::etag::EtagMatch;
use crate::types::ids::VersionId;
use crate::types::names::ObjectKey;

use super::conditions;
use super::error::S3Error;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;

pub(super) async fn delete_object(req: &S3Request) -> Result<Reply, S3Error> {
    let version_id = req.version_id()?;
    let condition = conditions::delete(&req.head.headers)?;
    let (permit, bucket) = req.permit_object().await?;
    let deletion = Deletion {
        permit,
        version_id,
        condition,
    };
    may_ask(req, &bucket, req.object_key()?, &deletion).await?;
    let deleted = req.store().delete(&req.draft(), deletion).await?;
    Ok(Reply::committed(deleted, |outcome| {
        render(outcome, version_id)
    }))
}

/// Whether a deletion may have its condition. Whether one holds tells of the object what a read
/// does, so it wants the permission to read; `*` tells that it exists, as any deletion may.
/// Conditions speak of the current version alone, so that with another one's id S3 refuses them.
/// Source: AWS S3 User Guide, "How to perform conditional deletes".
pub(super) async fn may_ask(
    req: &S3Request,
    bucket: &BucketRecord,
    object_key: &ObjectKey,
    deletion: &Deletion,
) -> Result<(), S3Error> {
    let condition = &deletion.condition;
    if *condition == DeleteCondition::default() {
        return Ok(());
    }
    if deletion.version_id.is_some() {
        return Err(S3Error::not_implemented(
            "A conditional delete of a version",
        ));
    }
    let tells = matches!(condition.if_match, Some(EtagMatch::OneOf(_)))
        || condition.modified.is_some()
        || condition.size_bytes.is_some();
    if tells {
        req.permit_on(Action::GetObject, bucket, object_key, None)
            .await?;
    }
    Ok(())
}

fn render(outcome: DeleteOutcome, named: Option<VersionId>) -> Response<BoxBody> {
    let mut response = reply::empty(204);
    let (version_id, is_marker) = versions_of(outcome, named);
    if is_marker {
        reply::set(&mut response, ("x-amz-delete-marker", "true"));
    }
    if let Some(version_id) = version_id {
        reply::set(&mut response, ("x-amz-version-id", &version_id.to_string()));
    }
    response
}

/// The version that a deletion made or removed, and whether that is a delete marker. A version
/// named and not found is told as it was named: it is as gone as it will be.
pub(super) fn versions_of(
    outcome: DeleteOutcome,
    named: Option<VersionId>,
) -> (Option<VersionId>, bool) {
    match outcome {
        DeleteOutcome::Nothing | DeleteOutcome::Deleted => (named, false),
        DeleteOutcome::RemovedVersion(version_id) => (Some(version_id), false),
        DeleteOutcome::RemovedMarker(version_id) | DeleteOutcome::Marked(version_id) => {
            (Some(version_id), true)
        }
    }
}
