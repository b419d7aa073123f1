//! The admin API is what its OpenAPI document says.

use serde_json::{Value, json};

use crate::admin_access::all_admin_routes;
use crate::support::answer::Answer;
use crate::support::contract::{Asked, Contract};
use crate::support::evidence::installation_log;
use crate::support::server::Server;
use crate::support::wire::Wire;

#[test]
fn every_described_route_is_there() {
    let server = Server::start();
    let document = &server.contract().0;
    let mut routes = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        let mut path = path.replace("{agency}", "agencia");
        while let (Some(start), Some(end)) = (path.find('{'), path.find('}')) {
            path.replace_range(start..=end, "nadie");
        }
        for (method, operation) in methods.as_object().unwrap() {
            for answer in operation["responses"].as_object().unwrap().values() {
                assert!(answer["description"].is_string(), "{method} {path}");
            }
            let answer = server.administer(&method.to_uppercase(), &path, &Value::Null);
            assert!(!answer.text().contains("no_such_route"), "{method} {path}");
            routes += 1;
        }
    }
    assert!(routes >= 14, "{routes}");
    let missing = server.administer("GET", "/admin/v1/nothing", &Value::Null);
    assert!(missing.text().contains("no_such_route"));
}

/// The harness holds each answer against the document; these leave nothing out.
#[test]
fn answers_have_the_members_that_are_described() {
    let server = Server::start();
    let ask = |method: &str, path: &str, body: &Value, status: u16| -> Value {
        let answer = server.administer(method, path, body).status(status);
        serde_json::from_slice(&answer.body).unwrap()
    };
    let base = "/admin/v1/agencies";
    ask("POST", base, &json!({"name": "tesoreria"}), 201);
    let agencies = ask("GET", base, &Value::Null, 200);
    assert_eq!(agencies["agencies"].as_array().map(Vec::len), Some(2));
    let keys = "/admin/v1/agencies/tesoreria/access-keys";
    let wanted = json!({"principal": "caja", "role": "app", "expires_in_seconds": 60});
    ask("POST", keys, &wanted, 201);
    let listed = ask("GET", keys, &Value::Null, 200);
    assert!(listed["access_keys"][0]["expires"].is_string());
    let wanted = json!({"principal": "caja", "role": "operator"});
    let refused = ask("POST", keys, &wanted, 400);
    assert!(refused["error"]["request_id"].is_string());
    let keys = "/admin/v1/agencies/tesoreria/keys";
    ask("POST", keys, &json!({"name": "nominas"}), 201);
    let asked = format!("{keys}/nominas/destruction");
    let asked = ask("POST", &asked, &Value::Null, 200);
    assert!(asked["destruction"]["requested_by"].is_string());
    ask("GET", keys, &Value::Null, 200);
    ask("GET", "/admin/v1/health/live", &Value::Null, 200);
    ask("GET", "/admin/v1/openapi.json", &Value::Null, 200);
}

#[test]
fn requests_and_statuses_are_held_against_the_document() {
    let server = Server::start();
    let contract = server.contract();
    let holds_with = |headers: &[(&str, &str)],
                      (method, target): (&str, &str),
                      sent: &Value,
                      status: u16,
                      body: &Value| {
        let answer = Answer {
            status,
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.to_string().into_bytes(),
            is_whole: true,
        };
        let asked = Asked {
            method,
            target,
            headers,
            sent,
        };
        contract.holds(&asked, &answer).is_ok()
    };
    let holds = |method: &str, target: &str, sent: &Value, status: u16, body: &Value| {
        holds_with(&[], (method, target), sent, status, body)
    };
    let made = json!({"name": "a", "code": "a", "state": "active", "created": "2026"});
    let error = json!({"error": {"code": "a", "message": "a", "request_id": "a"}});
    let (path, none) = ("/admin/v1/agencies", Value::Null);
    assert!(holds("POST", path, &json!({"name": "abc"}), 201, &made));
    assert!(!holds("POST", path, &json!({"name": "ab"}), 201, &made));
    assert!(!holds("POST", path, &none, 201, &made));
    assert!(!holds("POST", path, &json!({"name": "abc"}), 200, &made));
    assert!(holds("POST", path, &json!({"name": "ab"}), 400, &error));
    assert!(!holds("POST", path, &json!({"name": "ab"}), 400, &made));
    assert!(!holds("POST", path, &json!({"name": "ab"}), 418, &error));
    let list = json!({"agencies": []});
    assert!(holds("GET", path, &none, 200, &list));
    assert!(!holds("GET", path, &json!({}), 200, &list));
    assert!(!holds("GET", &format!("{path}?a=b"), &none, 200, &list));
    assert!(!holds("GET", "/admin/v1/nothing", &none, 200, &list));
    assert!(holds("GET", "/admin/v1/nothing", &none, 404, &error));
    let agency = "/admin/v1/agencies/a";
    let with = |headers: &[(&str, &str)]| {
        let suspend = format!("{agency}/suspend");
        holds_with(headers, ("POST", &suspend), &none, 200, &json!({}))
    };
    assert!(with(&[]) && with(&[("authorization", "Bearer x")]));
    assert!(!with(&[("x-acervo-approval", "1")]) && !with(&[("x-acervo-bogus", "1")]));
    let events = |query: &str| {
        let target = format!("{agency}/events?{query}");
        let none_yet = json!({"Records": [], "next": 1, "more": false});
        holds("GET", &target, &none, 200, &none_yet)
    };
    assert!(events("after=1&limit=2"));
    assert!(!events("after=a") && !events("limit=-1") && !events("bogus=1"));
    let live = ("GET", "/admin/v1/health/live");
    assert!(holds(live.0, live.1, &none, 200, &json!({"status": "ok"})));
}

/// What every route may refuse is met on every route, and is told as the document says.
#[test]
fn every_route_refuses_as_it_is_described() {
    let server = Server::with(&[("ACERVO_LIMITS_IDLE_SECONDS", "1")]);
    server.make_agency("tesoreria");
    let bearer = |token: &str| format!("Bearer {token}");
    let operator = bearer(server.credential("operator_token"));
    let admin = bearer(&server.admin_token("agencia"));
    let foreign = bearer(&server.admin_token("tesoreria"));
    let huge = Value::String("a".repeat(100_000));
    let (mut slow, mut missing) = (Vec::new(), 0);
    for (method, path, body, _) in all_admin_routes() {
        let found = server.contract().operation(&method.to_lowercase(), path);
        let (template, described) = found.unwrap();
        let is_meant_for = |who: &str| {
            let mut allowed = described["security"].as_array().unwrap().iter();
            allowed.any(|one| one.get(who).is_some())
        };
        let own = if is_meant_for("operator") {
            &operator
        } else {
            &admin
        };
        let refused = |status: u16, path: &str, headers: &[(&str, &str)], body: &Value| {
            let answer = server.admin(method, path, headers, body);
            assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
        };
        let (theirs, proof) = (("authorization", own.as_str()), "authorization");
        refused(401, path, &[], &body);
        refused(403, path, &[(proof, &foreign)], &body);
        refused(400, path, &[theirs, ("x-acervo-approval", "x")], &body);
        if template.contains("{agency}") && is_meant_for("operator") {
            let nowhere = path.replace("/agencia", "/nadie");
            let answer = server.admin(method, &nowhere, &[theirs], &body);
            // Some look at the rest of the request first.
            let (status, text) = (answer.status, answer.text());
            assert!(
                [400, 404].contains(&status),
                "{method} {path}: {status} {text}"
            );
            missing += usize::from(answer.status == 404);
        }
        if described["requestBody"].is_object() {
            refused(413, path, &[theirs], &huge);
            let mut wire = Wire::to(&server.admin_address);
            let head = format!("{method} {path} HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n");
            wire.send(format!("{head}authorization: {own}\r\n\r\n{{").as_bytes());
            slow.push((method, path, wire));
        }
    }
    assert!(missing > 25, "{missing}");
    assert!(slow.len() > 10, "{}", slow.len());
    for (method, path, mut wire) in slow {
        let answer = wire.answer(method);
        assert_eq!(answer.status, 408, "{method} {path}: {}", answer.text());
        let asked = Asked {
            method,
            target: path,
            headers: &[],
            sent: &Value::Null,
        };
        server.contract().holds(&asked, &answer).unwrap();
    }
    let log = installation_log(&server.stop());
    for code in ["body_too_large", "body_too_slow"] {
        assert!(log.iter().any(|entry| entry["code"] == code), "{code}");
    }
}

/// Whether a value is what a schema describes, beside a schema `Known`.
fn fits(schema: &Value, value: &Value) -> bool {
    let known = json!({"type": "object", "required": ["a"],
        "properties": {"a": {"type": "string", "minLength": 1}}});
    let contract = Contract(json!({"components": {"schemas": {"Known": known}}}));
    contract.fits(schema, value, "it").is_ok()
}

#[test]
fn what_is_not_described_does_not_pass() {
    let known = json!({"$ref": "#/components/schemas/Known"});
    let more = json!({"allOf": [known, {"properties": {"b": {"type": ["integer", "null"],
        "format": "int32", "minimum": 0, "maximum": 5}}}]});
    let either = json!({"oneOf": [known, {"type": "null"}]});
    let map = json!({"additionalProperties": {"type": "boolean"},
        "propertyNames": {"maxLength": 2}});
    let list = json!({"type": "array", "items": known});
    let fitting = [
        (&known, json!({"a": "x"})),
        (&more, json!({"a": "x", "b": 5})),
        (&more, json!({"a": "x", "b": null})),
        (&either, Value::Null),
        (&map, json!({"ab": true})),
        (&list, json!([{"a": "x"}])),
    ];
    for (schema, value) in fitting {
        assert!(fits(schema, &value), "{schema} {value}");
    }
    let (unknown, lost) = (json!({"pattern": "a"}), json!({"$ref": "#/nowhere"}));
    let (closed, one) = (
        json!({"additionalProperties": false}),
        json!({"enum": ["a"]}),
    );
    let strange = [
        (&known, json!({})),
        (&known, json!({"a": 1})),
        (&known, json!({"a": ""})),
        (&known, json!({"a": "x", "b": 1})),
        (&more, json!({"a": "x", "b": 6})),
        (&more, json!({"a": "x", "b": -1})),
        (&more, json!({"a": "x", "b": 1.5})),
        (&more, json!({"a": "x", "c": 1})),
        (&either, json!({"b": 1})),
        (&map, json!({"abc": true})),
        (&map, json!({"ab": 1})),
        (&list, json!([{"a": "x"}, {}])),
        (&unknown, json!("a")),
        (&lost, json!("a")),
        (&closed, json!({"a": 1})),
        (&one, json!("b")),
    ];
    for (schema, value) in strange {
        assert!(!fits(schema, &value), "{schema} {value}");
    }
}
