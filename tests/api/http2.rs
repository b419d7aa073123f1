//! HTTP/2 on the wire: how much a client may have open at once.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::admin_ca::certify;
use crate::support::evidence::installation_log;
use crate::support::server::{Home, Server};

/// Kinds of frames. Source: RFC 9113, section 6.
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const END_OF_STREAM_AND_HEADERS: u8 = 5;

type Connection = StreamOwned<ClientConnection, TcpStream>;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// A GET, each header as a literal (RFC 7541, section 6.2.2).
fn get(stream: u32) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in [
        (":method", "GET"),
        (":scheme", "https"),
        (":authority", "127.0.0.1"),
        (":path", "/actas/a"),
    ] {
        block.push(0);
        for text in [name, value] {
            block.push(u8::try_from(text.len()).unwrap());
            block.extend(text.bytes());
        }
    }
    frame(HEADERS, END_OF_STREAM_AND_HEADERS, stream, &block)
}

/// A connection whose client takes no byte of any answer's body.
fn connect(address: &str, authority: &[u8]) -> Connection {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(authority) {
        roots.add(certificate.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let client = ClientConnection::new(Arc::new(config), name).unwrap();
    let tcp = TcpStream::connect(address).unwrap();
    tcp.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut connection = StreamOwned::new(client, tcp);
    let mut hello = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    // SETTINGS_INITIAL_WINDOW_SIZE of nothing.
    hello.extend(frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]));
    connection.write_all(&hello).unwrap();
    connection
}

/// The next frame: its kind and its payload; `None` once the server has ended it.
fn next(connection: &mut Connection) -> Option<(u8, Vec<u8>)> {
    let mut head = [0; 9];
    connection.read_exact(&mut head).ok()?;
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    let mut payload = vec![0; usize::try_from(length).unwrap()];
    connection.read_exact(&mut payload).ok()?;
    Some((head[3], payload))
}

#[test]
fn a_client_opens_no_more_than_it_is_told() {
    let home = Home::new();
    certify(home.path());
    let at = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
    let authority = fs::read(at("ca.pem")).unwrap();
    let [certificate, key] = [at("leaf.pem"), at("leaf.key")];
    let server = Server::at(
        home,
        &[
            ("ACERVO_S3_TLS_CERTIFICATE", certificate.as_str()),
            ("ACERVO_S3_TLS_KEY", key.as_str()),
        ],
    );
    let mut connection = connect(&server.address, &authority);
    let (kind, settings) = next(&mut connection).unwrap();
    assert_eq!(kind, SETTINGS);
    let is_told = settings.chunks(6).any(|s| s == [0, 3, 0, 0, 0, 128]);
    assert!(is_told, "{settings:?}");
    // As many as it is told are all answered, though it takes none of the answers.
    for number in 0..128 {
        connection.write_all(&get(2 * number + 1)).unwrap();
    }
    let mut answered = 0;
    while answered < 128 {
        let (kind, _) = next(&mut connection).expect("the connection goes on");
        answered += u32::from(kind == HEADERS);
    }
    // One that does not stop is not served on and on.
    let mut number = 128;
    while number < 20_000 && connection.write_all(&get(2 * number + 1)).is_ok() {
        number += 1;
    }
    while let Some((kind, _)) = next(&mut connection) {
        answered += u32::from(kind == HEADERS);
    }
    assert!(answered < 1_000, "{answered} answers wait");
    let mut fresh = connect(&server.address, &authority);
    fresh.write_all(&get(1)).unwrap();
    let mut answer = std::iter::from_fn(|| next(&mut fresh));
    assert!(answer.any(|(kind, _)| kind == HEADERS), "others are served");
    drop(fresh);
    let log = installation_log(&server.stop());
    let is_recorded = log.iter().any(|entry| entry["code"] == "TooManyStreams");
    assert!(is_recorded, "{log:?}");
}
