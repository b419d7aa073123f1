//! PutBucketPolicy. Source: AWS S3 API Reference, "PutBucketPolicy".

use crate::access::decision::Refusal;
use crate::access::policy::Kind;
use crate::access::policy::Policy;
use crate::access::public_access::PublicAccessBlock;
use crate::meta::records::BucketDocument;

use super::code::Code;
use super::error::S3Error;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;

pub(super) async fn put_bucket_policy(req: &S3Request) -> Result<Reply, S3Error> {
    let (permit, bucket) = req.permit_bucket().await?;
    let text = String::from_utf8(req.xml_body().await?).map_err(|_| Code::MalformedPolicy)?;
    let kind = Kind::Bucket {
        agency: &req.caller.agency,
        bucket: &bucket.name,
    };
    let policy = Policy::parse(&text, kind)
        .and_then(|policy| policy.check_new().map(|()| policy))
        .map_err(|error| S3Error::new(Code::MalformedPolicy, error.to_string()))?;
    // Read alone: the policy in place may be one that cannot be read, and is about to be replaced.
    let block = bucket.documents.get(BucketDocument::PublicAccessBlock);
    let block = PublicAccessBlock::read(block.map(|text| &**text));
    let block = block.map_err(|_| Refusal::Unreadable)?;
    if policy.is_public() && block.is_some_and(|block| block.block_public_policy) {
        let message = "Public policies are prevented by the BlockPublicPolicy setting in S3 \
                       Block Public Access.";
        return Err(S3Error::new(Code::AccessDenied, message));
    }
    let confirmed = req
        .header("x-amz-confirm-remove-self-bucket-access")
        .is_some_and(|text| text.eq_ignore_ascii_case("true"));
    if !confirmed && !req.may_still(&permit, policy)? {
        let message = "The policy would forbid you to replace it; to set it nevertheless, say so \
                       with x-amz-confirm-remove-self-bucket-access.";
        return Err(S3Error::new(Code::AccessDenied, message));
    }
    let kind = BucketDocument::Policy;
    let set = req
        .store()
        .set_unblocked_document(&permit, &req.draft(), kind, text, &bucket)
        .await?;
    Ok(Reply::committed(set, |()| reply::empty(204)))
}
