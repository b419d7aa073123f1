//! What a signed request claims: read completely, then verified with the signing key.

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

use super::credential::parse_credential;
use super::date::AmzDate;
use super::expected::Expected;
use super::key::{Scope, SigningKey};
use super::payload::{PayloadHash, Streaming};
use super::query::{MoreThanOne, Query};
use super::sign::{sign, with_string_to_sign};
use super::signed_headers::check_headers_are_signed;
use super::{ALGORITHM, canonical};
use crate::auth::chunked::signer::ChunkSigner;
use crate::auth::covered::{Covered, holds_a_key};
use crate::auth::error::{Error, Fault, Place};
use crate::auth::head::RequestHead;
use crate::types::clock::Time;
use crate::types::ids::AccessKeyId;
use crate::types::{encoding, limits};

/// A Signature Version 4 whose form is right and whose time is now; the signature itself is not
/// verified yet.
#[derive(Debug)]
pub struct Claim<'a> {
    place: Place,
    access_key_id: Cow<'a, str>,
    scope: Scope<'a>,
    date: AmzDate,
    signed_headers: Cow<'a, str>,
    signature: [u8; 32],
    payload: PayloadHash,
    payload_text: Cow<'a, str>,
    session_token: Option<Cow<'a, str>>,
    query: Query<'a>,
    /// What a form's signature covers, instead of the request.
    form_policy: Option<Cow<'a, str>>,
}

/// The fields of a form that prove who signed its policy.
#[derive(Clone, Copy, Debug)]
pub struct FormProof<'a> {
    /// `x-amz-algorithm`.
    pub algorithm: &'a str,
    /// `x-amz-credential`.
    pub credential: &'a str,
    /// `x-amz-date`.
    pub date: &'a str,
    /// `x-amz-signature`.
    pub signature: &'a str,
    /// `x-amz-security-token`.
    pub session_token: Option<&'a str>,
    /// `policy`, the base64 text as it came: that is what is signed.
    pub policy: &'a str,
}

/// A claim proved right.
#[derive(Debug)]
pub struct Verified {
    /// What the caller says of the body. The signature covers the saying, not yet the body.
    pub payload: PayloadHash,
    /// Checks the chunks of a body that signs them; `None` for all others.
    pub chunks: Option<ChunkSigner>,
}

impl<'a> Claim<'a> {
    /// Reads what follows the algorithm in the `Authorization` header.
    pub(in crate::auth) fn of_header(
        head: &RequestHead<'a>,
        query: Query<'a>,
        algorithm: &str,
        text: &'a str,
        expected: &Expected<'a>,
    ) -> Result<Self, Error> {
        let place = Place::Header;
        if algorithm != ALGORITHM {
            return Err(Error::malformed(place, Fault::Algorithm));
        }
        let [credential, signed_headers, signature] = components(text)?;
        let (access_key_id, scope) = parse_credential(credential, place, expected)?;
        let date = AmzDate::of_headers(head)?;
        check_headers_are_signed(head, signed_headers, None)?;
        let payload_text = payload_text(head, expected)?.ok_or(Error::MissingContentHash)?;
        check_skew(date.time, expected.now)?;
        let claim = Self {
            place,
            access_key_id: Cow::Borrowed(access_key_id),
            scope,
            date,
            signed_headers: Cow::Borrowed(signed_headers),
            signature: parse_signature(signature, place)?,
            payload: PayloadHash::parse(&payload_text)?,
            payload_text,
            session_token: None,
            query,
            form_policy: None,
        };
        claim.checked(head)
    }

    /// Reads the query of a presigned URL.
    pub(in crate::auth) fn of_query(
        head: &RequestHead<'a>,
        query: Query<'a>,
        expected: &Expected<'a>,
    ) -> Result<Self, Error> {
        let place = Place::Query;
        let fault = |fault| Error::malformed(place, fault);
        let single = |name| {
            let value = query.single(name);
            value.map_err(|MoreThanOne| fault(Fault::RepeatedParameter))
        };
        let required = |name| single(name)?.ok_or(fault(Fault::MissingParameter));
        if required("X-Amz-Algorithm")? != ALGORITHM {
            return Err(fault(Fault::Algorithm));
        }
        let credential = required("X-Amz-Credential")?;
        let (access_key_id, scope) = parse_credential(&credential, place, expected)?;
        let access_key_id = Cow::Owned(access_key_id.to_owned());
        let date = AmzDate::parse(&required("X-Amz-Date")?).ok_or(fault(Fault::Date))?;
        let expires = parse_expires(&required("X-Amz-Expires")?).map_err(fault)?;
        let signed_headers = required("X-Amz-SignedHeaders")?;
        let signature = parse_signature(&required("X-Amz-Signature")?, place)?;
        let session_token = single("X-Amz-Security-Token")?;
        check_headers_are_signed(head, &signed_headers, Some(&query))?;
        // The header is signed, or equal to the parameter: that was checked above.
        let payload_text = match single("X-Amz-Content-Sha256")? {
            Some(text) => text,
            None => payload_text(head, expected)?.unwrap_or(Cow::Borrowed("UNSIGNED-PAYLOAD")),
        };
        check_lifetime(date.time, expires, expected.now)?;
        let claim = Self {
            place,
            access_key_id,
            scope,
            date,
            signed_headers,
            signature,
            payload: PayloadHash::parse(&payload_text)?,
            payload_text,
            session_token,
            query,
            form_policy: None,
        };
        claim.checked(head)
    }

    /// Reads the fields of a form. What the policy says is for its reader; a signature is good for
    /// as long as a presigned URL may be.
    ///
    /// Source: AWS S3 API Reference, "Authenticating Requests in Browser-Based Uploads Using POST".
    ///
    /// # Errors
    /// Those of a signature out of form or of time.
    pub fn of_form(proof: &FormProof<'a>, expected: &Expected<'a>) -> Result<Self, Error> {
        let place = Place::Form;
        let fault = |fault| Error::malformed(place, fault);
        if proof.algorithm != ALGORITHM {
            return Err(fault(Fault::Algorithm));
        }
        let (access_key_id, scope) = parse_credential(proof.credential, place, expected)?;
        let date = AmzDate::parse(proof.date).ok_or(fault(Fault::Date))?;
        let lifetime = i64::try_from(limits::PRESIGN_SECONDS_MAX).unwrap_or(0);
        check_lifetime(date.time, lifetime, expected.now)?;
        let claim = Self {
            place,
            access_key_id: Cow::Borrowed(access_key_id),
            scope,
            date,
            signed_headers: Cow::Borrowed(""),
            // What cannot be a signature matches none.
            signature: parse_signature(proof.signature, place)
                .map_err(|_| Error::SignatureMismatch)?,
            payload: PayloadHash::Unsigned,
            payload_text: Cow::Borrowed(""),
            session_token: proof.session_token.map(Cow::Borrowed),
            query: Query::parse("")?,
            form_policy: Some(Cow::Borrowed(proof.policy)),
        };
        claim.checked(&RequestHead {
            method: "POST",
            path: "/",
            query: "",
            headers: &[],
        })
    }

    /// The checks that both places share, once all parts are read.
    fn checked(mut self, head: &RequestHead<'a>) -> Result<Self, Error> {
        if self.date.day() != self.scope.date {
            return Err(Error::malformed(self.place, Fault::CredentialDate));
        }
        // Covered by the signature in either place; two that differ would be two sessions.
        if let Some(token) = head.single("x-amz-security-token")? {
            let in_query = self.session_token.replace(Cow::Borrowed(token));
            if in_query.is_some_and(|other| other != token) {
                return Err(Error::SessionToken);
            }
        }
        let is_too_long = |token: &Cow<'_, str>| token.len() > limits::SESSION_TOKEN_BYTES_MAX;
        if self.session_token.as_ref().is_some_and(is_too_long) {
            return Err(Error::SessionToken);
        }
        // Two hosts could name two buckets; only one of them can have been meant.
        head.single("host")?;
        Ok(self)
    }

    /// Where the signature stood.
    pub const fn place(&self) -> Place {
        self.place
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
    pub fn covered(&self, head: &RequestHead<'_>) -> Option<Covered> {
        let (string_to_sign, canonical_request) = match &self.form_policy {
            Some(policy) => (policy.as_bytes().to_vec(), None),
            None => {
                let (names, payload) = (&self.signed_headers, &self.payload_text);
                let request = canonical::request(head, &self.query, names, payload).ok()?;
                let hash = Sha256::digest(&request).into();
                let text =
                    with_string_to_sign(&self.date, &self.scope, &hash, |pieces| pieces.concat());
                (text, (!self.brings_a_key()).then_some(request))
            }
        };
        Some(Covered {
            access_key_id: self.access_key_id.clone().into_owned(),
            signature: encoding::hex(&self.signature),
            string_to_sign: Some(string_to_sign),
            canonical_request,
        })
    }

    /// Whether a customer's key is among what the signature covers: no answer repeats one.
    fn brings_a_key(&self) -> bool {
        self.signed_headers.split(';').any(holds_a_key)
            || self.query.pairs().iter().any(|(name, _)| holds_a_key(name))
    }

    /// What the signing key must be derived for.
    pub const fn scope(&self) -> &Scope<'a> {
        &self.scope
    }

    /// When the request was signed.
    pub const fn signed_at(&self) -> Time {
        self.date.time
    }

    /// Verifies the signature, in constant time over its bytes.
    ///
    /// # Errors
    /// [`Error::SignatureMismatch`], [`Error::SignedHeaderMissing`], [`Error::InvalidUri`].
    pub fn verify(&self, head: &RequestHead<'_>, key: &SigningKey) -> Result<Verified, Error> {
        let signature = match &self.form_policy {
            Some(policy) => key.sign(&[policy.as_bytes()]),
            None => {
                let (names, payload) = (&self.signed_headers, &self.payload_text);
                let hash = canonical::hash(head, &self.query, names, payload)?;
                sign(key, &self.date, &self.scope, &hash)
            }
        };
        if !bool::from(signature.ct_eq(&self.signature)) {
            return Err(Error::SignatureMismatch);
        }
        let chunks = match self.payload {
            PayloadHash::Streaming(Streaming::Signed | Streaming::SignedTrailer) => Some(
                ChunkSigner::new(key.clone(), &self.date, &self.scope, &signature),
            ),
            PayloadHash::Streaming(Streaming::UnsignedTrailer)
            | PayloadHash::Unsigned
            | PayloadHash::Signed(_) => None,
        };
        Ok(Verified {
            payload: self.payload,
            chunks,
        })
    }
}

/// What the request says of its body, or what is known of it already; both must agree.
fn payload_text<'a>(
    head: &RequestHead<'a>,
    expected: &Expected<'_>,
) -> Result<Option<Cow<'a, str>>, Error> {
    let said = head.single("x-amz-content-sha256")?;
    let Some(known) = &expected.body_sha256 else {
        return Ok(said.map(Cow::Borrowed));
    };
    let known = encoding::hex(known);
    match said {
        Some(said) if said != known => Err(Error::InvalidContentHash),
        _ => Ok(Some(Cow::Owned(known))),
    }
}

/// Splits `Credential=…, SignedHeaders=…, Signature=…`, in any order, each exactly once.
fn components(text: &str) -> Result<[&str; 3], Error> {
    const NAMES: [&str; 3] = ["Credential", "SignedHeaders", "Signature"];
    let fault = || Error::malformed(Place::Header, Fault::Components);
    let mut found = [None; 3];
    for component in text.split(',') {
        let (name, value) = component
            .trim_matches(' ')
            .split_once('=')
            .ok_or_else(fault)?;
        let slot = NAMES.iter().position(|n| *n == name).ok_or_else(fault)?;
        let slot = found.get_mut(slot).ok_or_else(fault)?;
        if slot.replace(value).is_some() {
            return Err(fault());
        }
    }
    let missing = |name| Error::malformed(Place::Header, Fault::MissingComponent(name));
    let [credential, signed_headers, signature] = found;
    Ok([
        credential.ok_or(missing("Credential"))?,
        signed_headers.ok_or(missing("SignedHeaders"))?,
        signature.ok_or(missing("Signature"))?,
    ])
}

fn parse_signature(text: &str, place: Place) -> Result<[u8; 32], Error> {
    encoding::parse_hex(text).ok_or(Error::malformed(place, Fault::Signature))
}

fn parse_expires(text: &str) -> Result<i64, Fault> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Fault::Expires);
    }
    let most = i64::try_from(limits::PRESIGN_SECONDS_MAX).unwrap_or(0);
    match text.parse::<i64>() {
        Ok(seconds) if seconds < 1 => Err(Fault::ExpiresTooSoon),
        Ok(seconds) if seconds <= most => Ok(seconds),
        _ => Err(Fault::ExpiresTooLate),
    }
}

fn check_skew(request: Time, server: Time) -> Result<(), Error> {
    let allowed = limits::CLOCK_SKEW_SECONDS;
    if request < server.plus_seconds(-allowed) || request > server.plus_seconds(allowed) {
        return Err(Error::TimeSkewed { request, server });
    }
    Ok(())
}

fn check_lifetime(from: Time, expires: i64, now: Time) -> Result<(), Error> {
    if from > now.plus_seconds(limits::CLOCK_SKEW_SECONDS) {
        return Err(Error::NotYetValid { from });
    }
    let at = from.plus_seconds(expires);
    if now > at {
        return Err(Error::Expired {
            at,
            server: now,
            lifetime: Some(expires),
        });
    }
    Ok(())
}
