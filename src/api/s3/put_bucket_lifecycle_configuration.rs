//! PutBucketLifecycleConfiguration. Source: AWS S3 API Reference,
//! "PutBucketLifecycleConfiguration".

use crate::crypto::random;
use crate::meta::records::BucketDocument;
use crate::types::encoding;

use super::delete_objects;
use super::error::S3Error;
use super::lifecycle;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;

/// What S3 says of transitions when nothing else was said.
const TRANSITION_MINIMUM: &str = "all_storage_classes_128K";
const TRANSITION_MINIMUMS: [&str; 2] = [TRANSITION_MINIMUM, "varies_by_storage_class"];
pub(super) const TRANSITION_HEADER: &str = "x-amz-transition-default-minimum-object-size";

pub(super) async fn put_bucket_lifecycle_configuration(req: &S3Request) -> Result<Reply, S3Error> {
    let transitions = req.header(TRANSITION_HEADER).unwrap_or(TRANSITION_MINIMUM);
    if !TRANSITION_MINIMUMS.contains(&transitions) {
        let message = "It is all_storage_classes_128K or varies_by_storage_class.";
        return Err(S3Error::argument(TRANSITION_HEADER, transitions, message));
    }
    delete_objects::check_integrity_header(req)?;
    let (permit, _) = req.permit_bucket().await?;
    let body = req.xml_body().await?;
    let name = || encoding::base64_url(&random::bytes::<24>());
    let rules = lifecycle::parse(&body, transitions.to_owned(), name)?;
    let document = Some(rules.render());
    let kind = BucketDocument::Lifecycle;
    let set = req
        .store()
        .set_bucket_document(&permit, &req.draft(), kind, document)
        .await?;
    Ok(Reply::committed(set, |()| {
        let mut response = reply::empty(200);
        reply::set(&mut response, (TRANSITION_HEADER, transitions));
        response
    }))
}
