//! The raw rate of group commits: one thread, the settings of the index, one row of a document's
//! size for each of many callers, and nothing else. What a durable PUT could cost if it were
//! nothing but its row.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use acervo::types::limits;
use futures_util::future::join_all;
use rusqlite::Connection;
use rusqlite::hooks::Wal;
use rusqlite::wal::CheckpointMode;
use tokio::sync::oneshot;

use crate::content::noise;
use crate::rounds::{Taken, block_on};

/// As the index opens its own.
const SETTINGS: &str = "
    PRAGMA key = \"x'2DD29CA851E7B56E4697B0E1F08507293D761A05CE4D1B628663F411A8086D99'\";
    PRAGMA cipher_hmac_algorithm = HMAC_SHA256;
    PRAGMA page_size = 4096;
    PRAGMA journal_mode = WAL;
    PRAGMA temp_store = MEMORY;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA secure_delete = FAST;
    PRAGMA cache_size = -32768;
";

/// Bytes of a page with its frame header in the log.
const FRAME_BYTES: usize = 4_096 + 24;

struct Row {
    body: Vec<u8>,
    caller: oneshot::Sender<()>,
}

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    rows: VecDeque<Row>,
    is_closed: bool,
}

impl Queue {
    fn push(&self, row: Row) {
        self.state.lock().unwrap().rows.push_back(row);
        self.wake.notify_one();
    }

    /// The next group; empty once closed.
    fn take(&self) -> Vec<Row> {
        let mut state = self.state.lock().unwrap();
        while state.rows.is_empty() && !state.is_closed {
            state = self.wake.wait(state).unwrap();
        }
        let count = state.rows.len().min(limits::GROUP_COMMANDS_MAX);
        state.rows.drain(..count).collect()
    }
}

/// A database with its writer.
pub struct RawCommit {
    queue: Arc<Queue>,
    writer: Option<JoinHandle<()>>,
}

impl RawCommit {
    pub fn open(folder: &Path) -> Self {
        let path = folder.join("raw.db");
        let open = || {
            let connection = Connection::open(&path).unwrap();
            // A checkpoint of another connection may hold the log for a moment.
            connection.busy_timeout(Duration::from_secs(10)).unwrap();
            connection.execute_batch(SETTINGS).unwrap();
            connection.set_prepared_statement_cache_capacity(16);
            connection
        };
        let (writing, checkpointing) = (open(), open());
        writing
            .execute_batch("CREATE TABLE raw (number INTEGER PRIMARY KEY, body BLOB NOT NULL)")
            .unwrap();
        let (ask, asked) = mpsc::channel::<()>();
        thread::spawn(move || {
            while asked.recv().is_ok() {
                // Only once for all that asked meanwhile.
                while asked.try_recv().is_ok() {}
                let _ = checkpointing.execute_batch("PRAGMA wal_checkpoint(PASSIVE)");
            }
        });
        let queue = Arc::new(Queue::default());
        let rows = Arc::clone(&queue);
        Self {
            queue,
            writer: Some(thread::spawn(move || write(writing, &rows, ask))),
        }
    }

    /// Has so many callers wait for row after row.
    pub fn turn(&self, callers: usize, size_bytes: usize, length: Duration) -> Taken {
        let body = noise(size_bytes);
        block_on(async {
            let started = Instant::now();
            let loops = (0..callers).map(|_| async {
                let mut latencies = Vec::new();
                while started.elapsed() < length {
                    let begun = Instant::now();
                    self.commit(body.clone()).await;
                    latencies.push(begun.elapsed());
                }
                latencies
            });
            let latencies: Vec<Duration> = join_all(loops).await.into_iter().flatten().collect();
            Taken {
                operations: latencies.len(),
                elapsed: started.elapsed(),
                latencies,
                processor_us: None,
            }
        })
    }

    async fn commit(&self, body: Vec<u8>) {
        let (caller, durable) = oneshot::channel();
        self.queue.push(Row { body, caller });
        durable.await.unwrap();
    }
}

impl Drop for RawCommit {
    fn drop(&mut self) {
        self.queue.state.lock().unwrap().is_closed = true;
        self.queue.wake.notify_one();
        let _ = self.writer.take().map(JoinHandle::join);
    }
}

fn write(mut connection: Connection, queue: &Queue, ask: mpsc::Sender<()>) {
    let log_bytes = Arc::new(AtomicUsize::new(0));
    let told = Arc::clone(&log_bytes);
    let hook = move |_: &mut Wal, frames: std::ffi::c_int| {
        let frames = usize::try_from(frames).unwrap_or(0);
        told.store(frames * FRAME_BYTES, Ordering::Relaxed);
        Ok(())
    };
    connection.wal_hook(Some(hook)).unwrap();
    loop {
        let group = queue.take();
        if group.is_empty() {
            return;
        }
        let run = |sql| connection.prepare_cached(sql).unwrap().execute([]).unwrap();
        run("BEGIN IMMEDIATE");
        let mut insert = connection
            .prepare_cached("INSERT INTO raw (body) VALUES (?1)")
            .unwrap();
        for row in &group {
            insert.execute([&row.body]).unwrap();
        }
        run("COMMIT");
        for row in group {
            let _ = row.caller.send(());
        }
        let waiting = log_bytes.load(Ordering::Relaxed);
        if waiting >= limits::WAL_BYTES_MAX {
            // As the index does: while the other thread is at it, commits go on meanwhile.
            let _ = connection.wal_checkpoint_v2(None::<&str>, CheckpointMode::RESTART);
        } else if waiting >= limits::WAL_CHECKPOINT_BYTES {
            let _ = ask.send(());
        }
    }
}
