//! PutBucketNotificationConfiguration. Source: AWS S3 API Reference,
//! "PutBucketNotificationConfiguration".

use crate::crypto::random;
use crate::types::encoding;
use crate::types::events::Trial;

use super::error::S3Error;
use super::notification;
use super::notification::Places;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;

pub(super) async fn put_bucket_notification_configuration(
    req: &S3Request,
) -> Result<Reply, S3Error> {
    let trial = trial(req)?;
    let (permit, _) = req.permit_bucket().await?;
    let body = req.xml_body().await?;
    let agency = permit.agency();
    let webhooks = req.store().webhooks(agency).await?;
    let webhooks: Vec<String> = webhooks.into_iter().map(|webhook| webhook.name).collect();
    let places = Places {
        region: &req.house.region,
        agency: agency.as_str(),
        webhooks: &webhooks,
    };
    let name = || encoding::base64_url(&random::bytes::<24>());
    let wanted = notification::parse(&body, &places, name)?;
    // Nothing to tell is no document: then no change looks at it.
    let is_empty = wanted.targets.is_empty() && !wanted.keeps_all;
    let document = (!is_empty).then(|| wanted.render());
    let set = req
        .store()
        .set_notification(&permit, &req.draft(), document, trial)
        .await?;
    Ok(Reply::committed(set, |()| reply::empty(200)))
}

/// Whether the destinations are tried out; that they are known is checked all the same.
fn trial(req: &S3Request) -> Result<Trial, S3Error> {
    match req.header(SKIP) {
        None => Ok(Trial::Made),
        Some(text) if text.eq_ignore_ascii_case("false") => Ok(Trial::Made),
        Some(text) if text.eq_ignore_ascii_case("true") => Ok(Trial::Skipped),
        Some(text) => Err(S3Error::argument(SKIP, text, "The value is true or false.")),
    }
}

const SKIP: &str = "x-amz-skip-destination-validation";
