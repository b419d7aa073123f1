//! Agency keys.

use crate::types::agency_key::KeyOrder;
use crate::types::clock::Time;

/// An agency key, as the index knows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AgencyKeyRecord {
    /// What the keyring is to hold of it.
    pub order: KeyOrder,
    /// Whether the keyring holds that.
    pub is_settled: bool,
    /// When it was made; the default key is as old as the agency.
    pub created: Option<Time>,
    /// Who asked for its destruction, which a second person confirms.
    pub destruction: Option<DestructionRequest>,
    /// It sealed nothing any more already when that was asked for.
    pub was_retired: bool,
}

/// The first half of a destruction.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DestructionRequest {
    /// Who asked for it.
    pub by: String,
    /// In whose hand: nobody of the same hand confirms it.
    pub hand: String,
    /// When.
    pub at: Time,
}
