//! PutBucketNotificationConfiguration. Source: AWS S3 API Reference,
//! "PutBucketNotificationConfiguration".

use crate::crypto::random;
use crate::meta::records::BucketDocument;
use crate::types::encoding;

use super::error::S3Error;
use super::notification;
use super::notification::Places;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;

pub(super) async fn put_bucket_notification_configuration(
    req: &S3Request,
) -> Result<Reply, S3Error> {
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
    let kind = BucketDocument::Notification;
    let set = req
        .store()
        .set_bucket_document(&permit, &req.draft(), kind, document)
        .await?;
    Ok(Reply::committed(set, |()| reply::empty(200)))
}
