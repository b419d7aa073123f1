//! Agencies: create, list, suspend, resume.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::http::house::House;
use crate::meta::records::AgencyRecord;
use crate::meta::records::AgencyState;

use super::answer;
use super::answer::Given;
use super::asker::Authority;
use super::body::Body;
use super::error::ErrorBody;
use super::names::agency_id;

/// An agency to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAgency {
    /// Its slug: 3 to 40 characters of a-z, 0-9 and -.
    #[schema(min_length = 3, max_length = 40, example = "registro-civil")]
    name: String,
}

/// An agency.
#[derive(Serialize, ToSchema)]
pub(super) struct Agency {
    /// Its slug.
    name: String,
    /// The five characters by which its access keys name it.
    code: String,
    /// `active` or `suspended`.
    state: &'static str,
    /// When it was made (RFC 3339).
    created: String,
}

/// All agencies.
#[derive(Serialize, ToSchema)]
pub(super) struct Agencies {
    /// By name.
    agencies: Vec<Agency>,
}

/// Nothing more to say.
#[derive(Serialize, ToSchema)]
pub(super) struct Done {}

impl From<AgencyRecord> for Agency {
    fn from(record: AgencyRecord) -> Self {
        Self {
            name: record.agency.as_str().to_owned(),
            code: record.code.as_str().to_owned(),
            state: match record.state {
                AgencyState::Active => "active",
                AgencyState::Suspended => "suspended",
            },
            created: record.created.iso8601(),
        }
    }
}

/// Makes an agency with keys and a database of its own.
#[utoipa::path(post, path = "/admin/v1/agencies", tag = "agencies", request_body = NewAgency,
    security(("operator" = [])),
    responses((status = 201, body = Agency), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn create_agency(
    house: web::Data<House>,
    request: HttpRequest,
    body: Body,
) -> HttpResponse {
    answer::answer(
        house,
        request,
        Authority::Operators,
        "CreateAgency",
        StatusCode::CREATED,
        async |op| {
            let body: NewAgency = body.json()?;
            let agency = agency_id(&body.name)?;
            let draft = op.draft(&body.name);
            let created = op.house.store.create_agency(&agency, &draft).await?;
            Ok(Given::committed(created, Agency::from))
        },
    )
    .await
}

/// Lists every agency.
#[utoipa::path(get, path = "/admin/v1/agencies", tag = "agencies",
    security(("operator" = [])),
    responses((status = 200, body = Agencies), (status = 401, body = ErrorBody)))]
pub(super) async fn list_agencies(house: web::Data<House>, request: HttpRequest) -> HttpResponse {
    answer::answer(
        house,
        request,
        Authority::Operators,
        "ListAgencies",
        StatusCode::OK,
        async |op| {
            let agencies = op
                .house
                .store
                .agencies()?
                .into_iter()
                .map(Agency::from)
                .collect();
            answer::read(Agencies { agencies })
        },
    )
    .await
}

/// Suspends an agency: its requests are refused from now on, its data stay.
#[utoipa::path(post, path = "/admin/v1/agencies/{agency}/suspend", tag = "agencies",
    params(("agency" = String, Path, description = "The agency's slug")),
    security(("operator" = [])),
    responses((status = 200, body = Done), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub(super) async fn suspend_agency(
    house: web::Data<House>,
    request: HttpRequest,
    agency: web::Path<String>,
) -> HttpResponse {
    set_state(
        house,
        request,
        agency,
        "SuspendAgency",
        AgencyState::Suspended,
    )
    .await
}

/// Lets a suspended agency be served again.
#[utoipa::path(post, path = "/admin/v1/agencies/{agency}/resume", tag = "agencies",
    params(("agency" = String, Path, description = "The agency's slug")),
    security(("operator" = [])),
    responses((status = 200, body = Done), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub(super) async fn resume_agency(
    house: web::Data<House>,
    request: HttpRequest,
    agency: web::Path<String>,
) -> HttpResponse {
    set_state(house, request, agency, "ResumeAgency", AgencyState::Active).await
}

async fn set_state(
    house: web::Data<House>,
    request: HttpRequest,
    agency: web::Path<String>,
    action: &'static str,
    state: AgencyState,
) -> HttpResponse {
    answer::answer(
        house,
        request,
        Authority::Operators,
        action,
        StatusCode::OK,
        async |op| {
            let draft = op.draft(&agency);
            let id = agency_id(&agency)?;
            let done = op.house.store.set_agency_state(&id, state, &draft).await?;
            Ok(Given::committed(done, |()| Done {}))
        },
    )
    .await
}
