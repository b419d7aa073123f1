//! Roles of an agency's own, and who has them.

use crate::types::clock::Time;
use crate::types::names::{GroupName, PrincipalName, RoleName};

/// Who has a role.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Holder {
    /// One principal.
    Principal(PrincipalName),
    /// Each principal of a group.
    Group(GroupName),
}

/// One of an agency's own roles.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RoleRecord {
    /// Its name.
    pub role: RoleName,
    /// Its policy document.
    pub policy: String,
    /// When that was set.
    pub changed: Time,
}
