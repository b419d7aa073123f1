//! The `x-amz-server-side-encryption…` headers: what a request asks for or brings, and what an
//! answer says.
//!
//! Everything is sealed in any case, so an answer without a key of its own says `AES256`. Source:
//! AWS S3 User Guide, "Protecting data with server-side encryption"; AWS S3 API Reference, each
//! operation's request and response headers.

use std::collections::BTreeMap;

use actix_http::Response;
use actix_http::ResponseBuilder;
use actix_http::body::BoxBody;
use zeroize::Zeroizing;

use crate::api::http::headers::Headers;
use crate::crypto::digest::DigestPlan;
use crate::crypto::digest::Digests;
use crate::crypto::secret::SecretKey;
use crate::keys::customer::CustomerKey;
use crate::meta::records::BucketRecord;
use crate::meta::records::Encryption;
use crate::store::sealing::Asked;
use crate::store::sealing::AskedKey;
use crate::store::sealing::DefaultEncryption;
use crate::types::agency_key;
use crate::types::encoding;
use crate::types::limits;

use super::code::Code;
use super::error::S3Error;
use super::reply;
use super::request::S3Request;

const ALGORITHM: &str = "x-amz-server-side-encryption";
const KEY_ID: &str = "x-amz-server-side-encryption-aws-kms-key-id";
const CONTEXT: &str = "x-amz-server-side-encryption-context";
const BUCKET_KEY: &str = "x-amz-server-side-encryption-bucket-key-enabled";

/// The three headers of a customer's key.
struct CustomerHeaders {
    algorithm: &'static str,
    key: &'static str,
    md5: &'static str,
}

/// Of the object that the target names.
const CUSTOMER: CustomerHeaders = CustomerHeaders {
    algorithm: "x-amz-server-side-encryption-customer-algorithm",
    key: "x-amz-server-side-encryption-customer-key",
    md5: "x-amz-server-side-encryption-customer-key-md5",
};

/// Of the source of a copy.
const SOURCE_CUSTOMER: CustomerHeaders = CustomerHeaders {
    algorithm: "x-amz-copy-source-server-side-encryption-customer-algorithm",
    key: "x-amz-copy-source-server-side-encryption-customer-key",
    md5: "x-amz-copy-source-server-side-encryption-customer-key-md5",
};

/// What the headers of a new object ask for; `None` leaves it to the bucket.
pub(super) struct Wanted(Option<Asked>);

impl Wanted {
    /// Reads the headers of a request that makes an object.
    pub(super) fn parse(req: &S3Request) -> Result<Self, S3Error> {
        let headers = &req.head.headers;
        let customer = customer_key(req)?;
        let algorithm = text(headers, ALGORITHM)?;
        let key_id = text(headers, KEY_ID)?;
        let context = text(headers, CONTEXT)?;
        let bucket_key = bucket_key(headers)?;
        if let Some(key) = customer {
            if algorithm.is_some() || key_id.is_some() || context.is_some() {
                let message = "Server Side Encryption with Customer provided key is incompatible \
                               with the encryption method specified.";
                return Err(S3Error::argument(
                    ALGORITHM,
                    algorithm.unwrap_or_default(),
                    message,
                ));
            }
            return Ok(Self(Some(Asked::Customer(key))));
        }
        match algorithm {
            Some("aws:kms") => Ok(Self(Some(Asked::Key(AskedKey {
                name: key_id.map_or_else(|| named(req, "alias/aws/s3"), |text| named(req, text)),
                context: context.map(parse_context).transpose()?,
                bucket_key: bucket_key.unwrap_or(false),
            })))),
            None | Some("AES256") => {
                if let Some((name, value)) = [(KEY_ID, key_id), (CONTEXT, context)]
                    .into_iter()
                    .find_map(|(name, value)| Some((name, value?)))
                {
                    let message = "Server Side Encryption with AWS KMS managed key requires HTTP \
                                   header x-amz-server-side-encryption : aws:kms";
                    return Err(S3Error::argument(name, value, message));
                }
                Ok(Self(algorithm.map(|_| Asked::Default)))
            }
            Some("aws:kms:dsse") => Err(S3Error::not_implemented(
                "Dual-layer server-side encryption (aws:kms:dsse)",
            )),
            Some(other) => {
                let message = "The encryption method specified is not supported.";
                Err(S3Error::argument(ALGORITHM, other, message))
            }
        }
    }

    /// Whether the request asks for anything.
    pub(super) const fn is_some(&self) -> bool {
        self.0.is_some()
    }

    /// With the bucket's default where the request asks for nothing.
    pub(super) fn or_default_of(
        self,
        req: &S3Request,
        bucket: &BucketRecord,
    ) -> Result<Asked, S3Error> {
        let default = DefaultEncryption::of(bucket)?;
        if default.blocks_customer_keys && matches!(self.0, Some(Asked::Customer(_))) {
            let message = "Server-side encryption with customer-provided keys (SSE-C) is blocked \
                           on this bucket.";
            return Err(S3Error::new(Code::AccessDenied, message));
        }
        let bucket_key = default.bucket_key;
        Ok(match (self.0, default.key) {
            (None, Some(key)) => Asked::Key(AskedKey {
                name: named(req, key.id.as_deref().unwrap_or("alias/aws/s3")),
                context: None,
                bucket_key,
            }),
            (None, None) => Asked::Default,
            (Some(asked), _) => asked,
        })
    }
}

fn named(req: &S3Request, text: &str) -> Option<crate::types::names::KeyName> {
    agency_key::named(text, &req.house.region, &req.caller.agency)
}

/// The key that a request brings for the object that its target names.
pub(super) fn customer_key(req: &S3Request) -> Result<Option<CustomerKey>, S3Error> {
    read_customer_key(&CUSTOMER, req)
}

/// The key that a copy brings for its source.
pub(super) fn source_customer_key(req: &S3Request) -> Result<Option<CustomerKey>, S3Error> {
    read_customer_key(&SOURCE_CUSTOMER, req)
}

fn read_customer_key(
    names: &CustomerHeaders,
    req: &S3Request,
) -> Result<Option<CustomerKey>, S3Error> {
    let headers = &req.head.headers;
    let algorithm = text(headers, names.algorithm)?;
    let key = text(headers, names.key)?;
    let md5 = text(headers, names.md5)?;
    if algorithm.is_none() && key.is_none() && md5.is_none() {
        return Ok(None);
    }
    if !req.head.is_secure && !req.house.customer_keys_over_http {
        let message = "Requests specifying Server Side Encryption with Customer provided keys \
                       must be made over a secure connection.";
        return Err(S3Error::new(Code::InvalidRequest, message));
    }
    parse_customer_key(names, algorithm, key, md5).map(Some)
}

/// Never repeats the key in an error.
fn parse_customer_key(
    names: &CustomerHeaders,
    algorithm: Option<&str>,
    key: Option<&str>,
    md5: Option<&str>,
) -> Result<CustomerKey, S3Error> {
    if algorithm != Some("AES256") {
        let message = "Requests specifying Server Side Encryption with Customer provided keys \
                       must provide a valid encryption algorithm.";
        let shown = algorithm.unwrap_or_default();
        return Err(S3Error::argument(names.algorithm, shown, message));
    }
    let key = key.ok_or_else(|| {
        let message = "Requests specifying Server Side Encryption with Customer provided keys \
                       must provide an appropriate secret key.";
        S3Error::argument(names.key, "", message)
    })?;
    let md5 = md5.ok_or_else(|| {
        let message = "Requests specifying Server Side Encryption with Customer provided keys \
                       must provide the client calculated MD5 of the secret key.";
        S3Error::argument(names.md5, "", message)
    })?;
    let bytes = Zeroizing::new(encoding::parse_base64(key).unwrap_or_default());
    let key: &[u8; 32] = bytes.as_slice().try_into().map_err(|_| {
        let message = "The secret key was invalid for the specified algorithm.";
        S3Error::argument(names.key, "", message)
    })?;
    if encoding::parse_base64(md5).as_deref() != Some(&md5_of(key)) {
        let message =
            "The calculated MD5 hash of the key did not match the hash that was provided.";
        return Err(S3Error::argument(names.md5, md5, message));
    }
    Ok(CustomerKey::new(SecretKey::new(*key)))
}

fn md5_of(bytes: &[u8]) -> [u8; 16] {
    let mut digests = Digests::new(&DigestPlan {
        md5: true,
        ..DigestPlan::default()
    });
    digests.update(bytes);
    digests.finish().md5.expect("MD5 is in the plan above")
}

fn bucket_key(headers: &Headers) -> Result<Option<bool>, S3Error> {
    match text(headers, BUCKET_KEY)? {
        None => Ok(None),
        Some(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
        Some(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
        Some(other) => {
            let message = "The value of a bucket key's header is true or false.";
            Err(S3Error::argument(BUCKET_KEY, other, message))
        }
    }
}

/// The encryption context: base64 of a JSON object of texts. Its canonical form has its names in
/// order, so that the same pairs bind the same bytes.
fn parse_context(text: &str) -> Result<String, S3Error> {
    let message = "The encryption context is the base64 of a JSON object of texts.";
    let wrong = || S3Error::argument(CONTEXT, text, message);
    let json = encoding::parse_base64(text).ok_or_else(wrong)?;
    if json.len() > limits::ENCRYPTION_CONTEXT_BYTES_MAX {
        return Err(wrong());
    }
    let pairs: BTreeMap<String, String> = serde_json::from_slice(&json).map_err(|_| wrong())?;
    serde_json::to_string(&pairs).map_err(|_| wrong())
}

/// A header that must be text and be there once: a second one would be a second wish.
fn text<'h>(headers: &'h Headers, name: &'static str) -> Result<Option<&'h str>, S3Error> {
    let mut values = headers.get_all(name);
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let value = std::str::from_utf8(value.as_bytes()).ok();
    match (value, values.next()) {
        (Some(value), None) => Ok(Some(value.trim())),
        _ => {
            let message = "The header is text, and given once.";
            Err(S3Error::argument(name, "", message))
        }
    }
}

/// What an answer is about: S3 shows the encryption context where an object is made, and not where
/// it is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum About {
    /// An object or an upload that the request makes.
    New,
    /// Something that was there.
    Stored,
}

/// Tells how an object is sealed, header by header.
fn tell(
    req: &S3Request,
    encryption: &Encryption,
    about: About,
    mut header: impl FnMut(&'static str, &str),
) {
    match encryption {
        Encryption::Default => header(ALGORITHM, "AES256"),
        Encryption::Key(key) => {
            header(ALGORITHM, "aws:kms");
            // Which key it is is its agency's own matter.
            if about == About::Stored && req.alias().is_some() {
                return;
            }
            let arn = agency_key::arn(&req.house.region, &req.caller.agency, &key.name);
            header(KEY_ID, &arn);
            if let Some(context) = key.context.as_ref().filter(|_| about == About::New) {
                header(CONTEXT, &encoding::base64(context.as_bytes()));
            }
            if key.bucket_key {
                header(BUCKET_KEY, "true");
            }
        }
        Encryption::Customer(_) => {
            header(CUSTOMER.algorithm, "AES256");
            // The request brought the key, and its digest was found right.
            if let Some(md5) = req.header(CUSTOMER.md5) {
                header(CUSTOMER.md5, md5.trim());
            }
        }
    }
}

/// Says in the head of an answer how an object is sealed.
pub(super) fn describe(
    req: &S3Request,
    builder: &mut ResponseBuilder,
    encryption: &Encryption,
    about: About,
) {
    tell(req, encryption, about, |name, value| {
        builder.insert_header((name, value));
    });
}

/// As [`describe`], for an answer that has its body already.
pub(super) fn set(
    req: &S3Request,
    response: &mut Response<BoxBody>,
    encryption: &Encryption,
    about: About,
) {
    tell(req, encryption, about, |name, value| {
        reply::set(response, (name, value));
    });
}

#[cfg(test)]
mod tests {
    use super::{CUSTOMER, md5_of, parse_context, parse_customer_key};
    use crate::types::encoding::base64;

    #[test]
    fn contexts_have_one_form() {
        let canonical = |json: &str| parse_context(&base64(json.as_bytes())).ok();
        let expected = Some(r#"{"a":"1","b":"2"}"#.to_owned());
        assert_eq!(canonical(r#"{"a":"1","b":"2"}"#), expected);
        assert_eq!(canonical(r#" {"b" : "2", "a": "\u0031"}"#), expected);
        assert_eq!(canonical("{}"), Some("{}".to_owned()));
        for refused in [
            "",
            "[]",
            "1",
            r#"{"a":1}"#,
            r#"{"a":{"b":"c"}}"#,
            r#"{"a":"b"}x"#,
        ] {
            assert_eq!(canonical(refused), None, "{refused}");
        }
        assert!(parse_context("{}").is_err(), "not base64");
        let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(9_000));
        assert_eq!(canonical(&long), None);
    }

    #[test]
    fn customers_keys() {
        let key = [7; 32];
        let (good, md5) = (base64(&key), base64(&md5_of(&key)));
        let short = (base64(&[7; 31]), base64(&md5_of(&[7; 31])));
        let parse = |algorithm, key, md5| parse_customer_key(&CUSTOMER, algorithm, key, md5);
        assert!(parse(Some("AES256"), Some(&good), Some(&md5)).is_ok());
        for (algorithm, key, md5) in [
            (None, Some(&*good), Some(&*md5)),
            (Some("aes256"), Some(&*good), Some(&*md5)),
            (Some("AES256"), None, Some(&*md5)),
            (Some("AES256"), Some(&*good), None),
            (Some("AES256"), Some(&*good), Some(&*short.1)),
            (Some("AES256"), Some(&*short.0), Some(&*short.1)),
            (Some("AES256"), Some("%"), Some(&*md5)),
        ] {
            let refused = parse(algorithm, key, md5).err().unwrap();
            assert_eq!(refused.code.name(), "InvalidArgument");
            let shown = format!("{refused:?}");
            assert!(
                !shown.contains(&good) && !shown.contains(&short.0),
                "{shown}"
            );
        }
    }
}
