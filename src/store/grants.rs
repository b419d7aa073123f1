//! Grants between agencies: kept by both, each in its own database.
//!
//! There is no transaction over two databases, and none is needed. Each agency's record says what
//! that agency approved; a document is read only while both records say that the grant is active,
//! on the same terms. A step goes like this:
//!
//! ```text
//! 1  commit in the own agency: record, entry, «not told»      durable; an end counts from here
//! 2  commit in the other agency: what its record becomes      its own entry
//! 3  commit in the own agency: «told»                         bookkeeping
//! 4  answer
//! ```
//!
//! A crash after 1 leaves the records different, so nothing is read that was not read before; after
//! 2 it leaves the same step to be told twice, which changes nothing the second time. What was not
//! told is told by a job, and after a restart. A record never becomes active by what it hears
//! unless its own agency approved ([`State::hear`](crate::types::grant::State::hear)).
//!
//! What an agency keeps of its grants is worked out once after a change, dropped after each commit
//! and read again under its write lock, as its roles are.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;

use crate::access::context::ObjectFacts;
use crate::access::grant::GrantFacts;
use crate::access::grant::Standing;
use crate::audit::entry::Draft;
use crate::audit::entry::GrantNote;
use crate::audit::entry::Named;
use crate::audit::entry::Outcome;
use crate::crypto::digest;
use crate::crypto::random;
use crate::meta;
use crate::meta::OfAgency;
use crate::meta::commands::GrantTold;
use crate::meta::commands::HearOfGrant;
use crate::meta::commands::ProposeGrant;
use crate::meta::commands::StepGrant;
use crate::meta::grants::GrantRecord;
use crate::meta::grants::GrantStep;
use crate::meta::records::BucketRecord;
use crate::meta::records::Documents;
use crate::meta::records::Owner;
use crate::meta::records::Versioning;
use crate::types::clock::Time;
use crate::types::grant::Side;
use crate::types::grant::State;
use crate::types::grant::Step;
use crate::types::grant::Terms;
use crate::types::ids::BucketId;
use crate::types::ids::CanonicalId;
use crate::types::ids::GrantId;
use crate::types::ids::RequestId;
use crate::types::ids::VersionId;
use crate::types::names::AgencyId;
use crate::types::names::BucketName;
use crate::types::names::ObjectKey;
use crate::types::names::PrincipalName;
use crate::types::roles::Role;

use super::Committed;
use super::agencies::Agency;
use super::agencies::Store;
use super::error::Error;

/// What is kept of one agency's grants; nothing after a change, until it is asked for.
#[derive(Default)]
pub(super) struct Grants(RwLock<Option<Arc<Book>>>);

#[derive(Default)]
struct Book {
    all: Vec<Arc<GrantRecord>>,
    by_id: HashMap<GrantId, Arc<GrantRecord>>,
    /// The grant that each alias stands for: the one that is not ended, else the last one.
    aliases: HashMap<BucketName, Arc<GrantRecord>>,
}

impl Grants {
    /// Whether another agency is still to be told of a decision.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub(super) fn has_untold(&self, agency: &Agency) -> Result<bool, Error> {
        let book = self.book(agency)?;
        Ok(book.all.iter().any(|record| !record.is_told))
    }

    fn book(&self, agency: &Agency) -> Result<Arc<Book>, Error> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(book) = &*kept {
            return Ok(Arc::clone(book));
        }
        drop(kept);
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let records = agency.index.read(|reader| reader.grants())?;
        let book = Arc::new(Book::of(records));
        *kept = Some(Arc::clone(&book));
        Ok(book)
    }

    fn forget(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Book {
    /// The grants to this agency that are not ended.
    fn received(&self) -> impl Iterator<Item = &GrantRecord> {
        let all = self.all.iter().map(|record| &**record);
        all.filter(|record| record.side == Side::Grantee && record.state.is_live())
    }

    fn of(records: Vec<GrantRecord>) -> Self {
        let mut book = Self::default();
        for record in records.into_iter().map(Arc::new) {
            book.by_id.insert(record.id, Arc::clone(&record));
            book.all.push(Arc::clone(&record));
            let Some(alias) = &record.alias else { continue };
            let known = book.aliases.get(alias);
            if known.is_none_or(|known| !known.state.is_live()) {
                book.aliases.insert(alias.clone(), record);
            }
        }
        book
    }
}

impl Agency {
    /// Whether a grant lets this agency read another's documents, or may come to.
    pub(super) fn reads_by_grants(&self) -> Result<bool, Error> {
        Ok(self.grants.book(self)?.received().next().is_some())
    }

    /// Whether such a grant names a principal, or every application.
    pub(super) fn is_named_by_grants(&self, principal: &PrincipalName) -> Result<bool, Error> {
        let book = self.grants.book(self)?;
        let is_named = |terms: &Terms| {
            let app = Role::App.name();
            terms.principals.contains(principal) || terms.roles.iter().any(|role| **role == *app)
        };
        Ok(book.received().any(|record| is_named(&record.terms)))
    }
}

/// A grant to be proposed.
pub struct NewGrant {
    /// Its number, made at random.
    pub id: GrantId,
    /// Which side proposes it.
    pub by: Side,
    /// Who.
    pub principal: PrincipalName,
    /// What is to be agreed on.
    pub terms: Terms,
    /// What a grantee that asks for it would call it among its buckets.
    pub alias: Option<BucketName>,
}

/// What stands behind an alias, as both agencies know it at this moment.
#[derive(Clone, Debug)]
pub struct Granted {
    /// The grantee's record.
    pub record: Arc<GrantRecord>,
    /// What the decision depends on.
    pub facts: GrantFacts,
    /// The bucket as the alias shows it: its own name, nothing of the grantor's configurations, and
    /// the grantor's agency as its owner.
    pub view: Arc<BucketRecord>,
}

impl Store {
    /// Every grant that an agency has given or received, in the order in which it heard of them.
    ///
    /// # Errors
    /// [`Error::NoSuchAgency`], or if the index cannot be read.
    pub async fn grants(&self, agency: &AgencyId) -> Result<Vec<Arc<GrantRecord>>, Error> {
        let agency = self.agency_of_any_state(agency).await?;
        Ok(agency.grants.book(&agency)?.all.clone())
    }

    /// A grant, as an agency knows it.
    ///
    /// # Errors
    /// `NoSuchGrant` of the index.
    pub async fn grant(&self, agency: &AgencyId, id: GrantId) -> Result<Arc<GrantRecord>, Error> {
        let agency = self.agency_of_any_state(agency).await?;
        let book = agency.grants.book(&agency)?;
        let found = book.by_id.get(&id).cloned();
        found.ok_or(Error::Metadata(meta::Error::NoSuchGrant))
    }

    /// Proposes a grant to the other agency.
    ///
    /// # Errors
    /// [`Error::NoSuchAgency`]; `NoSuchBucket`, `AliasTaken`, `LimitReached` of the index;
    /// [`Error::OtherAgency`].
    pub async fn propose_grant(
        &self,
        new: NewGrant,
        draft: &Draft<'_>,
    ) -> Result<Committed<GrantRecord>, Error> {
        let agency = self.agency(new.terms.agency(new.by)).await?;
        self.agency_of_any_state(new.terms.agency(new.by.other()))
            .await?;
        let step = GrantStep {
            at: draft.at,
            side: new.by,
            step: Step::Propose,
            principal: new.principal,
        };
        let record = GrantRecord {
            id: new.id,
            side: new.by,
            terms: Arc::new(new.terms),
            state: State::proposed_by(new.by),
            bucket_id: None,
            alias: new.alias,
            steps: vec![step],
            is_told: false,
        };
        self.change_grant(agency, ProposeGrant(record), draft).await
    }

    /// Takes a step with a grant; in force when this returns, for both agencies.
    ///
    /// # Errors
    /// `NoSuchGrant`, `GrantState`, `NoSuchBucket`, `AliasTaken` of the index;
    /// [`Error::OtherAgency`] if it counts but the other agency does not know of it yet.
    pub async fn step_grant(
        &self,
        agency: &AgencyId,
        step: StepGrant,
        draft: &Draft<'_>,
    ) -> Result<Committed<GrantRecord>, Error> {
        let agency = self.agency(agency).await?;
        self.change_grant(agency, step, draft).await
    }

    async fn change_grant<C>(
        &self,
        agency: Arc<Agency>,
        command: C,
        draft: &Draft<'_>,
    ) -> Result<Committed<GrantRecord>, Error>
    where
        C: meta::Command<On = OfAgency, Output = GrantRecord>,
    {
        let committed = agency.index.commit(command, agency.ledger.entry(draft));
        let (store, request_id) = (self.clone(), draft.request_id);
        let remote = draft.remote.to_owned();
        // A task of its own: a caller that is gone must not leave in memory what was changed.
        let changing = tokio::spawn(async move {
            let outcome = committed.await;
            agency.grants.forget();
            let record = outcome?;
            let told = store.tell(&agency, &record, request_id, &remote).await;
            told.map_err(|error| Error::OtherAgency(Box::new(error)))?;
            Ok::<_, Error>(record)
        });
        Ok(Committed(changing.await.map_err(|_| Error::Stopping)??))
    }

    /// Tells the other agency what this one's record says.
    async fn tell(
        &self,
        agency: &Arc<Agency>,
        record: &GrantRecord,
        request_id: RequestId,
        remote: &str,
    ) -> Result<(), Error> {
        let other = self.agency_of_any_state(record.other()).await?;
        let own = record.steps.iter().rfind(|step| step.side == record.side);
        let (id, purpose) = (record.id.to_string(), record.terms.purpose.as_str());
        let draft = Draft {
            at: own.map_or_else(|| self.clock().now(), |step| step.at),
            request_id,
            remote,
            principal: own.map(|step| step.principal.as_str()),
            proof: None,
            action: action_of(record.side, own.map_or(Step::Revoke, |step| step.step)),
            bucket: None,
            object_key: None,
            named: Named::default(),
            outcome: Outcome::Allowed,
            grant: Some(Box::new(GrantNote {
                id: &id,
                agency: agency.id.as_str(),
                purpose: Some(purpose),
                expediente: None,
                version: None,
            })),
        };
        let command = HearOfGrant(record.clone());
        let heard = other.index.commit(command, other.ledger.entry(&draft));
        let heard = heard.await;
        other.grants.forget();
        match heard {
            // What follows from it is there already, or nothing ever will.
            Ok(()) | Err(meta::Error::GrantState) => {}
            Err(error) => return Err(error.into()),
        }
        let told = GrantTold {
            id: record.id,
            state: record.state,
        };
        agency.index.commit_unrecorded(told).await?;
        agency.grants.forget();
        Ok(())
    }

    /// Tells other agencies what they were not told: after a crash, or while they could not be
    /// opened. Costs a look into memory if there is nothing to tell.
    ///
    /// # Errors
    /// If the agency's index cannot be read.
    pub async fn settle_grants(&self, agency: &AgencyId) -> Result<(), Error> {
        let agency = self.agency_of_any_state(agency).await?;
        let book = agency.grants.book(&agency)?;
        for record in book.all.iter().filter(|record| !record.is_told) {
            let request_id = RequestId::new(random::bytes());
            if let Err(error) = self.tell(&agency, record, request_id, "-").await {
                tracing::debug!(%error, grant = %record.id, "the other agency is not told yet");
            }
        }
        Ok(())
    }

    /// The grantee's record behind an alias; `None` if the name is no alias.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn alias(
        &self,
        agency: &AgencyId,
        name: &BucketName,
    ) -> Result<Option<Arc<GrantRecord>>, Error> {
        let agency = self.agency(agency).await?;
        let book = agency.grants.book(&agency)?;
        Ok(book.aliases.get(name).cloned())
    }

    /// The grantee's records of all aliases of an agency whose grants it takes for active.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn aliases(&self, agency: &AgencyId) -> Result<Vec<Arc<GrantRecord>>, Error> {
        let agency = self.agency(agency).await?;
        let book = agency.grants.book(&agency)?;
        let aliases = book.aliases.values();
        let active = aliases.filter(|record| record.state == State::Active);
        Ok(active.cloned().collect())
    }

    /// What both agencies know of the grant behind an alias, at this moment.
    ///
    /// # Errors
    /// If an index cannot be read.
    pub async fn granted(&self, record: Arc<GrantRecord>) -> Result<Granted, Error> {
        let terms = &record.terms;
        let grantor = match self.agency(&terms.grantor).await {
            Ok(grantor) => Some(grantor),
            Err(Error::NoSuchAgency | Error::AgencySuspended) => None,
            Err(error) => return Err(error),
        };
        let mut standing = Standing::GrantorUnavailable;
        let mut bucket = None;
        if let Some(grantor) = grantor {
            let book = grantor.grants.book(&grantor)?;
            let theirs = book.by_id.get(&record.id);
            standing = standing_of(&record, theirs.map(|theirs| &**theirs));
            let meant = theirs.and_then(|theirs| theirs.bucket_id);
            // Only what both agreed on is looked for at all (law 3).
            if standing == Standing::InForce {
                let found = self.bucket(&terms.grantor, &terms.bucket).await?;
                bucket = found.filter(|bucket| Some(bucket.id) == meant);
            }
        }
        let alias = record.alias.clone().unwrap_or_else(|| terms.bucket.clone());
        let view = view(&record, &alias, bucket.as_deref());
        let facts = GrantFacts {
            id: record.id,
            terms: Arc::clone(terms),
            alias,
            standing,
            bucket: bucket.map(|bucket| bucket.facts(&terms.grantor)),
        };
        Ok(Granted {
            view: Arc::new(view),
            facts,
            record,
        })
    }

    /// What a decision on a granted read may depend on of an object: nothing outside the scope of
    /// the grant.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn granted_object_facts(
        &self,
        granted: &GrantFacts,
        object_key: &ObjectKey,
        version_id: Option<VersionId>,
    ) -> Result<Option<ObjectFacts>, Error> {
        let in_force = granted.standing == Standing::InForce;
        let Some(bucket) = granted.bucket.as_ref().filter(|_| in_force) else {
            return Ok(None);
        };
        if !granted.terms.scope.holds(object_key) {
            return Ok(None);
        }
        let grantor = &granted.terms.grantor;
        self.object_facts(grantor, bucket.id, object_key, version_id)
            .await
    }
}

/// What an entry calls a step of a side.
pub const fn action_of(side: Side, step: Step) -> &'static str {
    match (step, side) {
        (Step::Propose, Side::Grantor) => "OfferGrant",
        (Step::Propose, Side::Grantee) => "RequestGrant",
        (Step::Approve, _) => "ApproveGrant",
        (Step::Refuse, _) => "RefuseGrant",
        (Step::Revoke, _) => "RevokeGrant",
    }
}

fn standing_of(ours: &GrantRecord, theirs: Option<&GrantRecord>) -> Standing {
    let Some(theirs) = theirs else {
        return Standing::NotAgreed;
    };
    if let Some(ended) = [ours, theirs].into_iter().find(|r| !r.state.is_live()) {
        return Standing::Ended(ended.state);
    }
    let sides = (ours.side, theirs.side) == (Side::Grantee, Side::Grantor);
    let active = (ours.state, theirs.state) == (State::Active, State::Active);
    if sides && active && ours.terms == theirs.terms {
        Standing::InForce
    } else {
        Standing::NotAgreed
    }
}

/// The bucket as the grantee sees it.
fn view(record: &GrantRecord, alias: &BucketName, bucket: Option<&BucketRecord>) -> BucketRecord {
    let terms = &record.terms;
    let of_versions = terms.actions.names().any(|name| name.contains("Version"));
    let versioning = bucket.filter(|_| of_versions || terms.scope.version().is_some());
    BucketRecord {
        id: bucket.map_or(BucketId(0), |bucket| bucket.id),
        name: alias.clone(),
        owner: owner(&terms.grantor),
        created: created(record),
        versioning: versioning.map_or(Versioning::Off, |bucket| bucket.versioning),
        documents: Documents::default(),
    }
}

/// When the grantee's agency agreed.
fn created(record: &GrantRecord) -> Time {
    let last = record.steps.iter().rfind(|step| step.step == Step::Approve);
    last.or(record.steps.first())
        .map_or(Time::default(), |step| step.at)
}

/// An agency as the owner of what it lets others read: none of its principals is told.
fn owner(agency: &AgencyId) -> Owner {
    let text = format!("acervo.agency/v1\0{agency}");
    Owner {
        id: CanonicalId::new(digest::sha256(text.as_bytes())),
        name: PrincipalName::parse(agency.as_str())
            .expect("an agency's slug is a principal's name"),
    }
}
