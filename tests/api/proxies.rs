//! A proxy before the door: what it says of its clients counts if it is trusted, and only then.

use serde_json::{Value, json};

use super::support::caller::Caller;
use super::support::evidence;
use super::support::server::Server;

const CLIENT: &str = "192.0.2.7";

/// A bucket that opens to one network, over TLS alone, to another principal of the agency.
fn scene(server: &Server) -> Caller {
    let owner = server.agency();
    owner.make_bucket("actas").ok();
    owner.put("actas/a", b"acta").ok();
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::agencia:user/visita"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::actas/*",
        "Condition": {
            "IpAddress": {"aws:SourceIp": "192.0.2.0/24"},
            "Bool": {"aws:SecureTransport": "true"},
        },
    }]});
    let put = owner.ask("PUT", "/actas?policy");
    put.body(policy.to_string().as_bytes()).ok();
    server.make_key("agencia", "visita", "app")
}

#[test]
fn what_a_trusted_proxy_says_counts() {
    let server = Server::with(&[("ACERVO_S3_TRUSTED_PROXIES", "127.0.0.1,10.1.0.0/16")]);
    let visitor = scene(&server);
    let read = |addresses: &str, protocol: &str| {
        let get = visitor
            .get("actas/a")
            .unsigned("x-forwarded-for", addresses);
        get.unsigned("x-forwarded-proto", protocol)
    };
    read(CLIENT, "https").send().holds(b"acta");
    read("192.0.2.7, 10.1.0.4", "https").send().holds(b"acta");
    read(CLIENT, "http").refused(403, "AccessDenied");
    read("198.51.100.1", "https").refused(403, "AccessDenied");
    // A client cannot put itself into the network: the proxy adds its address behind.
    read("192.0.2.7, 198.51.100.1", "https").refused(403, "AccessDenied");
    visitor.get("actas/a").refused(403, "AccessDenied");
    // Keys of customers come over TLS, be it the proxy's.
    let key = "x-amz-server-side-encryption-customer";
    let owner = server.agency();
    let put = |protocol| {
        let put = owner.put("actas/b", b"b");
        let put = put.header(&format!("{key}-algorithm"), "AES256");
        let put = put.header(
            &format!("{key}-key"),
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        );
        let put = put.header(&format!("{key}-key-md5"), "cLyPS3KoaSFGi/joRB3OUQ==");
        put.unsigned("x-forwarded-proto", protocol)
    };
    put("http").refused(400, "InvalidRequest");
    put("https").ok();
    let home = server.stop();
    let log = evidence::agency_log(&home, "agencia");
    let remotes: Vec<&Value> = log
        .iter()
        .filter(|entry| entry["action"] == "GetObject")
        .map(|entry| &entry["remote"])
        .collect();
    let expected = [
        CLIENT,
        CLIENT,
        CLIENT,
        "198.51.100.1",
        "198.51.100.1",
        "127.0.0.1",
    ];
    assert_eq!(remotes, expected);
}

#[test]
fn of_anybody_else_it_counts_nothing() {
    for settings in [&[][..], &[("ACERVO_S3_TRUSTED_PROXIES", "10.1.0.0/16")]] {
        let server = Server::with(settings);
        let visitor = scene(&server);
        let get = visitor.get("actas/a").unsigned("x-forwarded-for", CLIENT);
        get.unsigned("x-forwarded-proto", "https")
            .refused(403, "AccessDenied");
        let home = server.stop();
        let log = evidence::agency_log(&home, "agencia");
        let read = log.iter().find(|entry| entry["action"] == "GetObject");
        assert_eq!(read.unwrap()["remote"], "127.0.0.1");
    }
}
