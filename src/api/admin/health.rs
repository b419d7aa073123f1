//! Health, for load balancers and service managers: no token, no entry, no detail.

use actix_web::HttpResponse;
use actix_web::web;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::http::house::House;

/// How it is.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    /// `ok` or `unavailable`.
    status: &'static str,
}

fn health(is_well: bool) -> HttpResponse {
    if is_well {
        HttpResponse::Ok().json(Health { status: "ok" })
    } else {
        HttpResponse::ServiceUnavailable().json(Health {
            status: "unavailable",
        })
    }
}

/// The process answers.
#[utoipa::path(get, path = "/admin/v1/health/live", tag = "health",
    responses((status = 200, body = Health)))]
pub(super) async fn live() -> HttpResponse {
    health(true)
}

/// The catalog can be read, so documents can.
#[utoipa::path(get, path = "/admin/v1/health/ready-read", tag = "health",
    responses((status = 200, body = Health), (status = 503, body = Health)))]
pub(super) async fn ready_read(house: web::Data<House>) -> HttpResponse {
    health(house.store.agencies().is_ok())
}

/// The last commit of every open database succeeded.
#[utoipa::path(get, path = "/admin/v1/health/ready-write", tag = "health",
    responses((status = 200, body = Health), (status = 503, body = Health)))]
pub(super) async fn ready_write(house: web::Data<House>) -> HttpResponse {
    health(house.store.agencies().is_ok() && house.store.is_writable())
}
