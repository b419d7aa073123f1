//! Access keys: create, list, revoke.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::consent::Gives;
use crate::api::http::house::House;
use crate::meta::records::AccessKeyRecord;
use crate::meta::records::Revoked;
use crate::store::credentials::Bounds;
use crate::types::clock::Time;
use crate::types::ids::AccessKeyId;
use crate::types::roles::Role;

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
use super::names::principal_name;
use super::policies;

/// An access key to make.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAccessKey {
    /// Whose it will be; made if new.
    #[schema(min_length = 1, max_length = 128, example = "ventanilla")]
    principal: String,
    /// `app`, `reader`, `reviewer`, `records-officer`, `auditor`, `agency-admin`, or `none`: then
    /// what the agency's own roles and the policies of buckets give its principal is all.
    role: String,
    /// A policy document that must allow whatever the key does, whatever else allows it; of at most
    /// 20 KB. It stays for the life of the key.
    policy: Option<serde_json::Map<String, serde_json::Value>>,
    /// Seconds after which it is refused; never, if absent.
    #[schema(minimum = 1)]
    expires_in_seconds: Option<u32>,
}

/// A new access key. Its secret is never shown again.
#[derive(Serialize, ToSchema)]
pub(super) struct CreatedAccessKey {
    access_key_id: String,
    /// Shown once.
    secret_access_key: String,
    /// What S3 shows as Owner ID.
    canonical_id: String,
    /// What S3 shows as Owner DisplayName.
    display_name: String,
    principal: String,
    role: String,
    /// When it was made (RFC 3339).
    created: String,
    /// When it ends (RFC 3339).
    expires: Option<String>,
}

/// An access key.
#[derive(Serialize, ToSchema)]
pub(super) struct AccessKey {
    access_key_id: String,
    /// What S3 shows as Owner ID.
    canonical_id: String,
    principal: String,
    roles: Vec<&'static str>,
    /// When it was made (RFC 3339).
    created: String,
    /// When it ends (RFC 3339).
    expires: Option<String>,
    /// When it was revoked (RFC 3339).
    revoked: Option<String>,
    /// The policy document that narrows it.
    policy: Option<serde_json::Value>,
}

/// All access keys of an agency.
#[derive(Serialize, ToSchema)]
pub(super) struct AccessKeys {
    access_keys: Vec<AccessKey>,
}

impl From<AccessKeyRecord> for AccessKey {
    fn from(record: AccessKeyRecord) -> Self {
        Self {
            access_key_id: record.access_key_id.as_str().to_owned(),
            canonical_id: record.owner.id.to_string(),
            principal: record.owner.name.as_str().to_owned(),
            roles: record.roles.iter().map(|role| role.name()).collect(),
            created: record.created.iso8601(),
            expires: record.expires.map(Time::iso8601),
            revoked: record.revoked.map(Time::iso8601),
            policy: record.inline_policy.map(policies::shown),
        }
    }
}

/// The roles that an access key may have: an operator's is none of them, for operators have tokens
/// and read no documents.
fn roles(text: &str) -> Result<Vec<Role>, AdminError> {
    if text == "none" {
        return Ok(Vec::new());
    }
    let role = Role::parse(text).filter(|role| *role != Role::Operator);
    role.map(|role| vec![role]).ok_or_else(|| {
        let message = format!("The role is one of {}, or none.", Role::IN_AGENCY);
        AdminError::argument(message)
    })
}

/// Makes an access key for a principal of an agency.
#[utoipa::path(post, path = "/admin/v1/agencies/{agency}/access-keys", tag = "access-keys",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("X-Acervo-Approval" = Option<String>, Header, description = "An approval's id")),
    request_body = NewAccessKey, security(("operator" = []), ("agency-admin" = [])),
    responses((status = 201, body = CreatedAccessKey), (status = 202, body = Approval),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub(super) async fn create_access_key(
    house: web::Data<House>,
    request: HttpRequest,
    agency: web::Path<String>,
    body: Body,
) -> HttpResponse {
    answer::guarded(
        house,
        request,
        Authority::Agency(&agency),
        "CreateAccessKey",
        StatusCode::CREATED,
        async |op| {
            let body: NewAccessKey = body.json()?;
            let agency = agency_id(&agency)?;
            let principal = principal_name(&body.principal)?;
            let roles = roles(&body.role)?;
            let policy = body.policy.clone().map(policies::checked).transpose()?;
            let seconds = body.expires_in_seconds.map(i64::from);
            let expires = seconds.map(|seconds| op.asked.at.plus_seconds(seconds));
            let subject = format!("{} {principal}", body.role);
            let given = GivenRights {
                gives: Gives::AccessKey(&roles),
                principal: Some(&principal),
                subject: &subject,
            };
            let consent = op.consent(&agency, given, &body).await?;
            let draft = op.draft(&body.principal);
            let store = &op.house.store;
            let bounds = Bounds {
                roles,
                expires,
                policy,
            };
            let made = store
                .create_access_key(&consent, principal, bounds, &draft)
                .await?;
            Ok(Given::committed(made, |made| CreatedAccessKey {
                access_key_id: made.access_key_id.as_str().to_owned(),
                secret_access_key: made.secret.expose().to_owned(),
                canonical_id: made.owner.id.to_string(),
                display_name: made.owner.name.as_str().to_owned(),
                principal: made.owner.name.as_str().to_owned(),
                role: body.role,
                created: made.created.iso8601(),
                expires: expires.map(Time::iso8601),
            }))
        },
    )
    .await
}

/// Lists an agency's access keys, without secrets.
#[utoipa::path(get, path = "/admin/v1/agencies/{agency}/access-keys", tag = "access-keys",
    params(("agency" = String, Path, description = "The agency's slug")),
    security(("operator" = []), ("agency-admin" = []), ("auditor" = [])),
    responses((status = 200, body = AccessKeys), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub(super) async fn list_access_keys(
    house: web::Data<House>,
    request: HttpRequest,
    agency: web::Path<String>,
) -> HttpResponse {
    answer::answer(
        house,
        request,
        Authority::AgencyShown(&agency),
        "ListAccessKeys",
        StatusCode::OK,
        async |op| {
            let records = op.house.store.access_keys(&agency_id(&agency)?).await?;
            let access_keys = records.into_iter().map(AccessKey::from).collect();
            answer::read(AccessKeys { access_keys })
        },
    )
    .await
}

/// Revokes an access key, lasting or temporary; neither it nor any session that was made with it
/// opens anything any more when this answers.
#[utoipa::path(delete, path = "/admin/v1/agencies/{agency}/access-keys/{access_key_id}",
    tag = "access-keys",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("access_key_id" = String, Path, description = "The access key's id")),
    security(("operator" = []), ("agency-admin" = [])),
    responses((status = 200, body = Done), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub(super) async fn revoke_access_key(
    house: web::Data<House>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    answer::answer(
        house,
        request,
        Authority::Agency(&path.0),
        "RevokeAccessKey",
        StatusCode::OK,
        async |op| {
            let (agency, id) = &*path;
            let draft = op.draft(id);
            let missing = |_| {
                let message = "The agency has no access key of this id.";
                AdminError::new(404, "no_such_access_key", message)
            };
            let agency = agency_id(agency)?;
            let id = AccessKeyId::parse(id).map_err(missing)?;
            let store = &op.house.store;
            let done = if id.is_temporary() {
                let revoked = Revoked::Key(id);
                store.revoke(&agency, revoked, false, &draft).await?
            } else {
                store.revoke_access_key(&agency, &id, &draft).await?
            };
            Ok(Given::committed(done, |()| Done {}))
        },
    )
    .await
}
