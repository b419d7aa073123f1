//! Watches the server's system calls: before the head of a 2xx to a change leaves, everything that
//! the change wrote is synced, directory entries included (law 5, promise P1). A kill cannot show
//! this, because the kernel survives it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop"
)]

mod support;
mod trace;

use std::fs;
use std::path::Path;
use std::process::Command;

use support::client::Client;
use support::content::{Content, etag};
use support::server::{Server, folder, serve_through};
use support::{elements, eventually};
use trace::{Answered, answers};

/// Two shards' worth of blobs, so that some directories are new and others are not.
const LARGE: u64 = 4;

/// A server under strace, which leaves the process id to it and writes to a file.
fn traced(folder: &Path) -> Server {
    let mut strace = Command::new("strace");
    strace
        .args(["-D", "-f", "-y", "-s", "64", "-o"])
        .arg(folder.join("trace"))
        .arg("-e")
        .arg(format!("trace={}", trace::CALLS));
    Server::run(serve_through(strace, folder), folder).unwrap()
}

fn change(client: &mut Client, method: &str, target: &str, body: &[u8]) -> String {
    let answer = client.ask(method, target, body);
    assert!(answer.is_success(), "{method} {target}: {}", answer.text());
    answer.text()
}

/// One change of each kind; reads would leave entries that are rightly synced later.
fn make_changes(server: &Server) -> usize {
    let mut client = server.client();
    let content = |number, size_bytes| Content { number, size_bytes }.bytes();
    let mut count = 0;
    let mut change = |method: &str, target: &str, body: &[u8]| {
        count += 1;
        change(&mut client, method, target, body)
    };
    change("PUT", "/actas", b"");
    change("PUT", "/actas/pequeno", &content(1, 500));
    for number in 1..=LARGE {
        change(
            "PUT",
            &format!("/actas/grande-{number}"),
            &content(number, 3 << 20),
        );
        change(
            "PUT",
            &format!("/actas/mediano-{number}"),
            &content(number, 40_000),
        );
    }
    change("PUT", "/actas/pequeno", &content(2, 40_000));
    change("DELETE", "/actas/pequeno", b"");
    let upload = change("POST", "/actas/partes?uploads", b"");
    let upload = elements(&upload, "UploadId").concat();
    let part = content(3, 30_000);
    change(
        "PUT",
        &format!("/actas/partes?partNumber=1&uploadId={upload}"),
        &part,
    );
    let part = format!(
        "<Part><PartNumber>1</PartNumber><ETag>{}</ETag></Part>",
        etag(&part)
    );
    let body = format!("<CompleteMultipartUpload>{part}</CompleteMultipartUpload>");
    change(
        "POST",
        &format!("/actas/partes?uploadId={upload}"),
        body.as_bytes(),
    );
    let mut operator = server.operator();
    operator.create_agency("segunda");
    let made = operator.create_access_key("segunda").unwrap();
    if let support::client::Proof::AccessKey { id, .. } = made {
        operator.revoke("segunda", &id).unwrap();
    }
    count + 3
}

fn unsynced(answers: &[Answered]) -> Vec<String> {
    let late = answers.iter().filter(|answer| !answer.unsynced.is_empty());
    late.map(|answer| format!("{}: {:?}", answer.head, answer.unsynced))
        .collect()
}

/// The trace of a server that made one change of each kind.
fn recorded() -> (String, usize, tempfile::TempDir) {
    let folder = folder();
    let server = traced(folder.path());
    let count = make_changes(&server);
    server.stop();
    let path = folder.path().join("trace");
    eventually("strace ends", || {
        let trace = fs::read_to_string(&path).unwrap();
        trace.trim_end().ends_with("+++ exited with 0 +++")
    });
    (fs::read_to_string(&path).unwrap(), count, folder)
}

#[test]
fn every_change_is_synced_before_its_answer() {
    let (trace, count, folder) = recorded();
    let data = folder.path().canonicalize().unwrap().join("data");
    let data = data.to_str().unwrap();
    let answers = answers(&trace, data);
    assert_eq!(answers.len(), count, "the rig sees each answer");
    assert!(unsynced(&answers).is_empty(), "{:#?}", unsynced(&answers));
    for answer in &answers {
        let mut synced = answer.synced.iter();
        assert!(synced.any(|path| path.ends_with(".db-wal")), "{answer:?}");
    }
    let of_blobs = |answer: &&Answered| answer.synced.iter().any(|path| path.contains("/blobs/"));
    let blobs = usize::try_from(2 * LARGE).unwrap() + 2;
    assert_eq!(answers.iter().filter(of_blobs).count(), blobs);

    // The same server without one kind of its syncs: the rig must see each.
    for missing in [".db-wal>", "/blobs/", "agencies/agencia/blobs>"] {
        let is_missing = |line: &&str| line.contains("sync(") && line.contains(missing);
        assert!(
            trace.lines().any(|line| is_missing(&line)),
            "no sync of {missing}"
        );
        let doctored: Vec<&str> = trace.lines().filter(|line| !is_missing(line)).collect();
        let doctored = doctored.join("\n");
        let found = trace::answers(&doctored, data);
        assert!(!unsynced(&found).is_empty(), "without syncs of {missing}");
    }
}
