//! Databases, their logs and key files, changed without any key.

use std::fs;
use std::path::PathBuf;

use crate::rig::{OBJECTS, Rig, bytes_of, copy_all, flipped};
use crate::support::content::Content;
use crate::support::server::{Server, folder};

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
