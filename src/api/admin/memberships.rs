//! Who has a role and who is in a group.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;

use crate::api::http::house::House;
use crate::meta::commands::Membership;
use crate::meta::records::Holder;

use super::agencies::Done;
use super::answer;
use super::answer::Given;
use super::approvals::Approval;
use super::asker::Authority;
use super::error::AdminError;
use super::error::ErrorBody;
use super::guard::GivenRights;
use super::names::agency_id;
use super::names::group_name;
use super::names::principal_name;
use super::roles::own_role;

/// The kinds of membership, as the path of a request names them.
#[derive(Clone, Copy)]
enum Kind {
    PrincipalInRole,
    GroupInRole,
    PrincipalInGroup,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::PrincipalInRole => "principal in role",
            Self::GroupInRole => "group in role",
            Self::PrincipalInGroup => "principal in group",
        }
    }
}

fn membership(kind: Kind, of: &str, who: &str) -> Result<Membership, AdminError> {
    Ok(match kind {
        Kind::PrincipalInRole => {
            Membership::Role(own_role(of)?, Holder::Principal(principal_name(who)?))
        }
        Kind::GroupInRole => Membership::Role(own_role(of)?, Holder::Group(group_name(who)?)),
        Kind::PrincipalInGroup => Membership::Group(group_name(of)?, principal_name(who)?),
    })
}

/// Agency, role or group, and who.
type MemberPath = web::Path<(String, String, String)>;

/// Whether somebody is to be what the path says, or no longer.
#[derive(Clone, Copy)]
enum Change {
    Join,
    Leave,
}

async fn change(
    house: web::Data<House>,
    request: HttpRequest,
    path: MemberPath,
    kind: Kind,
    change: Change,
) -> HttpResponse {
    let action = match (kind, change) {
        (Kind::PrincipalInRole | Kind::GroupInRole, Change::Join) => "GiveRole",
        (Kind::PrincipalInRole | Kind::GroupInRole, Change::Leave) => "TakeRole",
        (Kind::PrincipalInGroup, Change::Join) => "AddToGroup",
        (Kind::PrincipalInGroup, Change::Leave) => "RemoveFromGroup",
    };
    let authority = Authority::Agency(&path.0);
    answer::guarded(
        house,
        request,
        authority,
        action,
        StatusCode::OK,
        async |op| {
            let (agency, of, who) = &*path;
            let agency = agency_id(agency)?;
            let membership = membership(kind, of, who)?;
            let subject = format!("{of} {who}");
            let kind = kind.name();
            let consent = op.consent(&agency, GivenRights::of(&subject), &kind);
            let consent = consent.await?;
            let draft = op.draft(&subject);
            let store = &op.house.store;
            let done = match change {
                Change::Join => store.join(&consent, membership, &draft).await?,
                Change::Leave => store.leave(&consent, membership, &draft).await?,
            };
            Ok(Given::committed(done, |()| Done {}))
        },
    )
    .await
}

/// Gives a principal a role.
#[utoipa::path(put, tag = "roles",
    path = "/admin/v1/agencies/{agency}/roles/{role}/principals/{principal}",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("role" = String, Path, description = "The role's name"),
        ("principal" = String, Path, description = "The principal's name"),
        ("X-Acervo-Approval" = Option<String>, Header, description = "An approval's id")),
    security(("operator" = []), ("agency-admin" = [])),
    responses((status = 200, body = Done), (status = 202, body = Approval),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub(super) async fn give_role(
    house: web::Data<House>,
    request: HttpRequest,
    path: MemberPath,
) -> HttpResponse {
    change(house, request, path, Kind::PrincipalInRole, Change::Join).await
}

/// Takes a role from a principal.
#[utoipa::path(delete, tag = "roles",
    path = "/admin/v1/agencies/{agency}/roles/{role}/principals/{principal}",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("role" = String, Path, description = "The role's name"),
        ("principal" = String, Path, description = "The principal's name"),
        ("X-Acervo-Approval" = Option<String>, Header, description = "An approval's id")),
    security(("operator" = []), ("agency-admin" = [])),
    responses((status = 200, body = Done), (status = 202, body = Approval),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub(super) async fn take_role(
    house: web::Data<House>,
    request: HttpRequest,
    path: MemberPath,
) -> HttpResponse {
    change(house, request, path, Kind::PrincipalInRole, Change::Leave).await
}

/// Gives a role to all principals of a group.
#[utoipa::path(put, path = "/admin/v1/agencies/{agency}/roles/{role}/groups/{group}", tag = "roles",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("role" = String, Path, description = "The role's name"),
        ("group" = String, Path, description = "The group's name"),
        ("X-Acervo-Approval" = Option<String>, Header, description = "An approval's id")),
    security(("operator" = []), ("agency-admin" = [])),
    responses((status = 200, body = Done), (status = 202, body = Approval),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub(super) async fn give_role_to_group(
    house: web::Data<House>,
    request: HttpRequest,
    path: MemberPath,
) -> HttpResponse {
    change(house, request, path, Kind::GroupInRole, Change::Join).await
}

/// Takes a role from a group.
#[utoipa::path(delete, tag = "roles",
    path = "/admin/v1/agencies/{agency}/roles/{role}/groups/{group}",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("role" = String, Path, description = "The role's name"),
        ("group" = String, Path, description = "The group's name"),
        ("X-Acervo-Approval" = Option<String>, Header, description = "An approval's id")),
    security(("operator" = []), ("agency-admin" = [])),
    responses((status = 200, body = Done), (status = 202, body = Approval),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub(super) async fn take_role_from_group(
    house: web::Data<House>,
    request: HttpRequest,
    path: MemberPath,
) -> HttpResponse {
    change(house, request, path, Kind::GroupInRole, Change::Leave).await
}

/// Puts a principal into a group; the group is made if it is new.
#[utoipa::path(put, tag = "roles",
    path = "/admin/v1/agencies/{agency}/groups/{group}/principals/{principal}",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("group" = String, Path, description = "The group's name"),
        ("principal" = String, Path, description = "The principal's name"),
        ("X-Acervo-Approval" = Option<String>, Header, description = "An approval's id")),
    security(("operator" = []), ("agency-admin" = [])),
    responses((status = 200, body = Done), (status = 202, body = Approval),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub(super) async fn add_to_group(
    house: web::Data<House>,
    request: HttpRequest,
    path: MemberPath,
) -> HttpResponse {
    change(house, request, path, Kind::PrincipalInGroup, Change::Join).await
}

/// Removes a principal from a group.
#[utoipa::path(delete, tag = "roles",
    path = "/admin/v1/agencies/{agency}/groups/{group}/principals/{principal}",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("group" = String, Path, description = "The group's name"),
        ("principal" = String, Path, description = "The principal's name"),
        ("X-Acervo-Approval" = Option<String>, Header, description = "An approval's id")),
    security(("operator" = []), ("agency-admin" = [])),
    responses((status = 200, body = Done), (status = 202, body = Approval),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub(super) async fn remove_from_group(
    house: web::Data<House>,
    request: HttpRequest,
    path: MemberPath,
) -> HttpResponse {
    change(house, request, path, Kind::PrincipalInGroup, Change::Leave).await
}
