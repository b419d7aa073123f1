//! Issuers whose keys are fetched: rotation, outages, and tokens that are meant to do harm.

use std::fs;

use acervo::types::clock::Clock;
use acervo::types::encoding::base64_url;
use serde_json::{Value, json};

use crate::sts::{assume, session, web_identity};
use crate::support::caller::Caller;
use crate::support::pause;
use crate::support::provider::{Key, Mood, Provider};
use crate::support::server::{Home, Server};
use crate::support::wire::Wire;

/// A server that believes the provider, by more settings than the usual ones.
pub(crate) fn believing(provider: &Provider, more: &str, claims: &str) -> Server {
    let home = Home::new();
    let url = &provider.url;
    let settings = format!(
        "[[auth.issuers]]\nname = \"estado\"\nissuer = \"{url}\"\naudiences = [\"acervo\"]\n\
         discovery_url = \"{url}/.well-known/openid-configuration\"\nrefresh_min_seconds = 1\n\
         {more}\n[auth.issuers.claims]\n{claims}\n"
    );
    let file = home.path().join("acervo.toml");
    fs::write(&file, settings).unwrap();
    Server::at(home, &[("ACERVO_CONFIG", file.to_str().unwrap())])
}

/// A server with a bucket `actas`, and a provider with one key of each kind.
pub(crate) fn scene() -> (Server, Provider, [(&'static str, Key); 3]) {
    let provider = Provider::start();
    let keys = [
        ("r", Key::rs256()),
        ("e", Key::es256()),
        ("d", Key::ed_dsa()),
    ];
    provider.offers(&keys.each_ref().map(|(id, key)| (*id, key)));
    let server = believing(&provider, "", "");
    provider.was_asked(1);
    server.agency().make_bucket("actas").ok();
    (server, provider, keys)
}

pub(crate) fn reader(server: &Server, token: &str) -> Caller {
    server.with_token(token)
}

#[track_caller]
pub(crate) fn opens(server: &Server, token: &str) {
    reader(server, token).ask("GET", "/actas").ok();
}

#[track_caller]
pub(crate) fn refused(server: &Server, token: &str, status: u16, code: &str) {
    reader(server, token)
        .ask("GET", "/actas")
        .refused(status, code);
}

#[test]
fn tokens_of_every_kind_of_key_are_believed() {
    let (server, provider, keys) = scene();
    for (id, key) in &keys {
        opens(
            &server,
            &key.sign(&json!({"kid": id}), &provider.claims("reader")),
        );
    }
    let [(id, key), ..] = &keys;
    let token = key.sign(&json!({"kid": id}), &provider.claims("reader"));
    opens(&server, &token);
    opens(&server, &token);
    let written = server.with_token(&token).put("actas/a", b"1").send();
    written.refused(403, "AccessDenied");
    assert_eq!(provider.times_asked(), 1, "a verified token costs no fetch");
}

#[test]
fn a_rotation_needs_no_restart_and_an_outage_changes_nothing() {
    let (server, provider, keys) = scene();
    let [_, (old_id, old), _] = &keys;
    let old_token = old.sign(&json!({"kid": old_id}), &provider.claims("reader"));
    opens(&server, &old_token);

    // A new key is fetched when the first token with it comes, and the old one is gone then.
    let new = Key::ed_dsa();
    provider.offers(&[("n", &new)]);
    pause(1_100);
    let new_token = new.sign(&json!({"kid": "n"}), &provider.claims("reader"));
    opens(&server, &new_token);
    assert_eq!(provider.times_asked(), 2);
    refused(&server, &old_token, 400, "InvalidToken");

    // The provider is out, in every way: the last good keys count on.
    server.announce("its keys cannot be fetched");
    let unknown = Key::ed_dsa();
    for mood in [
        Mood::Status(500),
        Mood::Status(302),
        Mood::Says("<html>".to_owned()),
        Mood::Says("{\"keys\":[]}".to_owned()),
        Mood::Says("x".repeat(600_000)),
    ] {
        provider.is_in(mood.clone());
        pause(1_100);
        let token = unknown.sign(&json!({"kid": "u"}), &provider.claims("reader"));
        refused(&server, &token, 400, "InvalidToken");
        opens(&server, &new_token);
        let fresh = new.sign(&json!({"kid": "n"}), &provider.claims("reader"));
        opens(&server, &fresh);
    }
    // A secret key in the set is an accident that must not be believed.
    provider.is_in(Mood::Says(
        json!({"keys": [{"kty": "oct", "kid": "u", "k": "AAAA"}]}).to_string(),
    ));
    pause(1_100);
    let token = unknown.sign(&json!({"kid": "u"}), &provider.claims("reader"));
    refused(&server, &token, 400, "InvalidToken");
    opens(&server, &new_token);
}

#[test]
fn a_provider_that_is_out_at_the_start_stops_nothing() {
    let provider = Provider::start();
    provider.is_in(Mood::Status(503));
    let server = believing(&provider, "", "");
    server.announce("its keys cannot be fetched");
    server.agency().make_bucket("actas").ok();
    let key = Key::es256();
    let token = key.sign(&json!({"kid": "e"}), &provider.claims("reader"));
    server.announce("ServiceUnavailable");
    refused(&server, &token, 503, "ServiceUnavailable");
    provider.offers(&[("e", &key)]);
    provider.is_in(Mood::Well);
    pause(1_100);
    opens(&server, &token);
}

/// A token names roles of its agency's own as it names built-in ones.
#[test]
fn a_token_names_roles_of_its_agencys_own() {
    let (server, provider, keys) = scene();
    let owner = server.agency();
    owner.put("actas/acta", b"1").ok();
    let allows = |action: &str| {
        json!({"policy": {"Version": "2012-10-17", "Statement": {"Effect": "Allow",
            "Action": action, "Resource": "arn:aws:s3:::actas/*"}}})
    };
    let of = |path: &str| format!("/admin/v1/agencies/agencia/{path}");
    let role = |method, name: &str, body: &Value| {
        let path = of(&format!("roles/{name}"));
        server.administer(method, &path, body).ok();
    };
    role("PUT", "revisa", &allows("s3:GetObject"));
    role("PUT", "escribe", &allows("s3:PutObject"));
    let [(id, key), ..] = &keys;
    let naming = |roles: Value| {
        let mut claims = provider.claims("");
        claims["roles"] = roles;
        key.sign(&json!({"kid": id}), &claims)
    };
    let token = naming(json!(["revisa", "otra-casa", "operator", "a b/c"]));
    let reviser = server.with_token(&token);
    reviser.get("actas/acta").send().holds(b"1");
    reviser.put("actas/acta", b"2").refused(403, "AccessDenied");
    // Names that are no roles here mean nothing; a token without any other is refused.
    for none in [json!(["otra-casa"]), json!(["operator"]), json!([])] {
        let token = naming(none);
        reader(&server, &token)
            .get("actas/acta")
            .refused(403, "AccessDenied");
        web_identity(&server, &token, "revisa").status(403);
    }
    let imagined = json!({"token": token, "action": "GetObject", "bucket": "actas", "key": "acta"});
    let told = server.administer("POST", &of("explain"), &imagined).ok();
    let told: Value = serde_json::from_slice(&told.body).unwrap();
    assert_eq!(told["own_roles"], json!(["revisa"]));
    assert_eq!(told["allowed"], true);
    let imagined = json!({"principal": "quien", "roles": ["escribe", "otra-casa"],
        "action": "PutObject", "bucket": "actas", "key": "acta"});
    let told = server.administer("POST", &of("explain"), &imagined).ok();
    let told: Value = serde_json::from_slice(&told.body).unwrap();
    assert_eq!(
        (&told["allowed"], &told["own_roles"]),
        (&json!(true), &json!(["escribe"]))
    );

    // A session takes one of them, and is no wider than it; nor does it take another one.
    let both = naming(json!(["revisa", "escribe"]));
    for not_its in ["otra-casa", "agency-admin", "reader", "operator"] {
        web_identity(&server, &both, not_its).status(403);
    }
    let session = session(&server, web_identity(&server, &both, "revisa"));
    session.get("actas/acta").send().holds(b"1");
    session.put("actas/acta", b"2").refused(403, "AccessDenied");
    for wider in ["escribe", "agency-admin"] {
        assume(&session, wider).status(403);
    }
    let writer = server.with_token(&both);
    writer.put("actas/acta", b"1").ok();
    // It lasts as long as the role does.
    role("DELETE", "revisa", &Value::Null);
    session.get("actas/acta").refused(403, "AccessDenied");
    reviser.get("actas/acta").refused(403, "AccessDenied");
    writer.put("actas/acta", b"1").ok();
}

/// With these settings the keys that were fetched count for so many seconds after a restart.
pub(crate) fn restarted(server: Server, keep_seconds: &str) -> Server {
    let home = server.kill();
    let file = home.path().join("acervo.toml").to_str().unwrap().to_owned();
    let kept = ("ACERVO_AUTH_KEEP_KEYS_SECONDS", keep_seconds);
    let server = Server::at(home, &[("ACERVO_CONFIG", &file), kept]);
    server.announce("its keys cannot be fetched");
    server.announce("ServiceUnavailable");
    server
}

#[test]
fn fetched_keys_count_after_a_restart_while_the_provider_is_out() {
    let (server, provider, keys) = scene();
    let [(id, key), ..] = &keys;
    let token = || key.sign(&json!({"kid": id}), &provider.claims("reader"));
    opens(&server, &token());
    // They are kept a moment after they came.
    pause(300);
    provider.is_in(Mood::Status(503));
    let server = restarted(server, "86400");
    opens(&server, &token());
    let unknown = Key::ed_dsa().sign(&json!({"kid": "u"}), &provider.claims("reader"));
    refused(&server, &unknown, 400, "InvalidToken");
    // Where none are kept, or not for so long, they must be fetched first.
    let server = restarted(server, "0");
    refused(&server, &token(), 503, "ServiceUnavailable");
    pause(2_500);
    let server = restarted(server, "2");
    refused(&server, &token(), 503, "ServiceUnavailable");
    // They end while the server runs, a verdict that was kept with them.
    let server = restarted(server, "7");
    let shown = token();
    let begun = std::time::Instant::now();
    while server.with_token(&shown).ask("GET", "/actas").send().status == 200 {
        assert!(begun.elapsed().as_secs() < 20, "they never end");
        pause(200);
    }
    refused(&server, &shown, 503, "ServiceUnavailable");
    // What was removed is not kept; what comes anew counts as ever.
    provider.is_in(Mood::Well);
    pause(1_100);
    opens(&server, &token());
}

#[test]
fn a_slow_provider_holds_up_only_what_needs_it() {
    let (server, provider, keys) = scene();
    let [_, _, (id, key)] = &keys;
    let good = key.sign(&json!({"kid": id}), &provider.claims("reader"));
    opens(&server, &good);
    let new = Key::ed_dsa();
    provider.offers(&[("n", &new), (id, key)]);
    provider.is_in(Mood::Slow(400));
    pause(1_100);
    let waiting = std::thread::scope(|scope| {
        let token = new.sign(&json!({"kid": "n"}), &provider.claims("reader"));
        let server = &server;
        let waits: Vec<_> = (0..8)
            .map(|_| {
                let caller = server.with_token(&token);
                scope.spawn(move || caller.ask("GET", "/actas").send().status)
            })
            .collect();
        for _ in 0..5 {
            opens(server, &good);
        }
        let statuses: Vec<u16> = waits.into_iter().map(|w| w.join().unwrap()).collect();
        statuses
    });
    assert_eq!(waiting, [200; 8]);
    assert_eq!(provider.times_asked(), 2, "eight requests, one fetch");
}

#[test]
fn hostile_tokens_make_nobody_fetch() {
    let (server, provider, keys) = scene();
    let [(_, rsa), _, (id, key)] = &keys;
    pause(1_100);
    let stranger = Key::ed_dsa();
    let claims = provider.claims("agency-admin");
    let with = |change: Value| {
        let mut claims = claims.clone();
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims
    };
    let now = Clock::system().now().seconds();
    let secret = rsa.public("r")["n"].as_str().unwrap().to_owned();
    let unsigned = |header: Value| {
        let part = |value: &Value| base64_url(value.to_string().as_bytes());
        format!("{}.{}.", part(&header), part(&claims))
    };
    let attempts = [
        unsigned(json!({"alg": "none"})),
        unsigned(json!({"alg": "HS256", "kid": "r", "k": secret})),
        unsigned(json!({"alg": "EdDSA", "kid": "zz"})) + "AAAA.AAAA",
        // Names of keys and places of keys that a token brings with it.
        stranger.sign(
            &json!({"kid": "../../etc/passwd", "jku": provider.url}),
            &claims,
        ),
        stranger.sign(&json!({"jwk": stranger.public("x")}), &claims),
        stranger.sign(&json!({"kid": "x", "x5u": "http://127.0.0.1:1/"}), &claims),
        stranger.sign(&json!({"kid": id, "crit": ["b64"], "b64": false}), &claims),
        // Signed by others under the names of good keys.
        stranger.sign(&json!({"kid": id}), &claims),
        stranger.sign(&json!({}), &claims),
        // Good keys, bad claims.
        key.sign(&json!({"kid": id}), &with(json!({"aud": "other"}))),
        key.sign(&json!({"kid": id}), &with(json!({"aud": ["a", "b"]}))),
        key.sign(&json!({"kid": id}), &with(json!({"aud": null}))),
        key.sign(&json!({"kid": id}), &with(json!({"iss": "http://other"}))),
        key.sign(&json!({"kid": id}), &with(json!({"exp": "never"}))),
        key.sign(&json!({"kid": id}), &with(json!({"exp": now + 90_000}))),
        key.sign(&json!({"kid": id}), &with(json!({"nbf": now + 600}))),
        key.sign(&json!({"kid": id}), &with(json!({"iat": now + 600}))),
        key.sign(&json!({"kid": id}), &with(json!({"roles": {"a": 1}}))),
        key.sign(&json!({"kid": id, "typ": "logout+jwt"}), &claims),
        key.sign(&json!({"kid": [id]}), &claims),
        // Unknown keys in tokens that would not be good anyhow.
        stranger.sign(&json!({"kid": "zz"}), &with(json!({"exp": now - 600}))),
        stranger.sign(&json!({"kid": "zz"}), &with(json!({"aud": "other"}))),
    ];
    for token in &attempts {
        refused(&server, token, 400, "InvalidToken");
    }
    assert_eq!(provider.times_asked(), 1, "none of them was worth a fetch");
    let long = key.sign(&json!({"kid": id}), &with(json!({"x": "y".repeat(20_000)})));
    refused(&server, &long, 400, "InvalidToken");
    let agency = key.sign(&json!({"kid": id}), &with(json!({"agency": "otra"})));
    refused(&server, &agency, 403, "AccessDenied");
    let operator = key.sign(&json!({"kid": id}), &with(json!({"roles": ["operator"]})));
    refused(&server, &operator, 403, "AccessDenied");
    let anywhere = key.sign(&json!({"kid": id}), &with(json!({"agency": "../agencia"})));
    refused(&server, &anywhere, 403, "AccessDenied");

    // A flood of names of keys: as many fetches as may be, not as many as tokens.
    for at in 0..50 {
        let token = stranger.sign(&json!({"kid": format!("k{at}")}), &claims);
        refused(&server, &token, 400, "InvalidToken");
    }
    assert!(provider.times_asked() <= 4, "{}", provider.times_asked());
}

#[test]
fn claims_are_mapped_by_templates_prefixes_and_lists() {
    let provider = Provider::start();
    let key = Key::es256();
    provider.offers(&[("e", &key)]);
    let server = believing(
        &provider,
        "required_claims = [\"email_verified=true\", \"groups=empleados\"]",
        "agency = \"groups\"\nagency_prefix = \"dep:\"\nprincipal = \"{azp}/{sub}\"\n\
         roles = \"resource_access.acervo.roles\"\nroles_prefix = \"acervo-\"",
    );
    server.agency().make_bucket("actas").ok();
    let claims = |change: Value| {
        let mut claims = provider.claims("none");
        claims["azp"] = json!("ventanilla");
        claims["email_verified"] = json!(true);
        claims["groups"] = json!(["empleados", "dep:agencia"]);
        claims["resource_access"] = json!({"acervo": {"roles": ["acervo-reader", "admin"]}});
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        key.sign(&json!({"kid": "e"}), &claims)
    };
    opens(&server, &claims(json!({})));
    for (change, status, code) in [
        (json!({"email_verified": false}), 400, "InvalidToken"),
        (json!({"groups": ["dep:agencia"]}), 400, "InvalidToken"),
        (
            json!({"groups": ["empleados", "dep:agencia", "dep:otra"]}),
            400,
            "InvalidToken",
        ),
        (json!({"groups": ["empleados"]}), 400, "InvalidToken"),
        (
            json!({"groups": ["empleados", "dep:otra"]}),
            403,
            "AccessDenied",
        ),
        (json!({"azp": null}), 400, "InvalidToken"),
        (json!({"azp": "con espacio"}), 403, "AccessDenied"),
        (
            json!({"resource_access": {"acervo": {"roles": ["reader"]}}}),
            403,
            "AccessDenied",
        ),
    ] {
        refused(&server, &claims(change), status, code);
    }
    // The principal is who the template says: what it makes is its own.
    let app = claims(json!({"resource_access": {"acervo": {"roles": ["acervo-app"]}}}));
    server.with_token(&app).make_bucket("propio").ok();
    let other = claims(json!({
        "sub": "otro", "resource_access": {"acervo": {"roles": ["acervo-app"]}}
    }));
    server
        .with_token(&other)
        .ask("GET", "/propio")
        .refused(403, "AccessDenied");
}

#[test]
fn a_discovery_document_leads_nowhere_else() {
    for (member, value) in [
        ("issuer", "http://127.0.0.1:1"),
        ("jwks_uri", "http://127.0.0.1:1/keys"),
        ("jwks_uri", "https://example.org/keys"),
        ("jwks_uri", "file:///etc/passwd"),
    ] {
        let provider = Provider::start();
        let key = Key::es256();
        provider.offers(&[("e", &key)]);
        provider.discovery(member, value);
        let server = believing(&provider, "", "");
        server.announce("its keys cannot be fetched");
        server.agency().make_bucket("actas").ok();
        let token = key.sign(&json!({"kid": "e"}), &provider.claims("reader"));
        server.announce("ServiceUnavailable");
        refused(&server, &token, 503, "ServiceUnavailable");
        assert_eq!(provider.times_asked(), 0);
    }
}

#[test]
fn an_agency_adds_its_own_provider_and_removes_it() {
    let provider = Provider::start();
    let key = Key::es256();
    provider.offers(&[("e", &key)]);
    let host = provider.url.trim_start_matches("http://").to_owned();
    let settings = [("ACERVO_AUTH_FETCH_HOSTS", host.as_str())];
    let server = Server::with(&settings);
    server.agency().make_bucket("actas").ok();
    server.make_agency("tesoreria");
    let path = "/admin/v1/agencies/agencia/issuers";
    let wanted = json!({
        "name": "llave", "issuer": provider.url, "audiences": ["acervo"],
        "discovery_url": format!("{}/.well-known/openid-configuration", provider.url),
        "refresh_min_seconds": 1, "tags": {"area": "dep.name"},
    });
    // By the agency's own admin, with nothing but its token.
    let token = format!("Bearer {}", server.credential("bearer_token"));
    let admin = |method: &str, path: &str, body: &Value| {
        server.admin(method, path, &[("authorization", &token)], body)
    };
    assert_eq!(admin("POST", path, &wanted).status, 201);
    assert_eq!(admin("POST", path, &wanted).status, 409);
    provider.was_asked(1);
    let good = key.sign(&json!({"kid": "e"}), &provider.claims("reader"));
    opens(&server, &good);
    // Whatever the token says, it is of that agency.
    let mut elsewhere = provider.claims("reader");
    elsewhere["agency"] = json!("tesoreria");
    opens(&server, &key.sign(&json!({"kid": "e"}), &elsewhere));
    // Nobody takes over another agency's tokens by naming its provider and audience.
    let theirs = "/admin/v1/agencies/tesoreria/issuers";
    assert_eq!(server.administer("POST", theirs, &wanted).status, 409);
    assert_eq!(admin("POST", theirs, &wanted).status, 403);
    let listed = admin("GET", path, &Value::Null).ok();
    let listed: Value = serde_json::from_slice(&listed.body).unwrap();
    assert_eq!(listed["issuers"][0]["name"], "llave");
    assert_eq!(listed["issuers"][0]["has_keys"], true);

    // What would make the server ask just anybody is refused.
    for (member, value) in [
        (
            "discovery_url",
            json!("https://169.254.169.254/latest/meta-data"),
        ),
        ("discovery_url", json!("http://localhost/x")),
        ("discovery_url", json!("file:///etc/passwd")),
        ("jwks_hosts", json!(["internal.example"])),
        ("name", json!("local")),
        ("name", json!("../x")),
        ("algorithms", json!(["HS256"])),
        ("algorithms", json!(["none"])),
        ("audiences", json!([])),
        ("principal_claim", json!("{sub")),
        ("max_lifetime_seconds", json!(100_000_000)),
        ("surprise", json!(1)),
    ] {
        let mut wrong = wanted.clone();
        wrong["name"] = json!("otro");
        wrong["issuer"] = json!("https://otro.example");
        wrong[member] = value;
        let answer = admin("POST", path, &wrong);
        assert_eq!(answer.status, 400, "{member}: {}", answer.text());
    }

    let server = Server::at(server.kill(), &settings);
    provider.was_asked(2);
    opens(&server, &good);
    let removed = format!("{path}/llave");
    server.administer("DELETE", &removed, &Value::Null).ok();
    refused(&server, &good, 400, "InvalidToken");
    assert_eq!(
        server.administer("DELETE", &removed, &Value::Null).status,
        404
    );
    let server = Server::at(server.kill(), &settings);
    refused(&server, &good, 400, "InvalidToken");
}

#[test]
fn the_installation_signs_tokens_itself_and_rotates_its_key() {
    let url = "https://acervo.example";
    let server = Server::with(&[("ACERVO_AUTH_ISSUER_URL", url)]);
    server.agency().make_bucket("actas").ok();
    let path = "/admin/v1/agencies/agencia/tokens";
    let mint = |server: &Server| {
        let wanted = json!({"principal": "lectora", "role": "reader", "lifetime_seconds": 600});
        let made = server.administer("POST", path, &wanted).status(201);
        let made: Value = serde_json::from_slice(&made.body).unwrap();
        made["token"].as_str().unwrap().to_owned()
    };
    let json_of = |server: &Server, path: &str| -> Value {
        let answer = server.nobody().ask("GET", path).ok();
        serde_json::from_slice(&answer.body).unwrap()
    };
    let document = json_of(&server, "/.well-known/openid-configuration");
    assert_eq!(document["issuer"], url);
    assert_eq!(document["jwks_uri"], format!("{url}/.well-known/jwks.json"));
    let keys = |server: &Server| {
        json_of(server, "/.well-known/jwks.json")["keys"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(keys(&server), 1);
    let first = mint(&server);
    opens(&server, &first);
    server
        .with_token(&first)
        .put("actas/a", b"1")
        .refused(403, "AccessDenied");

    let rotate = |server: &Server, body: &Value| {
        server
            .administer("POST", "/admin/v1/signing-keys/rotate", body)
            .ok();
    };
    rotate(&server, &Value::Null);
    assert_eq!(keys(&server), 2);
    let second = mint(&server);
    opens(&server, &first);
    opens(&server, &second);
    // Each agency's admin signs for its own agency alone, and nobody for an operator.
    let token = format!("Bearer {}", server.credential("bearer_token"));
    let headers = [("authorization", token.as_str())];
    let wanted = json!({"principal": "p", "role": "app"});
    server.make_agency("tesoreria");
    let elsewhere = "/admin/v1/agencies/tesoreria/tokens";
    assert_eq!(
        server.admin("POST", elsewhere, &headers, &wanted).status,
        403
    );
    for wrong in [
        json!({"principal": "p", "role": "operator"}),
        json!({"principal": "p", "role": "app", "lifetime_seconds": 43_201}),
        json!({"principal": "p q", "role": "app"}),
    ] {
        assert_eq!(server.admin("POST", path, &headers, &wrong).status, 400);
    }
    // After a leak nothing that was signed before counts, now and after a crash.
    rotate(&server, &json!({"retire_earlier": true}));
    let third = mint(&server);
    let server = Server::at(server.kill(), &[("ACERVO_AUTH_ISSUER_URL", url)]);
    opens(&server, &third);
    refused(&server, &first, 400, "InvalidToken");
    refused(&server, &second, 400, "InvalidToken");
    assert_eq!(keys(&server), 1);
    // Without a public URL there is no discovery document, and tokens of the other name end.
    let server = Server::at(server.stop(), &[]);
    let nobody = server.nobody();
    let missing = nobody.ask("GET", "/.well-known/openid-configuration");
    assert_eq!(missing.send().status, 404);
    refused(&server, &third, 400, "InvalidToken");
    opens(&server, &mint(&server));
}

#[test]
fn a_rotation_counts_also_if_its_client_goes_away() {
    let server = Server::start();
    server.agency().make_bucket("actas").ok();
    let admin = server.credential("admin_endpoint");
    let admin = admin.strip_prefix("http://").unwrap();
    let operator = server.credential("operator_token");
    let body = r#"{"retire_earlier": true}"#;
    // What is not read when a connection closes resets it.
    let rotation = format!(
        "GET /admin/v1/health/live HTTP/1.1\r\nhost: {admin}\r\n\r\n\
         POST /admin/v1/signing-keys/rotate HTTP/1.1\r\nhost: {admin}\r\n\
         authorization: Bearer {operator}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    for round in 0..20 {
        let wanted = json!({"principal": "lectora", "role": "reader", "lifetime_seconds": 600});
        let path = "/admin/v1/agencies/agencia/tokens";
        let made = server.administer("POST", path, &wanted).status(201);
        let made: Value = serde_json::from_slice(&made.body).unwrap();
        let caller = server.with_token(made["token"].as_str().unwrap());
        caller.ask("GET", "/actas").ok();
        let mut wire = Wire::to(admin);
        wire.send(rotation.as_bytes());
        pause(round % 3);
        drop(wire);
        let ends = (0..100).any(|_| {
            pause(20);
            caller.ask("GET", "/actas").send().status == 400
        });
        assert!(ends, "the rotation was committed and does not count");
    }
}
