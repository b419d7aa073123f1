//! Grants between agencies: offered or requested, approved by the other side, refused, revoked.
//!
//! Only admins of the two agencies decide. Operators see which grants there are, and not the names
//! of documents in them.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::http::house::House;
use crate::audit::entry::Draft;
use crate::audit::entry::GrantNote;
use crate::crypto::random;
use crate::meta::commands::StepGrant;
use crate::meta::grants::GrantRecord;
use crate::meta::grants::GrantStep;
use crate::store::grants::NewGrant;
use crate::types::clock::Time;
use crate::types::grant::Actions;
use crate::types::grant::LegalBasis;
use crate::types::grant::Purpose;
use crate::types::grant::Scope;
use crate::types::grant::Side;
use crate::types::grant::State;
use crate::types::grant::Step;
use crate::types::grant::Terms;
use crate::types::ids::GrantId;
use crate::types::ids::VersionId;
use crate::types::names::AgencyId;
use crate::types::names::BucketName;
use crate::types::names::InvalidName;
use crate::types::names::ObjectKey;

use super::answer;
use super::answer::Given;
use super::asker::Authority;
use super::body::Body;
use super::error::AdminError;
use super::error::ErrorBody;
use super::names::agency_id;
use super::names::bucket_name;
use super::names::principal_name;

/// What is to be agreed on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTerms {
    /// The other agency: of an offer who is to read, of a request whose documents they are.
    #[schema(example = "licencias")]
    agency: String,
    /// The grantor's bucket.
    bucket: String,
    /// All objects whose keys begin so; with the empty text, all of the bucket. Or `key`.
    prefix: Option<String>,
    /// One object. Or `prefix`.
    key: Option<String>,
    /// One version of that object alone.
    version_id: Option<String>,
    /// What may be done: of `s3:GetObject`, `s3:GetObjectVersion`, `s3:GetObjectTagging`,
    /// `s3:GetObjectVersionTagging`, `s3:GetObjectAttributes`, `s3:GetObjectVersionAttributes`,
    /// `s3:ListBucket`.
    actions: Vec<String>,
    /// For what: a short code of a-z, 0-9 and -, which each request has to state.
    #[schema(example = "tramite-licencia")]
    purpose: String,
    /// By what law or instrument.
    legal_basis: String,
    /// From when on no more (RFC 3339).
    expires: String,
    /// The grantee's principals to whom it is limited.
    #[serde(default)]
    principals: Vec<String>,
    /// The grantee's roles to which it is limited.
    #[serde(default)]
    roles: Vec<String>,
    /// Of a request: what the requester will call it among its buckets; else a name is made.
    alias: Option<String>,
}

/// How a grant is approved.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GrantApproval {
    /// What a grantee calls it among its buckets; else a name is made.
    alias: Option<String>,
}

/// A grant, as the agency of the path knows it.
#[derive(Serialize, ToSchema)]
pub(super) struct Grant {
    /// Its number, the same for both agencies.
    id: String,
    /// `grantor` or `grantee`: which of the two the agency of the path is.
    side: &'static str,
    grantor: String,
    grantee: String,
    /// `offered`, `requested`, `active`, `expired`, `refused` or `revoked`.
    state: &'static str,
    bucket: String,
    /// All objects whose keys begin so. Not told to operators.
    prefix: Option<String>,
    /// One object. Not told to operators.
    key: Option<String>,
    /// One version of it alone.
    version_id: Option<String>,
    actions: Vec<&'static str>,
    purpose: String,
    legal_basis: String,
    /// From when on no more (RFC 3339).
    expires: String,
    principals: Vec<String>,
    roles: Vec<String>,
    /// What the grantee calls it among its buckets; only told to the grantee.
    alias: Option<String>,
    /// What was done, the oldest first.
    steps: Vec<GrantDeed>,
    /// Whether the other agency knows this state.
    told: bool,
}

/// One step of an agency's admin.
#[derive(Serialize, ToSchema)]
pub(super) struct GrantDeed {
    /// `proposed`, `approved`, `refused` or `revoked`.
    step: &'static str,
    agency: String,
    /// Who.
    principal: String,
    /// When (RFC 3339).
    at: String,
}

/// The grants that an agency has given and received.
#[derive(Serialize, ToSchema)]
pub(super) struct Grants {
    /// In the order in which the agency heard of them.
    grants: Vec<Grant>,
}

/// Who is told of a grant.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Reader {
    Operator,
    Admin,
}

impl Grant {
    fn of(record: &GrantRecord, now: Time, reader: Reader) -> Self {
        let terms = &record.terms;
        let (prefix, key, version) = match &terms.scope {
            Scope::Prefix(prefix) => (Some(prefix.to_string()), None, None),
            Scope::Object(key, version) => (None, Some(key.to_string()), *version),
        };
        let is_admin = reader == Reader::Admin;
        let deed = |step: &GrantStep| GrantDeed {
            step: step.step.name(),
            agency: terms.agency(step.side).to_string(),
            principal: step.principal.to_string(),
            at: step.at.iso8601(),
        };
        Self {
            id: record.id.to_string(),
            side: record.side.name(),
            grantor: terms.grantor.to_string(),
            grantee: terms.grantee.to_string(),
            state: match record.state {
                State::Active if now >= terms.expires => "expired",
                state => state.name(),
            },
            bucket: terms.bucket.to_string(),
            prefix: prefix.filter(|_| is_admin),
            key: key.filter(|_| is_admin),
            version_id: version.map(|version| version.to_string()),
            actions: terms.actions.names().collect(),
            purpose: terms.purpose.to_string(),
            legal_basis: terms.legal_basis.to_string(),
            expires: terms.expires.iso8601(),
            principals: terms.principals.iter().map(ToString::to_string).collect(),
            roles: terms.roles.iter().map(ToString::to_string).collect(),
            alias: record.alias.as_ref().map(ToString::to_string),
            steps: record.steps.iter().map(deed).collect(),
            told: record.is_told,
        }
    }
}

fn named<T>(what: &'static str, parsed: Result<T, InvalidName>) -> Result<T, AdminError> {
    parsed.map_err(|error| AdminError::invalid(what, error))
}

fn alias_of(alias: Option<&str>) -> Result<Option<BucketName>, AdminError> {
    alias
        .map(|alias| named("alias", BucketName::parse(alias)))
        .transpose()
}

/// A name for who does not choose one: it cannot be guessed, so it is free.
fn made_alias(grantor: &AgencyId) -> Result<BucketName, AdminError> {
    let tail = random::text(b"abcdefghijkmnpqrstuvwxyz23456789", 8);
    named("alias", BucketName::parse(&format!("de-{grantor}-{tail}")))
}

impl NewTerms {
    fn read(&self, agency: &AgencyId, by: Side) -> Result<Terms, AdminError> {
        let other = agency_id(&self.agency)?;
        let (grantor, grantee) = match by {
            Side::Grantor => (agency.clone(), other),
            Side::Grantee => (other, agency.clone()),
        };
        let version = self.version_id.as_deref().map(VersionId::parse);
        let version = named("version id", version.transpose())?;
        let scope = match (&self.prefix, &self.key) {
            (Some(prefix), None) if version.is_none() => named("prefix", Scope::prefix(prefix))?,
            (None, Some(key)) => Scope::Object(named("key", ObjectKey::parse(key))?, version),
            _ => {
                return Err(AdminError::argument(
                    "Say prefix, or key and perhaps version_id.",
                ));
            }
        };
        let expires = Time::parse_iso8601(&self.expires)
            .ok_or_else(|| AdminError::argument("expires is a moment as RFC 3339 has it."))?;
        let principals = self.principals.iter();
        let principals = principals.map(|name| principal_name(name));
        let is_role = |role: &String| (1..=64).contains(&role.len()) && role.is_ascii();
        if !self.roles.iter().all(is_role) {
            return Err(AdminError::argument(
                "A role has a name of 1 to 64 characters.",
            ));
        }
        let actions = self.actions.iter().map(String::as_str);
        Ok(Terms {
            grantor,
            grantee,
            bucket: bucket_name(&self.bucket)?,
            scope,
            actions: named("list of actions", Actions::parse(actions))?,
            purpose: named("purpose", Purpose::parse(&self.purpose))?,
            legal_basis: named("legal basis", LegalBasis::parse(&self.legal_basis))?,
            expires,
            principals: principals.collect::<Result<_, _>>()?,
            roles: self.roles.iter().map(|role| role.as_str().into()).collect(),
        })
    }
}

async fn propose(
    house: web::Data<House>,
    request: HttpRequest,
    agency: web::Path<String>,
    body: Body,
    by: Side,
) -> HttpResponse {
    let action = match by {
        Side::Grantor => "OfferGrant",
        Side::Grantee => "RequestGrant",
    };
    let authority = Authority::AgencyAlone(&agency);
    answer::answer(
        house,
        request,
        authority,
        action,
        StatusCode::CREATED,
        async |op| {
            let body: NewTerms = body.json()?;
            let agency = agency_id(&agency)?;
            let terms = body.read(&agency, by)?;
            let unfit = terms.check(op.asked.at).err();
            if let Some(unfit) = unfit {
                return Err(AdminError::argument(format!(
                    "The terms cannot be agreed on: {unfit}."
                )));
            }
            let alias = match (by, alias_of(body.alias.as_deref())?) {
                (Side::Grantor, Some(_)) => {
                    return Err(AdminError::argument(
                        "The alias is chosen by the agency that reads.",
                    ));
                }
                (Side::Grantor, None) => None,
                (Side::Grantee, Some(alias)) => Some(alias),
                (Side::Grantee, None) => Some(made_alias(&terms.grantor)?),
            };
            let id = GrantId::new(random::bytes());
            let (id_text, purpose) = (id.to_string(), terms.purpose.clone());
            let other = terms.agency(by.other()).clone();
            let draft = Draft {
                grant: Some(Box::new(note(&id_text, &other, purpose.as_str()))),
                ..op.draft(&id_text)
            };
            let new = NewGrant {
                id,
                by,
                principal: op.asker.name().clone(),
                terms,
                alias,
            };
            let done = op.house.store.propose_grant(new, &draft).await?;
            let now = op.asked.at;
            Ok(Given::committed(done, |record| {
                Grant::of(&record, now, Reader::Admin)
            }))
        },
    )
    .await
}

fn note<'a>(id: &'a str, other: &'a AgencyId, purpose: &'a str) -> GrantNote<'a> {
    GrantNote {
        id,
        agency: other.as_str(),
        purpose: Some(purpose),
        expediente: None,
        version: None,
    }
}

/// Offers another agency to read documents of this one. It counts when that one approves.
#[utoipa::path(post, path = "/admin/v1/agencies/{agency}/grants/offers", tag = "grants",
    params(("agency" = String, Path, description = "The agency's slug")),
    request_body = NewTerms, security(("agency-admin" = [])),
    responses((status = 201, body = Grant), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
pub(super) async fn offer_grant(
    house: web::Data<House>,
    request: HttpRequest,
    agency: web::Path<String>,
    body: Body,
) -> HttpResponse {
    propose(house, request, agency, body, Side::Grantor).await
}

/// Asks another agency to let this one read documents. It counts when that one approves.
#[utoipa::path(post, path = "/admin/v1/agencies/{agency}/grants/requests", tag = "grants",
    params(("agency" = String, Path, description = "The agency's slug")),
    request_body = NewTerms, security(("agency-admin" = [])),
    responses((status = 201, body = Grant), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
pub(super) async fn request_grant(
    house: web::Data<House>,
    request: HttpRequest,
    agency: web::Path<String>,
    body: Body,
) -> HttpResponse {
    propose(house, request, agency, body, Side::Grantee).await
}

/// Agency and grant.
type GrantPath = web::Path<(String, String)>;

fn grant_id(text: &str) -> Result<GrantId, AdminError> {
    named("grant's number", GrantId::parse(text))
}

async fn take(
    house: web::Data<House>,
    request: HttpRequest,
    path: GrantPath,
    body: Body,
    step: Step,
) -> HttpResponse {
    let action = match step {
        Step::Approve => "ApproveGrant",
        Step::Refuse => "RefuseGrant",
        Step::Propose | Step::Revoke => "RevokeGrant",
    };
    let authority = Authority::AgencyAlone(&path.0);
    answer::answer(
        house,
        request,
        authority,
        action,
        StatusCode::OK,
        async |op| {
            let approval: GrantApproval = match (step, body.bytes()?) {
                (_, b"") => GrantApproval::default(),
                (Step::Approve, _) => body.json()?,
                (_, _) => return Err(AdminError::argument("This takes no body.")),
            };
            let (agency, id) = (agency_id(&path.0)?, grant_id(&path.1)?);
            let known = op.house.store.grant(&agency, id).await?;
            let alias = match (step, known.side, alias_of(approval.alias.as_deref())?) {
                (Step::Approve, Side::Grantee, Some(alias)) => Some(alias),
                (Step::Approve, Side::Grantee, None) => Some(made_alias(&known.terms.grantor)?),
                (_, _, Some(_)) => {
                    return Err(AdminError::argument(
                        "The alias is chosen by the agency that reads.",
                    ));
                }
                (_, _, None) => None,
            };
            let draft = Draft {
                grant: Some(Box::new(note(
                    &path.1,
                    known.other(),
                    known.terms.purpose.as_str(),
                ))),
                ..op.draft(&path.1)
            };
            let command = StepGrant {
                id,
                step: GrantStep {
                    at: op.asked.at,
                    side: known.side,
                    step,
                    principal: op.asker.name().clone(),
                },
                alias,
            };
            let done = op.house.store.step_grant(&agency, command, &draft).await?;
            let now = op.asked.at;
            Ok(Given::committed(done, |record| {
                Grant::of(&record, now, Reader::Admin)
            }))
        },
    )
    .await
}

/// Approves what the other agency proposed: from now on it counts.
#[utoipa::path(post, path = "/admin/v1/agencies/{agency}/grants/{grant}/approve", tag = "grants",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("grant" = String, Path, description = "The grant's number")),
    request_body = Option<GrantApproval>, security(("agency-admin" = [])),
    responses((status = 200, body = Grant), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
pub(super) async fn approve_grant(
    house: web::Data<House>,
    request: HttpRequest,
    path: GrantPath,
    body: Body,
) -> HttpResponse {
    take(house, request, path, body, Step::Approve).await
}

/// Does not approve what the other agency proposed.
#[utoipa::path(post, path = "/admin/v1/agencies/{agency}/grants/{grant}/refuse", tag = "grants",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("grant" = String, Path, description = "The grant's number")),
    security(("agency-admin" = [])),
    responses((status = 200, body = Grant), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody), (status = 413, body = String),
        (status = 503, body = ErrorBody)))]
pub(super) async fn refuse_grant(
    house: web::Data<House>,
    request: HttpRequest,
    path: GrantPath,
    body: Body,
) -> HttpResponse {
    take(house, request, path, body, Step::Refuse).await
}

/// Ends a grant, or takes a proposal back; either agency may, and it counts at once.
#[utoipa::path(post, path = "/admin/v1/agencies/{agency}/grants/{grant}/revoke", tag = "grants",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("grant" = String, Path, description = "The grant's number")),
    security(("agency-admin" = [])),
    responses((status = 200, body = Grant), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody), (status = 413, body = String),
        (status = 503, body = ErrorBody)))]
pub(super) async fn revoke_grant(
    house: web::Data<House>,
    request: HttpRequest,
    path: GrantPath,
    body: Body,
) -> HttpResponse {
    take(house, request, path, body, Step::Revoke).await
}

/// Lists the grants that an agency has given and received.
#[utoipa::path(get, path = "/admin/v1/agencies/{agency}/grants", tag = "grants",
    params(("agency" = String, Path, description = "The agency's slug")),
    security(("operator" = []), ("agency-admin" = [])),
    responses((status = 200, body = Grants), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn list_grants(
    house: web::Data<House>,
    request: HttpRequest,
    agency: web::Path<String>,
) -> HttpResponse {
    answer::answer(
        house,
        request,
        Authority::Agency(&agency),
        "ListGrants",
        StatusCode::OK,
        async |op| {
            let records = op.house.store.grants(&agency_id(&agency)?).await?;
            let (now, reader) = (op.asked.at, reader(&op));
            let grants = records.iter().map(|record| Grant::of(record, now, reader));
            answer::read(Grants {
                grants: grants.collect(),
            })
        },
    )
    .await
}

/// Shows one grant.
#[utoipa::path(get, path = "/admin/v1/agencies/{agency}/grants/{grant}", tag = "grants",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("grant" = String, Path, description = "The grant's number")),
    security(("operator" = []), ("agency-admin" = [])),
    responses((status = 200, body = Grant), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub(super) async fn show_grant(
    house: web::Data<House>,
    request: HttpRequest,
    path: GrantPath,
) -> HttpResponse {
    answer::answer(
        house,
        request,
        Authority::Agency(&path.0),
        "ShowGrant",
        StatusCode::OK,
        async |op| {
            let (agency, id) = (agency_id(&path.0)?, grant_id(&path.1)?);
            let record = op.house.store.grant(&agency, id).await?;
            answer::read(Grant::of(&record, op.asked.at, reader(&op)))
        },
    )
    .await
}

fn reader(op: &answer::Operation<'_>) -> Reader {
    match op.asker.agency() {
        Some(_) => Reader::Admin,
        None => Reader::Operator,
    }
}

/// The routes.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route(
            "/admin/v1/agencies/{agency}/grants/offers",
            web::post().to(offer_grant),
        )
        .route(
            "/admin/v1/agencies/{agency}/grants/requests",
            web::post().to(request_grant),
        )
        .route(
            "/admin/v1/agencies/{agency}/grants",
            web::get().to(list_grants),
        )
        .route(
            "/admin/v1/agencies/{agency}/grants/{grant}",
            web::get().to(show_grant),
        )
        .route(
            "/admin/v1/agencies/{agency}/grants/{grant}/approve",
            web::post().to(approve_grant),
        )
        .route(
            "/admin/v1/agencies/{agency}/grants/{grant}/refuse",
            web::post().to(refuse_grant),
        )
        .route(
            "/admin/v1/agencies/{agency}/grants/{grant}/revoke",
            web::post().to(revoke_grant),
        );
}
