//! A command on its way through the writer, with whoever waits for it.

use std::cell::{Cell, RefCell, RefMut};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, Params, Row};
use tokio::sync::oneshot;

use super::super::audit::AuditEntry;
use super::super::error::Error;
use super::super::events::{Notices, Origin};
use super::super::principals::Numbers;
use super::super::usage::Accounts;
use super::Schema;

/// A change: all of its reads and writes happen in one transaction on the writer's thread.
pub trait Command: Send + 'static {
    /// Which kind of database it changes.
    type On: Schema;
    /// What its caller learns.
    type Output: Send + 'static;

    /// About how many bytes it writes beyond a few rows; bounds the group (law 10).
    fn bytes(&self) -> usize {
        0
    }

    /// Makes the change. Runs a second time, after a rollback, if its group failed.
    ///
    /// # Errors
    /// A refusal, which leaves the database as it was, or a fault.
    fn apply(&self, tx: &Tx<'_>) -> Result<Self::Output, Error>;
}

/// What only ever grows; stored once per group.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Counters {
    /// The next number for a bucket, a version or an upload.
    pub(super) next_number: i64,
    /// Entries in the audit log, hence the next one's sequence.
    pub(super) audit_size: i64,
}

/// What the writer has read and need not read again; all of it is forgotten after a failure.
#[derive(Default)]
pub(super) struct Known {
    /// What is stored where.
    accounts: Accounts,
    /// Who wants to be told of what.
    notices: Notices,
    /// Which number each principal has.
    numbers: Numbers,
}

/// The transaction of a group, on the writer's connection.
pub struct Tx<'w> {
    connection: &'w Connection,
    counters: Cell<Counters>,
    accounts: RefCell<Accounts>,
    notices: RefCell<Notices>,
    numbers: RefCell<Numbers>,
    /// Whose change is being made.
    origin: RefCell<Option<Arc<Origin>>>,
}

impl<'w> Tx<'w> {
    pub(super) fn new(connection: &'w Connection, counters: Counters, known: Known) -> Self {
        Self {
            connection,
            counters: Cell::new(counters),
            accounts: RefCell::new(known.accounts),
            notices: RefCell::new(known.notices),
            numbers: RefCell::new(known.numbers),
            origin: RefCell::new(None),
        }
    }

    /// What is stored where; borrowed for the length of one look or change.
    pub(in super::super) fn accounts(&self) -> RefMut<'_, Accounts> {
        self.accounts.borrow_mut()
    }

    /// Who wants to be told of what; borrowed like the accounts.
    pub(in super::super) fn notices(&self) -> RefMut<'_, Notices> {
        self.notices.borrow_mut()
    }

    /// Which number each principal has; borrowed like the accounts.
    pub(in super::super) fn numbers(&self) -> RefMut<'_, Numbers> {
        self.numbers.borrow_mut()
    }

    /// Whose change is being made; none if nobody asked for it.
    pub(in super::super) fn origin(&self) -> Option<Arc<Origin>> {
        self.origin.borrow().clone()
    }

    /// What the next transaction may go on with.
    pub(super) fn into_known(self) -> Known {
        Known {
            accounts: self.accounts.into_inner(),
            notices: self.notices.into_inner(),
            numbers: self.numbers.into_inner(),
        }
    }

    pub(super) fn counters(&self) -> Counters {
        self.counters.get()
    }

    /// Runs a kept statement and says how many rows it changed.
    pub(in super::super) fn execute(&self, sql: &str, values: impl Params) -> Result<usize, Error> {
        Ok(self.connection.prepare_cached(sql)?.execute(values)?)
    }

    /// Reads at most one row by a kept statement.
    pub(in super::super) fn first<T>(
        &self,
        sql: &str,
        values: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, Error> {
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row(values, read).optional()?)
    }

    /// Reads rows by a kept statement; the caller knows that they are few.
    pub(in super::super) fn all<T>(
        &self,
        sql: &str,
        values: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Error> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(values, read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// A number never given before in this database, larger than every earlier one.
    pub(in super::super) fn next_number(&self) -> i64 {
        let mut counters = self.counters.get();
        let number = counters.next_number;
        counters.next_number += 1;
        self.counters.set(counters);
        number
    }

    /// Adds a line to the audit log.
    pub(super) fn append(&self, entry: &AuditEntry) -> Result<(), Error> {
        let mut counters = self.counters.get();
        let mut statement = self.connection.prepare_cached(
            "INSERT INTO audit (sequence, at_seconds, commitment, sealed_body)
             VALUES (?1, ?2, ?3, ?4)",
        )?;
        statement.execute((
            counters.audit_size,
            entry.at.seconds(),
            entry.commitment.as_slice(),
            entry.sealed_body.as_slice(),
        ))?;
        counters.audit_size += 1;
        self.counters.set(counters);
        Ok(())
    }
}

/// A command whose type the writer need not know.
pub(super) trait Job: Send {
    fn bytes(&self) -> usize;

    /// Runs the command and appends its entry. A refusal is kept for the caller and is no error
    /// here: the rest of the group goes on.
    fn apply(&mut self, tx: &Tx<'_>) -> Result<(), Error>;

    /// Tells the caller: what the command gave, or why nothing was committed.
    fn reply(self: Box<Self>, committed: Result<(), Error>);
}

/// A command, its entry, and the way back to its caller.
pub(super) struct Pending<C: Command, H> {
    pub(super) command: C,
    pub(super) entry: Option<AuditEntry>,
    pub(super) outcome: Option<Result<C::Output, Error>>,
    pub(super) caller: oneshot::Sender<Result<C::Output, Error>>,
    /// Dropped when it is known how the command ended, and before its caller knows.
    pub(super) held: H,
}

impl<C: Command, H: Send> Job for Pending<C, H> {
    fn bytes(&self) -> usize {
        let entry = self.entry.as_ref().map_or(0, |e| e.sealed_body.len());
        self.command.bytes().saturating_add(entry)
    }

    fn apply(&mut self, tx: &Tx<'_>) -> Result<(), Error> {
        let before = tx.connection.total_changes();
        let origin = self.entry.as_ref().and_then(|entry| entry.origin.clone());
        *tx.origin.borrow_mut() = origin;
        let outcome = self.command.apply(tx);
        match &outcome {
            Ok(_) => {
                if let Some(entry) = &self.entry {
                    tx.append(entry)?;
                }
            }
            // A refusal that already wrote something is undone with its whole group.
            Err(error) if error.is_refusal() && tx.connection.total_changes() == before => {}
            Err(error) => return Err(error.clone()),
        }
        self.outcome = Some(outcome);
        Ok(())
    }

    fn reply(self: Box<Self>, committed: Result<(), Error>) {
        let Self {
            outcome,
            caller,
            held,
            ..
        } = *self;
        drop(held);
        let outcome = match (committed, outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Ok(()), None) => Err(Error::Closed),
            (Err(error), _) => Err(error),
        };
        // A caller that has gone away is no reason to undo what was committed.
        let _ = caller.send(outcome);
    }
}
