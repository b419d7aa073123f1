//! Connections on which no request can be read: they end, and are recorded.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};

use crate::admin_ca::certify;
use crate::support::answer::Answer;
use crate::support::evidence::installation_log;
use crate::support::server::{Home, Server};
use crate::support::wire::Wire;
use crate::support::{noise, pause};

/// How many connections the log tells of, by door and fault.
fn told(log: &[Value]) -> Vec<(String, String, u64)> {
    let refused = log.iter().filter(|entry| entry["rule"].is_string());
    let of = |entry: &Value| {
        let rule = entry["rule"].as_str().unwrap();
        let (count, door) = rule.split_once(" connections to the ")?;
        assert_eq!(
            (&entry["action"], &entry["outcome"]),
            (&json!("-"), &json!("refused"))
        );
        assert_eq!(entry["remote"], "127.0.0.1");
        let (door, code) = (
            door.trim_end_matches(" door"),
            entry["code"].as_str().unwrap(),
        );
        Some((
            door.to_owned(),
            code.to_owned(),
            count.parse::<u64>().unwrap(),
        ))
    };
    let mut sums = std::collections::BTreeMap::new();
    for (door, code, count) in refused.filter_map(of) {
        *sums.entry((door, code)).or_default() += count;
    }
    let sums = sums.into_iter();
    sums.map(|((door, code), count)| (door, code, count))
        .collect()
}

fn status(address: &str, bytes: &[u8]) -> Option<u16> {
    let mut wire = Wire::to(address);
    wire.send_if_heard(bytes);
    wire.try_answer("GET").map(|answer| answer.status)
}

#[test]
fn what_is_no_request_is_recorded() {
    let server = Server::start();
    let huge = format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "a".repeat(300_000));
    for address in [&server.address, &server.admin_address] {
        for malformed in [
            "G@T / HTTP/1.1\r\n\r\n",
            "\x16\x03\x01\x02\x00 a b c\r\n\r\n",
        ] {
            assert_eq!(status(address, malformed.as_bytes()), Some(400));
        }
        status(address, huge.as_bytes());
        // Whoever says nothing asked for nothing.
        let mut silent = Wire::to(address);
        silent.end();
        assert!(silent.is_closed());
    }
    // A head of its own entry, then none.
    let mut wire = server.wire();
    wire.send(b"GET / HTTP/1.1\r\nhost: a\r\n\r\nG@T / HTTP/1.1\r\n\r\n");
    wire.answer("GET").refused(403, "AccessDenied");
    assert_eq!(wire.answer("GET").status, 400);
    pause(1_500);
    let metrics = server
        .administer("GET", "/admin/v1/metrics", &Value::Null)
        .ok()
        .text();
    let counted = r#"acervo_connections_unheard_total{door="s3",code="MalformedHead"} 3"#;
    assert!(metrics.contains(counted), "{metrics}");
    assert_eq!(
        status(&server.address, b"G@T / HTTP/1.1\r\n\r\n"),
        Some(400)
    );
    let of = |door: &str, code: &str, count| (door.to_owned(), code.to_owned(), count);
    assert_eq!(
        told(&installation_log(&server.stop())),
        [
            of("admin", "HeadTooLarge", 1),
            of("admin", "MalformedHead", 2),
            of("s3", "HeadTooLarge", 1),
            of("s3", "MalformedHead", 4),
        ]
    );
}

#[test]
fn a_head_that_does_not_end_ends_its_connection() {
    let server = Server::with(&[
        ("ACERVO_LIMITS_HEAD_SECONDS", "1"),
        ("ACERVO_LIMITS_KEEP_ALIVE_SECONDS", "1"),
    ]);
    let started = Instant::now();
    let mut all = Vec::new();
    for address in [&server.address, &server.admin_address] {
        let mut first = Wire::to(address);
        first.send(b"GET / HT");
        let mut later = Wire::to(address);
        later.send(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n");
        let answer = later.answer("GET");
        assert!([401, 403].contains(&answer.status), "{}", answer.status);
        later.send(b"GET / HT");
        all.extend([(first, Some(408)), (later, None)]);
    }
    for (mut wire, status) in all {
        let answer = wire.try_answer("GET");
        assert_eq!(answer.map(|answer| answer.status), status);
    }
    assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
    let log = told(&installation_log(&server.stop()));
    let of = |door: &str| (door.to_owned(), "IncompleteHead".to_owned(), 2);
    assert_eq!(log, [of("admin"), of("s3")]);
}

/// A download that takes longer than a connection may be quiet is not cut.
#[test]
fn an_answer_under_way_is_no_quiet_connection() {
    let server = Server::with(&[
        ("ACERVO_LIMITS_HEAD_SECONDS", "1"),
        ("ACERVO_LIMITS_KEEP_ALIVE_SECONDS", "1"),
    ]);
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let document = noise(1, 16 << 20);
    agency.put("actas/a", &document).ok();
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream
        .write_all(&agency.get("actas/a").wired().head)
        .unwrap();
    let (mut got, mut block) = (Vec::new(), vec![0; 1 << 20]);
    while got.len() < document.len() {
        let read = stream.read(&mut block).unwrap();
        assert!(read > 0, "cut after {} bytes", got.len());
        got.extend_from_slice(&block[..read]);
        pause(200);
    }
}

fn tls(folder: &Path, address: &str) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_file(folder.join("ca.pem")).unwrap();
    roots.add(authority).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    StreamOwned::new(connection, TcpStream::connect(address).unwrap())
}

#[test]
fn tls_is_spoken_and_what_is_none_is_recorded() {
    let home = Home::new();
    certify(home.path());
    let at = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
    let [certificate, key] = [at("leaf.pem"), at("leaf.key")];
    let settings = [
        ("ACERVO_S3_TLS_CERTIFICATE", certificate.as_str()),
        ("ACERVO_S3_TLS_KEY", key.as_str()),
        ("ACERVO_LIMITS_HEAD_SECONDS", "1"),
    ];
    let server = Server::at(home, &settings);
    let agency = server.agency();
    let document = noise(1, 5 << 20);
    let mut stream = tls(server.home.path(), &server.address);
    let mut ask = |wired: crate::support::request::Wired| -> Answer {
        stream.write_all(&wired.head).unwrap();
        stream.write_all(&wired.body).unwrap();
        let mut said = Vec::new();
        let mut byte = [0];
        while !said.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).unwrap();
            said.push(byte[0]);
        }
        let said = String::from_utf8(said).unwrap().to_ascii_lowercase();
        let length = said.split("content-length: ").nth(1);
        let length = length.and_then(|rest| rest.split("\r\n").next()?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body).unwrap();
        Answer {
            status: said.split(' ').nth(1).unwrap().parse().unwrap(),
            headers: Vec::new(),
            body,
            is_whole: true,
        }
    };
    ask(agency.at("PUT", "actas").wired()).ok();
    ask(agency.put("actas/a", &document).wired()).ok();
    ask(agency.get("actas/a").wired()).holds(&document);
    drop(stream);
    // Plain HTTP, another authority's client, half a hello, nobody.
    let mut plain = TcpStream::connect(&server.address).unwrap();
    plain
        .write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        .unwrap();
    let mut alert = Vec::new();
    let _ = plain.read_to_end(&mut alert);
    assert!(!alert.starts_with(b"HTTP"));
    fs::copy(
        server.home.path().join("other.pem"),
        server.home.path().join("ca.pem"),
    )
    .unwrap();
    let mut wary = tls(server.home.path(), &server.address);
    assert!(wary.write_all(b"GET / HTTP/1.1\r\n\r\n").is_err());
    let mut half = server.wire();
    half.send(b"\x16\x03\x01");
    assert!(half.is_closed());
    let mut silent = server.wire();
    silent.end();
    assert!(silent.is_closed());
    let of = |count| ("s3".to_owned(), "TlsFailed".to_owned(), count);
    assert_eq!(told(&installation_log(&server.stop())), [of(3)]);
}
