//! GetBucketOwnershipControls. Source: AWS S3 API Reference, "GetBucketOwnershipControls".

use crate::access::bucket_rules::BucketRules;
use crate::api::http::xml::Xml;

use super::code::Code;
use super::error::S3Error;
use super::reply::Reply;
use super::request::S3Request;

pub(super) async fn get_bucket_ownership_controls(req: &S3Request) -> Result<Reply, S3Error> {
    let (_, bucket) = req.permit_bucket().await?;
    let ownership = req.with_rules(&bucket, |rules: &BucketRules| rules.ownership)?;
    let ownership = ownership.ok_or(Code::OwnershipControlsNotFoundError)?;
    let mut xml = Xml::new("OwnershipControls");
    xml.open("Rule")
        .text("ObjectOwnership", ownership.name())
        .close("Rule");
    Ok(Reply::xml(xml.finish("OwnershipControls")))
}
