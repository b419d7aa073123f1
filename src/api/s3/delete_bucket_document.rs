//! DeleteBucketPolicy, DeletePublicAccessBlock, DeleteBucketOwnershipControls,
//! DeleteBucketLifecycle. Sources: AWS S3 API Reference, the operations of these names.

use crate::access::public_access::Ownership;
use crate::access::public_access::PublicAccessBlock;
use crate::meta::records::BucketDocument;

use super::error::S3Error;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;

pub(super) async fn delete_bucket_policy(req: &S3Request) -> Result<Reply, S3Error> {
    delete(req, BucketDocument::Policy, None).await
}

pub(super) async fn delete_bucket_lifecycle(req: &S3Request) -> Result<Reply, S3Error> {
    delete(req, BucketDocument::Lifecycle, None).await
}

pub(super) async fn delete_public_access_block(req: &S3Request) -> Result<Reply, S3Error> {
    let removed = PublicAccessBlock::write(None);
    delete(req, BucketDocument::PublicAccessBlock, Some(removed)).await
}

pub(super) async fn delete_bucket_ownership_controls(req: &S3Request) -> Result<Reply, S3Error> {
    let removed = Ownership::write(None);
    delete(req, BucketDocument::OwnershipControls, Some(removed)).await
}

/// Removes a document; what a bucket has without being asked, and then has not, is written down.
pub(super) async fn delete(
    req: &S3Request,
    kind: BucketDocument,
    removed: Option<String>,
) -> Result<Reply, S3Error> {
    let (permit, _) = req.permit_bucket().await?;
    let set = req
        .store()
        .set_bucket_document(&permit, &req.draft(), kind, removed)
        .await?;
    Ok(Reply::committed(set, |()| reply::empty(204)))
}
