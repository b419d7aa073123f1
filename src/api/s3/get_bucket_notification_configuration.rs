//! GetBucketNotificationConfiguration. Source: AWS S3 API Reference,
//! "GetBucketNotificationConfiguration".

use crate::meta::records::BucketDocument;
use crate::types::events::Notification;

use super::code::Code;
use super::error::S3Error;
use super::notification;
use super::reply::Reply;
use super::request::S3Request;

pub(super) async fn get_bucket_notification_configuration(
    req: &S3Request,
) -> Result<Reply, S3Error> {
    let (_, bucket) = req.permit_bucket().await?;
    let configured = match bucket.documents.get(BucketDocument::Notification) {
        Some(document) => Notification::parse(document).ok_or(Code::InternalError)?,
        None => Notification {
            shape: 1,
            targets: Vec::new(),
            keeps_all: false,
        },
    };
    Ok(Reply::xml(notification::render(&configured)))
}
