//! The admin API is what its OpenAPI document says.

use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::contract::Contract;
use crate::support::server::Server;

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
    let holds = |method: &str, target: &str, sent: &Value, status: u16, body: &Value| {
        let answer = Answer {
            status,
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.to_string().into_bytes(),
            is_whole: true,
        };
        contract.holds(method, target, sent, &answer).is_ok()
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
