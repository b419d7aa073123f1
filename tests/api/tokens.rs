//! Bearer tokens of an identity provider that the installation is configured to believe.

use std::fs;

use acervo::auth::bearer::local::{Grant, LocalIssuer};
use acervo::crypto::secret::SecretKey;
use acervo::types::clock::{Clock, Time};
use acervo::types::names::{AgencyId, PrincipalName};
use acervo::types::roles::Role;
use serde_json::Value;

use crate::support::server::{Home, Server};

const ISSUER: &str = "https://identidad.estado.example";

/// A provider whose keys the server read from a file at its start.
fn provider(home: &Home) -> LocalIssuer {
    let provider = LocalIssuer::new(&SecretKey::new([7; 32]), ISSUER, "acervo").unwrap();
    let keys = home.path().join("keys.json");
    fs::write(&keys, provider.key_set()).unwrap();
    let settings = format!(
        "[[auth.issuers]]\nname = \"estado\"\nissuer = \"{ISSUER}\"\naudiences = [\"acervo\"]\n\
         jwks_file = \"{}\"\nalgorithms = [\"EdDSA\"]\nmax_lifetime_seconds = 3600\n\
         [auth.issuers.claims]\nagency = \"agency\"\nprincipal = \"sub\"\nroles = \"roles\"\n",
        keys.display()
    );
    fs::write(home.path().join("acervo.toml"), settings).unwrap();
    provider
}

fn token(provider: &LocalIssuer, agency: &str, role: Role, at: Time) -> String {
    let (agency, principal) = (AgencyId::parse(agency).unwrap(), "ventanilla@estado");
    let principal = PrincipalName::parse(principal).unwrap();
    let grant = Grant {
        agency: &agency,
        principal: &principal,
        roles: &[role],
        lifetime_seconds: 600,
    };
    provider.mint(&grant, at).expose().to_owned()
}

#[test]
fn a_configured_provider_is_believed_within_its_tokens() {
    let home = Home::new();
    let provider = provider(&home);
    let file = home.path().join("acervo.toml");
    let server = Server::at(home, &[("ACERVO_CONFIG", file.to_str().unwrap())]);
    let now = Clock::system().now();

    let app = server.with_token(&token(&provider, "agencia", Role::App, now));
    app.make_bucket("tramites").ok();
    app.put("tramites/acta", b"acta").ok();
    app.get("tramites/acta").ok().holds(b"acta");

    let reader = server.with_token(&token(&provider, "agencia", Role::Reader, now));
    reader.get("tramites/acta").ok().holds(b"acta");
    reader
        .put("tramites/acta", b"otra")
        .refused(403, "AccessDenied");

    let stranger = server.with_token(&token(&provider, "tesoreria", Role::App, now));
    stranger.get("tramites/acta").refused(403, "AccessDenied");

    let keys = "/admin/v1/agencies/agencia/access-keys";
    for (role, status) in [
        (Role::App, 403),
        (Role::Reader, 403),
        (Role::AgencyAdmin, 200),
    ] {
        let proof = format!("Bearer {}", token(&provider, "agencia", role, now));
        let headers = [("authorization", proof.as_str())];
        let answer = server.admin("GET", keys, &headers, &Value::Null);
        assert_eq!(answer.status, status, "{role:?}: {}", answer.text());
    }

    let late = now.plus_seconds(-700);
    let expired = server.with_token(&token(&provider, "agencia", Role::App, late));
    expired.get("tramites/acta").refused(400, "ExpiredToken");

    let forger = LocalIssuer::new(&SecretKey::new([8; 32]), ISSUER, "acervo").unwrap();
    let forged = server.with_token(&token(&forger, "agencia", Role::AgencyAdmin, now));
    forged.get("tramites/acta").refused(400, "InvalidToken");
}
