//! Inventories: which lists are made of the buckets, and when each was last written.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::http::house::House;
use crate::jobs::inventory::configuration::Frequency;
use crate::jobs::inventory::configuration::Inventory;
use crate::store::inventory::InventoryRecord;
use crate::types::clock::Time;
use crate::types::limits;

use super::answer;
use super::asker::Authority;
use super::error::AdminError;
use super::error::ErrorBody;
use super::names::agency_id;
use super::names::bucket_name;

/// An inventory configuration, and how far its reports are.
#[derive(Serialize, ToSchema)]
pub(super) struct InventoryState {
    /// The bucket that it lists.
    bucket: String,
    /// The configuration's name.
    id: String,
    /// `running`, `done`, `failed`, `off`, or `new` before the first report.
    state: &'static str,
    /// `daily` or `weekly`.
    frequency: Option<&'static str>,
    /// The bucket that reports go to.
    target_bucket: Option<String>,
    /// When the last or present report was begun (RFC 3339).
    started: Option<String>,
    /// When the last report was complete (RFC 3339).
    written: Option<String>,
    /// How many versions and delete markers it lists.
    rows: Option<u64>,
    /// The key of its manifest.
    manifest: Option<String>,
    /// Why the last one was given up: `no_target`, `refused`, `quota`, `key`, `unreadable`.
    failure: Option<String>,
}

/// The inventory configurations of an agency's buckets.
#[derive(Serialize, ToSchema)]
pub(super) struct InventoryStates {
    /// By bucket and name, a thousand at most.
    inventories: Vec<InventoryState>,
    /// Whether there are more: ask again after the last bucket and id.
    more: bool,
}

/// What the answer comes after.
#[derive(Deserialize)]
struct AfterQuery {
    after_bucket: Option<String>,
    after_id: Option<String>,
}

impl From<InventoryRecord> for InventoryState {
    fn from(record: InventoryRecord) -> Self {
        let inventory = Inventory::parse(&record.body);
        let is_off = inventory.as_ref().is_some_and(|known| !known.is_enabled);
        let state = match (is_off, &record.run, &record.failure, &record.last) {
            (true, ..) => "off",
            (_, Some(_), ..) => "running",
            (_, _, Some(_), _) => "failed",
            (_, _, _, Some(_)) => "done",
            _ => "new",
        };
        let (written, rows, manifest) = match record.last {
            None => (None, None, None),
            Some(last) => (
                Some(last.at.iso8601()),
                Some(last.rows),
                Some(last.manifest),
            ),
        };
        Self {
            bucket: record.bucket.as_str().to_owned(),
            id: record.name,
            state,
            frequency: inventory.as_ref().map(|known| match known.frequency {
                Frequency::Daily => "daily",
                Frequency::Weekly => "weekly",
            }),
            target_bucket: inventory.map(|known| known.target_bucket),
            started: record.tried.map(Time::iso8601),
            written,
            rows,
            manifest,
            failure: record.failure,
        }
    }
}

/// Lists the inventory configurations of an agency's buckets, and when each report was written.
#[utoipa::path(get, path = "/admin/v1/agencies/{agency}/inventories", tag = "inventories",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("after_bucket" = Option<String>, Query, description = "The last bucket seen"),
        ("after_id" = Option<String>, Query, description = "The last id seen")),
    security(("operator" = []), ("agency-admin" = [])),
    responses((status = 200, body = InventoryStates), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub(super) async fn list_inventories(
    house: web::Data<House>,
    request: HttpRequest,
    agency: web::Path<String>,
) -> HttpResponse {
    let query = web::Query::<AfterQuery>::from_query(request.query_string());
    answer::answer(
        house,
        request,
        Authority::Agency(&agency),
        "ListInventories",
        StatusCode::OK,
        async |op| {
            let AfterQuery {
                after_bucket,
                after_id,
            } = query
                .map_err(|error| AdminError::argument(format!("The query: {error}.")))?
                .into_inner();
            let after = match after_bucket {
                None => None,
                Some(bucket) => {
                    let bucket = bucket_name(&bucket)?;
                    Some((bucket, after_id.unwrap_or_default()))
                }
            };
            let agency = agency_id(&agency)?;
            let found = op.house.store.inventories_shown(&agency, after).await?;
            answer::read(InventoryStates {
                more: u32::try_from(found.len()).is_ok_and(|n| n >= limits::LIST_PAGE_MAX),
                inventories: found.into_iter().map(InventoryState::from).collect(),
            })
        },
    )
    .await
}
