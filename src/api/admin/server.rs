//! The routes.

use std::sync::Arc;

use actix_http::Request;
use actix_http::body::BoxBody;
use actix_service::Service as _;
use actix_service::ServiceFactory;
use actix_service::map_config;
use actix_web::App;
use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::dev::AppConfig;
use actix_web::dev::ServiceResponse;
use actix_web::error::ErrorInternalServerError;
use actix_web::http::StatusCode;
use actix_web::web;

use crate::api::http::house::House;
use crate::telemetry::Metrics;

use super::access_keys;
use super::agencies;
use super::answer;
use super::approvals;
use super::asker::Authority;
use super::check_issuer;
use super::error::AdminError;
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
use super::openapi;
use super::operators;
use super::quotas;
use super::revocations;
use super::roles;
use super::tokens;

/// What answers the requests of the admin door.
pub fn app(
    house: &Arc<House>,
    metrics: &Metrics,
) -> impl ServiceFactory<
    Request,
    Config = (),
    Response = ServiceResponse<BoxBody>,
    Error = actix_web::Error,
    InitError = (),
> + use<> {
    let app = App::new()
        .app_data(web::Data::from(Arc::clone(house)))
        .app_data(web::Data::new(metrics.clone()))
        .configure(routes)
        .configure(role_routes)
        .configure(events::routes)
        .configure(grants::routes)
        .configure(key_routes)
        .configure(identity_routes)
        .configure(people_routes)
        .default_service(web::to(no_route))
        // What was begun is carried to its end, also if its client goes away: what is committed
        // counts in memory as well.
        .wrap_fn(|request, service| {
            let answered = actix_rt::spawn(service.call(request));
            async move {
                answered
                    .await
                    .unwrap_or_else(|e| Err(ErrorInternalServerError(e)))
            }
        });
    map_config(app, |()| AppConfig::default())
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .route(
            "/admin/v1/agencies",
            web::post().to(agencies::create_agency),
        )
        .route("/admin/v1/agencies", web::get().to(agencies::list_agencies))
        .route(
            "/admin/v1/agencies/{agency}/suspend",
            web::post().to(agencies::suspend_agency),
        )
        .route(
            "/admin/v1/agencies/{agency}/resume",
            web::post().to(agencies::resume_agency),
        )
        .route(
            "/admin/v1/agencies/{agency}/access-keys",
            web::post().to(access_keys::create_access_key),
        )
        .route(
            "/admin/v1/agencies/{agency}/access-keys",
            web::get().to(access_keys::list_access_keys),
        )
        .route(
            "/admin/v1/agencies/{agency}/access-keys/{access_key_id}",
            web::delete().to(access_keys::revoke_access_key),
        )
        .route(
            "/admin/v1/agencies/{agency}/quotas",
            web::get().to(quotas::list_quotas),
        )
        .route(
            "/admin/v1/agencies/{agency}/quotas",
            web::put().to(quotas::set_quota),
        )
        .route(
            "/admin/v1/agencies/{agency}/lifecycle",
            web::get().to(lifecycle::list_lifecycle_walks),
        )
        .route(
            "/admin/v1/agencies/{agency}/lifecycle/{bucket}/plan",
            web::get().to(lifecycle::plan_lifecycle),
        )
        .route(
            "/admin/v1/agencies/{agency}/inventories",
            web::get().to(inventories::list_inventories),
        )
        .route("/admin/v1/health/live", web::get().to(health::live))
        .route(
            "/admin/v1/health/ready-read",
            web::get().to(health::ready_read),
        )
        .route(
            "/admin/v1/health/ready-write",
            web::get().to(health::ready_write),
        )
        .route("/admin/v1/metrics", web::get().to(metrics::metrics))
        .route("/admin/v1/openapi.json", web::get().to(openapi::openapi));
}

fn identity_routes(config: &mut web::ServiceConfig) {
    config
        .route(
            "/admin/v1/agencies/{agency}/revocations",
            web::post().to(revocations::create_revocation),
        )
        .route(
            "/admin/v1/agencies/{agency}/revocations",
            web::get().to(revocations::list_revocations),
        )
        .route(
            "/admin/v1/agencies/{agency}/revocations/principals/{principal}",
            web::delete().to(revocations::lift_revocation),
        )
        .route(
            "/admin/v1/agencies/{agency}/issuers/check",
            web::post().to(check_issuer::check_issuer),
        )
        .route(
            "/admin/v1/agencies/{agency}/issuers",
            web::post().to(issuers::add_issuer),
        )
        .route(
            "/admin/v1/agencies/{agency}/issuers",
            web::get().to(issuers::list_issuers),
        )
        .route(
            "/admin/v1/agencies/{agency}/issuers/{issuer}",
            web::delete().to(issuers::remove_issuer),
        )
        .route(
            "/admin/v1/agencies/{agency}/tokens",
            web::post().to(tokens::create_token),
        )
        .route(
            "/admin/v1/signing-keys/rotate",
            web::post().to(tokens::rotate_signing_key),
        );
}

fn people_routes(config: &mut web::ServiceConfig) {
    config
        .route(
            "/admin/v1/agencies/{agency}/approvals",
            web::get().to(approvals::list_approvals),
        )
        .route(
            "/admin/v1/agencies/{agency}/approvals/{approval}",
            web::get().to(approvals::show_approval),
        )
        .route(
            "/admin/v1/agencies/{agency}/approvals/{approval}/approve",
            web::post().to(approvals::approve),
        )
        .route(
            "/admin/v1/agencies/{agency}/approvals/{approval}/refuse",
            web::post().to(approvals::refuse),
        )
        .route(
            "/admin/v1/approvals",
            web::get().to(approvals::list_installation_approvals),
        )
        .route(
            "/admin/v1/approvals/{approval}",
            web::get().to(approvals::show_installation_approval),
        )
        .route(
            "/admin/v1/approvals/{approval}/approve",
            web::post().to(approvals::approve_installation),
        )
        .route(
            "/admin/v1/approvals/{approval}/refuse",
            web::post().to(approvals::refuse_installation),
        )
        .route(
            "/admin/v1/operators",
            web::post().to(operators::create_operator),
        )
        .route(
            "/admin/v1/operators",
            web::get().to(operators::list_operators),
        )
        .route(
            "/admin/v1/operators/{operator}",
            web::delete().to(operators::revoke_operator),
        );
}

fn key_routes(config: &mut web::ServiceConfig) {
    config
        .route(
            "/admin/v1/agencies/{agency}/keys",
            web::post().to(keys::create_key),
        )
        .route(
            "/admin/v1/agencies/{agency}/keys",
            web::get().to(keys::list_keys),
        )
        .route(
            "/admin/v1/agencies/{agency}/keys/{key}/rotate",
            web::post().to(keys::rotate_key),
        )
        .route(
            "/admin/v1/agencies/{agency}/keys/{key}/retire",
            web::post().to(keys::retire_key),
        )
        .route(
            "/admin/v1/agencies/{agency}/keys/{key}/old-versions",
            web::delete().to(keys::destroy_old_versions),
        )
        .route(
            "/admin/v1/agencies/{agency}/keys/{key}/destruction",
            web::post().to(keys::request_key_destruction),
        )
        .route(
            "/admin/v1/agencies/{agency}/keys/{key}/destruction",
            web::delete().to(keys::cancel_key_destruction),
        )
        .route(
            "/admin/v1/agencies/{agency}/keys/{key}/destruction/confirmation",
            web::post().to(keys::confirm_key_destruction),
        );
}

fn role_routes(config: &mut web::ServiceConfig) {
    config
        .route(
            "/admin/v1/agencies/{agency}/roles",
            web::get().to(roles::list_roles),
        )
        .route(
            "/admin/v1/agencies/{agency}/roles/{role}",
            web::put().to(roles::set_role),
        )
        .route(
            "/admin/v1/agencies/{agency}/roles/{role}",
            web::delete().to(roles::delete_role),
        )
        .route(
            "/admin/v1/agencies/{agency}/roles/{role}/principals/{principal}",
            web::put().to(memberships::give_role),
        )
        .route(
            "/admin/v1/agencies/{agency}/roles/{role}/principals/{principal}",
            web::delete().to(memberships::take_role),
        )
        .route(
            "/admin/v1/agencies/{agency}/roles/{role}/groups/{group}",
            web::put().to(memberships::give_role_to_group),
        )
        .route(
            "/admin/v1/agencies/{agency}/roles/{role}/groups/{group}",
            web::delete().to(memberships::take_role_from_group),
        )
        .route(
            "/admin/v1/agencies/{agency}/groups/{group}/principals/{principal}",
            web::put().to(memberships::add_to_group),
        )
        .route(
            "/admin/v1/agencies/{agency}/groups/{group}/principals/{principal}",
            web::delete().to(memberships::remove_from_group),
        )
        .route(
            "/admin/v1/agencies/{agency}/groups",
            web::get().to(groups::list_groups),
        )
        .route(
            "/admin/v1/agencies/{agency}/explain",
            web::post().to(explain::explain),
        );
}

async fn no_route(house: web::Data<House>, request: HttpRequest) -> HttpResponse {
    answer::answer(
        house,
        request,
        Authority::Operators,
        "-",
        StatusCode::NOT_FOUND,
        async |_| {
            let message = "There is no such route; see /admin/v1/openapi.json.";
            Err::<answer::Given<()>, _>(AdminError::new(404, "no_such_route", message))
        },
    )
    .await
}
