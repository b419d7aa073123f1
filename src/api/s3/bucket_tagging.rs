//! GetBucketTagging, PutBucketTagging and DeleteBucketTagging. Source: AWS S3 API Reference, under
//! these names.
//!
//! The stored document is JSON: `[[key, value]…]`.

use crate::meta::records::BucketDocument;
use crate::types::tags::Tags;

use super::code::Code;
use super::error::S3Error;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;
use super::tagging;

pub(super) async fn get_bucket_tagging(req: &S3Request) -> Result<Reply, S3Error> {
    let (_, bucket) = req.permit_bucket().await?;
    let stored = bucket.documents.get(BucketDocument::Tagging);
    let pairs = serde_json::from_str(stored.ok_or(Code::NoSuchTagSet)?);
    let tags = Tags::stored(pairs.map_err(S3Error::unreadable)?);
    Ok(Reply::xml(tagging::render(&tags)))
}

pub(super) async fn put_bucket_tagging(req: &S3Request) -> Result<Reply, S3Error> {
    let (permit, _) = req.permit_bucket().await?;
    let body = document(tagging::read(&req.xml_body().await?)?)?;
    let kind = BucketDocument::Tagging;
    let set = req
        .store()
        .set_bucket_document(&permit, &req.draft(), kind, Some(body))
        .await?;
    Ok(Reply::committed(set, |()| reply::empty(204)))
}

/// The document that stores these tags.
pub(super) fn document(pairs: Vec<(String, String)>) -> Result<String, S3Error> {
    let tags = Tags::of_bucket(pairs)?;
    Ok(serde_json::to_string(tags.pairs()).expect("lists of strings have a JSON form"))
}

pub(super) async fn delete_bucket_tagging(req: &S3Request) -> Result<Reply, S3Error> {
    let (permit, _) = req.permit_bucket().await?;
    let kind = BucketDocument::Tagging;
    let set = req
        .store()
        .set_bucket_document(&permit, &req.draft(), kind, None)
        .await?;
    Ok(Reply::committed(set, |()| reply::empty(204)))
}
