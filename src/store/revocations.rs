//! What no longer counts although it has not ended by itself: sessions, keys that sessions were
//! made with, principals.
//!
//! Sessions and tokens are verified without a look-up, so what was revoked is kept in memory, read
//! from the index when the agency is opened and added to after each commit, before it is answered.

use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::PoisonError;
use std::sync::RwLock;

use crate::access::consent::Consent;
use crate::audit::entry::Draft;
use crate::meta::commands::LiftRevocation;
use crate::meta::commands::Revoke;
use crate::meta::records::RevocationRecord;
use crate::meta::records::Revoked;
use crate::types::clock::Time;
use crate::types::ids::AccessKeyId;
use crate::types::names::AgencyId;
use crate::types::names::PrincipalName;

use super::Committed;
use super::agencies::Store;
use super::error::Error;

/// The revocations of one agency.
#[derive(Default)]
pub(super) struct Revocations(RwLock<Kept>);

#[derive(Default)]
struct Kept {
    keys: HashSet<AccessKeyId>,
    principals: HashMap<PrincipalName, OfPrincipal>,
}

#[derive(Clone, Copy)]
struct OfPrincipal {
    at: Time,
    is_standing: bool,
}

impl Revocations {
    pub(super) fn new(records: Vec<RevocationRecord>) -> Self {
        let revocations = Self::default();
        for record in records {
            revocations.add(record.revoked, record.at, record.is_standing);
        }
        revocations
    }

    /// What the index holds already.
    pub(super) fn add(&self, revoked: Revoked, at: Time, is_standing: bool) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        match revoked {
            Revoked::Key(id) => {
                kept.keys.insert(id);
            }
            Revoked::Principal(name) => {
                let before = kept.principals.get(&name).copied();
                let of_principal = OfPrincipal {
                    at: before.map_or(at, |before| before.at.max(at)),
                    is_standing: is_standing || before.is_some_and(|before| before.is_standing),
                };
                kept.principals.insert(name, of_principal);
            }
        }
    }

    fn lift(&self, principal: &PrincipalName, at: Time) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(of_principal) = kept.principals.get_mut(principal) {
            of_principal.is_standing = false;
            of_principal.at = of_principal.at.max(at);
        }
    }

    /// Whether one of these keys was revoked.
    pub(super) fn has_any<'a>(&self, mut ids: impl Iterator<Item = &'a AccessKeyId>) -> bool {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        ids.any(|id| kept.keys.contains(id))
    }

    /// Whether what was given to a principal at this moment no longer counts. What does not say
    /// when it was given may be older than any revocation.
    pub(super) fn covers(&self, principal: &PrincipalName, given: Option<Time>) -> bool {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        kept.principals.get(principal).is_some_and(|of| {
            // Tokens tell whole seconds: one of the same second may be older.
            of.is_standing || given.is_none_or(|given| given.seconds() <= of.at.seconds())
        })
    }

    /// Whether nothing that a principal has counts, whenever it was given.
    pub(super) fn stands_for(&self, principal: &PrincipalName) -> bool {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        kept.principals
            .get(principal)
            .is_some_and(|of| of.is_standing)
    }
}

impl Store {
    /// Refuses a token's principal if its agency is unknown or suspended, or if the principal was
    /// revoked after the token was issued.
    ///
    /// # Errors
    /// [`Error::NoSuchAgency`], [`Error::AgencySuspended`], [`Error::Revoked`].
    pub async fn ensure_in_force(
        &self,
        agency: &AgencyId,
        principal: &PrincipalName,
        issued: Option<Time>,
    ) -> Result<(), Error> {
        let agency = self.agency(agency).await?;
        if agency.revocations.covers(principal, issued) {
            return Err(Error::Revoked);
        }
        Ok(())
    }

    /// Revokes a session, or all that was given to a principal; in force when this returns.
    ///
    /// # Errors
    /// [`Error::NoSuchAgency`], `LimitReached` of the index.
    pub async fn revoke(
        &self,
        agency: &AgencyId,
        revoked: Revoked,
        is_standing: bool,
        draft: &Draft<'_>,
    ) -> Result<Committed<()>, Error> {
        let agency = self.agency_of_any_state(agency).await?;
        let at = self.0.clock.now();
        let command = Revoke {
            revoked: revoked.clone(),
            at,
            is_standing,
        };
        let committed = agency.index.commit(command, agency.ledger.entry(draft));
        // A task of its own: a caller that is gone must not leave a session in force.
        let revoking = tokio::spawn(async move {
            committed.await?;
            agency.revocations.add(revoked.clone(), at, is_standing);
            if let Revoked::Principal(principal) = &revoked {
                agency.credentials.forget_those_of(principal);
            }
            Ok::<_, crate::meta::Error>(())
        });
        revoking.await.map_err(|_| Error::Stopping)??;
        Ok(Committed(()))
    }

    /// Lets what is given to a principal from now on count again.
    ///
    /// # Errors
    /// [`Error::NoSuchAgency`], `NoSuchRevocation` of the index.
    pub async fn lift_revocation(
        &self,
        consent: &Consent,
        principal: PrincipalName,
        draft: &Draft<'_>,
    ) -> Result<Committed<()>, Error> {
        let agency = self.agency_of_any_state(consent.agency()).await?;
        let at = self.0.clock.now();
        let command = LiftRevocation {
            principal: principal.clone(),
            at,
        };
        let committed = agency.index.commit(command, agency.ledger.entry(draft));
        let lifting = tokio::spawn(async move {
            committed.await?;
            agency.revocations.lift(&principal, at);
            Ok::<_, crate::meta::Error>(())
        });
        lifting.await.map_err(|_| Error::Stopping)??;
        Ok(Committed(()))
    }

    /// The revocations of an agency, the oldest first.
    ///
    /// # Errors
    /// [`Error::NoSuchAgency`], or if the index cannot be read.
    pub async fn revocations(&self, agency: &AgencyId) -> Result<Vec<RevocationRecord>, Error> {
        let agency = self.agency_of_any_state(agency).await?;
        Ok(agency.index.read(|reader| reader.revocations())?)
    }
}

#[cfg(test)]
mod tests {
    use super::Revocations;
    use crate::meta::records::Revoked;
    use crate::types::clock::Time;
    use crate::types::ids::AccessKeyId;
    use crate::types::names::PrincipalName;

    #[test]
    fn a_principal_is_revoked_up_to_a_moment_or_until_it_is_lifted() {
        let revocations = Revocations::default();
        let name = PrincipalName::parse("ventanilla").unwrap();
        let other = PrincipalName::parse("archivo").unwrap();
        let at = Time::from_seconds;
        let covers = |given| revocations.covers(&name, given);
        assert!(!covers(None));
        revocations.add(Revoked::Principal(name.clone()), at(100), false);
        assert!(covers(None) && covers(Some(at(99))) && covers(Some(at(100))));
        assert!(!covers(Some(at(101))) && !revocations.stands_for(&name));
        revocations.add(Revoked::Principal(name.clone()), at(90), true);
        assert!(covers(Some(at(101))) && revocations.stands_for(&name));
        revocations.lift(&name, at(200));
        assert!(covers(Some(at(200))) && !covers(Some(at(201))));
        assert!(!revocations.covers(&other, None));
    }

    #[test]
    fn a_key_is_revoked_for_good() {
        let revocations = Revocations::default();
        let id = |text| AccessKeyId::parse(text).unwrap();
        let (one, two) = (id("ASQWER2ABCDEFGHIJKLM"), id("ACQWER2ABCDEFGHIJKLM"));
        revocations.add(Revoked::Key(two.clone()), Time::from_seconds(1), false);
        assert!(revocations.has_any([&one, &two].into_iter()));
        assert!(!revocations.has_any([&one].into_iter()));
    }
}
