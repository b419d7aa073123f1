//! Acervo as its own issuer, for sites without an identity provider.

use std::fmt;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::claims::ClaimPath;
use super::keys::TokenAlgorithm;
use super::rules::{ListRule, TextRule};
use super::settings::{AgencyRule, IssuerSettings, KeySource};
use crate::auth::error::IssuerError;
use crate::crypto::random;
use crate::crypto::secret::{SecretKey, SecretText};
use crate::types::clock::Time;
use crate::types::encoding::{base64_url, hex};
use crate::types::limits;
use crate::types::names::{AgencyId, PrincipalName};
use crate::types::roles::Role;

/// How logs and the audit call the local issuer.
pub const LOCAL_NAME: &str = "local";

/// Signs short-lived tokens with an Ed25519 key of the installation.
pub struct LocalIssuer {
    key: Ed25519KeyPair,
    key_id: Box<str>,
    issuer: Box<str>,
    audience: Box<str>,
}

/// Who a new token speaks for.
#[derive(Clone, Debug)]
pub struct Grant<'a> {
    /// The agency.
    pub agency: &'a AgencyId,
    /// The principal inside the agency.
    pub principal: &'a PrincipalName,
    /// Its roles; a token without any is refused when it is used.
    pub roles: &'a [Role],
    /// Seconds for which it lives, cut to [`limits::TOKEN_LIFETIME_SECONDS_MAX`].
    pub lifetime_seconds: i64,
}

impl LocalIssuer {
    /// The issuer of a seed, which is the private key (RFC 8032 section 5.1.5) and which the caller
    /// keeps; `issuer` and `audience` go into the tokens.
    ///
    /// # Errors
    /// [`IssuerError::LocalKey`].
    pub fn new(seed: &SecretKey, issuer: &str, audience: &str) -> Result<Self, IssuerError> {
        let key = Ed25519KeyPair::from_seed_unchecked(seed.expose())
            .map_err(|_| IssuerError::LocalKey)?;
        let x = base64_url(key.public_key().as_ref());
        // The thumbprint (RFC 7638 section 3.2): members in order, nothing between them.
        let thumbprint = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        Ok(Self {
            key,
            key_id: base64_url(&Sha256::digest(thumbprint)).into(),
            issuer: issuer.into(),
            audience: audience.into(),
        })
    }

    /// Its JSON Web Key Set: the public key alone.
    pub fn key_set(&self) -> String {
        json!({"keys": [{
            "kty": "OKP",
            "crv": "Ed25519",
            "alg": TokenAlgorithm::EdDsa.name(),
            "use": "sig",
            "kid": self.key_id,
            "x": base64_url(self.key.public_key().as_ref()),
        }]})
        .to_string()
    }

    /// The settings by which its tokens are verified, as those of any other issuer.
    pub fn settings(&self) -> IssuerSettings {
        IssuerSettings {
            name: LOCAL_NAME.into(),
            owner: None,
            issuer: self.issuer.clone(),
            audiences: vec![self.audience.clone()],
            keys: KeySource::Given(self.key_set().into()),
            algorithms: vec![TokenAlgorithm::EdDsa],
            lifetime_seconds_max: limits::TOKEN_LIFETIME_SECONDS_MAX,
            // It tells the time by the clock of those who verify.
            leeway_seconds: 0,
            required: Vec::new(),
            agency: AgencyRule::Claim(TextRule::outermost("agency")),
            principal: TextRule::outermost("sub"),
            roles: ListRule::new(ClaimPath::outermost("roles")),
            tags: Vec::new(),
        }
    }

    /// Signs a new token.
    pub fn mint(&self, grant: &Grant<'_>, now: Time) -> SecretText {
        let lifetime = grant
            .lifetime_seconds
            .clamp(1, limits::TOKEN_LIFETIME_SECONDS_MAX);
        let roles: Vec<&str> = grant.roles.iter().map(|role| role.name()).collect();
        let header = json!({
            "alg": TokenAlgorithm::EdDsa.name(),
            "typ": "JWT",
            "kid": self.key_id,
        });
        let claims = json!({
            "iss": self.issuer,
            "aud": self.audience,
            "sub": grant.principal.as_str(),
            "iat": now.seconds(),
            "nbf": now.seconds(),
            "exp": now.seconds().saturating_add(lifetime),
            "jti": hex(&random::bytes::<16>()),
            "agency": grant.agency.as_str(),
            "roles": roles,
        });
        let mut token = base64_url(header.to_string().as_bytes());
        token.push('.');
        token.push_str(&base64_url(claims.to_string().as_bytes()));
        let signature = self.key.sign(token.as_bytes());
        token.push('.');
        token.push_str(&base64_url(signature.as_ref()));
        SecretText::new(token)
    }
}

impl fmt::Debug for LocalIssuer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("LocalIssuer")
            .field("issuer", &self.issuer)
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}
