//! An agency's own roles, who has them, and who is in which group.

use super::super::codec::{column, read_holder};
use super::super::engine::Reader;
use super::super::error::Error;
use super::super::records::{Holder, RoleRecord};
use super::super::schema::OfAgency;
use crate::types::names::{GroupName, PrincipalName, RoleName};

impl Reader<'_, OfAgency> {
    /// All roles by name; `limits::ROLES_MAX` bounds them.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn roles(&self) -> Result<Vec<RoleRecord>, Error> {
        self.all(
            "SELECT role, policy, changed_ms FROM roles ORDER BY role",
            [],
            |row| {
                Ok(RoleRecord {
                    role: column(row, 0)?,
                    policy: row.get(1)?,
                    changed: column(row, 2)?,
                })
            },
        )
    }

    /// Who has which role; `limits::ROLE_HOLDERS_MAX` bounds them.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn role_holders(&self) -> Result<Vec<(RoleName, Holder)>, Error> {
        self.all(
            "SELECT role, kind, holder FROM role_holders ORDER BY role, kind, holder",
            [],
            |row| Ok((column(row, 0)?, read_holder(row, 1)?)),
        )
    }

    /// Who is in which group; `limits::GROUP_MEMBERS_MAX` bounds them.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn group_members(&self) -> Result<Vec<(GroupName, PrincipalName)>, Error> {
        self.all(
            "SELECT group_name, principal FROM group_members ORDER BY group_name, principal",
            [],
            |row| Ok((column(row, 0)?, column(row, 1)?)),
        )
    }
}
