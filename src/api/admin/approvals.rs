//! Requests that wait for a second person: list, show, approve, refuse.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::http::house::House;
use crate::meta::commands::Decision;
use crate::meta::records::ApprovalRecord;
use crate::meta::records::ApprovalState;
use crate::store::approvals::Place;
use crate::types::clock::Time;
use crate::types::ids::ApprovalId;
use crate::types::names::AgencyId;

use super::answer;
use super::answer::Given;
use super::answer::Operation;
use super::asker::Authority;
use super::error::AdminError;
use super::error::ErrorBody;
use super::guard::Waiting;
use super::names::agency_id;

/// A request that needs a second person.
#[derive(Serialize, ToSchema)]
pub(super) struct Approval {
    approval_id: String,
    /// `waiting`, `approved`, `refused`, `used` or `expired`.
    state: &'static str,
    /// The agency in which it would give rights; `null` if it concerns the installation.
    agency: Option<String>,
    /// What is asked for, as the log calls it.
    action: String,
    /// To whom or what, in one line.
    subject: String,
    /// The request itself: its body, or words where it has none; may be `null`.
    request: Value,
    asked_by: String,
    /// When (RFC 3339).
    asked: String,
    /// Until when it can be approved and carried out (RFC 3339).
    expires: String,
    /// Who approved or refused it.
    decided_by: Option<String>,
    /// When (RFC 3339).
    decided: Option<String>,
    /// What is to be done next, in words.
    next: String,
}

/// All requests that wait for a second person, or did so lately.
#[derive(Serialize, ToSchema)]
pub(super) struct Approvals {
    /// The newest first.
    approvals: Vec<Approval>,
}

impl Approval {
    pub(super) fn waiting(waiting: Waiting, now: Time) -> Self {
        Self::new(waiting.record, waiting.agency.as_ref(), now)
    }

    fn new(record: ApprovalRecord, agency: Option<&AgencyId>, now: Time) -> Self {
        let state = match record.state {
            ApprovalState::Refused => "refused",
            ApprovalState::Used => "used",
            _ if record.expires <= now => "expired",
            ApprovalState::Waiting => "waiting",
            ApprovalState::Approved => "approved",
        };
        let id = record.id;
        let next = match state {
            "waiting" => {
                let (who, path) = match agency {
                    Some(name) => (
                        "An admin of the agency, or another operator than the asker and whom it \
                         made alone, approves it",
                        format!("/admin/v1/agencies/{name}/approvals/{id}/approve"),
                    ),
                    None => (
                        "Another operator than the asker and whom it made alone approves it",
                        format!("/admin/v1/approvals/{id}/approve"),
                    ),
                };
                format!(
                    "{who}: POST {path}. Then send the same request again with the header \
                     X-Acervo-Approval: {id}."
                )
            }
            "approved" => {
                format!("The asker sends the same request again with X-Acervo-Approval: {id}.")
            }
            _ => "Nothing; it is over.".to_owned(),
        };
        let written: Value = serde_json::from_str(&record.request).unwrap_or_default();
        let member = |name: &str| written.get(name).cloned().unwrap_or_default();
        Self {
            approval_id: id.to_string(),
            state,
            agency: agency.map(ToString::to_string),
            action: record.action,
            subject: member("subject").as_str().unwrap_or_default().to_owned(),
            request: member("request"),
            asked_by: record.asked_by,
            asked: record.asked.iso8601(),
            expires: record.expires.iso8601(),
            decided_by: record.decided_by,
            decided: record.decided.map(Time::iso8601),
            next,
        }
    }
}

fn approval_id(text: &str) -> Result<ApprovalId, AdminError> {
    ApprovalId::parse(text).map_err(|_| {
        let message = "No request waits under this id here.";
        AdminError::new(404, "no_such_approval", message)
    })
}

fn place(agency: Option<&AgencyId>) -> Place<'_> {
    agency.map_or(Place::Installation, Place::Agency)
}

async fn list(op: Operation<'_>, agency: Option<AgencyId>) -> Result<Given<Approvals>, AdminError> {
    let records = op.house.store.approvals(place(agency.as_ref())).await?;
    let shown = |record| Approval::new(record, agency.as_ref(), op.asked.at);
    let approvals = records.into_iter().map(shown).collect();
    answer::read(Approvals { approvals })
}

async fn show(
    op: Operation<'_>,
    agency: Option<AgencyId>,
    id: &str,
) -> Result<Given<Approval>, AdminError> {
    let store = &op.house.store;
    let id = approval_id(id)?;
    let record = store.approval(place(agency.as_ref()), &id).await?;
    answer::read(Approval::new(record, agency.as_ref(), op.asked.at))
}

async fn decide(
    op: Operation<'_>,
    agency: Option<AgencyId>,
    id: &str,
    decision: Decision,
) -> Result<Given<Approval>, AdminError> {
    let (at, person) = (op.asked.at, op.asker.as_person());
    let draft = op.draft(id);
    let (place, id) = (place(agency.as_ref()), approval_id(id)?);
    let store = &op.house.store;
    let decided = store.decide_approval(place, id, decision, &person, &draft);
    let shown = |record| Approval::new(record, agency.as_ref(), at);
    Ok(Given::committed(decided.await?, shown))
}

/// Lists what waits in an agency for a second person, and what did lately.
#[utoipa::path(get, path = "/admin/v1/agencies/{agency}/approvals", tag = "approvals",
    params(("agency" = String, Path, description = "The agency's slug")),
    security(("operator" = []), ("agency-admin" = []), ("auditor" = [])),
    responses((status = 200, body = Approvals), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub(super) async fn list_approvals(
    house: web::Data<House>,
    request: HttpRequest,
    agency: web::Path<String>,
) -> HttpResponse {
    answer::answer(
        house,
        request,
        Authority::AgencyShown(&agency),
        "ListApprovals",
        StatusCode::OK,
        async |op| list(op, Some(agency_id(&agency)?)).await,
    )
    .await
}

/// Shows one request that waits in an agency.
#[utoipa::path(get, path = "/admin/v1/agencies/{agency}/approvals/{approval}", tag = "approvals",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("approval" = String, Path, description = "The approval's id")),
    security(("operator" = []), ("agency-admin" = []), ("auditor" = [])),
    responses((status = 200, body = Approval), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub(super) async fn show_approval(
    house: web::Data<House>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    answer::answer(
        house,
        request,
        Authority::AgencyShown(&path.0),
        "ShowApproval",
        StatusCode::OK,
        async |op| show(op, Some(agency_id(&path.0)?), &path.1).await,
    )
    .await
}

/// Approves a request of another person: the asker can carry it out, once.
#[utoipa::path(post, path = "/admin/v1/agencies/{agency}/approvals/{approval}/approve",
    tag = "approvals",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("approval" = String, Path, description = "The approval's id")),
    security(("operator" = []), ("agency-admin" = [])),
    responses((status = 200, body = Approval), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn approve(
    house: web::Data<House>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    answer::answer(
        house,
        request,
        Authority::Agency(&path.0),
        "Approve",
        StatusCode::OK,
        async |op| decide(op, Some(agency_id(&path.0)?), &path.1, Decision::Approve).await,
    )
    .await
}

/// Refuses a request that waits; the asker may withdraw its own so.
#[utoipa::path(post, path = "/admin/v1/agencies/{agency}/approvals/{approval}/refuse",
    tag = "approvals",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("approval" = String, Path, description = "The approval's id")),
    security(("operator" = []), ("agency-admin" = [])),
    responses((status = 200, body = Approval), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn refuse(
    house: web::Data<House>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    answer::answer(
        house,
        request,
        Authority::Agency(&path.0),
        "RefuseApproval",
        StatusCode::OK,
        async |op| decide(op, Some(agency_id(&path.0)?), &path.1, Decision::Refuse).await,
    )
    .await
}

/// Lists what waits in the installation for a second operator, and what did lately.
#[utoipa::path(get, path = "/admin/v1/approvals", tag = "approvals",
    security(("operator" = [])),
    responses((status = 200, body = Approvals), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody)))]
pub(super) async fn list_installation_approvals(
    house: web::Data<House>,
    request: HttpRequest,
) -> HttpResponse {
    let (authority, ok) = (Authority::Operators, StatusCode::OK);
    answer::answer(house, request, authority, "ListApprovals", ok, async |op| {
        list(op, None).await
    })
    .await
}

/// Shows one request that waits in the installation.
#[utoipa::path(get, path = "/admin/v1/approvals/{approval}", tag = "approvals",
    params(("approval" = String, Path, description = "The approval's id")),
    security(("operator" = [])),
    responses((status = 200, body = Approval), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn show_installation_approval(
    house: web::Data<House>,
    request: HttpRequest,
    id: web::Path<String>,
) -> HttpResponse {
    let (authority, ok) = (Authority::Operators, StatusCode::OK);
    answer::answer(house, request, authority, "ShowApproval", ok, async |op| {
        show(op, None, &id).await
    })
    .await
}

/// Approves another operator's request: the asker can carry it out, once.
#[utoipa::path(post, path = "/admin/v1/approvals/{approval}/approve", tag = "approvals",
    params(("approval" = String, Path, description = "The approval's id")),
    security(("operator" = [])),
    responses((status = 200, body = Approval), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub(super) async fn approve_installation(
    house: web::Data<House>,
    request: HttpRequest,
    id: web::Path<String>,
) -> HttpResponse {
    let (authority, ok) = (Authority::Operators, StatusCode::OK);
    answer::answer(house, request, authority, "Approve", ok, async |op| {
        decide(op, None, &id, Decision::Approve).await
    })
    .await
}

/// Refuses another operator's request, or withdraws one's own.
#[utoipa::path(post, path = "/admin/v1/approvals/{approval}/refuse", tag = "approvals",
    params(("approval" = String, Path, description = "The approval's id")),
    security(("operator" = [])),
    responses((status = 200, body = Approval), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub(super) async fn refuse_installation(
    house: web::Data<House>,
    request: HttpRequest,
    id: web::Path<String>,
) -> HttpResponse {
    let (authority, ok) = (Authority::Operators, StatusCode::OK);
    answer::answer(
        house,
        request,
        authority,
        "RefuseApproval",
        ok,
        async |op| decide(op, None, &id, Decision::Refuse).await,
    )
    .await
}
