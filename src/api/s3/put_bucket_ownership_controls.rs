//! PutBucketOwnershipControls. Source: AWS S3 API Reference, "PutBucketOwnershipControls".

use serde::Deserialize;

use crate::access::bucket_rules::BucketRules;
use crate::access::public_access::Ownership;
use crate::api::http::xml;
use crate::meta::records::BucketDocument;

use super::code::Code;
use super::error::S3Error;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct OwnershipControls {
    rule: Rule,
    #[serde(rename = "@xmlns")]
    _namespace: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Rule {
    object_ownership: Ownership,
}

pub(super) async fn put_bucket_ownership_controls(req: &S3Request) -> Result<Reply, S3Error> {
    let (permit, bucket) = req.permit_bucket().await?;
    let body = req.xml_body().await?;
    let wanted: OwnershipControls = xml::read("OwnershipControls", &body)?;
    let ownership = wanted.rule.object_ownership;
    let opens = |rules: &BucketRules| {
        let acl = rules.acl.as_ref();
        acl.is_some_and(|acl| !acl.is_of_owner(bucket.owner.id))
    };
    if ownership == Ownership::BucketOwnerEnforced && req.with_rules(&bucket, opens)? {
        return Err(Code::InvalidBucketAclWithObjectOwnership.into());
    }
    let text = Ownership::write(Some(ownership));
    let kind = BucketDocument::OwnershipControls;
    let set = req
        .store()
        .set_bucket_document(&permit, &req.draft(), kind, Some(text))
        .await?;
    Ok(Reply::committed(set, |()| reply::empty(200)))
}
