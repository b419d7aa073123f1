//! Revocations of principals: all that was given to one no longer counts.
//!
//! Single access keys, lasting and temporary, are revoked as access keys.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::http::house::House;
use crate::meta::records::RevocationRecord;
use crate::meta::records::Revoked;

use super::agencies::Done;
use super::answer;
use super::answer::Given;
use super::approvals::Approval;
use super::asker::Authority;
use super::body::Body;
use super::error::ErrorBody;
use super::guard::GivenRights;
use super::names::agency_id;
use super::names::principal_name;

/// A revocation to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRevocation {
    /// Whose access keys, sessions and tokens no longer count.
    #[schema(min_length = 1, max_length = 128, example = "ventanilla")]
    principal: String,
    /// Whether what is given to it later does not count either, until this is lifted.
    #[serde(default)]
    standing: bool,
}

/// A revocation.
#[derive(Serialize, ToSchema)]
pub(super) struct Revocation {
    /// Whose, if it is a principal's.
    principal: Option<String>,
    /// Which, if it is an access key's.
    access_key_id: Option<String>,
    /// What was given out up to then no longer counts (RFC 3339).
    at: String,
    /// Whether what is given out later does not count either.
    standing: bool,
}

/// The revocations of an agency that can still matter.
#[derive(Serialize, ToSchema)]
pub(super) struct Revocations {
    /// The oldest first.
    revocations: Vec<Revocation>,
}

impl From<RevocationRecord> for Revocation {
    fn from(record: RevocationRecord) -> Self {
        let (principal, access_key_id) = match record.revoked {
            Revoked::Principal(name) => (Some(name.as_str().to_owned()), None),
            Revoked::Key(id) => (None, Some(id.as_str().to_owned())),
        };
        Self {
            principal,
            access_key_id,
            at: record.at.iso8601(),
            standing: record.is_standing,
        }
    }
}

/// Revokes all that a principal has: its access keys for good, its sessions and tokens.
#[utoipa::path(post, path = "/admin/v1/agencies/{agency}/revocations", tag = "revocations",
    params(("agency" = String, Path, description = "The agency's slug")),
    request_body = NewRevocation, security(("operator" = []), ("agency-admin" = [])),
    responses((status = 201, body = Done), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn create_revocation(
    house: web::Data<House>,
    request: HttpRequest,
    agency: web::Path<String>,
    body: Body,
) -> HttpResponse {
    answer::answer(
        house,
        request,
        Authority::Agency(&agency),
        "RevokePrincipal",
        StatusCode::CREATED,
        async |op| {
            let body: NewRevocation = body.json()?;
            let agency = agency_id(&agency)?;
            let revoked = Revoked::Principal(principal_name(&body.principal)?);
            let draft = op.draft(&body.principal);
            let store = &op.house.store;
            let done = store
                .revoke(&agency, revoked, body.standing, &draft)
                .await?;
            Ok(Given::committed(done, |()| Done {}))
        },
    )
    .await
}

/// Lists an agency's revocations.
#[utoipa::path(get, path = "/admin/v1/agencies/{agency}/revocations", tag = "revocations",
    params(("agency" = String, Path, description = "The agency's slug")),
    security(("operator" = []), ("agency-admin" = []), ("auditor" = [])),
    responses((status = 200, body = Revocations), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub(super) async fn list_revocations(
    house: web::Data<House>,
    request: HttpRequest,
    agency: web::Path<String>,
) -> HttpResponse {
    answer::answer(
        house,
        request,
        Authority::AgencyShown(&agency),
        "ListRevocations",
        StatusCode::OK,
        async |op| {
            let records = op.house.store.revocations(&agency_id(&agency)?).await?;
            let revocations = records.into_iter().map(Revocation::from).collect();
            answer::read(Revocations { revocations })
        },
    )
    .await
}

/// Lets what is given to a principal from now on count again.
#[utoipa::path(delete, path = "/admin/v1/agencies/{agency}/revocations/principals/{principal}",
    tag = "revocations",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("principal" = String, Path, description = "The principal's name"),
        ("X-Acervo-Approval" = Option<String>, Header, description = "An approval's id")),
    security(("operator" = []), ("agency-admin" = [])),
    responses((status = 200, body = Done), (status = 202, body = Approval),
        (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 400, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub(super) async fn lift_revocation(
    house: web::Data<House>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    answer::guarded(
        house,
        request,
        Authority::Agency(&path.0),
        "LiftRevocation",
        StatusCode::OK,
        async |op| {
            let (agency, principal) = &*path;
            let (agency, name) = (agency_id(agency)?, principal_name(principal)?);
            let given = GivenRights::of(principal);
            let consent = op.consent(&agency, given, &()).await?;
            let draft = op.draft(principal);
            let done = op
                .house
                .store
                .lift_revocation(&consent, name, &draft)
                .await?;
            Ok(Given::committed(done, |()| Done {}))
        },
    )
    .await
}
