//! Every route of the admin API, and to whom it opens.

use serde_json::{Value, json};

use crate::access::scene;
use crate::consent::issuer;

/// Method, path, body, and whether it is one for the agency's own admins too.
pub(crate) type Route = (&'static str, &'static str, Value, bool);

pub(crate) fn all_admin_routes() -> Vec<Route> {
    let more = [
        job_routes(),
        role_routes(),
        identity_routes(),
        people_routes(),
        grant_routes(),
    ];
    [admin_routes(), more.concat()].concat()
}

/// Every route of the admin API, and whether it is one for the agency's own admins too.
fn admin_routes() -> Vec<Route> {
    let keys = "/admin/v1/agencies/agencia/access-keys";
    let key = "/admin/v1/agencies/agencia/access-keys/XXXX";
    let made = json!({"principal": "intrusa", "role": "agency-admin"});
    let sealing = "/admin/v1/agencies/agencia/keys";
    let unnamed = "/admin/v1/agencies/agencia/keys/nadie/destruction";
    vec![
        ("GET", sealing, Value::Null, true),
        ("POST", sealing, json!({"name": "intrusa"}), true),
        (
            "POST",
            "/admin/v1/agencies/agencia/keys/nadie/rotate",
            Value::Null,
            true,
        ),
        (
            "POST",
            "/admin/v1/agencies/agencia/keys/nadie/retire",
            Value::Null,
            true,
        ),
        (
            "DELETE",
            "/admin/v1/agencies/agencia/keys/nadie/old-versions",
            Value::Null,
            true,
        ),
        ("POST", unnamed, Value::Null, true),
        ("DELETE", unnamed, Value::Null, true),
        (
            "POST",
            "/admin/v1/agencies/agencia/keys/nadie/destruction/confirmation",
            Value::Null,
            true,
        ),
        ("GET", "/admin/v1/agencies", Value::Null, false),
        (
            "POST",
            "/admin/v1/agencies",
            json!({"name": "intrusa"}),
            false,
        ),
        (
            "POST",
            "/admin/v1/agencies/agencia/suspend",
            Value::Null,
            false,
        ),
        (
            "POST",
            "/admin/v1/agencies/agencia/resume",
            Value::Null,
            false,
        ),
        ("GET", keys, Value::Null, true),
        ("POST", keys, made, true),
        ("DELETE", key, Value::Null, true),
    ]
}

/// The routes of jobs and what they count, as in [`admin_routes`].
fn job_routes() -> Vec<Route> {
    let quotas = "/admin/v1/agencies/agencia/quotas";
    let lifecycle = "/admin/v1/agencies/agencia/lifecycle";
    let inventories = "/admin/v1/agencies/agencia/inventories";
    let webhooks = "/admin/v1/agencies/agencia/webhooks";
    let webhook = "/admin/v1/agencies/agencia/webhooks/avisos";
    let deliveries = "/admin/v1/agencies/agencia/deliveries";
    let events = "/admin/v1/agencies/agencia/events";
    let plan = "/admin/v1/agencies/agencia/lifecycle/actas/plan";
    vec![
        ("GET", quotas, Value::Null, true),
        ("PUT", quotas, json!({"bytes": 1}), false),
        ("GET", lifecycle, Value::Null, true),
        ("GET", plan, Value::Null, true),
        ("GET", inventories, Value::Null, true),
        ("GET", webhooks, Value::Null, true),
        ("PUT", webhooks, json!({"name": "x"}), true),
        ("DELETE", webhook, Value::Null, true),
        ("GET", deliveries, Value::Null, true),
        ("POST", deliveries, json!({}), true),
        ("GET", events, Value::Null, true),
    ]
}

/// The routes of roles and groups, as in [`admin_routes`].
fn role_routes() -> Vec<Route> {
    let policy = json!({"policy": {"Statement":
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}});
    let imagined = json!({"anonymous": true, "action": "ListBuckets"});
    let of = |path: &'static str| format!("/admin/v1/agencies/agencia/{path}").leak() as &str;
    let role = of("roles/intruso");
    let held = of("roles/intruso/principals/intrusa");
    let held_by_group = of("roles/intruso/groups/intrusos");
    let member = of("groups/intrusos/principals/intrusa");
    vec![
        ("GET", of("roles"), Value::Null, true),
        ("PUT", role, policy, true),
        ("PUT", held, Value::Null, true),
        ("DELETE", held, Value::Null, true),
        ("PUT", held_by_group, Value::Null, true),
        ("DELETE", held_by_group, Value::Null, true),
        ("DELETE", role, Value::Null, true),
        ("GET", of("groups"), Value::Null, true),
        ("PUT", member, Value::Null, true),
        ("DELETE", member, Value::Null, true),
        ("POST", of("explain"), imagined, true),
    ]
}

/// The routes of who is believed, as in [`admin_routes`].
fn identity_routes() -> Vec<Route> {
    let revocations = "/admin/v1/agencies/agencia/revocations";
    let lifted = "/admin/v1/agencies/agencia/revocations/principals/nadie";
    let issuers = "/admin/v1/agencies/agencia/issuers";
    let tokens = "/admin/v1/agencies/agencia/tokens";
    vec![
        ("GET", revocations, Value::Null, true),
        ("POST", revocations, json!({"principal": "intrusa"}), true),
        ("DELETE", lifted, Value::Null, true),
        ("GET", issuers, Value::Null, true),
        (
            "POST",
            "/admin/v1/agencies/agencia/issuers/check",
            json!({"name": "local"}),
            true,
        ),
        ("POST", issuers, issuer("intrusa"), true),
        (
            "DELETE",
            "/admin/v1/agencies/agencia/issuers/x",
            Value::Null,
            true,
        ),
        (
            "POST",
            tokens,
            json!({"principal": "p", "role": "app"}),
            true,
        ),
        ("POST", "/admin/v1/signing-keys/rotate", Value::Null, false),
    ]
}

/// The routes of second people and operators, as in [`admin_routes`].
fn people_routes() -> Vec<Route> {
    let theirs = |path: &'static str| format!("/admin/v1/agencies/agencia/{path}").leak() as &str;
    let operators = "/admin/v1/operators";
    vec![
        ("GET", theirs("approvals"), Value::Null, true),
        ("GET", theirs("approvals/x"), Value::Null, true),
        ("POST", theirs("approvals/x/approve"), Value::Null, true),
        ("POST", theirs("approvals/x/refuse"), Value::Null, true),
        ("GET", "/admin/v1/approvals", Value::Null, false),
        ("GET", "/admin/v1/approvals/x", Value::Null, false),
        ("POST", "/admin/v1/approvals/x/approve", Value::Null, false),
        ("POST", "/admin/v1/approvals/x/refuse", Value::Null, false),
        ("GET", operators, Value::Null, false),
        ("POST", operators, json!({"name": "intrusa"}), false),
        ("DELETE", "/admin/v1/operators/nadie", Value::Null, false),
    ]
}

fn grant_routes() -> Vec<Route> {
    let grants = "/admin/v1/agencies/agencia/grants";
    let offers = "/admin/v1/agencies/agencia/grants/offers";
    let requests = "/admin/v1/agencies/agencia/grants/requests";
    let unknown = "/admin/v1/agencies/agencia/grants/00000000000000000000000000000000";
    let approve = "/admin/v1/agencies/agencia/grants/00000000000000000000000000000000/approve";
    let refuse = "/admin/v1/agencies/agencia/grants/00000000000000000000000000000000/refuse";
    let revoke = "/admin/v1/agencies/agencia/grants/00000000000000000000000000000000/revoke";
    vec![
        ("GET", grants, Value::Null, true),
        ("POST", offers, json!({}), true),
        ("POST", requests, json!({}), true),
        ("GET", unknown, Value::Null, true),
        ("POST", approve, Value::Null, true),
        ("POST", refuse, Value::Null, true),
        ("POST", revoke, Value::Null, true),
    ]
}

#[test]
fn every_admin_route_opens_to_those_it_is_for() {
    let scene = scene();
    let server = &scene.server;
    let routes = all_admin_routes();
    let described = server.admin("GET", "/admin/v1/openapi.json", &[], &Value::Null);
    let described: Value = serde_json::from_slice(&described.ok().body).unwrap();
    let described = described["paths"].as_object().unwrap();
    let untried = untried(described, &routes);
    assert!(untried.is_empty(), "nobody tries {untried:?}");
    let signed = scene.owner.ask("GET", "/admin/v1/agencies").wired().head;
    let signature = authorization(&signed);
    let admin_token = format!("Bearer {}", server.credential("bearer_token"));
    let forged_token = format!("{admin_token}A");
    let operator = server.credential("operator_token");
    let basic = format!("Basic {operator}");
    let longer = format!("Bearer {operator}0");
    let ask = |method: &str, path: &str, body: &Value, proof: Option<&str>| {
        let headers = proof.map(|text| ("authorization", text));
        let headers: Vec<_> = headers.into_iter().collect();
        server.admin(method, path, &headers, body)
    };
    for (method, path, body, is_theirs) in &routes {
        for wrong in [
            None,
            Some("Bearer "),
            Some("Bearer x"),
            Some(forged_token.as_str()),
            Some(basic.as_str()),
            Some(longer.as_str()),
            Some(signature.as_str()),
        ] {
            let refused = ask(method, path, body, wrong);
            assert_eq!(refused.status, 401, "{method} {path} {wrong:?}");
            let told: Value = serde_json::from_slice(&refused.body).unwrap();
            assert_eq!(told["error"]["code"], "unauthorized");
        }
        let elsewhere = path.replace("agencia/", "tesoreria/");
        let elsewhere = ask(method, &elsewhere, body, Some(&admin_token));
        assert_eq!(elsewhere.status, 403, "{method} {path} of another agency");
        if !is_theirs {
            let refused = ask(method, path, body, Some(&admin_token));
            assert_eq!(refused.status, 403, "{method} {path}");
            let told: Value = serde_json::from_slice(&refused.body).unwrap();
            assert_eq!(told["error"]["code"], "forbidden");
        }
    }
    let agencies = server.administer("GET", "/admin/v1/agencies", &Value::Null);
    assert!(!agencies.ok().text().contains("intrusa"));
    for (method, path, body, _) in routes.iter().filter(|(.., is_theirs)| *is_theirs) {
        let answer = ask(method, path, body, Some(&admin_token));
        assert!(
            ![401, 403].contains(&answer.status),
            "{method} {path}: {}",
            answer.text()
        );
    }
    scene.is_untouched();
}

#[test]
fn operators_cannot_make_what_is_not_theirs_to_make() {
    let scene = scene();
    let keys = "/admin/v1/agencies/agencia/access-keys";
    for (path, body, status) in [
        (keys, json!({"principal": "p", "role": "operator"}), 400),
        (keys, json!({"principal": "p", "role": "root"}), 400),
        (keys, json!({"principal": "", "role": "app"}), 400),
        (keys, json!({"principal": "p"}), 400),
        (
            keys,
            json!({"principal": "p", "role": "app", "policy": "*"}),
            400,
        ),
        (
            "/admin/v1/agencies/nadie/access-keys",
            json!({"principal": "p", "role": "app"}),
            404,
        ),
        ("/admin/v1/agencies", json!({"name": "agencia"}), 409),
        ("/admin/v1/agencies", json!({"name": "../agencia"}), 400),
        ("/admin/v1/agencies", json!({"name": "ab"}), 400),
        ("/admin/v1/agencies", json!("x"), 400),
        ("/admin/v1/agencies/nadie/suspend", Value::Null, 404),
    ] {
        let refused = scene.server.administer("POST", path, &body);
        assert_eq!(refused.status, status, "{path} {body}: {}", refused.text());
    }
    let listed = scene
        .server
        .administer("GET", keys, &Value::Null)
        .ok()
        .text();
    let secret = scene.server.credential("secret_access_key");
    assert!(!listed.contains(secret), "a list of keys shows no secret");
}

/// The protected routes of the description that none of these is.
fn untried(described: &serde_json::Map<String, Value>, routes: &[Route]) -> Vec<String> {
    let mut untried = Vec::new();
    for (template, methods) in described {
        for (method, route) in methods.as_object().unwrap() {
            let is_it = |(tried, path, ..): &&Route| {
                tried.eq_ignore_ascii_case(method) && fits(template, path)
            };
            let is_protected = route["security"].is_array() && template != "/admin/v1/metrics";
            if is_protected && routes.iter().find(is_it).is_none() {
                untried.push(format!("{method} {template}"));
            }
        }
    }
    untried
}

/// Whether a path is one of a template's.
fn fits(template: &str, path: &str) -> bool {
    let (path, _) = path.split_once('?').unwrap_or((path, ""));
    let (template, path): (Vec<_>, Vec<_>) =
        (template.split('/').collect(), path.split('/').collect());
    let fits = |(wanted, found): (&&str, &&str)| wanted.starts_with('{') || wanted == found;
    template.len() == path.len() && template.iter().zip(&path).all(fits)
}

/// The proof in the head of a request.
fn authorization(head: &[u8]) -> String {
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let proof = lines.find_map(|line| line.strip_prefix("authorization: "));
    proof.unwrap().to_owned()
}
