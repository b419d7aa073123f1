//! Every status that the admin API's description has is met, as described.
//!
//! What every route may refuse is met route by route in `description.rs`; here is the rest: what
//! was done, what waits for a second person, what is not there, what its state does not allow.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::admin_access::all_admin_routes;
use crate::consent::issuer;
use crate::grants::{terms, with};
use crate::support::server::Server;

/// Refusals that `description.rs` meets, and faults of the store.
const ELSEWHERE: [&str; 7] = ["400", "401", "403", "408", "413", "500", "503"];

/// What takes a token of an agency that is not there, or a hundred grants that wait, to meet.
const UNMET: [&str; 2] = [
    "get /admin/v1/agencies/{agency}/events 404",
    "post /admin/v1/agencies/{agency}/grants/offers 409",
];

/// An id that no approval has.
const NO_APPROVAL: &str = "00000000000000000000";

type Met = BTreeSet<(String, String, String)>;

/// Who asks: their tokens.
struct Story {
    server: Server,
    operator: String,
    guard: String,
    admin: String,
    other: String,
    met: Met,
}

impl Story {
    fn begin() -> Self {
        let bearer = |token: &str| format!("Bearer {token}");
        let first = Server::start();
        let operator = bearer(first.credential("operator_token"));
        let admin = bearer(first.credential("bearer_token"));
        let settings = [
            ("--new-operator", "guardia"),
            ("ACERVO_WEBHOOKS_ALLOW", "avisos.example"),
        ];
        let server = Server::at(first.stop(), &settings);
        let guard = bearer(server.credential("operator_token"));
        Self {
            server,
            operator,
            guard,
            admin,
            other: String::new(),
            met: Met::new(),
        }
    }

    /// A request below `/admin/v1/`, which is answered so.
    #[track_caller]
    fn ask(&mut self, who: &str, line: &str, body: &Value, status: u16) -> Value {
        self.ask_with(None, who, line, body, status)
    }

    #[track_caller]
    fn ask_with(
        &mut self,
        approval: Option<&str>,
        who: &str,
        line: &str,
        body: &Value,
        status: u16,
    ) -> Value {
        let (method, path) = line.split_once(' ').unwrap();
        let path = format!("/admin/v1/{path}");
        let mut headers = vec![("authorization", who)];
        headers.extend(approval.map(|id| ("x-acervo-approval", id)));
        let answer = self.server.admin(method, &path, &headers, body);
        assert_eq!(answer.status, status, "{line}: {}", answer.text());
        let route = path.split('?').next().unwrap();
        let found = self
            .server
            .contract()
            .operation(&method.to_lowercase(), route);
        let (template, _) = found.unwrap();
        let (method, status) = (method.to_lowercase(), status.to_string());
        self.met.insert((method, template.to_owned(), status));
        serde_json::from_slice(&answer.body).unwrap_or_default()
    }

    /// One after another, by one asker.
    #[track_caller]
    fn all(&mut self, who: &str, steps: &[(&str, Value, u16)]) {
        for (line, body, status) in steps {
            self.ask(who, line, body, *status);
        }
    }

    /// What the description has and nobody met.
    fn unmet(&self) -> Vec<String> {
        let mut unmet = Vec::new();
        for (path, methods) in self.server.contract().0["paths"].as_object().unwrap() {
            for (method, route) in methods.as_object().unwrap() {
                for status in route["responses"].as_object().unwrap().keys() {
                    let it = (method.clone(), path.clone(), status.clone());
                    if !ELSEWHERE.contains(&status.as_str()) && !self.met.contains(&it) {
                        unmet.push(format!("{method} {path} {status}"));
                    }
                }
            }
        }
        unmet
    }
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap().to_owned()
}

/// Of an agency that is not there.
fn nowhere(story: &mut Story) {
    let operator = story.operator.clone();
    for (method, path, body, _) in all_admin_routes() {
        let described = story
            .server
            .contract()
            .operation(&method.to_lowercase(), path);
        let (template, route) = described.unwrap();
        let mut allowed = route["security"].as_array().unwrap().iter();
        let is_for_operators = allowed.any(|one| one.get("operator").is_some());
        if !is_for_operators || !template.contains("{agency}") {
            continue;
        }
        let mut body = body;
        if path.ends_with("/webhooks") && body.is_object() {
            body = json!({"name": "avisos", "url": "https://avisos.example/a"});
        }
        let path = path
            .replace("/agencia", "/nadie")
            .replace("/x", &format!("/{NO_APPROVAL}"));
        let line = format!("{method} {}", path.trim_start_matches("/admin/v1/"));
        story.ask(&operator, &line, &body, 404);
    }
}

fn agencies(story: &mut Story) {
    let operator = story.operator.clone();
    let none = || Value::Null;
    let tesoreria = json!({"name": "tesoreria"});
    story.all(
        &operator,
        &[
            ("GET health/live", none(), 200),
            ("GET health/ready-read", none(), 200),
            ("GET health/ready-write", none(), 200),
            ("GET openapi.json", none(), 200),
            ("GET metrics", none(), 200),
            ("POST agencies", tesoreria.clone(), 201),
            ("POST agencies", tesoreria, 409),
            ("GET agencies", none(), 200),
            ("POST agencies/tesoreria/suspend", none(), 200),
            ("POST agencies/tesoreria/resume", none(), 200),
            ("GET agencies/agencia/quotas", none(), 200),
            (
                "PUT agencies/agencia/quotas",
                json!({"bytes": 1_000_000}),
                200,
            ),
            ("GET agencies/agencia/lifecycle", none(), 200),
            ("GET agencies/agencia/inventories", none(), 200),
            ("POST signing-keys/rotate", none(), 200),
        ],
    );
    let wanted = json!({"principal": "jefa", "role": "agency-admin"});
    let made = story.ask(&operator, "POST agencies/tesoreria/tokens", &wanted, 201);
    story.other = format!("Bearer {}", text(&made, "token"));
}

fn keys(story: &mut Story) {
    let (operator, guard) = (story.operator.clone(), story.guard.clone());
    let at = |rest: &str| format!("agencies/agencia/keys/nominas{rest}");
    let none = Value::Null;
    let name = json!({"name": "nominas"});
    for status in [201, 409] {
        story.ask(&operator, "POST agencies/agencia/keys", &name, status);
    }
    story.ask(&operator, "GET agencies/agencia/keys", &none, 200);
    story.ask(&operator, &format!("POST {}", at("/rotate")), &none, 200);
    // Nothing needs the old version, once the job that looks has looked.
    let old = format!("DELETE {}", at("/old-versions"));
    let mut statuses = Vec::new();
    for _ in 0..200 {
        let path = format!("/admin/v1/{}", at("/old-versions"));
        let headers = [("authorization", operator.as_str())];
        let status = story.server.admin("DELETE", &path, &headers, &none).status;
        statuses.push(status);
        if status == 200 {
            break;
        }
        crate::support::pause(50);
    }
    assert!(statuses.ends_with(&[200]), "{statuses:?}");
    let template = "/admin/v1/agencies/{agency}/keys/{key}/old-versions";
    story
        .met
        .insert(("delete".into(), template.into(), "200".into()));
    story.ask(&operator, &format!("POST {}", at("/retire")), &none, 200);
    story.ask(&operator, &format!("POST {}", at("/retire")), &none, 409);
    story.ask(&operator, &format!("POST {}", at("/rotate")), &none, 409);
    let (destroy, confirm) = (at("/destruction"), at("/destruction/confirmation"));
    story.ask(&operator, &format!("POST {confirm}"), &none, 409);
    story.ask(&operator, &format!("POST {destroy}"), &none, 200);
    story.ask(&operator, &format!("DELETE {destroy}"), &none, 200);
    story.ask(&operator, &format!("DELETE {destroy}"), &none, 409);
    story.ask(&operator, &format!("POST {destroy}"), &none, 200);
    story.ask(&guard, &format!("POST {confirm}"), &none, 200);
    story.ask(&operator, &format!("POST {destroy}"), &none, 409);
    story.ask(&operator, &old, &none, 409);
}

/// What gives rights: at once by the agency's admin; by an operator only with a second person.
fn rights(story: &mut Story) {
    let (operator, guard, admin) = (
        story.operator.clone(),
        story.guard.clone(),
        story.admin.clone(),
    );
    let none = Value::Null;
    // An approval of something else.
    let wanted = json!({"principal": "otra", "role": "reader"});
    let line = "POST agencies/agencia/access-keys";
    let waiting = story.ask(&operator, line, &wanted, 202);
    let id = text(&waiting, "approval_id");
    let policy = json!({"policy": {"Statement":
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}});
    let key = json!({"principal": "nueva", "role": "reader"});
    let token = json!({"principal": "nueva", "role": "reader"});
    let revoked = json!({"principal": "nueva", "standing": true});
    story.ask(&admin, "POST agencies/agencia/revocations", &revoked, 201);
    story.ask(&admin, "GET agencies/agencia/revocations", &none, 200);
    let webhook = json!({"name": "avisos", "url": "https://avisos.example/a"});
    let guarded = [
        ("PUT agencies/agencia/webhooks", webhook, 200),
        ("POST agencies/agencia/access-keys", key, 201),
        ("POST agencies/agencia/tokens", token, 201),
        ("POST agencies/agencia/issuers", issuer("llave"), 201),
        ("PUT agencies/agencia/roles/propio", policy, 200),
        (
            "PUT agencies/agencia/roles/propio/principals/nueva",
            none.clone(),
            200,
        ),
        (
            "PUT agencies/agencia/roles/propio/groups/grupo",
            none.clone(),
            200,
        ),
        (
            "PUT agencies/agencia/groups/grupo/principals/nueva",
            none.clone(),
            200,
        ),
        (
            "DELETE agencies/agencia/groups/grupo/principals/nueva",
            none.clone(),
            200,
        ),
        (
            "DELETE agencies/agencia/roles/propio/groups/grupo",
            none.clone(),
            200,
        ),
        (
            "DELETE agencies/agencia/roles/propio/principals/nueva",
            none.clone(),
            200,
        ),
        ("DELETE agencies/agencia/roles/propio", none.clone(), 200),
        (
            "DELETE agencies/agencia/revocations/principals/nueva",
            none.clone(),
            200,
        ),
    ];
    for (line, body, done) in &guarded {
        story.ask(&operator, line, body, 202);
        story.ask_with(Some(NO_APPROVAL), &operator, line, body, 404);
        story.ask_with(Some(&id), &operator, line, body, 409);
        story.ask(&admin, line, body, *done);
    }
    decided(story, &id, &wanted);
    operators(story, &operator, &guard);
}

/// An approval is given, used and refused; what the agency's admin sees and ends.
fn decided(story: &mut Story, id: &str, wanted: &Value) {
    let (operator, admin) = (story.operator.clone(), story.admin.clone());
    let none = Value::Null;
    let line = "POST agencies/agencia/access-keys";
    let listed = story.ask(&admin, "GET agencies/agencia/access-keys", &none, 200);
    let key_id = text(&listed["access_keys"][0], "access_key_id");
    let one = format!("agencies/agencia/approvals/{id}");
    let anonymous = json!({"anonymous": true, "action": "ListBuckets"});
    story.all(
        &admin,
        &[
            ("GET agencies/agencia/issuers", none.clone(), 200),
            (
                "POST agencies/agencia/issuers/check",
                json!({"name": "llave"}),
                200,
            ),
            ("DELETE agencies/agencia/issuers/llave", none.clone(), 200),
            ("GET agencies/agencia/roles", none.clone(), 200),
            ("GET agencies/agencia/groups", none.clone(), 200),
            ("POST agencies/agencia/explain", anonymous, 200),
            ("GET agencies/agencia/approvals", none.clone(), 200),
            (&format!("GET {one}"), none.clone(), 200),
            (&format!("POST {one}/approve"), none.clone(), 200),
            (&format!("POST {one}/approve"), none.clone(), 409),
        ],
    );
    story.ask_with(Some(id), &operator, line, wanted, 201);
    story.ask(&admin, &format!("POST {one}/refuse"), &none, 409);
    let wanted = json!({"principal": "tercera", "role": "reader"});
    let waiting = story.ask(&operator, line, &wanted, 202);
    let one = format!(
        "agencies/agencia/approvals/{}",
        text(&waiting, "approval_id")
    );
    story.ask(&admin, &format!("POST {one}/refuse"), &none, 200);
    let revoke = format!("DELETE agencies/agencia/access-keys/{key_id}");
    story.ask(&admin, &revoke, &none, 200);
}

fn operators(story: &mut Story, operator: &str, guard: &str) {
    let none = Value::Null;
    let (line, third) = ("POST operators", json!({"name": "tercera"}));
    let waiting = story.ask(operator, line, &third, 202);
    let id = text(&waiting, "approval_id");
    story.ask_with(Some(NO_APPROVAL), operator, line, &third, 404);
    story.ask_with(Some(&id), operator, line, &json!({"name": "cuarta"}), 409);
    story.ask(operator, "GET approvals", &none, 200);
    story.ask(operator, &format!("GET approvals/{id}"), &none, 200);
    for verb in ["approve", "refuse"] {
        story.ask(
            operator,
            &format!("POST approvals/{NO_APPROVAL}/{verb}"),
            &none,
            404,
        );
    }
    story.ask(
        operator,
        &format!("GET approvals/{NO_APPROVAL}"),
        &none,
        404,
    );
    story.ask(guard, &format!("POST approvals/{id}/approve"), &none, 200);
    story.ask(guard, &format!("POST approvals/{id}/approve"), &none, 409);
    story.ask_with(Some(&id), operator, line, &third, 201);
    story.ask(guard, &format!("POST approvals/{id}/refuse"), &none, 409);
    let waiting = story.ask(operator, line, &json!({"name": "quinta"}), 202);
    let id = text(&waiting, "approval_id");
    story.ask(guard, &format!("POST approvals/{id}/refuse"), &none, 200);
    story.ask(operator, "GET operators", &none, 200);
    story.ask(operator, "DELETE operators/nadie", &none, 404);
    story.ask(operator, "DELETE operators/tercera", &none, 200);
    story.ask(operator, "DELETE operators/guardia", &none, 200);
    story.ask(operator, "DELETE operators/operator", &none, 409);
}

fn events(story: &mut Story) {
    let admin = story.admin.clone();
    let none = || Value::Null;
    story.all(
        &admin,
        &[
            ("GET agencies/agencia/webhooks", none(), 200),
            ("GET agencies/agencia/deliveries", none(), 200),
            ("POST agencies/agencia/deliveries", json!({}), 200),
            ("GET agencies/agencia/events?after=0&limit=10", none(), 200),
            ("DELETE agencies/agencia/webhooks/avisos", none(), 200),
            ("GET agencies/agencia/lifecycle/actas/plan", none(), 200),
        ],
    );
}

fn grants(story: &mut Story) {
    let (admin, other) = (story.admin.clone(), story.other.clone());
    let none = Value::Null;
    let offer = with(terms(), json!({"agency": "tesoreria"}));
    let request = with(terms(), json!({"agency": "agencia", "alias": "pedidas"}));
    let offers = "POST agencies/agencia/grants/offers";
    let requests = "POST agencies/tesoreria/grants/requests";
    for (who, line, body) in [(&admin, offers, &offer), (&other, requests, &request)] {
        let to_nobody = with(body.clone(), json!({"agency": "nadie"}));
        story.ask(who, line, &to_nobody, 404);
        story.ask(who, line, body, 201);
    }
    let taken = with(request, json!({"prefix": "2025/"}));
    story.ask(&other, requests, &taken, 409);
    let listed = story.ask(&admin, "GET agencies/agencia/grants", &none, 200);
    let ids = listed["grants"].as_array().unwrap().iter();
    let ids: Vec<String> = ids.map(|grant| text(grant, "id")).collect();
    let unknown = "00000000000000000000000000000000";
    for (side, who) in [("agencia", &admin), ("tesoreria", &other)] {
        story.ask(
            who,
            &format!("GET agencies/{side}/grants/{}", ids[0]),
            &none,
            200,
        );
        for verb in ["approve", "refuse", "revoke"] {
            let line = format!("POST agencies/{side}/grants/{unknown}/{verb}");
            story.ask(who, &line, &none, 404);
        }
    }
    // A request is the grantor's to approve, an offer the grantee's.
    let is_request = |story: &mut Story, id: &str| {
        let shown = story.ask(
            &admin,
            &format!("GET agencies/agencia/grants/{id}"),
            &none,
            200,
        );
        shown["state"] == "requested"
    };
    let asked = ids.iter().find(|id| is_request(story, id)).unwrap().clone();
    let offered = ids.iter().find(|id| **id != asked).unwrap().clone();
    let line = |id: &str, verb: &str| format!("POST agencies/agencia/grants/{id}/{verb}");
    story.ask(&admin, &line(&asked, "approve"), &none, 200);
    story.ask(&admin, &line(&asked, "approve"), &none, 409);
    story.ask(&admin, &line(&asked, "refuse"), &none, 409);
    story.ask(&admin, &line(&asked, "revoke"), &none, 200);
    story.ask(&admin, &line(&asked, "revoke"), &none, 409);
    let refuse = format!("POST agencies/tesoreria/grants/{offered}/refuse");
    story.ask(&other, &refuse, &none, 200);
}

#[test]
fn every_described_status_is_met() {
    let mut story = Story::begin();
    agencies(&mut story);
    nowhere(&mut story);
    keys(&mut story);
    let reader = story
        .server
        .with_token(story.admin.trim_start_matches("Bearer "));
    reader.make_bucket("actas").ok();
    let rules = "<LifecycleConfiguration><Rule><Status>Enabled</Status><Filter/>\
                 <Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>";
    reader
        .at("PUT", "actas")
        .query("lifecycle")
        .body(rules.as_bytes())
        .ok();
    reader.put("actas/acta", b"secreto").ok();
    grants(&mut story);
    rights(&mut story);
    events(&mut story);
    assert_eq!(story.unmet(), UNMET);
}
