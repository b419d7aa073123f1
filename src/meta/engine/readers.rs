//! A small pool of connections that read.

use std::path::PathBuf;
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
    cache_bytes: usize,
    /// Guards the idle connections; held for a push or a pop.
    state: Mutex<State>,
    returned: Condvar,
}

struct State {
    /// The one returned last is taken first: its cache is the warmest.
    idle: Vec<Connection>,
    open: usize,
    closed: bool,
}

impl Readers {
    pub(super) fn new(
        path: PathBuf,
        database_key: SecretKey,
        connections_max: usize,
        cache_bytes: usize,
    ) -> Self {
        Self {
            path,
            database_key,
            connections_max: connections_max.max(1),
            cache_bytes,
            state: Mutex::new(State {
                idle: Vec::with_capacity(connections_max),
                open: 0,
                closed: false,
            }),
            returned: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection of one's own for as long as the loan lives.
    pub(super) fn borrow(&self) -> Result<Loan<'_>, Error> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return Err(Error::Closed);
            }
            if let Some(connection) = state.idle.pop() {
                return Ok(Loan {
                    readers: self,
                    connection: Some(connection),
                });
            }
            if state.open < self.connections_max {
                state.open += 1;
                break;
            }
            state = self
                .returned
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        drop(state);
        // Should opening fail, the loan without a connection gives the place back.
        let mut loan = Loan {
            readers: self,
            connection: None,
        };
        loan.connection = Some(connection::open(
            &self.path,
            &self.database_key,
            Access::Read,
            self.cache_bytes,
        )?);
        Ok(loan)
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
    connection: Option<Connection>,
}

impl Loan<'_> {
    /// The connection; `None` only inside [`Readers::borrow`].
    pub(super) fn connection(&self) -> Result<&Connection, Error> {
        self.connection.as_ref().ok_or(Error::Closed)
    }
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        let mut state = self.readers.lock();
        match self.connection.take() {
            Some(connection) if !state.closed => state.idle.push(connection),
            Some(_) | None => state.open = state.open.saturating_sub(1),
        }
        self.readers.returned.notify_one();
    }
}
