//! Requests that a second person has to approve. They stand in the database of what they would
//! change: an agency's, or the installation's.

use std::marker::PhantomData;

use super::super::codec::{Sql, column};
use super::super::engine::{Command, Schema, Tx};
use super::super::error::{Error, Limited};
use super::super::queries::{APPROVAL, read_approval};
use super::super::records::{ApprovalRecord, ApprovalState};
use crate::types::clock::Time;
use crate::types::ids::ApprovalId;
use crate::types::limits;

/// Has a request wait for a second person; again is no error. Refused with [`Error::LimitReached`].
#[derive(Debug)]
pub struct AskApproval<S> {
    record: ApprovalRecord,
    on: PhantomData<fn() -> S>,
}

impl<S> AskApproval<S> {
    /// The request.
    pub const fn new(record: ApprovalRecord) -> Self {
        let on = PhantomData;
        Self { record, on }
    }
}

impl<S: Schema> Command for AskApproval<S> {
    type On = S;
    type Output = ();

    fn bytes(&self) -> usize {
        self.record.request.len()
    }

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let record = &self.record;
        let waiting: Option<u64> = tx.first(
            "SELECT count(*) FROM approvals WHERE state = 0 AND expires_ms > ?1",
            [Sql(record.asked)],
            |row| column(row, 0),
        )?;
        if waiting.unwrap_or(0) >= limits::APPROVALS_MAX {
            return Err(Error::LimitReached(Limited::Approvals));
        }
        // What waited too long frees its place; what is over goes later, or when there is much.
        tx.execute(
            "DELETE FROM approvals WHERE state = 0 AND expires_ms <= ?1",
            [Sql(record.asked)],
        )?;
        let kept = record.asked.plus_seconds(-limits::APPROVAL_KEPT_SECONDS);
        tx.execute(
            "DELETE FROM approvals WHERE asked_ms < ?1 OR approval_id IN
                 (SELECT approval_id FROM approvals ORDER BY asked_ms DESC LIMIT -1 OFFSET ?2)",
            (Sql(kept), Sql(limits::APPROVALS_MAX * 2)),
        )?;
        tx.execute(
            "INSERT OR IGNORE INTO approvals (approval_id, action, request, asked_by, asked_hand,
                 asked_ms, expires_ms, state)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            (
                Sql(&record.id),
                &record.action,
                &record.request,
                &record.asked_by,
                &record.asked_hand,
                Sql(record.asked),
                Sql(record.expires),
                Sql(record.state),
            ),
        )?;
        Ok(())
    }
}

/// What somebody decides about a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Decision {
    /// It may be carried out. Never the asker's own, nor one of the asker's hand.
    Approve,
    /// It may not. The asker too may say so.
    Refuse,
}

/// Decides about a request. Refused with [`Error::NoSuchApproval`], [`Error::ApprovalOver`] or
/// [`Error::SamePerson`].
#[derive(Debug)]
pub struct DecideApproval<S> {
    /// Which.
    pub id: ApprovalId,
    /// What is decided.
    pub decision: Decision,
    /// Who decides.
    pub by: String,
    /// In whose hand that person is.
    pub hand: String,
    /// When.
    pub at: Time,
    /// In which kind of database it stands.
    pub on: PhantomData<fn() -> S>,
}

impl<S: Schema> Command for DecideApproval<S> {
    type On = S;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let record = found(tx, &self.id)?;
        if record.state != ApprovalState::Waiting || record.expires <= self.at {
            return Err(Error::ApprovalOver);
        }
        let state = match self.decision {
            Decision::Refuse => ApprovalState::Refused,
            Decision::Approve if is_same_person(&record, &self.by, &self.hand) => {
                return Err(Error::SamePerson);
            }
            Decision::Approve => ApprovalState::Approved,
        };
        tx.execute(
            "UPDATE approvals SET state = ?2, decided_by = ?3, decided_ms = ?4
             WHERE approval_id = ?1",
            (Sql(&self.id), Sql(state), &self.by, Sql(self.at)),
        )?;
        Ok(())
    }
}

fn is_same_person(record: &ApprovalRecord, by: &str, hand: &str) -> bool {
    record.asked_by == *by || record.asked_hand == *hand
}

/// Takes an approval to carry its request out: nobody takes it again. Gives who approved. Refused
/// with [`Error::NoSuchApproval`], [`Error::ApprovalOfAnother`], [`Error::ApprovalWaiting`] or
/// [`Error::ApprovalOver`].
#[derive(Debug)]
pub struct UseApproval<S> {
    /// Which.
    pub id: ApprovalId,
    /// What is to be done.
    pub action: &'static str,
    /// The request, as JSON: the very one that was approved.
    pub request: String,
    /// Who asks: the very one who did.
    pub by: String,
    /// When.
    pub at: Time,
    /// In which kind of database it stands.
    pub on: PhantomData<fn() -> S>,
}

impl<S: Schema> Command for UseApproval<S> {
    type On = S;
    type Output = String;

    fn apply(&self, tx: &Tx<'_>) -> Result<String, Error> {
        let record = found(tx, &self.id)?;
        let is_it = record.action == *self.action
            && record.request == self.request
            && record.asked_by == self.by;
        if !is_it {
            return Err(Error::ApprovalOfAnother);
        }
        match (record.state, record.decided_by) {
            _ if record.expires <= self.at => Err(Error::ApprovalOver),
            (ApprovalState::Waiting, _) => Err(Error::ApprovalWaiting),
            (ApprovalState::Approved, Some(second)) => {
                tx.execute(
                    "UPDATE approvals SET state = ?2 WHERE approval_id = ?1",
                    (Sql(&self.id), Sql(ApprovalState::Used)),
                )?;
                Ok(second)
            }
            (ApprovalState::Approved | ApprovalState::Refused | ApprovalState::Used, _) => {
                Err(Error::ApprovalOver)
            }
        }
    }
}

fn found(tx: &Tx<'_>, id: &ApprovalId) -> Result<ApprovalRecord, Error> {
    let found = tx.first(
        &format!("{APPROVAL} WHERE approval_id = ?1"),
        [Sql(id)],
        read_approval,
    )?;
    found.ok_or(Error::NoSuchApproval)
}
