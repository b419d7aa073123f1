//! GetBucketCors, PutBucketCors and DeleteBucketCors. Source: AWS S3 API Reference, under these
//! names.

use crate::meta::records::BucketDocument;

use super::code::Code;
use super::cors::Rules;
use super::delete_bucket_document;
use super::error::S3Error;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;

pub(super) async fn get_bucket_cors(req: &S3Request) -> Result<Reply, S3Error> {
    let (_, bucket) = req.permit_bucket().await?;
    let stored = bucket.documents.get(BucketDocument::Cors);
    let stored = stored.ok_or(Code::NoSuchCORSConfiguration)?;
    let rules = Rules::parse(stored).map_err(S3Error::unreadable)?;
    Ok(Reply::xml(rules.render()))
}

pub(super) async fn put_bucket_cors(req: &S3Request) -> Result<Reply, S3Error> {
    let (permit, _) = req.permit_bucket().await?;
    let rules = Rules::read(&req.xml_body().await?)?;
    let kind = BucketDocument::Cors;
    let set = req
        .store()
        .set_bucket_document(&permit, &req.draft(), kind, Some(rules.stored()))
        .await?;
    Ok(Reply::committed(set, |()| reply::empty(200)))
}

pub(super) async fn delete_bucket_cors(req: &S3Request) -> Result<Reply, S3Error> {
    delete_bucket_document::delete(req, BucketDocument::Cors, None).await
}
