//! What browsers ask before, and read after, a request of another site's page.
//!
//! A preflight proves nothing about who asks, so its agency must be told by something else: the
//! access key in a presigned URL, the host or the setting by which anonymous requests have one, or
//! that there is one agency only. Otherwise no rule is looked at. It opens nothing: it only says
//! what a page may try.

use std::sync::Arc;

use actix_http::Response;
use actix_http::body::BoxBody;

use crate::api::http::head::Head;
use crate::api::http::house::House;
use crate::api::http::target::Query;
use crate::api::http::target::Target;
use crate::meta::records::BucketDocument;
use crate::types::ids::AccessKeyId;
use crate::types::names::AgencyId;
use crate::types::names::BucketName;

use super::code::Code;
use super::cors;
use super::cors::Allowed;
use super::cors::Asked;
use super::cors::METHODS;
use super::cors::Rules;
use super::error::S3Error;
use super::reply;
use super::reply::Reply;

/// Answers OPTIONS. A bucket that is missing, foreign or without rules is the same to a stranger.
pub(super) async fn preflight(house: &Arc<House>, head: &Head) -> Result<Reply, S3Error> {
    let Some(origin) = head.header("origin").filter(|origin| !origin.is_empty()) else {
        let message = "Insufficient information. Origin request header needed.";
        return Err(S3Error::new(Code::BadRequest, message));
    };
    let method = head.header("access-control-request-method");
    let Some(method) = method.filter(|method| METHODS.contains(method)) else {
        let shown = method.unwrap_or("null");
        let message = format!("Invalid Access-Control-Request-Method: {shown}");
        return Err(S3Error::new(Code::BadRequest, message));
    };
    let headers = head.header("access-control-request-headers");
    let headers = headers.unwrap_or_default();
    let mut names = headers.split(',').map(str::trim);
    if let Some(name) = names.find(|name| !name.bytes().all(cors::is_token)) {
        let message =
            format!("Access-Control-Request-Headers \"{name}\" contains invalid character.");
        return Err(S3Error::new(Code::BadRequest, message));
    }
    let asked = Asked {
        origin,
        method,
        headers,
    };
    let query = Query::parse(head.uri.query().unwrap_or_default())?;
    let host = head.header("host").unwrap_or_default();
    // Read as the request itself will be: a host names an agency only where there is no key.
    let key = of_key(house, &query);
    let place = house.anonymous.place(host, &house.domains);
    let (agency, target) = match place.filter(|_| key.is_none()) {
        Some((agency, bucket)) => (Some(agency), Target::of(head.uri.path(), bucket)?),
        None => {
            let agency = key.or_else(|| house.store.only_agency());
            let target = Target::parse(head.uri.path(), host, &house.domains)?;
            (agency, target)
        }
    };
    let rules = match (agency, target.bucket) {
        (Some(agency), Some(bucket)) => rules(house, &agency, &bucket).await?,
        _ => None,
    };
    let rules = rules.ok_or_else(|| {
        let message = "CORSResponse: CORS is not enabled for this bucket.";
        S3Error::new(Code::AccessForbidden, message)
    })?;
    let allowed = rules.allow(&asked).ok_or_else(|| {
        let message = "CORSResponse: This CORS request is not allowed. This is usually because \
                       the evalution of Origin, request method / Access-Control-Request-Method \
                       or Access-Control-Request-Headers are not whitelisted by the resource's \
                       CORS spec.";
        S3Error::new(Code::AccessForbidden, message)
    })?;
    let mut response = reply::empty(200);
    allowed.put_on(&mut response);
    Ok(Reply::Read(response))
}

/// The agency of the access key that a presigned URL names.
fn of_key(house: &House, query: &Query) -> Option<AgencyId> {
    let id = match query.value("X-Amz-Credential") {
        Some(credential) => credential.split('/').next()?,
        None => query.value("AWSAccessKeyId")?,
    };
    house.store.agency_of_key(&AccessKeyId::parse(id).ok()?)
}

async fn rules(house: &House, agency: &AgencyId, bucket: &str) -> Result<Option<Rules>, S3Error> {
    let Ok(name) = BucketName::parse(bucket) else {
        return Ok(None);
    };
    let record = house.store.bucket(agency, &name).await?;
    let Some(record) = record else {
        return Ok(None);
    };
    // What cannot be read allows nothing.
    let text = record.documents.get(BucketDocument::Cors);
    Ok(text.and_then(|text| Rules::parse(text).ok()))
}

/// Tells a browser that a page of this origin may read the answer, if a rule of the bucket says so.
pub(super) async fn share(
    house: &House,
    agency: &AgencyId,
    bucket: &str,
    asked: &Asked<'_>,
    response: &mut Response<BoxBody>,
) {
    // The answer stands whatever becomes of this: without the headers no page reads it.
    if let Ok(Some(rules)) = rules(house, agency, bucket).await
        && let Some(allowed) = rules.allow(asked)
    {
        Allowed::put_on(&allowed, response);
    }
}
