//! The description of this API, served beside it.

use actix_web::HttpResponse;
use utoipa::Modify;
use utoipa::OpenApi;
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
use super::health;
use super::inventories;
use super::issuers;
use super::keys;
use super::lifecycle;
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
        roles::give_role,
        roles::take_role,
        roles::give_role_to_group,
        roles::take_role_from_group,
        roles::add_to_group,
        roles::remove_from_group,
        roles::list_groups,
        explain::explain,
        grants::offer_grant,
        grants::request_grant,
        grants::list_grants,
        grants::show_grant,
        grants::approve_grant,
        grants::refuse_grant,
        grants::revoke_grant,
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
    ),
    components(schemas(error::ErrorBody)),
    modifiers(&Tokens)
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

/// Serves the document.
pub(super) async fn openapi() -> HttpResponse {
    HttpResponse::Ok().json(Document::openapi())
}
