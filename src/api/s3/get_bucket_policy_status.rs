//! GetBucketPolicyStatus. Source: AWS S3 API Reference, "GetBucketPolicyStatus".

use crate::access::bucket_rules::BucketRules;
use crate::api::http::xml::Xml;

use super::code::Code;
use super::error::S3Error;
use super::reply::Reply;
use super::request::S3Request;

pub(super) async fn get_bucket_policy_status(req: &S3Request) -> Result<Reply, S3Error> {
    let (_, bucket) = req.permit_bucket().await?;
    let of_policy = |rules: &BucketRules| rules.policy.is_some().then_some(rules.has_public_policy);
    let is_public = req.with_rules(&bucket, of_policy)?;
    let is_public = is_public.ok_or(Code::NoSuchBucketPolicy)?;
    let mut xml = Xml::new("PolicyStatus");
    xml.value("IsPublic", is_public);
    Ok(Reply::xml(xml.finish("PolicyStatus")))
}
