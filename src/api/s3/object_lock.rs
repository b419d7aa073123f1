//! Locks on the wire: the headers of new objects, the headers of answers, the documents of the lock
//! operations.
//!
//! Source: AWS S3 User Guide, "Locking objects with Object Lock"; AWS S3 API Reference, "PutObject"
//! (`x-amz-object-lock-…`).

use actix_http::ResponseBuilder;
use serde::Deserialize;

use crate::access::action::Action;
use crate::api::http::xml;
use crate::api::http::xml::Xml;
use crate::meta::commands::LockChange;
use crate::meta::records::BucketRecord;
use crate::store::locks::DefaultRetention;
use crate::store::locks::LockRule;
use crate::store::locks::Period;
use crate::types::clock::Time;
use crate::types::ids::VersionId;
use crate::types::limits;
use crate::types::lock::LegalHold;
use crate::types::lock::Lock;
use crate::types::lock::LockMode;
use crate::types::lock::Retention;

use super::code::Code;
use super::delete_objects;
use super::error::S3Error;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;

const MODE: &str = "x-amz-object-lock-mode";
const UNTIL: &str = "x-amz-object-lock-retain-until-date";
const HOLD: &str = "x-amz-object-lock-legal-hold";

/// What the headers of a new object ask for, and the rule of its bucket. An upload that will be
/// locked says what its bytes are. Its permissions were asked for with that of the operation.
pub(super) fn of_new_object(
    req: &S3Request,
    bucket: &BucketRecord,
) -> Result<(Lock, Option<LockRule>), S3Error> {
    let lock = of_headers(req)?;
    let rule = LockRule::of(&bucket.documents)?;
    if lock == Lock::NONE && rule.is_none_or(|rule| rule.default.is_none()) {
        return Ok((lock, rule));
    }
    if rule.is_none() {
        return Err(not_lockable());
    }
    if matches!(req.action, Action::PutObject) && !delete_objects::has_integrity_header(req) {
        let message = "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object \
                       requests with Object Lock parameters";
        return Err(S3Error::new(Code::InvalidRequest, message));
    }
    Ok((lock, rule))
}

fn of_headers(req: &S3Request) -> Result<Lock, S3Error> {
    let retention = match (req.header(MODE), req.header(UNTIL)) {
        (None, None) => None,
        (Some(mode), Some(until)) => Some(Retention {
            mode: LockMode::parse(mode)
                .ok_or_else(|| S3Error::argument(MODE, mode, "Unknown wormMode directive."))?,
            until: until_date(req, until)?,
        }),
        (mode, until) => {
            let given = mode.or(until).unwrap_or_default();
            let message = "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must \
                           both be supplied";
            return Err(S3Error::argument(MODE, given, message));
        }
    };
    let legal_hold = match req.header(HOLD) {
        None => None,
        Some(text) => Some(LegalHold::parse(text).ok_or_else(|| {
            S3Error::argument(HOLD, text, "Legal Hold must be either of 'ON' or 'OFF'")
        })?),
    };
    Ok(Lock {
        retention,
        legal_hold,
    })
}

fn until_date(req: &S3Request, text: &str) -> Result<Time, S3Error> {
    let Some(until) = Time::parse_iso8601(text) else {
        let message = "The retain until date must be provided in ISO 8601 format";
        return Err(S3Error::argument(UNTIL, text, message));
    };
    if until <= req.arrival.at {
        let message = "The retain until date must be in the future!";
        return Err(S3Error::argument(UNTIL, text, message));
    }
    Ok(until)
}

fn not_lockable() -> S3Error {
    let message = "Bucket is missing Object Lock Configuration";
    S3Error::new(Code::InvalidRequest, message)
}

/// Tells a reader what keeps a version, as far as the reader may know it.
pub(super) async fn describe(
    req: &S3Request,
    builder: &mut ResponseBuilder,
    bucket: &BucketRecord,
    version_id: Option<VersionId>,
    lock: &Lock,
) -> Result<(), S3Error> {
    if *lock == Lock::NONE {
        return Ok(());
    }
    let key = req.object_key()?;
    if let Some(kept) = lock.retention {
        let action = Action::GetObjectRetention;
        if req.permit_on(action, bucket, key, version_id).await.is_ok() {
            builder.insert_header((MODE, kept.mode.name()));
            builder.insert_header((UNTIL, kept.until.iso8601_millis()));
        }
    }
    if let Some(hold) = lock.legal_hold {
        let action = Action::GetObjectLegalHold;
        if req.permit_on(action, bucket, key, version_id).await.is_ok() {
            builder.insert_header((HOLD, hold.name()));
        }
    }
    Ok(())
}

/// What keeps the version that the request names, in a bucket that has locks.
async fn lock_of(req: &S3Request) -> Result<Lock, S3Error> {
    let version_id = req.version_id()?;
    let (permit, bucket) = req.permit_object().await?;
    if LockRule::of(&bucket.documents)?.is_none() {
        return Err(not_lockable());
    }
    Ok(req.find_head(&permit, version_id).await?.lock)
}

/// Changes what keeps the version that the request names.
async fn change(
    req: &S3Request,
    parse: impl FnOnce(&S3Request, &[u8]) -> Result<LockChange, S3Error>,
) -> Result<Reply, S3Error> {
    let version_id = req.version_id()?;
    let (permit, bucket) = req.permit_object().await?;
    let body = req.xml_body().await?;
    delete_objects::check_integrity_header(req)?;
    let change = parse(req, &body)?;
    if LockRule::of(&bucket.documents)?.is_none() {
        return Err(not_lockable());
    }
    let found = req.find_head(&permit, version_id).await?;
    let changed = req
        .store()
        .lock_version(&permit, &req.draft(), found.version_id, change)
        .await?;
    Ok(Reply::committed(changed, |()| reply::empty(200)))
}

/// GetObjectRetention. Source: AWS S3 API Reference, "GetObjectRetention".
pub(super) async fn get_object_retention(req: &S3Request) -> Result<Reply, S3Error> {
    let kept = lock_of(req).await?.retention;
    let kept = kept.ok_or(Code::NoSuchObjectLockConfiguration)?;
    let mut xml = Xml::new("Retention");
    xml.text("Mode", kept.mode.name())
        .text("RetainUntilDate", &kept.until.iso8601_millis());
    Ok(Reply::xml(xml.finish("Retention")))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct RetentionDocument {
    mode: Option<String>,
    retain_until_date: Option<String>,
    #[serde(rename = "@xmlns")]
    _namespace: Option<String>,
}

/// PutObjectRetention; without mode and date the retention goes. Source: AWS S3 API Reference,
/// "PutObjectRetention".
pub(super) async fn put_object_retention(req: &S3Request) -> Result<Reply, S3Error> {
    let parse = |req: &S3Request, body: &[u8]| {
        let wanted: RetentionDocument = xml::read("Retention", body)?;
        let retention = match (wanted.mode, wanted.retain_until_date) {
            (None, None) => None,
            (Some(mode), Some(until)) => Some(Retention {
                mode: LockMode::parse(&mode).ok_or(Code::MalformedXML)?,
                until: until_date(req, &until)?,
            }),
            _ => return Err(Code::MalformedXML.into()),
        };
        Ok(LockChange::Retention(retention))
    };
    change(req, parse).await
}

/// GetObjectLegalHold. Source: AWS S3 API Reference, "GetObjectLegalHold".
pub(super) async fn get_object_legal_hold(req: &S3Request) -> Result<Reply, S3Error> {
    let hold = lock_of(req).await?.legal_hold;
    let hold = hold.ok_or(Code::NoSuchObjectLockConfiguration)?;
    let mut xml = Xml::new("LegalHold");
    xml.text("Status", hold.name());
    Ok(Reply::xml(xml.finish("LegalHold")))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct LegalHoldDocument {
    status: String,
    #[serde(rename = "@xmlns")]
    _namespace: Option<String>,
}

/// PutObjectLegalHold. Source: AWS S3 API Reference, "PutObjectLegalHold".
pub(super) async fn put_object_legal_hold(req: &S3Request) -> Result<Reply, S3Error> {
    let parse = |_: &S3Request, body: &[u8]| {
        let wanted: LegalHoldDocument = xml::read("LegalHold", body)?;
        let hold = LegalHold::parse(&wanted.status).ok_or(Code::MalformedXML)?;
        Ok(LockChange::LegalHold(hold))
    };
    change(req, parse).await
}

/// GetObjectLockConfiguration. Source: AWS S3 API Reference, "GetObjectLockConfiguration".
pub(super) async fn get_object_lock_configuration(req: &S3Request) -> Result<Reply, S3Error> {
    let (_, bucket) = req.permit_bucket().await?;
    let rule = LockRule::of(&bucket.documents)?;
    let rule = rule.ok_or(Code::ObjectLockConfigurationNotFoundError)?;
    let mut xml = Xml::new("ObjectLockConfiguration");
    xml.text("ObjectLockEnabled", "Enabled");
    if let Some(DefaultRetention { mode, period }) = rule.default {
        xml.open("Rule").open("DefaultRetention");
        xml.text("Mode", mode.name());
        match period {
            Period::Days(days) => xml.value("Days", days),
            Period::Years(years) => xml.value("Years", years),
        };
        xml.close("DefaultRetention").close("Rule");
    }
    Ok(Reply::xml(xml.finish("ObjectLockConfiguration")))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ConfigurationDocument {
    object_lock_enabled: Option<String>,
    rule: Option<RuleDocument>,
    #[serde(rename = "@xmlns")]
    _namespace: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct RuleDocument {
    default_retention: DefaultDocument,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DefaultDocument {
    mode: String,
    days: Option<i64>,
    years: Option<i64>,
}

/// PutObjectLockConfiguration, also of a bucket that was made without. Source: AWS S3 API
/// Reference, "PutObjectLockConfiguration".
pub(super) async fn put_object_lock_configuration(req: &S3Request) -> Result<Reply, S3Error> {
    let (permit, _) = req.permit_bucket().await?;
    let body = req.xml_body().await?;
    delete_objects::check_integrity_header(req)?;
    let wanted: ConfigurationDocument = xml::read("ObjectLockConfiguration", &body)?;
    if wanted.object_lock_enabled.as_deref() != Some("Enabled") {
        return Err(Code::MalformedXML.into());
    }
    let default = wanted.rule.map(|rule| default(&rule.default_retention));
    let rule = LockRule {
        default: default.transpose()?,
    };
    let set = req
        .store()
        .set_lock_rule(&permit, &req.draft(), rule)
        .await?;
    Ok(Reply::committed(set, |()| reply::empty(200)))
}

fn default(wanted: &DefaultDocument) -> Result<DefaultRetention, S3Error> {
    let mode = LockMode::parse(&wanted.mode).ok_or(Code::MalformedXML)?;
    let (name, count, max, period): (_, _, _, fn(u32) -> Period) = match (wanted.days, wanted.years)
    {
        (Some(days), None) => ("Days", days, limits::RETENTION_DAYS_MAX, Period::Days),
        (None, Some(years)) => ("Years", years, limits::RETENTION_YEARS_MAX, Period::Years),
        _ => return Err(Code::MalformedXML.into()),
    };
    let refused = |message| S3Error::argument(name, &count.to_string(), message);
    match u32::try_from(count) {
        Err(_) | Ok(0) if count <= 0 => Err(refused(
            "Default retention period must be a positive integer value.",
        )),
        Ok(count) if count <= max => Ok(DefaultRetention {
            mode,
            period: period(count),
        }),
        _ => Err(refused("Default retention period is too large.")),
    }
}
