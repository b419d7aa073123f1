//! From a proof that stands up to the caller whom it speaks for: the same for every door.

use std::sync::Arc;

use thiserror::Error;

use crate::access::caller::Caller;
use crate::access::caller::Proof;
use crate::access::policy::Kind;
use crate::access::policy::Policy;
use crate::auth;
use crate::auth::error::BearerError;
use crate::auth::head::RequestHead;
use crate::auth::sigv2;
use crate::auth::sigv4::claim::Claim;
use crate::auth::sigv4::claim::Verified;
use crate::store;
use crate::store::credentials;
use crate::store::credentials::Credential;
use crate::store::sessions::Assumed;
use crate::store::sessions::FoundSession;
use crate::store::sessions::Session;
use crate::types::clock::Time;
use crate::types::ids::AccessKeyId;
use crate::types::ids::SignerId;
use crate::types::names::RoleName;
use crate::types::secret::SecretText;

use super::house::House;

/// Why nobody is behind a proof.
#[derive(Debug, Error)]
pub enum Unidentified {
    /// The signature's form or the signature itself is wrong.
    #[error(transparent)]
    Signature(#[from] auth::error::Error),
    /// The Bearer token is not to be believed.
    #[error(transparent)]
    Token(#[from] BearerError),
    /// The access key is unknown, revoked, expired, or its agency suspended.
    #[error("the access key id does not exist")]
    AccessKey,
    /// The session's token is not one, or the session was revoked.
    #[error("the session token is not valid")]
    Session,
    /// The session has ended.
    #[error("the session has ended")]
    SessionEnded,
    /// The store cannot say, or says no to the agency.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// A caller, and what a session of it would be made of.
pub struct Identified {
    /// Who.
    pub caller: Caller,
    /// When its proof ends, if it does: nothing made of it may last longer.
    pub expires: Option<Time>,
    /// The keys behind it, the first one first; none behind a token.
    pub chain: Vec<AccessKeyId>,
    /// Who signed the token behind it, if there is one.
    pub signer: Option<SignerId>,
    /// The texts of the policies that narrow it: what is made of it is narrowed by them too.
    pub policies: Vec<String>,
    /// The roles of its agency's own that its token claims: those that the agency has.
    pub claimed: Vec<RoleName>,
    /// The session that it acts in, unless it acts by a lasting key or a token.
    pub session: Option<InSession>,
}

/// What is known of a caller that acts in a session.
pub struct InSession {
    /// The role that the session took, if it took one.
    pub assumed: Option<Assumed>,
}

/// Verifies a signature with the secret of the lasting key or of the session that it names.
///
/// # Errors
/// All of [`Unidentified`] but [`Unidentified::Token`].
pub async fn by_signature(
    house: &House,
    head: &RequestHead<'_>,
    claim: &Claim<'_>,
    now: Time,
) -> Result<(Identified, Verified), Unidentified> {
    let id = claim.access_key_id()?;
    let verified = |secret: &SecretText| {
        let cache = house.signing_keys.of(&id);
        let secret = || Ok::<_, auth::error::Error>(secret.clone());
        let signing_key = cache.key(claim.scope(), secret)?;
        claim.verify(head, &signing_key)
    };
    by_secret(house, id.clone(), claim.session_token(), now, verified).await
}

/// The same for Signature Version 2; `bucket` is the one that the host names.
///
/// # Errors
/// All of [`Unidentified`] but [`Unidentified::Token`].
pub async fn by_signature_v2(
    house: &House,
    head: &RequestHead<'_>,
    claim: &sigv2::Claim<'_>,
    bucket: Option<&str>,
    now: Time,
) -> Result<Identified, Unidentified> {
    let id = claim.access_key_id()?;
    let verified = |secret: &SecretText| claim.verify(head, bucket, secret);
    let found = by_secret(house, id, claim.session_token(), now, verified);
    Ok(found.await?.0)
}

/// Finds the lasting key or the session, and has its secret verify the proof.
async fn by_secret<V>(
    house: &House,
    id: AccessKeyId,
    session_token: Option<&str>,
    now: Time,
    verified: impl FnOnce(&SecretText) -> Result<V, auth::error::Error>,
) -> Result<(Identified, V), Unidentified> {
    match (session_token, id.is_temporary()) {
        (None, false) => {
            let found = house.store.credential(&id).await?;
            let found = found.filter(|c| c.expires.is_none_or(|at| now < at));
            let credential = found.ok_or(Unidentified::AccessKey)?;
            let verified = verified(&credential.secret)?;
            let identified = with_own_roles(house, of_key(&credential, id)).await?;
            Ok((identified, verified))
        }
        (Some(token), true) => {
            let session = match house.store.session(&id, token, now).await? {
                FoundSession::InForce(session) => *session,
                FoundSession::Ended => return Err(Unidentified::SessionEnded),
                FoundSession::Unknown => return Err(Unidentified::Session),
            };
            if !is_founded(house, &session) {
                return Err(Unidentified::Session);
            }
            let verified = verified(&session.secret)?;
            let identified = with_own_roles(house, of_session(session, id)?).await?;
            Ok((identified, verified))
        }
        // A session's key means nothing without the session's token.
        (None, true) => Err(Unidentified::AccessKey),
        (Some(_), false) => Err(Unidentified::Session),
    }
}

/// Whether what a session was made of still counts: its keys, which the store asks for, or the
/// issuer and the key of its token, without which the token would count no more either.
fn is_founded(house: &House, session: &Session) -> bool {
    match session.facts.signer {
        Some(signer) => house.issuers.trust(signer),
        None => !session.facts.chain.is_empty(),
    }
}

/// Verifies a Bearer token.
///
/// # Errors
/// [`Unidentified::Token`], [`Unidentified::Store`].
pub async fn by_token(house: &House, token: &str, now: Time) -> Result<Identified, Unidentified> {
    let identity = house.issuers.verify(token, now).await?;
    let (agency, principal) = (&identity.agency, &identity.principal);
    let in_force = house
        .store
        .ensure_in_force(agency, principal, identity.issued);
    in_force.await?;
    let canonical_id = credentials::canonical_id(agency, principal);
    let identified = Identified {
        caller: Caller {
            claims: Arc::clone(&identity.claims),
            ..Caller::new(
                agency.clone(),
                principal.clone(),
                canonical_id,
                identity.roles.clone(),
                Proof::Token {
                    issuer: identity.issuer.to_string(),
                },
            )
        },
        expires: Some(identity.expires),
        chain: Vec::new(),
        signer: Some(identity.signer),
        policies: Vec::new(),
        claimed: identity.named.clone(),
        session: None,
    };
    let identified = with_own_roles(house, identified).await?;
    // Names that are roles of other systems mean nothing here.
    if identified.caller.roles.is_empty() && identified.claimed.is_empty() {
        return Err(BearerError::NoRole.into());
    }
    Ok(identified)
}

/// Who would act by a lasting key. Nobody proved to have it: for explanations, never for requests.
///
/// # Errors
/// [`Unidentified::AccessKey`], [`Unidentified::Store`].
pub async fn whose_key(house: &House, id: &AccessKeyId, now: Time) -> Result<Caller, Unidentified> {
    let found = house.store.credential(id).await?;
    let found = found.filter(|c| c.expires.is_none_or(|at| now < at));
    let credential = found.ok_or(Unidentified::AccessKey)?;
    let identified = with_own_roles(house, of_key(&credential, id.clone())).await?;
    Ok(identified.caller)
}

/// A caller that is only described, with the roles of its agency that it would have: for
/// explanations, never for requests.
///
/// # Errors
/// [`Unidentified::Store`].
pub async fn described(
    house: &House,
    caller: Caller,
    claimed: Vec<RoleName>,
) -> Result<Caller, Unidentified> {
    let identified = Identified {
        caller,
        expires: None,
        chain: Vec::new(),
        signer: None,
        policies: Vec::new(),
        claimed,
        session: None,
    };
    Ok(with_own_roles(house, identified).await?.caller)
}

/// Adds the roles of its agency that a caller has. A session that took a role has that one alone,
/// and only as long as its principal has it; what the others forbid is forbidden to it all the
/// same, or a session would be wider than what it came from.
async fn with_own_roles(
    house: &House,
    mut identified: Identified,
) -> Result<Identified, Unidentified> {
    let caller = &mut identified.caller;
    let own = house
        .store
        .own_roles(&caller.agency, &caller.principal, &identified.claimed)
        .await?;
    let is_there = |name: &RoleName| own.0.iter().any(|role| *role.name == *name.as_str());
    identified.claimed.retain(is_there);
    let session = identified.session.as_ref();
    let assumed = session.and_then(|session| session.assumed.as_ref());
    for role in own.0 {
        if assumed.is_none_or(|assumed| *assumed.role == *role.name) {
            caller.named_roles.push(role.name);
            caller.grants.push(role.policy);
        } else {
            caller.denials.push(role.policy);
        }
    }
    Ok(identified)
}

fn of_key(credential: &Credential, id: AccessKeyId) -> Identified {
    let (policies, boundaries) = credential.policy.iter().cloned().unzip();
    Identified {
        caller: Caller {
            boundaries,
            ..Caller::new(
                credential.agency.clone(),
                credential.principal.clone(),
                credential.canonical_id,
                credential.roles.clone(),
                Proof::AccessKey(id.clone()),
            )
        },
        expires: credential.expires,
        chain: vec![id],
        signer: None,
        policies,
        claimed: Vec::new(),
        session: None,
    }
}

fn of_session(session: Session, id: AccessKeyId) -> Result<Identified, Unidentified> {
    let facts = session.facts;
    // They were read when the session was made; what cannot be read now refuses it (law 8).
    let boundaries = facts.policies.iter().map(|text| {
        let policy = Policy::parse(text, Kind::Identity);
        policy.map(Arc::new).map_err(|_| Unidentified::Session)
    });
    let mut chain = facts.chain;
    chain.push(id.clone());
    Ok(Identified {
        caller: Caller {
            boundaries: boundaries.collect::<Result<_, _>>()?,
            claims: Arc::new(facts.claims),
            ..Caller::new(
                session.agency,
                facts.principal,
                session.canonical_id,
                facts.roles,
                Proof::AccessKey(id),
            )
        },
        expires: Some(facts.expires),
        chain,
        signer: facts.signer,
        policies: facts.policies,
        claimed: facts.claimed,
        session: Some(InSession {
            assumed: facts.assumed,
        }),
    })
}
