//! GetBucketAcl and PutBucketAcl. Source: AWS S3 API Reference, the operations of these names.

use crate::access::acl::Acl;
use crate::access::bucket_rules::BucketRules;
use crate::meta::records::BucketDocument;

use super::acl;
use super::error::S3Error;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;

pub(super) async fn get_bucket_acl(req: &S3Request) -> Result<Reply, S3Error> {
    let (_, bucket) = req.permit_bucket().await?;
    let counts = |rules: &BucketRules| rules.acl.clone().filter(|_| rules.has_acls());
    let list = req.with_rules(&bucket, counts)?;
    let list = list.unwrap_or_else(|| Acl::of_owner(bucket.owner.id));
    Ok(Reply::xml(acl::render(&bucket.owner, &list)))
}

pub(super) async fn put_bucket_acl(req: &S3Request) -> Result<Reply, S3Error> {
    let (permit, bucket) = req.permit_bucket().await?;
    let list = acl::wanted(req, &bucket, bucket.owner.id).await?;
    let (kind, text) = (BucketDocument::Acl, list.write());
    let set = req
        .store()
        .set_unblocked_document(&permit, &req.draft(), kind, text, &bucket)
        .await?;
    Ok(Reply::committed(set, |()| reply::empty(200)))
}
