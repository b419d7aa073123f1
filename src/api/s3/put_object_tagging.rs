//! PutObjectTagging. Source: AWS S3 API Reference, "PutObjectTagging".

use crate::types::tags::Tags;

use super::error::S3Error;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;
use super::tagging;

pub(super) async fn put_object_tagging(req: &S3Request) -> Result<Reply, S3Error> {
    let wanted = req.version_id()?;
    // Policies may decide by the tags, which stand in the body.
    let tags = Tags::of_object(tagging::read(&req.xml_body().await?)?)?;
    let (permit, bucket) = req.permit_tagging(&tags).await?;
    // Says why there may be nothing to tag: no such key, no such version, a delete marker.
    req.find_head(&permit, wanted).await?;
    let changed = req
        .store()
        .set_tags(&permit, &req.draft(), wanted, tags)
        .await?;
    Ok(Reply::committed(changed, |version_id| {
        tagging::of_version(reply::empty(200), &bucket, wanted, version_id)
    }))
}
