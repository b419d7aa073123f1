//! Who asks: from the head of a request to a caller.

use crate::access::caller::Caller;
use crate::api::http::head::Head;
use crate::api::http::house::House;
use crate::api::http::identify;
use crate::api::http::identify::Unidentified;
use crate::api::http::target;
use crate::api::http::target::Query;
use crate::auth;
use crate::auth::chunked::signer::ChunkSigner;
use crate::auth::covered::Covered;
use crate::auth::head::RequestHead;
use crate::auth::scheme::Presented;
use crate::auth::sigv2;
use crate::auth::sigv4::expected::Expected;
use crate::auth::sigv4::payload::PayloadHash;
use crate::auth::sigv4::payload::Streaming;
use crate::types::clock::Time;
use crate::types::limits;
use crate::types::names::AgencyId;

use super::code::Code;
use super::error::S3Error;
use super::error::excerpt;

/// What the caller's proof says of the body.
pub struct Payload {
    /// Its hash or framing.
    pub hash: PayloadHash,
    /// What checks its chunks, if they are signed.
    pub chunks: Option<ChunkSigner>,
    /// The query parameters that are part of the proof, beside those that any request may have.
    pub proof: &'static [&'static str],
}

impl Payload {
    /// Whether the proof leaves headers and parameters of this store's own uncovered: a signature
    /// of version 2 covers those of S3 alone.
    pub const fn leaves_our_own_open(&self) -> bool {
        !self.proof.is_empty()
    }
}

/// Whether a request shows no proof at all. Only says how its host is read: what counts is what
/// [`authenticate`] finds.
pub fn is_anonymous(head: &Head) -> bool {
    let in_query = ["X-Amz-Signature", "X-Amz-Algorithm", "AWSAccessKeyId"];
    let query = head.uri.query().unwrap_or_default();
    !head.headers.contains_key("authorization") && !in_query.iter().any(|name| query.contains(name))
}

/// Proves who sent a request. One without proof is nobody's, in the agency that its host names if
/// that agency answers to such requests.
pub async fn authenticate(
    house: &House,
    head: &Head,
    now: Time,
    anonymous: Option<AgencyId>,
) -> Result<(Caller, Payload), S3Error> {
    let headers: Vec<(&str, &[u8])> = head
        .headers
        .iter()
        .map(|(name, value)| (name, value.as_bytes()))
        .collect();
    let request_head = RequestHead {
        method: head.method.as_str(),
        path: head.uri.path(),
        query: head.uri.query().unwrap_or_default(),
        headers: &headers,
    };
    let expected = Expected {
        region: &house.region,
        service: "s3",
        now,
        body_sha256: None,
    };
    let old = house.signature_v2;
    let presented = auth::scheme::presented(&request_head, &expected, old);
    match presented.map_err(|error| unread(error, head))? {
        Presented::Signature(claim) => {
            let (identified, verified) = identify::by_signature(house, &request_head, &claim, now)
                .await
                .map_err(|e| unproved(e, claim.named_key(), || claim.covered(&request_head)))?;
            let payload = Payload {
                hash: verified.payload,
                chunks: verified.chunks,
                proof: &[],
            };
            Ok((identified.caller, payload))
        }
        Presented::SignatureV2(claim) => {
            let host = head.header("host").unwrap_or_default();
            let bucket = target::label_of_host(host, &house.domains);
            let covered = || claim.covered(&request_head, bucket);
            let identified = identify::by_signature_v2(house, &request_head, &claim, bucket, now)
                .await
                .map_err(|error| unproved(error, claim.named_key(), covered))?;
            let payload = Payload {
                proof: &sigv2::QUERY,
                ..unsigned(head)?
            };
            check_said_headers(head)?;
            Ok((identified.caller, payload))
        }
        Presented::Bearer(token) => {
            let identified = identify::by_token(house, token.expose(), now).await?;
            Ok((identified.caller, unsigned(head)?))
        }
        Presented::Anonymous => {
            let agency = anonymous.ok_or_else(|| {
                S3Error::new(Code::AccessDenied, "Anonymous access is not allowed.")
            })?;
            house.store.ensure_active(&agency).await?;
            Ok((Caller::anonymous(agency), unsigned(head)?))
        }
    }
}

/// What a caller is told whose proof cannot be read.
fn unread(error: auth::error::Error, head: &Head) -> S3Error {
    let told = S3Error::from(error.clone());
    if error != auth::error::Error::InvalidContentHash {
        return told;
    }
    let said = head.header("x-amz-content-sha256").map(excerpt);
    told.with("ArgumentName", "x-amz-content-sha256".to_owned())
        .or_with("ArgumentValue", said)
}

/// What a caller is told whose signature proves nothing: which access key it named, and what the
/// signature should have covered.
///
/// Source: AWS S3 API Reference, "Error responses".
pub(super) fn unproved(
    error: Unidentified,
    named_key: &str,
    covered: impl FnOnce() -> Option<Covered>,
) -> S3Error {
    let told = S3Error::from(error);
    let covered = match told.code {
        Code::InvalidAccessKeyId => return told.with("AWSAccessKeyId", excerpt(named_key)),
        Code::SignatureDoesNotMatch => covered(),
        _ => None,
    };
    let Some(covered) = covered else {
        return told;
    };
    let mut told = told
        .with("AWSAccessKeyId", excerpt(&covered.access_key_id))
        .with("SignatureProvided", excerpt(&covered.signature));
    let texts = [
        ("StringToSign", "StringToSignBytes", covered.string_to_sign),
        (
            "CanonicalRequest",
            "CanonicalRequestBytes",
            covered.canonical_request,
        ),
    ];
    for (text, bytes, covered) in texts {
        let short = covered.filter(|covered| covered.len() <= limits::COVERED_BYTES_MAX);
        if let Some(covered) = short {
            let hex: Vec<String> = covered.iter().map(|byte| format!("{byte:02x}")).collect();
            told = told
                .with(text, String::from_utf8_lossy(&covered).into_owned())
                .with(bytes, hex.join(" "));
        }
    }
    told
}

/// Refuses what S3 lets nobody do who is nobody, whatever policies allow: `what` is in its words.
pub(super) fn refuse_nobody(caller: &Caller, what: &str) -> Result<(), S3Error> {
    if !caller.is_anonymous() {
        return Ok(());
    }
    let message = format!("Anonymous users cannot {what}. Please authenticate.");
    Err(S3Error::new(Code::AccessDenied, message))
}

/// The body of a request whose proof does not sign it.
fn unsigned(head: &Head) -> Result<Payload, S3Error> {
    let text = head.header("x-amz-content-sha256");
    let hash = PayloadHash::parse(text.unwrap_or("UNSIGNED-PAYLOAD"))?;
    let unsigned = [Streaming::UnsignedTrailer];
    if matches!(hash, PayloadHash::Streaming(framing) if !unsigned.contains(&framing)) {
        let message = "Only a request with a signature has signed chunks.";
        return Err(S3Error::new(Code::InvalidRequest, message));
    }
    Ok(Payload {
        hash,
        chunks: None,
        proof: &[],
    })
}

/// What a URL presigned with Signature Version 2 says that was signed must be what was sent: the
/// signature covers the headers, not the parameters of their names.
fn check_said_headers(head: &Head) -> Result<(), S3Error> {
    let query = Query::parse(head.uri.query().unwrap_or_default())?;
    for name in ["content-md5", "content-type"] {
        if query.has(name) && query.value(name) != head.header(name) {
            return Err(auth::error::Error::SignatureMismatch.into());
        }
    }
    Ok(())
}
