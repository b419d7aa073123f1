//! The issuers that are trusted at present, and the one way through which every token goes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tokio::sync::watch;

use super::claims;
use super::issuer::{Issuer, TokenIdentity};
use super::settings::IssuerSettings;
use super::token::Token;
use crate::auth::error::{BearerError, IssuerError};
use crate::crypto::digest;
use crate::types::clock::Time;
use crate::types::ids::SignerId;
use crate::types::limits;
use crate::types::names::AgencyId;

/// The issuers, each with its keys.
#[derive(Debug)]
pub struct Issuers {
    /// Replaced whole; the lock is held to copy or replace the pointer.
    listed: RwLock<Arc<Vec<Arc<Issuer>>>>,
    /// Counts the replacements.
    changes: watch::Sender<u64>,
    /// Tokens that were verified, by their SHA-256. The lock is held for look-ups and insertions.
    verified: Mutex<HashMap<[u8; 32], Verified>>,
}

/// The verdict on a token. It holds while the issuer is trusted and its keys are the same.
#[derive(Debug)]
struct Verified {
    issuer: Arc<Issuer>,
    generation: u64,
    ends: Time,
    identity: Arc<TokenIdentity>,
}

impl Default for Issuers {
    fn default() -> Self {
        Self {
            listed: RwLock::default(),
            changes: watch::Sender::new(0),
            verified: Mutex::default(),
        }
    }
}

impl Issuers {
    /// Reads the settings of all of them.
    ///
    /// # Errors
    /// The name of the first issuer whose settings are refused, and why.
    pub fn new(settings: Vec<IssuerSettings>) -> Result<Self, (Box<str>, IssuerError)> {
        let issuers = Self::default();
        for settings in settings {
            let name = settings.name.clone();
            issuers.add(settings).map_err(|error| (name, error))?;
        }
        Ok(issuers)
    }

    /// Trusts one more issuer.
    ///
    /// # Errors
    /// Its settings are refused, another one has its name, or another one has its `iss` and one of
    /// its audiences, so that a token could be of either.
    pub fn add(&self, settings: IssuerSettings) -> Result<Arc<Issuer>, IssuerError> {
        let mut listed = self.listed.write().unwrap_or_else(PoisonError::into_inner);
        check_distinct(&listed, &settings, None)?;
        let issuer = Arc::new(Issuer::new(settings)?);
        let mut next = (**listed).clone();
        next.push(Arc::clone(&issuer));
        *listed = Arc::new(next);
        drop(listed);
        self.changes.send_modify(|n| *n += 1);
        Ok(issuer)
    }

    /// Whether an issuer with these settings could be added.
    ///
    /// # Errors
    /// As [`Issuers::add`].
    pub fn check(&self, settings: &IssuerSettings) -> Result<(), IssuerError> {
        check_distinct(&self.all(), settings, None)?;
        settings.check().map(drop)
    }

    /// Trusts an issuer no more, or with other settings than before: what it signed counts by the
    /// new ones from now on.
    ///
    /// # Errors
    /// As [`Issuers::add`]; then everything stays.
    pub fn replace(
        &self,
        owner: Option<&AgencyId>,
        name: &str,
        settings: Option<IssuerSettings>,
    ) -> Result<(), IssuerError> {
        let mut listed = self.listed.write().unwrap_or_else(PoisonError::into_inner);
        let is_it =
            |i: &&Arc<Issuer>| *i.settings().name == *name && i.settings().owner.as_ref() == owner;
        let found = listed.iter().find(is_it).cloned();
        let mut next: Vec<_> = listed.iter().filter(|i| !is_it(i)).cloned().collect();
        if let Some(settings) = settings {
            check_distinct(&next, &settings, found.as_deref())?;
            next.push(Arc::new(Issuer::new(settings)?));
        }
        *listed = Arc::new(next);
        drop(listed);
        if let Some(found) = found {
            found.retire();
        }
        self.changes.send_modify(|n| *n += 1);
        Ok(())
    }

    /// All issuers.
    pub fn all(&self) -> Arc<Vec<Arc<Issuer>>> {
        let listed = self.listed.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&listed)
    }

    /// Tells of every issuer that is added or goes.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Whether a key with which a token was verified once is still an issuer's that is trusted:
    /// what was made of the token counts no longer than this.
    pub fn trust(&self, signer: SignerId) -> bool {
        self.all().iter().any(|issuer| issuer.signs_as(signer))
    }

    /// Verifies a token completely and says who it speaks for. If only its key is missing, the
    /// issuer's keys are asked for, as often as they may be, and waited for.
    ///
    /// # Errors
    /// What is wrong with it; the caller is told no more than a code.
    pub async fn verify(&self, token: &str, now: Time) -> Result<Arc<TokenIdentity>, BearerError> {
        let error = match self.verify_now(token, now) {
            Err(error @ (BearerError::NoKey | BearerError::KeysUnavailable)) => error,
            other => return other,
        };
        let parsed = Token::parse(token)?;
        let issuer = self.of(&parsed)?;
        if issuer.is_plausible(&parsed, now) && issuer.renewed().await {
            return self.verify_now(token, now);
        }
        Err(error)
    }

    /// Verifies a token with the keys that are here.
    ///
    /// # Errors
    /// As [`Issuers::verify`].
    pub fn verify_now(&self, token: &str, now: Time) -> Result<Arc<TokenIdentity>, BearerError> {
        let hash = digest::sha256(token.as_bytes());
        if let Some(identity) = self.known(&hash, now) {
            return Ok(identity);
        }
        let token = Token::parse(token)?;
        let issuer = self.of(&token)?;
        let generation = issuer.generation();
        let identity = Arc::new(issuer.verify(&token, now)?);
        let ends = identity
            .expires
            .plus_seconds(issuer.settings().leeway_seconds);
        let ends = issuer.keys_end().map_or(ends, |end| end.min(ends));
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if verified.len() >= limits::VERIFIED_TOKENS_MAX {
            verified.retain(|_, v| now < v.ends && !v.issuer.is_retired());
        }
        if verified.len() >= limits::VERIFIED_TOKENS_MAX {
            verified.clear();
        }
        verified.insert(
            hash,
            Verified {
                issuer,
                generation,
                ends,
                identity: Arc::clone(&identity),
            },
        );
        Ok(identity)
    }

    /// The verdict on a token that was verified before. Time only goes on: what had begun has.
    fn known(&self, hash: &[u8; 32], now: Time) -> Option<Arc<TokenIdentity>> {
        let verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        let found = verified.get(hash)?;
        let holds = now < found.ends
            && !found.issuer.is_retired()
            && found.issuer.generation() == found.generation;
        holds.then(|| Arc::clone(&found.identity))
    }

    /// The issuer whose rules and keys a token must stand up to, by what the token says: nothing of
    /// it is verified yet. Several may share an `iss`; then the audience decides.
    fn of(&self, token: &Token<'_>) -> Result<Arc<Issuer>, BearerError> {
        let named = claims::text(&token.claims, "iss")?.ok_or_else(|| claims::missing("iss"))?;
        let listed = self.all();
        let mut same = listed.iter().filter(|i| *i.settings().issuer == *named);
        let first = same.next().ok_or(BearerError::UnknownIssuer)?;
        if same.next().is_none() {
            return Ok(Arc::clone(first));
        }
        let mut fitting = listed
            .iter()
            .filter(|i| *i.settings().issuer == *named && i.check_audience(&token.claims).is_ok());
        match (fitting.next(), fitting.next()) {
            (Some(issuer), None) => Ok(Arc::clone(issuer)),
            (None, _) => Err(BearerError::Audience),
            // Of two agencies at once: of neither.
            (Some(_), Some(_)) => Err(BearerError::Ambiguous),
        }
    }
}

fn check_distinct(
    listed: &[Arc<Issuer>],
    settings: &IssuerSettings,
    replaced: Option<&Issuer>,
) -> Result<(), IssuerError> {
    if replaced.is_none() && listed.len() >= limits::ISSUERS_MAX {
        return Err(IssuerError::TooManyIssuers);
    }
    for other in listed.iter().map(|issuer| issuer.settings()) {
        let mut audiences = other.audiences.iter();
        let is_shared = audiences.any(|audience| settings.audiences.contains(audience));
        if other.issuer == settings.issuer && is_shared {
            return Err(IssuerError::RepeatedIssuer);
        }
        if other.owner == settings.owner && other.name == settings.name {
            return Err(IssuerError::RepeatedName);
        }
    }
    Ok(())
}
