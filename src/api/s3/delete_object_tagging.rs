//! DeleteObjectTagging. Source: AWS S3 API Reference, "DeleteObjectTagging".

use crate::types::tags::Tags;

use super::error::S3Error;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;
use super::tagging;

pub(super) async fn delete_object_tagging(req: &S3Request) -> Result<Reply, S3Error> {
    let wanted = req.version_id()?;
    let (permit, bucket) = req.permit_object().await?;
    req.find_head(&permit, wanted).await?;
    let changed = req
        .store()
        .set_tags(&permit, &req.draft(), wanted, Tags::default())
        .await?;
    Ok(Reply::committed(changed, |version_id| {
        tagging::of_version(reply::empty(204), &bucket, wanted, version_id)
    }))
}
