//! Every request leaves exactly one entry, whatever became of it.

use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::caller::Caller;
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

/// All that was answered, each with its status expected.
#[derive(Default)]
struct Record(Vec<Told>);

impl Record {
    /// An answer to a caller of the agency.
    #[track_caller]
    fn ours(&mut self, action: &'static str, status: u16, answer: &Answer) {
        self.add(action, status, answer, true);
    }

    /// An answer to somebody of no agency.
    #[track_caller]
    fn nobodys(&mut self, action: &'static str, status: u16, answer: &Answer) {
        self.add(action, status, answer, false);
    }

    #[track_caller]
    fn add(&mut self, action: &'static str, status: u16, answer: &Answer, is_ours: bool) {
        assert_eq!(answer.status, status, "{action}: {}", answer.text());
        self.0.push(Told {
            request: answer.header("x-amz-request-id").unwrap().to_owned(),
            action,
            code: (status >= 300).then(|| answer.code()),
            is_ours,
        });
    }
}

/// Every kind of request once: allowed, refused, missing, failed, of nobody.
fn mixed_requests(server: &Server) -> Vec<Told> {
    let mut record = Record::default();
    let agency = server.agency();
    record.ours("CreateBucket", 200, &agency.make_bucket("actas"));
    record.ours("CreateBucket", 409, &agency.make_bucket("actas"));
    documents(&agency, &mut record);
    conditions(&agency, &mut record);
    strangers(server, &mut record);
    parts(&agency, &mut record);
    for _ in 0..2 {
        record.ours("DeleteObject", 204, &agency.delete("actas/a").send());
    }
    record.0
}

fn documents(agency: &Caller, record: &mut Record) {
    let put = |name: &str, size| agency.put(name, &noise(1, size)).send();
    record.ours("PutObject", 200, &put("actas/a", 1));
    record.ours("PutObject", 200, &put("actas/b", 200_000));
    for name in ["actas/a", "actas/b"] {
        record.ours("GetObject", 200, &agency.get(name).send());
        record.ours("HeadObject", 200, &agency.head(name).send());
    }
    let range = agency.get("actas/b").header("range", "bytes=1-2").send();
    record.ours("GetObject", 206, &range);
    record.ours("ListObjectsV2", 200, &agency.list("actas", ""));
    record.ours("ListBuckets", 200, &agency.ask("GET", "/").send());
    record.ours("GetObject", 404, &agency.get("actas/none").send());
    record.ours("GetObject", 404, &agency.get("none/a").send());
    record.ours("CopyObject", 200, &agency.copy("actas/a", "actas/c").send());
    let xml = "<Delete><Object><Key>b</Key></Object><Object><Key>c</Key></Object></Delete>";
    let deleted = agency.post_xml("/actas?delete", xml).send();
    record.ours("DeleteObjects", 200, &deleted);
    let broken = agency.post_xml("/actas?delete", "<x/>").send();
    record.ours("DeleteObjects", 400, &broken);
}

fn conditions(agency: &Caller, record: &mut Record) {
    for (name, value, status) in [
        ("if-none-match", "*", 412),
        ("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==", 400),
        ("x-amz-bogus", "a=b", 501),
    ] {
        let refused = agency.put("actas/a", b"2").header(name, value).send();
        record.ours("PutObject", status, &refused);
    }
    let unknown = agency.put("actas/a", b"2").query("bogus").send();
    record.ours("PutObject", 501, &unknown);
}

fn strangers(server: &Server, record: &mut Record) {
    let reader = server.make_key("agencia", "lectora", "reader");
    record.ours("GetObject", 200, &reader.get("actas/a").send());
    record.ours("PutObject", 403, &reader.put("actas/a", b"2").send());
    record.ours("DeleteObject", 403, &reader.delete("actas/a").send());
    let forger = server.with_key(server.credential("access_key_id"), "wrong");
    record.nobodys("GetObject", 403, &forger.get("actas/a").send());
    let nobody = server.nobody();
    record.nobodys("GetObject", 403, &nobody.get("actas/a").send());
    let refused = nobody.ask("GET", "/actas?policy").send();
    record.nobodys("GetBucketPolicy", 403, &refused);
    record.nobodys("-", 400, &nobody.ask("GET", "/%zz").send());
}

fn parts(agency: &Caller, record: &mut Record) {
    let begun = agency.at("POST", "actas/u").query("uploads").send();
    record.ours("CreateMultipartUpload", 200, &begun);
    let id = begun.element("UploadId");
    let part = agency.part("actas/u", &id, 1, &noise(1, 200_000)).send();
    record.ours("UploadPart", 200, &part);
    let tag = part.header("etag").unwrap();
    for (number, status) in [(2, 400), (1, 200), (1, 200), (2, 404)] {
        let done = agency.complete("actas/u", &id, &[(number, tag)]).send();
        record.ours("CompleteMultipartUpload", status, &done);
    }
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
        // Nothing else is there: only the key that two people made, and the first start.
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
        let key = [
            "Approve",
            "AskApproval",
            "CreateAccessKey",
            "FirstStart",
            "UseApproval",
        ];
        assert_eq!(other(&ours), key);
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
    let actions: Vec<_> = theirs.iter().map(|entry| &entry["action"]).collect();
    assert_eq!(actions, ["CreateToken", "CreateAccessKey"]);
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

/// The entry of an answer in the first agency's log.
fn entry_of(log: &[Value], answer: &Answer) -> Value {
    of_request(log, answer.header("x-amz-request-id").unwrap()).clone()
}

#[test]
fn what_may_not_be_deleted_is_not_told_as_deleted() {
    let server = Server::start();
    let owner = server.agency();
    owner.make_bucket("actas").ok();
    let xml = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    let on = owner.ask("PUT", "/actas?versioning");
    on.body(xml.as_bytes()).ok();
    let put = owner.put("actas/a", b"1").ok();
    let version = put.header("x-amz-version-id").unwrap().to_owned();
    let policy = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::agencia:user/borra"},
        "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
        "Resource": "arn:aws:s3:::actas/a*"}});
    let policy = policy.to_string();
    owner
        .ask("PUT", "/actas?policy")
        .body(policy.as_bytes())
        .ok();
    let app = server.make_key("agencia", "borra", "app");
    let of = |keys: &[(&str, &str)]| {
        let objects = keys
            .iter()
            .map(|(key, more)| format!("<Object><Key>{key}</Key>{more}</Object>"));
        let xml = format!("<Delete>{}</Delete>", objects.collect::<String>());
        app.post_xml("/actas?delete", &xml).ok()
    };
    let long = "z".repeat(3_000);
    let some = of(&[("a1", ""), ("b1", ""), ("a2", "")]);
    let none = of(&[("b1", ""), ("c1", ""), (&long, "")]);
    let one = of(&[
        ("a1", ""),
        ("a", &format!("<VersionId>{version}</VersionId>")),
    ]);
    let log = agency_log(&server.stop(), "agencia");
    let some = entry_of(&log, &some);
    assert_eq!(some["outcome"], "allowed");
    assert_eq!(some["keys"], json!(["a1", "a2"]));
    assert_eq!(some["refused"], json!(["b1"]));
    let none = entry_of(&log, &none);
    assert_eq!(
        (&none["outcome"], &none["code"], &none["keys"]),
        (&json!("refused"), &json!("AccessDenied"), &Value::Null)
    );
    assert_eq!(none["refused"], json!(["b1", "c1", "z".repeat(1_024)]));
    let one = entry_of(&log, &one);
    assert_eq!(one["keys"], json!(["a1", "a"]));
    assert_eq!(one["versions"], json!(["-", version]));
}

#[test]
fn entries_name_the_version_and_the_source_of_a_copy() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let xml = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    let on = agency.ask("PUT", "/actas?versioning");
    on.body(xml.as_bytes()).ok();
    let put = agency.put("actas/a ñ", b"1").ok();
    let version = put.header("x-amz-version-id").unwrap().to_owned();
    let query = format!("versionId={version}");
    let copied = agency.copy("actas/a ñ", "actas/c").ok();
    let from = format!("actas/a%20%c3%b1?{query}");
    let of_version = agency.put("actas/d", b"");
    let of_version = of_version.header("x-amz-copy-source", &from).ok();
    let missing = agency.copy("actas/nada", "actas/e").send();
    let read = agency.get("actas/a ñ").query(&query).ok();
    let marked = agency.delete("actas/a ñ").ok();
    let reader = server.make_key("agencia", "lectora", "reader");
    let refused = reader.delete("actas/a ñ").query(&query).send();
    assert_eq!(refused.status, 403);
    let removed = agency.delete("actas/a ñ").query(&query).ok();
    let log = agency_log(&server.stop(), "agencia");
    for (answer, source, version) in [
        (&copied, Some("actas/a ñ"), None),
        (&of_version, Some("actas/a ñ"), Some(&version)),
        (&missing, Some("actas/nada"), None),
        (&read, None, Some(&version)),
        (&marked, None, None),
        (&refused, None, Some(&version)),
        (&removed, None, Some(&version)),
    ] {
        let entry = entry_of(&log, answer);
        let expected = (json!(source), json!(version));
        assert_eq!(
            (entry["source"].clone(), entry["version"].clone()),
            expected,
            "{entry}"
        );
    }
}

#[test]
fn nobody_writes_a_book_into_the_log() {
    let server = Server::start();
    let nobody = server.nobody();
    let long = "x".repeat(30_000);
    nobody.ask("GET", &format!("/{long}/{long}")).send();
    let log = installation_log(&server.stop());
    let longest = log.iter().map(|entry| entry.to_string().len()).max();
    assert!(longest.unwrap() < 4_096, "{longest:?}");
}
