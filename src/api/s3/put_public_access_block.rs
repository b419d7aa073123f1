//! PutPublicAccessBlock. Source: AWS S3 API Reference, "PutPublicAccessBlock".

use serde::Deserialize;

use crate::access::public_access::PublicAccessBlock;
use crate::api::http::xml;
use crate::meta::records::BucketDocument;

use super::error::S3Error;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;

/// What is not named is off.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PublicAccessBlockConfiguration {
    #[serde(default)]
    block_public_acls: bool,
    #[serde(default)]
    ignore_public_acls: bool,
    #[serde(default)]
    block_public_policy: bool,
    #[serde(default)]
    restrict_public_buckets: bool,
    #[serde(rename = "@xmlns")]
    _namespace: Option<String>,
}

pub(super) async fn put_public_access_block(req: &S3Request) -> Result<Reply, S3Error> {
    let (permit, _) = req.permit_bucket().await?;
    let body = req.xml_body().await?;
    let wanted: PublicAccessBlockConfiguration =
        xml::read("PublicAccessBlockConfiguration", &body)?;
    let text = PublicAccessBlock::write(Some(PublicAccessBlock {
        block_public_acls: wanted.block_public_acls,
        ignore_public_acls: wanted.ignore_public_acls,
        block_public_policy: wanted.block_public_policy,
        restrict_public_buckets: wanted.restrict_public_buckets,
    }));
    let kind = BucketDocument::PublicAccessBlock;
    let set = req
        .store()
        .set_bucket_document(&permit, &req.draft(), kind, Some(text))
        .await?;
    Ok(Reply::committed(set, |()| reply::empty(200)))
}
