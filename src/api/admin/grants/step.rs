//! Steps with a grant that is there: approved, refused, revoked.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::http::house::House;
use crate::audit::entry::Draft;
use crate::meta::commands::StepGrant;
use crate::meta::grants::GrantStep;
use crate::types::grant::Side;
use crate::types::grant::Step;

use super::super::answer;
use super::super::answer::Given;
use super::super::asker::Authority;
use super::super::body::Body;
use super::super::error::AdminError;
use super::super::error::ErrorBody;
use super::super::names::agency_id;
use super::GrantPath;
use super::alias_of;
use super::grant_id;
use super::made_alias;
use super::note;
use super::show::Grant;
use super::show::Reader;

/// How a grant is approved.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api::admin) struct GrantApproval {
    /// What a grantee calls it among its buckets; else a name is made.
    alias: Option<String>,
}

async fn take(
    house: web::Data<House>,
    request: HttpRequest,
    path: GrantPath,
    body: Body,
    step: Step,
) -> HttpResponse {
    let action = match step {
        Step::Approve => "ApproveGrant",
        Step::Refuse => "RefuseGrant",
        Step::Propose | Step::Revoke => "RevokeGrant",
    };
    let authority = Authority::AgencyAlone(&path.0);
    answer::answer(
        house,
        request,
        authority,
        action,
        StatusCode::OK,
        async |op| {
            let approval: GrantApproval = match (step, body.bytes()?) {
                (_, b"") => GrantApproval::default(),
                (Step::Approve, _) => body.json()?,
                (_, _) => return Err(AdminError::argument("This takes no body.")),
            };
            let (agency, id) = (agency_id(&path.0)?, grant_id(&path.1)?);
            let known = op.house.store.grant(&agency, id).await?;
            let alias = match (step, known.side, alias_of(approval.alias.as_deref())?) {
                (Step::Approve, Side::Grantee, Some(alias)) => Some(alias),
                (Step::Approve, Side::Grantee, None) => Some(made_alias(&known.terms.grantor)?),
                (_, _, Some(_)) => {
                    return Err(AdminError::argument(
                        "The alias is chosen by the agency that reads.",
                    ));
                }
                (_, _, None) => None,
            };
            let draft = Draft {
                grant: Some(Box::new(note(
                    &path.1,
                    known.other(),
                    known.terms.purpose.as_str(),
                ))),
                ..op.draft(&path.1)
            };
            let command = StepGrant {
                id,
                step: GrantStep {
                    at: op.asked.at,
                    side: known.side,
                    step,
                    principal: op.asker.name().clone(),
                },
                alias,
            };
            let done = op.house.store.step_grant(&agency, command, &draft).await?;
            let now = op.asked.at;
            Ok(Given::committed(done, |record| {
                Grant::of(&record, now, Reader::Admin)
            }))
        },
    )
    .await
}

/// Approves what the other agency proposed: from now on it counts.
#[utoipa::path(post, path = "/admin/v1/agencies/{agency}/grants/{grant}/approve", tag = "grants",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("grant" = String, Path, description = "The grant's number")),
    request_body = Option<GrantApproval>, security(("agency-admin" = [])),
    responses((status = 200, body = Grant), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
pub(in crate::api::admin) async fn approve_grant(
    house: web::Data<House>,
    request: HttpRequest,
    path: GrantPath,
    body: Body,
) -> HttpResponse {
    take(house, request, path, body, Step::Approve).await
}

/// Does not approve what the other agency proposed.
#[utoipa::path(post, path = "/admin/v1/agencies/{agency}/grants/{grant}/refuse", tag = "grants",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("grant" = String, Path, description = "The grant's number")),
    security(("agency-admin" = [])),
    responses((status = 200, body = Grant), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 408, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(in crate::api::admin) async fn refuse_grant(
    house: web::Data<House>,
    request: HttpRequest,
    path: GrantPath,
    body: Body,
) -> HttpResponse {
    take(house, request, path, body, Step::Refuse).await
}

/// Ends a grant, or takes a proposal back; either agency may, and it counts at once.
#[utoipa::path(post, path = "/admin/v1/agencies/{agency}/grants/{grant}/revoke", tag = "grants",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("grant" = String, Path, description = "The grant's number")),
    security(("agency-admin" = [])),
    responses((status = 200, body = Grant), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 408, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(in crate::api::admin) async fn revoke_grant(
    house: web::Data<House>,
    request: HttpRequest,
    path: GrantPath,
    body: Body,
) -> HttpResponse {
    take(house, request, path, body, Step::Revoke).await
}
