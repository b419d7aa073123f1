//! What the doors work with: the store, the issuers, the clock, the limits.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use crate::api::http::anonymous::Anonymous;
use crate::api::http::body::Pace;
use crate::api::http::signing_keys::SigningKeys;
use crate::auth::bearer::issuers::Issuers;
use crate::auth::bearer::local::OwnIssuer;
use crate::auth::scheme::Version2;
use crate::config::Grants;
use crate::jobs::access_log::Waiting;
use crate::jobs::lifecycle::rules::Day;
use crate::jobs::webhooks::allowed::Allowed;
use crate::store::Store;
use crate::types::clock::Clock;
use crate::types::limits;
use crate::types::network::Network;

/// Handed to every door by `server`; the same for all workers.
pub struct House {
    /// The store.
    pub store: Store,
    /// The issuers of Bearer tokens.
    pub issuers: Arc<Issuers>,
    /// The installation's own issuer.
    pub own_issuer: OwnIssuer,
    /// The hosts from which agencies may have the keys of their issuers fetched.
    pub fetch_hosts: Vec<String>,
    /// Signing keys already derived.
    pub signing_keys: SigningKeys,
    /// The time.
    pub clock: Clock,
    /// The claims that say what another agency's documents are read for.
    pub grants: Grants,
    /// How long a day of lifecycle is.
    pub day: Day,
    /// Lines of access logs that wait to be delivered.
    pub access_log: Arc<Waiting>,
    /// Where webhooks may be.
    pub webhooks: Allowed,
    /// The region of this installation.
    pub region: String,
    /// Whether the S3 door's connections are TLS.
    pub is_secure: bool,
    /// The proxies that are believed who came to them.
    pub proxies: Vec<Network>,
    /// Whether Signature Version 2 counts as a proof.
    pub signature_v2: Version2,
    /// Who may ask without any proof.
    pub anonymous: Anonymous,
    /// The domains below which a host names a bucket.
    pub domains: Vec<String>,
    /// Whether requests may bring keys of customers over plain HTTP too.
    pub customer_keys_over_http: bool,
    /// How slow a body may be.
    pub pace: Pace,
    /// Bytes of one object or part at most.
    pub put_bytes_max: u64,
    /// Bytes of one object, in however many parts it came.
    pub object_bytes_max: u64,
    /// How many requests may be under way, and what they may hold.
    pub in_flight: Arc<InFlight>,
}

/// Counts the requests under way and the bytes that they may hold in memory, and refuses more than
/// the limits.
#[derive(Debug)]
pub struct InFlight {
    requests: AtomicUsize,
    requests_max: usize,
    bytes: AtomicUsize,
    bytes_max: usize,
    /// Those of which a body is read although nobody has proved who sends it.
    unproven: AtomicUsize,
}

/// A request whose body is read before anybody has proved who sends it; counted down when dropped.
#[derive(Debug)]
pub struct Unproven<'a>(&'a InFlight);

/// One request under way; counted down when dropped.
#[derive(Debug)]
pub struct Place<'a> {
    in_flight: &'a InFlight,
    bytes: usize,
}

/// Bytes of an answer that is under way; counted down when dropped.
#[derive(Debug)]
pub struct Held {
    in_flight: Arc<InFlight>,
    bytes: usize,
}

impl InFlight {
    /// A counter with these limits.
    pub const fn new(requests_max: usize, bytes_max: usize) -> Self {
        Self {
            requests: AtomicUsize::new(0),
            requests_max,
            bytes: AtomicUsize::new(0),
            bytes_max,
            unproven: AtomicUsize::new(0),
        }
    }

    /// Leave to read a body before anybody has proved who sends it: a form's, a token's. Whoever
    /// sends such bodies slowly holds a part of the places, and leaves the others to the others.
    pub fn read_unproven(&self) -> Option<Unproven<'_>> {
        let unproven = Unproven(self);
        let before = self.unproven.fetch_add(1, Ordering::SeqCst);
        let max = (self.requests_max / limits::UNPROVEN_SHARE).max(1);
        (before < max).then_some(unproven)
    }

    /// A place for one more request that may hold this many bytes, if there is one.
    pub fn enter(&self, bytes: usize) -> Option<Place<'_>> {
        let place = Place {
            in_flight: self,
            bytes,
        };
        let requests = self.requests.fetch_add(1, Ordering::SeqCst);
        let held = self.bytes.fetch_add(bytes, Ordering::SeqCst);
        let fits = requests < self.requests_max && held.saturating_add(bytes) <= self.bytes_max;
        fits.then_some(place)
    }

    /// Leave for an answer to hold this many bytes until it is sent, when its request is over.
    pub fn hold(self: &Arc<Self>, bytes: usize) -> Option<Held> {
        let held = Held {
            in_flight: Arc::clone(self),
            bytes,
        };
        let before = self.bytes.fetch_add(bytes, Ordering::SeqCst);
        (before.saturating_add(bytes) <= self.bytes_max).then_some(held)
    }
}

impl Drop for Unproven<'_> {
    fn drop(&mut self) {
        self.0.unproven.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.in_flight.bytes.fetch_sub(self.bytes, Ordering::SeqCst);
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.in_flight.requests.fetch_sub(1, Ordering::SeqCst);
        self.in_flight.bytes.fetch_sub(self.bytes, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::InFlight;

    #[test]
    fn places_are_bounded_and_given_back() {
        let in_flight = Arc::new(InFlight::new(2, 100));
        let first = in_flight.enter(60).unwrap();
        assert!(in_flight.enter(41).is_none(), "too many bytes");
        let second = in_flight.enter(40).unwrap();
        assert!(in_flight.enter(0).is_none(), "too many requests");
        drop(second);
        let answer = in_flight.hold(40).unwrap();
        assert!(in_flight.hold(1).is_none(), "an answer counts");
        drop(first);
        assert!(in_flight.enter(61).is_none(), "it outlives its request");
        drop(answer);
        assert!(in_flight.enter(100).is_some());
    }

    #[test]
    fn the_unproven_have_a_share() {
        let in_flight = InFlight::new(8, 100);
        let first = in_flight.read_unproven().unwrap();
        let _second = in_flight.read_unproven().unwrap();
        assert!(in_flight.read_unproven().is_none());
        drop(first);
        assert!(in_flight.read_unproven().is_some());
        let of_one = InFlight::new(1, 100);
        assert!(of_one.read_unproven().is_some(), "never none at all");
    }
}
