//! GetObjectAcl and PutObjectAcl. Source: AWS S3 API Reference, the operations of these names.

use crate::access::acl::Acl;
use crate::access::bucket_rules::BucketRules;

use super::acl;
use super::error::S3Error;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;
use super::tagging;

pub(super) async fn get_object_acl(req: &S3Request) -> Result<Reply, S3Error> {
    let wanted = req.version_id()?;
    let (permit, bucket) = req.permit_object().await?;
    let head = req.find_head(&permit, wanted).await?;
    let document = if req.with_rules(&bucket, BucketRules::has_acls)? {
        let list = head.metadata.acl;
        let list = list.unwrap_or_else(|| Acl::of_owner(head.owner.id));
        acl::render(&head.owner, &list)
    } else {
        // All that is in the bucket is its owner's.
        acl::render(&bucket.owner, &Acl::of_owner(bucket.owner.id))
    };
    let response = reply::xml(document);
    let response = tagging::of_version(response, &bucket, wanted, head.version_id);
    Ok(Reply::Read(response))
}

pub(super) async fn put_object_acl(req: &S3Request) -> Result<Reply, S3Error> {
    let wanted = req.version_id()?;
    let (permit, bucket) = req.permit_object().await?;
    let head = req.find_head(&permit, wanted).await?;
    let list = acl::wanted(req, &bucket, head.owner.id).await?;
    let changed = req
        .store()
        .set_object_acl(&permit, &req.draft(), wanted, list)
        .await?;
    Ok(Reply::committed(changed, |version_id| {
        tagging::of_version(reply::empty(200), &bucket, wanted, version_id)
    }))
}
