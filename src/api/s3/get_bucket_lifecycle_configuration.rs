//! GetBucketLifecycleConfiguration. Source: AWS S3 API Reference,
//! "GetBucketLifecycleConfiguration".

use crate::jobs::lifecycle::rules::Rules;
use crate::meta::records::BucketDocument;

use super::code::Code;
use super::error::S3Error;
use super::lifecycle;
use super::put_bucket_lifecycle_configuration::TRANSITION_HEADER;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;

pub(super) async fn get_bucket_lifecycle_configuration(req: &S3Request) -> Result<Reply, S3Error> {
    let (_, bucket) = req.permit_bucket().await?;
    let document = bucket.documents.get(BucketDocument::Lifecycle);
    let document = document.ok_or(Code::NoSuchLifecycleConfiguration)?;
    let rules = Rules::parse(document).ok_or(Code::InternalError)?;
    let mut response = reply::xml(lifecycle::render(&rules));
    reply::set(
        &mut response,
        (TRANSITION_HEADER, &rules.transition_minimum),
    );
    Ok(Reply::Read(response))
}
