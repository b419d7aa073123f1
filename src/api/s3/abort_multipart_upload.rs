//! AbortMultipartUpload. Source: AWS S3 API Reference, "AbortMultipartUpload".

use super::error::S3Error;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;

pub(super) async fn abort_multipart_upload(req: &S3Request) -> Result<Reply, S3Error> {
    let (permit, _) = req.permit_object().await?;
    let upload_id = req.upload_id()?;
    let aborted = req
        .store()
        .abort_upload(&permit, &req.draft(), upload_id)
        .await?;
    Ok(Reply::committed(aborted, |()| reply::empty(204)))
}
