//! What is sealed in ways of its own: under contexts, under customers' keys, in versions.

use std::fs;
use std::path::Path;

use acervo::types::encoding;
use tempfile::TempDir;

use crate::rig::{LARGE, copy_all};
use crate::rows::exchange;
use crate::support;
use crate::support::client::{Answer, Client};
use crate::support::content::{Content, md5};
use crate::support::installation::Installation;
use crate::support::server::{Server, folder};

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
