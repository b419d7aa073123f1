//! Cuts the power whenever an answer has left (promise P1): the server runs under strace, the disk
//! is made again from what was synced by then and from nothing else, and a server over it must know
//! all that was acknowledged. With its syncs taken away, all or some, the same server must fail.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop"
)]

mod disk;
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use acervo::types::encoding::base64;
use tempfile::TempDir;

use disk::Disk;
use support::client::{Client, Proof};
use support::content::{Content, etag, md5};
use support::server::{Server, folder, serve_through};
use support::{elements, eventually};

/// What an answer to a target was: status, and the body if it counts.
type Shown = BTreeMap<String, (u16, Option<Vec<u8>>)>;

/// A server under strace, which records whole contents.
fn traced(folder: &Path, more: &[&str]) -> Server {
    let mut strace = Command::new("strace");
    strace
        .args(["-D", "-f", "-y", "-xx", "-s", "9000000", "-o"])
        .arg(folder.join("trace"))
        .arg("-e")
        .arg(format!("trace={}", disk::CALLS))
        .args(more);
    Server::run(serve_through(strace, folder), folder).unwrap()
}

/// What was promised, after each answer.
struct Promises {
    after: Vec<Shown>,
    now: Shown,
    revoked: Option<Proof>,
}

impl Promises {
    fn shows(&mut self, target: &str, status: u16, body: Option<&[u8]>) {
        let shown = (status, body.map(<[u8]>::to_vec));
        self.now.insert(target.to_owned(), shown);
        self.after.push(self.now.clone());
    }
}

fn change(client: &mut Client, method: &str, target: &str, body: &[u8]) -> (String, String) {
    let digest = base64(&md5(body));
    let answer = client.ask_with(method, target, &[("content-md5", &digest)], body);
    assert!(answer.is_success(), "{method} {target}: {}", answer.text());
    let id = answer.header("x-amz-version-id").unwrap_or_default();
    (answer.text(), id.to_owned())
}

/// One change of each kind that law 5 names, and what each promises.
fn make_changes(server: &Server) -> Promises {
    let mut client = server.client();
    let mut promises = Promises {
        after: Vec::new(),
        now: Shown::new(),
        revoked: None,
    };
    let content = |number, size_bytes| Content { number, size_bytes }.bytes();
    let (small, medium, large) = (content(1, 500), content(2, 40_000), content(3, 700_000));
    change(&mut client, "PUT", "/actas", b"");
    promises.shows("/actas?location", 200, None);
    for (name, bytes) in [("chica", &small), ("mediana", &medium), ("grande", &large)] {
        let target = format!("/actas/{name}");
        change(&mut client, "PUT", &target, bytes);
        promises.shows(&target, 200, Some(bytes));
    }
    change(&mut client, "PUT", "/actas/chica", &medium);
    promises.shows("/actas/chica", 200, Some(&medium));
    change(&mut client, "DELETE", "/actas/mediana", b"");
    promises.shows("/actas/mediana", 404, None);
    let upload = change(&mut client, "POST", "/actas/partes?uploads", b"").0;
    let upload = elements(&upload, "UploadId").concat();
    let upload = format!("/actas/partes?uploadId={upload}");
    promises.shows(&upload, 200, None);
    change(
        &mut client,
        "PUT",
        &format!("{upload}&partNumber=1"),
        &medium,
    );
    promises.shows(&upload, 200, None);
    let tag = etag(&medium);
    let part = format!("<Part><PartNumber>1</PartNumber><ETag>{tag}</ETag></Part>");
    let body = format!("<CompleteMultipartUpload>{part}</CompleteMultipartUpload>");
    change(&mut client, "POST", &upload, body.as_bytes());
    promises.now.remove(&upload);
    promises.shows("/actas/partes", 200, Some(&medium));
    let policy = br#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*",
        "Action":"s3:PutBucketAcl","Resource":"arn:aws:s3:::actas"}]}"#;
    change(&mut client, "PUT", "/actas?policy", policy);
    promises.shows("/actas?policy", 200, Some(policy));
    let on = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    change(&mut client, "PUT", "/actas?versioning", on);
    promises.shows("/actas?versioning", 200, None);
    let lock = b"<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>\
                 </ObjectLockConfiguration>";
    change(&mut client, "PUT", "/actas?object-lock", lock);
    promises.shows("/actas?object-lock", 200, None);
    let id = change(&mut client, "PUT", "/actas/retenida", &small).1;
    let version = format!("/actas/retenida?versionId={id}");
    promises.shows(&version, 200, Some(&small));
    let hold = b"<LegalHold><Status>ON</Status></LegalHold>";
    change(&mut client, "PUT", &format!("{version}&legal-hold"), hold);
    promises.shows(&version, 200, Some(&small));
    change(&mut client, "DELETE", "/actas/retenida", b"");
    promises.shows("/actas/retenida", 404, None);
    let mut admin = server.agency_admin();
    let made = admin.create_access_key("agencia").unwrap();
    promises.after.push(promises.now.clone());
    let Proof::AccessKey { id, .. } = &made else {
        panic!("an access key was made")
    };
    admin.revoke("agencia", id).unwrap();
    promises.after.push(promises.now.clone());
    promises.revoked = Some(made);
    promises
}

/// The trace of a server that made the changes, and what it promised.
fn recorded(more: &[&str]) -> (String, Promises, TempDir) {
    let folder = folder();
    let server = traced(folder.path(), more);
    let promises = make_changes(&server);
    server.kill();
    drop(server);
    let path = folder.path().join("trace");
    eventually("strace ends", || {
        let trace = fs::read(&path).unwrap();
        trace.ends_with(b"killed by SIGKILL +++\n")
    });
    (fs::read_to_string(&path).unwrap(), promises, folder)
}

/// Cuts the power after each answer, and gives what was broken of what was promised by then.
fn broken(
    (trace, promises, home): &(String, Promises, TempDir),
    deaf_to: Option<&str>,
    each: usize,
) -> Vec<String> {
    let data = home.path().canonicalize().unwrap().join("data");
    let mut disk = Disk::new(&data, deaf_to);
    let (mut answers, mut broken) = (0, Vec::new());
    let last = promises.after.len();
    disk.play(trace, |disk| {
        answers += 1;
        if answers > last || (answers != last && answers % each != 0) {
            return;
        }
        let found = folder();
        disk.write_to(&found.path().join("data"));
        let credentials = "credentials.json";
        let from = home.path().join(credentials);
        fs::copy(from, found.path().join(credentials)).unwrap();
        let is_last = answers == last;
        let revoked = promises.revoked.as_ref().filter(|_| is_last);
        let wrong = compare(found.path(), &promises.after[answers - 1], revoked);
        broken.extend(wrong.map(|wrong| format!("after answer {answers}: {wrong}")));
    });
    assert!(answers >= last, "the rig sees {answers} of {last} answers");
    broken
}

/// What a server over a folder does not know.
fn compare(folder: &Path, promised: &Shown, revoked: Option<&Proof>) -> Option<String> {
    let server = match Server::try_start(folder) {
        Ok(server) => server,
        Err(refused) => return Some(refused.said),
    };
    let mut client = server.client();
    for (target, (status, body)) in promised {
        let answer = client.ask("GET", target, b"");
        let is_same = body.as_ref().is_none_or(|body| *body == answer.body);
        if answer.status != *status || !answer.is_whole || !is_same {
            return Some(format!("{target}: {}", answer.status));
        }
    }
    let revoked = revoked?.clone();
    let status = server.client_of(revoked).ask("GET", "/", b"").status;
    (status != 403).then(|| format!("a revoked access key: {status}"))
}

#[test]
fn what_was_acknowledged_survives_a_power_cut() {
    let recorded = recorded(&[]);
    let wrong = broken(&recorded, None, 1);
    assert!(wrong.is_empty(), "{wrong:#?}");
    // The same without some of its syncs: the rig must see each.
    for deaf_to in [".db-wal", "/blobs/", "agencies/agencia/blobs"] {
        let wrong = broken(&recorded, Some(deaf_to), usize::MAX);
        assert!(!wrong.is_empty(), "without syncs of {deaf_to}");
    }
}

#[test]
fn a_server_without_syncs_is_found_out() {
    let recorded = recorded(&["-e", "inject=fsync,fdatasync:retval=0"]);
    let wrong = broken(&recorded, None, 6);
    assert!(wrong.len() > 1, "{wrong:#?}");
}
