//! Starts that are refused, starts over data, and stops.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::support::server::{Home, Server};
use crate::support::{noise, pause};

/// A data directory that a server has used.
fn used() -> Home {
    let server = Server::start();
    server.agency().make_bucket("actas").ok();
    server.stop()
}

#[track_caller]
fn says(said: &str, what: &str) {
    assert!(said.contains(what), "{said:?} does not say {what:?}");
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn a_taken_port_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for addresses in [["127.0.0.1:0", &address], [&address, "127.0.0.1:0"]] {
        let home = Home::new();
        let output = Command::new(env!("CARGO_BIN_EXE_acervo"))
            .args(["serve", "--data-dir"])
            .arg(home.data())
            .args(["--listen", addresses[0], "--admin-listen", addresses[1]])
            .env_clear()
            .env("LANG", "C.UTF-8")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success());
        says(&said, &address);
        assert!(
            !home.data().join("acervo.json").exists(),
            "nothing was made"
        );
    }
}

#[test]
fn data_without_its_identity_is_not_touched() {
    let home = used();
    let (identity, kept) = (home.data().join("acervo.json"), home.path().join("kept"));
    fs::rename(&identity, &kept).unwrap();
    says(&home.is_refused(&[]), "acervo.json");
    assert!(!identity.exists());
    fs::write(&identity, "{").unwrap();
    says(&home.is_refused(&[]), "acervo.json");
    let text = fs::read_to_string(&kept).unwrap();
    let newer = text.replacen("\"format\": 1", "\"format\": 2", 1);
    assert_ne!(newer, text);
    fs::write(&identity, newer).unwrap();
    says(&home.is_refused(&[]), "format 2");
    fs::rename(&kept, &identity).unwrap();
    Server::at(home, &[]).stop();
}

#[test]
fn data_without_its_root_key_is_not_opened() {
    let home = used();
    let (root_key, kept) = (home.data().join("root.key"), home.path().join("kept"));
    fs::rename(&root_key, &kept).unwrap();
    says(&home.is_refused(&[]), "root.key");
    assert!(!root_key.exists(), "no new one is made");
    fs::write(&root_key, noise(1, 32)).unwrap();
    fs::set_permissions(&root_key, fs::Permissions::from_mode(0o600)).unwrap();
    says(&home.is_refused(&[]), "root key");
    fs::write(&root_key, noise(1, 31)).unwrap();
    says(&home.is_refused(&[]), "32 bytes");
    fs::remove_file(&root_key).unwrap();
    fs::rename(&kept, &root_key).unwrap();
    for mode in [0o640, 0o604, 0o666] {
        fs::set_permissions(&root_key, fs::Permissions::from_mode(mode)).unwrap();
        says(&home.is_refused(&[]), "chmod 600");
    }
    fs::set_permissions(&root_key, fs::Permissions::from_mode(0o600)).unwrap();
    Server::at(home, &[]).stop();
}

#[test]
fn a_data_directory_has_one_process() {
    let server = Server::start();
    says(&server.home.is_refused(&[]), "Another process");
    server.agency().make_bucket("actas").ok();
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    let home = Home::new();
    fs::write(home.data(), "a file where the folder should be").unwrap();
    says(&home.is_refused(&[]), "data");
    let home = Home::new();
    let said = home.is_refused(&[("ACERVO_DATA_DIR", "x"), ("ACERVO_LOG_LEVEL", "loud")]);
    says(&said, "log.level");
}

#[test]
fn all_wrong_settings_are_told_at_once() {
    let home = Home::new();
    let said = home.is_refused(&[
        ("ACERVO_LIMITS_IDLE_SECONDS", "0"),
        ("ACERVO_LIMITS_CONNECTIONS", "many"),
        ("ACERVO_AUDIT_READS", "sometimes"),
        ("ACERVO_BLOBS_BACKEND", "tape"),
        ("ACERVO_S3_TLS_CERTIFICATE", "/nowhere/a.pem"),
        ("ACERVO_LIMITS_BOGUS", "1"),
    ]);
    for setting in [
        "idle_seconds",
        "connections",
        "reads",
        "backend",
        "tls",
        "BOGUS",
    ] {
        assert!(
            said.to_lowercase().contains(&setting.to_lowercase()),
            "{setting} is not in:\n{said}"
        );
    }
    assert!(!home.data().exists(), "nothing was made");
    let file = home.path().join("acervo.toml");
    fs::write(
        &file,
        "[s3]\nlisten = \"here\"\nbogus = 1\n[limits]\nidle_seconds = -1\n",
    )
    .unwrap();
    let said = home.is_refused(&[("ACERVO_CONFIG", file.to_str().unwrap())]);
    for setting in ["bogus", "idle_seconds"] {
        says(&said, setting);
    }
}

#[test]
fn a_second_start_keeps_everything_and_makes_nothing() {
    let server = Server::start();
    let mut agency = server.agency();
    agency.make_bucket("actas").ok();
    let (small, large) = (noise(1, 100), noise(2, 500_000));
    agency.put("actas/small", &small).ok();
    agency.put("actas/large", &large).ok();
    let upload = agency.begin_upload("actas/upload");
    let part = agency.part("actas/upload", &upload, 1, &large).ok();
    let mut token = server.with_token(server.credential("bearer_token"));
    let home = server.stop();
    let credentials = fs::read(home.path().join("credentials.json")).unwrap();
    let server = Server::at(home, &[]);
    let now = fs::read(server.home.path().join("credentials.json")).unwrap();
    assert_eq!(now, credentials, "the credentials of the first start stay");
    agency.address.clone_from(&server.address);
    token.address.clone_from(&server.address);
    agency.get("actas/small").send().holds(&small);
    token.get("actas/large").send().holds(&large);
    let tag = part.header("etag").unwrap();
    agency.complete("actas/upload", &upload, &[(1, tag)]).ok();
    agency.get("actas/upload").send().holds(&large);
    assert_eq!(agency.keys_of("actas"), ["large", "small", "upload"]);
}

#[test]
fn a_stop_lets_an_upload_finish() {
    let mut server = Server::start();
    let mut agency = server.agency();
    agency.make_bucket("actas").ok();
    let body = noise(1, 300_000);
    let wired = agency.put("actas/a", &body).wired();
    let mut wire = server.wire();
    wire.send(&wired.head);
    wire.send(&wired.body[..100_000]);
    pause(200);
    server.ask_to_end();
    pause(500);
    assert!(!server.has_ended(), "an upload is under way");
    wire.send(&wired.body[100_000..]);
    wire.answer("PUT").ok();
    drop(wire);
    let home = server.stop();
    let server = Server::at(home, &[]);
    agency.address.clone_from(&server.address);
    agency.get("actas/a").send().holds(&body);
}

#[test]
fn a_stop_waits_only_so_long() {
    let settings = [
        ("ACERVO_LIMITS_SHUTDOWN_SECONDS", "1"),
        ("ACERVO_LIMITS_IDLE_SECONDS", "600"),
    ];
    let server = Server::with(&settings);
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let wired = agency.put("actas/a", &noise(1, 300_000)).wired();
    let mut wire = server.wire();
    wire.send(&wired.head);
    wire.send(&wired.body[..100_000]);
    let mut idle = server.wire();
    idle.send(&agency.ask("GET", "/").wired().head);
    idle.answer("GET").ok();
    let started = std::time::Instant::now();
    server.stop();
    assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
}

#[test]
fn a_stop_does_not_wait_for_idle_connections() {
    let server = Server::start();
    let mut idle = server.wire();
    idle.send(&server.agency().ask("GET", "/").wired().head);
    idle.answer("GET").ok();
    let started = std::time::Instant::now();
    server.stop();
    assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
}

#[test]
fn the_root_key_may_come_from_the_environment() {
    let value = acervo::types::encoding::base64(&noise(1, 32));
    let settings = [
        ("ACERVO_ROOT_KEY_PROVIDER", "env"),
        ("ACERVO_ROOT_KEY", value.as_str()),
    ];
    let server = Server::with(&settings);
    let mut agency = server.agency();
    agency.make_bucket("actas").ok();
    agency.put("actas/a", b"1").ok();
    assert!(!server.home.data().join("root.key").exists());
    let home = server.stop();
    let other = acervo::types::encoding::base64(&noise(2, 32));
    let wrong = [
        ("ACERVO_ROOT_KEY_PROVIDER", "env"),
        ("ACERVO_ROOT_KEY", other.as_str()),
    ];
    says(&home.is_refused(&wrong), "root key");
    home.is_refused(&[("ACERVO_ROOT_KEY_PROVIDER", "env")]);
    let short = [
        ("ACERVO_ROOT_KEY_PROVIDER", "env"),
        ("ACERVO_ROOT_KEY", "AAAA"),
    ];
    let said = home.is_refused(&short);
    assert!(!said.contains("AAAA"), "a key is not printed: {said}");
    let server = Server::at(home, &settings);
    agency.address.clone_from(&server.address);
    agency.get("actas/a").send().holds(b"1");
}

#[test]
fn health_tells_that_it_serves() {
    let server = Server::start();
    for name in ["live", "ready-read", "ready-write"] {
        let path = format!("/admin/v1/health/{name}");
        server
            .admin("GET", &path, &[], &serde_json::Value::Null)
            .ok();
    }
}
