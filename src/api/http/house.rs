//! What the doors work with: the store, the issuers, the clock, the limits.

use crate::api::http::body::Pace;
use crate::api::http::signing_keys::SigningKeys;
use crate::auth::bearer::issuer::Issuers;
use crate::store::Store;
use crate::types::clock::Clock;

/// Handed to every door by `server`; the same for all workers.
pub struct House {
    /// The store.
    pub store: Store,
    /// The issuers of Bearer tokens.
    pub issuers: Issuers,
    /// Signing keys already derived.
    pub signing_keys: SigningKeys,
    /// The time.
    pub clock: Clock,
    /// The region of this installation.
    pub region: String,
    /// The domains below which a host names a bucket.
    pub domains: Vec<String>,
    /// How slow a body may be.
    pub pace: Pace,
    /// Bytes of one object or part at most.
    pub put_bytes_max: u64,
    /// Bytes of one object, in however many parts it came.
    pub object_bytes_max: u64,
    /// How many requests may be under way.
    pub in_flight: InFlight,
}

/// Counts the requests under way and refuses more than a limit.
#[derive(Debug)]
pub struct InFlight {
    count: std::sync::atomic::AtomicUsize,
    max: usize,
}

/// One request under way; counted down when dropped.
#[derive(Debug)]
pub struct Place<'a>(&'a InFlight);

impl InFlight {
    /// A counter with this limit.
    pub const fn new(max: usize) -> Self {
        Self {
            count: std::sync::atomic::AtomicUsize::new(0),
            max,
        }
    }

    /// A place for one more request, if there is one.
    pub fn enter(&self) -> Option<Place<'_>> {
        use std::sync::atomic::Ordering::SeqCst;
        let place = Place(self);
        (self.count.fetch_add(1, SeqCst) < self.max).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0
            .count
            .fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
    }
}
