//! Where webhooks may be: whoever names one must not make this server speak to what only it can
//! reach.

use std::net::IpAddr;
use std::net::SocketAddr;

use thiserror::Error;

use crate::config::Webhooks;
use crate::types::network::Network;

/// Why an address is refused.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum Refused {
    /// Not a URL of a host with http or https.
    #[error("it is no https:// URL of a host")]
    NotAUrl,
    /// Plain HTTP, which the settings do not allow.
    #[error("http:// is not allowed by webhooks.allow_http")]
    PlainHttp,
    /// A user, a password or a fragment.
    #[error("it has a user, a password or a fragment")]
    Decorated,
    /// Neither host nor address are among those that the settings allow.
    #[error("its host is not among those of webhooks.allow")]
    Elsewhere,
    /// The host has no address.
    #[error("its host has no address")]
    NoAddress,
}

/// The rules of the configuration.
#[derive(Clone, Debug, Default)]
pub struct Allowed {
    hosts: Vec<String>,
    networks: Vec<Network>,
    allows_http: bool,
}

/// A checked address.
#[derive(Clone, Debug)]
pub struct Place {
    pub(super) url: reqwest::Url,
    pub(super) host: String,
    pub(super) port: u16,
}

impl Allowed {
    /// What the settings allow.
    pub fn new(settings: &Webhooks) -> Self {
        Self {
            hosts: settings.hosts.clone(),
            networks: settings.networks.clone(),
            allows_http: settings.allow_http,
        }
    }

    /// Checks the text of an address; the addresses behind its name are checked when it is told
    /// something.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn parse(&self, text: &str) -> Result<Place, Refused> {
        let url = reqwest::Url::parse(text).map_err(|_| Refused::NotAUrl)?;
        match url.scheme() {
            "https" => {}
            "http" if self.allows_http => {}
            "http" => return Err(Refused::PlainHttp),
            _ => return Err(Refused::NotAUrl),
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(Refused::Decorated);
        }
        let host = url.host_str().ok_or(Refused::NotAUrl)?;
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let port = url.port_or_known_default().ok_or(Refused::NotAUrl)?;
        // A name that is not listed may still lead to a network that is.
        let is_allowed = match host.parse::<IpAddr>() {
            Ok(address) => self.is_in_network(address),
            Err(_) => self.names(&host) || !self.networks.is_empty(),
        };
        if !is_allowed {
            return Err(Refused::Elsewhere);
        }
        Ok(Place { url, host, port })
    }

    /// Those of the addresses behind a place's name that may be spoken to; all must be.
    ///
    /// # Errors
    /// [`Refused::Elsewhere`], [`Refused::NoAddress`].
    pub(super) fn check(&self, place: &Place, found: &[SocketAddr]) -> Result<(), Refused> {
        if found.is_empty() {
            return Err(Refused::NoAddress);
        }
        let named = self.names(&place.host);
        let is_allowed = |address: &SocketAddr| {
            let ip = address.ip().to_canonical();
            self.is_in_network(ip) || (named && !is_special(ip))
        };
        if found.iter().all(is_allowed) {
            Ok(())
        } else {
            Err(Refused::Elsewhere)
        }
    }

    fn names(&self, host: &str) -> bool {
        self.hosts
            .iter()
            .any(|known| known.eq_ignore_ascii_case(host))
    }

    fn is_in_network(&self, address: IpAddr) -> bool {
        self.networks
            .iter()
            .any(|network| network.contains(address))
    }
}

/// This machine itself, its link and other places where no name that somebody else controls may
/// lead, unless a network of the settings says so.
fn is_special(address: IpAddr) -> bool {
    address.is_loopback()
        || address.is_unspecified()
        || address.is_multicast()
        || match address {
            IpAddr::V4(v4) => v4.is_link_local() || v4.is_broadcast(),
            IpAddr::V6(v6) => v6.is_unicast_link_local(),
        }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::{Allowed, Refused};
    use crate::types::network::Network;

    fn allowed() -> Allowed {
        Allowed {
            hosts: vec!["avisos.estado.gob.mx".into()],
            networks: vec![
                Network::parse("10.1.0.0/16").unwrap(),
                Network::parse("2001:db8::/32").unwrap(),
            ],
            allows_http: false,
        }
    }

    #[track_caller]
    fn check(url: &str, addresses: &[&str], expected: Result<(), Refused>) {
        let allowed = allowed();
        let found: Vec<SocketAddr> = addresses
            .iter()
            .map(|ip| SocketAddr::new(ip.parse().unwrap(), 443))
            .collect();
        let checked = allowed
            .parse(url)
            .and_then(|place| allowed.check(&place, &found));
        assert_eq!(checked, expected, "{url} {addresses:?}");
    }

    #[test]
    fn only_listed_places_are_spoken_to() {
        let named = "https://avisos.estado.gob.mx/x?y=z";
        check(named, &["203.0.113.5"], Ok(()));
        check(named, &["10.9.0.1"], Ok(()));
        for inside in ["127.0.0.1", "169.254.169.254", "::1", "0.0.0.0", "fe80::1"] {
            check(named, &[inside], Err(Refused::Elsewhere));
        }
        check(
            named,
            &["203.0.113.5", "127.0.0.1"],
            Err(Refused::Elsewhere),
        );
        check(named, &["::ffff:127.0.0.1"], Err(Refused::Elsewhere));
        check(named, &[], Err(Refused::NoAddress));
        check("https://AVISOS.estado.gob.mx", &["203.0.113.5"], Ok(()));
        // Others only inside the listed networks.
        check("https://otro.example/", &["10.1.2.3"], Ok(()));
        check("https://otro.example/", &["::ffff:10.1.2.3"], Ok(()));
        check("https://otro.example/", &["2001:db8::7"], Ok(()));
        check(
            "https://otro.example/",
            &["10.2.0.1"],
            Err(Refused::Elsewhere),
        );
        check("https://10.1.2.3:8443/", &["10.1.2.3"], Ok(()));
        check("https://[2001:db8::1]/", &["2001:db8::1"], Ok(()));
        for outside in ["https://10.2.0.1/", "https://127.0.0.1/", "https://[::1]/"] {
            check(outside, &["10.1.0.1"], Err(Refused::Elsewhere));
        }
        // Other spellings of the same address are the same address.
        check(
            "https://2130706433/",
            &["10.1.0.1"],
            Err(Refused::Elsewhere),
        );
        check("https://0x7f.1/", &["10.1.0.1"], Err(Refused::Elsewhere));
    }

    #[test]
    fn only_plain_https_addresses_are_taken() {
        let host = "avisos.estado.gob.mx";
        let refused = |url: String, why| check(&url, &["203.0.113.5"], Err(why));
        refused(format!("http://{host}/"), Refused::PlainHttp);
        refused(format!("ftp://{host}/"), Refused::NotAUrl);
        refused(format!("https://u@{host}/"), Refused::Decorated);
        refused(format!("https://u:p@{host}/"), Refused::Decorated);
        refused(format!("https://{host}/#a"), Refused::Decorated);
        refused("nothing".to_owned(), Refused::NotAUrl);
        let closed = Allowed::default();
        let why = closed.parse("https://example.org/").err();
        assert_eq!(
            why,
            Some(Refused::Elsewhere),
            "nothing is allowed by default"
        );
    }
}
