//! What the sweep removes from the disk, and what never: the house's own jobs over what a real
//! server left, with moments chosen by the test.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop"
)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use acervo::blobs::store::Shard;
use acervo::store::Store;
use acervo::store::sweep::Swept;
use acervo::types::clock::Time;
use acervo::types::names::AgencyId;

use support::client::Client;
use support::content::{Content, etag};
use support::elements;
use support::installation::Installation;
use support::server::{Server, folder};

const AGENCY: &str = "agencia";
const LARGE: usize = 100_000;
/// More than any upload takes.
const LONG_AGO: Duration = Duration::from_secs(8 * 86_400);
const LONGEST_UPLOAD_SECONDS: i64 = 7 * 86_400;

fn bytes(number: u64) -> Vec<u8> {
    Content {
        number,
        size_bytes: LARGE,
    }
    .bytes()
}

fn done(client: &mut Client, method: &str, target: &str, body: &[u8]) -> String {
    let answer = client.ask(method, target, body);
    assert!(answer.is_success(), "{method} {target}: {}", answer.text());
    answer.text()
}

fn start_upload(client: &mut Client, target: &str, number: u64) -> String {
    let answer = done(client, "POST", &format!("{target}?uploads"), b"");
    let upload = format!(
        "{target}?uploadId={}",
        elements(&answer, "UploadId").concat()
    );
    done(
        client,
        "PUT",
        &format!("{upload}&partNumber=1"),
        &bytes(number),
    );
    upload
}

fn complete(client: &mut Client, upload: &str, number: u64) {
    let tag = etag(&bytes(number));
    let part = format!("<Part><PartNumber>1</PartNumber><ETag>{tag}</ETag></Part>");
    let body = format!("<CompleteMultipartUpload>{part}</CompleteMultipartUpload>");
    done(client, "POST", upload, body.as_bytes());
}

/// The store over what a stopped server left.
struct House {
    store: Store,
    agency: AgencyId,
    runtime: tokio::runtime::Runtime,
}

impl House {
    fn open(folder: &Path) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let store = Installation::open(folder).store();
        let agency = AgencyId::parse(AGENCY).unwrap();
        Self {
            store,
            agency,
            runtime,
        }
    }

    fn after(&self, seconds: i64) -> Time {
        self.store.clock().now().plus_seconds(seconds)
    }

    fn garbage(&self, before: Time) -> u64 {
        let mut removed = 0;
        loop {
            let swept = self.store.sweep_garbage(&self.agency, before);
            let Swept {
                removed: some,
                is_more,
            } = self.runtime.block_on(swept).unwrap();
            removed += some;
            if !is_more {
                return removed;
            }
        }
    }

    fn orphans(&self, before: Time) -> u64 {
        let shards = (0..=u8::MAX).map(Shard);
        let swept = shards.map(|shard| {
            let swept = self.store.sweep_orphans(&self.agency, shard, before);
            self.runtime.block_on(swept).unwrap().removed
        });
        swept.sum()
    }

    fn expire_uploads(&self, before: Time) -> u64 {
        let expired = self.store.expire_uploads(&self.agency, before);
        self.runtime.block_on(expired).unwrap().removed
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.store.close();
    }
}

fn blobs(folder: &Path) -> Vec<PathBuf> {
    Installation::open(folder).blobs(AGENCY)
}

fn age(path: &Path) {
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_modified(modified(path) - LONG_AGO).unwrap();
}

fn modified(path: &Path) -> SystemTime {
    fs::metadata(path).unwrap().modified().unwrap()
}

/// A file of these bytes among the blobs, under an id of its own or as what a crash leaves of one.
fn strange(folder: &Path, name: &str) -> PathBuf {
    let path = Installation::open(folder).blob(AGENCY, name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, b"sealed once").unwrap();
    path
}

#[test]
fn what_changes_left_is_removed_after_its_grace() {
    let folder = folder();
    let server = Server::start(folder.path());
    let mut client = server.client();
    done(&mut client, "PUT", "/actas", b"");
    for number in 1..=3 {
        done(
            &mut client,
            "PUT",
            &format!("/actas/{number}"),
            &bytes(number),
        );
    }
    done(&mut client, "PUT", "/actas/1", &bytes(4));
    done(&mut client, "DELETE", "/actas/2", b"");
    let upload = start_upload(&mut client, "/actas/5", 5);
    complete(&mut client, &upload, 5);
    let aborted = start_upload(&mut client, "/actas/6", 6);
    done(&mut client, "DELETE", &aborted, b"");
    let open = start_upload(&mut client, "/actas/7", 7);
    drop(client);
    server.stop();

    assert_eq!(blobs(folder.path()).len(), 7);
    let house = House::open(folder.path());
    assert_eq!(house.garbage(house.after(-60)), 0, "within its grace");
    assert_eq!(blobs(folder.path()).len(), 7);
    assert_eq!(
        house.garbage(house.after(60)),
        3,
        "replaced, deleted, given up"
    );
    assert_eq!(blobs(folder.path()).len(), 4);
    assert_eq!(house.garbage(house.after(60)), 0, "once");
    drop(house);

    let server = Server::start(folder.path());
    let mut client = server.client();
    complete(&mut client, &open, 7);
    for (key, number) in [(1, 4), (3, 3), (5, 5), (7, 7)] {
        let answer = client.ask("GET", &format!("/actas/{key}"), b"");
        assert!(
            answer.is_success() && answer.body == bytes(number),
            "{key}: {}",
            answer.status
        );
    }
    // A completed object of parts that is replaced leaves its parts.
    done(&mut client, "DELETE", "/actas/5", b"");
    done(&mut client, "PUT", "/actas/7", b"short");
    drop(client);
    server.stop();
    let house = House::open(folder.path());
    assert_eq!(house.garbage(house.after(60)), 2);
    assert_eq!(blobs(folder.path()).len(), 2);
}

#[test]
fn what_nothing_refers_to_is_removed_once_it_is_old() {
    let folder = folder();
    let server = Server::start(folder.path());
    let mut client = server.client();
    done(&mut client, "PUT", "/actas", b"");
    done(&mut client, "PUT", "/actas/1", &bytes(1));
    let upload = start_upload(&mut client, "/actas/2", 2);
    complete(&mut client, &upload, 2);
    start_upload(&mut client, "/actas/3", 3);
    drop(client);
    server.stop();

    let referenced = blobs(folder.path());
    assert_eq!(referenced.len(), 3);
    referenced.iter().for_each(|path| age(path));
    let [old, young] = ["0f", "1e"].map(|id| strange(folder.path(), &id.repeat(16)));
    let stranger = strange(folder.path(), "3c-nota-del-operador");
    [&old, &stranger].into_iter().for_each(|path| age(path));

    let house = House::open(folder.path());
    assert_eq!(house.orphans(house.after(-LONGEST_UPLOAD_SECONDS)), 1);
    assert!(!old.exists());
    assert!(young.exists(), "may be an upload under way");
    assert!(stranger.exists(), "is none of ours");
    assert_eq!(house.orphans(house.after(60)), 1);
    assert!(!young.exists());
    assert!(
        referenced.iter().all(|path| path.exists()),
        "what is referred to stays"
    );

    // An upload that nobody ends: given up after its days, then garbage like any other.
    assert_eq!(
        house.expire_uploads(house.after(-LONGEST_UPLOAD_SECONDS)),
        0
    );
    let entries = || {
        let index = Installation::open(folder.path()).index("agencia");
        let count = index.query_row("SELECT count(*) FROM audit", [], |row| row.get(0));
        count.unwrap()
    };
    let before: i64 = entries();
    assert_eq!(house.expire_uploads(house.after(60)), 1);
    assert_eq!(entries(), before + 1, "nothing goes without an entry");
    assert_eq!(house.garbage(house.after(120)), 1);
    assert_eq!(referenced.iter().filter(|path| path.exists()).count(), 2);
    drop(house);

    let server = Server::start(folder.path());
    let mut client = server.client();
    for key in 1..=2 {
        let answer = client.ask("GET", &format!("/actas/{key}"), b"");
        assert!(
            answer.is_success() && answer.body == bytes(key),
            "{key}: {}",
            answer.status
        );
    }
    assert_eq!(client.ask("GET", "/actas/3", b"").status, 404);
    drop(client);
    server.stop();
}
