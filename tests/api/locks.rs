//! Locked versions: whatever is tried, they stay.

use std::time::Instant;

use acervo::types::clock::{Clock, Time};
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::caller::Caller;
use crate::support::pause;
use crate::support::request::Ask;
use crate::support::server::{Server, Settings};

/// A moment some seconds from now, as lock headers have it.
fn in_seconds(seconds: i64) -> String {
    Clock::system().now().plus_seconds(seconds).iso8601_millis()
}

fn lockable(agency: &Caller, bucket: &str) {
    agency
        .ask("PUT", &format!("/{bucket}"))
        .header("x-amz-bucket-object-lock-enabled", "true")
        .ok();
}

fn put_locked(agency: &Caller, at: &str, headers: &[(&str, &str)]) -> String {
    let mut ask = agency.put(at, b"acta");
    for (name, value) in headers {
        ask = ask.header(name, value);
    }
    ask.ok().header("x-amz-version-id").unwrap().to_owned()
}

fn version<'a>(agency: &'a Caller, method: &'a str, at: &str, id: &str) -> Ask<'a> {
    agency.at(method, at).query(&format!("versionId={id}"))
}

fn retain(agency: &Caller, at: &str, id: &str, mode: &str, until: &str) -> Ask<'static> {
    let xml = format!(
        "<Retention><Mode>{mode}</Mode><RetainUntilDate>{until}</RetainUntilDate></Retention>"
    );
    let agency: &'static Caller = Box::leak(Box::new(agency.clone()));
    version(agency, "PUT", at, id)
        .query("retention")
        .body(xml.as_bytes())
}

fn hold(agency: &Caller, at: &str, id: &str, status: &str) -> Answer {
    let xml = format!("<LegalHold><Status>{status}</Status></LegalHold>");
    let put = version(agency, "PUT", at, id).query("legal-hold");
    put.body(xml.as_bytes()).send()
}

const BYPASS: (&str, &str) = ("x-amz-bypass-governance-retention", "true");

const KEYS: &str = "/admin/v1/agencies/agencia/keys";
const SHORT_DAYS: Settings<'_> = &[
    ("ACERVO_TESTING", "true"),
    ("ACERVO_LIFECYCLE_DAY_SECONDS", "1"),
];
const UNDER_KEY: [(&str, &str); 2] = [
    ("x-amz-server-side-encryption", "aws:kms"),
    ("x-amz-server-side-encryption-aws-kms-key-id", "nominas"),
];

fn destroy_key(server: &Server) -> Answer {
    server.administer("POST", &format!("{KEYS}/nominas/destruction"), &Value::Null)
}

/// Has the lifecycle remove every version in `actas` that does not count any more: all but this.
fn let_time_pass(agency: &Caller, id: &str) {
    agency.put("actas/z", b"antes").ok();
    agency.delete("actas/z").ok();
    let xml = "<LifecycleConfiguration><Rule><ID>r</ID><Filter></Filter><Status>Enabled</Status>\
               <NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays>\
               </NoncurrentVersionExpiration></Rule></LifecycleConfiguration>";
    let rules = agency.ask("PUT", "/actas?lifecycle");
    rules.body(xml.as_bytes()).ok();
    // The walk goes by keys: whoever removed `z` has been at the locked version before.
    let started = Instant::now();
    loop {
        let listed = agency.ask("GET", "/actas?versions").ok();
        let left = listed.blocks("Version");
        assert!(left.iter().any(|block| block.contains(id)), "{left:?}");
        if left.len() == 1 {
            break;
        }
        assert!(started.elapsed().as_secs() < 30, "the rest stays: {left:?}");
        pause(50);
    }
    agency.ask("DELETE", "/actas?lifecycle").ok();
}

/// Every route that could remove a version, at a version that is locked (P4). Its key seals it.
fn try_every_route(server: &Server, agency: &Caller, id: &str, may_bypass: bool) {
    let refused = |ask: Ask<'_>| drop(ask.refused(403, "AccessDenied"));
    refused(version(agency, "DELETE", "actas/a", id));
    if !may_bypass {
        refused(version(agency, "DELETE", "actas/a", id).header(BYPASS.0, BYPASS.1));
    }
    let xml = format!(
        "<Delete><Object><Key>a</Key><VersionId>{id}</VersionId></Object>\
         <Object><Key>otro</Key></Object></Delete>"
    );
    let done = agency.post_xml("/actas?delete", &xml).ok();
    assert_eq!(done.element("Code"), "AccessDenied");
    assert_eq!(done.blocks("Deleted").len(), 1, "the other key goes");
    // What stands over it hides it and no more.
    agency.put("actas/a", b"encima").ok();
    agency
        .copy("actas/a", "actas/a")
        .header("x-amz-metadata-directive", "REPLACE")
        .ok();
    let upload = agency.begin_upload("actas/a");
    let part = agency.part("actas/a", &upload, 1, b"1").ok();
    let tag = part.header("etag").unwrap();
    agency.complete("actas/a", &upload, &[(1, tag)]).ok();
    agency.delete("actas/a").ok();
    agency
        .ask("DELETE", "/actas")
        .refused(409, "BucketNotEmpty");
    agency
        .ask("PUT", "/actas?versioning")
        .body(b"<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>")
        .refused(409, "InvalidBucketState");
    let_time_pass(agency, id);
    let kept = destroy_key(server).status(409);
    assert!(kept.text().contains("versions_locked"), "{}", kept.text());
    version(agency, "GET", "actas/a", id).send().holds(b"acta");
}

#[test]
fn a_locked_version_stays_whatever_is_tried() {
    let server = Server::with(SHORT_DAYS);
    let agency = server.agency();
    lockable(&agency, "actas");
    let key = json!({ "name": "nominas" });
    server.administer("POST", KEYS, &key).status(201);
    let later = in_seconds(3_600);
    for (mode, may_bypass) in [("GOVERNANCE", true), ("COMPLIANCE", false)] {
        let headers = [
            ("x-amz-object-lock-mode", mode),
            ("x-amz-object-lock-retain-until-date", later.as_str()),
            UNDER_KEY[0],
            UNDER_KEY[1],
        ];
        let id = put_locked(&agency, "actas/a", &headers);
        try_every_route(&server, &agency, &id, may_bypass);
        let read = version(&agency, "HEAD", "actas/a", &id).ok();
        assert_eq!(read.header("x-amz-object-lock-mode"), Some(mode));
        let until = read.header("x-amz-object-lock-retain-until-date");
        assert_eq!(until, Some(later.as_str()));
        let bypassed = version(&agency, "DELETE", "actas/a", &id).header(BYPASS.0, BYPASS.1);
        match may_bypass {
            true => drop(bypassed.ok()),
            false => drop(bypassed.refused(403, "AccessDenied")),
        }
    }
    let id = put_locked(
        &agency,
        "actas/b",
        &[("x-amz-object-lock-legal-hold", "ON")],
    );
    version(&agency, "DELETE", "actas/b", &id)
        .header(BYPASS.0, BYPASS.1)
        .refused(403, "AccessDenied");
    let read = version(&agency, "GET", "actas/b", &id).ok();
    assert_eq!(read.header("x-amz-object-lock-legal-hold"), Some("ON"));
    hold(&agency, "actas/b", &id, "OFF").ok();
    version(&agency, "DELETE", "actas/b", &id).ok();
}

#[test]
fn a_restart_keeps_locks_and_their_end_is_one() {
    let server = Server::start();
    let agency = server.agency();
    lockable(&agency, "actas");
    let soon = in_seconds(4);
    let headers = [
        ("x-amz-object-lock-mode", "COMPLIANCE"),
        ("x-amz-object-lock-retain-until-date", soon.as_str()),
    ];
    let id = put_locked(&agency, "actas/a", &headers);
    let (key, secret) = (
        server.credential("access_key_id").to_owned(),
        server.credential("secret_access_key").to_owned(),
    );
    let server = Server::at(server.stop(), &[]);
    let agency = server.with_key(&key, &secret);
    version(&agency, "DELETE", "actas/a", &id).refused(403, "AccessDenied");
    let until = Time::parse_iso8601(&soon).unwrap().millis();
    while Clock::system().now().millis() <= until {
        pause(50);
    }
    version(&agency, "DELETE", "actas/a", &id).ok();
    agency.ask("DELETE", "/actas").ok();
}

#[test]
fn retention_is_extended_and_never_shortened() {
    let server = Server::start();
    let agency = server.agency();
    let app = server.make_key("agencia", "ventanilla", "app");
    lockable(&app, "actas");
    let (near, far, farther) = (in_seconds(3_000), in_seconds(6_000), in_seconds(9_000));
    let id = put_locked(&app, "actas/a", &[]);
    let denied = |ask: Ask<'_>| drop(ask.refused(403, "AccessDenied"));
    version(&app, "GET", "actas/a", &id)
        .query("retention")
        .refused(404, "NoSuchObjectLockConfiguration");
    retain(&app, "actas/a", &id, "GOVERNANCE", &far).ok();
    let read = version(&app, "GET", "actas/a", &id).query("retention").ok();
    assert_eq!(read.element("Mode"), "GOVERNANCE");
    assert_eq!(read.element("RetainUntilDate"), far);
    denied(retain(&app, "actas/a", &id, "GOVERNANCE", &near));
    denied(retain(&app, "actas/a", &id, "COMPLIANCE", &farther));
    // The header alone is not the permission.
    denied(retain(&app, "actas/a", &id, "GOVERNANCE", &near).header(BYPASS.0, BYPASS.1));
    retain(&agency, "actas/a", &id, "GOVERNANCE", &near)
        .header(BYPASS.0, BYPASS.1)
        .ok();
    retain(&app, "actas/a", &id, "GOVERNANCE", &far).ok();
    retain(&agency, "actas/a", &id, "COMPLIANCE", &far)
        .header(BYPASS.0, BYPASS.1)
        .ok();
    for (mode, until) in [("COMPLIANCE", &near), ("GOVERNANCE", &farther)] {
        denied(retain(&agency, "actas/a", &id, mode, until).header(BYPASS.0, BYPASS.1));
    }
    retain(&app, "actas/a", &id, "COMPLIANCE", &farther).ok();

    let refused = |xml: &str, status, code| {
        let put = version(&app, "PUT", "actas/a", &id).query("retention");
        put.body(xml.as_bytes()).refused(status, code);
    };
    refused(
        "<Retention><Mode>COMPLIANCE</Mode></Retention>",
        400,
        "MalformedXML",
    );
    retain(&app, "actas/a", &id, "NONE", &far).refused(400, "MalformedXML");
    retain(&app, "actas/a", &id, "COMPLIANCE", "2020-01-01T00:00:00Z")
        .refused(400, "InvalidArgument");
    retain(&app, "actas/a", &id, "COMPLIANCE", "mañana").refused(400, "InvalidArgument");
    assert_eq!(hold(&app, "actas/a", &id, "MAYBE").code(), "MalformedXML");
    let marked = app.delete("actas/a").ok();
    let marker = marked.header("x-amz-version-id").unwrap();
    retain(&app, "actas/a", marker, "COMPLIANCE", &far).refused(405, "MethodNotAllowed");
    retain(&app, "actas/a", &"0".repeat(32), "COMPLIANCE", &far).refused(404, "NoSuchVersion");
}

fn set_rule(agency: &Caller, bucket: &str, rule: &str) -> Answer {
    let xml = format!(
        "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>{rule}\
         </ObjectLockConfiguration>"
    );
    let put = agency.ask("PUT", &format!("/{bucket}?object-lock"));
    put.body(xml.as_bytes()).send()
}

fn rule(mode: &str, period: &str) -> String {
    format!("<Rule><DefaultRetention><Mode>{mode}</Mode>{period}</DefaultRetention></Rule>")
}

/// The mode of a version's retention, and its days from now, rounded.
fn kept(agency: &Caller, at: &str) -> (Option<String>, Option<i64>) {
    let head = agency.head(at).ok();
    let mode = head.header("x-amz-object-lock-mode").map(str::to_owned);
    let until = head.header("x-amz-object-lock-retain-until-date");
    let until = until.map(|until| Time::parse_iso8601(until).unwrap().seconds());
    let now = Clock::system().now().seconds();
    (mode, until.map(|until| (until - now + 43_200) / 86_400))
}

#[test]
fn a_rule_for_locks_is_set_and_checked() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let read = || agency.ask("GET", "/actas?object-lock").send();
    read().refused(404, "ObjectLockConfigurationNotFoundError");
    set_rule(&agency, "actas", "").refused(409, "InvalidBucketState");
    agency
        .ask("PUT", "/actas?versioning")
        .body(b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
        .ok();
    let lock = ("x-amz-object-lock-legal-hold", "ON");
    agency
        .put("actas/a", b"1")
        .header(lock.0, lock.1)
        .refused(400, "InvalidRequest");
    agency.put("actas/a", b"1").ok();
    agency
        .get("actas/a")
        .query("retention")
        .refused(400, "InvalidRequest");
    set_rule(&agency, "actas", "").ok();
    assert_eq!(read().element("ObjectLockEnabled"), "Enabled");
    set_rule(&agency, "actas", &rule("COMPLIANCE", "<Years>2</Years>")).ok();
    assert_eq!(read().element("Years"), "2");
    set_rule(&agency, "actas", &rule("GOVERNANCE", "<Days>10</Days>")).ok();
    assert_eq!(
        (read().element("Mode"), read().element("Days")),
        ("GOVERNANCE".into(), "10".into())
    );
    for (period, code) in [
        ("<Days>0</Days>", "InvalidArgument"),
        ("<Days>-1</Days>", "InvalidArgument"),
        ("<Days>36501</Days>", "InvalidArgument"),
        ("<Years>101</Years>", "InvalidArgument"),
        ("<Days>1</Days><Years>1</Years>", "MalformedXML"),
        ("", "MalformedXML"),
    ] {
        let refused = set_rule(&agency, "actas", &rule("GOVERNANCE", period));
        assert_eq!(refused.code(), code, "{period}");
    }
}

#[test]
fn a_bucket_locks_what_comes_without_a_lock() {
    let server = Server::start();
    let agency = server.agency();
    lockable(&agency, "actas");
    agency.put("actas/a", b"1").ok();
    set_rule(&agency, "actas", &rule("GOVERNANCE", "<Days>10</Days>")).ok();
    let kept = |at: &str| kept(&agency, at);
    let by_rule = (Some("GOVERNANCE".to_owned()), Some(10));
    assert_eq!(
        kept("actas/a"),
        (None, None),
        "what was there before is as it was"
    );
    agency.put("actas/puesto", b"1").ok();
    agency.copy("actas/a", "actas/copia").ok();
    let upload = agency.begin_upload("actas/partes");
    let part = agency.part("actas/partes", &upload, 1, b"1").ok();
    agency
        .complete(
            "actas/partes",
            &upload,
            &[(1, part.header("etag").unwrap())],
        )
        .ok();
    for at in ["actas/puesto", "actas/copia", "actas/partes"] {
        assert_eq!(kept(at), by_rule, "{at}");
    }
    // What is asked for goes before the rule.
    let until = in_seconds(86_400);
    let headers = [
        ("x-amz-object-lock-mode", "COMPLIANCE"),
        ("x-amz-object-lock-retain-until-date", until.as_str()),
    ];
    let upload = agency.begin_upload_with("actas/partes", &headers);
    let part = agency.part("actas/partes", &upload, 1, b"1").ok();
    agency
        .complete(
            "actas/partes",
            &upload,
            &[(1, part.header("etag").unwrap())],
        )
        .ok();
    assert_eq!(
        kept("actas/partes"),
        (Some("COMPLIANCE".to_owned()), Some(1))
    );
    let half = agency
        .put("actas/a", b"1")
        .header(headers[0].0, headers[0].1);
    half.refused(400, "InvalidArgument");
    let unprotected = agency.put("actas/a", b"1");
    unprotected
        .payload(acervo::auth::sigv4::payload::PayloadHash::Unsigned)
        .refused(400, "InvalidRequest");
}
