//! Signature Version 2, for applications that cannot be changed yet; off unless a setting says
//! otherwise. Weaker than Version 4: nothing binds a signature to a region or a day, and of the
//! query it covers the sub-resources alone.
//!
//! Source: AWS S3 User Guide, "Signing and authenticating REST requests (AWS signature version 2)",
//! "Browser-based uploads using POST (AWS signature version 2)".
//!
//! ```text
//! string to sign = method LF Content-MD5 LF Content-Type LF date LF (name ":" values LF)… resource
//! date           = the Date header; empty beside x-amz-date; Expires of a presigned URL
//! names          = x-amz-*, sorted; in a presigned URL also those of its parameters
//! resource       = ["/" bucket of the host] raw path ["?" sub-resources, sorted, values decoded]
//! signature      = base64(HMAC-SHA1(secret, string to sign)); of a form over its policy's text
//! ```
//!
//! Because values are signed decoded and joined by `&`, one value could say what was signed as two:
//! a value that does is no match, nor is one with control characters in it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use subtle::ConstantTimeEq as _;

use super::covered::{Covered, holds_a_key};
use super::error::Error;
use super::head::RequestHead;
use super::sigv4::query::Query;
use crate::types::clock::Time;
use crate::types::encoding;
use crate::types::ids::AccessKeyId;
use crate::types::limits;
use crate::types::parameters::{RESPONSE_OVERRIDES, SUB_RESOURCES};
use crate::types::secret::SecretText;

#[cfg(test)]
mod tests;

/// The parameters of a presigned URL that are its proof; the last two are headers that it says have
/// been signed.
pub const QUERY: [&str; 6] = [
    "AWSAccessKeyId",
    "Expires",
    "Signature",
    "x-amz-security-token",
    "content-md5",
    "content-type",
];

/// What a signature covers beside [`SUB_RESOURCES`] and [`RESPONSE_OVERRIDES`]: what else selects
/// an operation or a part of an object. Newer ones than the source lists are among them all, for
/// what is not signed could be added on the way.
const SIGNED: [&str; 10] = [
    "abac",
    "annotation",
    "delete",
    "id",
    "location",
    "partNumber",
    "select-type",
    "uploadId",
    "uploads",
    "versionId",
];

/// Whether a signature covers a parameter.
pub fn covers(parameter: &str) -> bool {
    let is_override = RESPONSE_OVERRIDES
        .iter()
        .any(|(name, _)| *name == parameter);
    is_override || SUB_RESOURCES.contains(&parameter) || SIGNED.contains(&parameter)
}

/// A Signature Version 2 whose form is right and whose time is now; the signature itself is not
/// verified yet.
#[derive(Debug)]
pub struct Claim<'a> {
    access_key_id: Cow<'a, str>,
    signature: Cow<'a, str>,
    session_token: Option<Cow<'a, str>>,
    signed: Signed<'a>,
}

/// What a signature covers.
#[derive(Debug)]
enum Signed<'a> {
    /// A request, and what stands in the place of its date.
    Request {
        date: Cow<'a, str>,
        query: Query<'a>,
    },
    /// A form's policy, as it came.
    Policy(&'a str),
}

impl<'a> Claim<'a> {
    /// Reads what follows `AWS` in the `Authorization` header.
    pub(super) fn of_header(
        head: &RequestHead<'a>,
        query: Query<'a>,
        text: &'a str,
        now: Time,
    ) -> Result<Self, Error> {
        let (access_key_id, signature) = text.split_once(':').ok_or(Error::Version2Header)?;
        if access_key_id.is_empty() || signature.is_empty() || text.contains(' ') {
            return Err(Error::Version2Header);
        }
        let (date, time) = match head.single("x-amz-date")? {
            Some(text) => ("", moment(text)?),
            None => {
                let text = head.single("date")?.ok_or(Error::MissingDate)?;
                (text, moment(text)?)
            }
        };
        let allowed = limits::CLOCK_SKEW_SECONDS;
        if time < now.plus_seconds(-allowed) || time > now.plus_seconds(allowed) {
            return Err(Error::TimeSkewed {
                request: time,
                server: now,
            });
        }
        let claim = Self {
            access_key_id: Cow::Borrowed(access_key_id),
            signature: Cow::Borrowed(signature),
            session_token: head.single("x-amz-security-token")?.map(Cow::Borrowed),
            signed: Signed::Request {
                date: Cow::Borrowed(date),
                query,
            },
        };
        claim.checked(head)
    }

    /// Reads the query of a presigned URL, which is good until the moment that it names.
    pub(super) fn of_query(
        head: &RequestHead<'a>,
        query: Query<'a>,
        now: Time,
    ) -> Result<Self, Error> {
        let single = |name| match query.single(name) {
            Ok(Some(value)) if !value.is_empty() => Ok(value),
            _ => Err(Error::Version2Query),
        };
        let access_key_id = single("AWSAccessKeyId")?;
        let signature = single("Signature")?;
        let expires = single("Expires")?;
        let seconds = expires.parse::<i64>().map_err(|_| Error::Version2Expires)?;
        let ends = Time::from_seconds(seconds);
        if now >= ends {
            return Err(Error::Expired {
                at: ends,
                server: now,
                lifetime: None,
            });
        }
        let in_query = query.single("x-amz-security-token");
        let in_query = in_query.map_err(|_| Error::SessionToken)?;
        let in_header = head.single("x-amz-security-token")?.map(Cow::Borrowed);
        let session_token = match (in_header, in_query) {
            (Some(_), Some(_)) => return Err(Error::SessionToken),
            (one, other) => one.or(other),
        };
        let claim = Self {
            access_key_id,
            signature,
            session_token,
            signed: Signed::Request {
                date: expires,
                query,
            },
        };
        claim.checked(head)
    }

    /// Reads the fields of a form: `AWSAccessKeyId`, `signature`, `x-amz-security-token` and
    /// `policy`, whose text is what is signed. Until when it is good, the policy says.
    ///
    /// # Errors
    /// [`Error::SessionToken`].
    pub fn of_form(
        access_key_id: &'a str,
        signature: &'a str,
        session_token: Option<&'a str>,
        policy: &'a str,
    ) -> Result<Self, Error> {
        let claim = Self {
            access_key_id: Cow::Borrowed(access_key_id),
            signature: Cow::Borrowed(signature),
            session_token: session_token.map(Cow::Borrowed),
            signed: Signed::Policy(policy),
        };
        claim.checked(&RequestHead {
            method: "POST",
            path: "/",
            query: "",
            headers: &[],
        })
    }

    fn checked(self, head: &RequestHead<'a>) -> Result<Self, Error> {
        let is_too_long = |token: &Cow<'_, str>| token.len() > limits::SESSION_TOKEN_BYTES_MAX;
        if self.session_token.as_ref().is_some_and(is_too_long) {
            return Err(Error::SessionToken);
        }
        // Two hosts could name two buckets; only one of them can have been meant.
        for name in ["host", "content-md5", "content-type"] {
            head.single(name)?;
        }
        Ok(self)
    }

    /// The access key that the request says it was signed with.
    ///
    /// # Errors
    /// [`Error::InvalidAccessKeyId`] if this store can have made no such key.
    pub fn access_key_id(&self) -> Result<AccessKeyId, Error> {
        AccessKeyId::parse(&self.access_key_id).map_err(|_| Error::InvalidAccessKeyId)
    }

    /// The same as the request has it, whatever it is.
    pub fn named_key(&self) -> &str {
        &self.access_key_id
    }

    /// The token of the session that the access key belongs to, if it came with one.
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }

    /// What the signature should have covered, if there is such a thing.
    pub fn covered(&self, head: &RequestHead<'_>, bucket: Option<&str>) -> Option<Covered> {
        let text = match &self.signed {
            Signed::Policy(policy) => (*policy).to_owned(),
            Signed::Request { date, query } => {
                string_to_sign(head, bucket, date, query, End::AsSent).ok()?
            }
        };
        let mut headers = head.headers.iter().map(|(name, _)| *name);
        let brings_a_key = headers.any(holds_a_key)
            || matches!(&self.signed, Signed::Request { query, .. }
                if query.decoded().any(|(name, _)| holds_a_key(name)));
        Some(Covered {
            access_key_id: self.access_key_id.clone().into_owned(),
            signature: self.signature.clone().into_owned(),
            string_to_sign: (!brings_a_key).then(|| text.into_bytes()),
            canonical_request: None,
        })
    }

    /// Verifies the signature, in constant time over its text. `bucket` is the one that the host
    /// names, if it names one.
    ///
    /// # Errors
    /// [`Error::SignatureMismatch`], [`Error::UnreadableHeader`].
    pub fn verify(
        &self,
        head: &RequestHead<'_>,
        bucket: Option<&str>,
        secret: &SecretText,
    ) -> Result<(), Error> {
        let is_of = |text: &str| {
            let signature = sign(secret, text);
            bool::from(signature.as_bytes().ct_eq(self.signature.as_bytes()))
        };
        let is_right = match &self.signed {
            Signed::Policy(policy) => is_of(policy),
            Signed::Request { date, query } => {
                let text = string_to_sign(head, bucket, date, query, End::AsSent)?;
                is_of(&text)
                    || names_a_bucket_alone(head, bucket)
                        && is_of(&string_to_sign(head, bucket, date, query, End::Slash)?)
            }
        };
        if is_right {
            Ok(())
        } else {
            Err(Error::SignatureMismatch)
        }
    }
}

/// Reads the date of a request, whose zone some clients write as `+0000`.
fn moment(text: &str) -> Result<Time, Error> {
    let text = match text.strip_suffix("+0000") {
        Some(start) => Cow::Owned(format!("{start}GMT")),
        None => Cow::Borrowed(text),
    };
    let time = Time::parse_http_date(&text).or_else(|| Time::parse_amz_date(&text));
    time.ok_or(Error::MissingDate)
}

/// The signature of a text.
pub fn sign(secret: &SecretText, text: &str) -> String {
    let mac = Hmac::<Sha1>::new_from_slice(secret.expose().as_bytes());
    let mut mac = mac.expect("HMAC takes a key of any length");
    mac.update(text.as_bytes());
    encoding::base64(&mac.finalize().into_bytes())
}

/// How the path ends that is signed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum End {
    AsSent,
    /// With the `/` that some clients sign behind a bucket's name and do not send.
    Slash,
}

/// Whether `/bucket` and `/bucket/` are the same thing here.
fn names_a_bucket_alone(head: &RequestHead<'_>, bucket: Option<&str>) -> bool {
    let name = head.path.strip_prefix('/').unwrap_or_default();
    bucket.is_none() && !name.is_empty() && !name.contains('/')
}

/// What the signature of a request covers.
fn string_to_sign(
    head: &RequestHead<'_>,
    bucket: Option<&str>,
    date: &str,
    query: &Query<'_>,
    end: End,
) -> Result<String, Error> {
    let header = |name| Ok::<_, Error>(head.single(name)?.unwrap_or_default());
    let mut text = format!(
        "{}\n{}\n{}\n{date}\n",
        head.method,
        header("content-md5")?,
        header("content-type")?
    );
    for (name, values) in amz_headers(head, query)? {
        text.push_str(&name);
        text.push(':');
        text.push_str(&values.join(","));
        text.push('\n');
    }
    if let Some(bucket) = bucket {
        text.push('/');
        text.push_str(bucket);
    }
    text.push_str(head.path);
    if end == End::Slash {
        text.push('/');
    }
    for (at, (name, value)) in sub_resources(query)?.iter().enumerate() {
        text.push(if at == 0 { '?' } else { '&' });
        text.push_str(name);
        if !value.is_empty() {
            text.push('=');
            text.push_str(value);
        }
    }
    Ok(text)
}

fn amz_headers<'a>(
    head: &RequestHead<'a>,
    query: &'a Query<'_>,
) -> Result<BTreeMap<String, Vec<Cow<'a, str>>>, Error> {
    let mut found: BTreeMap<String, Vec<Cow<'a, str>>> = BTreeMap::new();
    for (name, value) in head.headers {
        if name.starts_with("x-amz-") {
            let text = std::str::from_utf8(value);
            let text = text.map_err(|_| Error::UnreadableHeader { name: "x-amz-*" })?;
            let text = Cow::Borrowed(text.trim_matches([' ', '\t']));
            found.entry((*name).to_owned()).or_default().push(text);
        }
    }
    for (name, value) in query.decoded() {
        let name = name.to_ascii_lowercase();
        if name.starts_with("x-amz-") {
            found.entry(name).or_default().push(plain(value)?);
        }
    }
    Ok(found)
}

fn sub_resources<'a>(query: &'a Query<'_>) -> Result<Vec<(&'a str, Cow<'a, str>)>, Error> {
    let mut found = Vec::new();
    for (name, value) in query.decoded() {
        if !covers(name) {
            continue;
        }
        let value = plain(value)?;
        let mut others = value.split('&').skip(1);
        if others.any(|other| covers(other.split_once('=').map_or(other, |(name, _)| name))) {
            return Err(Error::SignatureMismatch);
        }
        found.push((name, value));
    }
    Ok(found)
}

/// A value that cannot be taken for the start of another line.
fn plain(value: Option<Cow<'_, str>>) -> Result<Cow<'_, str>, Error> {
    let plain = value.filter(|value| !value.chars().any(char::is_control));
    plain.ok_or(Error::SignatureMismatch)
}
