//! `[webhooks]`: who may be told of events, how often it is tried, how long events are kept.

use std::net::IpAddr;

use crate::types::network::Network;

use super::error::Wanted;
use super::reader::Reader;

/// `[webhooks]`: events on their way out.
#[derive(Debug, Eq, PartialEq)]
pub struct Webhooks {
    /// Host names that webhooks may have.
    pub hosts: Vec<String>,
    /// Networks that they may be in.
    pub networks: Vec<Network>,
    /// Whether they may be spoken to by plain HTTP.
    pub allow_http: bool,
    /// How often a delivery is tried.
    pub tries: u32,
    /// Seconds between the first try and the second; each further wait is four times as long.
    pub retry_seconds: i64,
    /// Days after which events are forgotten.
    pub retention_days: i64,
    /// Events that an agency keeps; the oldest go first.
    pub events_max: u64,
}

enum Place {
    Host(String),
    Network(Network),
}

impl Webhooks {
    pub(super) fn read(reader: &mut Reader) -> Self {
        const PLACES: Wanted = Wanted::Words(
            "nombres de host en minúsculas y redes como 10.1.0.0/16",
            "host names in lower case, and networks such as 10.1.0.0/16",
        );
        let allow = reader.list("webhooks.allow", Some(PLACES), parse_place);
        let (mut hosts, mut networks) = (Vec::new(), Vec::new());
        for place in allow.map(|allow| allow.value).unwrap_or_default() {
            match place {
                Place::Host(host) => hosts.push(host),
                Place::Network(network) => networks.push(network),
            }
        }
        let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        Self {
            hosts,
            networks,
            allow_http: reader.boolean("webhooks.allow_http", false),
            tries: u32::try_from(reader.number("webhooks.tries", 9, 1..=100)).unwrap_or(9),
            retry_seconds: number(reader.number("webhooks.retry_seconds", 5, 1..=3_600)),
            retention_days: number(reader.number("webhooks.retention_days", 30, 1..=3_650)),
            events_max: reader.number("webhooks.events_max", 1_000_000, 1..=1_000_000_000),
        }
    }
}

fn parse_place(text: &str) -> Option<Place> {
    if text.contains('/') {
        return Network::parse(text).map(Place::Network);
    }
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b);
    let is_name = !text.is_empty() && text.bytes().all(allowed) && text.parse::<IpAddr>().is_err();
    is_name.then(|| Place::Host(text.to_owned()))
}
