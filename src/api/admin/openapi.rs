//! The description of this API, served beside it.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use utoipa::Modify;
use utoipa::OpenApi;
use utoipa::openapi::Content;
use utoipa::openapi::Ref;
use utoipa::openapi::RefOr;
use utoipa::openapi::Response;
use utoipa::openapi::path::Operation;
use utoipa::openapi::path::PathItem;
use utoipa::openapi::schema::Object;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::schema::Type;
use utoipa::openapi::security::HttpAuthScheme;
use utoipa::openapi::security::HttpBuilder;
use utoipa::openapi::security::SecurityScheme;

use super::access_keys;
use super::agencies;
use super::approvals;
use super::check_issuer;
use super::error;
use super::events;
use super::explain;
use super::grants;
use super::groups;
use super::health;
use super::inventories;
use super::issuers;
use super::keys;
use super::lifecycle;
use super::memberships;
use super::metrics;
use super::operators;
use super::quotas;
use super::revocations;
use super::roles;
use super::tokens;

/// The OpenAPI document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Acervo admin API",
        description = "Agencies, access keys, keys, quotas, lifecycle, inventories, events, \
                       health, metrics."
    ),
    paths(
        agencies::create_agency,
        agencies::list_agencies,
        agencies::suspend_agency,
        agencies::resume_agency,
        access_keys::create_access_key,
        access_keys::list_access_keys,
        access_keys::revoke_access_key,
        keys::create_key,
        keys::list_keys,
        keys::rotate_key,
        keys::retire_key,
        keys::destroy_old_versions,
        keys::request_key_destruction,
        keys::cancel_key_destruction,
        keys::confirm_key_destruction,
        quotas::list_quotas,
        quotas::set_quota,
        lifecycle::list_lifecycle_walks,
        lifecycle::plan_lifecycle,
        inventories::list_inventories,
        events::list_webhooks,
        events::set_webhook,
        events::delete_webhook,
        events::list_failed_deliveries,
        events::replay_deliveries,
        events::list_events,
        revocations::create_revocation,
        revocations::list_revocations,
        revocations::lift_revocation,
        roles::list_roles,
        roles::set_role,
        roles::delete_role,
        memberships::give_role,
        memberships::take_role,
        memberships::give_role_to_group,
        memberships::take_role_from_group,
        memberships::add_to_group,
        memberships::remove_from_group,
        groups::list_groups,
        explain::explain,
        grants::propose::offer_grant,
        grants::propose::request_grant,
        grants::show::list_grants,
        grants::show::show_grant,
        grants::step::approve_grant,
        grants::step::refuse_grant,
        grants::step::revoke_grant,
        check_issuer::check_issuer,
        issuers::add_issuer,
        issuers::list_issuers,
        issuers::remove_issuer,
        tokens::create_token,
        tokens::rotate_signing_key,
        approvals::list_approvals,
        approvals::show_approval,
        approvals::approve,
        approvals::refuse,
        approvals::list_installation_approvals,
        approvals::show_installation_approval,
        approvals::approve_installation,
        approvals::refuse_installation,
        operators::create_operator,
        operators::list_operators,
        operators::revoke_operator,
        health::live,
        health::ready_read,
        health::ready_write,
        metrics::metrics,
        openapi,
    ),
    components(schemas(error::ErrorBody)),
    modifiers(&Tokens, &Refusals, &Described, &Flattened)
)]
pub(super) struct Document;

struct Tokens;

impl Modify for Tokens {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        if let Some(components) = openapi.components.as_mut() {
            for name in ["operator", "agency-admin", "auditor"] {
                let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
                components.add_security_scheme(name, SecurityScheme::Http(bearer));
            }
        }
    }
}

/// How every route may refuse that asks who is calling: the request cannot be read, the caller is
/// not known, may not, or nothing can be recorded at present. A body may also be too large, or come
/// too slowly.
struct Refusals;

impl Modify for Refusals {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let error = Ref::from_schema_name("ErrorBody");
        let error = answer("application/json", RefOr::Ref(error));
        let operations = openapi.paths.paths.values_mut().flat_map(operations);
        for operation in operations.filter(|operation| operation.security.is_some()) {
            let has_body = operation.request_body.is_some();
            let of_body: &[_] = if has_body { &["408", "413"] } else { &[] };
            for status in ["400", "401", "403", "500", "503"].iter().chain(of_body) {
                let known = &mut operation.responses.responses;
                known
                    .entry((*status).to_owned())
                    .or_insert_with(|| RefOr::T(error.clone()));
            }
        }
    }
}

/// Every answer says what its status means, and a body that may be left out is not `null`.
struct Described;

impl Modify for Described {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        for operation in openapi.paths.paths.values_mut().flat_map(operations) {
            for (status, response) in &mut operation.responses.responses {
                let status = StatusCode::from_bytes(status.as_bytes()).ok();
                let reason = status.and_then(|status| status.canonical_reason());
                if let (RefOr::T(response), Some(reason)) = (response, reason)
                    && response.description.is_empty()
                {
                    reason.clone_into(&mut response.description);
                }
            }
            let Some(RefOr::T(body)) = &mut operation.request_body else {
                continue;
            };
            for content in body.content.values_mut() {
                if let RefOr::T(content) = content
                    && let Some(RefOr::T(Schema::OneOf(or_null))) = &content.schema
                {
                    let mut items = or_null.items.iter();
                    let named = items.find(|item| matches!(item, RefOr::Ref(_))).cloned();
                    content.schema = named;
                }
            }
        }
    }
}

fn answer(content_type: &str, schema: RefOr<Schema>) -> Response {
    let mut response = Response::new("");
    let content = RefOr::T(Content::new(Some(schema)));
    response.content.insert(content_type.to_owned(), content);
    response
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let methods = [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.delete,
    ];
    methods.into_iter().flatten()
}

/// Members that one struct takes over from another become its own: a request's schema, which allows
/// no others, would allow none beside them.
struct Flattened;

impl Modify for Flattened {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let Some(components) = openapi.components.as_mut() else {
            return;
        };
        let known = components.schemas.clone();
        for schema in components.schemas.values_mut() {
            let RefOr::T(Schema::AllOf(all)) = schema else {
                continue;
            };
            let mut whole = Object::with_type(Type::Object);
            whole.description.clone_from(&all.description);
            for part in &all.items {
                let part = match part {
                    RefOr::T(part) => Some(part),
                    RefOr::Ref(part) => named(&known, part),
                };
                if let Some(Schema::Object(part)) = part {
                    whole.properties.extend(part.properties.clone());
                    whole.required.extend(part.required.clone());
                }
            }
            *schema = RefOr::T(Schema::Object(whole));
        }
    }
}

fn named<'a>(known: &'a BTreeMap<String, RefOr<Schema>>, at: &Ref) -> Option<&'a Schema> {
    let name = at.ref_location.rsplit('/').next()?;
    match known.get(name)? {
        RefOr::T(schema) => Some(schema),
        RefOr::Ref(_) => None,
    }
}

/// This document.
#[utoipa::path(get, path = "/admin/v1/openapi.json", tag = "health",
    responses((status = 200, body = Object)))]
pub(super) async fn openapi() -> HttpResponse {
    HttpResponse::Ok().json(Document::openapi())
}
