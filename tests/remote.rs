//! Blobs in a remote: a second server is the S3-compatible store in which the first one keeps its
//! blobs, over a line that fails as told. What the remote does wrong, or what is done to what it
//! holds, is an error and never other bytes; what leaves the house is ciphertext.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop"
)]

mod support;

use std::fs;
use std::path::Path;

use acervo::blobs::settings::{BlobSettings, S3Settings};
use acervo::blobs::store::Shard;
use acervo::crypto::secret::SecretText;
use acervo::store::Store;
use acervo::types::encoding;
use acervo::types::names::AgencyId;
use tempfile::TempDir;

use support::client::{Answer, Client, Proof};
use support::content::{Content, etag, etag_of_parts};
use support::elements;
use support::installation::Installation;
use support::link::{Link, Mode};
use support::server::{Refused, Server, folder, serve};

const LARGE: usize = 300_000;
/// More than one part of the remote's, and more than one request reads.
const LONG: usize = (17 << 20) + 123;
const PREFIX: &str = "estado/";

fn bytes(number: u64, size_bytes: usize) -> Vec<u8> {
    Content { number, size_bytes }.bytes()
}

/// A server that keeps its blobs in a bucket of another one.
struct Rig {
    /// Of the server, then of its remote.
    folders: [TempDir; 2],
    remote: Option<Server>,
    link: Link,
    vault: Proof,
}

impl Rig {
    fn new() -> Self {
        let folders = [folder(), folder()];
        let remote = Server::start(folders[1].path());
        let vault = remote.operator().create_access_key("agencia").unwrap();
        let made = remote.client_of(vault.clone()).ask("PUT", "/boveda", b"");
        assert!(made.is_success(), "{}", made.text());
        Self {
            link: Link::to(remote.endpoint()),
            remote: Some(remote),
            folders,
            vault,
        }
    }

    fn path(&self) -> &Path {
        self.folders[0].path()
    }

    fn credential(&self) -> (&str, &str) {
        let Proof::AccessKey { id, secret } = &self.vault else {
            panic!("the remote is asked with an access key")
        };
        (id, secret)
    }

    fn start_with(&self, folder: &Path, bucket: &str, secret: &str) -> Result<Server, Refused> {
        let settings = format!(
            "[blobs]\nbackend = \"s3\"\n[blobs.s3]\nendpoint = \"{}\"\nbucket = \"{bucket}\"\n\
             prefix = \"{PREFIX}\"\naccess_key_id = \"{}\"\nsecret_access_key = \"{secret}\"\n\
             allow_http = true\n",
            self.link.endpoint,
            self.credential().0,
        );
        fs::write(folder.join("acervo.toml"), settings).unwrap();
        let mut command = serve(folder);
        command.arg("--config").arg(folder.join("acervo.toml"));
        Server::run(command, folder)
    }

    #[track_caller]
    fn start(&self) -> Server {
        let started = self.start_with(self.path(), "boveda", self.credential().1);
        started.unwrap_or_else(|refused| panic!("{refused:?}"))
    }

    /// The remote's own view of the bucket.
    fn at_remote(&self) -> Client {
        self.remote.as_ref().unwrap().client_of(self.vault.clone())
    }

    /// The names of all blobs in the remote.
    fn blobs(&self) -> Vec<String> {
        let listed = self.at_remote().ask("GET", "/boveda?list-type=2", b"");
        let names = elements(&listed.text(), "Key");
        let ours = |name: &String| name.starts_with(&format!("{PREFIX}agencies/agencia/blobs/"));
        names.into_iter().filter(ours).collect()
    }

    fn stop(mut self) {
        self.remote.take().unwrap().stop();
    }
}

#[track_caller]
fn done(client: &mut Client, method: &str, target: &str, body: &[u8]) -> Answer {
    let answer = client.ask(method, target, body);
    assert!(answer.is_success(), "{method} {target}: {}", answer.text());
    answer
}

#[track_caller]
fn holds(client: &mut Client, target: &str, bytes: &[u8]) {
    let answer = done(client, "GET", target, b"");
    assert!(answer.body == bytes, "{target}: other bytes");
}

#[track_caller]
fn is_out(answer: &Answer) {
    let told = (answer.status, answer.code());
    assert_eq!(told, (503, "ServiceUnavailable".to_owned()));
}

fn upload_id(client: &mut Client, target: &str) -> String {
    let begun = done(client, "POST", &format!("{target}?uploads"), b"");
    elements(&begun.text(), "UploadId").concat()
}

fn complete(client: &mut Client, upload: &str, parts: &[Vec<u8>]) -> Answer {
    let named = parts.iter().enumerate().map(|(index, part)| {
        let (number, tag) = (index + 1, etag(part));
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>")
    });
    let named: String = named.collect();
    let body = format!("<CompleteMultipartUpload>{named}</CompleteMultipartUpload>");
    done(client, "POST", upload, body.as_bytes())
}

/// Reads a document whole and in ranges.
#[track_caller]
fn holds_in_ranges(client: &mut Client, target: &str, content: &[u8]) {
    holds(client, target, content);
    let size = content.len();
    for (first, last) in [(0, 0), (size / 3, size / 2), (size - 10, size - 1)] {
        let range = format!("bytes={first}-{last}");
        let headers = [("range", range.as_str())];
        let answer = client.ask_with("GET", target, &headers, b"");
        assert_eq!(answer.status, 206);
        assert!(answer.body == content[first..=last], "{target}: {range}");
    }
}

/// Stores a document in parts, and gives up another upload of it.
fn put_in_parts(client: &mut Client, target: &str, parts: &[Vec<u8>]) {
    let upload = format!("{target}?uploadId={}", upload_id(client, target));
    for (index, part) in parts.iter().enumerate() {
        let at = format!("{upload}&partNumber={}", index + 1);
        done(client, "PUT", &at, part);
    }
    let completed = complete(client, &upload, parts);
    assert!(
        completed
            .text()
            .contains(etag_of_parts(parts).trim_matches('"'))
    );
    let given_up = format!("{target}?uploadId={}", upload_id(client, target));
    done(
        client,
        "PUT",
        &format!("{given_up}&partNumber=1"),
        &parts[0],
    );
    done(client, "DELETE", &given_up, b"");
}

#[test]
fn documents_live_in_a_remote() {
    let rig = Rig::new();
    let server = rig.start();
    let mut client = server.client();
    let documents = [
        ("chico", bytes(1, 900)),
        ("nombre-singular-w8", bytes(2, LARGE)),
        ("largo", bytes(3, LONG)),
    ];
    done(&mut client, "PUT", "/cubeta-singular-q7", b"");
    let target = |name: &str| format!("/cubeta-singular-q7/{name}");
    let metadata = [("x-amz-meta-folio", "metadato-singular-e9")];
    for (name, content) in &documents {
        let put = client.ask_with("PUT", &target(name), &metadata, content);
        assert!(put.is_success(), "{}", put.text());
    }
    assert_eq!(rig.blobs().len(), 2);
    for (name, content) in &documents {
        holds_in_ranges(&mut client, &target(name), content);
    }
    let source = [("x-amz-copy-source", "/cubeta-singular-q7/largo")];
    let copied = client.ask_with("PUT", &target("copia"), &source, b"");
    assert!(copied.is_success(), "{}", copied.text());
    holds(&mut client, &target("copia"), &documents[2].1);
    let parts = [bytes(4, 6 << 20), bytes(5, 70_000)];
    put_in_parts(&mut client, &target("partes"), &parts);
    done(&mut client, "DELETE", &target("copia"), b"");
    assert_eq!(client.ask("GET", &target("copia"), b"").status, 404);
    drop(client);
    server.stop();

    assert!(Installation::open(rig.path()).blobs("agencia").is_empty());
    let server = rig.start();
    let mut client = server.client();
    for (name, content) in &documents {
        holds(&mut client, &target(name), content);
    }
    holds(&mut client, &target("partes"), &parts.concat());
    drop(client);
    server.stop();
    let pieces = documents.iter().map(|(_, content)| content.as_slice());
    let pieces: Vec<&[u8]> = pieces.chain(parts.iter().map(Vec::as_slice)).collect();
    only_ciphertext_left(&rig.link.sent(), &pieces);
    rig.stop();
}

/// Nothing that was entrusted is in what was sent, in any form in which it could hide.
#[track_caller]
fn only_ciphertext_left(sent: &[u8], documents: &[&[u8]]) {
    assert!(sent.len() > LONG, "only {} bytes were sent", sent.len());
    let mut secrets: Vec<Vec<u8>> = Vec::new();
    for document in documents {
        for at in [0, document.len() / 2, document.len() - 24] {
            secrets.push(document[at..at + 24].to_vec());
        }
    }
    for text in [
        "cubeta-singular-q7",
        "nombre-singular-w8",
        "metadato-singular-e9",
        "partes",
    ] {
        secrets.push(text.into());
    }
    let forms = secrets.iter().flat_map(|secret| {
        let (hex, base64) = (encoding::hex(secret), encoding::base64(secret));
        [secret.clone(), hex.into_bytes(), base64.into_bytes()]
    });
    let forms: Vec<Vec<u8>> = forms.collect();
    // Most places are passed over by their first two bytes.
    let mut begins = vec![false; 1 << 16];
    let pair = |bytes: &[u8]| usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
    for form in &forms {
        begins[pair(form)] = true;
    }
    for (at, bytes) in sent.windows(2).enumerate() {
        if begins[pair(bytes)] {
            let mut found = forms.iter().filter(|form| sent[at..].starts_with(form));
            assert_eq!(found.next(), None, "it left the house");
        }
    }
}

#[test]
fn an_outage_heals_and_leaves_no_half_state() {
    let mut rig = Rig::new();
    let server = rig.start();
    let mut client = server.client();
    done(&mut client, "PUT", "/actas", b"");
    done(&mut client, "PUT", "/actas/1", &bytes(1, LARGE));
    done(&mut client, "PUT", "/actas/2", &bytes(2, LARGE));
    let id = upload_id(&mut client, "/actas/3");
    let upload = format!("/actas/3?uploadId={id}");
    let part = format!("{upload}&partNumber=1");
    done(&mut client, "PUT", &part, &bytes(3, LARGE));
    let blobs = rig.blobs();
    for mode in [Mode::Down, Mode::Busy] {
        rig.link.set(mode);
        is_out(&client.ask("GET", "/actas/1", b""));
        is_out(&client.ask("PUT", "/actas/1", &bytes(9, LARGE)));
        is_out(&client.ask("PUT", "/actas/nueva", &bytes(9, LARGE)));
        is_out(&client.ask("PUT", &part, &bytes(9, LARGE)));
        let source = [("x-amz-copy-source", "/actas/1")];
        is_out(&client.ask_with("PUT", "/actas/copia", &source, b""));
        // What lies in the index does not need the remote.
        done(&mut client, "PUT", "/actas/chica", &bytes(4, 900));
        holds(&mut client, "/actas/chica", &bytes(4, 900));
        assert_eq!(client.ask("HEAD", "/actas/1", b"").status, 200);
        let listed = done(&mut client, "GET", "/actas?list-type=2", b"");
        assert_eq!(elements(&listed.text(), "Key"), ["1", "2", "chica"]);
        rig.link.set(Mode::Open);
        holds(&mut client, "/actas/1", &bytes(1, LARGE));
        assert_eq!(rig.blobs(), blobs, "{mode:?}: nothing half is left");
    }
    rig.link.set(Mode::Down);
    done(&mut client, "DELETE", "/actas/2", b"");
    // The remote comes back elsewhere, after it was killed.
    let remote = rig.remote.take().unwrap();
    remote.kill();
    drop(remote);
    let remote = Server::start(rig.folders[1].path());
    rig.link.lead_to(remote.endpoint());
    rig.link.set(Mode::Open);
    rig.remote = Some(remote);
    holds(&mut client, "/actas/1", &bytes(1, LARGE));
    assert_eq!(client.ask("GET", "/actas/2", b"").status, 404);
    complete(&mut client, &upload, &[bytes(3, LARGE)]);
    holds(&mut client, "/actas/3", &bytes(3, LARGE));
    drop(client);
    server.stop();
    rig.stop();
}

#[test]
fn a_slow_or_torn_line_gives_the_right_bytes_or_none() {
    let rig = Rig::new();
    let server = rig.start();
    let mut client = server.client();
    done(&mut client, "PUT", "/actas", b"");
    let long = bytes(1, LONG);
    rig.link.set(Mode::Slow(2));
    done(&mut client, "PUT", "/actas/larga", &long);
    holds(&mut client, "/actas/larga", &long);
    // Torn a few times, a read is taken up again where it was; torn at every turn, it ends.
    rig.link.set(Mode::Cut(6 << 20));
    holds(&mut client, "/actas/larga", &long);
    for bytes in [100_000, 3_000, 100] {
        rig.link.set(Mode::Cut(bytes));
        let answer = client.ask("GET", "/actas/larga", b"");
        match answer.status {
            200 => assert!(!answer.is_whole && long.starts_with(&answer.body)),
            _ => is_out(&answer),
        }
    }
    rig.link.set(Mode::Open);
    holds(&mut client, "/actas/larga", &long);
    drop(client);
    server.stop();
    rig.stop();
}

#[test]
fn what_is_done_to_the_remotes_objects_shows() {
    let rig = Rig::new();
    let server = rig.start();
    let mut client = server.client();
    done(&mut client, "PUT", "/actas", b"");
    done(&mut client, "PUT", "/actas/larga", &bytes(1, LONG));
    let [larga] = <[String; 1]>::try_from(rig.blobs()).unwrap();
    done(&mut client, "PUT", "/actas/acta", &bytes(2, LARGE));
    let acta = rig.blobs().into_iter().find(|name| *name != larga).unwrap();
    let mut vault = rig.at_remote();
    for (key, name, expected) in [
        ("larga", &larga, bytes(1, LONG)),
        ("acta", &acta, bytes(2, LARGE)),
    ] {
        let at = format!("/boveda/{name}");
        let sealed = done(&mut vault, "GET", &at, b"").body;
        let other = if *name == larga { &acta } else { &larga };
        let other = done(&mut vault, "GET", &format!("/boveda/{other}"), b"").body;
        let flipped = |at: usize| {
            let mut bytes = sealed.clone();
            bytes[at] ^= 4;
            bytes
        };
        let damages = [
            flipped(3),
            flipped(70),
            flipped(sealed.len() / 2),
            flipped(sealed.len() - 1),
            Vec::new(),
            sealed[..1].to_vec(),
            sealed[..40].to_vec(),
            sealed[..sealed.len() / 2].to_vec(),
            sealed[..sealed.len() - 1].to_vec(),
            [&sealed[..], b"x"].concat(),
            other,
        ];
        let key = format!("/actas/{key}");
        for (which, damaged) in damages.into_iter().map(Some).chain([None]).enumerate() {
            match damaged {
                Some(damaged) => done(&mut vault, "PUT", &at, &damaged),
                None => done(&mut vault, "DELETE", &at, b""),
            };
            let answer = client.ask("GET", &key, b"");
            match answer.status {
                200 => {
                    assert!(!answer.is_whole, "{key} {which}: it ended well");
                    assert!(expected.starts_with(&answer.body), "{key} {which}");
                }
                status => assert_eq!((status, answer.code().as_str()), (500, "InternalError")),
            }
        }
        done(&mut vault, "PUT", &at, &sealed);
        holds(&mut client, &key, &expected);
    }
    drop((client, vault));
    server.stop();
    rig.stop();
}

#[test]
fn a_remote_that_cannot_be_used_is_told_at_the_start() {
    let rig = Rig::new();
    let secret = rig.credential().1;
    let refused = |folder: &Path, bucket: &str, secret: &str, words: &str| {
        let refused = rig.start_with(folder, bucket, secret).err().unwrap();
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
        assert!(refused.said.contains(words), "{words}: {refused:?}");
        assert!(!refused.said.contains(secret), "{refused:?}");
    };
    refused(
        rig.path(),
        "boveda",
        "not the secret",
        "access_key_id and secret",
    );
    refused(rig.path(), "ninguna", secret, "has no bucket \"ninguna\"");
    let server = rig.start();
    let other = folder();
    refused(other.path(), "boveda", secret, "Another installation");
    server.stop();
    // Out of reach is no refusal: what lies in the index is served, and the rest once it is back.
    rig.link.set(Mode::Down);
    let server = rig.start();
    assert!(server.log().contains("out of reach"), "{}", server.log());
    let mut client = server.client();
    done(&mut client, "PUT", "/actas", b"");
    done(&mut client, "PUT", "/actas/chica", &bytes(1, 900));
    is_out(&client.ask("PUT", "/actas/acta", &bytes(2, LARGE)));
    rig.link.set(Mode::Open);
    done(&mut client, "PUT", "/actas/acta", &bytes(2, LARGE));
    holds(&mut client, "/actas/acta", &bytes(2, LARGE));
    drop(client);
    server.stop();
    rig.stop();
}

/// The jobs' view of the stopped server.
fn store(rig: &Rig) -> Store {
    let (id, secret) = rig.credential();
    Installation::open(rig.path()).store_over(|instance| {
        BlobSettings::S3(S3Settings {
            instance,
            endpoint: rig.link.endpoint.clone(),
            region: "us-east-1".to_owned(),
            bucket: "boveda".to_owned(),
            prefix: PREFIX.to_owned(),
            access_key_id: id.to_owned(),
            secret: SecretText::new(secret.to_owned()),
            virtual_host: false,
        })
    })
}

#[test]
fn the_sweep_reaches_the_remote() {
    let rig = Rig::new();
    let server = rig.start();
    let mut client = server.client();
    done(&mut client, "PUT", "/actas", b"");
    for number in 1..=3 {
        done(
            &mut client,
            "PUT",
            &format!("/actas/{number}"),
            &bytes(number, LARGE),
        );
    }
    done(&mut client, "PUT", "/actas/1", &bytes(4, LARGE));
    done(&mut client, "DELETE", "/actas/2", b"");
    drop(client);
    server.stop();
    let mut vault = rig.at_remote();
    let orphan = format!("{PREFIX}agencies/agencia/blobs/0f/{}", "0f".repeat(16));
    done(
        &mut vault,
        "PUT",
        &format!("/boveda/{orphan}"),
        b"sealed once",
    );
    let stranger = format!("{PREFIX}agencies/agencia/blobs/0f/nota");
    done(&mut vault, "PUT", &format!("/boveda/{stranger}"), b"a note");
    assert_eq!(rig.blobs().len(), 6);

    let store = store(&rig);
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    let agency = AgencyId::parse("agencia").unwrap();
    let soon = store.clock().now().plus_seconds(60);
    rig.link.set(Mode::Down);
    assert!(
        runtime
            .block_on(store.sweep_garbage(&agency, soon))
            .is_err()
    );
    rig.link.set(Mode::Open);
    let swept = runtime.block_on(store.sweep_garbage(&agency, soon));
    assert_eq!(swept.unwrap().removed, 2);
    let orphans = (0..=u8::MAX).map(|shard| {
        let swept = runtime.block_on(store.sweep_orphans(&agency, Shard(shard), soon));
        swept.unwrap().removed
    });
    assert_eq!(orphans.sum::<u64>(), 1);
    store.close();
    let left = rig.blobs();
    assert_eq!(left.len(), 3);
    assert!(left.contains(&stranger) && !left.contains(&orphan));

    let server = rig.start();
    let mut client = server.client();
    holds(&mut client, "/actas/1", &bytes(4, LARGE));
    holds(&mut client, "/actas/3", &bytes(3, LARGE));
    drop((client, vault));
    server.stop();
    rig.stop();
}
