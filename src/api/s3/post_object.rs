//! PostObject: a browser's form. Source: AWS S3 API Reference, "POST Object", "Authenticating
//! Requests in Browser-Based Uploads Using POST".
//!
//! The proof stands in the body, so the fields are read before anybody is known; they are bounded,
//! and the file behind them is not touched before the form is permitted. The fields become the
//! headers that a PUT of the same object would have, and from there on it is one.

use actix_http::Response;
use actix_http::StatusCode;
use actix_http::body::BoxBody;
use actix_http::header::HeaderName;
use actix_http::header::HeaderValue;

use crate::access::caller::Caller;
use crate::api::http::body::BodySlot;
use crate::api::http::body::RawBody;
use crate::api::http::form;
use crate::api::http::form::Fields;
use crate::api::http::form::FileDecoder;
use crate::api::http::form::FormError;
use crate::api::http::head::Head;
use crate::api::http::headers::Headers;
use crate::api::http::house::House;
use crate::api::http::identify;
use crate::api::http::identify::Identified;
use crate::api::http::xml::Xml;
use crate::auth::error::Error as AuthError;
use crate::auth::head::RequestHead;
use crate::auth::scheme::Version2;
use crate::auth::sigv2;
use crate::auth::sigv4::claim::Claim;
use crate::auth::sigv4::claim::FormProof;
use crate::auth::sigv4::expected::Expected;
use crate::auth::sigv4::payload::PayloadHash;
use crate::telemetry::Door;
use crate::types::clock::Time;
use crate::types::encoding;
use crate::types::names::AgencyId;
use crate::types::tags::Tags;

use super::authenticate;
use super::authenticate::Payload;
use super::authenticate::unproved;
use super::code::Code;
use super::document::Document;
use super::error::S3Error;
use super::post_policy::PostPolicy;
use super::put_object;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;
use super::tagging;

/// A form up to the first byte of its file.
pub struct Form {
    fields: Fields,
    /// The file, still to come.
    pub file: PostedFile,
}

/// The file of a form, and what its policy says of its size.
pub struct PostedFile {
    pub(super) raw: RawBody,
    pub(super) decoder: FileDecoder,
    pub(super) bytes: (u64, u64),
}

/// What proves a form signed by Signature Version 4, and by no other.
const FIELDS_OF_VERSION_4: [&str; 4] = [
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-signature",
];

/// A form is signed without its request.
const NO_HEAD: RequestHead<'static> = RequestHead {
    method: "POST",
    path: "/",
    query: "",
    headers: &[],
};

impl Form {
    /// Reads the fields of a form.
    pub(super) async fn read(house: &House, head: &Head, slot: &BodySlot) -> Result<Self, S3Error> {
        if !authenticate::is_anonymous(head) {
            return Err(AuthError::TwoMechanisms.into());
        }
        let kind = head.header("content-type").unwrap_or_default();
        let boundary = form::boundary(kind).ok_or_else(|| {
            if form::is_form(kind) {
                return Code::MalformedPOSTRequest.into();
            }
            let message = "Bucket POST must be of the enclosure-type multipart/form-data";
            S3Error::from(Code::PreconditionFailed).with("Condition", message.to_owned())
        })?;
        // The file is bounded on its own; what stands around it is too.
        let mut raw = RawBody::new(slot.clone(), Door::S3, house.pace, u64::MAX);
        let (mut fields, decoder) = form::read(&mut raw, boundary).await?;
        for (_, value) in &mut fields.fields {
            if value.contains("${filename}") {
                *value = value.replace("${filename}", &fields.file_name);
            }
        }
        let bytes = (0, house.put_bytes_max);
        let file = PostedFile {
            raw,
            decoder,
            bytes,
        };
        Ok(Self { fields, file })
    }

    /// The key that the form names.
    pub(super) fn key(&self) -> Result<&str, S3Error> {
        let key = self.fields.value("key").filter(|key| !key.is_empty());
        key.ok_or_else(|| {
            let message = "Bucket POST must contain a field named 'key'. If it is specified, \
                           please check the order of the fields.";
            S3Error::argument("key", "", message)
        })
    }

    /// Proves who signed the form's policy and checks the form against it. A form without one is
    /// nobody's.
    pub(super) async fn authenticate(
        &mut self,
        house: &House,
        now: Time,
        bucket: &str,
        anonymous: Option<AgencyId>,
    ) -> Result<(Caller, Payload), S3Error> {
        let payload = Payload {
            hash: PayloadHash::Unsigned,
            chunks: None,
            proof: &[],
        };
        let value = |name| self.fields.value(name);
        let is_old = value("awsaccesskeyid").is_some() || value("signature").is_some();
        if is_old && house.signature_v2 == Version2::Refused {
            return Err(AuthError::UnsupportedMechanism.into());
        }
        if is_old && FIELDS_OF_VERSION_4.iter().any(|name| value(name).is_some()) {
            return Err(AuthError::TwoMechanisms.into());
        }
        let Some(policy_text) = value("policy") else {
            if is_old || value("x-amz-signature").is_some() {
                let message = "Bucket POST must contain a field named 'policy'.";
                return Err(S3Error::argument("policy", "", message));
            }
            let agency = anonymous.ok_or_else(|| {
                S3Error::new(Code::AccessDenied, "Anonymous access is not allowed.")
            })?;
            house.store.ensure_active(&agency).await?;
            return Ok((Caller::anonymous(agency), payload));
        };
        let signed = if is_old {
            self.by_signature_v2(house, now, policy_text).await?
        } else {
            self.by_signature(house, now, policy_text).await?
        };
        let json = encoding::parse_base64(policy_text);
        let json = json.ok_or_else(|| {
            S3Error::new(
                Code::InvalidPolicyDocument,
                "Invalid Policy: it is no base64.",
            )
        })?;
        let policy = PostPolicy::parse(&json)?;
        policy.check(now, bucket, &self.fields.fields)?;
        if let Some((low, high)) = policy.file_bytes {
            self.file.bytes = (low, high.min(house.put_bytes_max));
        }
        Ok((signed.caller, payload))
    }

    async fn by_signature(
        &self,
        house: &House,
        now: Time,
        policy: &str,
    ) -> Result<Identified, S3Error> {
        let value = |name| self.fields.value(name);
        let expected = Expected {
            region: &house.region,
            service: "s3",
            now,
            body_sha256: None,
        };
        let required = |name: &'static str| {
            value(name).ok_or_else(|| {
                let message = "A signed form has the fields x-amz-algorithm, x-amz-credential, \
                               x-amz-date and x-amz-signature beside its policy.";
                S3Error::argument(name, "", message)
            })
        };
        let proof = FormProof {
            algorithm: required("x-amz-algorithm")?,
            credential: required("x-amz-credential")?,
            date: required("x-amz-date")?,
            signature: required("x-amz-signature")?,
            session_token: value("x-amz-security-token"),
            policy,
        };
        let claim = Claim::of_form(&proof, &expected)?;
        let (identified, _) = identify::by_signature(house, &NO_HEAD, &claim, now)
            .await
            .map_err(|e| unproved(e, claim.named_key(), || claim.covered(&NO_HEAD)))?;
        Ok(identified)
    }

    /// Source: AWS S3 User Guide, "Browser-based uploads using POST (AWS signature version 2)".
    async fn by_signature_v2(
        &self,
        house: &House,
        now: Time,
        policy: &str,
    ) -> Result<Identified, S3Error> {
        let value = |name| self.fields.value(name);
        let required = |name: &'static str| {
            value(name).ok_or_else(|| {
                let message = "A form signed by Signature Version 2 has the fields AWSAccessKeyId \
                               and signature beside its policy.";
                S3Error::argument(name, "", message)
            })
        };
        let claim = sigv2::Claim::of_form(
            required("awsaccesskeyid")?,
            required("signature")?,
            value("x-amz-security-token"),
            policy,
        )?;
        identify::by_signature_v2(house, &NO_HEAD, &claim, None, now)
            .await
            .map_err(|e| unproved(e, claim.named_key(), || claim.covered(&NO_HEAD, None)))
    }

    /// The head that a PUT of the same object would have, and the file.
    pub(super) fn into_put(self, head: Head) -> Result<(Head, Posted), S3Error> {
        let mut headers = Headers::default();
        for name in ["host", "origin", "referer", "user-agent"] {
            if let Some(value) = head.headers.get(name) {
                headers.append(HeaderName::from_static(name), value.clone());
            }
        }
        let mut after = After::default();
        for (name, value) in &self.fields.fields {
            let (name, value) = match name.as_str() {
                "success_action_redirect" | "redirect" => {
                    after.redirect = is_url(value).then(|| value.clone());
                    continue;
                }
                "success_action_status" => {
                    after.status = match value.as_str() {
                        "200" => 200,
                        "201" => 201,
                        _ => 204,
                    };
                    continue;
                }
                "acl" => ("x-amz-acl", value.clone()),
                "tagging" => ("x-amz-tagging", tags_as_header(value)?),
                "x-amz-algorithm"
                | "x-amz-credential"
                | "x-amz-signature"
                | "x-amz-security-token" => continue,
                "content-type" if value.is_empty() => continue,
                name if SENT.contains(&name) || name.starts_with("x-amz-") => (name, value.clone()),
                // Buttons and the like.
                _ => continue,
            };
            let refused = || S3Error::argument("field", name, "The field cannot be a header.");
            let header = HeaderName::try_from(name).map_err(|_| refused())?;
            let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| refused())?;
            headers.append(header, value);
        }
        // What the browser says of the file is no field: no policy bounds it, and S3 ignores it.
        if !headers.contains_key("content-type") {
            let kind = HeaderValue::from_static(DEFAULT_TYPE);
            headers.append(HeaderName::from_static("content-type"), kind);
        }
        let posted = Posted {
            file: self.file,
            after,
        };
        Ok((Head { headers, ..head }, posted))
    }
}

/// The type of a form's object whose fields name none. Source: AWS S3 API Reference, "PutObject",
/// `Content-Type`.
const DEFAULT_TYPE: &str = "binary/octet-stream";

/// The fields that are headers of a PUT, besides `x-amz-*`.
const SENT: [&str; 6] = [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
];

/// What is left of a form once its fields are headers.
pub struct Posted {
    file: PostedFile,
    after: After,
}

/// What the browser is answered.
#[derive(Default)]
struct After {
    redirect: Option<String>,
    status: u16,
}

fn is_url(text: &str) -> bool {
    let has_scheme = text.starts_with("https://") || text.starts_with("http://");
    has_scheme && text.bytes().all(|b| b.is_ascii_graphic())
}

/// The field holds the document of PutObjectTagging.
fn tags_as_header(document: &str) -> Result<String, S3Error> {
    let tags = Tags::of_object(tagging::read(document.as_bytes())?)?;
    let pairs = tags.pairs().iter().map(|(key, value)| {
        let (key, value) = (key.as_bytes(), value.as_bytes());
        format!("{}={}", encoding::percent(key), encoding::percent(value))
    });
    Ok(pairs.collect::<Vec<_>>().join("&"))
}

pub(super) async fn post_object(req: &S3Request) -> Result<Reply, S3Error> {
    let posted = req.posted.take().ok_or(Code::InvalidRequest)?;
    let (least, most) = posted.file.bytes;
    let bounded = |error: S3Error| match error.code {
        Code::EntityTooSmall => error.with("MinSizeAllowed", least.to_string()),
        Code::EntityTooLarge => error.with("MaxSizeAllowed", most.to_string()),
        _ => error,
    };
    let document = Document::of_form(req, posted.file).map_err(bounded)?;
    let stored = put_object::store(req, document).await;
    let (stored, bucket) = stored.map_err(bounded)?;
    let object_key = req.object_key()?;
    Ok(Reply::committed(stored, |stored| {
        let response = put_object::render(req, &bucket, &stored);
        let place = Place {
            location: req.location(&bucket.name, object_key),
            bucket: bucket.name.as_str(),
            key: object_key.as_str(),
            etag: stored.etag.to_string(),
        };
        posted.after.answer(response, &place)
    }))
}

/// Where a form's object is now.
struct Place<'a> {
    location: String,
    bucket: &'a str,
    key: &'a str,
    etag: String,
}

impl After {
    fn answer(self, mut response: Response<BoxBody>, place: &Place<'_>) -> Response<BoxBody> {
        reply::set(&mut response, ("location", &place.location));
        if let Some(url) = self.redirect {
            let sign = if url.contains('?') { '&' } else { '?' };
            let [bucket, key, etag] = [place.bucket, place.key, &place.etag]
                .map(|text| encoding::percent(text.as_bytes()));
            let url = format!("{url}{sign}bucket={bucket}&key={key}&etag={etag}");
            reply::set(&mut response, ("location", &url));
            *response.status_mut() = StatusCode::SEE_OTHER;
            return response;
        }
        match self.status {
            200 => response,
            201 => {
                let mut xml = Xml::bare();
                xml.open("PostResponse").text("Location", &place.location);
                xml.text("Bucket", place.bucket).text("Key", place.key);
                xml.text("ETag", &place.etag);
                *response.status_mut() = StatusCode::CREATED;
                reply::set(&mut response, ("content-type", "application/xml"));
                response.set_body(BoxBody::new(xml.finish("PostResponse")))
            }
            _ => {
                *response.status_mut() = StatusCode::NO_CONTENT;
                response
            }
        }
    }
}

impl From<FormError> for S3Error {
    fn from(error: FormError) -> Self {
        let code = match error {
            FormError::Body(error) => return error.into(),
            FormError::Malformed => Code::MalformedPOSTRequest,
            FormError::TooLarge => Code::MaxPostPreDataLengthExceededError,
            FormError::NoFile => Code::IncorrectNumberOfFilesInPostRequest,
            FormError::Repeated => Code::InvalidArgument,
        };
        Self::new(code, error.to_string())
    }
}
