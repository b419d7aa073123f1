//! The thread that copies the log into the database file, beside the writer.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use rusqlite::wal::CheckpointMode;

use super::super::error::Error;
use super::readers::Readers;

/// How the writer asks for a checkpoint.
#[derive(Default)]
pub(super) struct Signal {
    /// Guards what was asked for.
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    asked: bool,
    closed: bool,
}

impl Signal {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn ask(&self) {
        self.lock().asked = true;
        self.wake.notify_one();
    }

    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.wake.notify_one();
    }

    /// Waits until a checkpoint is asked for; `false` once closed.
    fn wait(&self) -> bool {
        let state = self.wake.wait_while(self.lock(), |s| !s.asked && !s.closed);
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        state.asked = false;
        !state.closed
    }
}

/// Checkpoints whenever asked, without ever making writer or readers wait, until closed.
pub(super) fn run(connection: &Connection, signal: &Signal, readers: &Readers) {
    while signal.wait() {
        let done = readers.without_snapshots(|| {
            connection.wal_checkpoint_v2(None::<&str>, CheckpointMode::PASSIVE)
        });
        if let Err(error) = done.map_err(Error::from) {
            tracing::warn!(%error, "a checkpoint failed; the next one takes its work over");
        }
    }
}
