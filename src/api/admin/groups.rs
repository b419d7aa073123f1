//! Groups of principals.

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::http::house::House;
use crate::meta::records::Holder;
use crate::store::roles::RolesAndGroups;
use crate::types::names::GroupName;

use super::answer;
use super::asker::Authority;
use super::error::ErrorBody;
use super::names::agency_id;

/// A group.
#[derive(Serialize, ToSchema)]
pub(super) struct Group {
    group: String,
    /// The principals that are in it.
    principals: Vec<String>,
    /// The roles that they have by it.
    roles: Vec<String>,
}

/// All groups of an agency.
#[derive(Serialize, ToSchema)]
pub(super) struct Groups {
    groups: Vec<Group>,
}

/// Lists an agency's groups, with who is in them and the roles that they give.
#[utoipa::path(get, path = "/admin/v1/agencies/{agency}/groups", tag = "roles",
    params(("agency" = String, Path, description = "The agency's slug")),
    security(("operator" = []), ("agency-admin" = []), ("auditor" = [])),
    responses((status = 200, body = Groups), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn list_groups(
    house: web::Data<House>,
    request: HttpRequest,
    agency: web::Path<String>,
) -> HttpResponse {
    answer::answer(
        house,
        request,
        Authority::AgencyShown(&agency),
        "ListGroups",
        StatusCode::OK,
        async |op| {
            let known = op
                .house
                .store
                .roles_and_groups(&agency_id(&agency)?)
                .await?;
            answer::read(groups(known))
        },
    )
    .await
}

/// A group is there while somebody is in it or it has a role.
fn groups(known: RolesAndGroups) -> Groups {
    let mut groups: BTreeMap<GroupName, (Vec<String>, Vec<String>)> = BTreeMap::new();
    for (group, principal) in known.members {
        let (principals, _) = groups.entry(group).or_default();
        principals.push(principal.to_string());
    }
    for (role, holder) in known.holders {
        if let Holder::Group(group) = holder {
            let (_, roles) = groups.entry(group).or_default();
            roles.push(role.to_string());
        }
    }
    let groups = groups
        .into_iter()
        .map(|(group, (principals, roles))| Group {
            group: group.to_string(),
            principals,
            roles,
        });
    Groups {
        groups: groups.collect(),
    }
}
