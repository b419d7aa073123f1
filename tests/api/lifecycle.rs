//! Lifecycle over HTTP: rules are kept as they were given, and what they say goes when a day ends.
//! Days last two seconds here.

use std::time::Instant;

use serde_json::Value;

use crate::support::caller::Caller;
use crate::support::evidence;
use crate::support::pause;
use crate::support::server::{Server, Settings};

const SHORT_DAYS: Settings<'_> = &[
    ("ACERVO_TESTING", "true"),
    ("ACERVO_LIFECYCLE_DAY_SECONDS", "2"),
];

fn rule(id: &str, filter: &str, action: &str) -> String {
    format!("<Rule><ID>{id}</ID><Filter>{filter}</Filter><Status>Enabled</Status>{action}</Rule>")
}

fn set(caller: &Caller, bucket: &str, rules: &str) {
    let xml = format!("<LifecycleConfiguration>{rules}</LifecycleConfiguration>");
    caller
        .ask("PUT", &format!("/{bucket}?lifecycle"))
        .body(xml.as_bytes())
        .ok();
}

fn enable_versions(caller: &Caller, bucket: &str) {
    caller
        .ask("PUT", &format!("/{bucket}?versioning"))
        .body(b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
        .ok();
}

const DAY: &str = "<Expiration><Days>1</Days></Expiration>";

/// Looks again and again until it is so.
#[track_caller]
fn in_time(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed().as_secs() < 30, "{what}");
        pause(50);
    }
}

#[test]
fn rules_are_kept_and_removed() {
    let server = Server::start();
    let caller = server.agency();
    caller.make_bucket("actas").ok();
    let none = "NoSuchLifecycleConfiguration";
    caller.ask("GET", "/actas?lifecycle").refused(404, none);
    set(&caller, "actas", &rule("uno", "<Prefix>a/</Prefix>", DAY));
    let kept = caller.ask("GET", "/actas?lifecycle").ok();
    assert_eq!(kept.element("Days"), "1");
    assert_eq!(kept.element("ID"), "uno");
    let minimum = "x-amz-transition-default-minimum-object-size";
    assert_eq!(kept.header(minimum), Some("all_storage_classes_128K"));
    caller
        .ask("PUT", "/actas?lifecycle")
        .body(b"<LifecycleConfiguration></LifecycleConfiguration>")
        .refused(400, "MalformedXML");
    caller
        .ask("PUT", "/actas?lifecycle")
        .header(minimum, "1")
        .body(b"<LifecycleConfiguration/>")
        .refused(400, "InvalidArgument");

    let expires = |answer: crate::support::answer::Answer| {
        answer.header("x-amz-expiration").map(str::to_owned)
    };
    let put = expires(caller.put("actas/a/1", b"x").ok()).unwrap();
    assert!(put.ends_with(" 00:00:00 GMT\", rule-id=\"uno\""), "{put}");
    assert!(put.starts_with("expiry-date=\""), "{put}");
    assert_eq!(expires(caller.get("actas/a/1").ok()), Some(put.clone()));
    assert_eq!(expires(caller.head("actas/a/1").ok()), Some(put));
    assert_eq!(expires(caller.put("actas/b/1", b"x").ok()), None);
    caller.ask("DELETE", "/actas?lifecycle").ok();
    caller.ask("DELETE", "/actas?lifecycle").ok();
    caller.ask("GET", "/actas?lifecycle").refused(404, none);
    assert_eq!(expires(caller.get("actas/a/1").ok()), None);
}

#[test]
fn what_is_due_goes_and_nothing_else() {
    let server = Server::with(SHORT_DAYS);
    let caller = server.agency();
    caller.make_bucket("actas").ok();
    set(
        &caller,
        "actas",
        &[
            rule("viejo", "<Prefix>log/</Prefix>", DAY),
            rule(
                "grande",
                "<ObjectSizeGreaterThan>99</ObjectSizeGreaterThan>",
                DAY,
            ),
            rule(
                "marcado",
                "<Tag><Key>borrar</Key><Value>sí</Value></Tag>",
                DAY,
            ),
            rule(
                "cargas",
                "<Prefix>m</Prefix>",
                "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation>\
                 </AbortIncompleteMultipartUpload>",
            ),
        ]
        .concat(),
    );
    caller.put("actas/log/1", b"x").ok();
    caller.put("actas/b", &[1; 100]).ok();
    caller.put("actas/c", &[1; 99]).ok();
    for (key, value) in [("d", "borrar=s%C3%AD&x=y"), ("e", "borrar=no")] {
        let put = caller.put(&format!("actas/{key}"), b"x");
        let put = put.header("x-amz-tagging", value).ok();
        assert_eq!(put.header("x-amz-expiration").is_some(), key == "d");
    }
    let abandoned = caller.begin_upload("actas/m");
    let other = caller.begin_upload("actas/n");
    in_time("what is due goes", || caller.keys_of("actas") == ["c", "e"]);
    let uploads = || {
        caller
            .ask("GET", "/actas?uploads")
            .ok()
            .elements("UploadId")
    };
    in_time("the upload is given up", || uploads() == [other.clone()]);
    assert_ne!(abandoned, other);

    let walks = "/admin/v1/agencies/agencia/lifecycle";
    in_time("the walk ends", || {
        let told = server.administer("GET", walks, &Value::Null).ok();
        let told: Value = serde_json::from_slice(&told.body).unwrap();
        let walk = &told["walks"][0];
        assert_eq!(walk["bucket"], "actas");
        walk["state"] == "done" && walk["examined"].as_u64() >= Some(3)
    });
    let home = server.stop();
    let log = evidence::agency_log(&home, "agencia");
    for (action, key, rule) in [
        ("LifecycleExpireCurrent", "log/1", "viejo"),
        ("LifecycleExpireCurrent", "b", "grande"),
        ("LifecycleExpireCurrent", "d", "marcado"),
        ("LifecycleAbortUpload", "m", "cargas"),
    ] {
        let entries = log.iter().filter(|entry| {
            entry["action"] == action && entry["key"] == key && entry["proof"] == rule
        });
        let entries: Vec<_> = entries.collect();
        assert_eq!(entries.len(), 1, "{action} {key}");
        assert_eq!(entries[0]["principal"], "lifecycle");
    }
}

#[test]
fn versions_and_markers_go_in_their_order() {
    let server = Server::with(SHORT_DAYS);
    let caller = server.agency();
    caller.make_bucket("actas").ok();
    enable_versions(&caller, "actas");
    for body in ["1", "2", "3"] {
        caller.put("actas/a", body.as_bytes()).ok();
    }
    caller.put("actas/gone", b"x").ok();
    caller.delete("actas/gone").ok();
    let noncurrent = "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker>\
                      </Expiration><NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays>\
                      </NoncurrentVersionExpiration>";
    set(&caller, "actas", &rule("r", "", noncurrent));
    let versions = || caller.ask("GET", "/actas?versions").ok().elements("Key");
    in_time("only the current version is left", || versions() == ["a"]);
    caller.get("actas/a").ok().holds(b"3");

    // A current version that expires is hidden by a delete marker, which goes later.
    set(&caller, "actas", &rule("r", "", DAY));
    in_time("it is hidden", || {
        caller.get("actas/a").send().status == 404
    });
    let hidden = caller.ask("GET", "/actas?versions").ok();
    assert_eq!(hidden.blocks("Version").len(), 1);
    assert_eq!(hidden.blocks("DeleteMarker").len(), 1);
}

#[test]
fn a_plan_says_what_would_go_and_removes_nothing() {
    let server = Server::start();
    let caller = server.agency();
    caller.make_bucket("actas").ok();
    let past = "<Expiration><Date>2020-01-01T00:00:00Z</Date></Expiration>";
    let plan = "/admin/v1/agencies/agencia/lifecycle/actas/plan";
    let told = server.administer("GET", plan, &Value::Null);
    assert_eq!(told.status, 404, "{}", told.text());
    set(&caller, "actas", &rule("todo", "<Prefix>a</Prefix>", past));
    for (key, size) in [("a1", 10), ("a2", 20_000), ("b", 5)] {
        caller.put(&format!("actas/{key}"), &vec![1; size]).ok();
    }
    let told = server.administer("GET", plan, &Value::Null).ok();
    let told: Value = serde_json::from_slice(&told.body).unwrap();
    assert_eq!(told["rules"]["todo"]["current"], 2);
    assert_eq!(told["rules"]["todo"]["bytes"], 20_010);
    assert_eq!(
        (&told["examined"], &told["whole"]),
        (&3.into(), &true.into())
    );
    assert!(!told.to_string().contains("a1"), "names are the agency's");
    assert_eq!(caller.keys_of("actas"), ["a1", "a2", "b"]);
}
