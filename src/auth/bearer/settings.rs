//! What is believed of one issuer's tokens.

use super::keys::{KeySet, TokenAlgorithm};
use super::rules::{ListRule, RequiredClaim, TagRule, TextRule};
use crate::auth::error::IssuerError;
use crate::types::limits;
use crate::types::names::AgencyId;
use crate::types::url::FetchUrl;

/// What the configuration, or an agency, says of one issuer.
#[derive(Clone, Debug)]
pub struct IssuerSettings {
    /// How logs and the audit call it.
    pub name: Box<str>,
    /// The agency that added it, and whose tokens alone it signs; none for those of the
    /// installation.
    pub owner: Option<AgencyId>,
    /// Its `iss`, byte for byte.
    pub issuer: Box<str>,
    /// The values of `aud` that mean this installation; one of them must be in the token.
    pub audiences: Vec<Box<str>>,
    /// Where its keys come from.
    pub keys: KeySource,
    /// The algorithms that it may use.
    pub algorithms: Vec<TokenAlgorithm>,
    /// Seconds from `iat` to `exp` at most.
    pub lifetime_seconds_max: i64,
    /// Seconds by which its clock may differ.
    pub leeway_seconds: i64,
    /// The claims that its tokens must have.
    pub required: Vec<RequiredClaim>,
    /// Where the agency comes from.
    pub agency: AgencyRule,
    /// Where the principal's name comes from, usually `sub`.
    pub principal: TextRule,
    /// Where the roles come from.
    pub roles: ListRule,
    /// What more is said of the principal to policies.
    pub tags: Vec<TagRule>,
}

/// Where an issuer's keys come from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum KeySource {
    /// The text of its JSON Web Key Set.
    Given(Box<str>),
    /// Whoever fetches keys fetches them from there.
    Fetched(FetchSource),
}

/// Where keys are fetched from, and how often.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FetchSource {
    /// The document.
    pub url: FetchUrl,
    /// What the document is.
    pub document: FetchedDocument,
    /// Hosts, with ports if they have unusual ones, at which a discovery document may say that the
    /// keys are, beside its own.
    pub hosts: Vec<Box<str>>,
    /// PEM: the authorities that are believed beside the system's.
    pub ca_pem: Option<Box<str>>,
    /// Seconds after which the keys are fetched again.
    pub refresh_seconds: u64,
    /// Seconds that must lie between two fetches, whatever tokens come.
    pub refresh_seconds_min: u64,
}

/// What is at the URL of an issuer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FetchedDocument {
    /// Its discovery document (OpenID Connect Discovery 1.0 section 4), which says where its keys
    /// are.
    Discovery,
    /// Its key set itself.
    KeySet,
}

/// Where the agency of an issuer's tokens comes from.
#[derive(Clone, Debug)]
pub enum AgencyRule {
    /// All tokens are of one agency, whatever they say.
    Fixed(AgencyId),
    /// The token says it.
    Claim(TextRule),
}

impl IssuerSettings {
    /// Checks what can be checked without any token, and reads the keys if they are given.
    pub(super) fn check(&self) -> Result<Option<KeySet>, IssuerError> {
        if self.issuer.is_empty() {
            return Err(IssuerError::NoIssuer);
        }
        if self.audiences.is_empty() || self.audiences.iter().any(|a| a.is_empty()) {
            return Err(IssuerError::NoAudience);
        }
        if self.algorithms.is_empty() {
            return Err(IssuerError::NoAlgorithm);
        }
        if !(1..=limits::TOKEN_LIFETIME_SECONDS_MAX).contains(&self.lifetime_seconds_max) {
            return Err(IssuerError::Lifetime);
        }
        if !(0..=limits::TOKEN_LEEWAY_SECONDS_MAX).contains(&self.leeway_seconds) {
            return Err(IssuerError::Leeway);
        }
        match (&self.owner, &self.agency) {
            (None, _) => {}
            (Some(owner), AgencyRule::Fixed(agency)) if owner == agency => {}
            (Some(_), _) => return Err(IssuerError::ForeignAgency),
        }
        match &self.keys {
            KeySource::Given(text) => KeySet::parse(text).map(Some),
            KeySource::Fetched(_) => Ok(None),
        }
    }
}
