//! Headers that stand in the query of a presigned URL.
//!
//! Whoever opens such a URL need not send headers, so SDKs move `x-amz-…` headers into the query
//! before they sign it, and S3 takes them from there. The signature covers both alike.
//! Source: AWS S3 API Reference, "Authenticating Requests: Using Query Parameters".
//!
//! The checksum of an empty body says nothing there (decision 18).

use actix_http::header::HeaderName;
use actix_http::header::HeaderValue;

use crate::api::http::headers::Headers;
use crate::api::http::target::Query;
use crate::crypto::digest::DigestPlan;
use crate::crypto::digest::Digests;
use crate::types::checksum::ChecksumAlgorithm;

use super::error::S3Error;

/// Whether a query is that of a presigned URL, of either version.
pub(super) fn is_presigned(query: &Query) -> bool {
    query.has("X-Amz-Signature") || query.has("AWSAccessKeyId")
}

/// Whether a presigned URL brings a header.
pub(super) fn brings(query: &Query, header: &str) -> bool {
    is_presigned(query) && query.names().any(|name| name.eq_ignore_ascii_case(header))
}

/// Moves the headers that a presigned URL brings to where all others are. One that came both ways
/// must be the same.
pub(super) fn move_headers(query: &mut Query, headers: &mut Headers) -> Result<(), S3Error> {
    if !is_presigned(query) {
        return Ok(());
    }
    let before = std::mem::take(query).into_pairs();
    let (moved, kept) = before.into_iter().partition(|(name, _)| is_header(name));
    *query = Query::of(kept);
    let moved: Vec<(String, String)> = moved;
    let of_a_body = |(name, value): &(String, String)| !is_of_nothing(name, value);
    for (name, value) in moved.into_iter().filter(of_a_body) {
        let refused = |message| S3Error::argument("query", &name, message);
        let header = HeaderName::try_from(name.to_ascii_lowercase());
        let header = header.map_err(|_| refused("The parameter is no header."))?;
        let value = HeaderValue::from_bytes(value.as_bytes());
        let value = value.map_err(|_| refused("The value cannot stand in a header."))?;
        match headers.get(header.as_str()) {
            None => headers.append(header, value),
            Some(same) if *same == value => continue,
            Some(_) => return Err(refused("The header has another value than the parameter.")),
        };
    }
    Ok(())
}

/// Whether a parameter is the checksum of an empty body. The SDK for JavaScript signs it into every
/// URL that is made before there is a body.
fn is_of_nothing(name: &str, value: &str) -> bool {
    let Some(algorithm) = ChecksumAlgorithm::of_header(name) else {
        return false;
    };
    let digests = Digests::new(&DigestPlan {
        checksums: vec![algorithm],
        ..DigestPlan::default()
    });
    let nothing = digests.finish().checksum(algorithm);
    nothing.is_some_and(|nothing| nothing.base64() == value)
}

/// Whether a parameter stands for a header, and is none of the signature's own.
fn is_header(name: &str) -> bool {
    const OF_SIGNATURE: [&str; 8] = [
        "x-amz-algorithm",
        "x-amz-content-sha256",
        "x-amz-credential",
        "x-amz-date",
        "x-amz-expires",
        "x-amz-security-token",
        "x-amz-signature",
        "x-amz-signedheaders",
    ];
    let name = name.to_ascii_lowercase();
    name.starts_with("x-amz-") && !OF_SIGNATURE.contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use actix_http::header::{HeaderName, HeaderValue};

    use super::move_headers;
    use crate::api::http::headers::Headers;
    use crate::api::http::target::Query;

    #[track_caller]
    fn check(query: &str, header: Option<&str>, expected: Option<(&str, usize)>) {
        let mut query = Query::parse(query).unwrap();
        let mut headers = Headers::default();
        let acl = HeaderName::from_static("x-amz-acl");
        if let Some(value) = header {
            headers.append(acl, HeaderValue::from_str(value).unwrap());
        }
        let moved = move_headers(&mut query, &mut headers).ok().map(|()| {
            let value = headers
                .get("x-amz-acl")
                .map_or("", |value| value.to_str().unwrap());
            (value, query.names().count())
        });
        assert_eq!(moved, expected);
    }

    #[test]
    fn headers_of_presigned_urls() {
        check(
            "X-Amz-Acl=private&X-Amz-Signature=1",
            None,
            Some(("private", 1)),
        );
        check(
            "x-amz-acl=private&X-Amz-Signature=1&versionId=1",
            None,
            Some(("private", 2)),
        );
        check("x-amz-acl=private", None, Some(("", 1)));
        check("x-amz-acl=a&X-Amz-Signature=1", Some("a"), Some(("a", 1)));
        check("x-amz-acl=a&X-Amz-Signature=1", Some("b"), None);
        check("x-amz-acl=a&X-Amz-Acl=b&X-Amz-Signature=1", None, None);
        check("x-amz-acl=a%0Ab&X-Amz-Signature=1", None, None);
        check("X-Amz-Date=1&X-Amz-Signature=1", None, Some(("", 2)));
    }
}
