//! Access keys: found for `auth` by their id, made and revoked for the admin API.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;

use crate::access::consent::Consent;
use crate::access::policy::Kind;
use crate::access::policy::Policy;
use crate::audit::entry::Draft;
use crate::crypto::digest;
use crate::crypto::random;
use crate::crypto::small;
use crate::meta::commands::CreateAccessKey;
use crate::meta::commands::RevokeAccessKey;
use crate::meta::records::AccessKeyRecord;
use crate::meta::records::Owner;
use crate::meta::records::Revoked;
use crate::types::clock::Time;
use crate::types::encoding;
use crate::types::ids::AccessKeyId;
use crate::types::ids::BASE32;
use crate::types::ids::CanonicalId;
use crate::types::names::AgencyId;
use crate::types::names::PrincipalName;
use crate::types::roles::Role;
use crate::types::secret::SecretText;

use super::Committed;
use super::agencies::Agency;
use super::agencies::Store;
use super::error::Error;

/// An access key that is not revoked, its secret unsealed.
pub struct Credential {
    /// The agency in which it acts.
    pub agency: AgencyId,
    /// Whose it is.
    pub principal: PrincipalName,
    /// What S3 calls that principal.
    pub canonical_id: CanonicalId,
    /// What it may do.
    pub roles: Vec<Role>,
    /// The secret half.
    pub secret: SecretText,
    /// From when on it is refused.
    pub expires: Option<Time>,
    /// A policy that narrows it, and its text.
    pub policy: Option<(String, Arc<Policy>)>,
}

/// The access keys of one agency that were used in this process. Filled under its write lock, so
/// that a revocation, which takes the same lock after its commit, can never be undone by a look-up
/// that began before it.
#[derive(Default)]
pub(super) struct Credentials(RwLock<HashMap<AccessKeyId, Arc<Credential>>>);

impl Credentials {
    fn cached(&self, id: &AccessKeyId) -> Option<Arc<Credential>> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(id)
            .cloned()
    }

    fn load(&self, agency: &Agency, id: &AccessKeyId) -> Result<Option<Arc<Credential>>, Error> {
        let mut cache = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let Some(record) = agency.index.read(|reader| reader.access_key(id))? else {
            return Ok(None);
        };
        if record.revoked.is_some() {
            return Ok(None);
        }
        let credential = Arc::new(Credential {
            secret: unseal(agency, &record)?,
            agency: agency.id.clone(),
            principal: record.owner.name,
            canonical_id: record.owner.id,
            roles: record.roles,
            expires: record.expires,
            policy: record.inline_policy.map(|text| {
                let policy = Policy::parse(&text, Kind::Identity);
                let policy = policy.unwrap_or_else(|_| Policy::forbidding_all());
                (text, Arc::new(policy))
            }),
        });
        cache.insert(id.clone(), Arc::clone(&credential));
        Ok(Some(credential))
    }

    fn forget(&self, id: &AccessKeyId) {
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(id);
    }

    /// Forgets every key of a principal, whose revocation was committed.
    pub(super) fn forget_those_of(&self, principal: &PrincipalName) {
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|_, credential| credential.principal != *principal);
    }
}

/// What S3 calls a principal: the same for its access keys and its tokens.
pub fn canonical_id(agency: &AgencyId, principal: &PrincipalName) -> CanonicalId {
    let text = format!("acervo.principal/v1\0{agency}\0{principal}");
    CanonicalId::new(digest::sha256(text.as_bytes()))
}

fn unseal(agency: &Agency, record: &AccessKeyRecord) -> Result<SecretText, Error> {
    let bound = record.access_key_id.as_str().as_bytes();
    let opened = small::open(agency.keyring.secrets_key(), bound, &record.sealed_secret);
    let opened = opened.map_err(|_| Error::Damaged)?;
    let text = std::str::from_utf8(&opened).map_err(|_| Error::Damaged)?;
    Ok(SecretText::new(text.to_owned()))
}

/// What a new access key may do, and how long. It stays so: who wants to narrow a key later makes
/// another one and revokes it, and with it the sessions that it was used to make.
#[derive(Clone, Debug, Default)]
pub struct Bounds {
    /// Its built-in roles.
    pub roles: Vec<Role>,
    /// From when on it is refused.
    pub expires: Option<Time>,
    /// The text of a policy, checked, which must allow whatever it does.
    pub policy: Option<String>,
}

/// A new access key; the only time that its secret is seen.
pub struct NewAccessKey {
    /// The public half.
    pub access_key_id: AccessKeyId,
    /// The secret half: 40 characters, 240 bits.
    pub secret: SecretText,
    /// Whose it is.
    pub owner: Owner,
    /// When it was made.
    pub created: Time,
}

impl Store {
    /// The access key of this id, unless it is unknown, revoked, or its agency suspended. Not even
    /// the caller learns which.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn credential(&self, id: &AccessKeyId) -> Result<Option<Arc<Credential>>, Error> {
        let Some(agency) = self.agency_of_code(&id.agency_code()) else {
            return Ok(None);
        };
        let agency = match self.agency(&agency).await {
            Err(Error::AgencySuspended | Error::NoSuchAgency) => return Ok(None),
            other => other?,
        };
        let found = match agency.credentials.cached(id) {
            Some(credential) => Some(credential),
            None => agency.credentials.load(&agency, id)?,
        };
        Ok(found.filter(|credential| !agency.revocations.stands_for(&credential.principal)))
    }

    /// Makes an access key, and its principal if that is new.
    ///
    /// # Errors
    /// [`Error::NoSuchAgency`], or what the index refuses.
    pub async fn create_access_key(
        &self,
        consent: &Consent,
        principal: PrincipalName,
        bounds: Bounds,
        draft: &Draft<'_>,
    ) -> Result<Committed<NewAccessKey>, Error> {
        let agency = self.agency_of_any_state(consent.agency()).await?;
        let text = [
            AccessKeyId::PREFIX,
            agency.keyring.code().as_str(),
            &random::text(BASE32, AccessKeyId::RANDOM),
        ];
        let id = AccessKeyId::parse(&text.concat()).map_err(|_| Error::Limit("access keys"))?;
        let secret = SecretText::new(encoding::base64(&random::bytes::<30>()));
        let sealing_key = agency.keyring.secrets_key();
        let bound = id.as_str().as_bytes();
        let created = self.0.clock.now();
        let owner = Owner {
            id: canonical_id(&agency.id, &principal),
            name: principal,
        };
        let command = CreateAccessKey {
            access_key_id: id.clone(),
            owner: owner.clone(),
            roles: bounds.roles,
            sealed_secret: small::seal(sealing_key, bound, secret.expose().as_bytes()),
            created,
            expires: bounds.expires,
            inline_policy: bounds.policy,
        };
        agency
            .index
            .commit(command, agency.ledger.entry(draft))
            .await?;
        Ok(Committed(NewAccessKey {
            access_key_id: id,
            secret,
            owner,
            created,
        }))
    }

    /// Revokes an access key; neither it nor any session that was made with it opens anything any
    /// more when this returns.
    ///
    /// # Errors
    /// `NoSuchAccessKey` of the index.
    pub async fn revoke_access_key(
        &self,
        agency: &AgencyId,
        id: &AccessKeyId,
        draft: &Draft<'_>,
    ) -> Result<Committed<()>, Error> {
        let agency = self.agency_of_any_state(agency).await?;
        let at = self.0.clock.now();
        let command = RevokeAccessKey {
            access_key_id: id.clone(),
            at,
        };
        let committed = agency.index.commit(command, agency.ledger.entry(draft));
        let id = id.clone();
        // A task of its own: a caller that is gone must not leave a revoked key in memory.
        let revoking = tokio::spawn(async move {
            let outcome = committed.await;
            agency.credentials.forget(&id);
            if outcome.is_ok() {
                agency.revocations.add(Revoked::Key(id), at, false);
            }
            outcome
        });
        revoking.await.map_err(|_| Error::Stopping)??;
        Ok(Committed(()))
    }

    /// Every access key of an agency, without secrets.
    ///
    /// # Errors
    /// [`Error::NoSuchAgency`], or if the index cannot be read.
    pub async fn access_keys(&self, agency: &AgencyId) -> Result<Vec<AccessKeyRecord>, Error> {
        let agency = self.agency_of_any_state(agency).await?;
        Ok(agency.index.read(|reader| reader.access_keys())?)
    }
}
