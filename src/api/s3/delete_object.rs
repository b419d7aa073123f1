//! DeleteObject. Source: AWS S3 API Reference, "DeleteObject".

use actix_http::Response;
use actix_http::body::BoxBody;

use crate::meta::commands::DeleteOutcome;

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
    Ok(Reply::committed(deleted, render))
}

fn render(_outcome: DeleteOutcome) -> Response<BoxBody> {
    reply::empty(204)
}
