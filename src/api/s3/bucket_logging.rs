//! PutBucketLogging, GetBucketLogging. Sources: AWS S3 API Reference, the operations of these
//! names; S3 User Guide, "Enabling Amazon S3 server access logging".

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::access::caller::Service;
use crate::api::http::xml;
use crate::api::http::xml::Xml;
use crate::jobs::access_log::KeyFormat;
use crate::jobs::access_log::Logging;
use crate::jobs::access_log::Place;
use crate::jobs::delivery;
use crate::meta::records::BucketDocument;
use crate::meta::records::BucketRecord;
use crate::types::names::BucketName;

use super::code::Code;
use super::delete_objects;
use super::error::S3Error;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct BucketLoggingStatus {
    #[serde(rename = "@xmlns")]
    _namespace: Option<String>,
    logging_enabled: Option<LoggingEnabled>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct LoggingEnabled {
    target_bucket: String,
    #[serde(default)]
    target_prefix: String,
    target_grants: Option<TargetGrants>,
    target_object_key_format: Option<TargetObjectKeyFormat>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TargetGrants {
    #[serde(default)]
    grant: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct TargetObjectKeyFormat {
    simple_prefix: Option<IgnoredAny>,
    partitioned_prefix: Option<PartitionedPrefix>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PartitionedPrefix {
    partition_date_source: Option<DateSource>,
}

#[derive(Deserialize)]
enum DateSource {
    EventTime,
    DeliveryTime,
}

pub(super) async fn put_bucket_logging(req: &S3Request) -> Result<Reply, S3Error> {
    delete_objects::check_integrity_header(req)?;
    let (permit, bucket) = req.permit_bucket().await?;
    let body = req.xml_body().await?;
    let wanted: BucketLoggingStatus = xml::read("BucketLoggingStatus", &body)?;
    let document = match wanted.logging_enabled {
        None => None,
        Some(enabled) => Some(checked(req, &bucket, enabled).await?.render()),
    };
    let kind = BucketDocument::Logging;
    let set = req
        .store()
        .set_bucket_document(&permit, &req.draft(), kind, document)
        .await?;
    Ok(Reply::committed(set, |()| reply::empty(200)))
}

/// Refuses a target that nothing could be delivered to.
async fn checked(
    req: &S3Request,
    bucket: &BucketRecord,
    enabled: LoggingEnabled,
) -> Result<Logging, S3Error> {
    let grants = enabled.target_grants;
    if grants.is_some_and(|grants| !grants.grant.is_empty()) {
        return Err(S3Error::not_implemented("A grant on delivered logs"));
    }
    let key_format = match enabled.target_object_key_format {
        None => KeyFormat::Default,
        Some(format) => match (format.simple_prefix, format.partitioned_prefix) {
            (Some(_), None) => KeyFormat::Simple,
            (None, Some(parted)) => match parted.partition_date_source {
                Some(DateSource::EventTime) => KeyFormat::EventTime,
                Some(DateSource::DeliveryTime) | None => KeyFormat::DeliveryTime,
            },
            _ => return Err(Code::MalformedXML.into()),
        },
    };
    let logging = Logging {
        shape: 1,
        target_bucket: enabled.target_bucket,
        target_prefix: enabled.target_prefix,
        key_format,
    };
    // One answer to both, so that nobody learns the names of others' buckets.
    let no_target = || {
        let message = "The target bucket for logging does not exist, or the owner of the bucket to \
                       be logged may not write to it";
        S3Error::new(Code::InvalidTargetBucketForLogging, message)
            .with("TargetBucket", logging.target_bucket.clone())
    };
    let name = BucketName::parse(&logging.target_bucket).map_err(|_| no_target())?;
    let agency = &req.caller.agency;
    let target = req.store().bucket(agency, &name).await?;
    let target = target.ok_or_else(no_target)?;
    let place = Place {
        agency,
        region: &req.house.region,
        bucket: &bucket.name,
    };
    let at = req.arrival.at;
    let key = logging.object_key(&place, at, at);
    let key = key.ok_or_else(|| {
        let message = "The prefix leaves no room for the names of logs.";
        S3Error::argument("TargetPrefix", &logging.target_prefix, message)
    })?;
    delivery::permit(Service::Logging, agency, bucket, &target, key, at)
        .map_err(|_| no_target())?;
    Ok(logging)
}

pub(super) async fn get_bucket_logging(req: &S3Request) -> Result<Reply, S3Error> {
    let (_, bucket) = req.permit_bucket().await?;
    let mut xml = Xml::new("BucketLoggingStatus");
    if bucket.documents.get(BucketDocument::Logging).is_some() {
        let logging = Logging::of(&bucket).ok_or(Code::InternalError)?;
        xml.open("LoggingEnabled")
            .text("TargetBucket", &logging.target_bucket)
            .text("TargetPrefix", &logging.target_prefix);
        let format = match logging.key_format {
            KeyFormat::Default => None,
            KeyFormat::Simple => Some("<SimplePrefix></SimplePrefix>"),
            KeyFormat::DeliveryTime => Some(
                "<PartitionedPrefix><PartitionDateSource>DeliveryTime</PartitionDateSource>\
                 </PartitionedPrefix>",
            ),
            KeyFormat::EventTime => Some(
                "<PartitionedPrefix><PartitionDateSource>EventTime</PartitionDateSource>\
                 </PartitionedPrefix>",
            ),
        };
        if let Some(format) = format {
            xml.open("TargetObjectKeyFormat")
                .raw(format)
                .close("TargetObjectKeyFormat");
        }
        xml.close("LoggingEnabled");
    }
    Ok(Reply::xml(xml.finish("BucketLoggingStatus")))
}
