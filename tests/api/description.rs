//! The admin API is what its OpenAPI document says.

use serde_json::{Value, json};

use crate::support::server::Server;

fn described(server: &Server) -> Value {
    let document = server.administer("GET", "/admin/v1/openapi.json", &Value::Null);
    serde_json::from_slice(&document.ok().body).unwrap()
}

/// The names of a schema's members, and those that must be there.
fn members(document: &Value, schema: &str) -> (Vec<String>, Vec<String>) {
    let schema = &document["components"]["schemas"][schema];
    let names = schema["properties"].as_object().unwrap().keys().cloned();
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let required = required
        .iter()
        .map(|name| name.as_str().unwrap().to_owned());
    (names.collect(), required.collect())
}

#[track_caller]
fn fits(document: &Value, schema: &str, answer: &Value) {
    let (names, required) = members(document, schema);
    let object = answer.as_object().unwrap();
    for name in object.keys() {
        assert!(names.contains(name), "{schema} does not describe {name}");
    }
    for name in required {
        assert!(object.contains_key(&name), "{schema} promises {name}");
    }
}

#[test]
fn every_described_route_is_there() {
    let server = Server::start();
    let document = described(&server);
    let mut routes = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        let mut path = path.replace("{agency}", "agencia");
        while let (Some(start), Some(end)) = (path.find('{'), path.find('}')) {
            path.replace_range(start..=end, "nadie");
        }
        for method in methods.as_object().unwrap().keys() {
            let answer = server.administer(&method.to_uppercase(), &path, &Value::Null);
            assert!(!answer.text().contains("no_such_route"), "{method} {path}");
            routes += 1;
        }
    }
    assert!(routes >= 14, "{routes}");
    let missing = server.administer("GET", "/admin/v1/nothing", &Value::Null);
    assert!(missing.text().contains("no_such_route"));
}

#[test]
fn answers_have_the_members_that_are_described() {
    let server = Server::start();
    let document = described(&server);
    let ask = |method: &str, path: &str, body: &Value| -> Value {
        serde_json::from_slice(&server.administer(method, path, body).body).unwrap()
    };
    let agency = ask("POST", "/admin/v1/agencies", &json!({"name": "tesoreria"}));
    fits(&document, "Agency", &agency);
    let agencies = ask("GET", "/admin/v1/agencies", &Value::Null);
    fits(&document, "Agencies", &agencies);
    fits(&document, "Agency", &agencies["agencies"][0]);
    let keys = "/admin/v1/agencies/tesoreria/access-keys";
    let wanted = json!({"principal": "caja", "role": "app", "expires_in_seconds": 60});
    fits(&document, "CreatedAccessKey", &ask("POST", keys, &wanted));
    let listed = ask("GET", keys, &Value::Null);
    fits(&document, "AccessKeys", &listed);
    fits(&document, "AccessKey", &listed["access_keys"][0]);
    let refused = ask(
        "POST",
        keys,
        &json!({"principal": "caja", "role": "operator"}),
    );
    fits(&document, "ErrorBody", &refused);
    fits(&document, "ErrorDetail", &refused["error"]);
    let keys = "/admin/v1/agencies/tesoreria/keys";
    fits(
        &document,
        "Key",
        &ask("POST", keys, &json!({"name": "nominas"})),
    );
    let asked = format!("{keys}/nominas/destruction");
    let asked = ask("POST", &asked, &Value::Null);
    fits(&document, "Destruction", &asked["destruction"]);
    fits(&document, "Keys", &ask("GET", keys, &Value::Null));
    fits(
        &document,
        "Health",
        &ask("GET", "/admin/v1/health/live", &Value::Null),
    );
}
