//! Events and webhooks: who is told of changes, what was not delivered, and events one after
//! another for whoever asks.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::http::house::House;
use crate::audit::entry::Outcome;
use crate::jobs::webhooks::allowed::Refused;
use crate::jobs::webhooks::message;
use crate::store::events::DeliveryRecord;
use crate::types::clock::Time;
use crate::types::limits;
use crate::types::names::BucketName;

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

/// The routes of this file.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    let webhooks = "/admin/v1/agencies/{agency}/webhooks";
    let deliveries = "/admin/v1/agencies/{agency}/deliveries";
    config
        .route(webhooks, web::get().to(list_webhooks))
        .route(webhooks, web::put().to(set_webhook))
        .route(
            "/admin/v1/agencies/{agency}/webhooks/{webhook}",
            web::delete().to(delete_webhook),
        )
        .route(deliveries, web::get().to(list_failed_deliveries))
        .route(deliveries, web::post().to(replay_deliveries))
        .route(
            "/admin/v1/agencies/{agency}/events",
            web::get().to(list_events),
        );
}

/// A webhook to make or to change.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewWebhook {
    /// Its name, as ARNs have it: that of a bucket would do.
    #[schema(min_length = 3, max_length = 63, example = "avisos")]
    name: String,
    /// Where it is: https, at a host that the settings allow.
    #[schema(example = "https://avisos.estado.gob.mx/acervo")]
    url: String,
}

/// A webhook just made or changed.
#[derive(Serialize, ToSchema)]
pub(super) struct MadeWebhook {
    /// Its name.
    name: String,
    /// The secret that signs what it is told (Standard Webhooks): shown once.
    secret: String,
    /// What notification configurations call it.
    arn: String,
}

/// A webhook.
#[derive(Serialize, ToSchema)]
pub(super) struct Webhook {
    /// Its name.
    name: String,
    /// Where it is.
    url: String,
    /// What notification configurations call it.
    arn: String,
    /// When it was made or changed (RFC 3339).
    created: String,
}

/// All webhooks of an agency.
#[derive(Serialize, ToSchema)]
pub(super) struct Webhooks {
    /// By name.
    webhooks: Vec<Webhook>,
}

/// A delivery that failed at least once.
#[derive(Serialize, ToSchema)]
pub(super) struct Delivery {
    /// To which webhook.
    webhook: String,
    /// Which event.
    sequence: i64,
    /// `waiting` for its next try, or `dead`.
    state: &'static str,
    /// When it is tried next (RFC 3339).
    due: Option<String>,
    /// How often it was tried.
    attempts: u32,
    /// Why the last try failed.
    last_error: Option<String>,
}

/// Deliveries that failed.
#[derive(Serialize, ToSchema)]
pub(super) struct Deliveries {
    /// By event, a thousand at most.
    deliveries: Vec<Delivery>,
}

/// Which dead deliveries to try again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Replay {
    /// Those of this webhook; without it, all.
    webhook: Option<String>,
}

/// How many are tried again.
#[derive(Serialize, ToSchema)]
pub(super) struct Replayed {
    /// Deliveries.
    replayed: usize,
}

/// Which events are asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventsQuery {
    #[serde(default)]
    after: i64,
    limit: Option<u32>,
}

/// Events in their order.
#[derive(Serialize, ToSchema)]
pub(super) struct Events {
    /// In the shape of S3's `Records`.
    #[serde(rename = "Records")]
    #[schema(value_type = Vec<Object>)]
    records: Vec<Value>,
    /// What to ask for next: `after` the last of these.
    next: i64,
    /// Whether there may be more already.
    more: bool,
}

impl From<DeliveryRecord> for Delivery {
    fn from(record: DeliveryRecord) -> Self {
        Self {
            webhook: record.webhook,
            sequence: record.event.sequence,
            state: match record.due {
                Some(_) => "waiting",
                None => "dead",
            },
            due: record.due.map(Time::iso8601),
            attempts: record.attempts,
            last_error: record.last_error,
        }
    }
}

fn arn(house: &House, agency: &str, name: &str) -> String {
    format!("arn:aws:sqs:{}:{agency}:{name}", house.region)
}

/// The names of webhooks have the form of those of buckets.
fn webhook_name(text: &str) -> Result<&str, AdminError> {
    BucketName::parse(text)
        .map(|_| text)
        .map_err(|error| AdminError::invalid("webhook's name", error))
}

fn refused(why: Refused) -> AdminError {
    AdminError::argument(format!("The URL: {why}."))
}

/// Lists an agency's webhooks, without secrets.
#[utoipa::path(get, path = "/admin/v1/agencies/{agency}/webhooks", tag = "events",
    params(("agency" = String, Path, description = "The agency's slug")),
    security(("operator" = []), ("agency-admin" = [])),
    responses((status = 200, body = Webhooks), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn list_webhooks(
    house: web::Data<House>,
    request: HttpRequest,
    agency: web::Path<String>,
) -> HttpResponse {
    let (authority, ok) = (Authority::Agency(&agency), StatusCode::OK);
    answer::answer(house, request, authority, "ListWebhooks", ok, async |op| {
        let found = op.house.store.webhooks(&agency_id(&agency)?).await?;
        let webhooks = found.into_iter().map(|webhook| Webhook {
            arn: arn(op.house, &agency, &webhook.name),
            name: webhook.name,
            url: webhook.url,
            created: webhook.created.iso8601(),
        });
        let webhooks = webhooks.collect();
        answer::read(Webhooks { webhooks })
    })
    .await
}

/// Makes a webhook, or gives one of this name another address and a new secret. Where documents are
/// stored an operator needs a second person for it: it is told their names.
#[utoipa::path(put, path = "/admin/v1/agencies/{agency}/webhooks", tag = "events",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("X-Acervo-Approval" = Option<String>, Header, description = "An approval's id")),
    request_body = NewWebhook, security(("operator" = []), ("agency-admin" = [])),
    responses((status = 200, body = MadeWebhook), (status = 202, body = Approval),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn set_webhook(
    house: web::Data<House>,
    request: HttpRequest,
    agency: web::Path<String>,
    body: Body,
) -> HttpResponse {
    let (authority, ok) = (Authority::Agency(&agency), StatusCode::OK);
    answer::guarded(house, request, authority, "SetWebhook", ok, async |op| {
        let body: NewWebhook = body.json()?;
        let name = webhook_name(&body.name)?;
        op.house.webhooks.parse(&body.url).map_err(refused)?;
        // It is told the names of documents, which no operator reads.
        let agency_id = agency_id(&agency)?;
        let consent = op.consent(&agency_id, GivenRights::of(name), &body).await?;
        let draft = op.draft(name);
        let store = &op.house.store;
        let made = store.set_webhook(&consent, name, &body.url, &draft).await?;
        Ok(Given::committed(made, |secret| MadeWebhook {
            name: name.to_owned(),
            secret: secret.expose().to_owned(),
            arn: arn(op.house, &agency, name),
        }))
    })
    .await
}

/// Removes a webhook and what it was still to be told.
#[utoipa::path(delete, path = "/admin/v1/agencies/{agency}/webhooks/{webhook}", tag = "events",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("webhook" = String, Path, description = "The webhook")),
    security(("operator" = []), ("agency-admin" = [])),
    responses((status = 200, body = Done), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn delete_webhook(
    house: web::Data<House>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    let (agency, name) = &*path;
    let (authority, ok) = (Authority::Agency(agency), StatusCode::OK);
    answer::answer(house, request, authority, "DeleteWebhook", ok, async |op| {
        let draft = op.draft(name);
        let store = &op.house.store;
        let done = store
            .delete_webhook(&agency_id(agency)?, name, &draft)
            .await?;
        Ok(Given::committed(done, |()| Done {}))
    })
    .await
}

/// Lists deliveries that failed at least once: those that wait, and the dead.
#[utoipa::path(get, path = "/admin/v1/agencies/{agency}/deliveries", tag = "events",
    params(("agency" = String, Path, description = "The agency's slug")),
    security(("operator" = []), ("agency-admin" = [])),
    responses((status = 200, body = Deliveries), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn list_failed_deliveries(
    house: web::Data<House>,
    request: HttpRequest,
    agency: web::Path<String>,
) -> HttpResponse {
    answer::answer(
        house,
        request,
        Authority::Agency(&agency),
        "ListFailedDeliveries",
        StatusCode::OK,
        async |op| {
            let store = &op.house.store;
            let failed = store
                .deliveries_failed(&agency_id(&agency)?, limits::LIST_PAGE_MAX)
                .await?;
            let deliveries = failed.into_iter().map(Delivery::from).collect();
            answer::read(Deliveries { deliveries })
        },
    )
    .await
}

/// Has dead deliveries tried again.
#[utoipa::path(post, path = "/admin/v1/agencies/{agency}/deliveries", tag = "events",
    params(("agency" = String, Path, description = "The agency's slug")),
    request_body = Replay, security(("operator" = []), ("agency-admin" = [])),
    responses((status = 200, body = Replayed), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub(super) async fn replay_deliveries(
    house: web::Data<House>,
    request: HttpRequest,
    agency: web::Path<String>,
    body: Body,
) -> HttpResponse {
    answer::answer(
        house,
        request,
        Authority::Agency(&agency),
        "ReplayDeliveries",
        StatusCode::OK,
        async |op| {
            let body: Replay = body.json()?;
            let subject = body.webhook.clone();
            let draft = op
                .asked
                .draft(Some(op.asker), subject.as_deref(), Outcome::Allowed);
            let store = &op.house.store;
            let done = store
                .replay_deliveries(&agency_id(&agency)?, body.webhook, &draft)
                .await?;
            Ok(Given::committed(done, |replayed| Replayed { replayed }))
        },
    )
    .await
}

/// Gives events after a sequence, in their order. They name documents, so operators cannot ask.
#[utoipa::path(get, path = "/admin/v1/agencies/{agency}/events", tag = "events",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("after" = Option<i64>, Query, description = "The `next` of the answer before"),
        ("limit" = Option<u32>, Query, description = "Events at most, up to 1000")),
    security(("agency-admin" = [])),
    responses((status = 200, body = Events), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub(super) async fn list_events(
    house: web::Data<House>,
    request: HttpRequest,
    agency: web::Path<String>,
) -> HttpResponse {
    let query = web::Query::<EventsQuery>::from_query(request.query_string());
    let (authority, ok) = (Authority::AgencyAlone(&agency), StatusCode::OK);
    answer::answer(house, request, authority, "ListEvents", ok, async |op| {
        let query = query.map_err(|error| AdminError::argument(format!("The query: {error}.")))?;
        let limit = query.limit.unwrap_or(100).clamp(1, limits::LIST_PAGE_MAX);
        let agency = agency_id(&agency)?;
        let events = op.house.store.events(&agency, query.after, limit).await?;
        let records = events
            .iter()
            .filter_map(|event| message::record(event, &op.house.region));
        answer::read(Events {
            records: records.collect(),
            next: events.last().map_or(query.after, |event| event.sequence),
            more: u32::try_from(events.len()).is_ok_and(|n| n == limit),
        })
    })
    .await
}
