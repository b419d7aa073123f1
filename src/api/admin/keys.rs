//! Agency keys: create, list, rotate, retire, destroy by two people.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::http::house::House;
use crate::meta::commands::KeyChange;
use crate::meta::records::AgencyKeyRecord;
use crate::meta::records::DestructionRequest;
use crate::meta::records::RewrapPhase;
use crate::meta::records::RewrapRecord;
use crate::store::approvals::Person;
use crate::types::agency_key;
use crate::types::clock::Time;
use crate::types::names::AgencyId;
use crate::types::names::KeyName;

use super::answer;
use super::answer::Given;
use super::answer::Operation;
use super::asker::Authority;
use super::body::Body;
use super::error::AdminError;
use super::error::ErrorBody;
use super::names::agency_id;

/// An agency key to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewKey {
    /// Its name, never given to a second key: 1 to 63 characters of a-z, 0-9 and -.
    #[schema(min_length = 1, max_length = 63, example = "nominas")]
    name: String,
}

/// An agency key.
#[derive(Serialize, ToSchema)]
pub(super) struct Key {
    /// Its name.
    name: String,
    /// What S3 calls it.
    arn: String,
    /// `active`, `retired` (opens, never seals) or `destroyed`.
    state: &'static str,
    /// The newest version, which seals if the key is active.
    version: u32,
    /// The versions before this one are destroyed.
    oldest_version: u32,
    /// When it was made (RFC 3339); `null` for the default key, which is as old as the agency.
    created: Option<String>,
    /// The first half of its destruction; a second person confirms it.
    destruction: Option<Destruction>,
}

/// A destruction that was asked for.
#[derive(Serialize, ToSchema)]
pub(super) struct Destruction {
    /// Who asked for it.
    requested_by: String,
    /// When (RFC 3339).
    requested: String,
}

/// An agency key, with what depends on it.
#[derive(Serialize, ToSchema)]
pub(super) struct KeyInUse {
    #[serde(flatten)]
    key: Key,
    /// Versions of objects that it seals; `null` for the default key, which seals all others.
    objects: Option<u64>,
    /// How far data keys are wrapped by the newest version; `null` if it was never rotated.
    rewrapping: Option<Rewrapping>,
}

/// How far data keys are wrapped by the newest version.
#[derive(Serialize, ToSchema)]
pub(super) struct Rewrapping {
    /// `running`, or `done` once nothing needs an older version.
    state: &'static str,
    /// Rows looked at; a pass that is repeated counts them again.
    examined: u64,
    /// Data keys wrapped anew.
    rewrapped: u64,
}

impl From<RewrapRecord> for Rewrapping {
    fn from(record: RewrapRecord) -> Self {
        Self {
            state: match record.phase {
                RewrapPhase::Done => "done",
                _ => "running",
            },
            examined: record.examined,
            rewrapped: record.rewrapped,
        }
    }
}

/// All keys of an agency.
#[derive(Serialize, ToSchema)]
pub(super) struct Keys {
    /// In the order in which they were made.
    keys: Vec<KeyInUse>,
}

impl Key {
    fn new(house: &House, agency: &AgencyId, record: &AgencyKeyRecord) -> Self {
        let order = &record.order;
        Self {
            name: order.name.as_str().to_owned(),
            arn: agency_key::arn(&house.region, agency, &order.name),
            state: order.state.name(),
            version: order.newest.0,
            oldest_version: order.oldest.0,
            created: record.created.map(Time::iso8601),
            destruction: record.destruction.as_ref().map(|request| Destruction {
                requested_by: request.by.clone(),
                requested: request.at.iso8601(),
            }),
        }
    }
}

fn key_name(text: &str) -> Result<KeyName, AdminError> {
    KeyName::parse(text).map_err(|error| AdminError::invalid("key's name", error))
}

/// Makes an agency key, which seals what names it from then on.
#[utoipa::path(post, path = "/admin/v1/agencies/{agency}/keys", tag = "keys",
    params(("agency" = String, Path, description = "The agency's slug")),
    request_body = NewKey, security(("operator" = []), ("agency-admin" = [])),
    responses((status = 201, body = Key), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn create_key(
    house: web::Data<House>,
    request: HttpRequest,
    agency: web::Path<String>,
    body: Body,
) -> HttpResponse {
    answer::answer(
        house,
        request,
        Authority::Agency(&agency),
        "CreateAgencyKey",
        StatusCode::CREATED,
        async |op| {
            let body: NewKey = body.json()?;
            let (agency, name) = (agency_id(&agency)?, key_name(&body.name)?);
            let draft = op.draft(&body.name);
            let store = &op.house.store;
            let made = store.create_agency_key(&agency, name, &draft).await?;
            Ok(Given::committed(made, |record| {
                Key::new(op.house, &agency, &record)
            }))
        },
    )
    .await
}

/// Lists an agency's keys.
#[utoipa::path(get, path = "/admin/v1/agencies/{agency}/keys", tag = "keys",
    params(("agency" = String, Path, description = "The agency's slug")),
    security(("operator" = []), ("agency-admin" = []), ("auditor" = [])),
    responses((status = 200, body = Keys), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn list_keys(
    house: web::Data<House>,
    request: HttpRequest,
    agency: web::Path<String>,
) -> HttpResponse {
    answer::answer(
        house,
        request,
        Authority::AgencyShown(&agency),
        "ListAgencyKeys",
        StatusCode::OK,
        async |op| {
            let agency = agency_id(&agency)?;
            let listed = op.house.store.agency_keys(&agency).await?.into_iter();
            let keys = listed.map(|listed| KeyInUse {
                key: Key::new(op.house, &agency, &listed.record),
                objects: listed.objects,
                rewrapping: listed.rewrap.map(Rewrapping::from),
            });
            let keys = keys.collect();
            answer::read(Keys { keys })
        },
    )
    .await
}

/// Makes a new version, which seals from then on; the old ones open.
#[utoipa::path(post, path = "/admin/v1/agencies/{agency}/keys/{key}/rotate", tag = "keys",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("key" = String, Path, description = "The key's name")),
    security(("operator" = []), ("agency-admin" = [])),
    responses((status = 200, body = Key), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub(super) async fn rotate_key(
    house: web::Data<House>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    let change = |_: &Operation<'_>| KeyChange::Rotate;
    change_key(house, request, path, "RotateAgencyKey", change).await
}

/// Lets a key open what it sealed, and seal nothing more.
#[utoipa::path(post, path = "/admin/v1/agencies/{agency}/keys/{key}/retire", tag = "keys",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("key" = String, Path, description = "The key's name")),
    security(("operator" = []), ("agency-admin" = [])),
    responses((status = 200, body = Key), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub(super) async fn retire_key(
    house: web::Data<House>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    let change = |_: &Operation<'_>| KeyChange::Retire;
    change_key(house, request, path, "RetireAgencyKey", change).await
}

/// Asks for the destruction of a key and of all that it sealed. The key seals nothing more; it is
/// destroyed when another person confirms.
#[utoipa::path(post, path = "/admin/v1/agencies/{agency}/keys/{key}/destruction", tag = "keys",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("key" = String, Path, description = "The key's name")),
    security(("operator" = []), ("agency-admin" = [])),
    responses((status = 200, body = Key), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub(super) async fn request_key_destruction(
    house: web::Data<House>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    let change = |op: &Operation<'_>| {
        let Person { name: by, hand } = op.asker.as_person();
        let at = op.asked.at;
        KeyChange::RequestDestruction(DestructionRequest { by, hand, at })
    };
    change_key(house, request, path, "RequestKeyDestruction", change).await
}

/// Lets a key whose destruction was asked for, and not yet confirmed, seal again.
#[utoipa::path(delete, path = "/admin/v1/agencies/{agency}/keys/{key}/destruction", tag = "keys",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("key" = String, Path, description = "The key's name")),
    security(("operator" = []), ("agency-admin" = [])),
    responses((status = 200, body = Key), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub(super) async fn cancel_key_destruction(
    house: web::Data<House>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    let change = |_: &Operation<'_>| KeyChange::CancelDestruction;
    change_key(house, request, path, "CancelKeyDestruction", change).await
}

/// Destroys a key whose destruction another person asked for: what it sealed is unreadable when
/// this answers, for ever.
#[utoipa::path(post,
    path = "/admin/v1/agencies/{agency}/keys/{key}/destruction/confirmation", tag = "keys",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("key" = String, Path, description = "The key's name")),
    security(("operator" = []), ("agency-admin" = [])),
    responses((status = 200, body = Key), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub(super) async fn confirm_key_destruction(
    house: web::Data<House>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    let change = |op: &Operation<'_>| {
        let Person { name: by, hand } = op.asker.as_person();
        KeyChange::ConfirmDestruction { by, hand }
    };
    change_key(house, request, path, "ConfirmKeyDestruction", change).await
}

/// Destroys the versions older than the newest, once the rewrapping has found that nothing needs
/// them.
#[utoipa::path(delete, path = "/admin/v1/agencies/{agency}/keys/{key}/old-versions", tag = "keys",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("key" = String, Path, description = "The key's name")),
    security(("operator" = []), ("agency-admin" = [])),
    responses((status = 200, body = Key), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub(super) async fn destroy_old_versions(
    house: web::Data<House>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    let change = |_: &Operation<'_>| KeyChange::DestroyOldVersions;
    change_key(house, request, path, "DestroyOldKeyVersions", change).await
}

async fn change_key(
    house: web::Data<House>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    action: &'static str,
    change: impl FnOnce(&Operation<'_>) -> KeyChange,
) -> HttpResponse {
    let (agency, key) = &*path;
    answer::answer(
        house,
        request,
        Authority::Agency(agency),
        action,
        StatusCode::OK,
        async |op| {
            let (agency, name) = (agency_id(agency)?, key_name(key)?);
            let draft = op.draft(key);
            let change = change(&op);
            let store = &op.house.store;
            let changed = store
                .change_agency_key(&agency, name, change, &draft)
                .await?;
            Ok(Given::committed(changed, |record| {
                Key::new(op.house, &agency, &record)
            }))
        },
    )
    .await
}
