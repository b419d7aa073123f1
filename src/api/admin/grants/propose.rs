//! Offers and requests: the first step, which makes a grant.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::http::house::House;
use crate::audit::entry::Draft;
use crate::crypto::random;
use crate::store::grants::NewGrant;
use crate::types::clock::Time;
use crate::types::grant::Actions;
use crate::types::grant::LegalBasis;
use crate::types::grant::Purpose;
use crate::types::grant::Scope;
use crate::types::grant::Side;
use crate::types::grant::Terms;
use crate::types::ids::GrantId;
use crate::types::ids::VersionId;
use crate::types::names::AgencyId;
use crate::types::names::ObjectKey;

use super::super::answer;
use super::super::answer::Given;
use super::super::asker::Authority;
use super::super::body::Body;
use super::super::error::AdminError;
use super::super::error::ErrorBody;
use super::super::names::agency_id;
use super::super::names::bucket_name;
use super::super::names::principal_name;
use super::alias_of;
use super::made_alias;
use super::named;
use super::note;
use super::show::Grant;
use super::show::Reader;

/// What is to be agreed on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api::admin) struct NewTerms {
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

/// Offers another agency to read documents of this one. It counts when that one approves.
#[utoipa::path(post, path = "/admin/v1/agencies/{agency}/grants/offers", tag = "grants",
    params(("agency" = String, Path, description = "The agency's slug")),
    request_body = NewTerms, security(("agency-admin" = [])),
    responses((status = 201, body = Grant), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
pub(in crate::api::admin) async fn offer_grant(
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
pub(in crate::api::admin) async fn request_grant(
    house: web::Data<House>,
    request: HttpRequest,
    agency: web::Path<String>,
    body: Body,
) -> HttpResponse {
    propose(house, request, agency, body, Side::Grantee).await
}
