//! Quotas over HTTP: what is stored is counted exactly, and no more is stored than may be.

use acervo::auth::sigv4::payload::PayloadHash;
use serde_json::{Value, json};

use crate::support::caller::Caller;
use crate::support::etag;
use crate::support::request::Ask;
use crate::support::server::Server;

const VERSIONED: &[u8] =
    b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
const QUOTAS: &str = "/admin/v1/agencies/agencia/quotas";

fn set(server: &Server, quota: &Value) {
    server.administer("PUT", QUOTAS, quota).status(200);
}

/// Bytes and versions of the agency, then of each bucket by name.
fn stored(server: &Server) -> Vec<(u64, u64)> {
    let told = server.administer("GET", QUOTAS, &Value::Null).ok();
    let told: Value = serde_json::from_slice(&told.body).unwrap();
    let of = |account: &Value| {
        let number = |name: &str| account[name].as_u64().unwrap();
        (number("bytes"), number("objects"))
    };
    let buckets = told["buckets"].as_array().unwrap();
    [&told["agency"]]
        .into_iter()
        .chain(buckets)
        .map(of)
        .collect()
}

fn part(caller: &Caller, at: &str, id: &str, number: u32, body: &[u8]) -> String {
    caller.part(at, id, number, body).ok();
    etag(body)
}

#[test]
fn what_is_stored_is_counted() {
    let server = Server::start();
    let caller = server.agency();
    caller.make_bucket("actas").ok();
    caller.make_bucket("vacio").ok();
    caller.put("actas/a", &[1; 100]).ok();
    caller.put("actas/b", &[1; 20_000]).ok();
    assert_eq!(stored(&server), [(20_100, 2), (20_100, 2), (0, 0)]);
    caller.put("actas/a", &[1; 50]).ok();
    caller.copy("actas/a", "vacio/a").ok();
    assert_eq!(stored(&server), [(20_100, 3), (20_050, 2), (50, 1)]);
    caller.delete("actas/b").ok();
    caller.delete("actas/b").ok();
    caller.delete("vacio/a").ok();
    assert_eq!(stored(&server), [(50, 1), (50, 1), (0, 0)]);

    let id = caller.begin_upload("actas/m");
    part(&caller, "actas/m", &id, 1, &[1; 1_000]);
    let first = part(&caller, "actas/m", &id, 1, &[2; 2_000]);
    part(&caller, "actas/m", &id, 2, &[3; 30_000]);
    assert_eq!(stored(&server)[1], (32_050, 1));
    caller.complete("actas/m", &id, &[(1, &first)]).ok();
    assert_eq!(stored(&server)[1], (2_050, 2));
    let id = caller.begin_upload("actas/m");
    part(&caller, "actas/m", &id, 1, &[1; 700]);
    caller
        .at("DELETE", "actas/m")
        .query(&format!("uploadId={id}"))
        .ok();
    assert_eq!(stored(&server)[1], (2_050, 2));

    // A bucket that goes away takes the parts of its unfinished uploads with it.
    let id = caller.begin_upload("vacio/m");
    part(&caller, "vacio/m", &id, 1, &[1; 700]);
    caller.ask("DELETE", "/vacio").ok();
    assert_eq!(stored(&server), [(2_050, 2), (2_050, 2)]);
}

#[test]
fn no_more_is_stored_than_may_be() {
    let server = Server::start();
    let caller = server.agency();
    caller.make_bucket("actas").ok();
    caller.make_bucket("libre").ok();
    set(
        &server,
        &json!({ "bucket": "actas", "bytes": 100, "objects": 3 }),
    );
    caller.put("actas/a", &[1; 60]).ok();
    caller
        .put("actas/b", &[1; 41])
        .refused(403, "QuotaExceeded");
    caller
        .put("actas/b", &[1; 20_000])
        .refused(403, "QuotaExceeded");
    caller.put("actas/b", &[1; 40]).ok();
    caller.put("actas/c", b"").ok();
    caller.put("actas/d", b"").refused(403, "QuotaExceeded");
    // What replaces counts by the difference.
    caller.put("actas/a", &[2; 60]).ok();
    caller
        .put("actas/a", &[2; 61])
        .refused(403, "QuotaExceeded");
    caller
        .copy("actas/a", "actas/b")
        .refused(403, "QuotaExceeded");
    caller.delete("actas/c").ok();
    let id = caller.begin_upload("actas/m");
    caller
        .part("actas/m", &id, 1, b"x")
        .refused(403, "QuotaExceeded");
    caller.delete("actas/b").ok();
    let tag = part(&caller, "actas/m", &id, 1, &[1; 40]);
    caller.put("actas/c", b"").ok();
    caller.put("actas/d", b"").ok();
    caller
        .complete("actas/m", &id, &[(1, &tag)])
        .refused(403, "QuotaExceeded");
    caller.delete("actas/d").ok();
    caller.complete("actas/m", &id, &[(1, &tag)]).ok();
    assert_eq!(stored(&server)[1], (100, 3));
    caller.put("libre/a", &[1; 1_000]).ok();

    // The agency's own quota holds for all buckets together.
    set(&server, &json!({ "bytes": 1_100 }));
    caller.put("libre/b", b"x").refused(403, "QuotaExceeded");
    set(&server, &json!({ "bytes": 10 }));
    caller.put("libre/a", &[1; 1_000]).ok();
    caller.delete("libre/a").ok();
    set(&server, &json!({}));
    caller.put("libre/b", &[1; 5_000]).ok();

    // And it holds after a restart.
    let credentials = caller.proof.clone();
    let server = Server::at(server.stop(), &[]);
    let caller = Caller {
        address: server.address.clone(),
        proof: credentials,
    };
    caller
        .put("actas/a", &[2; 61])
        .refused(403, "QuotaExceeded");
}

#[test]
fn a_length_that_passes_a_quota_is_refused_before_its_body() {
    // Of documents that are too long for their row.
    const UNIT: usize = 2_000;
    let server = Server::start();
    let caller = server.agency();
    for bucket in ["actas", "versiones"] {
        caller.make_bucket(bucket).ok();
    }
    caller
        .ask("PUT", "/versiones?versioning")
        .body(VERSIONED)
        .ok();
    caller.put("actas/a", &[1; 60 * UNIT]).ok();
    caller.put("versiones/a", &[1; 40 * UNIT]).ok();
    let id = caller.begin_upload("actas/m");
    part(&caller, "actas/m", &id, 1, &[1; 30 * UNIT]);
    let answered = |ask: Ask<'_>| {
        let mut wire = server.wire();
        wire.send(&ask.unsigned("expect", "100-continue").wired().head);
        let answer = wire.answer("PUT");
        if answer.status != 100 {
            answer.refused(403, "QuotaExceeded");
            return false;
        }
        true
    };
    let put = |at: &str, units| answered(caller.put(at, &vec![1; units * UNIT]));
    let part_of = |number, units| {
        let content = vec![1; units * UNIT];
        answered(caller.part("actas/m", &id, number, &content))
    };
    for quota in [
        json!({ "bucket": "actas", "bytes": 100 * UNIT }),
        json!({ "bytes": 140 * UNIT }),
    ] {
        set(&server, &quota);
        assert!(put("actas/b", 10) && !put("actas/b", 11) && !put("actas/b", 2_000));
        // What is replaced makes room; a version that stays does not.
        assert!(put("actas/a", 70) && !put("actas/a", 71));
        assert!(part_of(2, 10) && !part_of(2, 11));
        assert!(part_of(1, 40) && !part_of(1, 41));
        set(&server, &json!({ "bucket": "actas" }));
    }
    assert!(put("versiones/a", 10) && !put("versiones/a", 11));
    set(&server, &json!({ "objects": 2 }));
    assert!(put("actas/a", 9) && !put("actas/b", 9) && !put("versiones/a", 9));
    // The framing of a document does not count, and its announced length is the document's.
    set(&server, &json!({ "bytes": 140 * UNIT }));
    let framed = |units: usize| {
        let size = units * UNIT;
        let payload = PayloadHash::parse("STREAMING-UNSIGNED-PAYLOAD-TRAILER").unwrap();
        let put = caller.put("actas/b", &vec![1; size + 100]).payload(payload);
        let put = put.header("x-amz-decoded-content-length", &size.to_string());
        answered(put.header("x-amz-trailer", "x-amz-checksum-crc32"))
    };
    assert!(framed(10) && !framed(11));
    let counted =
        [(130, 2), (90, 1), (40, 1)].map(|(units, objects)| (units * UNIT as u64, objects));
    assert_eq!(stored(&server), counted);
}

#[test]
fn uploads_at_once_pass_a_quota_together_only_as_far_as_it_goes() {
    let server = Server::start();
    let caller = server.agency();
    caller.make_bucket("actas").ok();
    set(&server, &json!({ "bucket": "actas", "objects": 10 }));
    let answers: Vec<u16> = std::thread::scope(|scope| {
        let puts: Vec<_> = (0..30)
            .map(|n| {
                let caller = caller.clone();
                scope.spawn(move || caller.put(&format!("actas/{n}"), b"x").send().status)
            })
            .collect();
        puts.into_iter().map(|put| put.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 10);
    assert_eq!(stored(&server)[1], (10, 10));
}

#[test]
fn quotas_are_the_operators() {
    let server = Server::start();
    let status = |path: &str, body: &Value| server.administer("PUT", path, body).status;
    let other = "/admin/v1/agencies/otra/quotas";
    assert_eq!(status(other, &json!({ "bytes": 1 })), 404);
    assert_eq!(status(QUOTAS, &json!({ "bucket": "nadie" })), 404);
    assert_eq!(status(QUOTAS, &json!({ "bucket": "NO" })), 400);
    assert_eq!(status(QUOTAS, &json!({ "bytes": -1 })), 400);
    assert_eq!(status(QUOTAS, &json!({ "bytes": u64::MAX })), 400);
    assert_eq!(status(QUOTAS, &json!({ "byte": 1 })), 400);
    assert_eq!(server.admin("GET", QUOTAS, &[], &Value::Null).status, 401);
    assert_eq!(server.admin("PUT", QUOTAS, &[], &json!({})).status, 401);
}
