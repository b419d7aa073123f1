//! Sessions, which end with what their tokens rested on.

use serde_json::{Value, json};

use crate::issuers::{refused, scene};
use crate::sts::{assume, session, web_identity};
use crate::support::caller::Caller;
use crate::support::pause;
use crate::support::provider::{Key, Provider};
use crate::support::server::Server;

/// What a session that is made now by this token answers to a listing, then and later.
#[track_caller]
fn session_of(server: &Server, token: &str) -> Caller {
    let made = session(server, web_identity(server, token, "reader"));
    made.ask("GET", "/actas").ok();
    made
}

#[track_caller]
fn is_over(session: &Caller) {
    let asked = session.ask("GET", "/actas").send();
    assert_eq!(asked.status, 400, "{}", asked.text());
    asked.refused(400, "InvalidToken");
}

#[test]
fn a_session_ends_with_the_issuer_and_the_key_of_its_token() {
    let provider = Provider::start();
    let (old, new) = (Key::es256(), Key::ed_dsa());
    provider.offers(&[("o", &old), ("n", &new)]);
    let host = provider.url.trim_start_matches("http://").to_owned();
    let settings = [("ACERVO_AUTH_FETCH_HOSTS", host.as_str())];
    let server = Server::with(&settings);
    server.agency().make_bucket("actas").ok();
    let path = "/admin/v1/agencies/agencia/issuers";
    let wanted = json!({
        "name": "llave", "issuer": provider.url, "audiences": ["acervo"],
        "discovery_url": format!("{}/.well-known/openid-configuration", provider.url),
        "refresh_min_seconds": 1,
    });
    server.administer("POST", path, &wanted).status(201);
    provider.was_asked(1);
    let token = |key: &Key, id: &str| key.sign(&json!({"kid": id}), &provider.claims("reader"));
    let by_old = session_of(&server, &token(&old, "o"));
    let by_new = session_of(&server, &token(&new, "n"));
    let again = session(&server, assume(&by_new, "reader"));
    again.ask("GET", "/actas").ok();
    // The provider gives a key up: what it signed counts no more, nor what was made of that.
    provider.offers(&[("n", &new)]);
    pause(1_100);
    refused(&server, &token(&Key::ed_dsa(), "x"), 400, "InvalidToken");
    is_over(&by_old);
    let server = Server::at(server.kill(), &settings);
    let moved = |caller: Caller| Caller {
        address: server.address.clone(),
        ..caller
    };
    let (by_new, again) = (moved(by_new), moved(again));
    by_new.ask("GET", "/actas").ok();
    // The agency trusts it no more.
    let removed = format!("{path}/llave");
    server.administer("DELETE", &removed, &Value::Null).ok();
    is_over(&by_new);
    is_over(&again);
    // An issuer of its name and with its key is another one.
    let other = json!({
        "name": "llave", "issuer": "https://otro.example", "audiences": ["acervo"],
        "jwks": {"keys": [new.public("n")]},
    });
    server.administer("POST", path, &other).status(201);
    is_over(&by_new);
}

#[test]
fn a_session_ends_with_the_signing_key_of_the_installation() {
    let server = Server::start();
    server.agency().make_bucket("actas").ok();
    let path = "/admin/v1/agencies/agencia/tokens";
    let wanted = json!({"principal": "lectora", "role": "reader", "lifetime_seconds": 600});
    let made = server.administer("POST", path, &wanted).status(201);
    let made: Value = serde_json::from_slice(&made.body).unwrap();
    let by_token = session_of(&server, made["token"].as_str().unwrap());
    let by_key = session(&server, assume(&server.agency(), "agency-admin"));
    let rotate = |body: &Value| {
        let path = "/admin/v1/signing-keys/rotate";
        server.administer("POST", path, body).ok();
    };
    rotate(&Value::Null);
    by_token.ask("GET", "/actas").ok();
    rotate(&json!({"retire_earlier": true}));
    is_over(&by_token);
    by_key.ask("GET", "/actas").ok();
}

#[test]
fn a_session_is_told_by_the_claims_of_its_token() {
    let (server, provider, [(id, key), ..]) = scene();
    let owner = server.agency();
    owner.put("actas/acta", b"secreto").ok();
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::actas/*",
            "Condition": {"StringEquals": {"jwt:contract.kind": "external"}}}]});
    let policy = policy.to_string();
    owner
        .ask("PUT", "/actas?policy")
        .body(policy.as_bytes())
        .ok();
    let token = |kind: &str, more: usize| {
        let mut claims = provider.claims("reader");
        claims["contract"] = json!({"kind": kind});
        claims["more"] = json!("x".repeat(more));
        key.sign(&json!({"kid": id}), &claims)
    };
    server
        .with_token(&token("external", 0))
        .get("actas/acta")
        .refused(403, "AccessDenied");
    let of = |token: String| session(&server, web_identity(&server, &token, "reader"));
    let external = of(token("external", 0));
    external.get("actas/acta").refused(403, "AccessDenied");
    let again = session(&server, assume(&external, "reader"));
    again.get("actas/acta").refused(403, "AccessDenied");
    of(token("own", 0)).get("actas/acta").ok();
    // What does not fit into a session's token is not known, so what depends on it is forbidden.
    server
        .with_token(&token("own", 6_000))
        .get("actas/acta")
        .ok();
    let of_many = of(token("own", 6_000));
    of_many.get("actas/acta").refused(403, "AccessDenied");
    of_many.ask("GET", "/actas").ok();
}
