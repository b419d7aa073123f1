//! Requests that need a second person.

use crate::types::clock::Time;
use crate::types::ids::ApprovalId;

/// How far a request that needs a second person has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ApprovalState {
    /// Nobody has decided.
    Waiting,
    /// It can be carried out, once.
    Approved,
    /// It cannot.
    Refused,
    /// It was carried out.
    Used,
}

/// A request that needs a second person.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ApprovalRecord {
    /// By which the two people speak of it.
    pub id: ApprovalId,
    /// What is asked for, as the log calls it.
    pub action: String,
    /// The request as it was read, as JSON: nothing in it is secret.
    pub request: String,
    /// Who asked.
    pub asked_by: String,
    /// In whose hand the asker is.
    pub asked_hand: String,
    /// When.
    pub asked: Time,
    /// Until when it can be approved and carried out.
    pub expires: Time,
    /// How far it has come.
    pub state: ApprovalState,
    /// Who approved or refused it.
    pub decided_by: Option<String>,
    /// When.
    pub decided: Option<Time>,
}
