//! Damages everything on disk that can be damaged, with and without the keys, and reads (promise
//! P3): an error or a cut connection, never other bytes, never "not found"; what was not damaged is
//! still served.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop"
)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use acervo::types::encoding;
use tempfile::TempDir;

use support::client::{Answer, Client, Proof};
use support::content::{Content, md5};
use support::installation::Installation;
use support::server::{Server, folder};

const SEGMENT: usize = 64 << 10;
const LARGE: usize = 3 * SEGMENT + 1_000;

/// Objects of both agencies: name and content. Pairs have one size, so that nothing but their
/// seals tells them apart.
const OBJECTS: [(&str, u64, usize); 6] = [
    ("chico-1", 1, 900),
    ("chico-2", 2, 900),
    ("grande-1", 3, LARGE),
    ("grande-2", 4, LARGE),
    ("partes-1", 5, LARGE),
    ("partes-2", 6, LARGE),
];

/// A server with two agencies that hold the same objects, and a client of each.
struct Rig {
    folder: TempDir,
    proofs: [Proof; 2],
}

const AGENCIES: [&str; 2] = ["agencia", "segunda"];

fn bytes_of(name: &str, agency: usize) -> Vec<u8> {
    let (_, number, size_bytes) = OBJECTS.into_iter().find(|(n, _, _)| *n == name).unwrap();
    let number = number + 100 * u64::try_from(agency).unwrap();
    Content { number, size_bytes }.bytes()
}

impl Rig {
    fn new() -> Self {
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

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn installation(&self) -> Installation {
        Installation::open(self.path())
    }

    fn client(&self, server: &Server, agency: usize) -> Client {
        server.client_of(self.proofs[agency].clone())
    }

    /// Changes the first agency's index with its key, starts, reads, and puts everything back.
    fn with_index(&self, sql: &str, damaged: &[&str]) {
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
    fn copy(&self) -> Self {
        let folder = folder();
        copy_all(self.path(), folder.path());
        Self {
            folder,
            proofs: self.proofs.clone(),
        }
    }

    /// Reads everything: the damaged objects of the first agency fail, all others are whole. Each is
    /// read twice, because a failure must not spoil what comes after.
    fn check(&self, server: &Server, damaged: &[&str], what: &str) {
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
fn assert_damaged(answer: &Answer, bytes: &[u8], what: &str) {
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

fn copy_all(from: &Path, to: &Path) {
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

fn flipped(bytes: &[u8], at: usize, bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1 << (bit % 8);
    bytes
}

/// Damaged forms of a blob's file, each with a name.
fn damages(file: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut damages = Vec::new();
    // The whole header with its commitment, and samples of each segment and of the last tag.
    let places = (0..64).chain((64..file.len()).step_by(7_919));
    let places = places.chain(file.len() - 16..file.len());
    for (bit, at) in places.enumerate() {
        damages.push((format!("bit {bit} of byte {at}"), flipped(file, at, bit)));
    }
    let header = file.len() % SEGMENT;
    for length in [
        0,
        1,
        10,
        header,
        file.len() / 2,
        file.len() - 16,
        file.len() - 1,
    ] {
        damages.push((format!("cut to {length}"), file[..length].to_vec()));
    }
    damages.push(("a byte more".to_owned(), [file, &[0]].concat()));
    damages.push(("twice".to_owned(), [file, file].concat()));
    damages
}

#[test]
fn damaged_blobs_are_never_read_as_something_else() {
    let rig = Rig::new();
    let blob = rig.installation().blob_of(AGENCIES[0], "grande-1");
    let file = fs::read(&blob).unwrap();
    assert!(file.len() > LARGE);
    let server = Server::start(rig.path());
    let (mut client, expected) = (rig.client(&server, 0), bytes_of("grande-1", 0));
    for (what, damaged) in damages(&file) {
        let damaged_bytes = damaged.len();
        fs::write(&blob, damaged).unwrap();
        let answer = client.ask("GET", "/actas/grande-1", b"");
        assert_damaged(&answer, &expected, &what);
        if damaged_bytes != file.len() {
            assert_eq!(
                answer.status, 500,
                "{what}: its size tells before the head is sent"
            );
        }
        let range = [("range", "bytes=70000-70099")];
        let answer = client.ask_with("GET", "/actas/grande-1", &range, b"");
        if answer.status == 206 && answer.is_whole {
            assert_eq!(answer.body, expected[70_000..70_100], "{what}");
        } else {
            assert!(
                answer.status == 206 || answer.status == 500,
                "{what}: {}",
                answer.status
            );
        }
        // What cannot be read cannot be copied either.
        let source = [("x-amz-copy-source", "/actas/grande-1")];
        let copied = client.ask_with("PUT", "/actas/copia", &source, b"");
        assert_eq!(copied.status, 500, "{what}: {}", copied.text());
    }
    fs::remove_file(&blob).unwrap();
    rig.check(&server, &["grande-1"], "a missing blob");
    assert_eq!(
        client.ask("GET", "/actas/grande-1", b"").status,
        500,
        "a missing blob"
    );
    fs::write(&blob, &file).unwrap();
    rig.check(&server, &[], "everything is back");
    assert_eq!(client.ask("GET", "/actas/copia", b"").status, 404);
    drop(client);
    server.stop();
}

#[test]
fn exchanged_blobs_do_not_open() {
    let rig = Rig::new();
    let installation = rig.installation();
    let blob = |agency: usize, name: &str| installation.blob_of(AGENCIES[agency], name);
    let (one, two, foreign) = (
        blob(0, "grande-1"),
        blob(0, "grande-2"),
        blob(1, "grande-2"),
    );
    let [of_one, of_two, of_foreign] = [&one, &two, &foreign].map(|path| fs::read(path).unwrap());
    let server = Server::start(rig.path());
    fs::write(&one, &of_two).unwrap();
    fs::write(&two, &of_one).unwrap();
    rig.check(&server, &["grande-1", "grande-2"], "two blobs exchanged");
    fs::write(&two, &of_foreign).unwrap();
    rig.check(
        &server,
        &["grande-1", "grande-2"],
        "a blob of another agency",
    );
    // A segment of one blob in another, at the same place.
    let at = of_one.len() - 1_000 - 16 - SEGMENT;
    let spliced = [
        &of_one[..at],
        &of_two[at..at + SEGMENT],
        &of_one[at + SEGMENT..],
    ]
    .concat();
    fs::write(&one, spliced).unwrap();
    fs::write(&two, &of_two).unwrap();
    rig.check(&server, &["grande-1"], "a spliced blob");
    fs::write(&one, &of_one).unwrap();
    rig.check(&server, &[], "everything is back");
    server.stop();
}

/// Exchanges columns of two rows, found by their objects' keys.
fn exchange(table: &str, columns: &[&str], id: &str, one: &str, two: &str) -> String {
    let of = |key: &str| match table {
        "objects" => format!("CAST('{key}' AS BLOB)"),
        "details" => {
            format!("(SELECT sequence FROM objects WHERE object_key = CAST('{key}' AS BLOB))")
        }
        _ => format!(
            "(SELECT upload_number FROM details JOIN objects USING (sequence)
              WHERE object_key = CAST('{key}' AS BLOB))"
        ),
    };
    let (one, two) = (of(one), of(two));
    let mut sql = format!(
        "CREATE TEMP TABLE held AS SELECT {id} AS row, * FROM {table} WHERE {id} IN ({one}, {two});"
    );
    // Unique columns pass through no value on their way.
    if columns.contains(&"blob_id") {
        sql += &format!("UPDATE {table} SET blob_id = NULL WHERE {id} IN ({one}, {two});");
    }
    let sets: Vec<String> = columns
        .iter()
        .map(|column| {
            format!("{column} = (SELECT held.{column} FROM held WHERE held.row <> {table}.{id})")
        })
        .collect();
    sql + &format!(
        "UPDATE {table} SET {} WHERE {id} IN ({one}, {two});",
        sets.join(", ")
    )
}

#[test]
fn exchanged_rows_do_not_open() {
    let rig = Rig::new();
    let small = ["chico-1", "chico-2"];
    let large = ["grande-1", "grande-2"];
    let parts = ["partes-1", "partes-2"];
    for (columns, pair) in [
        (&["inline_body"][..], small),
        (&["wrapped_key"][..], small),
        (&["inline_body", "wrapped_key"][..], small),
        (&["blob_id"][..], large),
        (&["wrapped_key"][..], large),
        (&["blob_id", "wrapped_key"][..], large),
        (&["upload_number"][..], parts),
    ] {
        rig.with_index(
            &exchange("details", columns, "sequence", pair[0], pair[1]),
            &pair,
        );
    }
    for columns in [
        &["blob_id"][..],
        &["wrapped_key"][..],
        &["blob_id", "wrapped_key"][..],
    ] {
        let sql = exchange("pieces", columns, "upload_number", parts[0], parts[1]);
        rig.with_index(&sql, &parts);
    }
    for pair in [small, large, parts] {
        rig.with_index(
            &exchange("objects", &["sequence"], "object_key", pair[0], pair[1]),
            &pair,
        );
    }
}

#[test]
fn changed_rows_do_not_open() {
    let rig = Rig::new();
    let of = |key: &str| {
        format!("(SELECT sequence FROM objects WHERE object_key = CAST('{key}' AS BLOB))")
    };
    let set =
        |what: &str, key: &str| format!("UPDATE details SET {what} WHERE sequence = {}", of(key));
    let object = |what: &str, key: &str| {
        format!("UPDATE objects SET {what} WHERE object_key = CAST('{key}' AS BLOB)")
    };
    rig.with_index(&set("wrapped_key = zeroblob(68)", "chico-1"), &["chico-1"]);
    rig.with_index(&set("wrapped_key = x''", "grande-1"), &["grande-1"]);
    rig.with_index(
        &set("inline_body = substr(inline_body, 2)", "chico-1"),
        &["chico-1"],
    );
    rig.with_index(&set("inline_body = x''", "chico-1"), &["chico-1"]);
    rig.with_index(&set("blob_id = zeroblob(16)", "grande-1"), &["grande-1"]);
    rig.with_index(&set("blob_id = NULL", "grande-1"), &["grande-1"]);
    // A size or a version that is not the sealed one; sizes are shown before anything is opened.
    for key in ["chico-1", "grande-1", "partes-1"] {
        rig.with_index(&object("size_bytes = size_bytes - 1", key), &[key]);
        rig.with_index(&object("size_bytes = size_bytes + 1", key), &[key]);
        rig.with_index(&object("size_bytes = 0", key), &[key]);
    }
    for key in ["chico-1", "grande-1"] {
        rig.with_index(&object("version_id = zeroblob(16)", key), &[key]);
    }
    // Under another name, and in another bucket's place.
    rig.with_index(
        "UPDATE objects SET object_key = CAST('chico-3' AS BLOB)
             WHERE object_key = CAST('chico-2' AS BLOB);
         UPDATE objects SET object_key = CAST('chico-2' AS BLOB)
             WHERE object_key = CAST('chico-1' AS BLOB);
         UPDATE objects SET object_key = CAST('chico-1' AS BLOB)
             WHERE object_key = CAST('chico-3' AS BLOB);",
        &["chico-1", "chico-2"],
    );
    rig.with_index(
        "UPDATE buckets SET bucket_id = bucket_id + 100000;
         UPDATE objects SET bucket_id = bucket_id + 100000;",
        &OBJECTS.map(|(name, _, _)| name),
    );
}

/// Reads everything over data whose files outside the blobs were damaged: the server refuses to
/// start, with a sentence, or answers each read rightly or with an error. Nothing may be missing,
/// and the other agency is whole unless the damage is to what both share.
fn survives(rig: &Rig, what: &str, is_shared: bool) -> usize {
    let server = match Server::try_start(rig.path()) {
        Ok(server) => server,
        Err(refused) => {
            assert!(refused.status.code().is_some(), "{what}: {refused:?}");
            assert!(refused.said.trim().len() > 20, "{what}: {refused:?}");
            assert!(!refused.said.contains("panicked"), "{what}: {refused:?}");
            return 1;
        }
    };
    let mut failed = 0;
    for agency in 0..2 {
        let mut client = rig.client(&server, agency);
        for (name, _, _) in OBJECTS {
            let answer = client.ask("GET", &format!("/actas/{name}"), b"");
            if answer.status == 200 && answer.is_whole {
                assert_eq!(answer.body, bytes_of(name, agency), "{what}: other bytes");
                continue;
            }
            assert!(
                agency == 0 || is_shared,
                "{what}: the other agency: {}",
                answer.status
            );
            let is_cut = answer.status == 200;
            assert!(
                is_cut || answer.status >= 500,
                "{what}: {name}: {}",
                answer.text()
            );
            failed += 1;
        }
    }
    failed
}

/// Flips bits of a file, spread over it, one at a time.
fn flip_through(rig: &Rig, file: &str, samples: usize, is_shared: bool) {
    let path = rig.path().join("data").join(file);
    let bytes = fs::read(&path).unwrap();
    let mut failed = 0;
    for sample in 0..samples {
        let copy = rig.copy();
        let at = bytes.len() * sample / samples + sample % 3;
        let at = at.min(bytes.len() - 1);
        fs::write(
            copy.path().join("data").join(file),
            flipped(&bytes, at, sample),
        )
        .unwrap();
        failed += survives(&copy, &format!("{file}: byte {at}"), is_shared);
    }
    assert!(failed > 0, "damage to {file} shows");
}

#[test]
fn damaged_databases_and_keys_are_refused_or_fail() {
    let rig = Rig::new();
    flip_through(&rig, "agencies/agencia/index.db", 24, false);
    flip_through(&rig, "agencies/agencia/keyring", 16, false);
    flip_through(&rig, "catalog.db", 8, true);
    flip_through(&rig, "acervo.json", 12, true);
}

#[test]
fn the_wrong_keys_are_refused() {
    let rig = Rig::new();
    let other = Rig::new();
    let file = |rig: &Rig, name: &str| -> PathBuf { rig.path().join("data").join(name) };
    let refused = |what: &str, change: &dyn Fn(&Rig)| {
        let copy = rig.copy();
        change(&copy);
        let refused = Server::try_start(copy.path());
        let refused = refused
            .err()
            .unwrap_or_else(|| panic!("{what}: the server started"));
        assert!(
            refused.said.trim().len() > 20 && !refused.said.contains("panicked"),
            "{what}"
        );
    };
    let take = |name: &'static str| {
        let from = file(&other, name);
        move |copy: &Rig| assert!(fs::copy(&from, file(copy, name)).unwrap() > 0)
    };
    let remove = |name: &'static str| move |copy: &Rig| fs::remove_file(file(copy, name)).unwrap();
    refused("another root key", &take("root.key"));
    refused("another identity", &take("acervo.json"));
    refused("another catalog", &take("catalog.db"));
    refused("no root key", &remove("root.key"));
    refused("no identity", &remove("acervo.json"));
    for name in ["agencies/agencia/keyring", "agencies/agencia/index.db"] {
        let copy = rig.copy();
        take(name)(&copy);
        assert_eq!(
            survives(&copy, name, false),
            OBJECTS.len(),
            "another {name}"
        );
    }
    let copy = rig.copy();
    fs::copy(
        file(&copy, "agencies/segunda/keyring"),
        file(&copy, "agencies/agencia/keyring"),
    )
    .unwrap();
    assert_eq!(
        survives(&copy, "a neighbour's keyring", false),
        OBJECTS.len()
    );
}

/// A log whose end is damaged ends where the damage begins, as after a power cut; then the index is
/// as it was at some earlier moment. So a key may show an older document or none, but only bytes
/// that were once its own.
#[test]
fn a_damaged_log_shows_no_bytes_that_never_were() {
    const VERSIONS: u64 = 6;
    let folder = folder();
    let server = Server::start(folder.path());
    let mut client = server.client();
    let version = |number| {
        Content {
            number,
            size_bytes: 700,
        }
        .bytes()
    };
    assert!(client.ask("PUT", "/actas", b"").is_success());
    for number in 1..=VERSIONS {
        assert!(
            client
                .ask("PUT", "/actas/acta", &version(number))
                .is_success()
        );
    }
    server.kill();
    drop(server);
    let log = "data/agencies/agencia/index.db-wal";
    let bytes = fs::read(folder.path().join(log)).unwrap();
    let mut shown = 0;
    for sample in 0..16 {
        let copy = self::folder();
        copy_all(folder.path(), copy.path());
        let at = bytes.len() * sample / 16 + sample % 5;
        fs::write(copy.path().join(log), flipped(&bytes, at, sample)).unwrap();
        let Ok(server) = Server::try_start(copy.path()) else {
            continue;
        };
        let answer = server.client().ask("GET", "/actas/acta", b"");
        let is_known = (1..=VERSIONS).any(|number| answer.body == version(number));
        match answer.status {
            200 => assert!(is_known && answer.is_whole, "byte {at}: other bytes"),
            404 | 403 | 500.. => {}
            status => panic!("byte {at}: {status}"),
        }
        shown += usize::from(answer.status == 200);
    }
    assert!(shown > 0, "some damage is behind the last version");
}

/// Documents under contexts, under customers' keys, and in two versions: name and number. Each two
/// have one size, so that nothing but what they are sealed with tells them apart.
const SEALED: [(&str, u64, usize); 8] = [
    ("contexto-1", 21, 900),
    ("contexto-2", 22, 900),
    ("contexto-largo-1", 23, LARGE),
    ("contexto-largo-2", 24, LARGE),
    ("cliente-1", 25, 900),
    ("cliente-2", 26, 900),
    ("cliente-largo-1", 27, LARGE),
    ("cliente-largo-2", 28, LARGE),
];
const VERSIONS: [u64; 2] = [31, 32];

/// A server with what is sealed in ways of its own.
struct SealedRig {
    folder: TempDir,
    /// The ids of the two versions, the older one first.
    ids: [String; 2],
}

fn start_sealed(folder: &Path) -> Server {
    let settings = folder.join("acervo.toml");
    fs::write(&settings, "[s3]\ncustomer_keys_over_http = true\n").unwrap();
    let mut command = support::server::serve(folder);
    command.arg("--config").arg(settings);
    Server::run(command, folder).unwrap()
}

/// What a document is put and got with.
fn sealed_with(name: &str) -> Vec<(&'static str, String)> {
    const KMS: &str = "x-amz-server-side-encryption";
    let which = u8::try_from(name.len()).unwrap() + name.bytes().last().unwrap();
    if name.starts_with("contexto") {
        let context = format!(r#"{{"acta":"{which}"}}"#);
        let context = encoding::base64(context.as_bytes());
        return vec![
            (KMS, "aws:kms".to_owned()),
            ("x-amz-server-side-encryption-context", context),
        ];
    }
    let key = [which; 32];
    vec![
        (
            "x-amz-server-side-encryption-customer-algorithm",
            "AES256".to_owned(),
        ),
        (
            "x-amz-server-side-encryption-customer-key",
            encoding::base64(&key),
        ),
        (
            "x-amz-server-side-encryption-customer-key-md5",
            encoding::base64(&md5(&key)),
        ),
    ]
}

fn ask_sealed(client: &mut Client, method: &str, name: &str, body: &[u8]) -> Answer {
    let mut headers = sealed_with(name);
    if method == "GET" {
        // A context is the document's own; a customer's key is brought for each read.
        headers.retain(|(name, _)| name.contains("customer"));
    }
    let headers: Vec<_> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
    client.ask_with(method, &format!("/selladas/{name}"), &headers, body)
}

impl SealedRig {
    fn new() -> Self {
        let folder = folder();
        let server = start_sealed(folder.path());
        let mut client = server.client();
        assert!(client.ask("PUT", "/selladas", b"").is_success());
        for (name, number, size_bytes) in SEALED {
            let bytes = Content { number, size_bytes }.bytes();
            let put = ask_sealed(&mut client, "PUT", name, &bytes);
            assert!(put.is_success(), "{}", put.text());
        }
        assert!(client.ask("PUT", "/versiones", b"").is_success());
        let on = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
        assert!(client.ask("PUT", "/versiones?versioning", on).is_success());
        let ids = VERSIONS.map(|number| {
            let size_bytes = 900;
            let bytes = Content { number, size_bytes }.bytes();
            let put = client.ask("PUT", "/versiones/acta", &bytes);
            put.header("x-amz-version-id").unwrap().to_owned()
        });
        drop(client);
        server.stop();
        Self { folder, ids }
    }

    /// Changes a copy of the index with its key, starts over it and reads everything: what was
    /// damaged is an error, and the rest is whole.
    fn with_index(&self, sql: &str, damaged: &[&str]) {
        let copy = folder();
        copy_all(self.folder.path(), copy.path());
        let index = Installation::open(copy.path()).index("agencia");
        let done = index.execute_batch(sql);
        done.unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert!(index.changes() > 0, "{sql} changes something");
        drop(index);
        let server = start_sealed(copy.path());
        let mut client = server.client();
        for (name, number, size_bytes) in SEALED {
            let answer = ask_sealed(&mut client, "GET", name, b"");
            let bytes = Content { number, size_bytes }.bytes();
            is_right_or_damaged(
                &answer,
                &bytes,
                damaged.contains(&name),
                &format!("{name}: {sql}"),
            );
        }
        for (id, number) in self.ids.iter().zip(VERSIONS) {
            let size_bytes = 900;
            let bytes = Content { number, size_bytes }.bytes();
            let answer = client.ask("GET", &format!("/versiones/acta?versionId={id}"), b"");
            let is_damaged = damaged.contains(&"versiones");
            is_right_or_damaged(&answer, &bytes, is_damaged, &format!("{id}: {sql}"));
        }
        let newest = client.ask("GET", "/versiones/acta", b"");
        let is_known = VERSIONS.iter().any(|number| {
            let (number, size_bytes) = (*number, 900);
            newest.body == Content { number, size_bytes }.bytes()
        });
        assert!(newest.status >= 400 || is_known, "{sql}: other bytes");
        drop(client);
        assert!(!server.log().contains("panicked"), "{sql}");
        server.stop();
    }
}

/// Damage may look like a customer's key that does not fit; it never looks like another document.
#[track_caller]
fn is_right_or_damaged(answer: &Answer, bytes: &[u8], is_damaged: bool, what: &str) {
    let is_whole = answer.is_success();
    if !is_damaged {
        assert!(
            is_whole && answer.body == bytes,
            "{what}: {}",
            answer.text()
        );
        return;
    }
    match answer.status {
        200 => assert!(
            !is_whole && bytes.starts_with(&answer.body),
            "{what}: it was read"
        ),
        status => assert!(
            [400, 403, 404, 500].contains(&status),
            "{what}: {}",
            answer.text()
        ),
    }
}

#[test]
fn what_is_sealed_in_ways_of_its_own_is_not_exchanged() {
    let rig = SealedRig::new();
    for kind in ["contexto", "contexto-largo", "cliente", "cliente-largo"] {
        let pair = [format!("{kind}-1"), format!("{kind}-2")];
        let pair = [pair[0].as_str(), pair[1].as_str()];
        for columns in [
            &["encryption"][..],
            &["wrapped_key"][..],
            &["encryption", "wrapped_key"][..],
            &["encryption", "wrapped_key", "inline_body", "blob_id"][..],
        ] {
            let sql = exchange("details", columns, "sequence", pair[0], pair[1]);
            rig.with_index(&sql, &pair);
        }
    }
    // What one is sealed with, written at another; and none at all.
    let of = |key: &str| {
        format!("(SELECT sequence FROM objects WHERE object_key = CAST('{key}' AS BLOB))")
    };
    for (from, to) in [
        ("cliente-1", "contexto-1"),
        ("contexto-largo-1", "cliente-largo-1"),
    ] {
        let sql = format!(
            "UPDATE details SET encryption = (SELECT encryption FROM details WHERE sequence = {})
             WHERE sequence = {}",
            of(from),
            of(to)
        );
        rig.with_index(&sql, &[to]);
    }
    for key in ["contexto-1", "cliente-1", "cliente-largo-2"] {
        for encryption in ["NULL", "''", "'{}'", "'null'", "substr(encryption, 2)"] {
            let at = of(key);
            let sql = format!("UPDATE details SET encryption = {encryption} WHERE sequence = {at}");
            rig.with_index(&sql, &[key]);
        }
    }
}

#[test]
fn versions_are_not_exchanged() {
    let rig = SealedRig::new();
    let newest = "(SELECT sequence FROM objects WHERE object_key = CAST('acta' AS BLOB))";
    let older = "(SELECT sequence FROM versions WHERE object_key = CAST('acta' AS BLOB))";
    for columns in [
        &["wrapped_key"][..],
        &["inline_body"][..],
        &["wrapped_key", "inline_body"][..],
        &[
            "wrapped_key",
            "inline_body",
            "encryption",
            "metadata",
            "checksum",
        ][..],
    ] {
        let sets = columns.iter().map(|column| {
            format!(
                "{column} = (SELECT h.{column} FROM held h WHERE h.sequence <> details.sequence)"
            )
        });
        let sets: Vec<String> = sets.collect();
        let both = format!("sequence IN ({newest}, {older})");
        let sql = format!(
            "CREATE TEMP TABLE held AS SELECT * FROM details WHERE {both};
             UPDATE details SET {} WHERE {both};",
            sets.join(", ")
        );
        rig.with_index(&sql, &["versiones"]);
    }
    // The ids of the two, with their details where they were.
    let id = |table: &str| {
        format!("(SELECT version_id FROM {table} WHERE object_key = CAST('acta' AS BLOB))")
    };
    let sql = format!(
        "CREATE TEMP TABLE ids AS SELECT {} AS newest, {} AS older;
         UPDATE objects SET version_id = (SELECT older FROM ids)
             WHERE object_key = CAST('acta' AS BLOB);
         UPDATE versions SET version_id = (SELECT newest FROM ids)
             WHERE object_key = CAST('acta' AS BLOB);",
        id("objects"),
        id("versions")
    );
    rig.with_index(&sql, &["versiones"]);
    let sql = format!(
        "UPDATE details SET wrapped_key = (SELECT wrapped_key FROM details WHERE sequence = {older})
             WHERE sequence = {newest};
         UPDATE details SET wrapped_key = zeroblob(length(wrapped_key)) WHERE sequence = {older};"
    );
    rig.with_index(&sql, &["versiones"]);
}
