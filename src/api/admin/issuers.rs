//! The issuers that an agency trusts, beside those of the configuration.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::http::house::House;
use crate::auth::bearer::claims::ClaimPath;
use crate::auth::bearer::keys::TokenAlgorithm;
use crate::auth::bearer::local::LOCAL_NAME;
use crate::auth::bearer::rules::ListRule;
use crate::auth::bearer::rules::RequiredClaim;
use crate::auth::bearer::rules::TagRule;
use crate::auth::bearer::rules::TextRule;
use crate::auth::bearer::settings::AgencyRule;
use crate::auth::bearer::settings::FetchSource;
use crate::auth::bearer::settings::FetchedDocument;
use crate::auth::bearer::settings::IssuerSettings;
use crate::auth::bearer::settings::KeySource;
use crate::auth::error::IssuerError;
use crate::types::names::AgencyId;
use crate::types::names::InvalidName;
use crate::types::url::FetchUrl;

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

/// An issuer of an agency: who signs, where its keys are, and what its claims mean. Every token of
/// it is of this agency.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IssuerBody {
    /// What the agency calls it: 1 to 64 of a-z, 0-9 and -.
    #[schema(min_length = 1, max_length = 64, example = "llave")]
    pub(super) name: String,
    /// The `iss` of its tokens, byte for byte.
    pub(super) issuer: String,
    /// The `aud` values of which a token must have one.
    audiences: Vec<String>,
    /// Its public keys, a JSON Web Key Set; or one of the two URLs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    jwks: Option<Value>,
    /// The URL of its key set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    jwks_url: Option<String>,
    /// The URL of its discovery document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    discovery_url: Option<String>,
    /// Hosts at which the discovery document may say that the keys are, beside its own.
    #[serde(default)]
    jwks_hosts: Vec<String>,
    /// PEM of the authorities that are believed for the URLs, beside the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ca_pem: Option<String>,
    /// Seconds after which the keys are fetched again: 5 to 86400.
    #[serde(default = "five_minutes")]
    refresh_seconds: u64,
    /// Seconds that must lie between two fetches: 1 to 3600.
    #[serde(default = "ten")]
    refresh_min_seconds: u64,
    /// Signature algorithms.
    #[serde(default = "usual_algorithms")]
    algorithms: Vec<String>,
    /// Seconds between `iat` and `exp`, at most.
    #[serde(default = "one_hour")]
    max_lifetime_seconds: u32,
    /// Seconds by which its clock may differ.
    #[serde(default = "half_a_minute")]
    leeway_seconds: u32,
    /// Claims that a token must have, each with its value.
    #[serde(default)]
    required_claims: BTreeMap<String, String>,
    /// The claim that names the principal, or a template of several.
    #[serde(default = "sub")]
    principal_claim: String,
    /// The claim that lists the roles.
    #[serde(default = "roles")]
    roles_claim: String,
    /// What the roles that are meant for this store have before them.
    #[serde(default)]
    roles_prefix: String,
    /// Tags for policies, each with the claim that it comes from.
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

fn five_minutes() -> u64 {
    300
}

fn ten() -> u64 {
    10
}

fn one_hour() -> u32 {
    3_600
}

fn half_a_minute() -> u32 {
    30
}

fn sub() -> String {
    "sub".to_owned()
}

fn roles() -> String {
    "roles".to_owned()
}

fn usual_algorithms() -> Vec<String> {
    ["RS256", "PS256", "ES256", "EdDSA"]
        .map(str::to_owned)
        .to_vec()
}

/// All issuers of an agency.
#[derive(Serialize, ToSchema)]
pub(super) struct IssuerList {
    /// By name.
    issuers: Vec<ListedIssuer>,
}

/// An issuer, and whether its keys are here.
#[derive(Serialize, ToSchema)]
pub(super) struct ListedIssuer {
    #[serde(flatten)]
    body: IssuerBody,
    /// When it was added (RFC 3339).
    created: String,
    /// Whether its keys were ever fetched, or came with it.
    has_keys: bool,
}

fn invalid(what: &str, why: impl std::fmt::Display) -> AdminError {
    AdminError::argument(format!("{what}: {why}."))
}

impl IssuerBody {
    /// Reads what was stored by [`IssuerBody::stored`].
    pub fn of_stored(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    fn stored(&self) -> String {
        serde_json::to_string(self).expect("a struct of texts and numbers has a JSON form")
    }

    /// The settings in the words of `auth`; `hosts` are those from which agencies may have keys
    /// fetched.
    ///
    /// # Errors
    /// The member that is wrong, and why.
    pub fn settings(
        &self,
        agency: &AgencyId,
        hosts: &[String],
    ) -> Result<IssuerSettings, (&'static str, String)> {
        let named = |what| move |error: InvalidName| (what, format!("it is {error}"));
        let is_name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let length_is_good = (1..=64).contains(&self.name.len());
        if !length_is_good || !self.name.bytes().all(is_name) || self.name == LOCAL_NAME {
            let why = "1 to 64 of a-z, 0-9 and -, but not \"local\", are expected";
            return Err(("name", why.to_owned()));
        }
        let algorithms = self.algorithms.iter().map(|name| {
            TokenAlgorithm::parse(name).ok_or(("algorithms", format!("{name:?} is not one")))
        });
        let required = self.required_claims.iter().map(|(path, value)| {
            let path = ClaimPath::parse(path).map_err(named("required_claims"))?;
            let value = value.as_str().into();
            Ok(RequiredClaim { path, value })
        });
        let tags = self.tags.iter().map(|(name, path)| {
            let path = ClaimPath::parse(path).map_err(named("tags"))?;
            let name = name.as_str().into();
            Ok(TagRule { name, path })
        });
        let roles = ClaimPath::parse(&self.roles_claim).map_err(named("roles_claim"))?;
        let principal = TextRule::parse(&self.principal_claim);
        Ok(IssuerSettings {
            name: self.name.as_str().into(),
            owner: Some(agency.clone()),
            issuer: self.issuer.as_str().into(),
            audiences: self.audiences.iter().map(|a| a.as_str().into()).collect(),
            keys: self.keys(hosts)?,
            algorithms: algorithms.collect::<Result<_, _>>()?,
            lifetime_seconds_max: i64::from(self.max_lifetime_seconds),
            leeway_seconds: i64::from(self.leeway_seconds),
            required: required.collect::<Result<_, _>>()?,
            agency: AgencyRule::Fixed(agency.clone()),
            principal: principal.map_err(named("principal_claim"))?,
            roles: ListRule::new(roles).stripping(&self.roles_prefix),
            tags: tags.collect::<Result<_, _>>()?,
        })
    }

    fn keys(&self, hosts: &[String]) -> Result<KeySource, (&'static str, String)> {
        let (text, document, what) = match (&self.jwks, &self.jwks_url, &self.discovery_url) {
            (Some(jwks), None, None) => return Ok(KeySource::Given(jwks.to_string().into())),
            (None, Some(url), None) => (url, FetchedDocument::KeySet, "jwks_url"),
            (None, None, Some(url)) => (url, FetchedDocument::Discovery, "discovery_url"),
            _ => {
                let why = "exactly one of jwks, jwks_url and discovery_url is expected";
                return Err(("jwks", why.to_owned()));
            }
        };
        let url = FetchUrl::parse(text).map_err(|error| (what, format!("it is {error}")))?;
        // Whoever names a host makes the server ask it, so the installation says which ones.
        let is_allowed = |host: &str| hosts.iter().any(|h| h == host);
        let mut asked = self.jwks_hosts.iter().map(String::as_str);
        let outside = if is_allowed(url.authority()) {
            asked.find(|host| !is_allowed(host))
        } else {
            Some(url.authority())
        };
        if let Some(host) = outside {
            let why = format!("{host} is not one of the setting auth.fetch_hosts");
            return Err((what, why));
        }
        if !(5..=86_400).contains(&self.refresh_seconds) {
            return Err(("refresh_seconds", "5 to 86400 are expected".to_owned()));
        }
        if !(1..=3_600).contains(&self.refresh_min_seconds) {
            return Err(("refresh_min_seconds", "1 to 3600 are expected".to_owned()));
        }
        Ok(KeySource::Fetched(FetchSource {
            url,
            document,
            hosts: self.jwks_hosts.iter().map(|h| h.as_str().into()).collect(),
            ca_pem: self.ca_pem.as_deref().map(Into::into),
            refresh_seconds: self.refresh_seconds,
            refresh_seconds_min: self.refresh_min_seconds,
        }))
    }
}

fn refused(error: IssuerError) -> AdminError {
    match error {
        IssuerError::RepeatedName | IssuerError::RepeatedIssuer => {
            AdminError::new(409, "issuer_exists", format!("The issuer: {error}."))
        }
        other => invalid("The issuer", other),
    }
}

/// Adds an issuer to an agency; its tokens count when this answers.
#[utoipa::path(post, path = "/admin/v1/agencies/{agency}/issuers", tag = "issuers",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("X-Acervo-Approval" = Option<String>, Header, description = "An approval's id")),
    request_body = IssuerBody, security(("operator" = []), ("agency-admin" = [])),
    responses((status = 201, body = Done), (status = 202, body = Approval),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn add_issuer(
    house: web::Data<House>,
    request: HttpRequest,
    agency: web::Path<String>,
    body: Body,
) -> HttpResponse {
    answer::guarded(
        house,
        request,
        Authority::Agency(&agency),
        "AddIssuer",
        StatusCode::CREATED,
        async |op| {
            let body: IssuerBody = body.json()?;
            let agency = agency_id(&agency)?;
            let settings = body.settings(&agency, &op.house.fetch_hosts);
            let settings = settings.map_err(|(what, why)| invalid(what, why))?;
            let issuers = Arc::clone(&op.house.issuers);
            issuers.check(&settings).map_err(refused)?;
            let subject = format!("{agency}/{}", body.name);
            let given = GivenRights::of(&subject);
            let consent = op.consent(&agency, given, &body).await?;
            issuers.add(settings).map_err(refused)?;
            let draft = op.draft(&subject);
            let store = &op.house.store;
            let stored = store.add_issuer(&consent, &body.name, body.stored(), &draft);
            let added = match stored.await {
                Ok(added) => added,
                Err(error) => {
                    let _ = issuers.replace(Some(&agency), &body.name, None);
                    return Err(error.into());
                }
            };
            Ok(Given::committed(added, |()| Done {}))
        },
    )
    .await
}

/// Lists an agency's own issuers.
#[utoipa::path(get, path = "/admin/v1/agencies/{agency}/issuers", tag = "issuers",
    params(("agency" = String, Path, description = "The agency's slug")),
    security(("operator" = []), ("agency-admin" = []), ("auditor" = [])),
    responses((status = 200, body = IssuerList), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn list_issuers(
    house: web::Data<House>,
    request: HttpRequest,
    agency: web::Path<String>,
) -> HttpResponse {
    answer::answer(
        house,
        request,
        Authority::AgencyShown(&agency),
        "ListIssuers",
        StatusCode::OK,
        async |op| {
            let agency = agency_id(&agency)?;
            op.house.store.ensure_known(&agency)?;
            let known = op.house.issuers.all();
            let stored = op.house.store.issuers()?.into_iter();
            let listed = stored.filter(|i| i.agency == agency).filter_map(|record| {
                let is_it = |s: &IssuerSettings| {
                    s.owner.as_ref() == Some(&agency) && *s.name == *record.name
                };
                let trusted = known.iter().find(|i| is_it(i.settings()));
                Some(ListedIssuer {
                    body: IssuerBody::of_stored(&record.settings)?,
                    created: record.created.iso8601(),
                    has_keys: trusted.is_some_and(|i| i.has_keys()),
                })
            });
            let issuers = listed.collect();
            answer::read(IssuerList { issuers })
        },
    )
    .await
}

/// Removes an issuer from an agency; its tokens count no more when this answers.
#[utoipa::path(delete, path = "/admin/v1/agencies/{agency}/issuers/{issuer}", tag = "issuers",
    params(("agency" = String, Path, description = "The agency's slug"),
        ("issuer" = String, Path, description = "The issuer's name")),
    security(("operator" = []), ("agency-admin" = [])),
    responses((status = 200, body = Done), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn remove_issuer(
    house: web::Data<House>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    answer::answer(
        house,
        request,
        Authority::Agency(&path.0),
        "RemoveIssuer",
        StatusCode::OK,
        async |op| {
            let (agency, name) = (agency_id(&path.0)?, path.1.clone());
            let subject = format!("{agency}/{name}");
            let draft = op.draft(&subject);
            let (store, issuers) = (&op.house.store, &op.house.issuers);
            let trusted = issuers.all().iter().find_map(|i| {
                let settings = i.settings();
                let is_it = settings.owner.as_ref() == Some(&agency) && *settings.name == *name;
                is_it.then(|| settings.clone())
            });
            // First here, then in the catalog: one that is gone there is trusted nowhere.
            issuers
                .replace(Some(&agency), &name, None)
                .map_err(refused)?;
            match store.remove_issuer(&agency, &name, &draft).await {
                Ok(removed) => Ok(Given::committed(removed, |()| Done {})),
                Err(error) => {
                    if let Some(settings) = trusted {
                        issuers.add(settings).map_err(refused)?;
                    }
                    Err(error.into())
                }
            }
        },
    )
    .await
}
