//! One issuer: its settings, its keys as they are now, and the verdict on a token.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::claims::{self, Claims};
use super::keys::KeySet;
use super::rules::scalars;
use super::settings::{AgencyRule, FetchSource, IssuerSettings, KeySource};
use super::token::Token;
use crate::access::caller;
use crate::auth::error::{BearerError, IssuerError};
use crate::crypto::digest;
use crate::types::clock::Time;
use crate::types::ids::SignerId;
use crate::types::limits;
use crate::types::names::{AgencyId, PrincipalName, RoleName};
use crate::types::roles::Role;

/// Who a token speaks for. Only an issuer's verdict makes one.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenIdentity {
    /// The name of the issuer in the configuration.
    pub issuer: Arc<str>,
    /// The issuer and the very key that signed.
    pub signer: SignerId,
    /// The agency.
    pub agency: AgencyId,
    /// The principal inside the agency.
    pub principal: PrincipalName,
    /// Its built-in roles, each once; never `operator`, which no agency has.
    pub roles: Vec<Role>,
    /// What else it names as a role, each once: the agency's own among them count. Of these and the
    /// built-in ones there is at least one.
    pub named: Vec<RoleName>,
    /// What more the token says, for policies.
    pub claims: Arc<caller::Claims>,
    /// When the token was issued, if it says so.
    pub issued: Option<Time>,
    /// When the token ends, leeway not included.
    pub expires: Time,
}

/// An issuer.
#[derive(Debug)]
pub struct Issuer {
    name: Arc<str>,
    settings: IssuerSettings,
    /// The last good set, kept through every outage; none before the first one came.
    keys: RwLock<Option<Held>>,
    /// Counts the sets.
    generation: AtomicU64,
    is_retired: AtomicBool,
    /// Told when keys are wanted now, and when the issuer is retired.
    wanted: Notify,
    /// When the last attempt to fetch ended.
    attempted: watch::Sender<Option<Instant>>,
}

/// A key set, and how long it counts.
#[derive(Clone, Debug)]
struct Held {
    keys: Arc<KeySet>,
    /// Each of the keys, as the issuer's.
    signers: Arc<[SignerId]>,
    /// None for one that was fetched, or given, since the start.
    until: Option<Time>,
}

impl Held {
    fn fetched(settings: &IssuerSettings, keys: KeySet) -> Self {
        let signers = keys.prints().map(|print| signer(settings, print));
        Self {
            signers: signers.collect(),
            keys: Arc::new(keys),
            until: None,
        }
    }
}

impl Issuer {
    pub(super) fn new(settings: IssuerSettings) -> Result<Self, IssuerError> {
        let keys = settings.check()?;
        Ok(Self {
            name: (&*settings.name).into(),
            keys: RwLock::new(keys.map(|keys| Held::fetched(&settings, keys))),
            settings,
            generation: AtomicU64::new(0),
            is_retired: AtomicBool::new(false),
            wanted: Notify::new(),
            attempted: watch::Sender::new(None),
        })
    }

    /// What is believed of it.
    pub const fn settings(&self) -> &IssuerSettings {
        &self.settings
    }

    /// Where its keys are fetched from, if they are.
    pub const fn source(&self) -> Option<&FetchSource> {
        match &self.settings.keys {
            KeySource::Given(_) => None,
            KeySource::Fetched(source) => Some(source),
        }
    }

    /// Whether there is a key set, and may be tokens.
    pub fn has_keys(&self) -> bool {
        self.held().is_some()
    }

    fn held(&self) -> Option<Held> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.clone()
    }

    /// Whether a signer is one of its keys as they are now.
    pub(super) fn signs_as(&self, signer: SignerId) -> bool {
        self.held()
            .is_some_and(|held| held.signers.contains(&signer))
    }

    /// Until when what its keys verify counts, if they are those of before a restart.
    pub(super) fn keys_end(&self) -> Option<Time> {
        self.held().and_then(|held| held.until)
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    /// Takes over a key set that was fetched. What was verified with another one is verified anew.
    ///
    /// # Errors
    /// A set that is none, or that is dangerous; then the last good one stays.
    pub fn renew(&self, key_set: &str) -> Result<(), IssuerError> {
        self.hold(Held::fetched(&self.settings, KeySet::parse(key_set)?));
        Ok(())
    }

    /// Takes over a key set that was fetched before a restart: it counts until newer keys come, and
    /// no longer than until this moment.
    ///
    /// # Errors
    /// A set that is none, or that is dangerous.
    pub fn restore(&self, key_set: &str, until: Time) -> Result<(), IssuerError> {
        self.hold(Held {
            until: Some(until),
            ..Held::fetched(&self.settings, KeySet::parse(key_set)?)
        });
        Ok(())
    }

    fn hold(&self, held: Held) {
        let mut kept = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        *kept = Some(held);
        self.generation.fetch_add(1, Ordering::SeqCst);
    }

    /// An attempt to fetch has ended, well or not: whoever waits for it goes on.
    pub fn attempted(&self) {
        self.attempted.send_replace(Some(Instant::now()));
    }

    /// Waits until keys are wanted, or the issuer is retired.
    ///
    /// Cancel safety: a wish that comes while nobody waits is kept.
    pub async fn wanted(&self) {
        self.wanted.notified().await;
    }

    /// How long it is until keys may be fetched again.
    pub fn pause(&self) -> Duration {
        let min = self.source().map_or(0, |s| s.refresh_seconds_min);
        let min = Duration::from_secs(min);
        let last = *self.attempted.borrow();
        last.map_or(Duration::ZERO, |last| min.saturating_sub(last.elapsed()))
    }

    /// Whether nobody asks it any more.
    pub fn is_retired(&self) -> bool {
        self.is_retired.load(Ordering::SeqCst)
    }

    pub(super) fn retire(&self) {
        self.is_retired.store(true, Ordering::SeqCst);
        self.wanted.notify_one();
    }

    /// Asks for newer keys and waits for them, if they may be fetched at all by now. True if an
    /// attempt has ended meanwhile.
    pub(super) async fn renewed(&self) -> bool {
        if self.source().is_none() || !self.pause().is_zero() {
            return false;
        }
        let mut attempted = self.attempted.subscribe();
        self.wanted.notify_one();
        let wait = Duration::from_secs(limits::KEYS_WAIT_SECONDS);
        matches!(
            tokio::time::timeout(wait, attempted.changed()).await,
            Ok(Ok(()))
        )
    }

    /// Whether a token would be good if only its key were known: for no other is one fetched.
    pub(super) fn is_plausible(&self, token: &Token<'_>, now: Time) -> bool {
        let algorithm = token.algorithm();
        algorithm.is_ok_and(|a| self.settings.algorithms.contains(&a))
            && self.check_audience(&token.claims).is_ok()
            && self.check_times(&token.claims, now).is_ok()
    }

    pub(super) fn verify(
        &self,
        token: &Token<'_>,
        now: Time,
    ) -> Result<TokenIdentity, BearerError> {
        let algorithm = token.algorithm()?;
        if !self.settings.algorithms.contains(&algorithm) {
            return Err(BearerError::Algorithm);
        }
        let id = claims::text(&token.header, "kid")?;
        let held = self
            .held()
            .filter(|held| held.until.is_none_or(|end| now < end));
        let keys = held.ok_or(BearerError::KeysUnavailable)?.keys;
        let print = keys.verify(id, algorithm, token.message, token.signature)?;
        let signer = signer(&self.settings, print);
        self.check_audience(&token.claims)?;
        let times = self.check_times(&token.claims, now)?;
        for required in &self.settings.required {
            required.check(&token.claims)?;
        }
        self.identity(&token.claims, times, signer)
    }

    /// Whether one of the audiences that a token names is one of these.
    pub(super) fn check_audience(&self, claims: &Claims) -> Result<(), BearerError> {
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

    fn identity(
        &self,
        claims: &Claims,
        times: Times,
        signer: SignerId,
    ) -> Result<TokenIdentity, BearerError> {
        let settings = &self.settings;
        let agency = match &settings.agency {
            AgencyRule::Fixed(agency) => agency.clone(),
            AgencyRule::Claim(rule) => {
                AgencyId::parse(&rule.text(claims)?).map_err(BearerError::Agency)?
            }
        };
        let principal = PrincipalName::parse(&settings.principal.text(claims)?)
            .map_err(BearerError::Principal)?;
        let named = settings.roles.names(claims)?;
        // Identity providers list roles of many systems; those not ours mean nothing here.
        let roles: Vec<Role> = Role::ALL
            .into_iter()
            .filter(|role| *role != Role::Operator && named.contains(&role.name()))
            .collect();
        let own = named.iter().filter(|name| Role::parse(name).is_none());
        let mut own: Vec<_> = own.filter_map(|name| RoleName::parse(name).ok()).collect();
        own.sort();
        own.dedup();
        own.truncate(limits::CLAIMED_ROLES_MAX);
        if roles.is_empty() && own.is_empty() {
            return Err(BearerError::NoRole);
        }
        Ok(TokenIdentity {
            issuer: Arc::clone(&self.name),
            signer,
            agency,
            principal,
            roles,
            named: own,
            claims: Arc::new(self.said(claims)?),
            issued: times.issued,
            expires: times.expires,
        })
    }

    /// What policies may ask of the token; the token's size bounds it.
    fn said(&self, claims: &Claims) -> Result<caller::Claims, BearerError> {
        let mut said = caller::Claims::default();
        for (name, value) in claims {
            flatten(name, value, &mut said.claims);
        }
        for tag in &self.settings.tags {
            if let Some(value) = tag.path.find(claims) {
                let values = scalars(value).ok_or_else(|| tag.path.mistyped())?;
                said.tags.insert(tag.name.to_string(), values);
            }
        }
        Ok(said)
    }
}

/// A key as that of an issuer: whose the issuer is, its name, its `iss`, and the key.
fn signer(settings: &IssuerSettings, print: &[u8; 32]) -> SignerId {
    let owner = settings.owner.as_ref().map_or("", AgencyId::as_str);
    let mut text = print.to_vec();
    for part in [owner, &settings.name, &settings.issuer] {
        text.extend_from_slice(&digest::sha256(part.as_bytes()));
    }
    let [id @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = digest::sha256(&text);
    SignerId::new(id)
}

/// Nested claims by their paths: `realm_access.roles`.
fn flatten(path: &str, value: &Value, into: &mut BTreeMap<String, Vec<String>>) {
    if let Value::Object(members) = value {
        for (name, value) in members {
            flatten(&format!("{path}.{name}"), value, into);
        }
    } else if let Some(values) = scalars(value) {
        into.insert(path.to_owned(), values);
    }
}

/// When a token was issued, if it says so, and when it ends.
#[derive(Clone, Copy)]
struct Times {
    issued: Option<Time>,
    expires: Time,
}
