//! DeleteBucket. Source: AWS S3 API Reference, "DeleteBucket".

use super::error::S3Error;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;

pub(super) async fn delete_bucket(req: &S3Request) -> Result<Reply, S3Error> {
    let (permit, _) = req.permit_bucket().await?;
    let deleted = req.store().delete_bucket(&permit, &req.draft()).await?;
    Ok(Reply::committed(deleted, |()| reply::empty(204)))
}
