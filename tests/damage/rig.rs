//! A server with two agencies that hold the same objects, and what damage may do to a read of them.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::support;
use crate::support::client::{Answer, Client, Proof};
use crate::support::content::Content;
use crate::support::installation::Installation;
use crate::support::server::{Server, folder};

pub(crate) const SEGMENT: usize = 64 << 10;
pub(crate) const LARGE: usize = 3 * SEGMENT + 1_000;

/// Objects of both agencies: name and content. Pairs have one size, so that nothing but their
/// seals tells them apart.
pub(crate) const OBJECTS: [(&str, u64, usize); 6] = [
    ("chico-1", 1, 900),
    ("chico-2", 2, 900),
    ("grande-1", 3, LARGE),
    ("grande-2", 4, LARGE),
    ("partes-1", 5, LARGE),
    ("partes-2", 6, LARGE),
];

/// A server with two agencies that hold the same objects, and a client of each.
pub(crate) struct Rig {
    pub(crate) folder: TempDir,
    pub(crate) proofs: [Proof; 2],
}

pub(crate) const AGENCIES: [&str; 2] = ["agencia", "segunda"];

pub(crate) fn bytes_of(name: &str, agency: usize) -> Vec<u8> {
    let (_, number, size_bytes) = OBJECTS.into_iter().find(|(n, _, _)| *n == name).unwrap();
    let number = number + 100 * u64::try_from(agency).unwrap();
    Content { number, size_bytes }.bytes()
}

impl Rig {
    pub(crate) fn new() -> Self {
        let folder = folder();
        let server = Server::start(folder.path());
        let mut operator = server.operator();
        operator.create_agency(AGENCIES[1]);
        let proofs = AGENCIES.map(|agency| operator.create_access_key(agency).unwrap());
        for (agency, proof) in proofs.iter().enumerate() {
            fill(&mut server.client_of(proof.clone()), agency);
        }
        server.stop();
        Self { folder, proofs }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn installation(&self) -> Installation {
        Installation::open(self.path())
    }

    pub(crate) fn client(&self, server: &Server, agency: usize) -> Client {
        server.client_of(self.proofs[agency].clone())
    }

    /// Changes the first agency's index with its key, starts, reads, and puts everything back.
    pub(crate) fn with_index(&self, sql: &str, damaged: &[&str]) {
        let copy = self.copy();
        let index = copy.installation().index(AGENCIES[0]);
        index
            .execute_batch(sql)
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert!(index.changes() > 0, "{sql} changes something");
        drop(index);
        let server = Server::start(copy.path());
        copy.check(&server, damaged, sql);
        server.stop();
    }

    /// The same data in a folder of its own.
    pub(crate) fn copy(&self) -> Self {
        let folder = folder();
        copy_all(self.path(), folder.path());
        Self {
            folder,
            proofs: self.proofs.clone(),
        }
    }

    /// Reads everything: the damaged objects of the first agency fail, all others are whole. Each
    /// is read twice, because a failure must not spoil what comes after.
    pub(crate) fn check(&self, server: &Server, damaged: &[&str], what: &str) {
        for agency in 0..2 {
            let mut client = self.client(server, agency);
            for (name, _, _) in OBJECTS.into_iter().chain(OBJECTS) {
                let answer = client.ask("GET", &format!("/actas/{name}"), b"");
                match agency == 0 && damaged.contains(&name) {
                    true => assert_damaged(&answer, &bytes_of(name, agency), what),
                    false => assert!(
                        answer.is_success() && answer.body == bytes_of(name, agency),
                        "{what}: {name} of agency {agency}: {} {}",
                        answer.status,
                        answer.code()
                    ),
                }
            }
        }
    }
}

fn fill(client: &mut Client, agency: usize) {
    let done = |answer: Answer| assert!(answer.is_success(), "{}", answer.text());
    done(client.ask("PUT", "/actas", b""));
    for (name, _, _) in OBJECTS {
        let (bytes, target) = (bytes_of(name, agency), format!("/actas/{name}"));
        if !name.starts_with("partes") {
            done(client.ask("PUT", &target, &bytes));
            continue;
        }
        let answer = client.ask("POST", &format!("{target}?uploads"), b"");
        let upload = support::elements(&answer.text(), "UploadId").concat();
        let part = format!("{target}?partNumber=1&uploadId={upload}");
        let answer = client.ask("PUT", &part, &bytes);
        let etag = answer.header("etag").unwrap();
        let body = format!(
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>\
             </CompleteMultipartUpload>"
        );
        done(client.ask(
            "POST",
            &format!("{target}?uploadId={upload}"),
            body.as_bytes(),
        ));
    }
}

/// An error of the server's, or bytes that are right as far as they go and end in a cut.
#[track_caller]
pub(crate) fn assert_damaged(answer: &Answer, bytes: &[u8], what: &str) {
    match answer.status {
        200 => {
            assert!(!answer.is_whole, "{what}: a damaged object ended well");
            assert!(bytes.starts_with(&answer.body), "{what}: other bytes left");
        }
        status => assert_eq!(
            (status, answer.code().as_str()),
            (500, "InternalError"),
            "{what}"
        ),
    }
}

pub(crate) fn copy_all(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let (entry, to) = (
            entry.as_ref().unwrap(),
            to.join(entry.as_ref().unwrap().file_name()),
        );
        match entry.file_type().unwrap().is_dir() {
            true => {
                fs::create_dir_all(&to).unwrap();
                copy_all(&entry.path(), &to);
            }
            false => fs::copy(entry.path(), to).map(drop).unwrap(),
        }
    }
}

pub(crate) fn flipped(bytes: &[u8], at: usize, bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1 << (bit % 8);
    bytes
}
