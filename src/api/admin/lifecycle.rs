//! Lifecycle: how far the walks of the day are, and what would go when it ends. Rules and numbers
//! alone: the names of documents are their agency's.

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::http::house::House;
use crate::jobs::lifecycle;
use crate::meta::records::LifecycleRun;
use crate::types::clock::Time;
use crate::types::names::BucketName;

use super::answer;
use super::asker::Authority;
use super::error::AdminError;
use super::error::ErrorBody;
use super::names::agency_id;
use super::names::bucket_name;

/// The last or present walk over one bucket.
#[derive(Serialize, ToSchema)]
pub(super) struct Walk {
    /// The bucket.
    bucket: String,
    /// `running` or `done`.
    state: &'static str,
    /// When it began (RFC 3339).
    started: String,
    /// When it ended (RFC 3339).
    finished: Option<String>,
    /// Versions, delete markers and uploads looked at.
    examined: u64,
    /// How many of them went.
    removed: u64,
    /// How many were to go and stayed: they had changed meanwhile, or a lock holds them.
    kept: u64,
}

/// The walks over an agency's buckets.
#[derive(Serialize, ToSchema)]
pub(super) struct Walks {
    /// By bucket.
    walks: Vec<Walk>,
}

/// What one rule would remove.
#[derive(Serialize, ToSchema)]
pub(super) struct Due {
    /// Current versions: removed, or hidden by a delete marker.
    current: u64,
    /// Versions that are not current.
    noncurrent: u64,
    /// Delete markers that hide nothing.
    markers: u64,
    /// Unfinished uploads.
    uploads: u64,
    /// Bytes of all these versions.
    bytes: u64,
}

/// What would go when the present day ends, if nothing changes and no lock holds it.
#[derive(Serialize, ToSchema)]
pub(super) struct Plan {
    /// When the day ends (RFC 3339).
    at: String,
    /// By the name of the rule; rules by which nothing goes are left out.
    rules: BTreeMap<String, Due>,
    /// Versions, delete markers and uploads looked at.
    examined: u64,
    /// Whether that was all; a plan ends after the first million versions.
    whole: bool,
}

impl From<(BucketName, LifecycleRun)> for Walk {
    fn from((bucket, run): (BucketName, LifecycleRun)) -> Self {
        Self {
            bucket: bucket.as_str().to_owned(),
            state: match run.finished {
                None => "running",
                Some(_) => "done",
            },
            started: run.started.iso8601(),
            finished: run.finished.map(Time::iso8601),
            examined: run.examined,
            removed: run.removed,
            kept: run.kept,
        }
    }
}

impl From<lifecycle::Due> for Due {
    fn from(due: lifecycle::Due) -> Self {
        Self {
            current: due.current,
            noncurrent: due.noncurrent,
            markers: due.markers,
            uploads: due.uploads,
            bytes: due.bytes,
        }
    }
}

/// Shows how far lifecycle is in each bucket that has rules.
#[utoipa::path(get, path = "/admin/v1/agencies/{agency}/lifecycle", tag = "lifecycle",
    params(("agency" = String, Path, description = "The agency's slug")),
    security(("operator" = []), ("agency-admin" = []), ("auditor" = [])),
    responses((status = 200, body = Walks), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn list_lifecycle_walks(
    house: web::Data<House>,
    request: HttpRequest,
    agency: web::Path<String>,
) -> HttpResponse {
    answer::answer(
        house,
        request,
        Authority::AgencyShown(&agency),
        "ListLifecycleWalks",
        StatusCode::OK,
        async |op| {
            let runs = op.house.store.lifecycle_runs(&agency_id(&agency)?).await?;
            let walks = runs.into_iter().map(Walk::from).collect();
            answer::read(Walks { walks })
        },
    )
    .await
}

/// Shows what would go from a bucket when the present day ends. Nothing goes by this.
#[utoipa::path(get, path = "/admin/v1/agencies/{agency}/lifecycle/{bucket}/plan",
    tag = "lifecycle",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("bucket" = String, Path, description = "The bucket")),
    security(("operator" = []), ("agency-admin" = [])),
    responses((status = 200, body = Plan), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn plan_lifecycle(
    house: web::Data<House>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    let (agency, bucket) = &*path;
    answer::answer(
        house,
        request,
        Authority::Agency(agency),
        "PlanLifecycle",
        StatusCode::OK,
        async |op| {
            let agency = agency_id(agency)?;
            let bucket = bucket_name(bucket)?;
            let (store, day) = (&op.house.store, op.house.day);
            let plan = lifecycle::plan(store, &agency, &bucket, day).await?;
            let plan = plan.ok_or_else(|| {
                let message = "The agency has no bucket of this name with lifecycle rules.";
                AdminError::new(404, "no_such_lifecycle", message)
            })?;
            let rules = plan.rules.into_iter();
            answer::read(Plan {
                at: plan.at.iso8601(),
                rules: rules.map(|(id, due)| (id, due.into())).collect(),
                examined: plan.examined,
                whole: plan.is_whole,
            })
        },
    )
    .await
}
