//! Kills the server at random moments and looks whether it kept its word (promise P1): what it
//! acknowledged is there, what it did not acknowledge is there as a whole or not at all, what was
//! deleted or revoked stays so; so do versions, tags, holds, policies and rotated keys (law 5).
//!
//! A kill leaves the kernel's cache, so this says nothing of a power cut; `tests/syncs.rs` does.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop"
)]

mod custody;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::Duration;

use acervo::crypto::random;

use custody::Custody;
use support::client::{Answer, Client, Proof};
use support::content::{Content, etag, etag_of_parts};
use support::installation::Installation;
use support::server::{Server, folder};
use support::{elements, pause};

const ROUNDS: u32 = 50;
const WORKERS: u64 = 4;
const KEYS: u64 = 8;
const PART_BYTES_MIN: usize = 5 << 20;

/// An object as the oracle knows it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Object {
    Whole(Content),
    /// Two parts.
    Joined(Content, Content),
}

impl Object {
    fn bytes(self) -> Vec<u8> {
        match self {
            Self::Whole(content) => content.bytes(),
            Self::Joined(first, last) => [first.bytes(), last.bytes()].concat(),
        }
    }

    fn etag(self) -> String {
        match self {
            Self::Whole(content) => etag(&content.bytes()),
            Self::Joined(first, last) => etag_of_parts(&[first.bytes(), last.bytes()]),
        }
    }
}

/// An upload in progress and its parts, acknowledged.
#[derive(Clone, Debug)]
struct Upload {
    id: String,
    parts: Vec<Content>,
}

/// One client with keys of its own, and all that it was promised.
struct Worker {
    name: u64,
    next: u64,
    objects: BTreeMap<u64, Object>,
    /// What the request that was cut off would have made of a key.
    unknown: Option<(u64, Option<Object>)>,
    upload: Option<Upload>,
    /// Whether the upload may be completed or gone, because nobody answered.
    upload_unknown: bool,
}

/// The server did not answer.
struct Gone;

impl Worker {
    fn new(name: u64) -> Self {
        Self {
            name,
            next: 1,
            objects: BTreeMap::new(),
            unknown: None,
            upload: None,
            upload_unknown: false,
        }
    }

    fn key(&self, key: u64) -> String {
        format!("{}/{key}", self.name)
    }

    fn content(&mut self, size_bytes: usize) -> Content {
        self.next += 1;
        Content {
            number: self.name * 1_000_000 + self.next,
            size_bytes,
        }
    }

    /// Works until the server is gone.
    fn work(&mut self, mut client: Client) {
        while self.step(&mut client).is_ok() {}
    }

    fn step(&mut self, client: &mut Client) -> Result<(), Gone> {
        let [what, key, size, _] = random::bytes::<4>();
        let key = u64::from(key) % KEYS;
        match what % 16 {
            0..=5 => self.put(client, key, 1 + usize::from(size) * 50),
            6..=9 => self.put(client, key, 20_000 + usize::from(size) * 3_000),
            10..=12 => self.delete(client, key),
            _ => self.upload(client),
        }
    }

    fn put(&mut self, client: &mut Client, key: u64, size_bytes: usize) -> Result<(), Gone> {
        let content = self.content(size_bytes);
        self.unknown = Some((key, Some(Object::Whole(content))));
        let target = format!("/caidas/{}", self.key(key));
        asked(client, "PUT", &target, &content.bytes())?;
        self.unknown = None;
        self.objects.insert(key, Object::Whole(content));
        Ok(())
    }

    fn delete(&mut self, client: &mut Client, key: u64) -> Result<(), Gone> {
        self.unknown = Some((key, None));
        asked(client, "DELETE", &format!("/caidas/{}", self.key(key)), b"")?;
        self.unknown = None;
        self.objects.remove(&key);
        Ok(())
    }

    /// The next step of the one upload, which is always of the last key.
    fn upload(&mut self, client: &mut Client) -> Result<(), Gone> {
        let target = format!("/caidas/{}", self.key(KEYS));
        let Some(upload) = self.upload.clone() else {
            let answer = asked(client, "POST", &format!("{target}?uploads"), b"")?;
            let id = elements(&answer.text(), "UploadId").concat();
            let parts = Vec::new();
            self.upload = Some(Upload { id, parts });
            return Ok(());
        };
        let target = format!("{target}?uploadId={}", upload.id);
        let [small] = random::bytes::<1>();
        let size_bytes = match upload.parts.len() {
            0 => PART_BYTES_MIN,
            1 => 1 + usize::from(small) * 200,
            _ => return self.complete(client, &target, &upload),
        };
        let content = self.content(size_bytes);
        let target = format!("{target}&partNumber={}", upload.parts.len() + 1);
        asked(client, "PUT", &target, &content.bytes())?;
        self.upload.as_mut().unwrap().parts.push(content);
        Ok(())
    }

    fn complete(&mut self, client: &mut Client, target: &str, upload: &Upload) -> Result<(), Gone> {
        let object = Object::Joined(upload.parts[0], upload.parts[1]);
        self.unknown = Some((KEYS, Some(object)));
        self.upload_unknown = true;
        let parts = upload.parts.iter().enumerate().map(|(index, part)| {
            let tag = etag(&part.bytes());
            format!(
                "<Part><PartNumber>{}</PartNumber><ETag>{tag}</ETag></Part>",
                index + 1
            )
        });
        let parts: String = parts.collect();
        let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
        asked(client, "POST", target, body.as_bytes())?;
        self.unknown = None;
        self.upload_unknown = false;
        self.upload = None;
        self.objects.insert(KEYS, object);
        Ok(())
    }

    /// Compares every key with what was promised. What the cut-off request came to is known after.
    fn check(&mut self, client: &mut Client) {
        for key in 0..=KEYS {
            let answer = client.ask("GET", &format!("/caidas/{}", self.key(key)), b"");
            let mut allowed = vec![self.objects.get(&key).copied()];
            if let Some((unknown, object)) = self.unknown
                && unknown == key
            {
                allowed.push(object);
            }
            let found = allowed.iter().find(|object| is_answer(**object, &answer));
            let found = found.unwrap_or_else(|| {
                let (key, status) = (self.key(key), answer.status);
                panic!(
                    "{key}: {status}, {} bytes, not of {allowed:?}",
                    answer.body.len()
                )
            });
            match found {
                Some(object) => drop(self.objects.insert(key, *object)),
                None => drop(self.objects.remove(&key)),
            }
        }
        self.unknown = None;
    }

    /// An acknowledged upload is still there with its parts, unless its completion was cut off and
    /// came about; then its key shows it.
    fn check_upload(&mut self, open: &BTreeSet<String>) {
        let Some(upload) = &self.upload else { return };
        let is_open = open.contains(&upload.id);
        if self.upload_unknown {
            let [first, last] = upload.parts[..] else {
                panic!("completed without its parts")
            };
            let is_done = self.objects.get(&KEYS) == Some(&Object::Joined(first, last));
            assert_ne!(is_open, is_done, "an upload is open or completed");
        } else {
            assert!(is_open, "an acknowledged upload is gone");
        }
        if !is_open {
            self.upload = None;
        }
        self.upload_unknown = false;
    }
}

/// Asks; only a server that is being killed may fail to answer with success.
fn asked(client: &mut Client, method: &str, target: &str, body: &[u8]) -> Result<Answer, Gone> {
    let answer = client
        .try_ask(method, target, &[], body)
        .map_err(|_| Gone)?;
    if !answer.is_whole {
        return Err(Gone);
    }
    assert!(
        answer.is_success(),
        "{method} {target}: {} {}",
        answer.status,
        answer.text()
    );
    Ok(answer)
}

fn is_answer(object: Option<Object>, answer: &Answer) -> bool {
    match object {
        None => answer.status == 404 && answer.code() == "NoSuchKey",
        Some(object) => {
            answer.is_success()
                && answer.header("etag") == Some(&object.etag())
                && answer.body == object.bytes()
        }
    }
}

/// Access keys that were made, and whether they were revoked.
#[derive(Default)]
struct Credentials {
    valid: Vec<Proof>,
    revoked: Vec<Proof>,
    unknown: Option<Proof>,
}

impl Credentials {
    /// Makes and revokes access keys until the server is gone.
    fn work(&mut self, server: &Server) {
        let mut admin = server.agency_admin();
        while let Some(made) = admin.create_access_key("agencia") {
            self.valid.push(made);
            if self.valid.len() < 4 {
                continue;
            }
            let proof = self.valid.remove(0);
            let Proof::AccessKey { id, .. } = &proof else {
                continue;
            };
            match admin.revoke("agencia", id) {
                Some(()) => self.revoked.push(proof),
                None => {
                    self.unknown = Some(proof);
                    return;
                }
            }
        }
    }

    fn check(&mut self, server: &Server) {
        let status = |proof: &Proof| server.client_of(proof.clone()).ask("GET", "/", b"").status;
        assert!(
            self.valid.iter().all(|proof| status(proof) == 200),
            "an access key is lost"
        );
        // The newest ones; the older ones were looked at in earlier rounds.
        let mut last = self.revoked.iter().rev().take(20);
        assert!(
            last.all(|proof| status(proof) == 403),
            "a revoked access key is back"
        );
        match self.unknown.take() {
            Some(proof) if status(&proof) == 200 => self.valid.push(proof),
            Some(proof) => self.revoked.push(proof),
            None => {}
        }
    }
}

/// Rotates the agency's key until the server is gone, some times in each round; gives the newest
/// version that was acknowledged.
fn rotate(server: &Server, mut newest: u64) -> u64 {
    let mut operator = server.operator();
    while let Some(version) = operator.rotate_key("agencia", "default") {
        assert!(version > newest, "{version} after {newest}");
        newest = version;
        pause(Duration::from_millis(40));
    }
    newest
}

/// Looks at everything after a restart.
fn check(server: &Server, workers: &mut [Worker], credentials: &mut Credentials) {
    let listed = server
        .client()
        .ask("GET", "/caidas?list-type=2", b"")
        .text();
    let uploads = server.client().ask("GET", "/caidas?uploads", b"").text();
    let open: BTreeSet<String> = elements(&uploads, "UploadId").into_iter().collect();
    let mut found = BTreeSet::new();
    thread::scope(|scope| {
        for worker in workers.iter_mut() {
            scope.spawn(|| worker.check(&mut server.client()));
        }
    });
    for worker in workers.iter_mut() {
        worker.check_upload(&open);
        found.extend(worker.objects.keys().map(|key| worker.key(*key)));
    }
    let listed: BTreeSet<String> = elements(&listed, "Key").into_iter().collect();
    assert_eq!(listed, found, "the list shows what there is");
    credentials.check(server);
}

/// The audit log of the agency has no gap, and at least an entry for each change that was promised.
fn check_audit(folder: &std::path::Path) {
    let index = Installation::open(folder).index("agencia");
    let (entries, next): (i64, i64) = index
        .query_row("SELECT count(*), max(sequence) + 1 FROM audit", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!(entries, next);
    assert!(entries > i64::from(ROUNDS));
}

#[test]
fn what_was_acknowledged_survives_kills() {
    let folder = folder();
    let mut server = Server::start(folder.path());
    assert!(server.client().ask("PUT", "/caidas", b"").is_success());
    let mut workers: Vec<Worker> = (0..WORKERS).map(Worker::new).collect();
    let mut credentials = Credentials::default();
    let mut custody = Custody::new(&mut server.client());
    let mut newest_key = 1;
    for _ in 0..ROUNDS {
        let [low, high] = random::bytes::<2>();
        let until_kill = Duration::from_micros(u64::from(low) * 1_500 + u64::from(high));
        thread::scope(|scope| {
            for worker in &mut workers {
                let client = server.client();
                scope.spawn(move || worker.work(client));
            }
            let (server, credentials) = (&server, &mut credentials);
            scope.spawn(move || credentials.work(server));
            let (custody, newest_key) = (&mut custody, &mut newest_key);
            scope.spawn(move || custody.work(server.client()));
            scope.spawn(move || *newest_key = rotate(server, *newest_key));
            pause(until_kill);
            server.kill();
        });
        drop(server);
        server = Server::start(folder.path());
        check(&server, &mut workers, &mut credentials);
        custody.check(&mut server.client());
        let found = server.operator().key_version("agencia", "default");
        assert!(found >= newest_key, "a rotation is lost");
        newest_key = found;
    }
    server.stop();
    let written: u64 = workers.iter().map(|worker| worker.next).sum();
    assert!(
        written > u64::from(ROUNDS),
        "the rig wrote {written} documents only"
    );
    assert!(custody.changes > u64::from(ROUNDS), "{}", custody.changes);
    assert!(
        newest_key > u64::from(ROUNDS),
        "{newest_key} rotations only"
    );
    check_audit(folder.path());
}
