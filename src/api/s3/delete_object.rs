//! DeleteObject. Source: AWS S3 API Reference, "DeleteObject".

use actix_http::Response;
use actix_http::body::BoxBody;

use crate::meta::commands::DeleteOutcome;
use crate::types::ids::VersionId;

use super::error::S3Error;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;

pub(super) async fn delete_object(req: &S3Request) -> Result<Reply, S3Error> {
    for name in [
        "if-match",
        "if-none-match",
        "if-modified-since",
        "if-unmodified-since",
    ] {
        if req.head.headers.contains_key(name) {
            return Err(S3Error::not_implemented("A conditional delete"));
        }
    }
    let version_id = req.version_id()?;
    let (permit, _) = req.permit_object().await?;
    let deleted = req.store().delete(permit, &req.draft(), version_id).await?;
    Ok(Reply::committed(deleted, |outcome| {
        render(outcome, version_id)
    }))
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
