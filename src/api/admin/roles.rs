//! An agency's own roles.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::http::house::House;
use crate::meta::records::Holder;
use crate::store::roles::RolesAndGroups;
use crate::types::names::RoleName;
use crate::types::roles::Role;

use super::agencies::Done;
use super::answer;
use super::answer::Given;
use super::approvals::Approval;
use super::asker::Authority;
use super::body::Body;
use super::error::AdminError;
use super::error::ErrorBody;
use super::guard::GivenRights;
use super::names::agency_id;
use super::names::role_name;
use super::policies;

/// A role's policy.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRole {
    /// A policy document without principals, of at most 20 KB.
    policy: Map<String, Value>,
}

/// One of an agency's own roles.
#[derive(Serialize, ToSchema)]
pub(super) struct OwnRole {
    role: String,
    /// Its policy document.
    policy: Value,
    /// When that was set (RFC 3339).
    changed: String,
    /// The principals that have it.
    principals: Vec<String>,
    /// The groups whose principals have it.
    groups: Vec<String>,
}

/// All roles of an agency's own.
#[derive(Serialize, ToSchema)]
pub(super) struct OwnRoles {
    roles: Vec<OwnRole>,
}

pub(super) fn own_role(text: &str) -> Result<RoleName, AdminError> {
    if Role::parse(text).is_some() {
        let message = "The name is that of a built-in role.";
        return Err(AdminError::argument(message));
    }
    role_name(text)
}

/// Makes a role, or gives it another policy; in force when this answers.
#[utoipa::path(put, path = "/admin/v1/agencies/{agency}/roles/{role}", tag = "roles",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("role" = String, Path, description = "The role's name"),
        ("X-Acervo-Approval" = Option<String>, Header, description = "An approval's id")),
    request_body = NewRole, security(("operator" = []), ("agency-admin" = [])),
    responses((status = 200, body = Done), (status = 202, body = Approval),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub(super) async fn set_role(
    house: web::Data<House>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    body: Body,
) -> HttpResponse {
    answer::guarded(
        house,
        request,
        Authority::Agency(&path.0),
        "SetRole",
        StatusCode::OK,
        async |op| {
            let body: NewRole = body.json()?;
            let (agency, role) = (agency_id(&path.0)?, own_role(&path.1)?);
            let policy = policies::checked(body.policy.clone())?;
            let consent = op.consent(&agency, GivenRights::of(&path.1), &body);
            let consent = consent.await?;
            let draft = op.draft(&path.1);
            let store = &op.house.store;
            let done = store.set_role(&consent, role, policy, &draft).await?;
            Ok(Given::committed(done, |()| Done {}))
        },
    )
    .await
}

/// Removes a role, from whoever has it too.
#[utoipa::path(delete, path = "/admin/v1/agencies/{agency}/roles/{role}", tag = "roles",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("role" = String, Path, description = "The role's name"),
        ("X-Acervo-Approval" = Option<String>, Header, description = "An approval's id")),
    security(("operator" = []), ("agency-admin" = [])),
    responses((status = 200, body = Done), (status = 202, body = Approval),
        (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 400, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub(super) async fn delete_role(
    house: web::Data<House>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    answer::guarded(
        house,
        request,
        Authority::Agency(&path.0),
        "DeleteRole",
        StatusCode::OK,
        async |op| {
            let (agency, role) = (agency_id(&path.0)?, own_role(&path.1)?);
            // Its policy may forbid something, which nothing would then.
            let consent = op.consent(&agency, GivenRights::of(&path.1), &());
            let consent = consent.await?;
            let draft = op.draft(&path.1);
            let store = &op.house.store;
            let done = store.delete_role(&consent, role, &draft).await?;
            Ok(Given::committed(done, |()| Done {}))
        },
    )
    .await
}

/// Lists an agency's own roles, with their policies and who has them.
#[utoipa::path(get, path = "/admin/v1/agencies/{agency}/roles", tag = "roles",
    params(("agency" = String, Path, description = "The agency's slug")),
    security(("operator" = []), ("agency-admin" = []), ("auditor" = [])),
    responses((status = 200, body = OwnRoles), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn list_roles(
    house: web::Data<House>,
    request: HttpRequest,
    agency: web::Path<String>,
) -> HttpResponse {
    answer::answer(
        house,
        request,
        Authority::AgencyShown(&agency),
        "ListRoles",
        StatusCode::OK,
        async |op| {
            let known = op
                .house
                .store
                .roles_and_groups(&agency_id(&agency)?)
                .await?;
            answer::read(roles(known))
        },
    )
    .await
}

fn roles(known: RolesAndGroups) -> OwnRoles {
    let roles = known.roles.into_iter().map(|record| {
        let holders = known.holders.iter();
        let (mut principals, mut groups) = (Vec::new(), Vec::new());
        for (_, holder) in holders.filter(|(role, _)| *role == record.role) {
            match holder {
                Holder::Principal(name) => principals.push(name.to_string()),
                Holder::Group(name) => groups.push(name.to_string()),
            }
        }
        OwnRole {
            role: record.role.to_string(),
            policy: policies::shown(record.policy),
            changed: record.changed.iso8601(),
            principals,
            groups,
        }
    });
    OwnRoles {
        roles: roles.collect(),
    }
}
