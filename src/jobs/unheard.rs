//! What is recorded of connections on which no request could be read: no TLS, no HTTP, a head that
//! is too long or does not arrive.
//!
//! The HTTP library answers these before a door sees them, and anybody can send any number of them.
//! So they are counted, and each second leaves one entry in the installation's log for each door,
//! fault and address, with the count; beyond some addresses a second, one without address.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::audit::entry::Draft;
use crate::audit::entry::Named;
use crate::audit::entry::Outcome;
use crate::crypto::random;
use crate::store;
use crate::store::Store;
use crate::telemetry;
use crate::telemetry::Door;
use crate::types::ids::RequestId;

use super::rounds;
use super::rounds::First;

/// Between two entries of the same.
const ROUND: Duration = Duration::from_secs(1);
/// Entries of one round that name their address.
const ADDRESSES_MAX: usize = 16;

/// What was wrong with a connection.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Fault {
    /// No TLS could be agreed on, or not in time.
    Tls,
    /// What came is no head of a request.
    MalformedHead,
    /// The head is longer than is read.
    HeadTooLarge,
    /// The head began and did not end, or not in time.
    IncompleteHead,
    /// More requests were open at once than a client may have, so the connection was cut.
    TooManyStreams,
}

impl Fault {
    /// What entries and metrics call it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Tls => "TlsFailed",
            Self::MalformedHead => "MalformedHead",
            Self::HeadTooLarge => "HeadTooLarge",
            Self::IncompleteHead => "IncompleteHead",
            Self::TooManyStreams => "TooManyStreams",
        }
    }
}

/// One kind of them: where, what, and from where.
type Kind = (Door, Fault, Option<IpAddr>);

/// Those that wait for their entry.
#[derive(Default)]
pub struct Unheard(Mutex<BTreeMap<Kind, u64>>);

impl Unheard {
    /// Counts one.
    pub fn tell(&self, door: Door, fault: Fault, remote: Option<IpAddr>) {
        tracing::debug!(?door, code = fault.code(), "no request could be read");
        telemetry::unheard(door, fault.code());
        let mut waiting = self.waiting();
        let kind = (door, fault, remote);
        let has_place = waiting.len() < ADDRESSES_MAX || waiting.contains_key(&kind);
        let kind = if has_place { kind } else { (door, fault, None) };
        *waiting.entry(kind).or_default() += 1;
    }

    /// Records those that wait.
    ///
    /// Cancel safety: what is recorded is counted off afterwards, so an interruption may record
    /// some of them twice and loses none.
    ///
    /// # Errors
    /// If the log cannot be written; they wait on.
    pub async fn record(&self, store: &Store) -> Result<(), store::Error> {
        while let Some(((door, fault, remote), count)) = self.first() {
            let remote_text = remote.map_or_else(|| "-".to_owned(), |remote| remote.to_string());
            let rule = format!("{count} connections to the {} door", door.name());
            let draft = Draft {
                at: store.clock().now(),
                request_id: RequestId::new(random::bytes()),
                remote: &remote_text,
                principal: None,
                proof: None,
                action: "-",
                bucket: None,
                object_key: None,
                named: Named::default(),
                outcome: Outcome::Refused {
                    code: fault.code(),
                    rule: &rule,
                },
                grant: None,
            };
            store.record(None, &draft).await?;
            self.count_off((door, fault, remote), count);
        }
        Ok(())
    }

    fn first(&self) -> Option<(Kind, u64)> {
        let waiting = self.waiting();
        waiting.iter().next().map(|(kind, count)| (*kind, *count))
    }

    fn count_off(&self, kind: Kind, count: u64) {
        let mut waiting = self.waiting();
        let left = waiting.remove(&kind).unwrap_or_default();
        if let Some(left) = left.checked_sub(count).filter(|left| *left > 0) {
            waiting.insert(kind, left);
        }
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<Kind, u64>> {
        // A panic under the lock is impossible: nothing is called that could.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Records them until `stopping` says so. Whoever stops the listeners records the last ones.
pub fn start(
    store: Store,
    unheard: Arc<Unheard>,
    stopping: watch::Receiver<bool>,
) -> JoinHandle<()> {
    let round = async move || {
        // A log that cannot be written is told by every request that it stops.
        let _ = unheard.record(&store).await;
    };
    rounds::run(First::Pause, ROUND, stopping, round)
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::{ADDRESSES_MAX, Fault, Unheard};
    use crate::telemetry::Door;

    #[test]
    fn a_flood_has_few_entries_and_every_connection_counts() {
        let unheard = Unheard::default();
        let address = |number: u32| Some(IpAddr::V4(Ipv4Addr::from(number)));
        for number in 0..1_000 {
            unheard.tell(Door::S3, Fault::MalformedHead, address(number % 500));
        }
        unheard.tell(Door::Admin, Fault::Tls, address(1));
        let waiting = unheard.0.lock().unwrap();
        assert_eq!(waiting.len(), ADDRESSES_MAX + 2);
        assert_eq!(waiting.values().sum::<u64>(), 1_001);
        assert_eq!(waiting[&(Door::S3, Fault::MalformedHead, address(7))], 2);
        assert_eq!(waiting[&(Door::Admin, Fault::Tls, None)], 1);
    }

    #[test]
    fn what_comes_during_the_recording_is_left() {
        let unheard = Unheard::default();
        let kind = (Door::S3, Fault::HeadTooLarge, None);
        let tell = || unheard.tell(kind.0, kind.1, kind.2);
        tell();
        let first = unheard.first();
        assert_eq!(first, Some((kind, 1)));
        tell();
        unheard.count_off(kind, 1);
        assert_eq!(unheard.first(), Some((kind, 1)));
        unheard.count_off(kind, 1);
        assert_eq!(unheard.first(), None);
    }
}
