//! The issuers that the installation trusts, and the one way through which every token goes.

use std::sync::Arc;

use serde_json::Value;

use super::claims::{self, ClaimPath, Claims};
use super::keys::{KeySet, TokenAlgorithm};
use crate::auth::error::{BearerError, IssuerError};
use crate::types::clock::Time;
use crate::types::encoding;
use crate::types::json;
use crate::types::limits;
use crate::types::names::{AgencyId, PrincipalName};
use crate::types::roles::Role;

/// What the configuration says of one issuer.
#[derive(Clone, Debug)]
pub struct IssuerSettings {
    /// How logs and the audit call it.
    pub name: Box<str>,
    /// Its `iss`, byte for byte.
    pub issuer: Box<str>,
    /// The values of `aud` that mean this installation; one of them must be in the token.
    pub audiences: Vec<Box<str>>,
    /// The text of its JSON Web Key Set.
    pub key_set: Box<str>,
    /// The algorithms that it may use.
    pub algorithms: Vec<TokenAlgorithm>,
    /// Seconds from `iat` to `exp` at most.
    pub lifetime_seconds_max: i64,
    /// Seconds by which its clock may differ.
    pub leeway_seconds: i64,
    /// Where the agency comes from.
    pub agency: AgencyRule,
    /// The claim that names the principal, usually `sub`.
    pub principal: ClaimPath,
    /// The claim that lists the roles.
    pub roles: ClaimPath,
}

/// Where the agency of an issuer's tokens comes from.
#[derive(Clone, Debug)]
pub enum AgencyRule {
    /// All tokens are of one agency, whatever they say.
    Fixed(AgencyId),
    /// A claim names it.
    Claim(ClaimPath),
}

/// Who a token speaks for. Only [`Issuers::verify`] makes one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TokenIdentity {
    /// The name of the issuer in the configuration.
    pub issuer: Arc<str>,
    /// The agency.
    pub agency: AgencyId,
    /// The principal inside the agency.
    pub principal: PrincipalName,
    /// Its roles, each once, at least one; never `operator`, which no agency has.
    pub roles: Vec<Role>,
    /// When the token was issued, if it says so.
    pub issued: Option<Time>,
    /// When the token ends, leeway not included.
    pub expires: Time,
}

/// The issuers, each with its keys read.
#[derive(Debug, Default)]
pub struct Issuers(Vec<Issuer>);

#[derive(Debug)]
struct Issuer {
    name: Arc<str>,
    settings: IssuerSettings,
    keys: KeySet,
}

impl Issuers {
    /// Reads the settings; all of them must be right.
    ///
    /// # Errors
    /// The first fault with the name of its issuer.
    pub fn new(settings: Vec<IssuerSettings>) -> Result<Self, (Box<str>, IssuerError)> {
        let mut issuers: Vec<Issuer> = Vec::with_capacity(settings.len());
        for settings in settings {
            let name = settings.name.clone();
            if issuers.iter().any(|i| i.settings.issuer == settings.issuer) {
                return Err((name, IssuerError::RepeatedIssuer));
            }
            let issuer = Issuer::new(settings).map_err(|error| (name, error))?;
            issuers.push(issuer);
        }
        Ok(Self(issuers))
    }

    /// Verifies a token completely and says who it speaks for.
    ///
    /// # Errors
    /// What is wrong with it; the caller is told no more than S3's code.
    pub fn verify(&self, token: &str, now: Time) -> Result<TokenIdentity, BearerError> {
        let token = Token::parse(token)?;
        // Not verified yet: it only says whose rules and keys the token must stand up to.
        let named = claims::text(&token.claims, "iss")?.ok_or_else(|| claims::missing("iss"))?;
        let issuer = self
            .0
            .iter()
            .find(|i| *i.settings.issuer == *named)
            .ok_or(BearerError::UnknownIssuer)?;
        issuer.verify(&token, now)
    }
}

impl Issuer {
    fn new(settings: IssuerSettings) -> Result<Self, IssuerError> {
        let audiences = &settings.audiences;
        if settings.issuer.is_empty() {
            return Err(IssuerError::NoIssuer);
        }
        if audiences.is_empty() || audiences.iter().any(|a| a.is_empty()) {
            return Err(IssuerError::NoAudience);
        }
        if settings.algorithms.is_empty() {
            return Err(IssuerError::NoAlgorithm);
        }
        if !(1..=limits::TOKEN_LIFETIME_SECONDS_MAX).contains(&settings.lifetime_seconds_max) {
            return Err(IssuerError::Lifetime);
        }
        if !(0..=limits::TOKEN_LEEWAY_SECONDS_MAX).contains(&settings.leeway_seconds) {
            return Err(IssuerError::Leeway);
        }
        Ok(Self {
            name: (&*settings.name).into(),
            keys: KeySet::parse(&settings.key_set)?,
            settings,
        })
    }

    fn verify(&self, token: &Token<'_>, now: Time) -> Result<TokenIdentity, BearerError> {
        let algorithm = token.algorithm()?;
        if !self.settings.algorithms.contains(&algorithm) {
            return Err(BearerError::Algorithm);
        }
        let id = claims::text(&token.header, "kid")?;
        self.keys
            .verify(id, algorithm, token.message, token.signature)?;
        self.check_audience(&token.claims)?;
        let times = self.check_times(&token.claims, now)?;
        self.identity(&token.claims, times)
    }

    fn check_audience(&self, claims: &Claims) -> Result<(), BearerError> {
        let value = claims.get("aud").ok_or_else(|| claims::missing("aud"))?;
        let named = claims::strings(value).ok_or_else(|| claims::mistyped("aud"))?;
        let is_ours = |name: &&str| self.settings.audiences.iter().any(|a| **a == **name);
        if named.iter().any(is_ours) {
            Ok(())
        } else {
            Err(BearerError::Audience)
        }
    }

    /// Checks `exp`, `nbf` and `iat` and gives beginning and end.
    fn check_times(&self, claims: &Claims, now: Time) -> Result<Times, BearerError> {
        let leeway = self.settings.leeway_seconds;
        let expires = claims::moment(claims, "exp")?.ok_or_else(|| claims::missing("exp"))?;
        let issued = claims::moment(claims, "iat")?;
        let starts = claims::moment(claims, "nbf")?;
        if now >= expires.plus_seconds(leeway) {
            return Err(BearerError::Expired { at: expires });
        }
        for from in [starts, issued].into_iter().flatten() {
            if from > now.plus_seconds(leeway) {
                return Err(BearerError::NotYetValid { from });
            }
        }
        // Without `iat` the token may have been made at any time, so what is left of it counts.
        let from = issued.unwrap_or(now.plus_seconds(leeway));
        if expires > from.plus_seconds(self.settings.lifetime_seconds_max) {
            return Err(BearerError::TooLongLived);
        }
        Ok(Times { issued, expires })
    }

    fn identity(&self, claims: &Claims, times: Times) -> Result<TokenIdentity, BearerError> {
        let settings = &self.settings;
        let agency = match &settings.agency {
            AgencyRule::Fixed(agency) => agency.clone(),
            AgencyRule::Claim(path) => {
                AgencyId::parse(path.text(claims)?).map_err(BearerError::Agency)?
            }
        };
        let principal = PrincipalName::parse(settings.principal.text(claims)?)
            .map_err(BearerError::Principal)?;
        let named = settings.roles.texts(claims)?;
        // Identity providers list roles of many systems; those not ours mean nothing here.
        let roles: Vec<Role> = Role::ALL
            .into_iter()
            .filter(|role| *role != Role::Operator && named.contains(&role.name()))
            .collect();
        if roles.is_empty() {
            return Err(BearerError::NoRole);
        }
        Ok(TokenIdentity {
            issuer: Arc::clone(&self.name),
            agency,
            principal,
            roles,
            issued: times.issued,
            expires: times.expires,
        })
    }
}

/// When a token was issued, if it says so, and when it ends.
#[derive(Clone, Copy)]
struct Times {
    issued: Option<Time>,
    expires: Time,
}

/// A token read but not verified.
struct Token<'t> {
    header: Claims,
    claims: Claims,
    /// Header and payload as they were signed.
    message: &'t str,
    signature: &'t str,
}

/// Header members that change what a signature means or where its key comes from. None of them is
/// needed here, and a token that carries one is not for us.
const REFUSED_MEMBERS: [&str; 8] = ["crit", "b64", "jku", "jwk", "x5u", "x5c", "cty", "zip"];

impl<'t> Token<'t> {
    fn parse(text: &'t str) -> Result<Self, BearerError> {
        if text.len() > limits::TOKEN_BYTES_MAX {
            return Err(BearerError::TooLong);
        }
        let (message, signature) = text.rsplit_once('.').ok_or(BearerError::Malformed)?;
        let (header, payload) = message.split_once('.').ok_or(BearerError::Malformed)?;
        let header = part(header)?;
        for member in REFUSED_MEMBERS {
            if header.contains_key(member) {
                return Err(BearerError::RefusedMember { member });
            }
        }
        if !header.get("typ").is_none_or(is_access_token) {
            return Err(BearerError::Type);
        }
        Ok(Self {
            header,
            claims: part(payload)?,
            message,
            signature,
        })
    }

    fn algorithm(&self) -> Result<TokenAlgorithm, BearerError> {
        let name = self.header.get("alg").and_then(Value::as_str);
        name.and_then(TokenAlgorithm::parse)
            .ok_or(BearerError::Algorithm)
    }
}

/// Base64url of a JSON object. A fourth part would leave a `.` in here, which is no base64url.
fn part(text: &str) -> Result<Claims, BearerError> {
    encoding::parse_base64_url(text)
        .and_then(|bytes| json::parse_object(&bytes))
        .ok_or(BearerError::Malformed)
}

/// `JWT` (RFC 7519 section 5.1) or `at+jwt` (RFC 9068 section 2.1); tokens for other uses have
/// other types (RFC 8725 section 3.11).
fn is_access_token(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default().to_ascii_lowercase();
    let text = text.strip_prefix("application/").unwrap_or(&text);
    matches!(text, "jwt" | "at+jwt")
}
