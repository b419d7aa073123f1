//! Every request leaves exactly one entry, whatever became of it.

use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::evidence::{agency_log, installation_log, of_request};
use crate::support::server::Server;
use crate::support::{noise, pause};

/// What the entry of an answered request must say.
struct Told {
    request: String,
    action: &'static str,
    code: Option<String>,
    is_ours: bool,
}

fn told(answer: &Answer, action: &'static str, is_ours: bool) -> Told {
    let code = (answer.status >= 300).then(|| answer.code());
    Told {
        request: answer.header("x-amz-request-id").unwrap().to_owned(),
        action,
        code,
        is_ours,
    }
}

/// Every kind of request once: allowed, refused, missing, failed, of nobody.
fn mixed_requests(server: &Server) -> Vec<Told> {
    let agency = server.agency();
    let reader = server.make_key("agencia", "lectora", "reader");
    let forger = server.with_key(server.credential("access_key_id"), "wrong");
    let nobody = server.nobody();
    let mut all = vec![told(&agency.make_bucket("actas"), "CreateBucket", true)];
    let large = noise(1, 200_000);
    let mut add = |answer: Answer, action, is_ours| all.push(told(&answer, action, is_ours));
    add(agency.put("actas/a", b"1").ok(), "PutObject", true);
    add(agency.put("actas/b", &large).ok(), "PutObject", true);
    add(agency.get("actas/a").ok(), "GetObject", true);
    add(agency.get("actas/b").ok(), "GetObject", true);
    add(
        agency.get("actas/b").header("range", "bytes=1-2").ok(),
        "GetObject",
        true,
    );
    add(agency.list("actas", ""), "ListObjectsV2", true);
    add(agency.ask("GET", "/").ok(), "ListBuckets", true);
    add(
        agency.make_bucket("actas").status(409),
        "CreateBucket",
        true,
    );
    add(
        agency.get("actas/none").send().status(404),
        "GetObject",
        true,
    );
    add(agency.get("none/a").send().status(404), "GetObject", true);
    let condition = agency
        .put("actas/a", b"2")
        .header("if-none-match", "*")
        .send();
    add(condition.status(412), "PutObject", true);
    let digest = agency
        .put("actas/a", b"2")
        .header("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==");
    add(digest.send().status(400), "PutObject", true);
    add(
        agency
            .put("actas/a", b"2")
            .query("bogus")
            .send()
            .status(501),
        "PutObject",
        true,
    );
    add(reader.get("actas/a").ok(), "GetObject", true);
    add(
        reader.put("actas/a", b"2").send().status(403),
        "PutObject",
        true,
    );
    add(
        reader.delete("actas/a").send().status(403),
        "DeleteObject",
        true,
    );
    add(nobody.get("actas/a").send().status(403), "GetObject", false);
    add(forger.get("actas/a").send().status(403), "GetObject", false);
    add(
        nobody.ask("GET", "/actas?policy").send().status(501),
        "-",
        false,
    );
    add(nobody.ask("GET", "/%zz").send().status(400), "-", false);
    add(agency.copy("actas/a", "actas/c").ok(), "CopyObject", true);
    let xml = "<Delete><Object><Key>b</Key></Object><Object><Key>c</Key></Object></Delete>";
    add(
        agency.post_xml("/actas?delete", xml).ok(),
        "DeleteObjects",
        true,
    );
    let broken = agency.post_xml("/actas?delete", "<x/>").send();
    add(broken.status(400), "DeleteObjects", true);
    let begun = agency.at("POST", "actas/u").query("uploads").ok();
    let id = begun.element("UploadId");
    add(begun, "CreateMultipartUpload", true);
    let part = agency.part("actas/u", &id, 1, &large).ok();
    let tag = part.header("etag").unwrap().to_owned();
    add(part, "UploadPart", true);
    let wrong = agency
        .complete("actas/u", &id, &[(2, &tag)])
        .send()
        .status(400);
    add(wrong, "CompleteMultipartUpload", true);
    let done = agency.complete("actas/u", &id, &[(1, &tag)]).ok();
    add(done, "CompleteMultipartUpload", true);
    let again = agency
        .complete("actas/u", &id, &[(1, &tag)])
        .send()
        .status(404);
    add(again, "CompleteMultipartUpload", true);
    add(agency.delete("actas/a").ok(), "DeleteObject", true);
    add(agency.delete("actas/a").ok(), "DeleteObject", true);
    all
}

#[test]
fn every_request_has_exactly_one_entry() {
    for reads in ["batched", "strict"] {
        let server = Server::with(&[("ACERVO_AUDIT_READS", reads)]);
        let all = mixed_requests(&server);
        let home = server.stop();
        let ours = agency_log(&home, "agencia");
        let installation = installation_log(&home);
        for told in &all {
            let log = if told.is_ours { &ours } else { &installation };
            let entry = of_request(log, &told.request);
            assert_eq!(entry["action"], told.action, "{entry}");
            let outcome = if told.code.is_some() {
                "refused"
            } else {
                "allowed"
            };
            assert_eq!(entry["outcome"], outcome, "{entry}");
            assert_eq!(
                entry["code"].as_str().map(str::to_owned),
                told.code,
                "{entry}"
            );
            assert_eq!(entry["remote"], "127.0.0.1", "{entry}");
            assert_eq!(entry["principal"].is_string(), told.is_ours, "{entry}");
            assert_eq!(entry["proof"].is_string(), told.is_ours, "{entry}");
        }
        // Nothing else is there: only the keys that were made, and the first start.
        let other = |log: &[Value]| {
            let is_known = |entry: &&Value| {
                !all.iter()
                    .any(|told| entry["request"] == told.request.as_str())
            };
            let actions = log
                .iter()
                .filter(is_known)
                .map(|entry| entry["action"].as_str().unwrap().to_owned());
            let mut actions: Vec<String> = actions.collect();
            actions.sort();
            actions
        };
        assert_eq!(other(&ours), ["CreateAccessKey", "FirstStart"]);
        assert_eq!(other(&installation), ["AddOperator", "FirstStart"]);
    }
}

#[test]
fn an_entry_says_what_was_asked_for() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let put = agency.put("actas/2026/niño \"1\"", b"1").ok();
    let xml = "<Delete><Object><Key>x</Key></Object><Object><Key>ñ</Key></Object></Delete>";
    let deleted = agency.post_xml("/actas?delete", xml).ok();
    let bearer = server.with_token(server.credential("bearer_token"));
    let read = bearer.get("actas/2026/niño \"1\"").ok();
    let refused = server
        .make_key("agencia", "ventanilla", "app")
        .get("actas/a")
        .send();
    let id = server.credential("access_key_id").to_owned();
    let log = agency_log(&server.stop(), "agencia");
    let entry =
        |answer: &Answer| of_request(&log, answer.header("x-amz-request-id").unwrap()).clone();
    let put = entry(&put);
    assert_eq!(put["bucket"], "actas");
    assert_eq!(put["key"], "2026/niño \"1\"");
    assert_eq!(put["principal"], "admin");
    assert_eq!(put["proof"], id.as_str());
    let deleted = entry(&deleted);
    assert_eq!(deleted["keys"], json!(["x", "ñ"]));
    let read = entry(&read);
    assert_eq!(read["principal"], "admin");
    assert_ne!(read["proof"], id.as_str());
    let refused = entry(&refused);
    assert_eq!(refused["principal"], "ventanilla");
    assert!(
        refused["rule"].as_str().unwrap().contains("role"),
        "{refused}"
    );
}

#[test]
fn what_operators_do_is_recorded_too() {
    let server = Server::with(&[("ACERVO_AUDIT_READS", "strict")]);
    server.make_agency("tesoreria");
    let agencies = "/admin/v1/agencies";
    server.administer("GET", agencies, &Value::Null).ok();
    let refused = server.admin("GET", agencies, &[], &Value::Null);
    assert_eq!(refused.status, 401);
    let twice = server.administer("POST", agencies, &json!({"name": "tesoreria"}));
    assert_eq!(twice.status, 409);
    server.make_key("tesoreria", "jefa", "agency-admin");
    let suspend = "/admin/v1/agencies/tesoreria/suspend";
    server.administer("POST", suspend, &Value::Null).ok();
    let home = server.stop();
    let log = installation_log(&home);
    let told: Vec<(&str, &str, bool)> = log
        .iter()
        .map(|entry| {
            let text = |name: &str| entry[name].as_str().unwrap();
            (
                text("action"),
                text("outcome"),
                entry["principal"] == "operator",
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("FirstStart", "allowed", false),
            ("AddOperator", "allowed", false),
            ("CreateAgency", "allowed", true),
            ("ListAgencies", "allowed", true),
            ("ListAgencies", "refused", false),
            ("CreateAgency", "refused", true),
            ("SuspendAgency", "allowed", true),
        ]
    );
    let theirs = agency_log(&home, "tesoreria");
    assert_eq!(theirs.len(), 1, "{theirs:?}");
    assert_eq!(theirs[0]["action"], "CreateAccessKey");
}

/// A client that goes away in the middle was there all the same.
#[test]
fn a_request_that_is_broken_off_is_recorded() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    for (name, size) in [("small", 10_000), ("large", 500_000)] {
        let wired = agency
            .put(&format!("actas/{name}"), &noise(1, size))
            .wired();
        let mut wire = server.wire();
        wire.send(&wired.head);
        wire.send(&wired.body[..size / 2]);
        pause(200);
        drop(wire);
    }
    let vanished = agency.get("actas/gone").wired();
    server.wire().send(&vanished.head);
    pause(300);
    let log = agency_log(&server.stop(), "agencia");
    for name in ["small", "large", "gone"] {
        let entries: Vec<_> = log.iter().filter(|entry| entry["key"] == name).collect();
        assert_eq!(entries.len(), 1, "{name}: {entries:?}");
        assert_eq!(entries[0]["outcome"], "refused", "{name}");
    }
}

/// Strict: the entry is on disk when the answer is read, even if the power goes right then.
#[test]
fn a_strict_entry_survives_what_comes_right_after_it() {
    for round in 0..3 {
        let server = Server::with(&[("ACERVO_AUDIT_READS", "strict")]);
        let agency = server.agency();
        agency.make_bucket("actas").ok();
        agency.put("actas/a", b"1").ok();
        let last = match round {
            0 => agency.get("actas/a").ok(),
            1 => agency.head("actas/a").ok(),
            _ => agency.get("actas/none").send().status(404),
        };
        let id = last.header("x-amz-request-id").unwrap().to_owned();
        let home = server.kill();
        of_request(&agency_log(&home, "agencia"), &id);
    }
}

#[test]
fn a_change_and_its_entry_survive_together() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let body = noise(1, 100_000);
    let put = agency.put("actas/a", &body).ok();
    let home = server.kill();
    let id = put.header("x-amz-request-id").unwrap();
    of_request(&agency_log(&home, "agencia"), id);
    let server = Server::at(home, &[]);
    let mut again = agency;
    again.address.clone_from(&server.address);
    again.get("actas/a").send().holds(&body);
}

#[test]
fn a_batched_entry_is_there_soon() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let read = agency.ask("GET", "/").ok();
    pause(500);
    let home = server.kill();
    of_request(
        &agency_log(&home, "agencia"),
        read.header("x-amz-request-id").unwrap(),
    );
}
