//! `Expect: 100-continue`: the body travels only when it will be taken.

use std::time::{Duration, Instant};

use crate::support::noise;
use crate::support::request::{Ask, Wired};
use crate::support::server::Server;

fn expecting(ask: Ask<'_>) -> Wired {
    ask.unsigned("expect", "100-continue").wired()
}

#[test]
fn an_authorised_caller_is_told_to_go_on() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    for size in [1, 20_000, 3 << 20] {
        let body = noise(1, size);
        let Wired { head, body, .. } = expecting(agency.put("actas/a", &body));
        let mut wire = server.wire();
        wire.send(&head);
        assert_eq!(wire.answer("PUT").status, 100);
        wire.send(&body);
        wire.answer("PUT").ok();
        // The connection goes on.
        wire.send(&agency.get("actas/a").wired().head);
        wire.answer("GET").holds(&body);
    }
}

#[test]
fn a_body_that_comes_unasked_is_taken_too() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let Wired { head, body, .. } = expecting(agency.put("actas/a", &noise(1, 50_000)));
    let mut wire = server.wire();
    wire.send(&[head, body].concat());
    assert_eq!(wire.answer("PUT").status, 100);
    wire.answer("PUT").ok();
    agency.get("actas/a").send().holds(&noise(1, 50_000));
}

#[test]
fn a_refused_caller_is_answered_at_once_and_never_told_to_go_on() {
    // A refused connection is kept for as long as a body may be silent, so that a client which
    // sends anyway can read the answer.
    let server = Server::with(&[("ACERVO_LIMITS_IDLE_SECONDS", "1")]);
    let agency = server.agency();
    let reader = server.make_key("agencia", "lectora", "reader");
    let stranger = server.with_key(server.credential("access_key_id"), "wrong");
    let nobody = server.nobody();
    agency.make_bucket("actas").ok();
    let body = noise(1, 1 << 20);
    let refused = [
        (nobody.put("actas/a", &body), 403, "AccessDenied"),
        (stranger.put("actas/a", &body), 403, "SignatureDoesNotMatch"),
        (reader.put("actas/a", &body), 403, "AccessDenied"),
        (agency.put("nowhere/a", &body), 404, "NoSuchBucket"),
        (
            agency.put("actas/a", &body).header("x-amz-bogus", "a=b"),
            501,
            "NotImplemented",
        ),
        (
            agency.put("actas/a", &body).header("content-md5", "x"),
            400,
            "InvalidDigest",
        ),
        (
            agency.part("actas/a", "none", 1, &body),
            404,
            "NoSuchUpload",
        ),
        (
            agency.part("actas/a", &"0".repeat(32), 1, &body),
            404,
            "NoSuchUpload",
        ),
    ];
    let wires = refused.map(|(ask, status, code)| {
        let mut wire = server.wire();
        wire.send(&expecting(ask).head);
        let answer = wire.answer("PUT").refused(status, code);
        assert_eq!(answer.header("connection"), Some("close"), "{code}");
        (wire, code)
    });
    // They end some seconds later, all at once.
    for (mut wire, code) in wires {
        assert!(wire.is_closed(), "{code}");
    }
    assert!(agency.keys_of("actas").is_empty());
}

#[test]
fn an_empty_body_is_answered_at_once() {
    let server = Server::start();
    let agency = server.agency();
    for (method, path) in [
        ("PUT", "/actas"),
        ("PUT", "/actas/a"),
        ("POST", "/actas/a?uploads"),
    ] {
        let started = Instant::now();
        let mut wire = server.wire();
        wire.send(&expecting(agency.ask(method, path)).head);
        let mut answer = wire.answer(method);
        if answer.status == 100 {
            answer = wire.answer(method);
        }
        answer.ok();
        assert!(
            started.elapsed() < Duration::from_secs(5),
            "{method} {path} stalled"
        );
    }
    agency.get("actas/a").send().holds(b"");
}

#[test]
fn other_expectations_are_refused() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let wired = agency
        .put("actas/a", b"1")
        .unsigned("expect", "200-ok")
        .wired();
    let mut wire = server.wire();
    wire.send(&[wired.head, wired.body].concat());
    let answer = wire.answer("PUT");
    assert!([200, 417].contains(&answer.status), "{answer:?}");
}
