//! Sessions: temporary credentials that carry everything about themselves, sealed.
//!
//! A session is stored nowhere. Its token is what a caller was when it asked for the session,
//! narrowed by what it asked for, sealed under a key of the agency and bound to the session's
//! access key id; whoever shows it again proves with a signature that it has the secret in it too.
//!
//! ```text
//! token   = base64url(sealed)                  crypto/small.rs has the layout of what is sealed
//! key     = HKDF-SHA256(the agency's secrets key, "acervo.session/v1", agency)
//! bound   = the access key id
//! sealed  = JSON: secret, principal, roles, moments in seconds, the keys it was made with, and
//!           what narrows and describes it: of a token's claims all or, if they do not fit, none
//! ```
//!
//! What a request costs that comes with one: one opening of some hundred bytes.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;
use zeroize::Zeroize as _;
use zeroize::Zeroizing;

use crate::access::caller::Claims;
use crate::audit::entry::Draft;
use crate::crypto::derive::derive;
use crate::crypto::random;
use crate::crypto::small::SmallKey;
use crate::keys::keyring::Keyring;
use crate::types::clock::Time;
use crate::types::encoding;
use crate::types::ids::AccessKeyId;
use crate::types::ids::BASE32;
use crate::types::ids::CanonicalId;
use crate::types::ids::SignerId;
use crate::types::limits;
use crate::types::names::AgencyId;
use crate::types::names::PrincipalName;
use crate::types::names::RoleName;
use crate::types::roles::Role;
use crate::types::secret::SecretText;

use super::Committed;
use super::agencies::Store;
use super::credentials::canonical_id;
use super::error::Error;

/// What a session is made of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SessionFacts {
    /// Who acts in it: the principal that asked for it, whatever role it took.
    pub principal: PrincipalName,
    /// Its roles, all of which that principal had.
    pub roles: Vec<Role>,
    /// The roles of the agency's own that its token claimed: as long as the agency has them.
    pub claimed: Vec<RoleName>,
    /// The role that it took and the name that it gave itself; none if it took no role.
    pub assumed: Option<Assumed>,
    /// When it began.
    pub issued: Time,
    /// When it ends; never after what it was made of.
    pub expires: Time,
    /// The keys that it was made with, the first one first: each can end it.
    pub chain: Vec<AccessKeyId>,
    /// Who signed the token that it was made with, if it was one: it counts as long as that key is
    /// one of an issuer that is trusted.
    pub signer: Option<SignerId>,
    /// Policy documents of which each must allow what it does.
    pub policies: Vec<String>,
    /// What is said of it to policies, by name, and what the token said of its principal.
    pub claims: Claims,
}

/// The role that a session took.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Assumed {
    /// The role's name.
    pub role: String,
    /// What the session calls itself.
    pub session_name: String,
}

/// A session as its token says, and whose it is.
pub struct Session {
    /// The agency in which it acts.
    pub agency: AgencyId,
    /// What S3 calls its principal.
    pub canonical_id: CanonicalId,
    /// What it is.
    pub facts: SessionFacts,
    /// The secret half of its access key.
    pub secret: SecretText,
}

/// What a token turned out to be.
pub enum FoundSession {
    /// A session.
    InForce(Box<Session>),
    /// A session that has ended.
    Ended,
    /// No session of this agency, or one that was revoked.
    Unknown,
}

/// A new session; the only time that its secret is seen outside its token.
pub struct NewSession {
    /// The public half of its access key.
    pub access_key_id: AccessKeyId,
    /// The secret half.
    pub secret: SecretText,
    /// What has to come with every request that is signed with them.
    pub token: SecretText,
    /// When it ends.
    pub expires: Time,
}

/// The key that seals the sessions of one agency.
pub(super) struct Sessions(SmallKey);

impl Sessions {
    pub(super) fn new(keyring: &Keyring, agency: &AgencyId) -> Self {
        let context = agency.as_str().as_bytes();
        let sealing_key = derive(keyring.secrets_key(), "acervo.session/v1", context);
        Self(SmallKey::new(&sealing_key))
    }

    fn seal(&self, id: &AccessKeyId, secret: &SecretText, facts: &SessionFacts) -> SecretText {
        let mut on_wire = OnWire::new(secret, facts);
        let text = Zeroizing::new(
            serde_json::to_vec(&on_wire).expect("a struct of text and numbers has a JSON form"),
        );
        on_wire.secret.zeroize();
        SecretText::new(encoding::base64_url(
            &self.0.seal(id.as_str().as_bytes(), &text),
        ))
    }

    fn open(&self, id: &AccessKeyId, token: &str) -> Option<(SecretText, SessionFacts)> {
        let sealed = encoding::parse_base64_url(token)?;
        let text = self.0.open(id.as_str().as_bytes(), &sealed).ok()?;
        serde_json::from_slice::<OnWire>(&text).ok()?.facts()
    }
}

/// A session in its token. What is not known here refuses the token (law 8).
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct OnWire {
    #[serde(rename = "s")]
    secret: String,
    #[serde(rename = "p")]
    principal: String,
    #[serde(rename = "r")]
    roles: Vec<String>,
    #[serde(rename = "n", default, skip_serializing_if = "Vec::is_empty")]
    claimed: Vec<String>,
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    assumed: Option<(String, String)>,
    #[serde(rename = "i")]
    issued: i64,
    #[serde(rename = "e")]
    expires: i64,
    #[serde(rename = "c", default, skip_serializing_if = "Vec::is_empty")]
    chain: Vec<String>,
    #[serde(rename = "b", default, skip_serializing_if = "Vec::is_empty")]
    policies: Vec<String>,
    #[serde(rename = "t", default, skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<String, Vec<String>>,
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    signer: Option<String>,
    #[serde(rename = "j", default, skip_serializing_if = "BTreeMap::is_empty")]
    claims: BTreeMap<String, Vec<String>>,
    #[serde(rename = "w", default, skip_serializing_if = "is_false")]
    are_claims_withheld: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "so serde calls it")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

impl OnWire {
    fn new(secret: &SecretText, facts: &SessionFacts) -> Self {
        let assumed = facts.assumed.clone();
        Self {
            secret: secret.expose().to_owned(),
            principal: facts.principal.as_str().to_owned(),
            roles: facts.roles.iter().map(|r| r.name().to_owned()).collect(),
            claimed: facts.claimed.iter().map(ToString::to_string).collect(),
            assumed: assumed.map(|assumed| (assumed.role, assumed.session_name)),
            issued: facts.issued.seconds(),
            expires: facts.expires.seconds(),
            chain: facts
                .chain
                .iter()
                .map(|id| id.as_str().to_owned())
                .collect(),
            policies: facts.policies.clone(),
            tags: facts.claims.tags.clone(),
            signer: facts.signer.as_ref().map(ToString::to_string),
            claims: facts.claims.claims.clone(),
            are_claims_withheld: facts.claims.are_withheld,
        }
    }

    fn facts(self) -> Option<(SecretText, SessionFacts)> {
        let secret = SecretText::new(self.secret);
        let chain = self.chain.iter().map(|id| AccessKeyId::parse(id).ok());
        let claimed = self.claimed.iter().map(|name| RoleName::parse(name).ok());
        let facts = SessionFacts {
            principal: PrincipalName::parse(&self.principal).ok()?,
            claimed: claimed.collect::<Option<_>>()?,
            roles: self
                .roles
                .iter()
                .map(|r| Role::parse(r))
                .collect::<Option<_>>()?,
            assumed: self
                .assumed
                .map(|(role, session_name)| Assumed { role, session_name }),
            issued: Time::from_seconds(self.issued),
            expires: Time::from_seconds(self.expires),
            chain: chain.collect::<Option<_>>()?,
            signer: match self.signer {
                None => None,
                Some(text) => Some(SignerId::parse(&text).ok()?),
            },
            policies: self.policies,
            claims: Claims {
                claims: self.claims,
                tags: self.tags,
                are_withheld: self.are_claims_withheld,
            },
        };
        Some((secret, facts))
    }
}

impl Store {
    /// An id for a session that is about to be made, so that its entry can name it.
    ///
    /// # Errors
    /// [`Error::NoSuchAgency`], [`Error::AgencySuspended`].
    pub async fn new_session_id(&self, agency: &AgencyId) -> Result<AccessKeyId, Error> {
        let agency = self.agency(agency).await?;
        let text = [
            AccessKeyId::TEMPORARY_PREFIX,
            agency.keyring.code().as_str(),
            &random::text(BASE32, AccessKeyId::RANDOM),
        ];
        AccessKeyId::parse(&text.concat()).map_err(|_| Error::Limit("access keys"))
    }

    /// Makes a session. Its entry is durable when this returns: nobody ever holds credentials that
    /// the log does not know.
    ///
    /// # Errors
    /// [`Error::NoSuchAgency`], [`Error::AgencySuspended`]; [`Error::SessionTooLarge`] if what
    /// narrows and describes it does not fit into a token.
    pub async fn issue_session(
        &self,
        agency: &AgencyId,
        id: AccessKeyId,
        facts: &SessionFacts,
        draft: &Draft<'_>,
    ) -> Result<Committed<NewSession>, Error> {
        let agency = self.agency(agency).await?;
        let secret = SecretText::new(encoding::base64(&random::bytes::<30>()));
        let is_large = |token: &SecretText| token.expose().len() > limits::SESSION_TOKEN_BYTES_MAX;
        let mut token = agency.sessions.seal(&id, &secret, facts);
        if is_large(&token) && !facts.claims.claims.is_empty() {
            let claims = facts.claims.withheld();
            let facts = SessionFacts {
                claims,
                ..facts.clone()
            };
            token = agency.sessions.seal(&id, &secret, &facts);
        }
        if is_large(&token) {
            return Err(Error::SessionTooLarge);
        }
        agency.ledger.record_durably(draft).await?;
        Ok(Committed(NewSession {
            access_key_id: id,
            secret,
            token,
            expires: Time::from_seconds(facts.expires.seconds()),
        }))
    }

    /// The session of a token that came with this access key id. Unknown, revoked, or of a
    /// suspended agency: not even the caller learns which.
    ///
    /// # Errors
    /// If the agency cannot be opened.
    pub async fn session(
        &self,
        id: &AccessKeyId,
        token: &str,
        now: Time,
    ) -> Result<FoundSession, Error> {
        let Some(agency) = self.agency_of_code(&id.agency_code()) else {
            return Ok(FoundSession::Unknown);
        };
        let agency = match self.agency(&agency).await {
            Err(Error::AgencySuspended | Error::NoSuchAgency) => return Ok(FoundSession::Unknown),
            other => other?,
        };
        let Some((secret, facts)) = agency.sessions.open(id, token) else {
            return Ok(FoundSession::Unknown);
        };
        let revocations = &agency.revocations;
        if revocations.has_any(facts.chain.iter().chain([id]))
            || revocations.covers(&facts.principal, Some(facts.issued))
        {
            return Ok(FoundSession::Unknown);
        }
        if now >= facts.expires {
            return Ok(FoundSession::Ended);
        }
        Ok(FoundSession::InForce(Box::new(Session {
            canonical_id: canonical_id(&agency.id, &facts.principal),
            agency: agency.id.clone(),
            facts,
            secret,
        })))
    }
}

#[cfg(test)]
mod tests {
    use super::{Assumed, Claims, SessionFacts, Sessions};
    use crate::crypto::secret::{SecretKey, SecretText};
    use crate::crypto::small::SmallKey;
    use crate::types::clock::Time;
    use crate::types::encoding;
    use crate::types::ids::{AccessKeyId, SignerId};
    use crate::types::names::{PrincipalName, RoleName};
    use crate::types::roles::Role;

    fn facts() -> SessionFacts {
        SessionFacts {
            principal: PrincipalName::parse("ventanilla").unwrap(),
            roles: vec![Role::App, Role::Reader],
            claimed: vec![RoleName::parse("revisa").unwrap()],
            assumed: Some(Assumed {
                role: "app".to_owned(),
                session_name: "turno-1".to_owned(),
            }),
            issued: Time::from_seconds(1_800_000_000),
            expires: Time::from_seconds(1_800_000_900),
            chain: vec![AccessKeyId::parse("ACQWER2ABCDEFGHIJKLM").unwrap()],
            policies: vec!["{}".to_owned()],
            signer: Some(SignerId::new([7; 16])),
            claims: Claims {
                tags: [("área".to_owned(), vec!["registro".to_owned()])].into(),
                claims: [("sub".to_owned(), vec!["ana".to_owned()])].into(),
                are_withheld: false,
            },
        }
    }

    #[test]
    fn a_token_opens_for_its_own_key_in_its_own_agency_only() {
        let sessions = Sessions(SmallKey::new(&SecretKey::random()));
        let id = AccessKeyId::parse("ASQWER2ABCDEFGHIJKLM").unwrap();
        let other = AccessKeyId::parse("ASQWER2ABCDEFGHIJKLN").unwrap();
        let secret = SecretText::new("s".repeat(40));
        let token = sessions.seal(&id, &secret, &facts());
        let (opened, found) = sessions.open(&id, token.expose()).unwrap();
        assert_eq!((opened.expose(), found), (secret.expose(), facts()));
        assert!(sessions.open(&other, token.expose()).is_none());
        let elsewhere = Sessions(SmallKey::new(&SecretKey::random()));
        assert!(elsewhere.open(&id, token.expose()).is_none());
        let bytes = encoding::parse_base64_url(token.expose()).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let changed = encoding::base64_url(&changed);
            assert!(sessions.open(&id, &changed).is_none(), "byte {at}");
        }
        for wrong in ["", "x", "ñ", &token.expose()[1..]] {
            assert!(sessions.open(&id, wrong).is_none());
        }
    }

    #[test]
    fn what_a_later_release_says_in_a_token_refuses_it() {
        let sessions = Sessions(SmallKey::new(&SecretKey::random()));
        let id = AccessKeyId::parse("ASQWER2ABCDEFGHIJKLM").unwrap();
        let check = |json: &str, opens: bool| {
            let token =
                encoding::base64_url(&sessions.0.seal(id.as_str().as_bytes(), json.as_bytes()));
            assert_eq!(sessions.open(&id, &token).is_some(), opens, "{json}");
        };
        check(r#"{"s":"x","p":"a","r":["app"],"i":1,"e":2}"#, true);
        check(r#"{"s":"x","p":"a","r":["app"],"i":1,"e":2,"z":1}"#, false);
        check(r#"{"s":"x","p":"a","r":["rey"],"i":1,"e":2}"#, false);
        check(r#"{"s":"x","p":"","r":["app"],"i":1,"e":2}"#, false);
        check(r#"{"s":"x","p":"a","r":["app"],"e":2}"#, false);
    }
}
