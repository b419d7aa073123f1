//! The one thread that changes a database.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use rusqlite::Connection;
use rusqlite::wal::CheckpointMode;

use super::super::audit::AuditEntry;
use super::super::error::Error;
use super::checkpoint::Signal;
use super::job::{Counters, Job, Known, Tx};
use super::queue::{Group, Queue, Waiting};
use super::readers::Readers;
use crate::telemetry;
use crate::types::limits;

/// Bytes of a page with its frame header in the log.
const FRAME_BYTES: usize = 4_096 + 24;

pub(super) struct Writer {
    connection: Connection,
    counters: Counters,
    /// What was read before; empty after a failure.
    known: Known,
    queue: Arc<Queue>,
    healthy: Arc<AtomicBool>,
    checkpoints: Arc<Signal>,
    readers: Arc<Readers>,
    /// Frames in the log after the last commit, as SQLite tells them.
    log_frames: Arc<AtomicUsize>,
    /// Its length when a checkpoint was last asked for.
    log_frames_asked: usize,
    /// Entries taken from the queue and not yet durable, oldest first. A failed commit leaves them
    /// here: they were promised.
    entries: VecDeque<AuditEntry>,
}

/// Why a transaction was not committed.
enum Failure {
    /// A command failed: without it, the others may succeed.
    Apply(Error),
    /// The commit itself failed.
    Commit(Error),
}

impl Failure {
    fn into_error(self) -> Error {
        match self {
            Self::Apply(error) | Self::Commit(error) => error,
        }
    }
}

/// Ends the process if the writer panics: nobody else may write, and nothing could be recorded.
struct AbortOnPanic;

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            std::process::abort();
        }
    }
}

impl Writer {
    pub(super) fn new(
        mut connection: Connection,
        queue: Arc<Queue>,
        healthy: Arc<AtomicBool>,
        checkpoints: Arc<Signal>,
        readers: Arc<Readers>,
    ) -> Result<Self, Error> {
        let counters = load_counters(&connection)?;
        let log_frames = Arc::new(AtomicUsize::new(0));
        let told = Arc::clone(&log_frames);
        connection.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, frames| {
            told.store(usize::try_from(frames).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(Self {
            connection,
            counters,
            known: Known::default(),
            queue,
            healthy,
            checkpoints,
            readers,
            log_frames,
            log_frames_asked: 0,
            entries: VecDeque::new(),
        })
    }

    /// Commits group after group until the queue is closed and empty.
    pub(super) fn run(mut self) {
        let _abort = AbortOnPanic;
        let mut waiting = Waiting::Idle;
        let mut changes = 0;
        loop {
            let group = self.queue.take(waiting, changes, &mut self.entries);
            let last = group.last;
            changes = group.jobs.len();
            self.commit_group(group);
            if last {
                break;
            }
            self.bound_log();
            waiting = match (
                self.healthy.load(Ordering::Relaxed),
                self.entries.is_empty(),
            ) {
                (false, _) => Waiting::Failing,
                (true, false) => Waiting::Behind,
                (true, true) => Waiting::Idle,
            };
        }
        if let Err(error) = self.checkpoint(CheckpointMode::TRUNCATE) {
            tracing::warn!(%error, "the log of a database was not emptied when it was closed");
        }
    }

    fn commit_group(&mut self, group: Group) {
        let Group { mut jobs, last } = group;
        let count = match last {
            true => self.entries.len(),
            false => self.entries.len().min(limits::GROUP_ENTRIES_MAX),
        };
        if jobs.is_empty() && count == 0 {
            if !self.healthy.load(Ordering::Relaxed) {
                self.probe();
            }
            return;
        }
        match self.transact(&mut jobs, count) {
            Ok(()) => {
                self.forget_entries(count);
                jobs.into_iter().for_each(|job| job.reply(Ok(())));
            }
            Err(Failure::Apply(_)) if jobs.len() + usize::from(count > 0) > 1 => {
                self.commit_each(jobs, count);
            }
            Err(failure) => {
                let error = failure.into_error();
                jobs.into_iter()
                    .for_each(|job| job.reply(Err(error.clone())));
            }
        }
    }

    /// One command spoiled its group: each gets a transaction of its own.
    fn commit_each(&mut self, jobs: Vec<Box<dyn Job>>, count: usize) {
        for job in jobs {
            let mut alone = [job];
            let committed = self.transact(&mut alone, 0).map_err(Failure::into_error);
            let [job] = alone;
            job.reply(committed);
        }
        if count > 0 && self.transact(&mut [], count).is_ok() {
            self.forget_entries(count);
        }
    }

    fn forget_entries(&mut self, count: usize) {
        self.queue.release(self.entries.drain(..count));
    }

    /// Writes something after a failure, so that a disk with room again heals the database even if
    /// nobody asks for a change.
    fn probe(&mut self) {
        let probed = self
            .connection
            .execute("UPDATE counters SET probes = probes + 1", []);
        self.healthy.store(probed.is_ok(), Ordering::Relaxed);
    }

    /// Runs the jobs and appends the first `count` entries in one transaction, with one sync.
    fn transact(&mut self, jobs: &mut [Box<dyn Job>], count: usize) -> Result<(), Failure> {
        let started = Instant::now();
        let before = self.connection.total_changes();
        execute(&self.connection, "BEGIN IMMEDIATE")
            .map_err(|e| self.failed(Failure::Commit(e)))?;
        let known = std::mem::take(&mut self.known);
        let tx = Tx::new(&self.connection, self.counters, known);
        let applied = jobs
            .iter_mut()
            .try_for_each(|job| job.apply(&tx))
            .and_then(|()| {
                self.entries
                    .iter()
                    .take(count)
                    .try_for_each(|e| tx.append(e))
            })
            .and_then(|()| tx.accounts().store(&tx))
            .and_then(|()| store_counters(&self.connection, self.counters, tx.counters()));
        let counters = tx.counters();
        let known = tx.into_known();
        let committed = match applied {
            Ok(()) => execute(&self.connection, "COMMIT").map_err(Failure::Commit),
            Err(error) => Err(Failure::Apply(error)),
        };
        // Also after a failure, for a commit that failed may still be one.
        if !jobs.is_empty() {
            self.readers.changed();
        }
        if let Err(failure) = committed {
            self.roll_back();
            return Err(self.failed(failure));
        }
        self.counters = counters;
        self.known = known;
        // A group of refusals alone wrote nothing, and proves nothing.
        if self.connection.total_changes() != before {
            self.healthy.store(true, Ordering::Relaxed);
        }
        let changes = u32::try_from(jobs.len()).unwrap_or(u32::MAX);
        telemetry::committed(started.elapsed(), changes);
        let waiting = self.entries.len().saturating_sub(count);
        telemetry::audit_queue(u32::try_from(waiting).unwrap_or(u32::MAX));
        Ok(())
    }

    fn failed(&self, failure: Failure) -> Failure {
        let unhealthy = match &failure {
            Failure::Commit(_) => true,
            Failure::Apply(error) => error.is_storage(),
        };
        if unhealthy {
            self.healthy.store(false, Ordering::Relaxed);
        }
        failure
    }

    fn roll_back(&self) {
        // Some faults have SQLite roll back by itself.
        if self.connection.is_autocommit() {
            return;
        }
        if let Err(error) = execute(&self.connection, "ROLLBACK") {
            tracing::error!(%error, "a failed transaction could not be rolled back");
        }
    }

    /// Has the log checkpointed beside the writer, or, should that not keep up, by the writer.
    fn bound_log(&mut self) {
        let frames = self.log_frames.load(Ordering::Relaxed);
        if frames < self.log_frames_asked {
            self.log_frames_asked = 0;
        }
        if (frames - self.log_frames_asked) * FRAME_BYTES < limits::WAL_CHECKPOINT_BYTES {
            return;
        }
        self.log_frames_asked = frames;
        self.checkpoints.ask();
        // Waits for readers, which answer in milliseconds. Should one not, commits go on, and the
        // next try comes with as many bytes more.
        if frames * FRAME_BYTES >= limits::WAL_BYTES_MAX {
            match self.checkpoint(CheckpointMode::RESTART) {
                Ok(()) => self.log_frames.store(0, Ordering::Relaxed),
                // Whatever ails the disk, the next commit tells it to somebody who waits.
                Err(error) => tracing::warn!(%error, "the log of a database was not emptied"),
            }
        }
    }

    fn checkpoint(&self, mode: CheckpointMode) -> Result<(), Error> {
        self.readers
            .without_snapshots(|| self.connection.wal_checkpoint_v2(None::<&str>, mode))?;
        Ok(())
    }
}

fn execute(connection: &Connection, sql: &str) -> Result<(), Error> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

fn load_counters(connection: &Connection) -> Result<Counters, Error> {
    let counters = connection.query_row(
        "SELECT next_number, audit_size FROM counters WHERE only = 1",
        [],
        |row| {
            Ok(Counters {
                next_number: row.get(0)?,
                audit_size: row.get(1)?,
            })
        },
    )?;
    let found: i64 = connection.query_row(
        "SELECT coalesce(max(sequence) + 1, 0) FROM audit",
        [],
        |row| row.get(0),
    )?;
    if found != counters.audit_size {
        return Err(Error::AuditGap {
            expected: counters.audit_size,
            found,
        });
    }
    Ok(counters)
}

fn store_counters(connection: &Connection, old: Counters, new: Counters) -> Result<(), Error> {
    if old != new {
        connection
            .prepare_cached("UPDATE counters SET next_number = ?1, audit_size = ?2 WHERE only = 1")?
            .execute((new.next_number, new.audit_size))?;
    }
    Ok(())
}
