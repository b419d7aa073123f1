//! Tokens and set-ups of issuers, checked step by step for those who set them up.

use acervo::types::clock::Clock;
use serde_json::{Value, json};

use crate::issuers::believing;
use crate::support::provider::{Key, Mood, Provider};
use crate::support::server::Server;

const CHECK: &str = "/admin/v1/agencies/agencia/issuers/check";

/// The last step of a check, and the code of what it found.
#[track_caller]
fn told(server: &Server, body: &Value, step: &str, code: &str) {
    let answer = server.administer("POST", CHECK, body).ok();
    let found: Value = serde_json::from_slice(&answer.body).unwrap();
    let last = found["steps"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["step"], &last["code"]), (&json!(step), &json!(code)));
    assert_eq!(found["ok"], json!(code == "ok"), "{body}");
}

#[test]
fn a_token_is_checked_step_by_step() {
    let provider = Provider::start();
    let (key, stranger) = (Key::es256(), Key::es256());
    provider.offers(&[("e", &key)]);
    let server = believing(&provider, "", "");
    let now = Clock::system().now().seconds();
    let kid = json!({"kid": "e"});
    let with = |token: String| json!({"name": "estado", "token": token});
    let check = |name: &str, value: Value, step: &str, code: &str| {
        let mut claims = provider.claims("reader");
        claims[name] = value;
        told(&server, &with(key.sign(&kid, &claims)), step, code);
    };
    told(&server, &json!({"name": "estado"}), "keys", "ok");
    check("more", json!(1), "token", "ok");
    check("aud", json!("x"), "token-audience", "other_audience");
    check("iss", json!("x"), "token-issuer", "other_issuer");
    check("exp", json!(now - 60), "token-times", "expired");
    check("exp", json!(now + 9_999), "token-times", "lives_too_long");
    check("roles", json!([]), "token-claims", "no_role");
    check("agency", json!("otra"), "token-agency", "other_agency");
    check("sub", json!(null), "token-claims", "claim_mistyped");
    let claims = provider.claims("reader");
    let forged = with(stranger.sign(&kid, &claims));
    told(&server, &forged, "token-signature", "signature_mismatch");
    let unknown = with(key.sign(&json!({"kid": "f"}), &claims));
    told(&server, &unknown, "token-key", "no_such_key");
    let none = with("x.y".to_owned());
    told(&server, &none, "token-form", "not_a_token");
}

#[test]
fn a_set_up_is_checked_step_by_step() {
    let provider = Provider::start();
    let key = Key::es256();
    provider.offers(&[("e", &key)]);
    let server = believing(&provider, "", "");
    // Hosts that the installation does not name are not asked, not even to check.
    let issuer = json!({
        "name": "otro", "issuer": provider.url, "audiences": ["acervo"],
        "jwks_url": format!("{}/keys", provider.url),
    });
    let tried = json!({ "issuer": issuer });
    told(&server, &tried, "settings", "setting_wrong");
    let known = json!({"name": "estado"});
    provider.is_in(Mood::Status(404));
    told(&server, &known, "document", "status");
    provider.is_in(Mood::Says("<html>".to_owned()));
    told(&server, &known, "document", "not_discovery");
    provider.is_in(Mood::Well);
    provider.discovery("jwks_uri", "https://elsewhere.example/keys");
    told(&server, &known, "document", "keys_host_not_named");
    provider.discovery("issuer", "https://elsewhere.example");
    told(&server, &known, "document", "other_issuer");
    let status = |body: &Value| server.administer("POST", CHECK, body).status;
    assert_eq!(status(&json!({"name": "nadie"})), 404);
    assert_eq!(status(&json!({})), 400);
}
