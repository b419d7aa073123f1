//! Operators of the installation.

use crate::types::clock::Time;
use crate::types::names::PrincipalName;

/// An operator of the installation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OperatorRecord {
    /// Who.
    pub name: PrincipalName,
    /// When the token was made.
    pub created: Time,
    /// In whose hand it counts to be when two people are needed: its own, or that of the operator
    /// who made it alone.
    pub hand: PrincipalName,
    /// The operator who made it; none if the start of the server did.
    pub made_by: Option<String>,
    /// The second person, if there was one.
    pub seconded_by: Option<String>,
    /// From when on its token is refused.
    pub revoked: Option<Time>,
}
