//! The head of a request, and when it came.

use std::net::IpAddr;

use actix_http::Method;
use actix_http::Uri;
use actix_http::Version;

use crate::crypto::random;
use crate::types::clock::Time;
use crate::types::ids::RequestId;

use super::forwarded::TlsVersion;
use super::headers::Headers;
use super::house::House;

/// The head of a request as it came, before anything of it is believed.
#[derive(Clone, Debug)]
pub struct Head {
    /// The method.
    pub method: Method,
    /// The version of HTTP that it came in: the framing of bodies goes by it.
    pub version: Version,
    /// The raw target.
    pub uri: Uri,
    /// The headers, names in lower case.
    pub headers: Headers,
    /// The client's address.
    pub remote: IpAddr,
    /// Whether the client speaks TLS.
    pub is_secure: bool,
    /// The version of TLS that the client speaks, where it is known: a proxy does not tell.
    pub tls: Option<TlsVersion>,
}

impl Head {
    /// A header as text; one that is not UTF-8 is as good as another value: never equal to any.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .get(name)
            .and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
    }

    /// Whether it tells where its body ends. HTTP/1.1 takes a body of which nothing is said for an
    /// empty one; HTTP/2 frames every body. Source: RFC 9112, section 6.3.
    pub fn frames_body(&self) -> bool {
        self.version >= Version::HTTP_2
            || self.headers.contains_key("content-length")
            || self.headers.contains_key("transfer-encoding")
    }
}

/// When and where from: what is known of a request before it is parsed.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Its id.
    pub id: RequestId,
    /// When it came.
    pub at: Time,
    /// The address it came from, as text for the audit entry.
    pub remote: String,
}

impl Arrival {
    /// Of a request whose head is here: now.
    pub fn now(house: &House, head: &Head) -> Self {
        Self {
            id: RequestId::new(random::bytes()),
            at: house.clock.now(),
            remote: head.remote.to_string(),
        }
    }
}
