//! Quotas: what an agency and its buckets store, and may store.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::http::house::House;
use crate::audit::entry::Outcome;
use crate::meta::usage;
use crate::meta::usage::Account;

use super::agencies::Done;
use super::answer;
use super::answer::Given;
use super::asker::Authority;
use super::body::Body;
use super::error::AdminError;
use super::error::ErrorBody;
use super::names::agency_id;
use super::names::bucket_name;

/// How much may be stored from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewQuota {
    /// The bucket; without one, the agency as a whole.
    bucket: Option<String>,
    /// Bytes of all versions and of parts of unfinished uploads; without it, as many as fit.
    #[schema(minimum = 0)]
    bytes: Option<u64>,
    /// Versions, current or not; without it, as many as fit.
    #[schema(minimum = 0)]
    objects: Option<u64>,
}

/// What is stored, and how much may be.
#[derive(Serialize, ToSchema)]
pub(super) struct Stored {
    /// Bytes stored.
    bytes: u64,
    /// Versions stored.
    objects: u64,
    /// Bytes that may be stored; `null` for as many as fit.
    quota_bytes: Option<u64>,
    /// Versions that may be stored; `null` for as many as fit.
    quota_objects: Option<u64>,
}

/// What a bucket stores, and how much it may.
#[derive(Serialize, ToSchema)]
pub(super) struct StoredInBucket {
    /// The bucket.
    bucket: String,
    #[serde(flatten)]
    stored: Stored,
}

/// What an agency stores.
#[derive(Serialize, ToSchema)]
pub(super) struct Quotas {
    /// All of it.
    agency: Stored,
    /// By bucket.
    buckets: Vec<StoredInBucket>,
}

impl From<Account> for Stored {
    fn from(account: Account) -> Self {
        Self {
            bytes: account.usage.bytes,
            objects: account.usage.objects,
            quota_bytes: account.quota.bytes,
            quota_objects: account.quota.objects,
        }
    }
}

/// Shows what an agency and its buckets store, and may store.
#[utoipa::path(get, path = "/admin/v1/agencies/{agency}/quotas", tag = "quotas",
    params(("agency" = String, Path, description = "The agency's slug")),
    security(("operator" = []), ("agency-admin" = []), ("auditor" = [])),
    responses((status = 200, body = Quotas), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn list_quotas(
    house: web::Data<House>,
    request: HttpRequest,
    agency: web::Path<String>,
) -> HttpResponse {
    answer::answer(
        house,
        request,
        Authority::AgencyShown(&agency),
        "ListQuotas",
        StatusCode::OK,
        async |op| {
            let accounts = op.house.store.accounts(&agency_id(&agency)?).await?;
            let buckets = accounts.buckets.into_iter();
            let buckets = buckets.map(|(name, account)| StoredInBucket {
                bucket: name.as_str().to_owned(),
                stored: account.into(),
            });
            answer::read(Quotas {
                agency: accounts.agency.into(),
                buckets: buckets.collect(),
            })
        },
    )
    .await
}

/// Sets how much a bucket, or the agency as a whole, may store. What is stored already stays.
#[utoipa::path(put, path = "/admin/v1/agencies/{agency}/quotas", tag = "quotas",
    params(("agency" = String, Path, description = "The agency's slug")),
    request_body = NewQuota, security(("operator" = [])),
    responses((status = 200, body = Done), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub(super) async fn set_quota(
    house: web::Data<House>,
    request: HttpRequest,
    agency: web::Path<String>,
    body: Body,
) -> HttpResponse {
    answer::answer(
        house,
        request,
        Authority::Operators,
        "SetQuota",
        StatusCode::OK,
        async |op| {
            let body: NewQuota = body.json()?;
            let agency = agency_id(&agency)?;
            let bucket = body.bucket.as_deref().map(bucket_name).transpose()?;
            let quota = usage::Quota {
                bytes: body.bytes,
                objects: body.objects,
            };
            // Both fit the index's whole numbers.
            if [quota.bytes, quota.objects]
                .into_iter()
                .flatten()
                .any(|most| i64::try_from(most).is_err())
            {
                let message = "A quota is a whole number below 2^63.";
                return Err(AdminError::argument(message));
            }
            let mut draft = op.asked.draft(Some(op.asker), None, Outcome::Allowed);
            draft.bucket = body.bucket.as_deref();
            let store = &op.house.store;
            let done = store.set_quota(&agency, bucket, quota, &draft).await?;
            Ok(Given::committed(done, |()| Done {}))
        },
    )
    .await
}
