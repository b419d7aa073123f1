//! Whose request it is, where proxies stand between.
//!
//! A proxy that is trusted (`s3.trusted_proxies`) says in `X-Forwarded-For` who came to it, and in
//! `X-Forwarded-Proto` by which protocol. Each proxy adds the address that it saw at the end, so
//! the list is read from there, and the first address that is no trusted proxy is the client's:
//! whatever stands before it, the client may have made up. From anybody else both headers say
//! nothing. Source: MDN Web Docs, "X-Forwarded-For", "Selecting an IP address".

use std::net::IpAddr;
use std::net::SocketAddr;

use super::headers::Headers;
use crate::types::network::Network;

const FOR: &str = "x-forwarded-for";
const PROTO: &str = "x-forwarded-proto";

/// A version of TLS that is spoken here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TlsVersion {
    /// 1.2.
    V1_2,
    /// 1.3.
    V1_3,
}

impl TlsVersion {
    /// As conditions of policies have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V1_2 => "1.2",
            Self::V1_3 => "1.3",
        }
    }
}

/// Where a request comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Origin {
    /// The client's address.
    pub remote: IpAddr,
    /// Whether the client speaks TLS.
    pub is_secure: bool,
    /// Whether a trusted proxy stands between.
    pub is_forwarded: bool,
}

impl Origin {
    /// Where a request comes from that arrived from a peer, over TLS or not.
    pub fn of(proxies: &[Network], peer: IpAddr, is_secure: bool, headers: &Headers) -> Self {
        let is_trusted = |address| proxies.iter().any(|network| network.contains(address));
        let mut origin = Self {
            remote: peer,
            is_secure,
            is_forwarded: is_trusted(peer),
        };
        if !is_trusted(peer) {
            return origin;
        }
        for hop in values(headers, FOR).iter().rev() {
            // Behind what nobody can read nobody is known: the last known hop counts.
            let Some(address) = hop.and_then(address) else {
                break;
            };
            origin.remote = address;
            if !is_trusted(address) {
                break;
            }
        }
        let protocols = values(headers, PROTO);
        if !protocols.is_empty() {
            let is_tls =
                |value: &Option<&str>| value.is_some_and(|v| v.eq_ignore_ascii_case("https"));
            origin.is_secure = protocols.iter().all(is_tls);
        }
        origin
    }
}

/// The values of a list header, over all its lines; `None` for a line that is not UTF-8.
fn values<'a>(headers: &'a Headers, name: &str) -> Vec<Option<&'a str>> {
    let mut all = Vec::new();
    for line in headers.get_all(name) {
        match std::str::from_utf8(line.as_bytes()) {
            Ok(text) => all.extend(text.split(',').map(|value| Some(value.trim()))),
            Err(_) => all.push(None),
        }
    }
    all
}

/// An address, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse::<SocketAddr>().ok().map(|found| found.ip());
    text.parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use actix_http::header::{HeaderName, HeaderValue};

    use super::super::headers::Headers;
    use super::{FOR, Origin, PROTO};
    use crate::types::network::Network;

    const PROXIES: [&str; 2] = ["127.0.0.1", "10.1.0.0/16"];

    #[track_caller]
    fn check(peer: &str, lines: &[(&'static str, &str)], remote: &str, is_secure: bool) {
        let mut headers = Headers::default();
        for (name, value) in lines {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            headers.append(HeaderName::from_static(name), value);
        }
        let proxies = PROXIES.map(|text| Network::parse(text).unwrap());
        let found = Origin::of(&proxies, peer.parse().unwrap(), false, &headers);
        let remote: IpAddr = remote.parse().unwrap();
        let found = (found.remote, found.is_secure);
        assert_eq!(found, (remote, is_secure), "{peer} {lines:?}");
    }

    #[test]
    fn the_last_hop_that_is_not_trusted_counts() {
        let me = "192.0.2.7";
        check(me, &[], me, false);
        // Who is not trusted says nothing.
        check(me, &[(FOR, "198.51.100.1"), (PROTO, "https")], me, false);
        check("127.0.0.1", &[], "127.0.0.1", false);
        check("127.0.0.1", &[(FOR, me)], me, false);
        check("::ffff:127.0.0.1", &[(FOR, me)], me, false);
        check(
            "127.0.0.1",
            &[(FOR, "[2001:db8::1]:443")],
            "2001:db8::1",
            false,
        );
        check("127.0.0.1", &[(FOR, "192.0.2.7:5000")], me, false);
        // What a client made up stands before its own address.
        let forged = "198.51.100.1, 10.1.0.9,192.0.2.7 , 10.1.0.2";
        check("127.0.0.1", &[(FOR, forged)], me, false);
        check("127.0.0.1", &[(FOR, "198.51.100.1"), (FOR, me)], me, false);
        // Only trusted ones: the first of them asks for itself.
        check(
            "127.0.0.1",
            &[(FOR, "10.1.0.9, 10.1.0.2")],
            "10.1.0.9",
            false,
        );
        for unreadable in ["unknown, 10.1.0.2", "ñ, 10.1.0.2", ", 10.1.0.2"] {
            check("127.0.0.1", &[(FOR, unreadable)], "10.1.0.2", false);
        }
    }

    #[test]
    fn tls_is_what_every_trusted_proxy_says() {
        let proxy = "127.0.0.1";
        check(proxy, &[(PROTO, "https")], proxy, true);
        check(proxy, &[(PROTO, "HTTPS,https")], proxy, true);
        check(proxy, &[(PROTO, "http")], proxy, false);
        check(proxy, &[(PROTO, "https, http")], proxy, false);
        check(proxy, &[(PROTO, "https"), (PROTO, "http")], proxy, false);
        check(proxy, &[(PROTO, "ñ")], proxy, false);
        check(proxy, &[(PROTO, "")], proxy, false);
    }
}
