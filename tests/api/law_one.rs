//! Law 1: nothing that was entrusted stands readable in the data directory, running or killed.

use std::fs;
use std::path::Path;

use crate::support::caller::Caller;
use crate::support::server::{Home, Server};
use crate::support::{noise, pause, position};

/// Every file below a folder that holds one of the texts, and which.
fn findings(folder: &Path, secrets: &[(String, Vec<u8>)]) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    let mut scanned = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            // A file may go while the server works.
            let Ok(bytes) = fs::read(&path) else { continue };
            scanned += bytes.len();
            let name = path.to_string_lossy().into_owned();
            for (what, text) in secrets {
                if position(&bytes, text).is_some() || position(name.as_bytes(), text).is_some() {
                    found.push(format!("{what} in {name}"));
                }
            }
        }
    }
    assert!(scanned > 100_000, "only {scanned} bytes were there to scan");
    found
}

/// A text as it is, and in the forms in which it could hide.
fn forms(what: &str, text: &[u8]) -> Vec<(String, Vec<u8>)> {
    use acervo::types::encoding;
    [
        ("", text.to_vec()),
        (" (hex)", encoding::hex(text).into_bytes()),
        (" (base64)", encoding::base64(text).into_bytes()),
    ]
    .map(|(form, bytes)| (format!("{what}{form}"), bytes))
    .to_vec()
}

/// Documents by name, with their sizes: inline, a blob, a part, and one that is never finished.
const DOCUMENTS: [(&str, usize); 4] = [
    ("inline", 9_000),
    ("blob", 700_000),
    ("part", 300_000),
    ("unfinished", 400_000),
];

fn document(name: &str) -> Vec<u8> {
    let at = DOCUMENTS.iter().position(|(known, _)| *known == name);
    let at = at.unwrap();
    noise(11 + at as u64, DOCUMENTS[at].1)
}

/// Entrusts the server with everything that it takes.
fn entrust(agency: &Caller) {
    let bucket = "cubeta-singular-q7";
    let at = |name: &str| format!("{bucket}/{name}");
    agency.make_bucket(bucket).ok();
    let put = agency.at("PUT", &at("nombre-singular-w8"));
    let put = put.body(&document("inline"));
    let put = put.header("x-amz-meta-folio", "metadato-singular-e9");
    let put = put.header("content-disposition", "disposicion-singular-r1");
    put.ok();
    agency.put(&at("otro-nombre-t2"), &document("blob")).ok();
    let metadata = [("x-amz-meta-folio", "metadato-de-subida-u4")];
    let upload = agency.begin_upload_with(&at("subida-singular-y3"), &metadata);
    let part = document("part");
    agency
        .part(&at("subida-singular-y3"), &upload, 1, &part)
        .ok();
    agency.get(&at("leido-singular-i5")).send().status(404);
    let inline = document("inline");
    agency
        .put(&at("borrado-singular-o6"), &inline[1_000..])
        .ok();
    agency.delete(&at("borrado-singular-o6")).ok();
}

/// Every text that must not be found.
fn secrets(server: &Server, new_key: &Caller) -> Vec<(String, Vec<u8>)> {
    let mut secrets = Vec::new();
    for (what, text) in [
        ("a bucket's name", "cubeta-singular-q7"),
        ("a key", "nombre-singular-w8"),
        ("a key", "otro-nombre-t2"),
        ("an upload's key", "subida-singular-y3"),
        ("a key that was read", "leido-singular-i5"),
        ("a deleted key", "borrado-singular-o6"),
        ("metadata", "metadato-singular-e9"),
        ("system metadata", "disposicion-singular-r1"),
        ("an upload's metadata", "metadato-de-subida-u4"),
        ("a principal", "persona-singular-p7"),
        ("a secret", server.credential("secret_access_key")),
        (
            "a new secret",
            new_key.credentials().unwrap().secret.expose(),
        ),
        ("an operator's token", server.credential("operator_token")),
        ("a Bearer token", server.credential("bearer_token")),
    ] {
        secrets.extend(forms(what, text.as_bytes()));
    }
    for (name, _) in DOCUMENTS {
        let bytes = document(name);
        for at in [0, bytes.len() / 2, bytes.len() - 24] {
            secrets.extend(forms(name, &bytes[at..at + 24]));
        }
    }
    secrets
}

#[track_caller]
fn holds_none(home: &Home, secrets: &[(String, Vec<u8>)]) {
    let found = findings(&home.data(), secrets);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn nothing_entrusted_stands_readable_on_disk() {
    let server = Server::with(&[("ACERVO_LOG_LEVEL", "trace")]);
    let agency = server.agency();
    entrust(&agency);
    let new_key = server.make_key("agencia", "persona-singular-p7", "app");
    let secrets = secrets(&server, &new_key);
    // One upload is under way while the files are read.
    let put = agency.put("cubeta-singular-q7/a-medias", &document("unfinished"));
    let wired = put.wired();
    let mut wire = server.wire();
    wire.send(&wired.head);
    wire.send(&wired.body[..399_000]);
    pause(300);
    holds_none(&server.home, &secrets);
    let log = server.log();
    for (what, text) in &secrets {
        assert_eq!(position(log.as_bytes(), text), None, "{what} in the log");
    }
    let home = server.kill();
    holds_none(&home, &secrets);
    let home = Server::at(home, &[]).stop();
    holds_none(&home, &secrets);
}

/// The scan itself finds what is there: without this it would prove nothing.
#[test]
fn the_scan_finds_what_is_readable() {
    let server = Server::start();
    let text = b"un texto que nadie sello";
    fs::write(server.home.data().join("agencies/agencia/plain"), text).unwrap();
    for (what, form) in forms("text", text) {
        let path = server.home.data().join("form");
        fs::write(&path, &form).unwrap();
        assert!(!findings(&server.home.data(), &[(what, form)]).is_empty());
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn files_of_the_data_directory_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let server = Server::start();
    for name in ["root.key", "acervo.json", "catalog.db"] {
        let mode = fs::metadata(server.home.data().join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let path = server.home.path().join("credentials.json");
    let mode = fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
