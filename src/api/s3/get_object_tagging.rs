//! GetObjectTagging. Source: AWS S3 API Reference, "GetObjectTagging".

use super::error::S3Error;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;
use super::tagging;

pub(super) async fn get_object_tagging(req: &S3Request) -> Result<Reply, S3Error> {
    let wanted = req.version_id()?;
    let (permit, bucket) = req.permit_object().await?;
    let head = req.find_head(&permit, wanted).await?;
    let document = reply::xml(tagging::render(&head.metadata.tags));
    let response = tagging::of_version(document, &bucket, wanted, head.version_id);
    Ok(Reply::Read(response))
}
