//! Requests that wait for a second person, and the consent that their approval gives.
//!
//! What would give rights in an agency waits in the agency's own database, and every step of it
//! stands in the agency's log. Nothing is ever carried out by who approves: the asker sends the
//! same request again, with the approval's id, and the approval is used up before anything is
//! changed.

use std::marker::PhantomData;
use std::sync::Arc;

use crate::access::bucket_rules::BucketRules;
use crate::access::consent::By;
use crate::access::consent::Circumstances;
use crate::access::consent::Consent;
use crate::access::consent::Gives;
use crate::access::consent::consent;
use crate::audit::entry::Draft;
use crate::crypto::random;
use crate::meta;
use crate::meta::commands::AskApproval;
use crate::meta::commands::DecideApproval;
use crate::meta::commands::Decision;
use crate::meta::commands::UseApproval;
use crate::meta::records::ApprovalRecord;
use crate::meta::records::ApprovalState;
use crate::meta::records::BucketDocument;
use crate::types::clock::Time;
use crate::types::ids::ApprovalId;
use crate::types::limits;
use crate::types::names::AgencyId;
use crate::types::names::PrincipalName;

use super::Committed;
use super::agencies::Agency;
use super::agencies::Store;
use super::credentials::canonical_id;
use super::error::Error;
use super::list::beside;

/// Where a request waits.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    /// In the agency that it would change.
    Agency(&'a AgencyId),
    /// In the installation.
    Installation,
}

/// One of the two people.
#[derive(Clone, Debug)]
pub struct Person {
    /// Who.
    pub name: String,
    /// In whose hand: two people of one hand count as one.
    pub hand: String,
}

/// The very request: what two requests must share to be the same.
#[derive(Clone, Debug)]
pub struct Request {
    /// What is asked for, as the log calls it.
    pub action: &'static str,
    /// What was read of the request, as JSON.
    pub text: String,
}

/// Whom a request would give rights to.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// What it would give.
    pub gives: Gives<'a>,
    /// To whom, if that is one principal.
    pub principal: Option<&'a PrincipalName>,
}

impl Store {
    /// The consent to give rights, as far as it needs no second person, or has one already; none if
    /// a second person has to approve first.
    ///
    /// # Errors
    /// [`Error::NoSuchAgency`], or if the index cannot be read.
    pub async fn consent(
        &self,
        agency: &AgencyId,
        by: By,
        wanted: Wanted<'_>,
        seconded: Option<&Seconded>,
    ) -> Result<Option<Consent>, Error> {
        let open = self.agency_of_any_state(agency).await?;
        let is_stranger = match wanted.principal {
            Some(name) if by == By::Operator => {
                is_stranger(&open, name).await? && !open.is_named_by_grants(name)?
            }
            Some(_) | None => false,
        };
        let circumstances = Circumstances {
            holds_documents: open.index.read(|reader| reader.holds_documents())?
                || open.reads_by_grants()?,
            is_stranger,
            is_seconded: seconded.is_some(),
        };
        Ok(consent(agency, by, wanted.gives, circumstances))
    }

    /// A request as it is going to wait for a second person, or as it waits already.
    ///
    /// # Errors
    /// As [`Store::approvals`].
    pub async fn new_approval(
        &self,
        place: Place<'_>,
        request: &Request,
        by: &Person,
    ) -> Result<ApprovalRecord, Error> {
        let at = self.0.clock.now();
        let is_same = |known: &ApprovalRecord| {
            known.state == ApprovalState::Waiting
                && at < known.expires
                && (known.action.as_str(), &known.request) == (request.action, &request.text)
                && known.asked_by == by.name
        };
        let known = self.approvals(place).await?;
        Ok(known.into_iter().find(is_same).unwrap_or(ApprovalRecord {
            id: ApprovalId::new(random::bytes()),
            action: request.action.to_owned(),
            request: request.text.clone(),
            asked_by: by.name.clone(),
            asked_hand: by.hand.clone(),
            asked: at,
            expires: at.plus_seconds(limits::APPROVAL_SECONDS),
            state: ApprovalState::Waiting,
            decided_by: None,
            decided: None,
        }))
    }

    /// Has a request wait for a second person; again is no error.
    ///
    /// # Errors
    /// [`Error::NoSuchAgency`]; `LimitReached` of the database.
    pub async fn ask_approval(
        &self,
        place: Place<'_>,
        record: ApprovalRecord,
        draft: &Draft<'_>,
    ) -> Result<Committed<()>, Error> {
        match place {
            Place::Agency(agency) => {
                let agency = self.agency_of_any_state(agency).await?;
                let entry = agency.ledger.entry(draft);
                agency.index.commit(AskApproval::new(record), entry).await?;
            }
            Place::Installation => {
                let entry = self.0.ledger.entry(draft);
                self.0
                    .catalog
                    .commit(AskApproval::new(record), entry)
                    .await?;
            }
        }
        Ok(Committed(()))
    }

    /// All requests that wait, or waited lately, the newest first.
    ///
    /// # Errors
    /// [`Error::NoSuchAgency`], or if the database cannot be read.
    pub async fn approvals(&self, place: Place<'_>) -> Result<Vec<ApprovalRecord>, Error> {
        Ok(match place {
            Place::Agency(agency) => {
                let agency = self.agency_of_any_state(agency).await?;
                agency.index.read(|reader| reader.approvals())?
            }
            Place::Installation => self.0.catalog.read(|reader| reader.approvals())?,
        })
    }

    /// One of them.
    ///
    /// # Errors
    /// As [`Store::approvals`]; `NoSuchApproval`.
    pub async fn approval(
        &self,
        place: Place<'_>,
        id: &ApprovalId,
    ) -> Result<ApprovalRecord, Error> {
        let found = match place {
            Place::Agency(agency) => {
                let agency = self.agency_of_any_state(agency).await?;
                agency.index.read(|reader| reader.approval(id))?
            }
            Place::Installation => self.0.catalog.read(|reader| reader.approval(id))?,
        };
        found.ok_or_else(|| meta::Error::NoSuchApproval.into())
    }

    /// Approves or refuses a request.
    ///
    /// # Errors
    /// [`Error::NoSuchAgency`]; `NoSuchApproval`, `ApprovalOver`, `SamePerson` of the database.
    pub async fn decide_approval(
        &self,
        place: Place<'_>,
        id: ApprovalId,
        decision: Decision,
        by: &Person,
        draft: &Draft<'_>,
    ) -> Result<Committed<ApprovalRecord>, Error> {
        let at = self.0.clock.now();
        match place {
            Place::Agency(agency) => {
                let agency = self.agency_of_any_state(agency).await?;
                let command = decide(id, decision, by, at);
                let entry = agency.ledger.entry(draft);
                agency.index.commit(command, entry).await?;
            }
            Place::Installation => {
                let command = decide(id, decision, by, at);
                let entry = self.0.ledger.entry(draft);
                self.0.catalog.commit(command, entry).await?;
            }
        }
        Ok(Committed(self.approval(place, &id).await?))
    }

    /// Takes an approval to carry its request out, once.
    ///
    /// # Errors
    /// [`Error::NoSuchAgency`]; `NoSuchApproval`, `ApprovalOfAnother`, `ApprovalWaiting`,
    /// `ApprovalOver` of the database.
    pub async fn use_approval(
        &self,
        place: Place<'_>,
        id: ApprovalId,
        request: &Request,
        by: &Person,
        draft: &Draft<'_>,
    ) -> Result<Seconded, Error> {
        let at = self.0.clock.now();
        let second = match place {
            Place::Agency(agency) => {
                let agency = self.agency_of_any_state(agency).await?;
                let entry = agency.ledger.entry(draft);
                let command = taken(id, request, by, at);
                agency.index.commit(command, entry).await?
            }
            Place::Installation => {
                let entry = self.0.ledger.entry(draft);
                let command = taken(id, request, by, at);
                self.0.catalog.commit(command, entry).await?
            }
        };
        Ok(Seconded { second })
    }
}

/// An approval that was used up. Only [`Store::use_approval`] makes one.
#[derive(Debug)]
pub struct Seconded {
    pub(super) second: String,
}

fn decide<S>(id: ApprovalId, decision: Decision, by: &Person, at: Time) -> DecideApproval<S> {
    DecideApproval {
        id,
        decision,
        by: by.name.clone(),
        hand: by.hand.clone(),
        at,
        on: PhantomData,
    }
}

fn taken<S>(id: ApprovalId, request: &Request, by: &Person, at: Time) -> UseApproval<S> {
    UseApproval {
        id,
        action: request.action,
        request: request.text.clone(),
        by: by.name.clone(),
        at,
        on: PhantomData,
    }
}

/// Whether nothing in the agency names a principal.
async fn is_stranger(agency: &Agency, name: &PrincipalName) -> Result<bool, Error> {
    if agency.index.read(|reader| reader.knows_principal(name))? {
        return Ok(false);
    }
    let id = canonical_id(&agency.id, name);
    let is_named = |rules: &BucketRules| {
        rules
            .policy
            .as_ref()
            .is_some_and(|policy| policy.favours(name, id))
            || rules.acl.as_ref().is_some_and(|acl| acl.favours(id))
    };
    for kind in SPEAK_OF_ACCESS {
        for bucket in agency.index.read(|reader| reader.buckets_with(kind))? {
            let rules = bucket.documents.rules(&agency.id, &bucket.name);
            // What cannot be read may speak of anybody (law 8).
            let is_it = |rules: Arc<Result<_, _>>| rules.as_ref().as_ref().map_or(true, is_named);
            if rules.is_some_and(is_it) {
                return Ok(false);
            }
        }
    }
    let owner = agency.id.clone();
    let is_listed = beside(&agency.index, move |reader| {
        for bucket in reader.buckets(None, "", None, limits::BUCKETS_MAX)? {
            let rules = bucket.documents.rules(&owner, &bucket.name);
            let count = |rules: Arc<Result<BucketRules, _>>| {
                rules.as_ref().as_ref().map_or(true, BucketRules::has_acls)
            };
            if rules.is_none_or(count) && reader.is_in_lists(bucket.id, id)? {
                return Ok(true);
            }
        }
        Ok(false)
    });
    Ok(!is_listed.await?)
}

/// The documents of buckets that may name principals.
const SPEAK_OF_ACCESS: [BucketDocument; 2] = [BucketDocument::Policy, BucketDocument::Acl];
