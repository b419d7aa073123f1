//! Agency keys: made, rotated, retired, destroyed by two people, and what becomes of what they
//! sealed.

use acervo::types::limits::INLINE_BYTES_MAX;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::caller::Caller;
use crate::support::request::Ask;
use crate::support::server::Server;
use crate::support::{noise, pause};

const KEYS: &str = "/admin/v1/agencies/agencia/keys";
const KEY_ID: &str = "x-amz-server-side-encryption-aws-kms-key-id";

fn told(answer: Answer, status: u16) -> Value {
    let answer = answer.status(status);
    serde_json::from_slice(&answer.body).unwrap()
}

/// A request about a key by the operator.
fn operate(server: &Server, method: &str, what: &str, status: u16) -> Value {
    told(
        server.administer(method, &format!("{KEYS}/{what}"), &Value::Null),
        status,
    )
}

/// The same by the agency's own admin: a second person.
fn confirm(server: &Server, method: &str, what: &str, status: u16) -> Value {
    let token = format!("Bearer {}", server.credential("bearer_token"));
    let path = format!("{KEYS}/{what}");
    told(
        server.admin(method, &path, &[("authorization", &token)], &Value::Null),
        status,
    )
}

fn create(server: &Server, name: &str) -> Value {
    told(
        server.administer("POST", KEYS, &json!({ "name": name })),
        201,
    )
}

fn listed(server: &Server) -> Vec<Value> {
    let all = told(server.administer("GET", KEYS, &Value::Null), 200);
    all["keys"].as_array().unwrap().clone()
}

fn under<'a>(ask: Ask<'a>, key: &str) -> Ask<'a> {
    ask.header("x-amz-server-side-encryption", "aws:kms")
        .header(KEY_ID, key)
}

/// Objects of every shape under a key: in its row, in a blob, in parts.
fn fill(agency: &Caller, key: &str) -> Vec<(String, Vec<u8>)> {
    let mut stored = Vec::new();
    for (number, size) in [900, INLINE_BYTES_MAX + 9].into_iter().enumerate() {
        let (at, body) = (format!("actas/{key}-{number}"), noise(number as u64, size));
        let arn = format!("arn:aws:kms:us-east-1:agencia:key/{key}");
        under(agency.put(&at, &body), key).ok().has(KEY_ID, &arn);
        stored.push((at, body));
    }
    let (at, body) = (format!("actas/{key}-partes"), noise(7, 40_000));
    let headers = [("x-amz-server-side-encryption", "aws:kms"), (KEY_ID, key)];
    let upload = agency.begin_upload_with(&at, &headers);
    let part = agency.part(&at, &upload, 1, &body).ok();
    let tag = part.header("etag").unwrap();
    agency.complete(&at, &upload, &[(1, tag)]).ok();
    stored.push((at, body));
    stored
}

#[test]
fn a_key_is_made_and_named_once() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let made = create(&server, "nominas");
    assert_eq!(made["state"], "active");
    assert_eq!(made["arn"], "arn:aws:kms:us-east-1:agencia:key/nominas");
    let again = server.administer("POST", KEYS, &json!({"name": "nominas"}));
    assert_eq!(told(again, 409)["error"]["code"], "key_exists");
    for wrong in ["", "Nominas", "a/b", "-a"] {
        let refused = server.administer("POST", KEYS, &json!({ "name": wrong }));
        assert_eq!(
            told(refused, 400)["error"]["code"],
            "invalid_argument",
            "{wrong}"
        );
    }
    let stored = fill(&agency, "nominas");
    let names: Vec<_> = listed(&server).iter().map(|k| k["name"].clone()).collect();
    assert_eq!(names, ["default", "nominas"]);
    assert_eq!(listed(&server)[1]["objects"], 3);
    assert_eq!(listed(&server)[0]["objects"], Value::Null);
    let server = Server::at(server.stop(), &[]);
    let agency = server.agency();
    for (at, body) in &stored {
        agency.get(at).ok().holds(body);
    }
    agency.delete(&stored[0].0).ok();
    assert_eq!(listed(&server)[1]["objects"], 2);
}

#[test]
fn a_rotated_key_seals_anew_and_opens_what_it_sealed() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    create(&server, "nominas");
    agency.put("actas/a", b"1").ok();
    let before = fill(&agency, "nominas");
    for key in ["nominas", "default"] {
        assert_eq!(
            operate(&server, "POST", &format!("{key}/rotate"), 200)["version"],
            2
        );
    }
    under(agency.put("actas/b", b"2"), "nominas").ok();
    let server = Server::at(server.kill(), &[]);
    let agency = server.agency();
    for (at, body) in &before {
        agency.get(at).ok().holds(body);
    }
    agency.get("actas/a").ok().holds(b"1");
    agency.get("actas/b").ok().holds(b"2");
    assert_eq!(listed(&server)[1]["version"], 2);
    assert_eq!(
        operate(&server, "POST", "nadie/rotate", 404)["error"]["code"],
        "no_such_key"
    );
}

#[test]
fn a_retired_key_opens_and_seals_nothing() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    create(&server, "nominas");
    let stored = fill(&agency, "nominas");
    let headers = [
        ("x-amz-server-side-encryption", "aws:kms"),
        (KEY_ID, "nominas"),
    ];
    let upload = agency.begin_upload_with("actas/subida", &headers);
    assert_eq!(
        operate(&server, "POST", "nominas/retire", 200)["state"],
        "retired"
    );
    operate(&server, "POST", "nominas/retire", 409);
    operate(&server, "POST", "nominas/rotate", 409);
    under(agency.put("actas/x", b"1"), "nominas").refused(400, "KMS.DisabledException");
    agency
        .part("actas/subida", &upload, 1, b"1")
        .refused(400, "KMS.DisabledException");
    let copy = under(agency.copy(&stored[0].0, "actas/x"), "nominas");
    copy.refused(400, "KMS.DisabledException");
    for (at, body) in &stored {
        agency.get(at).ok().holds(body);
    }
}

/// It came back as one that seals.
#[test]
fn a_retired_key_that_is_not_destroyed_after_all_stays_retired() {
    let server = Server::start();
    create(&server, "nominas");
    create(&server, "actas");
    operate(&server, "POST", "nominas/retire", 200);
    for (key, state) in [("nominas", "retired"), ("actas", "active")] {
        let destruction = format!("{key}/destruction");
        operate(&server, "POST", &destruction, 200);
        let kept = operate(&server, "DELETE", &destruction, 200);
        assert_eq!(kept["state"], state);
    }
}

#[test]
fn two_people_destroy_a_key_and_nothing_else() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    for key in ["nominas", "becas"] {
        create(&server, key);
    }
    agency.put("actas/a", b"1").ok();
    let (gone, kept) = (fill(&agency, "nominas"), fill(&agency, "becas"));
    let headers = [
        ("x-amz-server-side-encryption", "aws:kms"),
        (KEY_ID, "nominas"),
    ];
    let upload = agency.begin_upload_with("actas/subida", &headers);
    let part = agency.part("actas/subida", &upload, 1, b"1").ok();
    let tag = part.header("etag").unwrap().to_owned();

    let nobody = operate(&server, "POST", "nominas/destruction/confirmation", 409);
    assert_eq!(nobody["error"]["code"], "key_state");
    let asked = operate(&server, "POST", "nominas/destruction", 200);
    assert_eq!(asked["destruction"]["requested_by"], "operator operator");
    let alone = operate(&server, "POST", "nominas/destruction/confirmation", 409);
    assert_eq!(alone["error"]["code"], "second_person");
    under(agency.put("actas/x", b"1"), "nominas").refused(400, "KMS.DisabledException");
    agency.get(&gone[0].0).ok().holds(&gone[0].1);
    // Whoever changed their mind finds everything as it was.
    let back = confirm(&server, "DELETE", "nominas/destruction", 200);
    assert_eq!(
        (&back["state"], &back["destruction"]),
        (&json!("active"), &Value::Null)
    );
    under(agency.put("actas/x", b"1"), "nominas").ok();
    agency.delete("actas/x").ok();

    operate(&server, "POST", "nominas/destruction", 200);
    let done = confirm(&server, "POST", "nominas/destruction/confirmation", 200);
    assert_eq!(done["state"], "destroyed");
    let check = |server: &Server| {
        let agency = server.agency();
        for (at, _) in &gone {
            agency.get(at).refused(400, "KMS.DisabledException");
            agency
                .get(at)
                .header("range", "bytes=0-1")
                .refused(400, "KMS.DisabledException");
            agency
                .copy(at, "actas/y")
                .refused(400, "KMS.DisabledException");
        }
        under(agency.put("actas/x", b"1"), "nominas").refused(400, "KMS.DisabledException");
        for (at, body) in &kept {
            agency.get(at).ok().holds(body);
        }
        agency.get("actas/a").ok().holds(b"1");
    };
    check(&server);
    agency
        .complete("actas/subida", &upload, &[(1, &tag)])
        .refused(400, "KMS.DisabledException");
    for change in [
        "rotate",
        "retire",
        "destruction",
        "destruction/confirmation",
    ] {
        operate(&server, "POST", &format!("nominas/{change}"), 409);
    }
    let again = server.administer("POST", KEYS, &json!({"name": "nominas"}));
    assert_eq!(told(again, 409)["error"]["code"], "key_exists");
    let server = Server::at(server.kill(), &[]);
    check(&server);
}

#[test]
fn nobody_destroys_a_key_alone_by_another_name() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    create(&server, "nominas");
    let (at, body) = fill(&agency, "nominas").remove(0);
    let confirmation = format!("{KEYS}/nominas/destruction/confirmation");
    let confirm_as = |token: &Value| {
        let token = format!("Bearer {}", token.as_str().unwrap());
        let headers = [("authorization", token.as_str())];
        let answer = server.admin("POST", &confirmation, &headers, &Value::Null);
        assert_eq!(told(answer, 409)["error"]["code"], "second_person");
        agency.get(&at).ok().holds(&body);
    };
    // An operator and the one that it made alone are of one hand.
    let second = json!({"name": "segunda"});
    let made = server.administer_alone("POST", "/admin/v1/operators", &second);
    let made = told(made, 201);
    operate(&server, "POST", "nominas/destruction", 200);
    confirm_as(&made["token"]);
    // So are the admins of an agency, each of whom makes others alone.
    operate(&server, "DELETE", "nominas/destruction", 200);
    confirm(&server, "POST", "nominas/destruction", 200);
    let admin = format!("Bearer {}", server.credential("bearer_token"));
    let other = json!({"principal": "otra", "role": "agency-admin"});
    let headers = [("authorization", admin.as_str())];
    let tokens = "/admin/v1/agencies/agencia/tokens";
    let made = server.admin("POST", tokens, &headers, &other);
    confirm_as(&told(made, 201)["token"]);
    // Two people do: the agency's admin asked, the operator confirms.
    let done = operate(&server, "POST", "nominas/destruction/confirmation", 200);
    assert_eq!(done["state"], "destroyed");
}

#[test]
fn a_key_stays_while_a_version_that_it_seals_is_locked() {
    let server = Server::start();
    let agency = server.agency();
    agency
        .ask("PUT", "/actas")
        .header("x-amz-bucket-object-lock-enabled", "true")
        .ok();
    for key in ["nominas", "becas"] {
        create(&server, key);
    }
    let stored = fill(&agency, "nominas");
    let hold = |at: &str, id: &str, status: &str| {
        let xml = format!("<LegalHold><Status>{status}</Status></LegalHold>");
        let put = agency.at("PUT", at).query(&format!("versionId={id}"));
        put.query("legal-hold").body(xml.as_bytes()).ok();
    };
    let refused = |answer: Value| assert_eq!(answer["error"]["code"], "versions_locked");
    let confirmation = "nominas/destruction/confirmation";
    for (at, body) in &stored {
        let head = agency.head(at).ok();
        let id = head.header("x-amz-version-id").unwrap();
        hold(at, id, "ON");
        // A version is as locked when another one stands over it.
        agency.put(at, b"encima").ok();
        refused(operate(&server, "POST", "nominas/destruction", 409));
        assert_eq!(listed(&server)[1]["state"], "active");
        hold(at, id, "OFF");
        operate(&server, "POST", "nominas/destruction", 200);
        // Nor does a second person destroy what was locked since the first one asked.
        hold(at, id, "ON");
        refused(confirm(&server, "POST", confirmation, 409));
        let old = agency.get(at).query(&format!("versionId={id}"));
        old.ok().holds(body);
        confirm(&server, "DELETE", "nominas/destruction", 200);
        operate(&server, "POST", "becas/destruction", 200);
        confirm(&server, "DELETE", "becas/destruction", 200);
        hold(at, id, "OFF");
    }
    operate(&server, "POST", "nominas/destruction", 200);
    let done = confirm(&server, "POST", confirmation, 200);
    assert_eq!(done["state"], "destroyed");
}

#[test]
fn what_is_unreadable_can_be_removed() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    create(&server, "nominas");
    let gone = fill(&agency, "nominas");
    operate(&server, "POST", "nominas/destruction", 200);
    confirm(&server, "POST", "nominas/destruction/confirmation", 200);
    assert_eq!(listed(&server)[1]["objects"], 3);
    for (at, _) in &gone {
        agency.delete(at).ok();
    }
    assert_eq!(listed(&server)[1]["objects"], 0);
    agency.ask("DELETE", "/actas").ok();
}

/// Waits until no data key of any rotated key needs an older version.
fn wait_for_rewrapping(server: &Server) {
    for _ in 0..600 {
        let keys = listed(server);
        let mut states = keys.iter().map(|key| &key["rewrapping"]);
        if states.all(|state| state.is_null() || state["state"] == "done") {
            return;
        }
        pause(50);
    }
    panic!("the rewrapping does not end: {:?}", listed(server));
}

#[test]
fn after_a_rotation_old_versions_can_go() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let xml = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    agency
        .ask("PUT", "/actas?versioning")
        .body(xml.as_bytes())
        .ok();
    create(&server, "nominas");
    let mut stored = fill(&agency, "nominas");
    stored.extend(fill(&agency, "default"));
    let mut versions = Vec::new();
    for number in 0..5_u64 {
        let body = noise(number, 20_000);
        let put = agency.put("actas/versiones", &body).ok();
        versions.push((put.header("x-amz-version-id").unwrap().to_owned(), body));
    }
    let open = agency.begin_upload("actas/abierta");
    let part = agency.part("actas/abierta", &open, 1, b"1").ok();
    let tag = part.header("etag").unwrap().to_owned();
    for key in ["nominas", "default"] {
        operate(&server, "POST", &format!("{key}/rotate"), 200);
        let refused = operate(&server, "DELETE", &format!("{key}/old-versions"), 409);
        assert_eq!(refused["error"]["code"], "key_in_use");
    }
    // A part of an upload that is under way still needs the old version.
    pause(3_000);
    assert_eq!(listed(&server)[0]["rewrapping"]["state"], "running");
    agency.complete("actas/abierta", &open, &[(1, &tag)]).ok();
    wait_for_rewrapping(&server);
    assert_eq!(listed(&server)[1]["rewrapping"]["rewrapped"], 3);
    assert_eq!(listed(&server)[0]["rewrapping"]["rewrapped"], 3 + 5 + 1);
    for key in ["nominas", "default"] {
        let done = operate(&server, "DELETE", &format!("{key}/old-versions"), 200);
        assert_eq!(
            (&done["version"], &done["oldest_version"]),
            (&json!(2), &json!(2))
        );
    }
    let check = |server: &Server| {
        let agency = server.agency();
        for (at, body) in &stored {
            agency.get(at).ok().holds(body);
        }
        for (id, body) in &versions {
            let got = agency
                .get("actas/versiones")
                .query(&format!("versionId={id}"));
            got.ok().holds(body);
        }
        agency.get("actas/abierta").ok().holds(b"1");
    };
    check(&server);
    check(&Server::at(server.kill(), &[]));
}

#[test]
fn the_default_key_stays() {
    let server = Server::start();
    for change in ["retire", "destruction"] {
        let refused = operate(&server, "POST", &format!("default/{change}"), 409);
        assert_eq!(refused["error"]["code"], "default_key");
    }
}
