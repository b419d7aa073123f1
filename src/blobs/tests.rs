//! What every backend must do, and what a disk can do to one.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt as _, TryStreamExt as _};

use super::error::Error;
use super::settings::BlobSettings;
use super::store::{BlobStore, Shard};
use crate::types::ids::BlobId;
use crate::types::limits;
use crate::types::names::AgencyId;

const ID: BlobId = BlobId::new([0xb1; 16]);

fn agency(name: &str) -> AgencyId {
    AgencyId::parse(name).unwrap()
}

fn content(length: usize) -> Bytes {
    (0..length)
        .map(|i| u8::try_from((7 * i + i / 251) % 256).unwrap())
        .collect()
}

fn memory() -> BlobStore {
    BlobStore::new(&BlobSettings::Memory).unwrap()
}

fn local(directory: &Path) -> BlobStore {
    let directory = directory.to_owned();
    BlobStore::new(&BlobSettings::Local { directory }).unwrap()
}

async fn put(store: &BlobStore, blob_id: BlobId, content: &Bytes, piece: usize) {
    let mut writer = store.create(&agency("registro"), blob_id);
    let mut rest = content.clone();
    while !rest.is_empty() {
        let bytes = rest.split_to(rest.len().min(piece));
        writer.write(bytes).await.unwrap();
    }
    writer.finish().await.unwrap();
}

async fn get(store: &BlobStore, blob_id: BlobId) -> Result<Vec<u8>, Error> {
    let reader = store.open(&agency("registro"), blob_id).await?;
    let length = usize::try_from(reader.size_bytes()).unwrap();
    Ok(reader.read_at(0, length).await?.as_ref().to_vec())
}

async fn names(store: &BlobStore, shard: u8) -> Vec<BlobId> {
    let found = store.list(&agency("registro"), Shard(shard)).await.unwrap();
    found.into_iter().map(|found| found.blob_id).collect()
}

/// The promises of every backend.
async fn check(store: &BlobStore) {
    let missing = get(store, ID).await.err();
    assert!(matches!(missing, Some(Error::NotFound(ID))));

    let part = store.0.part_bytes;
    for (n, length) in [1, 1000, limits::BLOB_START_BYTES, 3 * part, 5 * part + 17]
        .into_iter()
        .enumerate()
    {
        let blob_id = BlobId::new([u8::try_from(n).unwrap(); 16]);
        let content = content(length);
        put(store, blob_id, &content, 65_552).await;
        assert!(get(store, blob_id).await.unwrap() == content, "{length}");
        check_ranges(store, blob_id, &content).await;
    }

    let found = store.list(&agency("registro"), Shard(1)).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].blob_id, BlobId::new([1; 16]));
    assert_eq!(found[0].size_bytes, 1000);
    assert!(found[0].changed.seconds() > 1_700_000_000);
    assert!(names(store, 0xb1).await.is_empty());

    // Another agency has no such blob.
    let foreign = store.open(&agency("catastro"), BlobId::new([1; 16])).await;
    assert!(matches!(foreign.err(), Some(Error::NotFound(_))));

    // What is not there counts as removed; what is not named stays.
    let gone = [BlobId::new([0; 16]), BlobId::new([1; 16]), ID];
    store.delete(&agency("registro"), &gone).await.unwrap();
    store.delete(&agency("registro"), &gone).await.unwrap();
    assert!(matches!(
        get(store, gone[0]).await.err(),
        Some(Error::NotFound(_))
    ));
    assert!(names(store, 1).await.is_empty());
    assert!(get(store, BlobId::new([2; 16])).await.is_ok());
}

async fn check_ranges(store: &BlobStore, blob_id: BlobId, content: &Bytes) {
    let reader = store.open(&agency("registro"), blob_id).await.unwrap();
    let length = content.len();
    for (start, end, step) in [
        (0, length, 65_552),
        (0, length, 1 << 30),
        (length / 3, length, 1000),
        (length / 3, length / 2, 999),
        (length - 1, length, 1),
    ] {
        let chunks = reader.chunks(start as u64..end as u64, step);
        let chunks: Vec<_> = chunks.try_collect().await.unwrap();
        let sizes: Vec<_> = chunks.iter().map(|c| c.as_ref().len()).collect();
        let expected: Vec<_> = content[start..end].chunks(step).map(<[u8]>::len).collect();
        assert_eq!(sizes, expected);
        let bytes: Vec<_> = chunks.iter().flat_map(|c| c.as_ref().to_vec()).collect();
        assert!(bytes == content[start..end], "{start}..{end} by {step}");
    }
    // Beyond the end is an error, not fewer bytes.
    let beyond = reader.read_at(0, length + 1).await.err();
    assert!(matches!(beyond, Some(Error::Short(_))), "{beyond:?}");
    let beyond: Result<Vec<_>, _> = reader
        .chunks(0..length as u64 + 1, 65_552)
        .try_collect()
        .await;
    assert!(matches!(beyond.err(), Some(Error::Short(_))));
}

#[tokio::test]
async fn memory_keeps_the_promises() {
    check(&memory()).await;
}

#[tokio::test]
async fn the_local_disk_keeps_the_promises() {
    let folder = tempfile::tempdir().unwrap();
    check(&local(folder.path())).await;
}

fn path_of(folder: &Path, blob_id: BlobId) -> PathBuf {
    let shard = blob_id.as_bytes()[0];
    folder.join(format!("agencies/registro/blobs/{shard:02x}/{blob_id}"))
}

/// Files below a folder once every task has ended.
async fn files_once_quiet(folder: &Path) -> Vec<PathBuf> {
    let tasks = tokio::runtime::Handle::current().metrics();
    while tasks.num_alive_tasks() > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    fs::read_dir(folder.join("agencies/registro/blobs/b1"))
        .map(|entries| entries.map(|e| e.unwrap().path()).collect())
        .unwrap_or_default()
}

#[tokio::test]
async fn a_dropped_writer_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = local(folder.path());
    for pieces in [0, 1, 2, 3, 20] {
        let mut writer = store.create(&agency("registro"), ID);
        for _ in 0..pieces {
            writer.write(content(65_552)).await.unwrap();
        }
        drop(writer);
        assert!(files_once_quiet(folder.path()).await.is_empty(), "{pieces}");
    }
}

#[tokio::test]
async fn an_end_that_nobody_waits_for_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = local(folder.path());
    for pieces in [1, 20] {
        let mut writer = store.create(&agency("registro"), ID);
        for _ in 0..pieces {
            writer.write(content(65_552)).await.unwrap();
        }
        let mut finish = Box::pin(writer.finish());
        assert!((&mut finish).now_or_never().is_none());
        drop(finish);
        assert!(files_once_quiet(folder.path()).await.is_empty(), "{pieces}");
        assert!(get(&store, ID).await.is_err());
    }
}

#[tokio::test]
async fn what_a_crash_left_is_found_and_nothing_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let store = local(folder.path());
    let torn = path_of(folder.path(), ID);
    fs::create_dir_all(torn.parent().unwrap()).unwrap();
    fs::write(&torn, b"torn").unwrap();
    for stranger in ["note.txt", &format!("{ID}.bak")] {
        fs::write(torn.with_file_name(stranger), b"not ours").unwrap();
    }
    assert_eq!(names(&store, 0xb1).await, [ID]);
    for length in [10, 500_000] {
        let mut writer = store.create(&agency("registro"), ID);
        let written = async {
            writer.write(content(length)).await?;
            writer.finish().await
        };
        assert!(matches!(written.await, Err(Error::Disk(_))), "{length}");
        assert_eq!(fs::read(&torn).unwrap(), b"torn");
    }
    store.delete(&agency("registro"), &[ID]).await.unwrap();
    assert!(names(&store, 0xb1).await.is_empty());
}

#[tokio::test]
async fn a_blob_that_shrinks_while_it_is_read_is_short() {
    let folder = tempfile::tempdir().unwrap();
    let store = local(folder.path());
    put(&store, ID, &content(200_000), 65_552).await;
    let reader = store.open(&agency("registro"), ID).await.unwrap();
    let file = fs::File::options()
        .write(true)
        .open(path_of(folder.path(), ID))
        .unwrap();
    file.set_len(100_000).unwrap();
    let read: Result<Vec<_>, _> = reader.chunks(0..200_000, 65_552).try_collect().await;
    assert!(matches!(read.err(), Some(Error::Short(ID))));
}

/// Long enough to be synced before its end, more than once.
#[tokio::test]
async fn a_long_blob_arrives_whole() {
    let folder = tempfile::tempdir().unwrap();
    let store = local(folder.path());
    let content = Bytes::from(content(1 << 20).repeat(20));
    put(&store, ID, &content, 65_552).await;
    assert!(get(&store, ID).await.unwrap() == content);
}

/// Pages that are not in memory come through the pool, and the read-ahead keeps their order.
#[tokio::test]
async fn cold_files_are_read_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let store = local(folder.path());
    let content = content(3_000_000);
    put(&store, ID, &content, 65_552).await;
    let file = fs::File::open(path_of(folder.path(), ID)).unwrap();
    let evict = || {
        rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).unwrap();
    };
    for nowait in [true, true, false] {
        evict();
        let mut reader = store.open(&agency("registro"), ID).await.unwrap();
        if !nowait {
            reader = reader.without_nowait();
        }
        let mut chunks = reader.chunks(0..3_000_000, 65_552);
        let mut read = Vec::new();
        while let Some(chunk) = chunks.try_next().await.unwrap() {
            read.extend_from_slice(chunk.as_ref());
            if read.len() % (65_552 * 5) == 0 {
                evict();
            }
        }
        assert!(read == content);
    }
}

#[test]
fn settings_that_make_no_backend_are_refused() {
    let directory = PathBuf::from("/no/such/directory");
    let store = BlobStore::new(&BlobSettings::Local { directory });
    assert!(matches!(store.err(), Some(Error::Settings(_))));
}
