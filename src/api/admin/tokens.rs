//! Acervo as an issuer: short-lived tokens for principals of an agency, and the keys that sign
//! them.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::http::house::House;
use crate::audit::entry::Outcome;
use crate::auth::bearer::local::Grant;
use crate::auth::bearer::local::LOCAL_NAME;
use crate::auth::error::IssuerError;
use crate::types::limits;
use crate::types::roles::Role;

use super::answer;
use super::answer::Given;
use super::approvals::Approval;
use super::asker::Authority;
use super::body::Body;
use super::error::AdminError;
use super::error::ErrorBody;
use super::guard::GivenRights;
use super::names::agency_id;
use super::names::principal_name;

/// A token to sign.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewToken {
    /// Whom it speaks for.
    #[schema(min_length = 1, max_length = 128, example = "ventanilla")]
    principal: String,
    /// `app`, `reader`, `reviewer`, `records-officer`, `auditor` or `agency-admin`.
    role: String,
    /// Seconds for which it counts: 60 to 43200.
    #[serde(default = "one_hour")]
    #[schema(minimum = 60, maximum = 43_200)]
    lifetime_seconds: u32,
}

fn one_hour() -> u32 {
    3_600
}

fn role(text: &str) -> Result<Role, AdminError> {
    let role = Role::parse(text).filter(|role| *role != Role::Operator);
    role.ok_or_else(|| {
        let message = format!("The role is one of {}.", Role::IN_AGENCY);
        AdminError::argument(message)
    })
}

/// A new token. It is never shown again.
#[derive(Serialize, ToSchema)]
pub(super) struct SignedToken {
    /// For `Authorization: Bearer …`, or for AssumeRoleWithWebIdentity.
    token: String,
    principal: String,
    role: &'static str,
    /// When it ends (RFC 3339).
    expires: String,
}

/// Signs a token for a principal of an agency.
#[utoipa::path(post, path = "/admin/v1/agencies/{agency}/tokens", tag = "tokens",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("X-Acervo-Approval" = Option<String>, Header, description = "An approval's id")),
    request_body = NewToken, security(("operator" = []), ("agency-admin" = [])),
    responses((status = 201, body = SignedToken), (status = 202, body = Approval),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub(super) async fn create_token(
    house: web::Data<House>,
    request: HttpRequest,
    agency: web::Path<String>,
    body: Body,
) -> HttpResponse {
    answer::guarded(
        house,
        request,
        Authority::Agency(&agency),
        "CreateToken",
        StatusCode::CREATED,
        async |op| {
            let body: NewToken = body.json()?;
            let agency = agency_id(&agency)?;
            let principal = principal_name(&body.principal)?;
            let role = role(&body.role)?;
            let seconds = i64::from(body.lifetime_seconds);
            if !(60..=limits::LOCAL_TOKEN_SECONDS_MAX).contains(&seconds) {
                let message = "lifetime_seconds is a number from 60 to 43200.";
                return Err(AdminError::argument(message).into());
            }
            let subject = format!("{} {principal}", role.name());
            let given = GivenRights::of(&subject);
            let consent = op.consent(&agency, given, &body).await?;
            let draft = op.draft(&subject);
            let recorded = op.house.store.record_token(&consent, &draft).await?;
            let grant = Grant {
                agency: &agency,
                principal: &principal,
                roles: &[role],
                lifetime_seconds: seconds,
            };
            let token = op.house.own_issuer.current().mint(&grant, op.asked.at);
            Ok(Given::committed(recorded, |()| SignedToken {
                token: token.expose().to_owned(),
                principal: principal.as_str().to_owned(),
                role: role.name(),
                expires: op.asked.at.plus_seconds(seconds).iso8601(),
            }))
        },
    )
    .await
}

/// A rotation of the signing key.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Rotation {
    /// Whether every token that was signed before counts no more: after a leak.
    #[serde(default)]
    retire_earlier: bool,
}

/// The key that signs now.
#[derive(Serialize, ToSchema)]
pub(super) struct Rotated {
    /// Its name, the `kid` of its tokens.
    key_id: String,
}

/// Signs with a new key from now on. What the earlier ones signed counts until it ends, or no more.
#[utoipa::path(post, path = "/admin/v1/signing-keys/rotate", tag = "tokens",
    request_body = Option<Rotation>, security(("operator" = [])),
    responses((status = 200, body = Rotated), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub(super) async fn rotate_signing_key(
    house: web::Data<House>,
    request: HttpRequest,
    body: Body,
) -> HttpResponse {
    answer::answer(
        house,
        request,
        Authority::Operators,
        "RotateSigningKey",
        StatusCode::OK,
        async |op| {
            let body = match body.bytes()? {
                b"" => Rotation::default(),
                _ => body.json()?,
            };
            let draft = op.asked.draft(Some(op.asker), None, Outcome::Allowed);
            let store = &op.house.store;
            let rotated = store
                .rotate_signing_key(body.retire_earlier, &draft)
                .await?;
            let failed = |error: IssuerError| AdminError {
                source: Some(error.to_string()),
                ..AdminError::new(500, "internal", "The new key cannot be used; see the log.")
            };
            let generations = store.signing_generations()?;
            let current = op.house.own_issuer.rotate(&generations).map_err(failed)?;
            let settings = Some(current.settings());
            let replaced = op.house.issuers.replace(None, LOCAL_NAME, settings);
            replaced.map_err(failed)?;
            Ok(Given::committed(rotated, |()| Rotated {
                key_id: current.key_id().to_owned(),
            }))
        },
    )
    .await
}
