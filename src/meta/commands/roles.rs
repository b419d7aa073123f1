//! An agency's own roles, who has them, and who is in which group.

use super::super::codec::{Sql, holder_columns};
use super::super::engine::{Command, Tx};
use super::super::error::{Error, Limited};
use super::super::records::Holder;
use super::super::schema::OfAgency;
use crate::types::clock::Time;
use crate::types::limits;
use crate::types::names::{GroupName, PrincipalName, RoleName};

/// Makes a role, or gives it another policy. Refused with [`Error::LimitReached`].
#[derive(Clone, Debug)]
pub struct SetRole {
    /// Its name.
    pub role: RoleName,
    /// Its policy document.
    pub policy: String,
    /// When.
    pub at: Time,
}

impl Command for SetRole {
    type On = OfAgency;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        super::bounded(
            tx,
            "SELECT count(*) FROM roles",
            limits::ROLES_MAX,
            Limited::Roles,
        )?;
        tx.execute(
            "INSERT INTO roles (role, policy, changed_ms) VALUES (?1, ?2, ?3)
             ON CONFLICT (role) DO UPDATE SET policy = ?2, changed_ms = ?3",
            (Sql(&self.role), self.policy.as_str(), Sql(self.at)),
        )?;
        Ok(())
    }
}

/// Removes a role, from whoever has it too. Refused with [`Error::NoSuchRole`].
#[derive(Clone, Debug)]
pub struct DeleteRole {
    /// Its name.
    pub role: RoleName,
}

impl Command for DeleteRole {
    type On = OfAgency;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let removed = tx.execute("DELETE FROM roles WHERE role = ?1", [Sql(&self.role)])?;
        if removed == 0 {
            return Err(Error::NoSuchRole);
        }
        tx.execute(
            "DELETE FROM role_holders WHERE role = ?1",
            [Sql(&self.role)],
        )?;
        Ok(())
    }
}

/// Who is what: a principal or a group in a role, a principal in a group.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Membership {
    /// Has a role.
    Role(RoleName, Holder),
    /// Is in a group.
    Group(GroupName, PrincipalName),
}

/// Makes somebody what a membership says; again is no error. Refused with [`Error::NoSuchRole`] or
/// [`Error::LimitReached`].
#[derive(Clone, Debug)]
pub struct Join(pub Membership);

impl Command for Join {
    type On = OfAgency;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        match &self.0 {
            Membership::Role(role, holder) => {
                let sql = "SELECT 1 FROM roles WHERE role = ?1";
                let found = tx.first(sql, [Sql(role)], |_| Ok(()))?;
                found.ok_or(Error::NoSuchRole)?;
                super::bounded(
                    tx,
                    "SELECT count(*) FROM role_holders",
                    limits::ROLE_HOLDERS_MAX,
                    Limited::RoleHolders,
                )?;
                let (kind, name) = holder_columns(holder);
                tx.execute(
                    "INSERT OR IGNORE INTO role_holders (role, kind, holder) VALUES (?1, ?2, ?3)",
                    (Sql(role), kind, name),
                )?;
            }
            Membership::Group(group, principal) => {
                super::bounded(
                    tx,
                    "SELECT count(*) FROM group_members",
                    limits::GROUP_MEMBERS_MAX,
                    Limited::GroupMembers,
                )?;
                tx.execute(
                    "INSERT OR IGNORE INTO group_members (group_name, principal) VALUES (?1, ?2)",
                    (Sql(group), Sql(principal)),
                )?;
            }
        }
        Ok(())
    }
}

/// Ends a membership. Refused with [`Error::NoSuchMember`].
#[derive(Clone, Debug)]
pub struct Leave(pub Membership);

impl Command for Leave {
    type On = OfAgency;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let removed = match &self.0 {
            Membership::Role(role, holder) => {
                let (kind, name) = holder_columns(holder);
                tx.execute(
                    "DELETE FROM role_holders WHERE role = ?1 AND kind = ?2 AND holder = ?3",
                    (Sql(role), kind, name),
                )?
            }
            Membership::Group(group, principal) => tx.execute(
                "DELETE FROM group_members WHERE group_name = ?1 AND principal = ?2",
                (Sql(group), Sql(principal)),
            )?,
        };
        match removed {
            0 => Err(Error::NoSuchMember),
            _ => Ok(()),
        }
    }
}
