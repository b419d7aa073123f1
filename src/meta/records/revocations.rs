//! What no longer counts.

use crate::types::clock::Time;
use crate::types::ids::AccessKeyId;
use crate::types::names::PrincipalName;

/// What a revocation is of.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Revoked {
    /// A session's key, or a lasting one and with it the sessions that were made with it.
    Key(AccessKeyId),
    /// A principal: all that was given to it before.
    Principal(PrincipalName),
}

/// A revocation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RevocationRecord {
    /// Of what.
    pub revoked: Revoked,
    /// What was given out up to this moment no longer counts.
    pub at: Time,
    /// Whether what is given out later does not count either, until the revocation is lifted.
    pub is_standing: bool,
}
