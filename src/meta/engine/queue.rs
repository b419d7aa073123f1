//! What waits for the writer: changes with somebody waiting for them, and audit entries without.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use super::super::audit::AuditEntry;
use super::super::error::Error;
use super::job::Job;
use crate::types::limits;

/// How long entries wait for a change to share its transaction.
const FLUSH: Duration = Duration::from_millis(limits::AUDIT_FLUSH_MS);

/// How long a group waits for more callers to come back, while many do.
const GATHER: Duration = Duration::from_micros(limits::GATHER_US);

/// Callers of the last group below which nobody waits for another.
const GATHER_MIN: usize = 8;

/// How often a writer whose last commit failed tries again by itself.
const RETRY: Duration = Duration::from_millis(500);

/// The bounded queue in front of a writer (law 10).
pub(super) struct Queue {
    /// Guards what waits; held for a push or a take, never over a commit.
    state: Mutex<State>,
    wake: Condvar,
    /// Places for entries, given back once they are durable. Callers wait here in order.
    places: Semaphore,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Box<dyn Job>>,
    entries: VecDeque<AuditEntry>,
    /// When the oldest of the entries came.
    since: Option<Instant>,
    /// Changes that the writer gathers for: it is woken when there are as many.
    wanted: usize,
    closed: bool,
}

/// What the writer is to do next.
pub(super) struct Group {
    pub(super) jobs: Vec<Box<dyn Job>>,
    /// The queue was closed, and nothing comes after this.
    pub(super) last: bool,
}

/// How the writer fares, which decides how long it may wait.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Waiting {
    /// Nothing is left over: wait for work.
    Idle,
    /// More entries wait than one group took: go on at once.
    Behind,
    /// The last commit failed: look again soon.
    Failing,
}

impl Queue {
    pub(super) fn new() -> Self {
        Self {
            state: Mutex::default(),
            wake: Condvar::new(),
            places: Semaphore::new(limits::AUDIT_QUEUE_MAX),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A push or a take cannot panic half-way, so a poisoned state is still whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands a change to the writer; `Busy` if too many wait already.
    pub(super) fn push(&self, job: Box<dyn Job>) -> Result<(), Error> {
        let mut state = self.lock();
        if state.closed {
            return Err(Error::Closed);
        }
        if state.jobs.len() >= limits::WRITER_QUEUE_MAX {
            return Err(Error::Busy);
        }
        state.jobs.push_back(job);
        if state.jobs.len() == 1 || state.jobs.len() == state.wanted {
            self.wake.notify_one();
        }
        Ok(())
    }

    /// Hands an entry to the writer, waiting for a place.
    ///
    /// Cancel safety: dropped before it is ready, nothing was queued.
    pub(super) async fn append(&self, entry: AuditEntry) -> Result<(), Error> {
        let places = self.places.acquire_many(places(&entry)).await;
        places.map_err(|_| Error::Closed)?.forget();
        let mut state = self.lock();
        if state.closed {
            return Err(Error::Closed);
        }
        state.entries.push_back(entry);
        match state.entries.len() {
            1 => {
                state.since = Some(Instant::now());
                self.wake.notify_one();
            }
            limits::GROUP_ENTRIES_MAX => self.wake.notify_one(),
            _ => {}
        }
        Ok(())
    }

    /// Waits until there is something to do and takes it: changes up to the bounds of a group, and
    /// all entries, moved to the end of `entries`. `before` is how many changes the last group had.
    pub(super) fn take(
        &self,
        waiting: Waiting,
        before: usize,
        entries: &mut VecDeque<AuditEntry>,
    ) -> Group {
        let mut state = self.lock();
        let asked = Instant::now();
        loop {
            let full = state.entries.len() >= limits::GROUP_ENTRIES_MAX;
            let ready = match waiting {
                Waiting::Idle => full,
                Waiting::Behind => true,
                Waiting::Failing => false,
            };
            if ready || !state.jobs.is_empty() || state.closed {
                break;
            }
            let due = match (waiting, state.since) {
                (Waiting::Failing, _) => Some(asked + RETRY),
                (_, Some(since)) => Some(since + FLUSH),
                (_, None) => None,
            };
            let Some(due) = due else {
                state = self
                    .wake
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let woken = self.wake.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        if !state.jobs.is_empty() && before >= GATHER_MIN {
            state = self.gather(state, before / 2);
        }
        if state.closed || entries.len() < limits::GROUP_ENTRIES_MAX {
            entries.append(&mut state.entries);
            state.since = None;
        }
        let jobs = state.group();
        let last = state.closed && state.jobs.is_empty();
        Group { jobs, last }
    }

    /// Waits a moment for changes. After a large group its callers come back one after the other,
    /// and a sync for the first of them alone would have all the others wait for the next one.
    fn gather<'q>(
        &'q self,
        mut state: MutexGuard<'q, State>,
        wanted: usize,
    ) -> MutexGuard<'q, State> {
        let due = Instant::now() + GATHER;
        while state.jobs.len() < wanted && !state.closed {
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state.wanted = wanted;
            let woken = self.wake.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.wanted = 0;
        state
    }

    /// Gives the places of entries back that are durable now.
    pub(super) fn release(&self, durable: impl Iterator<Item = AuditEntry>) {
        let freed: u32 = durable.map(|entry| places(&entry)).sum();
        self.places.add_permits(usize::try_from(freed).unwrap_or(0));
    }

    /// Takes nothing more; what waits is still written.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.places.close();
        self.wake.notify_all();
    }
}

impl State {
    fn group(&mut self) -> Vec<Box<dyn Job>> {
        let mut bytes = 0_usize;
        let mut count = 0;
        for job in self.jobs.iter().take(limits::GROUP_COMMANDS_MAX) {
            bytes = bytes.saturating_add(job.bytes());
            if count > 0 && bytes > limits::GROUP_BYTES_MAX {
                break;
            }
            count += 1;
        }
        self.jobs.drain(..count).collect()
    }
}

/// How many places an entry takes: a long body takes the room of several short ones.
fn places(entry: &AuditEntry) -> u32 {
    let count = 1 + entry.sealed_body.len() / limits::AUDIT_ENTRY_BYTES;
    u32::try_from(count.min(limits::AUDIT_QUEUE_MAX)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::time::Instant;

    use super::super::super::error::Error;
    use super::super::job::{Job, Tx};
    use super::{GATHER, Queue, Waiting};

    struct Nothing;

    impl Job for Nothing {
        fn bytes(&self) -> usize {
            0
        }

        fn apply(&mut self, _: &Tx<'_>) -> Result<(), Error> {
            Ok(())
        }

        fn reply(self: Box<Self>, _: Result<(), Error>) {}
    }

    #[test]
    fn a_group_waits_for_half_of_a_large_one_and_not_for_long() {
        let queue = Queue::new();
        let taken = |queued: usize, before: usize| {
            for _ in 0..queued {
                queue.push(Box::new(Nothing)).unwrap();
            }
            let begun = Instant::now();
            let group = queue.take(Waiting::Idle, before, &mut VecDeque::new());
            assert_eq!(group.jobs.len(), queued);
            begun.elapsed()
        };
        assert!(taken(1, 64) >= GATHER, "nobody else came");
        // Each of these may be slow on a busy machine, but not every time.
        let at_once = |queued, before| (0..100).any(|_| taken(queued, before) < GATHER);
        assert!(at_once(32, 64), "half of them are there");
        assert!(at_once(1, 7), "the last group was small");
        assert!(at_once(1, 0), "the first of all");
    }
}
