//! A small pool of connections that read, and the snapshots that they keep.
//!
//! A commit of anything makes SQLite drop every page that a reading connection holds opened, also a
//! commit of nothing but audit entries of reads: reading alone would empty the caches that it fills
//! every few milliseconds. So a connection keeps its snapshot, and with it its pages, from one
//! reader to the next for as long as no change was committed. What is read from it is then as new
//! as what is read from a fresh one, but for the audit log.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use super::super::error::Error;
use super::connection::{self, Access};
use crate::crypto::secret::SecretKey;

/// Connections are opened when first needed, up to the bound; then callers wait (law 10).
pub(super) struct Readers {
    path: PathBuf,
    database_key: SecretKey,
    connections_max: usize,
    caches_bytes: usize,
    /// Counts committed groups with a change in them.
    changes: AtomicU64,
    /// Guards the idle connections; held for a push or a pop.
    state: Mutex<State>,
    returned: Condvar,
}

struct State {
    /// The one returned last is taken first: its cache is the warmest.
    idle: Vec<Reading>,
    open: usize,
    /// Checkpoints under way: a snapshot would have them leave the log as long as it is.
    checkpoints: usize,
    closed: bool,
}

/// Connections of the process that read, whatever their database: they share memory.
static READING: AtomicUsize = AtomicUsize::new(0);

/// What each of so many may take. A power of two, so that it seldom changes.
fn share_of(caches_bytes: usize, connections: usize) -> usize {
    let share = caches_bytes / connections.max(1);
    share.checked_ilog2().map_or(0, |log| 1 << log)
}

/// One of them, counted for as long as it lives.
struct Counted;

impl Counted {
    fn new() -> Self {
        READING.fetch_add(1, Ordering::Relaxed);
        Self
    }

    fn share_of(caches_bytes: usize) -> usize {
        share_of(caches_bytes, READING.load(Ordering::Relaxed))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        READING.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Reading {
    connection: Connection,
    /// The number of changes before its snapshot was taken, if it keeps one.
    snapshot_at: Option<u64>,
    /// What it may take of memory for pages.
    cache_bytes: usize,
    _counted: Counted,
}

impl Reading {
    fn open(readers: &Readers) -> Result<Self, Error> {
        let counted = Counted::new();
        let cache_bytes = Counted::share_of(readers.caches_bytes);
        let (path, key) = (&readers.path, &readers.database_key);
        Ok(Self {
            connection: connection::open(path, key, Access::Read, cache_bytes)?,
            snapshot_at: None,
            cache_bytes,
            _counted: counted,
        })
    }

    /// Gives memory back that others have a share of now, or takes what they had.
    fn share_memory(&mut self, caches_bytes: usize) -> Result<(), Error> {
        let share = Counted::share_of(caches_bytes);
        if share != self.cache_bytes {
            connection::limit_cache(&self.connection, share)?;
            self.cache_bytes = share;
        }
        Ok(())
    }

    /// Ends the snapshot; the pages stay until SQLite sees that something was committed.
    fn release(&mut self) -> Result<(), Error> {
        // After some faults SQLite has ended it by itself.
        if self.snapshot_at.take().is_some() && !self.connection.is_autocommit() {
            self.connection.prepare_cached("COMMIT")?.execute([])?;
        }
        Ok(())
    }
}

impl Readers {
    pub(super) fn new(
        path: PathBuf,
        database_key: SecretKey,
        connections_max: usize,
        caches_bytes: usize,
    ) -> Self {
        Self {
            path,
            database_key,
            connections_max: connections_max.max(1),
            caches_bytes,
            changes: AtomicU64::new(0),
            state: Mutex::new(State {
                idle: Vec::with_capacity(connections_max),
                open: 0,
                checkpoints: 0,
                closed: false,
            }),
            returned: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection of one's own for as long as the loan lives; it sees every commit so far.
    pub(super) fn borrow(&self) -> Result<Loan<'_>, Error> {
        let mut loan = self.take()?;
        loan.release()?;
        Ok(loan)
    }

    /// As [`Readers::borrow`], but it may not see the audit entries that were appended without a
    /// change.
    pub(super) fn borrow_kept(&self) -> Result<Loan<'_>, Error> {
        let mut loan = self.take()?;
        // Read before the snapshot is taken: a change between the two makes it be taken once more.
        let changes = self.changes.load(Ordering::SeqCst);
        if loan.reading()?.snapshot_at != Some(changes) {
            loan.release()?;
            loan.begin(changes)?;
        }
        Ok(loan)
    }

    fn take(&self) -> Result<Loan<'_>, Error> {
        let mut state = self.lock();
        let reading = loop {
            if state.closed {
                return Err(Error::Closed);
            }
            if let Some(reading) = state.idle.pop() {
                break Some(reading);
            }
            if state.open < self.connections_max {
                state.open += 1;
                break None;
            }
            state = self
                .returned
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        };
        drop(state);
        // Should opening fail, the loan without a connection gives the place back.
        let mut loan = Loan {
            readers: self,
            reading,
        };
        match &mut loan.reading {
            Some(reading) => reading.share_memory(self.caches_bytes)?,
            none => *none = Some(Reading::open(self)?),
        }
        Ok(loan)
    }

    /// A group with a change in it was committed, or may have been; told before its callers are.
    pub(super) fn changed(&self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
    }

    /// Has no snapshot kept while `checkpoint` runs, so that it may empty the log.
    pub(super) fn without_snapshots<T>(&self, checkpoint: impl FnOnce() -> T) -> T {
        let mut state = self.lock();
        state.checkpoints += 1;
        let idle = std::mem::take(&mut state.idle);
        drop(state);
        for reading in idle {
            drop(Loan {
                readers: self,
                reading: Some(reading),
            });
        }
        let done = checkpoint();
        self.lock().checkpoints -= 1;
        done
    }

    /// Lends no more, and drops what is idle; what is lent is dropped when it comes back.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.idle.clear();
        self.returned.notify_all();
    }
}

/// A borrowed connection.
pub(super) struct Loan<'r> {
    readers: &'r Readers,
    reading: Option<Reading>,
}

impl Loan<'_> {
    fn reading(&self) -> Result<&Reading, Error> {
        self.reading.as_ref().ok_or(Error::Closed)
    }

    /// The connection.
    pub(super) fn connection(&self) -> Result<&Connection, Error> {
        Ok(&self.reading()?.connection)
    }

    /// Has the next query take a snapshot that stays.
    fn begin(&mut self, changes: u64) -> Result<(), Error> {
        self.connection()?.prepare_cached("BEGIN")?.execute([])?;
        if let Some(reading) = &mut self.reading {
            reading.snapshot_at = Some(changes);
        }
        Ok(())
    }

    /// Gives up the snapshot: something failed, and the next reader is to find out for itself. A
    /// connection that cannot even do that is closed.
    pub(super) fn release(&mut self) -> Result<(), Error> {
        let released = self.reading.as_mut().map_or(Ok(()), Reading::release);
        if released.is_err() {
            self.reading = None;
        }
        released
    }
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        let mut state = self.readers.lock();
        if state.checkpoints > 0 {
            // If that fails the connection is closed, and counted out below.
            let _ = self.release();
        }
        match self.reading.take() {
            Some(reading) if !state.closed => state.idle.push(reading),
            Some(_) | None => state.open = state.open.saturating_sub(1),
        }
        self.readers.returned.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::share_of;

    #[test]
    fn shares_never_exceed_the_whole() {
        for (whole, connections, share) in [
            (1_000, 0, 512),
            (1_000, 1, 512),
            (1_000, 3, 256),
            (1_024, 4, 256),
            (1_000, 1_000, 1),
            (1_000, 1_001, 0),
        ] {
            assert_eq!(share_of(whole, connections), share, "{connections}");
            assert!(share * connections <= whole);
        }
    }
}
