//! GetPublicAccessBlock. Source: AWS S3 API Reference, "GetPublicAccessBlock".

use crate::access::bucket_rules::BucketRules;
use crate::api::http::xml::Xml;

use super::code::Code;
use super::error::S3Error;
use super::reply::Reply;
use super::request::S3Request;

pub(super) async fn get_public_access_block(req: &S3Request) -> Result<Reply, S3Error> {
    let (_, bucket) = req.permit_bucket().await?;
    let block = req.with_rules(&bucket, |rules: &BucketRules| rules.public_access)?;
    let block = block.ok_or(Code::NoSuchPublicAccessBlockConfiguration)?;
    let mut xml = Xml::new("PublicAccessBlockConfiguration");
    xml.value("BlockPublicAcls", block.block_public_acls)
        .value("IgnorePublicAcls", block.ignore_public_acls)
        .value("BlockPublicPolicy", block.block_public_policy)
        .value("RestrictPublicBuckets", block.restrict_public_buckets);
    Ok(Reply::xml(xml.finish("PublicAccessBlockConfiguration")))
}
