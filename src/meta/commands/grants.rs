//! Grants between agencies: what this agency decides, and what it hears that the other one did.

use super::super::codec::{Sql, column};
use super::super::engine::{Command, Tx};
use super::super::error::{Error, Limited};
use super::super::grants::{GRANT, GrantRecord, GrantStep, read_grant, steps_text, terms_text};
use super::super::schema::OfAgency;
use crate::types::grant::{Side, State, Step};
use crate::types::ids::{BucketId, GrantId};
use crate::types::limits;
use crate::types::names::BucketName;

/// Keeps a grant that this agency proposes. Refused with [`Error::NoSuchBucket`],
/// [`Error::AliasTaken`] or [`Error::LimitReached`].
#[derive(Clone, Debug)]
pub struct ProposeGrant(pub GrantRecord);

impl Command for ProposeGrant {
    type On = OfAgency;
    type Output = GrantRecord;

    fn apply(&self, tx: &Tx<'_>) -> Result<GrantRecord, Error> {
        super::bounded(
            tx,
            "SELECT count(*) FROM grants",
            limits::GRANTS_MAX,
            Limited::Grants,
        )?;
        // The other agency would hear of no more.
        ensure_few_wait(tx, &self.0, self.0.side)?;
        let record = GrantRecord {
            bucket_id: bucket_of(tx, &self.0)?,
            ..self.0.clone()
        };
        ensure_alias_is_free(tx, record.alias.as_ref())?;
        insert(tx, &record)?;
        Ok(record)
    }
}

/// A step of this agency. Refused with [`Error::NoSuchGrant`], [`Error::GrantState`], and as
/// [`ProposeGrant`].
#[derive(Clone, Debug)]
pub struct StepGrant {
    /// Of which grant.
    pub id: GrantId,
    /// What, when and by whom; its side is this agency's.
    pub step: GrantStep,
    /// What a grantee that approves calls it among its buckets.
    pub alias: Option<BucketName>,
}

impl Command for StepGrant {
    type On = OfAgency;
    type Output = GrantRecord;

    fn apply(&self, tx: &Tx<'_>) -> Result<GrantRecord, Error> {
        let mut record = find(tx, self.id)?.ok_or(Error::NoSuchGrant)?;
        let next = record.state.advance(record.side, self.step.step);
        record.state = next.map_err(|_| Error::GrantState)?;
        if self.step.step == Step::Approve {
            if self.step.at >= record.terms.expires {
                return Err(Error::GrantState);
            }
            record.bucket_id = bucket_of(tx, &record)?;
            ensure_alias_is_free(tx, self.alias.as_ref())?;
            record.alias.clone_from(&self.alias);
        }
        let side = record.side;
        record.steps.push(GrantStep {
            side,
            ..self.step.clone()
        });
        record.is_told = false;
        update(tx, &record)?;
        Ok(record)
    }
}

/// What the other agency's record says. Refused with [`Error::GrantState`] if nothing follows from
/// it here: it was heard before, this agency has ended the grant, or never approved it.
#[derive(Clone, Debug)]
pub struct HearOfGrant(pub GrantRecord);

impl Command for HearOfGrant {
    type On = OfAgency;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let (theirs, side) = (&self.0, self.0.side.other());
        let Some(mut record) = find(tx, theirs.id)? else {
            return hear_first(tx, theirs, side);
        };
        if record.side != side || record.terms != theirs.terms {
            return Err(Error::GrantState);
        }
        let heard = record.state.hear(side, theirs.state);
        record.state = heard.map_err(|_| Error::GrantState)?;
        let new = theirs.steps.iter().filter(|step| step.side != side);
        let new: Vec<_> = new.filter(|step| !record.steps.contains(step)).collect();
        record.steps.extend(new.into_iter().cloned());
        update(tx, &record)
    }
}

/// Nothing is known here: only a proposal that waits for this agency makes a record.
fn hear_first(tx: &Tx<'_>, theirs: &GrantRecord, side: Side) -> Result<(), Error> {
    if theirs.state != State::proposed_by(theirs.side) {
        return Err(Error::GrantState);
    }
    super::bounded(
        tx,
        "SELECT count(*) FROM grants",
        limits::GRANTS_MAX,
        Limited::Grants,
    )?;
    ensure_few_wait(tx, theirs, side)?;
    insert(
        tx,
        &GrantRecord {
            side,
            bucket_id: None,
            alias: None,
            is_told: true,
            ..theirs.clone()
        },
    )
}

/// Refuses a proposal if too many like it wait for an answer between the two agencies already, so
/// that neither can fill the other's table. `side` is this agency's.
fn ensure_few_wait(tx: &Tx<'_>, proposed: &GrantRecord, side: Side) -> Result<(), Error> {
    let waiting = tx.all(
        &format!("{GRANT} WHERE state = ?1 AND side = ?2"),
        (Sql(proposed.state), Sql(side)),
        read_grant,
    )?;
    let other = proposed.terms.agency(side.other());
    let waiting = waiting.iter().filter(|known| known.other() == other);
    if waiting.count() as u64 >= limits::GRANTS_WAITING_MAX {
        return Err(Error::LimitReached(Limited::Grants));
    }
    Ok(())
}

/// The other agency knows this state, if it still is the state.
#[derive(Clone, Copy, Debug)]
pub struct GrantTold {
    /// Of which grant.
    pub id: GrantId,
    /// What was told.
    pub state: State,
}

impl Command for GrantTold {
    type On = OfAgency;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        tx.execute(
            "UPDATE grants SET is_told = 1 WHERE grant_id = ?1 AND state = ?2",
            (Sql(&self.id), Sql(self.state)),
        )?;
        Ok(())
    }
}

/// The bucket that a grantor means.
fn bucket_of(tx: &Tx<'_>, record: &GrantRecord) -> Result<Option<BucketId>, Error> {
    if record.side == Side::Grantee {
        return Ok(None);
    }
    let found = tx.first(
        "SELECT bucket_id FROM buckets WHERE name = ?1",
        [Sql(&record.terms.bucket)],
        |row| column(row, 0),
    )?;
    found.map(Some).ok_or(Error::NoSuchBucket)
}

fn ensure_alias_is_free(tx: &Tx<'_>, alias: Option<&BucketName>) -> Result<(), Error> {
    let Some(alias) = alias else { return Ok(()) };
    let sql = "SELECT 1 FROM buckets WHERE name = ?1";
    let bucket = tx.first(sql, [Sql(alias)], |_| Ok(()))?;
    if bucket.is_some() || is_alias(tx, alias)? {
        return Err(Error::AliasTaken);
    }
    Ok(())
}

/// Whether a name is the alias of a grant that is not ended.
pub(super) fn is_alias(tx: &Tx<'_>, name: &BucketName) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM grants WHERE alias = ?1 AND state <= 2";
    Ok(tx.first(sql, [Sql(name)], |_| Ok(()))?.is_some())
}

fn find(tx: &Tx<'_>, id: GrantId) -> Result<Option<GrantRecord>, Error> {
    tx.first(
        &format!("{GRANT} WHERE grant_id = ?1"),
        [Sql(&id)],
        read_grant,
    )
}

fn insert(tx: &Tx<'_>, record: &GrantRecord) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO grants (grant_id, side, terms, state, bucket_id, alias, steps, is_told)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        (
            Sql(&record.id),
            Sql(record.side),
            terms_text(&record.terms),
            Sql(record.state),
            record.bucket_id.map(Sql),
            record.alias.as_ref().map(Sql),
            steps_text(&record.steps),
            record.is_told,
        ),
    )?;
    Ok(())
}

fn update(tx: &Tx<'_>, record: &GrantRecord) -> Result<(), Error> {
    tx.execute(
        "UPDATE grants SET state = ?2, bucket_id = ?3, alias = ?4, steps = ?5, is_told = ?6
         WHERE grant_id = ?1",
        (
            Sql(&record.id),
            Sql(record.state),
            record.bucket_id.map(Sql),
            record.alias.as_ref().map(Sql),
            steps_text(&record.steps),
            record.is_told,
        ),
    )?;
    Ok(())
}
