//! What others need to verify the tokens of the installation's own issuer: its discovery document
//! and its public keys, for anybody.
//!
//! Source: OpenID Connect Discovery 1.0 sections 3 and 4; RFC 7517.

use std::sync::Arc;

use actix_http::Method;
use actix_http::Response;
use actix_http::ResponseBuilder;
use actix_http::StatusCode;
use actix_http::body::BoxBody;
use serde_json::json;

use crate::api::http::head::Arrival;
use crate::api::http::head::Head;
use crate::api::http::house::House;
use crate::audit::entry::Draft;
use crate::audit::entry::Named;
use crate::audit::entry::Outcome;
use crate::auth::bearer::keys::TokenAlgorithm;

const DISCOVERY: &str = "/.well-known/openid-configuration";
const KEYS: &str = "/.well-known/jwks.json";

/// Whether a request asks for one of them: no bucket has a name that begins with a dot.
pub fn is_asked(method: &Method, path: &str) -> bool {
    *method == Method::GET && (path == DISCOVERY || path == KEYS)
}

/// Answers one request.
pub async fn answer(house: Arc<House>, head: Head) -> Response<BoxBody> {
    let is_keys = head.uri.path() == KEYS;
    let action = if is_keys {
        "GetSigningKeys"
    } else {
        "GetOpenIdConfiguration"
    };
    let document = if is_keys {
        Some(house.own_issuer.current().key_set())
    } else {
        discovery(house.own_issuer.name())
    };
    let outcome = match &document {
        Some(_) => Outcome::Allowed,
        None => Outcome::Refused {
            code: "NotFound",
            rule: "the setting auth.issuer_url is not set",
        },
    };
    let arrival = Arrival::now(&house, &head);
    let id = arrival.id;
    let draft = Draft {
        at: arrival.at,
        request_id: id,
        remote: &arrival.remote,
        principal: None,
        proof: None,
        action,
        bucket: None,
        object_key: None,
        named: Named::default(),
        outcome,
        grant: None,
    };
    let recorded = house.store.record(None, &draft).await;
    let (status, body) = match (recorded, document) {
        (Ok(()), Some(document)) => (StatusCode::OK, document),
        (Ok(()), None) => {
            let why = "This installation has no public URL as an issuer.";
            (StatusCode::NOT_FOUND, json!({ "error": why }).to_string())
        }
        (Err(error), _) => {
            let error: &dyn std::error::Error = &error;
            tracing::error!(request = %id, action, error, "failed");
            let why = "The store cannot serve this request now; try again.";
            let body = json!({ "error": why }).to_string();
            (StatusCode::SERVICE_UNAVAILABLE, body)
        }
    };
    ResponseBuilder::new(status)
        .insert_header(("content-type", "application/json"))
        .insert_header(("cache-control", "public, max-age=300"))
        .insert_header(("x-amz-request-id", id.to_string()))
        .insert_header(("server", "Acervo"))
        .body(body)
        .map_into_boxed_body()
}

/// The document, if the issuer's name is a URL below which it can stand.
fn discovery(issuer: &str) -> Option<String> {
    if !issuer.starts_with("http") {
        return None;
    }
    let document = json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}{KEYS}"),
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [TokenAlgorithm::EdDsa.name()],
        "claims_supported": ["iss", "sub", "aud", "exp", "iat", "nbf", "jti", "agency", "roles"],
    });
    Some(document.to_string())
}
