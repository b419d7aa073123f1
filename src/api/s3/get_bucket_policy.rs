//! GetBucketPolicy. Source: AWS S3 API Reference, "GetBucketPolicy".

use crate::meta::records::BucketDocument;

use super::code::Code;
use super::error::S3Error;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;

pub(super) async fn get_bucket_policy(req: &S3Request) -> Result<Reply, S3Error> {
    let (_, bucket) = req.permit_bucket().await?;
    let text = bucket.documents.get(BucketDocument::Policy);
    let text = text.ok_or(Code::NoSuchBucketPolicy)?;
    let mut builder = reply::builder(200);
    builder.insert_header(("content-type", "application/json"));
    Ok(Reply::Read(
        builder.body(text.to_string()).map_into_boxed_body(),
    ))
}
