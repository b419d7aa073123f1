//! Acervo as its own issuer, for sites without an identity provider.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::claims::ClaimPath;
use super::keys::TokenAlgorithm;
use super::rules::{ListRule, TextRule};
use super::settings::{AgencyRule, IssuerSettings, KeySource};
use crate::auth::error::IssuerError;
use crate::crypto::derive::derive;
use crate::crypto::random;
use crate::crypto::secret::{SecretKey, SecretText};
use crate::types::clock::Time;
use crate::types::encoding::{base64_url, hex};
use crate::types::limits;
use crate::types::names::{AgencyId, PrincipalName};
use crate::types::roles::Role;

/// How logs and the audit call the local issuer.
pub const LOCAL_NAME: &str = "local";

/// The installation's own issuer, whose signing key has generations.
///
/// Each is an Ed25519 key whose seed (RFC 8032 section 5.1.5) is derived from the installation's
/// issuer key by the number of the generation, so nothing secret is stored but that key, which the
/// root key wraps; and who learns one seed learns no other.
pub struct OwnIssuer {
    source: SecretKey,
    name: Box<str>,
    current: RwLock<Arc<LocalIssuer>>,
}

impl OwnIssuer {
    /// The issuer of this name, which is the audience of its tokens too. Of the generations, the
    /// newest first, the first signs and the others only verify.
    ///
    /// # Errors
    /// [`IssuerError::LocalKey`].
    pub fn new(source: SecretKey, name: &str, generations: &[u32]) -> Result<Self, IssuerError> {
        let current = of_generations(&source, name, generations)?;
        Ok(Self {
            source,
            name: name.into(),
            current: RwLock::new(Arc::new(current)),
        })
    }

    /// The issuer as it signs now.
    pub fn current(&self) -> Arc<LocalIssuer> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&current)
    }

    /// Its name, the `iss` of its tokens.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Signs with the newest of these generations from now on.
    ///
    /// # Errors
    /// [`IssuerError::LocalKey`]; then everything stays.
    pub fn rotate(&self, generations: &[u32]) -> Result<Arc<LocalIssuer>, IssuerError> {
        let next = Arc::new(of_generations(&self.source, &self.name, generations)?);
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = Arc::clone(&next);
        Ok(next)
    }
}

fn of_generations(
    source: &SecretKey,
    name: &str,
    generations: &[u32],
) -> Result<LocalIssuer, IssuerError> {
    let seed = |generation: &u32| derive(source, "acervo.issuer/v1", &generation.to_be_bytes());
    let (newest, earlier) = generations.split_first().unwrap_or((&1, &[]));
    let newest = LocalIssuer::new(&seed(newest), name, name)?;
    earlier.iter().try_fold(newest, |issuer, generation| {
        issuer.with_earlier(&seed(generation))
    })
}

/// Signs short-lived tokens with an Ed25519 key.
pub struct LocalIssuer {
    key: SigningKey,
    /// They sign no more; what they signed still counts.
    earlier: Vec<SigningKey>,
    issuer: Box<str>,
    audience: Box<str>,
}

struct SigningKey {
    pair: Ed25519KeyPair,
    id: Box<str>,
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

impl SigningKey {
    fn new(seed: &SecretKey) -> Result<Self, IssuerError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.expose())
            .map_err(|_| IssuerError::LocalKey)?;
        let x = base64_url(pair.public_key().as_ref());
        // The thumbprint (RFC 7638 section 3.2): members in order, nothing between them.
        let thumbprint = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        let id = base64_url(&Sha256::digest(thumbprint)).into();
        Ok(Self { pair, id })
    }

    fn public(&self) -> Value {
        json!({
            "kty": "OKP",
            "crv": "Ed25519",
            "alg": TokenAlgorithm::EdDsa.name(),
            "use": "sig",
            "kid": self.id,
            "x": base64_url(self.pair.public_key().as_ref()),
        })
    }
}

impl LocalIssuer {
    /// The issuer of a seed, which is the private key (RFC 8032 section 5.1.5) and which the caller
    /// keeps; `issuer` and `audience` go into the tokens.
    ///
    /// # Errors
    /// [`IssuerError::LocalKey`].
    pub fn new(seed: &SecretKey, issuer: &str, audience: &str) -> Result<Self, IssuerError> {
        Ok(Self {
            key: SigningKey::new(seed)?,
            earlier: Vec::new(),
            issuer: issuer.into(),
            audience: audience.into(),
        })
    }

    /// The same issuer, which also believes what this seed signed.
    ///
    /// # Errors
    /// [`IssuerError::LocalKey`].
    pub fn with_earlier(mut self, seed: &SecretKey) -> Result<Self, IssuerError> {
        self.earlier.push(SigningKey::new(seed)?);
        Ok(self)
    }

    /// The name of the key that signs.
    pub fn key_id(&self) -> &str {
        &self.key.id
    }

    /// Its JSON Web Key Set: the public keys alone.
    pub fn key_set(&self) -> String {
        let keys = [&self.key].into_iter().chain(&self.earlier);
        json!({ "keys": keys.map(SigningKey::public).collect::<Vec<_>>() }).to_string()
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
            "kid": self.key.id,
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
        let signature = self.key.pair.sign(token.as_bytes());
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
            .field("key_id", &self.key.id)
            .finish_non_exhaustive()
    }
}
