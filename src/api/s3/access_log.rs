//! What an access log tells of a request, gathered at the door.

use actix_http::Response;
use actix_http::body::BodySize;
use actix_http::body::BoxBody;
use actix_http::body::MessageBody as _;
use actix_http::header::HeaderValue;

use crate::access::action::Action;
use crate::access::caller::Caller;
use crate::api::http::head::Arrival;
use crate::api::http::head::Head;
use crate::api::http::house::House;
use crate::jobs::access_log::Logging;
use crate::jobs::access_log::line::Seen;
use crate::types::encoding;
use crate::types::names::BucketName;

/// What of a head the log tells, kept while the request is answered; cloning it copies no text.
pub(super) struct Asked {
    method: actix_http::Method,
    uri: actix_http::Uri,
    referer: Option<HeaderValue>,
    user_agent: Option<HeaderValue>,
    host: Option<HeaderValue>,
    authorization: Option<HeaderValue>,
}

/// How a request was answered.
pub(super) struct Answered<'a> {
    pub(super) action: Action,
    pub(super) caller: &'a Caller,
    pub(super) bucket: &'a str,
    pub(super) object_key: Option<&'a str>,
    pub(super) code: Option<&'static str>,
    pub(super) millis: u128,
    pub(super) response: &'a Response<BoxBody>,
}

impl Asked {
    pub(super) fn of(head: &Head) -> Self {
        let header = |name: &str| head.headers.get(name).cloned();
        Self {
            method: head.method.clone(),
            uri: head.uri.clone(),
            referer: header("referer"),
            user_agent: header("user-agent"),
            host: header("host"),
            authorization: header("authorization"),
        }
    }

    /// Adds the request to the log of its bucket, if the bucket has one.
    pub(super) async fn tell(
        &self,
        house: &House,
        arrival: &Arrival,
        answered: Option<Answered<'_>>,
    ) {
        let Some(answered) = answered else {
            return;
        };
        let agency = &answered.caller.agency;
        let Ok(name) = BucketName::parse(answered.bucket) else {
            return;
        };
        let Ok(Some(bucket)) = house.store.bucket(agency, &name).await else {
            return;
        };
        if Logging::of(&bucket).is_none() {
            return;
        }
        let query = self.uri.query().unwrap_or_default();
        let text = |value: &Option<HeaderValue>| {
            let value = value.as_ref()?;
            Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let authorization = text(&self.authorization).unwrap_or_default();
        let (signature, auth_type) = proof(query, &authorization);
        let version = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("versionId="));
        let target = self
            .uri
            .path_and_query()
            .map_or("/", |target| target.as_str());
        let seen = Seen {
            bucket_owner: bucket.owner.id.to_string(),
            bucket: name.as_str().to_owned(),
            at: arrival.at,
            remote: arrival.remote.clone(),
            requester: (!answered.caller.is_anonymous()).then(|| {
                let principal = answered.caller.principal.as_str();
                format!("arn:aws:iam::{agency}:user/{principal}")
            }),
            request_id: arrival.id.to_string(),
            operation: operation(answered.action, self.method.as_str()),
            object_key: answered.object_key.map(str::to_owned),
            request: format!("{} {} HTTP/1.1", self.method, without_proof(target)),
            status: answered.response.status().as_u16(),
            error_code: answered.code.map(str::to_owned),
            sent_bytes: match answered.response.body().size() {
                BodySize::Sized(bytes) if self.method != actix_http::Method::HEAD => Some(bytes),
                _ => None,
            },
            millis: answered.millis,
            referer: text(&self.referer).map(|text| without_proof(&text)),
            user_agent: text(&self.user_agent),
            version_id: version.map(str::to_owned),
            signature,
            auth_type,
            host: text(&self.host),
        };
        house
            .access_log
            .add(agency, &name, arrival.at, &seen.line());
    }
}

/// An address without what opens it: who reads a log is not to use the presigned URLs in it.
fn without_proof(address: &str) -> String {
    let Some((path, query)) = address.split_once('?') else {
        return address.to_owned();
    };
    let shown = query.split('&').map(|pair| {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        let plain = encoding::parse_percent(name).unwrap_or_default();
        let opens = PROOFS
            .iter()
            .any(|proof| proof.eq_ignore_ascii_case(&plain));
        if opens {
            format!("{name}=REDACTED")
        } else {
            pair.to_owned()
        }
    });
    format!("{path}?{}", shown.collect::<Vec<_>>().join("&"))
}

/// The parameters of both versions of presigned URLs without which none of them is one.
const PROOFS: [&str; 3] = ["X-Amz-Signature", "X-Amz-Security-Token", "Signature"];

/// The signature's version and its place, as S3 logs them.
fn proof(query: &str, authorization: &str) -> (Option<&'static str>, Option<&'static str>) {
    let (version, place) = if query.contains("X-Amz-Signature=") {
        ("SigV4", "QueryString")
    } else if query.contains("AWSAccessKeyId=") {
        ("SigV2", "QueryString")
    } else if authorization.starts_with("AWS4-") {
        ("SigV4", "AuthHeader")
    } else if authorization.starts_with("AWS ") {
        ("SigV2", "AuthHeader")
    } else {
        return (None, None);
    };
    (Some(version), Some(place))
}

/// An operation as S3 logs it. Source: AWS S3 User Guide, "Amazon S3 server access log format",
/// "Operation".
fn operation(action: Action, method: &str) -> String {
    let resource = match action.name() {
        "CopyObject" => return "REST.COPY.OBJECT".to_owned(),
        "UploadPartCopy" => return "REST.COPY.PART".to_owned(),
        "DeleteObjects" => "MULTI_OBJECT_DELETE",
        "CreateMultipartUpload" | "ListMultipartUploads" => "UPLOADS",
        "CompleteMultipartUpload" | "AbortMultipartUpload" | "ListParts" => "UPLOAD",
        "UploadPart" => "PART",
        "ListObjectVersions" => "BUCKETVERSIONS",
        name if name.ends_with("ObjectTagging") => "OBJECT_TAGGING",
        name if name.ends_with("BucketTagging") => "TAGGING",
        name if name.ends_with("BucketPolicy") => "BUCKETPOLICY",
        name if name.ends_with("BucketLogging") => "LOGGING_STATUS",
        name if name.ends_with("BucketVersioning") => "VERSIONING",
        name if name.ends_with("BucketLocation") => "LOCATION",
        name if name.contains("Lifecycle") => "LIFECYCLE",
        name if name.ends_with("NotificationConfiguration") => "NOTIFICATION",
        name if name.ends_with("Acl") => "ACL",
        name if name.contains("Object") && !name.starts_with("ListObjects") => "OBJECT",
        _ => "BUCKET",
    };
    format!("REST.{method}.{resource}")
}
