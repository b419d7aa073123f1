//! The engine: groups, failures, keys, schemas, what reaches the disk.

use std::fs;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use super::super::commands::PutObject;
use super::super::error::Error;
use super::super::fixture::{
    Place, bucket, entry, inline, key, new_version, object_key, put, version,
};
use super::super::records::{NewVersion, Versioning};
use super::super::schema::{OfAgency, OfInstallation};
use super::super::{Catalog, Database, Index, Schema, Settings};
use super::job::{Command, Tx};
use crate::types::ids::VersionId;
use crate::types::limits;

/// Runs any statements: how tests make the engine fail.
struct Run(&'static str);

impl Command for Run {
    type On = OfAgency;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        tx.execute("UPDATE counters SET probes = probes + 1", [])?;
        tx.first(self.0, [], |_| Ok(()))?;
        Ok(())
    }
}

/// Writes, then refuses.
struct Fickle;

impl Command for Fickle {
    type On = OfAgency;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        tx.execute("UPDATE counters SET probes = probes + 1000", [])?;
        Err(Error::PreconditionFailed)
    }
}

/// Sets how many pages the database may have, and then refuses: it writes nothing.
struct Room(u32);

impl Command for Room {
    type On = OfAgency;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let sql = format!("PRAGMA max_page_count = {}", self.0);
        tx.first(&sql, [], |_| Ok(()))?;
        Err(Error::PreconditionFailed)
    }
}

/// Holds the writer up, so that what is queued meanwhile becomes one group.
struct Hold {
    begun: Sender<()>,
    /// Yields an error once the other end is dropped.
    held: Receiver<()>,
}

impl Command for Hold {
    type On = OfAgency;
    type Output = ();

    fn apply(&self, _: &Tx<'_>) -> Result<(), Error> {
        let _ = self.begun.send(());
        let _ = self.held.recv();
        Ok(())
    }
}

/// The writer is busy from now on, until what this returns is dropped.
fn hold(index: &Index) -> Sender<()> {
    let (begun, begins) = mpsc::channel();
    let (release, held) = mpsc::channel();
    drop(index.commit_unrecorded(Hold { begun, held }));
    begins.recv().unwrap();
    release
}

fn null(number: u64) -> NewVersion {
    new_version(VersionId::Null, number)
}

fn probes(index: &Index) -> i64 {
    let read = |q: &super::Reader<'_, OfAgency>| {
        let count = q
            .connection()
            .query_row("SELECT probes FROM counters", [], |row| row.get(0));
        Ok(count?)
    };
    index.read(read).unwrap()
}

#[tokio::test]
async fn what_was_committed_is_there_after_opening_again() {
    let place = Place::new();
    let index = place.index();
    let made = bucket(&index, "actas", Versioning::Off).await;
    let stored = index
        .commit(put(&made, "a", null(1)), entry())
        .await
        .unwrap();
    index.append(entry()).await.unwrap();
    drop(index);

    let index = place.index();
    let found = index.read(|q| q.object(made.id, &object_key("a"))).unwrap();
    assert_eq!(found.unwrap().head.sequence, stored.sequence);
    assert_eq!(index.read(|q| q.audit_size()).unwrap(), 4);
    let later = index.commit(put(&made, "b", null(2)), entry()).await;
    assert!(later.unwrap().sequence > stored.sequence);
}

#[tokio::test]
async fn what_was_acknowledged_is_in_the_files_at_any_moment() {
    let place = Place::new();
    let index = place.index();
    let made = bucket(&index, "actas", Versioning::Off).await;
    for n in 0..50 {
        let command = put(&made, &format!("k{n}"), null(n));
        index.commit(command, entry()).await.unwrap();
    }
    // As a crash leaves them: without the log's index, which lives in memory.
    let after = Place::new();
    for name in ["index.db", "index.db-wal"] {
        let from = place.directory.path().join(name);
        fs::copy(from, after.directory.path().join(name)).unwrap();
    }
    let recovered = after.index();
    for n in 0..50 {
        let key = object_key(&format!("k{n}"));
        let found = recovered.read(|q| q.object(made.id, &key)).unwrap();
        assert_eq!(found.unwrap().head.size_bytes, n);
    }
    assert_eq!(recovered.read(|q| q.audit_size()).unwrap(), 52);
}

#[tokio::test]
async fn groups_commit_every_caller_and_number_entries_without_gaps() {
    let place = Place::new();
    let index = place.index();
    let made = bucket(&index, "actas", Versioning::Off).await;
    let before = index.read(|q| q.audit_size()).unwrap();
    let commits: Vec<_> = (0..600)
        .map(|n| index.commit(put(&made, &format!("k{n}"), null(n)), entry()))
        .collect();
    let mut sequences = Vec::new();
    for commit in commits {
        sequences.push(commit.await.unwrap().sequence);
    }
    assert!(sequences.is_sorted());
    let entries = index.read(|q| q.audit_entries(0, 10_000)).unwrap();
    let expected: Vec<u64> = (0..before + 600).collect();
    assert_eq!(
        entries.iter().map(|e| e.sequence).collect::<Vec<_>>(),
        expected
    );
}

#[tokio::test]
async fn a_command_that_fails_leaves_its_group_alone() {
    let place = Place::new();
    let index = place.index();
    let made = bucket(&index, "actas", Versioning::Off).await;
    let before = index.read(|q| q.audit_size()).unwrap();
    let held = hold(&index);
    let first = index.commit(put(&made, "a", null(1)), entry());
    let broken = index.commit(Run("INSERT INTO garbage VALUES (NULL, 1)"), entry());
    let fickle = index.commit(Fickle, entry());
    let second = index.commit(put(&made, "b", null(2)), entry());
    drop(held);
    first.await.unwrap();
    second.await.unwrap();
    assert!(matches!(broken.await, Err(Error::Engine(_))));
    assert!(matches!(fickle.await, Err(Error::PreconditionFailed)));
    assert_eq!(index.read(|q| q.audit_size()).unwrap(), before + 2);
    assert_eq!(probes(&index), 0);
    assert!(index.is_writable());
}

#[tokio::test]
async fn a_refused_command_leaves_no_entry() {
    let place = Place::new();
    let index = place.index();
    let made = bucket(&index, "actas", Versioning::Off).await;
    let before = index.read(|q| q.audit_size()).unwrap();
    let refused = put(&made, "a", new_version(version(1), 1));
    let outcome = index.commit(refused, entry()).await;
    assert!(matches!(outcome, Err(Error::VersioningChanged)));
    assert_eq!(index.read(|q| q.audit_size()).unwrap(), before);
}

#[tokio::test]
async fn a_caller_that_goes_away_loses_nothing() {
    let place = Place::new();
    let index = place.index();
    let made = bucket(&index, "actas", Versioning::Off).await;
    drop(index.commit(put(&made, "a", null(1)), entry()));
    index.append_durable(entry()).await.unwrap();
    let found = index.read(|q| q.object(made.id, &object_key("a"))).unwrap();
    assert!(found.is_some());
}

#[tokio::test]
async fn queued_entries_become_durable_by_themselves() {
    let place = Place::new();
    let index = place.index();
    for _ in 0..10 {
        index.append(entry()).await.unwrap();
    }
    let since = Instant::now();
    while index.read(|q| q.audit_size()).unwrap() < 10 {
        assert!(since.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn more_entries_than_the_queue_holds_wait_for_their_place() {
    let place = Place::new();
    let index = place.index();
    let long = super::AuditEntry {
        sealed_body: vec![0; limits::AUDIT_ENTRY_BYTES * 2_000],
        ..entry()
    };
    for _ in 0..64 {
        index.append(long.clone()).await.unwrap();
    }
    index.close();
    assert!(matches!(index.append(entry()).await, Err(Error::Closed)));
    assert_eq!(place.index().read(|q| q.audit_size()).unwrap(), 64);
}

#[tokio::test]
async fn the_queue_of_changes_is_bounded() {
    let place = Place::new();
    let index = place.index();
    let made = bucket(&index, "actas", Versioning::Off).await;
    let held = hold(&index);
    let commits: Vec<_> = (0..limits::WRITER_QUEUE_MAX as u64)
        .map(|n| index.commit(put(&made, "a", null(n)), entry()))
        .collect();
    let busy = index.commit(put(&made, "a", null(0)), entry()).await;
    assert!(matches!(busy, Err(Error::Busy)));
    drop(held);
    for commit in commits {
        commit.await.unwrap();
    }
}

#[test]
fn only_the_right_key_opens() {
    let place = Place::new();
    drop(place.index());
    let opened = Index::open(&place.path(), &key(6), Settings::default());
    assert!(matches!(opened.err(), Some(Error::WrongKey)));
    fs::write(
        place.path(),
        b"not a database, but long enough to be read as one",
    )
    .unwrap();
    let opened = Index::open(&place.path(), &key(7), Settings::default());
    assert!(matches!(opened.err(), Some(Error::WrongKey)));
}

/// A database as the first version made it.
struct First<S>(std::marker::PhantomData<fn() -> S>);

impl<S: Schema> Schema for First<S> {
    const APPLICATION_ID: i32 = S::APPLICATION_ID;
    const MIGRATIONS: &'static [&'static str] = S::MIGRATIONS.first_chunk::<1>().unwrap();
}

#[test]
fn databases_of_the_first_version_open() {
    fn check<S: Schema>() {
        let place = Place::new();
        let open = |path: &std::path::Path| {
            Database::<First<S>>::open(path, &key(7), Settings::default()).map(drop)
        };
        open(&place.path()).unwrap();
        for _ in 0..2 {
            let database = Database::<S>::open(&place.path(), &key(7), Settings::default());
            database.unwrap().read(|reader| reader.approvals()).unwrap();
        }
        assert!(matches!(
            open(&place.path()),
            Err(Error::NewerSchema { .. })
        ));
    }
    check::<OfAgency>();
    check::<OfInstallation>();
}

#[tokio::test]
async fn newer_and_foreign_files_are_refused() {
    let place = Place::new();
    let index = place.index();
    index
        .commit_unrecorded(Run("PRAGMA user_version = 99"))
        .await
        .unwrap();
    drop(index);
    let opened = Index::open(&place.path(), &key(7), Settings::default());
    let newest = i32::try_from(OfAgency::MIGRATIONS.len()).unwrap();
    assert!(matches!(
        opened.err(),
        Some(Error::NewerSchema { found: 99, known }) if known == newest
    ));
    let opened = Catalog::open(&place.path(), &key(7), Settings::default());
    assert!(matches!(opened.err(), Some(Error::WrongKind)));
}

/// An index as the first version made it.
enum OfFirstVersion {}

impl Schema for OfFirstVersion {
    const APPLICATION_ID: i32 = OfAgency::APPLICATION_ID;
    const MIGRATIONS: &'static [&'static str] = OfAgency::MIGRATIONS.split_at(1).0;
}

#[tokio::test]
async fn a_file_of_an_earlier_version_is_brought_to_this_one() {
    let place = Place::new();
    let open = || Database::<OfFirstVersion>::open(&place.path(), &key(7), Settings::default());
    let earlier = open().unwrap();
    earlier.append_durable(entry()).await.unwrap();
    drop(earlier);
    let index = place.index();
    assert_eq!(index.read(|reader| reader.audit_size()).unwrap(), 1);
    assert!(index.read(|reader| reader.grants()).unwrap().is_empty());
    drop(index);
    assert!(matches!(
        open().err(),
        Some(Error::NewerSchema { known: 1, .. })
    ));
}

#[tokio::test]
async fn a_log_that_lost_entries_is_refused() {
    let place = Place::new();
    let index = place.index();
    index.append_durable(entry()).await.unwrap();
    index
        .commit_unrecorded(Run("DELETE FROM audit RETURNING 1"))
        .await
        .unwrap();
    drop(index);
    let opened = Index::open(&place.path(), &key(7), Settings::default());
    assert!(matches!(
        opened.err(),
        Some(Error::AuditGap {
            expected: 1,
            found: 0
        })
    ));
}

#[tokio::test]
async fn a_full_disk_fails_changes_and_heals() {
    let place = Place::new();
    let index = place.index();
    let made = bucket(&index, "actas", Versioning::Off).await;
    let _ = index.commit_unrecorded(Room(1)).await;
    let large = |n| {
        let mut version = null(n);
        version.body = inline(vec![1; 16 << 10]);
        put(&made, "a", version)
    };
    // The database tries small changes by itself, which still fit: it is unwritable only between
    // a failure and the next try.
    let since = Instant::now();
    for n in 0.. {
        assert!(since.elapsed() < Duration::from_secs(20));
        let outcome = index.commit(large(n), entry()).await;
        if outcome.is_err() {
            assert!(matches!(outcome, Err(Error::DiskFull(_))), "{outcome:?}");
            if matches!(index.append(entry()).await, Err(Error::Unwritable)) {
                break;
            }
        }
    }

    // Room again: nobody asks for a change, and yet it heals.
    let _ = index.commit_unrecorded(Room(100_000)).await;
    let since = Instant::now();
    while !index.is_writable() {
        assert!(since.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    index.commit(large(99), entry()).await.unwrap();
    index.append(entry()).await.unwrap();
}

#[tokio::test]
async fn nothing_readable_reaches_the_disk() {
    let place = Place::new();
    let index = place.index();
    let made = bucket(&index, "bucket-secreto", Versioning::Off).await;
    let mut stored = null(1);
    stored.metadata.user = vec![("curp".into(), "metadato-secreto".into())];
    stored.body = inline(b"cuerpo-secreto".to_vec());
    let command: PutObject = put(&made, "clave-secreta", stored);
    index.commit(command, entry()).await.unwrap();
    let check = || {
        let mut files = 0;
        for file in fs::read_dir(place.directory.path()).unwrap() {
            let bytes = fs::read(file.unwrap().path()).unwrap();
            files += 1;
            for secret in ["secret", "curp", "SQLite format", "CREATE TABLE"] {
                let found = bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
                assert!(!found, "{secret}");
            }
        }
        files
    };
    assert_eq!(check(), 3, "database, log and its index");
    index.close();
    assert_eq!(check(), 1, "the log is gone after a clean close");
}

#[tokio::test]
async fn the_log_stays_bounded() {
    let place = Place::new();
    let index = place.index();
    let made = bucket(&index, "actas", Versioning::Off).await;
    // Whoever looked last leaves a snapshot behind, which must not hold the log.
    index.look(|q| q.audit_size()).unwrap();
    let mut commits = Vec::new();
    for n in 0..4_000 {
        let mut version = null(n);
        version.body = inline(vec![1; 16 << 10]);
        commits.push(index.commit(put(&made, &format!("k{n}"), version), entry()));
    }
    for commit in commits {
        commit.await.unwrap();
    }
    let log = place.directory.path().join("index.db-wal");
    let bytes = fs::metadata(log).unwrap().len();
    assert!(
        bytes < (limits::WAL_BYTES_MAX + (16 << 20)) as u64,
        "{bytes}"
    );
}

#[tokio::test]
async fn readers_see_one_state_in_a_snapshot() {
    let place = Place::new();
    let index = place.index();
    let made = bucket(&index, "actas", Versioning::Off).await;
    let handle = tokio::runtime::Handle::current();
    let writer = index.clone();
    let seen = tokio::task::spawn_blocking(move || {
        index.read(|q| {
            q.snapshot(|q| {
                let before = q.audit_size()?;
                handle.block_on(writer.commit(put(&made, "a", null(1)), entry()))?;
                Ok((before, q.audit_size()?))
            })
        })
    });
    let (before, after) = seen.await.unwrap().unwrap();
    assert_eq!(before, after);
}

#[tokio::test]
async fn a_look_sees_every_change_and_entries_alone_do_not_disturb_it() {
    let place = Place::new();
    let index = place.index();
    let made = bucket(&index, "actas", Versioning::Off).await;
    // A connection that is none of the pool's.
    let other = super::connection::open(&place.path(), &key(7), super::Access::Read, 1 << 20);
    let other = other.unwrap();
    let committed = || -> u64 {
        let sql = "SELECT audit_size FROM counters";
        other
            .query_row(sql, [], |row| super::super::codec::column(row, 0))
            .unwrap()
    };
    for n in 0..20 {
        let object_key = object_key(&format!("k{n}"));
        let seen = |q: &super::Reader<'_, OfAgency>| q.object(made.id, &object_key);
        assert!(index.look(seen).unwrap().is_none());
        let before = index.look(|q| q.audit_size()).unwrap();
        index.append(entry()).await.unwrap();
        let since = Instant::now();
        while committed() == before {
            assert!(since.elapsed() < Duration::from_secs(5));
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(index.look(|q| q.audit_size()).unwrap(), before);
        assert_eq!(index.read(|q| q.audit_size()).unwrap(), before + 1);
        let command = put(&made, object_key.as_str(), null(n));
        index.commit(command, entry()).await.unwrap();
        assert!(index.look(seen).unwrap().is_some());
        assert_eq!(index.look(|q| q.audit_size()).unwrap(), before + 2);
    }
}
