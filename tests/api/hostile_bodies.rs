//! Bodies that are too slow, too short, too long, too deep, too many.

use acervo::auth::sigv4::payload::PayloadHash;

use crate::support::request::{Ask, Wired};
use crate::support::server::Server;
use crate::support::wire::Wire;
use crate::support::{etag, noise, pause};

#[test]
fn xml_that_is_meant_to_hurt_is_refused() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let doctype = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]>\
        <Delete><Object><Key>&b;</Key></Object></Delete>";
    let external = "<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><Delete/>";
    let inside = "<Delete><!DOCTYPE x [<!ENTITY a \"b\">]><Object><Key>&a;</Key></Object></Delete>";
    let entity = "<Delete><Object><Key>&none;</Key></Object></Delete>";
    let unclosed = "<Delete><Object><Key>a</Key></Object>";
    let other = "<Other><Object><Key>a</Key></Object></Other>";
    let deep = format!(
        "<Delete>{}{}</Delete>",
        "<a>".repeat(200_000),
        "</a>".repeat(200_000)
    );
    let deep_inside = format!(
        "<Delete><Object><Key>{}{}</Key></Object></Delete>",
        "<a>".repeat(200_000),
        "</a>".repeat(200_000)
    );
    for hostile in [
        doctype,
        external,
        inside,
        entity,
        unclosed,
        other,
        &deep,
        &deep_inside,
        "x",
    ] {
        let answer = agency.post_xml("/actas?delete", hostile).send();
        let start: String = hostile.chars().take(60).collect();
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "MalformedXML"),
            "{start}"
        );
    }
    agency
        .post_xml("/actas?delete", "")
        .refused(400, "MissingRequestBodyError");
    let two_keys = "<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>";
    agency
        .post_xml("/actas?delete", two_keys)
        .refused(400, "MalformedXML");
    let nul = "<Delete><Object><Key>a&#0;</Key></Object></Delete>";
    let answer = agency.post_xml("/actas?delete", nul).send();
    assert!(
        answer.status == 400 || answer.blocks("Error").len() == 1,
        "{}",
        answer.text()
    );
    let huge = " ".repeat((8 << 20) + 1);
    agency
        .post_xml("/actas?delete", &huge)
        .refused(400, "MaxMessageLengthExceeded");
    let configuration = "<CreateBucketConfiguration><Bogus/></CreateBucketConfiguration>";
    agency
        .ask("PUT", "/otra")
        .body(configuration.as_bytes())
        .refused(400, "MalformedXML");
    let elsewhere = "<CreateBucketConfiguration><LocationConstraint>eu-west-1\
        </LocationConstraint></CreateBucketConfiguration>";
    let elsewhere = agency.ask("PUT", "/otra").body(elsewhere.as_bytes());
    elsewhere.refused(400, "IllegalLocationConstraintException");
}

#[test]
fn a_body_that_stops_is_given_up() {
    let server = Server::with(&[("ACERVO_LIMITS_IDLE_SECONDS", "1")]);
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    for size in [1_000, 300_000] {
        let Wired { head, body, .. } = agency.put("actas/a", &noise(1, size)).wired();
        let mut wire = server.wire();
        wire.send(&head);
        wire.send(&body[..size / 2]);
        let answer = wire.answer("PUT").refused(400, "RequestTimeout");
        assert_eq!(answer.header("connection"), Some("close"));
    }
    let xml = "<Delete><Object><Key>a</Key></Object></Delete>";
    let Wired { head, body, .. } = agency.post_xml("/actas?delete", xml).wired();
    let mut wire = server.wire();
    wire.send(&head);
    wire.send(&body[..10]);
    wire.answer("POST").refused(400, "RequestTimeout");
    assert!(agency.keys_of("actas").is_empty());
}

#[test]
fn a_body_that_drips_is_given_up() {
    let settings = [
        ("ACERVO_LIMITS_IDLE_SECONDS", "1"),
        ("ACERVO_LIMITS_BODY_MIN_BYTES_PER_SECOND", "1000"),
    ];
    let server = Server::with(&settings);
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let Wired { head, body, .. } = agency.put("actas/a", &noise(1, 100_000)).wired();
    let mut wire = server.wire();
    wire.send(&head);
    let mut sent = 0;
    while !wire.hears_within(100) && sent < 100 {
        wire.send_if_heard(&body[sent..=sent]);
        sent += 1;
    }
    assert!(
        (10..60).contains(&sent),
        "{sent} drops of a tenth of a second"
    );
    wire.answer("PUT").refused(400, "RequestTimeout");
    assert!(agency.keys_of("actas").is_empty());
}

#[test]
fn a_head_that_drips_is_given_up() {
    let server = Server::with(&[("ACERVO_LIMITS_HEAD_SECONDS", "1")]);
    let mut wire = server.wire();
    wire.send(b"GET / HTTP/1.1\r\nhost: a\r\n");
    let mut sent = 0;
    while !wire.hears_within(200) && sent < 40 {
        if !wire.send_if_heard(b"x-a: b\r\n") {
            break;
        }
        sent += 1;
    }
    assert!(
        sent < 30,
        "a head may take a second, not {sent} drops of a fifth of one"
    );
}

/// A client that asks for much and reads nothing holds its connection no longer than a silent one.
#[test]
fn an_answer_that_nobody_reads_is_given_up() {
    let server = Server::with(&[("ACERVO_LIMITS_IDLE_SECONDS", "1")]);
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    // More than all the buffers between the two.
    let body = noise(1, 24 << 20);
    agency.put("actas/a", &body).ok();
    let mut wire = server.wire();
    wire.send(&agency.get("actas/a").wired().head);
    pause(4_000);
    let answer = wire.answer("GET");
    assert!(
        !answer.is_whole,
        "{} of {} bytes",
        answer.body.len(),
        body.len()
    );
}

#[test]
fn a_body_shorter_than_announced_is_not_a_document() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    for size in [10, 50_000, 2 << 20] {
        let Wired { head, body, .. } = agency.put("actas/a", &noise(1, size)).wired();
        let mut wire = server.wire();
        wire.send(&head);
        wire.send(&body[..size - 1]);
        wire.end();
        let answer = wire.try_answer("PUT");
        assert!(answer.is_none_or(|answer| answer.code() == "IncompleteBody"));
        // And one whose client just goes.
        let Wired { head, body, .. } = agency.put("actas/a", &noise(1, size)).wired();
        let mut wire = server.wire();
        wire.send(&head);
        wire.send(&body[..size - 1]);
        drop(wire);
    }
    pause(200);
    assert!(agency.keys_of("actas").is_empty());
    agency.put("actas/a", b"1").ok();
}

#[test]
fn a_document_larger_than_allowed_is_refused() {
    let server = Server::with(&[("ACERVO_LIMITS_OBJECT_BYTES_MAX", "100000")]);
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    agency.put("actas/a", &noise(1, 100_000)).ok();
    agency
        .put("actas/b", &noise(1, 100_001))
        .refused(400, "EntityTooLarge");
    let upload = agency.begin_upload("actas/b");
    let part = agency.part("actas/b", &upload, 1, &noise(1, 100_001));
    part.refused(400, "EntityTooLarge");
    // Without a length the door counts for itself.
    let wired = agency.at("PUT", "actas/b").payload(PayloadHash::Unsigned);
    let wired = wired
        .content_length(None)
        .unsigned("transfer-encoding", "chunked")
        .wired();
    let mut wire = Wire::to(&server.address);
    wire.send(&wired.head);
    let chunk = [b"2710\r\n".as_slice(), &noise(1, 10_000), b"\r\n"].concat();
    for _ in 0..11 {
        wire.send_if_heard(&chunk);
    }
    wire.send_if_heard(b"0\r\n\r\n");
    wire.answer("PUT").refused(400, "EntityTooLarge");
    assert_eq!(agency.keys_of("actas"), ["a"]);
    // Six gigabytes announced, none sent.
    let huge = agency
        .put("actas/b", b"")
        .content_length(Some(6 << 30))
        .wired();
    let mut wire = Wire::to(&server.address);
    wire.send(&huge.head);
    wire.answer("PUT").refused(400, "EntityTooLarge");
}

#[test]
fn a_document_may_not_grow_beyond_its_bound_by_parts() {
    let server = Server::with(&[("ACERVO_LIMITS_OBJECT_BYTES_MAX", "6000000")]);
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let upload = agency.begin_upload("actas/a");
    let body = noise(1, 5 << 20);
    for number in [1, 2] {
        agency.part("actas/a", &upload, number, &body).ok();
    }
    let tag = etag(&body);
    let both = [(1, tag.as_str()), (2, tag.as_str())];
    agency
        .complete("actas/a", &upload, &both)
        .refused(400, "EntityTooLarge");
    agency.complete("actas/a", &upload, &both[..1]).ok();
    agency.get("actas/a").send().holds(&body);
}

#[test]
fn a_body_of_which_nothing_is_said_is_no_empty_document() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    agency.put("actas/a", b"1").ok();
    let upload = agency.begin_upload("actas/b");
    let silent = |ask: Ask<'_>| {
        ask.content_length(None)
            .refused(411, "MissingContentLength")
    };
    silent(agency.put("actas/a", b""));
    silent(
        agency
            .put("actas/a", b"")
            .unsigned("expect", "100-continue"),
    );
    silent(agency.part("actas/b", &upload, 1, b""));
    let framed = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
    let put = agency
        .put("actas/a", b"")
        .unsigned("content-encoding", "aws-chunked");
    let put = put.payload(PayloadHash::parse(framed).unwrap());
    silent(put.header("x-amz-decoded-content-length", "0"));
    agency.get("actas/a").send().holds(b"1");
    // What stores no body needs none.
    let copy = agency.copy("actas/a", "actas/c");
    copy.content_length(None).ok();
    let tags = agency.ask("DELETE", "/actas?tagging");
    tags.content_length(None).ok();
    agency.ask("PUT", "/libros").content_length(None).ok();
    agency.put("actas/a", b"").ok();
    agency.get("actas/a").send().holds(b"");
}

#[test]
fn a_body_in_the_chunks_of_http_is_a_document_too() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    for size in [0, 10, 200_000] {
        let document = noise(1, size);
        let wired = agency.at("PUT", "actas/a").payload(PayloadHash::Unsigned);
        let wired = wired
            .content_length(None)
            .unsigned("transfer-encoding", "chunked")
            .wired();
        let mut wire = Wire::to(&server.address);
        wire.send(&wired.head);
        for piece in document.chunks(50_000) {
            let chunk = [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat();
            wire.send(&chunk);
        }
        wire.send(b"0\r\n\r\n");
        let answer = wire.answer("PUT");
        if answer.status == 200 {
            agency.get("actas/a").send().holds(&document);
        } else {
            answer.refused(411, "MissingContentLength");
        }
    }
    let wired = agency.at("PUT", "actas/cut").payload(PayloadHash::Unsigned);
    let wired = wired
        .content_length(None)
        .unsigned("transfer-encoding", "chunked")
        .wired();
    let mut wire = Wire::to(&server.address);
    wire.send(&wired.head);
    wire.send(b"5\r\nhello\r\n");
    wire.end();
    assert!(
        wire.try_answer("PUT")
            .is_none_or(|answer| answer.status / 100 == 4)
    );
    pause(100);
    agency.get("actas/cut").refused(404, "NoSuchKey");
}

#[test]
fn more_requests_than_places_are_told_to_slow_down() {
    let server = Server::with(&[("ACERVO_LIMITS_INFLIGHT_REQUESTS", "2")]);
    server.announce("too busy");
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let held: Vec<(Wire, Vec<u8>)> = (0..2)
        .map(|number| {
            let wired = agency
                .put(&format!("actas/{number}"), &noise(1, 30_000))
                .wired();
            let mut wire = server.wire();
            wire.send(&wired.head);
            wire.send(&wired.body[..10]);
            (wire, wired.body)
        })
        .collect();
    pause(200);
    let busy = agency.get("actas/a").refused(503, "SlowDown");
    assert_eq!(busy.header("retry-after"), Some("1"));
    for (mut wire, body) in held {
        wire.send(&body[10..]);
        wire.answer("PUT").ok();
    }
    assert_eq!(agency.keys_of("actas"), ["0", "1"]);
}

/// Uploads, downloads and copies of large documents hold two blocks of 256 KiB each.
#[test]
fn more_bytes_than_may_be_held_are_told_to_slow_down() {
    let server = Server::with(&[("ACERVO_LIMITS_INFLIGHT_BYTES", "16777216")]);
    server.announce("too busy");
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let large = noise(1, 8 << 20);
    agency.put("actas/large", &large).ok();
    agency.put("actas/small", b"1").ok();
    let (mut uploads, mut downloads) = (Vec::new(), Vec::new());
    for number in 0..16 {
        let wired = agency.put(&format!("actas/{number}"), &large).wired();
        let mut wire = server.wire();
        wire.send(&wired.head);
        wire.send(&wired.body[..10]);
        uploads.push(wire);
        let mut wire = server.wire();
        wire.send(&agency.get("actas/large").wired().head);
        assert!(wire.hears_within(5_000));
        downloads.push(wire);
    }
    pause(200);
    agency.put("actas/more", &large).refused(503, "SlowDown");
    agency.get("actas/large").refused(503, "SlowDown");
    agency
        .copy("actas/large", "actas/copy")
        .refused(503, "SlowDown");
    agency.get("actas/small").send().holds(b"1");
    agency.head("actas/large").ok();
    drop(downloads);
    pause(500);
    agency.get("actas/large").send().holds(&large);
    drop(uploads);
}

#[test]
fn more_connections_than_may_be_open_wait() {
    let server = Server::with(&[("ACERVO_LIMITS_CONNECTIONS", "3"), ("ACERVO_WORKERS", "1")]);
    let head = server.agency().ask("GET", "/").wired().head;
    let mut open: Vec<Wire> = (0..4).map(|_| server.wire()).collect();
    for wire in &mut open {
        wire.send(&head);
    }
    let mut last = open.pop().unwrap();
    for wire in &mut open {
        wire.answer("GET").ok();
    }
    assert!(!last.hears_within(500), "a fourth one is served");
    open.pop();
    last.answer("GET").ok();
}

#[test]
fn a_refused_body_does_not_become_the_next_request() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    agency.put("actas/a", b"1").ok();
    let hidden = agency.delete("actas/a").wired().head;
    for size in [hidden.len(), 1 << 20] {
        let mut body = hidden.clone();
        body.resize(size, b'x');
        let wired = server.nobody().put("actas/b", &body).wired();
        let mut wire = server.wire();
        wire.send(&wired.head);
        wire.send_if_heard(&wired.body);
        wire.answer("PUT").refused(403, "AccessDenied");
        drop(wire);
        agency.get("actas/a").send().holds(b"1");
    }
}
