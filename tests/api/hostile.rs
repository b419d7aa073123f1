//! Heads that nobody honest sends.

use acervo::types::clock::Clock;
use serde_json::Value;

use crate::support::server::Server;

#[test]
fn a_request_proves_itself_in_one_way_only() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    agency.put("actas/a", b"1").ok();
    let target = agency.get("actas/a").presigned(60);
    let nobody = server.nobody();
    nobody.ask("GET", &target).send().holds(b"1");
    agency.ask("GET", &target).refused(400, "InvalidArgument");
    let token = format!("Bearer {}", server.credential("bearer_token"));
    nobody
        .ask("GET", &target)
        .unsigned("authorization", &token)
        .refused(400, "InvalidArgument");
    agency
        .get("actas/a")
        .unsigned("authorization", &token)
        .refused(400, "InvalidArgument");
    for scheme in ["Basic YTpi", "AWS AKIA:x", "Bearer", "AWS4-HMAC-SHA1 x", ""] {
        let refused = nobody
            .get("actas/a")
            .unsigned("authorization", scheme)
            .send();
        assert_eq!(refused.status / 100, 4, "{scheme:?}: {}", refused.text());
    }
    let version_2 = "AWSAccessKeyId=x&Signature=y&Expires=2000000000";
    nobody
        .get("actas/a")
        .query(version_2)
        .refused(400, "InvalidRequest");
}

#[test]
fn a_presigned_url_opens_what_it_says_while_it_says_so() {
    let server = Server::start();
    let agency = server.agency();
    let nobody = server.nobody();
    agency.make_bucket("actas").ok();
    agency.put("actas/a", b"1").ok();
    agency.put("actas/b", b"2").ok();
    let url = agency.get("actas/a").presigned(60);
    nobody
        .ask("GET", &url.replace("/a?", "/b?"))
        .refused(403, "SignatureDoesNotMatch");
    nobody
        .ask("DELETE", &url)
        .refused(403, "SignatureDoesNotMatch");
    nobody
        .ask("GET", &format!("{url}&versionId=null"))
        .refused(403, "SignatureDoesNotMatch");
    let longer = url.replace("X-Amz-Expires=60", "X-Amz-Expires=6000");
    nobody
        .ask("GET", &longer)
        .refused(403, "SignatureDoesNotMatch");
    nobody
        .ask("GET", &url)
        .unsigned("x-amz-meta-a", "1")
        .refused(403, "AccessDenied");
    let now = Clock::system().now();
    let old = agency
        .get("actas/a")
        .signed_at(now.plus_seconds(-61))
        .presigned(60);
    nobody.ask("GET", &old).refused(403, "AccessDenied");
    let early = agency
        .get("actas/a")
        .signed_at(now.plus_seconds(3_600))
        .presigned(60);
    nobody.ask("GET", &early).refused(403, "AccessDenied");
    for expires in [0, 604_801] {
        let url = agency.get("actas/a").presigned(expires);
        nobody
            .ask("GET", &url)
            .refused(400, "AuthorizationQueryParametersError");
    }
    let put = agency.at("PUT", "actas/c").presigned(60);
    nobody.ask("PUT", &put).body(b"3").ok();
    agency.get("actas/c").send().holds(b"3");
}

#[test]
fn a_plus_is_signed_as_what_it_is_read_as() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    agency.put("actas/a+b/1", b"1").ok();
    agency.put("actas/a b/2", b"2").ok();
    let list = |prefix: &str| {
        let list = agency.ask("GET", "/actas").query("list-type=2");
        list.query(&format!("prefix={prefix}")).presigned(60)
    };
    let nobody = server.nobody();
    let keys = |target: &str| nobody.ask("GET", target).ok().elements("Key");
    let (plus, space) = (list("a%2Bb"), list("a%20b"));
    assert_eq!(keys(&plus), ["a+b/1"]);
    assert_eq!(keys(&space), ["a b/2"]);
    assert_eq!(keys(&space.replace("a%20b", "a+b")), ["a b/2"]);
    // Whoever has the URL of one cannot make that of the other.
    let other = plus.replace("a%2Bb", "a+b");
    nobody
        .ask("GET", &other)
        .refused(403, "SignatureDoesNotMatch");
}

#[test]
fn a_signature_is_of_now_and_of_here() {
    let server = Server::start();
    let agency = server.agency();
    let now = Clock::system().now();
    for seconds in [-1_000, 1_000, -86_400] {
        let ask = agency.ask("GET", "/").signed_at(now.plus_seconds(seconds));
        ask.refused(403, "RequestTimeTooSkewed");
    }
    agency
        .ask("GET", "/")
        .signed_at(now.plus_seconds(-600))
        .ok();
    let signed = String::from_utf8(agency.ask("GET", "/").wired().head).unwrap();
    for (from, to, status, code) in [
        (
            "/us-east-1/",
            "/eu-west-1/",
            400,
            "AuthorizationHeaderMalformed",
        ),
        ("/s3/", "/sts/", 400, "AuthorizationHeaderMalformed"),
        (
            "aws4_request",
            "aws5_request",
            400,
            "AuthorizationHeaderMalformed",
        ),
        (
            "SignedHeaders=host;",
            "SignedHeaders=",
            400,
            "AuthorizationHeaderMalformed",
        ),
        (";x-amz-date,", ",", 403, "AccessDenied"),
        ("x-amz-content-sha256: ", "x-no: ", 400, "InvalidRequest"),
        ("x-amz-date: ", "x-no: ", 403, "AccessDenied"),
        (
            "host: 127.0.0.1",
            "host: 127.0.0.2",
            403,
            "SignatureDoesNotMatch",
        ),
        ("GET / ", "GET /?x-id=1 ", 403, "SignatureDoesNotMatch"),
    ] {
        let changed = signed.replacen(from, to, 1);
        assert_ne!(changed, signed, "{from}");
        let mut wire = server.wire();
        wire.send(changed.as_bytes());
        let answer = wire.answer("GET");
        let told = (answer.status, answer.code());
        assert_eq!(
            told,
            (status, code.to_owned()),
            "{from} {to}: {}",
            answer.text()
        );
    }
}

#[test]
fn what_is_not_signed_is_not_believed() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    for (name, value) in [
        ("x-amz-meta-a", "1"),
        ("x-amz-copy-source", "/actas/other"),
        ("x-amz-acl", "public-read"),
        ("x-amz-security-token", "t"),
    ] {
        let refused = agency.put("actas/a", b"1").unsigned(name, value);
        refused.refused(403, "AccessDenied");
    }
    assert!(agency.keys_of("actas").is_empty());
}

/// A header twice could be one thing to a proxy and another here.
#[test]
fn headers_that_say_two_things_are_refused() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    for (name, value) in [
        ("host", "another"),
        ("x-amz-date", "20260101T000000Z"),
        ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        ("authorization", "Bearer x"),
    ] {
        let refused = agency.put("actas/a", b"1").unsigned(name, value).send();
        assert_eq!(refused.status / 100, 4, "{name}: {}", refused.text());
    }
    assert!(agency.keys_of("actas").is_empty());
}

#[test]
fn another_protocol_is_not_spoken() {
    let server = Server::start();
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00";
    let status = raw(&server, preface);
    assert!(status.is_none_or(|status| status / 100 == 4), "{status:?}");
    server.agency().ask("GET", "/").ok();
}

#[test]
fn what_is_not_understood_is_not_done() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    agency.put("actas/a", b"1").ok();
    for (method, target) in [
        ("GET", "/actas?metadataTable"),
        ("PUT", "/actas?website"),
        ("PUT", "/actas?accelerate"),
        ("PUT", "/actas?replication"),
        ("GET", "/actas/a?torrent"),
        ("POST", "/actas/a?select&select-type=2"),
        ("GET", "/actas?bogus"),
        ("GET", "/actas?list-type=2&bogus=1"),
        ("DELETE", "/actas/a?bogus=1"),
        ("PUT", "/actas/a?bogus=1"),
        ("DELETE", "/actas?bogus"),
    ] {
        agency.ask(method, target).refused(501, "NotImplemented");
    }
    // What this bucket is not made for: no locks, no access control lists.
    for (name, value, code) in [
        ("x-amz-object-lock-mode", "COMPLIANCE", "InvalidArgument"),
        ("x-amz-object-lock-legal-hold", "ON", "InvalidRequest"),
        ("x-amz-acl", "public-read", "AccessControlListNotSupported"),
        ("x-amz-grant-read", "id=1", "InvalidArgument"),
        (
            "x-amz-server-side-encryption-customer-salt",
            "1",
            "InvalidArgument",
        ),
    ] {
        let put = agency.put("actas/a", b"2").header(name, value);
        put.refused(400, code);
    }
    for (name, value) in [
        ("x-amz-server-side-encryption", "aws:kms:dsse"),
        ("x-amz-write-offset-bytes", "1"),
        ("x-amz-bogus", "1"),
    ] {
        agency
            .put("actas/a", b"2")
            .header(name, value)
            .refused(501, "NotImplemented");
    }
    for (method, target) in [
        ("POST", "/"),
        ("POST", "/actas/a"),
        ("PATCH", "/actas/a"),
        ("PUT", "/"),
    ] {
        let refused = agency.ask(method, target).refused(405, "MethodNotAllowed");
        assert_eq!(refused.element("Method"), method);
        assert!(!refused.element("ResourceType").is_empty());
    }
    agency
        .put("actas/a", b"2")
        .header("x-amz-storage-class", "GLACIER")
        .refused(400, "InvalidStorageClass");
    agency.get("actas/a").send().holds(b"1");
    assert_eq!(agency.keys_of("actas"), ["a"]);
}

#[test]
fn targets_that_say_two_things_are_refused() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    for query in [
        "prefix=a&prefix=b",
        "prefix=a&pre%66ix=b",
        "uploads&uploads",
        "prefix&prefix=",
    ] {
        agency
            .ask("GET", &format!("/actas?{query}"))
            .refused(400, "InvalidArgument");
    }
    for query in ["prefix=%", "prefix=%f", "prefix=%zz", "prefix=%ff", "%=a"] {
        server
            .nobody()
            .ask("GET", &format!("/actas?{query}"))
            .refused(400, "InvalidURI");
    }
    let long = format!("/actas?prefix={}", "a".repeat(1_025));
    agency.ask("GET", &long).refused(400, "KeyTooLongError");
    agency.ask("GET", "//a").refused(400, "InvalidBucketName");
    agency
        .ask("GET", "/actas%00")
        .refused(400, "InvalidBucketName");
    agency.ask("GET", "/actas/a%00b").send().status(400);
}

/// Sends raw bytes and gives the status of the answer; `None` if the connection just ends.
fn raw(server: &Server, bytes: &[u8]) -> Option<u16> {
    let mut wire = server.wire();
    wire.send_if_heard(bytes);
    wire.try_answer("GET").map(|answer| answer.status)
}

#[test]
fn heads_have_bounds() {
    let server = Server::start();
    let agency = server.agency();
    let line = "x-a: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n";
    let many = format!(
        "GET / HTTP/1.1\r\nhost: a\r\n{}\r\n",
        "x-a: a\r\n".repeat(500)
    );
    let long_line = format!(
        "GET / HTTP/1.1\r\nhost: a\r\nx-a: {}\r\n\r\n",
        "a".repeat(300_000)
    );
    let large = format!("GET / HTTP/1.1\r\nhost: a\r\n{}\r\n", line.repeat(10_000));
    let target = format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "a".repeat(300_000));
    for hostile in [many, long_line, large, target] {
        let status = raw(&server, hostile.as_bytes());
        assert!(
            status.is_none_or(|status| (400..500).contains(&status)),
            "{status:?}"
        );
    }
    agency.ask("GET", "/").ok();
}

#[test]
fn what_is_not_http_is_not_answered_as_if() {
    let server = Server::start();
    let agency = server.agency();
    for hostile in [
        &b"\r\n\r\n\r\n"[..],
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nhost: a\r\nbad header\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: a\r\n x: folded\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: a\r\nx\x00y: z\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nhost: a\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nhost: a\r\n\r\n",
        b"CONNECT a:80 HTTP/1.1\r\nhost: a\r\n\r\n",
        b"GET http://other/ HTTP/1.1\r\nhost: a\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n",
    ] {
        let mut wire = server.wire();
        wire.send_if_heard(hostile);
        wire.end();
        let status = wire.try_answer("GET").map(|answer| answer.status);
        assert!(
            status.is_none_or(|status| (400..502).contains(&status) && status != 500),
            "{status:?} to {hostile:?}"
        );
    }
    agency.ask("GET", "/").ok();
}

/// Two framings in one head: whatever stands behind it must not become a request.
#[test]
fn no_request_is_smuggled_behind_another() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    agency.put("actas/a", b"1").ok();
    let hidden = String::from_utf8(agency.delete("actas/a").wired().head).unwrap();
    let length = hidden.len();
    for framing in [
        format!("content-length: {length}\r\ntransfer-encoding: chunked\r\n"),
        format!("transfer-encoding: chunked\r\ncontent-length: {length}\r\n"),
        format!("content-length: 0\r\ncontent-length: {length}\r\n"),
        format!("content-length: {length}\r\ncontent-length: 0\r\n"),
        format!("content-length: +{length}\r\n"),
        "content-length: -1\r\n".to_owned(),
        format!("content-length: 0, {length}\r\n"),
        "transfer-encoding: chunked, identity\r\n".to_owned(),
        "transfer-encoding: xchunked\r\n".to_owned(),
        "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n".to_owned(),
    ] {
        let mut wire = server.wire();
        let first = format!(
            "GET / HTTP/1.1\r\nhost: {}\r\n{framing}\r\n",
            server.address
        );
        wire.send_if_heard(format!("{first}0\r\n\r\n{hidden}").as_bytes());
        wire.end();
        let mut answers = Vec::new();
        while let Some(answer) = wire.try_answer("GET") {
            answers.push(answer.status);
        }
        let got = agency.get("actas/a").send();
        assert_eq!(
            got.status, 200,
            "{framing:?} let the second through: {answers:?}"
        );
    }
}

#[test]
fn requests_in_a_row_are_answered_in_a_row() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let mut all = Vec::new();
    for number in 0..20_u8 {
        let wired = agency.put(&format!("actas/{number}"), &[number]).wired();
        all.extend([wired.head, wired.body].concat());
        all.extend(agency.get(&format!("actas/{number}")).wired().head);
    }
    // A refused one in the middle does not take its successors with it.
    let refused = server
        .nobody()
        .put("actas/x", b"body of a refused one")
        .wired();
    all.extend([refused.head, refused.body].concat());
    all.extend(agency.get("actas/19").wired().head);
    let mut wire = server.wire();
    wire.send(&all);
    for number in 0..20_u8 {
        wire.answer("PUT").ok();
        wire.answer("GET").holds(&[number]);
    }
    wire.answer("PUT").refused(403, "AccessDenied");
    wire.answer("GET").holds(&[19]);
}

#[test]
fn http_1_0_is_served_or_refused_but_never_left_waiting() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    agency.put("actas/a", &[7; 100_000]).ok();
    let head = String::from_utf8(agency.get("actas/a").wired().head).unwrap();
    let mut wire = server.wire();
    wire.send(head.replacen("HTTP/1.1", "HTTP/1.0", 1).as_bytes());
    wire.answer("GET").holds(&[7; 100_000]);
    assert!(wire.is_closed());
}

#[test]
fn the_admin_door_bounds_what_it_reads() {
    let server = Server::start();
    let huge = Value::String("a".repeat(100_000));
    let refused = server.administer("POST", "/admin/v1/agencies", &huge);
    assert_eq!(refused.status / 100, 4, "{}", refused.status);
    let missing = server.administer("GET", "/admin/v1/none", &Value::Null);
    assert_eq!(missing.status, 404);
    let odd = server.administer("POST", "/admin/v1/agencies/%00/suspend", &Value::Null);
    assert_eq!(odd.status / 100, 4);
}
