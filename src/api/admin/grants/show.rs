//! Grants as the agencies and operators see them.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::http::house::House;
use crate::meta::grants::GrantRecord;
use crate::meta::grants::GrantStep;
use crate::types::clock::Time;
use crate::types::grant::Scope;
use crate::types::grant::State;

use super::super::answer;
use super::super::asker::Authority;
use super::super::error::ErrorBody;
use super::super::names::agency_id;
use super::GrantPath;
use super::grant_id;

/// A grant, as the agency of the path knows it.
#[derive(Serialize, ToSchema)]
pub(in crate::api::admin) struct Grant {
    /// Its number, the same for both agencies.
    id: String,
    /// `grantor` or `grantee`: which of the two the agency of the path is.
    side: &'static str,
    grantor: String,
    grantee: String,
    /// `offered`, `requested`, `active`, `expired`, `refused` or `revoked`.
    state: &'static str,
    bucket: String,
    /// All objects whose keys begin so. Not told to operators.
    prefix: Option<String>,
    /// One object. Not told to operators.
    key: Option<String>,
    /// One version of it alone.
    version_id: Option<String>,
    actions: Vec<&'static str>,
    purpose: String,
    legal_basis: String,
    /// From when on no more (RFC 3339).
    expires: String,
    principals: Vec<String>,
    roles: Vec<String>,
    /// What the grantee calls it among its buckets; only told to the grantee.
    alias: Option<String>,
    /// What was done, the oldest first.
    steps: Vec<GrantDeed>,
    /// Whether the other agency knows this state.
    told: bool,
}

/// One step of an agency's admin.
#[derive(Serialize, ToSchema)]
pub(in crate::api::admin) struct GrantDeed {
    /// `proposed`, `approved`, `refused` or `revoked`.
    step: &'static str,
    agency: String,
    /// Who.
    principal: String,
    /// When (RFC 3339).
    at: String,
}

/// The grants that an agency has given and received.
#[derive(Serialize, ToSchema)]
pub(in crate::api::admin) struct Grants {
    /// In the order in which the agency heard of them.
    grants: Vec<Grant>,
}

/// Who is told of a grant.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Reader {
    Operator,
    Admin,
}

impl Grant {
    pub(super) fn of(record: &GrantRecord, now: Time, reader: Reader) -> Self {
        let terms = &record.terms;
        let (prefix, key, version) = match &terms.scope {
            Scope::Prefix(prefix) => (Some(prefix.to_string()), None, None),
            Scope::Object(key, version) => (None, Some(key.to_string()), *version),
        };
        let is_admin = reader == Reader::Admin;
        let deed = |step: &GrantStep| GrantDeed {
            step: step.step.name(),
            agency: terms.agency(step.side).to_string(),
            principal: step.principal.to_string(),
            at: step.at.iso8601(),
        };
        Self {
            id: record.id.to_string(),
            side: record.side.name(),
            grantor: terms.grantor.to_string(),
            grantee: terms.grantee.to_string(),
            state: match record.state {
                State::Active if now >= terms.expires => "expired",
                state => state.name(),
            },
            bucket: terms.bucket.to_string(),
            prefix: prefix.filter(|_| is_admin),
            key: key.filter(|_| is_admin),
            version_id: version.map(|version| version.to_string()),
            actions: terms.actions.names().collect(),
            purpose: terms.purpose.to_string(),
            legal_basis: terms.legal_basis.to_string(),
            expires: terms.expires.iso8601(),
            principals: terms.principals.iter().map(ToString::to_string).collect(),
            roles: terms.roles.iter().map(ToString::to_string).collect(),
            alias: record.alias.as_ref().map(ToString::to_string),
            steps: record.steps.iter().map(deed).collect(),
            told: record.is_told,
        }
    }
}

/// Lists the grants that an agency has given and received.
#[utoipa::path(get, path = "/admin/v1/agencies/{agency}/grants", tag = "grants",
    params(("agency" = String, Path, description = "The agency's slug")),
    security(("operator" = []), ("agency-admin" = [])),
    responses((status = 200, body = Grants), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(in crate::api::admin) async fn list_grants(
    house: web::Data<House>,
    request: HttpRequest,
    agency: web::Path<String>,
) -> HttpResponse {
    answer::answer(
        house,
        request,
        Authority::Agency(&agency),
        "ListGrants",
        StatusCode::OK,
        async |op| {
            let records = op.house.store.grants(&agency_id(&agency)?).await?;
            let (now, reader) = (op.asked.at, reader(&op));
            let grants = records.iter().map(|record| Grant::of(record, now, reader));
            answer::read(Grants {
                grants: grants.collect(),
            })
        },
    )
    .await
}

/// Shows one grant.
#[utoipa::path(get, path = "/admin/v1/agencies/{agency}/grants/{grant}", tag = "grants",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("grant" = String, Path, description = "The grant's number")),
    security(("operator" = []), ("agency-admin" = [])),
    responses((status = 200, body = Grant), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub(in crate::api::admin) async fn show_grant(
    house: web::Data<House>,
    request: HttpRequest,
    path: GrantPath,
) -> HttpResponse {
    answer::answer(
        house,
        request,
        Authority::Agency(&path.0),
        "ShowGrant",
        StatusCode::OK,
        async |op| {
            let (agency, id) = (agency_id(&path.0)?, grant_id(&path.1)?);
            let record = op.house.store.grant(&agency, id).await?;
            answer::read(Grant::of(&record, op.asked.at, reader(&op)))
        },
    )
    .await
}

fn reader(op: &answer::Operation<'_>) -> Reader {
    match op.asker.agency() {
        Some(_) => Reader::Admin,
        None => Reader::Operator,
    }
}
