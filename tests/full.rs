//! A disk without room: changes and reads are refused, nothing is half there, and room heals the
//! server without a restart.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop"
)]

mod support;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use support::client::{Answer, Client};
use support::content::Content;
use support::server::{Server, folder, serve_through};
use support::{elements, eventually};

/// A server whose data lies on a small disk in memory, in a mount namespace of its own: the mount
/// ends with the process.
fn on_a_small_disk(folder: &Path) -> Server {
    let data = folder.join("data");
    fs::create_dir(&data).unwrap();
    let mut unshare = Command::new("unshare");
    unshare.args(["--user", "--map-root-user", "--mount", "sh", "-c"]);
    let script = "mount -t tmpfs -o size=24m,mode=0700 tmpfs \"$0\" && exec \"$@\"";
    unshare.arg(script).arg(&data);
    Server::run(serve_through(unshare, folder), folder).unwrap()
}

/// Of documents that have a file of their own.
const LARGE_BYTES: usize = 300_000;

struct Rig {
    client: Client,
    /// The small disk, as this process sees it.
    disk: PathBuf,
    stored: BTreeMap<String, Vec<u8>>,
    next: u64,
}

impl Rig {
    fn filler(&self) -> PathBuf {
        self.disk.join("filler")
    }

    /// Takes all the room that there is.
    fn fill(&self) {
        let mut filler = File::options()
            .append(true)
            .create(true)
            .open(self.filler())
            .unwrap();
        for length in [1 << 20, 4_096, 1] {
            let zeros = vec![0; length];
            while filler.write_all(&zeros).is_ok() {}
        }
        let error = filler.write_all(&[0]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }

    fn free(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    /// Puts a document under a new name, and remembers it if it was acknowledged.
    fn put(&mut self, size_bytes: usize) -> Answer {
        self.next += 1;
        let (number, name) = (self.next, format!("acta-{}", self.next));
        let bytes = Content { number, size_bytes }.bytes();
        let answer = self.client.ask("PUT", &format!("/actas/{name}"), &bytes);
        match answer.is_success() {
            true => drop(self.stored.insert(name, bytes)),
            false => assert_refused(&answer),
        }
        answer
    }

    /// What was acknowledged is there, and nothing else.
    fn check(&mut self) {
        let listed = self.client.ask("GET", "/actas?list-type=2", b"");
        assert!(listed.is_success(), "{}", listed.text());
        let mut names = elements(&listed.text(), "Key");
        names.sort();
        assert!(names.iter().eq(self.stored.keys()), "{names:?}");
        for (name, bytes) in &self.stored {
            let answer = self.client.ask("GET", &format!("/actas/{name}"), b"");
            assert!(
                answer.is_success() && answer.body == *bytes,
                "{name}: {}",
                answer.status
            );
        }
    }

    /// Files that are shorter than every document that is stored in one.
    fn torn(&self) -> usize {
        let blobs = self.disk.join("agencies/agencia/blobs");
        let shards = fs::read_dir(blobs).unwrap();
        let files = shards.flat_map(|shard| fs::read_dir(shard.unwrap().path()).unwrap());
        files
            .filter(|file| file.as_ref().unwrap().metadata().unwrap().len() < LARGE_BYTES as u64)
            .count()
    }
}

#[track_caller]
fn assert_refused(answer: &Answer) {
    let is_whole_refusal = (answer.status, answer.code().as_str()) == (503, "ServiceUnavailable");
    assert!(is_whole_refusal, "{}: {}", answer.status, answer.text());
}

#[test]
fn a_full_disk_refuses_and_room_heals() {
    let folder = folder();
    let server = on_a_small_disk(folder.path());
    let disk = PathBuf::from(format!("/proc/{}/root", server.pid()));
    let disk = disk.join(folder.path().join("data").strip_prefix("/").unwrap());
    let (stored, next) = (BTreeMap::new(), 0);
    let mut rig = Rig {
        client: server.client(),
        disk,
        stored,
        next,
    };
    assert!(rig.client.ask("PUT", "/actas", b"").is_success());
    assert!(rig.put(900).is_success() && rig.put(LARGE_BYTES).is_success());
    for _ in 0..3 {
        rig.fill();
        // The log may have room in the file that it has; then it is at its end.
        eventually("a small document is refused", || {
            !rig.put(12_000).is_success()
        });
        let before = rig.stored.len();
        assert_eq!(
            rig.put(LARGE_BYTES).status,
            503,
            "a large document has no room"
        );
        assert_eq!(rig.stored.len(), before);
        let (name, _) = rig.stored.first_key_value().unwrap();
        let target = format!("/actas/{name}");
        eventually("a read that cannot be recorded is refused", || {
            let answer = rig.client.ask("GET", &target, b"");
            answer.status == 503 && answer.code() == "ServiceUnavailable"
        });
        rig.free();
        eventually("a document is taken again", || rig.put(12_000).is_success());
        eventually("a large document is taken again", || {
            rig.put(LARGE_BYTES).is_success()
        });
        rig.check();
        eventually("nothing half-written is left", || rig.torn() == 0);
    }
    drop(rig);
    server.stop();
}
