//! Exactly one way of authenticating per request, decided once.

use std::fmt;

use super::error::Error;
use super::head::RequestHead;
use super::sigv2;
use super::sigv4::claim::Claim;
use super::sigv4::expected::Expected;
use super::sigv4::query::Query;
use super::sigv4::{ALGORITHM, ALGORITHM_PREFIX};

/// What a request presents as proof of who sent it. Nothing of it is verified yet.
#[derive(Debug)]
pub enum Presented<'a> {
    /// Signature Version 4, in the `Authorization` header or in a presigned URL
    /// ([`Claim::place`] tells which).
    Signature(Claim<'a>),
    /// Signature Version 2, in the `Authorization` header or in a presigned URL.
    SignatureV2(sigv2::Claim<'a>),
    /// A Bearer token (RFC 6750 section 2.1), for [`super::bearer`].
    Bearer(BearerToken<'a>),
    /// Nothing at all.
    Anonymous,
}

/// The text of a Bearer token; a credential, so it cannot be printed.
#[derive(Clone, Copy)]
pub struct BearerToken<'a>(&'a str);

impl<'a> BearerToken<'a> {
    /// The token, for the one call that verifies it.
    pub const fn expose(self) -> &'a str {
        self.0
    }
}

impl fmt::Debug for BearerToken<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BearerToken(…)")
    }
}

/// Whether Signature Version 2 counts as a proof.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Version2 {
    /// It does.
    Accepted,
    /// It is a mechanism that is not supported.
    Refused,
}

/// Decides how a request authenticates itself, and reads that way's form completely.
///
/// # Errors
/// All of [`Error`] but [`Error::SignatureMismatch`], [`Error::InvalidAccessKeyId`] and
/// [`Error::SignedHeaderMissing`], which need the access key.
pub fn presented<'a>(
    head: &RequestHead<'a>,
    expected: &Expected<'a>,
    old: Version2,
) -> Result<Presented<'a>, Error> {
    let query = Query::parse(head.query)?;
    let authorization = match head.single("authorization") {
        Err(Error::RepeatedHeader { .. }) => return Err(Error::TwoMechanisms),
        other => other?,
    };
    // Signature Version 2 names its key so in the query.
    let version_2 = query.has("AWSAccessKeyId");
    let presigned = query.has("X-Amz-Signature") || query.has("X-Amz-Algorithm");
    let Some(authorization) = authorization else {
        return match (presigned, version_2) {
            (true, true) => Err(Error::TwoMechanisms),
            (false, true) if old == Version2::Accepted => {
                sigv2::Claim::of_query(head, query, expected.now).map(Presented::SignatureV2)
            }
            (false, true) => Err(Error::UnsupportedMechanism),
            (true, false) => Claim::of_query(head, query, expected).map(Presented::Signature),
            (false, false) => Ok(Presented::Anonymous),
        };
    };
    if presigned || version_2 {
        return Err(Error::TwoMechanisms);
    }
    let (scheme, rest) = authorization.split_once(' ').unwrap_or((authorization, ""));
    let rest = rest.trim_matches(' ');
    if scheme.eq_ignore_ascii_case("bearer") {
        if rest.is_empty() {
            return Err(Error::UnsupportedMechanism);
        }
        return Ok(Presented::Bearer(BearerToken(rest)));
    }
    if scheme == ALGORITHM || scheme.starts_with(ALGORITHM_PREFIX) {
        return Claim::of_header(head, query, scheme, rest, expected).map(Presented::Signature);
    }
    match (scheme, old) {
        ("AWS", Version2::Accepted) => {
            sigv2::Claim::of_header(head, query, rest, expected.now).map(Presented::SignatureV2)
        }
        ("AWS", Version2::Refused) => Err(Error::UnsupportedMechanism),
        _ => Err(Error::UnknownScheme),
    }
}
