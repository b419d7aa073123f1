//! Metrics, in the text format of Prometheus.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;

use crate::api::http::house::House;
use crate::telemetry::Metrics;

use super::answer;
use super::asker;
use super::asker::Authority;
use super::error::ErrorBody;

/// Every metric of the process.
#[utoipa::path(get, path = "/admin/v1/metrics", tag = "metrics", security(("operator" = [])),
    responses((status = 200, body = String, content_type = "text/plain"),
        (status = 401, body = ErrorBody)))]
pub(super) async fn metrics(
    house: web::Data<House>,
    request: HttpRequest,
    metrics: web::Data<Metrics>,
) -> HttpResponse {
    // A scrape every few seconds is no access to anything: only refused ones leave an entry.
    let asker = asker::authenticate(&house, &request, Authority::Operators).await;
    if asker.is_ok() {
        return HttpResponse::Ok()
            .content_type("text/plain; version=0.0.4")
            .body(metrics.render());
    }
    answer::answer(
        house,
        request,
        Authority::Operators,
        "Metrics",
        StatusCode::OK,
        async |_| answer::read(()),
    )
    .await
}
