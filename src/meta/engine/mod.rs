//! The engine under both databases: one writer thread that commits in groups, one thread for
//! checkpoints, a pool of readers. It knows commands and entries, not what they mean.

mod checkpoint;
mod connection;
mod job;
mod queue;
mod readers;
mod schema;
mod writer;

#[cfg(test)]
mod tests;

use std::future::Future;
use std::marker::PhantomData;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::audit::{Appended, AuditEntry};
use super::error::Error;
use crate::crypto::secret::SecretKey;
use connection::Access;
pub use job::{Command, Tx};
use queue::Queue;
use readers::{Loan, Readers};
pub use schema::Schema;

/// How a database is opened.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Connections that read at most. Give one to each thread that reads, so that none waits.
    pub readers: usize,
    /// Bytes of pages that all reading connections of the process keep in the clear in memory,
    /// those of other databases among them.
    pub reader_caches_bytes: usize,
    /// Bytes of pages that the writer keeps in the clear in memory. SQLite looks through all of
    /// them at the end of a transaction that split a page, so more is not simply better.
    pub writer_cache_bytes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            readers: 4,
            reader_caches_bytes: 128 << 20,
            writer_cache_bytes: 16 << 20,
        }
    }
}

/// A sealed database with its threads. Clones share them; the last one closes it.
pub struct Database<S> {
    inner: Arc<Inner>,
    schema: PhantomData<fn() -> S>,
}

impl<S> Clone for Database<S> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            schema: PhantomData,
        }
    }
}

struct Inner {
    queue: Arc<Queue>,
    readers: Arc<Readers>,
    checkpoints: Arc<checkpoint::Signal>,
    healthy: Arc<AtomicBool>,
    /// Guards the threads, until `close` takes them to wait for them.
    threads: Mutex<Option<Threads>>,
}

struct Threads {
    checkpointer: JoinHandle<()>,
    writer: JoinHandle<()>,
}

impl<S: Schema> Database<S> {
    /// Opens the database, making or migrating it.
    ///
    /// # Errors
    /// [`Error::WrongKey`], [`Error::NewerSchema`], [`Error::WrongKind`], [`Error::AuditGap`],
    /// [`Error::OldSqlite`], or a fault of the disk.
    pub fn open(path: &Path, database_key: &SecretKey, settings: Settings) -> Result<Self, Error> {
        connection::make_file(path)?;
        let write = |cache| connection::open(path, database_key, Access::Write, cache);
        let mut connection = write(settings.writer_cache_bytes)?;
        schema::migrate::<S>(&mut connection)?;
        let checkpointing = write(1 << 20)?;
        connection::sync_directory(path)?;

        let queue = Arc::new(Queue::new());
        let healthy = Arc::new(AtomicBool::new(true));
        let checkpoints = Arc::new(checkpoint::Signal::default());
        let readers = Arc::new(Readers::new(
            path.to_owned(),
            SecretKey::new(*database_key.expose()),
            settings.readers,
            settings.reader_caches_bytes,
        ));
        let writer = writer::Writer::new(
            connection,
            Arc::clone(&queue),
            Arc::clone(&healthy),
            Arc::clone(&checkpoints),
            Arc::clone(&readers),
        )?;
        let (signal, reading) = (Arc::clone(&checkpoints), Arc::clone(&readers));
        let threads = Threads {
            writer: thread::Builder::new()
                .name("meta-writer".into())
                .spawn(move || writer.run())?,
            checkpointer: thread::Builder::new()
                .name("meta-checkpoint".into())
                .spawn(move || checkpoint::run(&checkpointing, &signal, &reading))?,
        };
        Ok(Self {
            inner: Arc::new(Inner {
                queue,
                readers,
                checkpoints,
                healthy,
                threads: Mutex::new(Some(threads)),
            }),
            schema: PhantomData,
        })
    }

    /// Runs queries on a connection of the pool, on the calling thread: a point lookup takes
    /// microseconds. Waits, blocking, while all connections are lent.
    ///
    /// # Errors
    /// What the queries return, or [`Error::Closed`].
    pub fn read<T>(
        &self,
        queries: impl FnOnce(&Reader<'_, S>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.run(self.inner.readers.borrow()?, queries)
    }

    /// As [`Database::read`], for queries that do not look at the audit log: they see every change
    /// committed so far, but of entries without a change perhaps not the latest. Many of them find
    /// the pages of those before them still opened.
    ///
    /// # Errors
    /// As [`Database::read`].
    pub fn look<T>(
        &self,
        queries: impl FnOnce(&Reader<'_, S>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.run(self.inner.readers.borrow_kept()?, queries)
    }

    fn run<T>(
        &self,
        mut loan: Loan<'_>,
        queries: impl FnOnce(&Reader<'_, S>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let found = queries(&Reader {
            connection: loan.connection()?,
            schema: PhantomData,
        });
        if found.is_err() {
            // What failed first is what to tell.
            let _ = loan.release();
        }
        found
    }

    /// Commits a change together with its audit entry (law 2). It is queued when this returns, and
    /// durable when the future resolves (law 5).
    ///
    /// Cancel safety: dropping the future changes nothing; the commit finishes without its caller.
    ///
    /// # Errors
    /// What the command refuses, [`Error::Busy`] if the queue is full, or why the commit failed.
    pub fn commit<C: Command<On = S>>(
        &self,
        command: C,
        entry: AuditEntry,
    ) -> impl Future<Output = Result<C::Output, Error>> + Send + use<C, S> {
        self.submit(command, Some(entry), ())
    }

    /// As [`Database::commit`], and holds something until it is known how the command ended,
    /// whether or not anybody still waits for it: it is dropped on the writer's thread, before the
    /// future resolves. `entry` is none for the bookkeeping of jobs.
    ///
    /// # Errors
    /// As [`Database::commit`].
    pub fn commit_holding<C: Command<On = S>, H: Send + 'static>(
        &self,
        command: C,
        entry: Option<AuditEntry>,
        held: H,
    ) -> impl Future<Output = Result<C::Output, Error>> + Send + use<C, H, S> {
        self.submit(command, entry, held)
    }

    /// Commits a change that nobody asked for: the bookkeeping of sweeps. Requests always leave
    /// an entry.
    ///
    /// # Errors
    /// As [`Database::commit`].
    pub fn commit_unrecorded<C: Command<On = S>>(
        &self,
        command: C,
    ) -> impl Future<Output = Result<C::Output, Error>> + Send + use<C, S> {
        self.submit(command, None, ())
    }

    fn submit<C: Command<On = S>, H: Send + 'static>(
        &self,
        command: C,
        entry: Option<AuditEntry>,
        held: H,
    ) -> impl Future<Output = Result<C::Output, Error>> + Send + use<C, H, S> {
        let (caller, answer) = oneshot::channel();
        let queued = self.inner.queue.push(Box::new(job::Pending {
            command,
            entry,
            outcome: None,
            caller,
            held,
        }));
        async move {
            queued?;
            answer.await.unwrap_or(Err(Error::Closed))
        }
    }

    /// Queues the entry of a read or a refusal; it is durable within 50 ms. Waits for a place in
    /// the queue, which slows requests down to what the disk takes.
    ///
    /// Cancel safety: dropped before it is ready, nothing was queued.
    ///
    /// # Errors
    /// [`Error::Unwritable`] while commits fail: what cannot be recorded must not happen.
    pub async fn append(&self, entry: AuditEntry) -> Result<Appended, Error> {
        if !self.is_writable() {
            return Err(Error::Unwritable);
        }
        self.inner.queue.append(entry).await?;
        Ok(Appended(()))
    }

    /// As [`Database::append`], but resolves once the entry is durable.
    ///
    /// # Errors
    /// As [`Database::commit`].
    pub async fn append_durable(&self, entry: AuditEntry) -> Result<Appended, Error> {
        self.commit(OnlyTheEntry(PhantomData), entry).await?;
        Ok(Appended(()))
    }

    /// Whether the last commit succeeded. A database that failed tries again by itself.
    pub fn is_writable(&self) -> bool {
        self.inner.healthy.load(Ordering::Relaxed)
    }

    /// Writes what is queued, empties the log, ends the threads. Blocks until that is done; every
    /// clone is closed with it.
    pub fn close(&self) {
        self.inner.close();
    }
}

impl Inner {
    fn close(&self) {
        self.readers.close();
        self.checkpoints.close();
        self.queue.close();
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(threads) = threads.take() else {
            return;
        };
        // The writer's connection goes last, so that SQLite removes the emptied log.
        if threads.checkpointer.join().is_err() {
            tracing::error!("the checkpoint thread of a database panicked");
        }
        // A writer that panics ends the process, so it is never seen here.
        let _ = threads.writer.join();
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

/// Queries run through this; each file of `queries` adds its own.
pub struct Reader<'c, S> {
    connection: &'c Connection,
    schema: PhantomData<S>,
}

impl<'c, S> Reader<'c, S> {
    /// The connection of the pool.
    pub(super) const fn connection(&self) -> &'c Connection {
        self.connection
    }

    /// Runs several queries against one state of the database, whatever is committed meanwhile.
    ///
    /// # Errors
    /// What the queries return.
    pub fn snapshot<T>(&self, queries: impl FnOnce(&Self) -> Result<T, Error>) -> Result<T, Error> {
        if !self.connection.is_autocommit() {
            return queries(self);
        }
        let transaction = self.connection.unchecked_transaction()?;
        let found = queries(self)?;
        transaction.finish()?;
        Ok(found)
    }
}

/// A change that is nothing but its entry.
struct OnlyTheEntry<S>(PhantomData<fn() -> S>);

impl<S: Schema> Command for OnlyTheEntry<S> {
    type On = S;
    type Output = ();

    fn apply(&self, _: &Tx<'_>) -> Result<(), Error> {
        Ok(())
    }
}
