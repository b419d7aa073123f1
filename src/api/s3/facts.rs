//! What the head of a request says to conditions of policies.
//!
//! Source: AWS Service Authorization Reference, "Condition keys for Amazon S3".

use std::borrow::Cow;

use actix_http::Method;

use crate::access::action::Action;
use crate::access::context::RequestFacts;
use crate::access::policy::key::PlainKey;
use crate::api::http::target::Query;
use crate::types::clock::Time;
use crate::types::tags::Tags;

use super::request::S3Request;

impl RequestFacts for S3Request {
    fn value(&self, key: PlainKey) -> Option<Cow<'_, str>> {
        use PlainKey as K;
        let parameter = |name| self.query.value(name).map(Cow::Borrowed);
        match key {
            K::Delimiter => parameter("delimiter"),
            K::MaxKeys => parameter("max-keys"),
            K::Prefix => parameter("prefix"),
            K::TlsVersion => Some(Cow::Borrowed(self.head.tls?.name())),
            K::RequestedRegion => Some(Cow::Borrowed(&self.house.region)),
            K::AuthType => Some(Cow::Borrowed(match self.proved()? {
                Proved::ByForm => "POST",
                Proved::ByQuery | Proved::ByQueryV2 => "REST-QUERY-STRING",
                Proved::ByHeader | Proved::ByHeaderV2 | Proved::ByToken => "REST-HEADER",
            })),
            K::SignatureVersion => match self.proved()? {
                // Without a moment of version 4 a form was signed by version 2.
                Proved::ByForm if self.header("x-amz-date").is_none() => Some(Cow::Borrowed("AWS")),
                Proved::ByForm | Proved::ByQuery | Proved::ByHeader => {
                    Some(Cow::Borrowed(SIGNATURE_VERSION))
                }
                Proved::ByQueryV2 | Proved::ByHeaderV2 => Some(Cow::Borrowed("AWS")),
                Proved::ByToken => None,
            },
            // Who uploads by an address, a form or a token signs nothing of what is uploaded.
            K::ContentSha256 if self.brings_body() => {
                let said = self.header("x-amz-content-sha256");
                Some(Cow::Borrowed(said.unwrap_or("UNSIGNED-PAYLOAD")))
            }
            K::SignatureAge => {
                let signed = self.header("x-amz-date");
                let signed = signed.or_else(|| self.query.value("X-Amz-Date"))?;
                let signed = Time::parse_amz_date(signed)?;
                let age_ms = self.arrival.at.millis().saturating_sub(signed.millis());
                Some(Cow::Owned(age_ms.to_string()))
            }
            other => self.header(header_of(other)?).map(Cow::Borrowed),
        }
    }

    fn tags(&self) -> Option<Vec<(String, String)>> {
        // What cannot be read is refused by the operation; here it still asks for its permission.
        let tags = Query::parse(self.header("x-amz-tagging")?).unwrap_or_default();
        let value = |name: &str| tags.value(name).unwrap_or_default().to_owned();
        Some(
            tags.names()
                .map(|name| (name.to_owned(), value(name)))
                .collect(),
        )
    }

    fn bypasses_governance(&self) -> bool {
        self.header("x-amz-bypass-governance-retention")
            .is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }
}

/// How a request proved its caller.
enum Proved {
    ByForm,
    ByQuery,
    ByQueryV2,
    ByHeader,
    ByHeaderV2,
    ByToken,
}

impl S3Request {
    fn proved(&self) -> Option<Proved> {
        if self.caller.is_anonymous() {
            return None;
        }
        if self.action == Action::PostObject {
            return Some(Proved::ByForm);
        }
        Some(match self.header("authorization") {
            Some(text) if text.starts_with(SIGNATURE_VERSION) => Proved::ByHeader,
            Some(text) if text.starts_with("AWS ") => Proved::ByHeaderV2,
            Some(_) => Proved::ByToken,
            None if self.query.has("X-Amz-Signature") => Proved::ByQuery,
            None => Proved::ByQueryV2,
        })
    }

    fn brings_body(&self) -> bool {
        matches!(self.head.method, Method::PUT | Method::POST)
    }
}

/// A request whose body gives its object tags.
pub(super) struct Tagging<'a> {
    pub(super) request: &'a S3Request,
    pub(super) tags: &'a Tags,
}

impl RequestFacts for Tagging<'_> {
    fn value(&self, key: PlainKey) -> Option<Cow<'_, str>> {
        self.request.value(key)
    }

    fn tags(&self) -> Option<Vec<(String, String)>> {
        Some(self.tags.pairs().to_vec())
    }

    fn bypasses_governance(&self) -> bool {
        self.request.bypasses_governance()
    }
}

const SIGNATURE_VERSION: &str = "AWS4-HMAC-SHA256";

/// The header that says what a condition key asks for.
const fn header_of(key: PlainKey) -> Option<&'static str> {
    use PlainKey as K;
    Some(match key {
        K::Referer => "referer",
        K::UserAgent => "user-agent",
        K::IfMatch => "if-match",
        K::IfNoneMatch => "if-none-match",
        K::ObjectLockLegalHold => "x-amz-object-lock-legal-hold",
        K::ObjectLockMode => "x-amz-object-lock-mode",
        K::ObjectLockRetainUntilDate => "x-amz-object-lock-retain-until-date",
        K::Acl => "x-amz-acl",
        K::ContentSha256 => "x-amz-content-sha256",
        K::CopySource => "x-amz-copy-source",
        K::GrantFullControl => "x-amz-grant-full-control",
        K::GrantRead => "x-amz-grant-read",
        K::GrantReadAcp => "x-amz-grant-read-acp",
        K::GrantWrite => "x-amz-grant-write",
        K::GrantWriteAcp => "x-amz-grant-write-acp",
        K::MetadataDirective => "x-amz-metadata-directive",
        K::ObjectOwnership => "x-amz-object-ownership",
        K::Encryption => "x-amz-server-side-encryption",
        K::EncryptionKeyId => "x-amz-server-side-encryption-aws-kms-key-id",
        K::CustomerAlgorithm => "x-amz-server-side-encryption-customer-algorithm",
        K::StorageClass => "x-amz-storage-class",
        K::WebsiteRedirect => "x-amz-website-redirect-location",
        _ => return None,
    })
}
