//! An agency's own roles: policies that its principals have, alone or by their groups.
//!
//! What each principal has is worked out once after a change. The whole is dropped after each
//! commit and read again under its write lock, so that a reader that began before the commit cannot
//! put back what was changed.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;

use crate::access::consent::Consent;
use crate::access::policy::Kind;
use crate::access::policy::Policy;
use crate::audit::entry::Draft;
use crate::meta;
use crate::meta::OfAgency;
use crate::meta::commands::DeleteRole;
use crate::meta::commands::Join;
use crate::meta::commands::Leave;
use crate::meta::commands::Membership;
use crate::meta::commands::SetRole;
use crate::meta::records::Holder;
use crate::meta::records::RoleRecord;
use crate::types::names::AgencyId;
use crate::types::names::GroupName;
use crate::types::names::PrincipalName;
use crate::types::names::RoleName;

use super::Committed;
use super::agencies::Agency;
use super::agencies::Store;
use super::error::Error;

/// The roles of their agency that a principal has.
#[derive(Clone, Debug, Default)]
pub struct OwnRoles(pub Vec<OwnRole>);

/// One of them.
#[derive(Clone, Debug)]
pub struct OwnRole {
    /// Its name.
    pub name: Arc<str>,
    /// What it allows and forbids.
    pub policy: Arc<Policy>,
}

/// What is kept of one agency; none after a change, until it is asked for.
#[derive(Default)]
pub(super) struct Directory(RwLock<Option<Arc<Known>>>);

#[derive(Default)]
struct Known {
    roles: HashMap<RoleName, OwnRole>,
    held: HashMap<PrincipalName, OwnRoles>,
}

impl Directory {
    fn known(&self, agency: &Agency) -> Result<Arc<Known>, Error> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*kept {
            return Ok(Arc::clone(known));
        }
        drop(kept);
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let known = Arc::new(read(agency)?);
        *kept = Some(Arc::clone(&known));
        Ok(known)
    }

    fn forget(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

fn read(agency: &Agency) -> Result<Known, Error> {
    let (roles, holders, members) = agency.index.read(|reader| {
        Ok((
            reader.roles()?,
            reader.role_holders()?,
            reader.group_members()?,
        ))
    })?;
    let roles: HashMap<RoleName, OwnRole> = roles.into_iter().map(own_role).collect();
    let mut groups: HashMap<GroupName, Vec<PrincipalName>> = HashMap::new();
    for (group, principal) in members {
        groups.entry(group).or_default().push(principal);
    }
    let mut known = Known {
        roles,
        ..Known::default()
    };
    for (role, holder) in holders {
        let Some(role) = known.roles.get(&role) else {
            continue;
        };
        let role = role.clone();
        let principals = match holder {
            Holder::Principal(principal) => vec![principal],
            Holder::Group(group) => groups.get(&group).cloned().unwrap_or_default(),
        };
        for principal in principals {
            let held = &mut known.held.entry(principal).or_default().0;
            if !held.iter().any(|known| known.name == role.name) {
                held.push(role.clone());
            }
        }
    }
    Ok(known)
}

/// A policy that cannot be read any more may have forbidden anything, so it forbids all (law 8).
fn own_role(record: RoleRecord) -> (RoleName, OwnRole) {
    let policy = Policy::parse(&record.policy, Kind::Identity);
    let role = OwnRole {
        name: record.role.as_str().into(),
        policy: Arc::new(policy.unwrap_or_else(|_| Policy::forbidding_all())),
    };
    (record.role, role)
}

/// What an agency has of its own: its roles with who has them, its groups with who is in them.
#[derive(Clone, Debug)]
pub struct RolesAndGroups {
    /// Its roles.
    pub roles: Vec<RoleRecord>,
    /// Who has which.
    pub holders: Vec<(RoleName, Holder)>,
    /// Who is in which group.
    pub members: Vec<(GroupName, PrincipalName)>,
}

impl Store {
    /// The roles of its agency that a principal has, and those that its token claims, as far as
    /// there are any of these names.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn own_roles(
        &self,
        agency: &AgencyId,
        principal: &PrincipalName,
        claimed: &[RoleName],
    ) -> Result<OwnRoles, Error> {
        let agency = self.agency(agency).await?;
        let known = agency.directory.known(&agency)?;
        let mut own = known.held.get(principal).cloned().unwrap_or_default();
        for role in claimed.iter().filter_map(|name| known.roles.get(name)) {
            if !own.0.iter().any(|held| held.name == role.name) {
                own.0.push(role.clone());
            }
        }
        Ok(own)
    }

    /// All roles and groups of an agency.
    ///
    /// # Errors
    /// [`Error::NoSuchAgency`], or if the index cannot be read.
    pub async fn roles_and_groups(&self, agency: &AgencyId) -> Result<RolesAndGroups, Error> {
        let agency = self.agency_of_any_state(agency).await?;
        Ok(agency.index.read(|reader| {
            Ok(RolesAndGroups {
                roles: reader.roles()?,
                holders: reader.role_holders()?,
                members: reader.group_members()?,
            })
        })?)
    }

    /// Makes a role, or gives it another policy; in force when this returns.
    ///
    /// # Errors
    /// `LimitReached` of the index.
    pub async fn set_role(
        &self,
        consent: &Consent,
        role: RoleName,
        policy: String,
        draft: &Draft<'_>,
    ) -> Result<Committed<()>, Error> {
        let at = self.0.clock.now();
        self.change_roles(consent, SetRole { role, policy, at }, draft)
            .await
    }

    /// Removes a role, from whoever has it too; in force when this returns.
    ///
    /// # Errors
    /// `NoSuchRole` of the index.
    pub async fn delete_role(
        &self,
        consent: &Consent,
        role: RoleName,
        draft: &Draft<'_>,
    ) -> Result<Committed<()>, Error> {
        self.change_roles(consent, DeleteRole { role }, draft).await
    }

    /// Makes somebody what a membership says; in force when this returns.
    ///
    /// # Errors
    /// `NoSuchRole` or `LimitReached` of the index.
    pub async fn join(
        &self,
        consent: &Consent,
        membership: Membership,
        draft: &Draft<'_>,
    ) -> Result<Committed<()>, Error> {
        self.change_roles(consent, Join(membership), draft).await
    }

    /// Ends a membership; in force when this returns.
    ///
    /// # Errors
    /// `NoSuchMember` of the index.
    pub async fn leave(
        &self,
        consent: &Consent,
        membership: Membership,
        draft: &Draft<'_>,
    ) -> Result<Committed<()>, Error> {
        self.change_roles(consent, Leave(membership), draft).await
    }

    async fn change_roles<C: meta::Command<On = OfAgency, Output = ()>>(
        &self,
        consent: &Consent,
        command: C,
        draft: &Draft<'_>,
    ) -> Result<Committed<()>, Error> {
        let agency = self.agency_of_any_state(consent.agency()).await?;
        let committed = agency.index.commit(command, agency.ledger.entry(draft));
        // A task of its own: a caller that is gone must not leave in memory what was changed.
        let changing = tokio::spawn(async move {
            let outcome = committed.await;
            agency.directory.forget();
            outcome
        });
        changing.await.map_err(|_| Error::Stopping)??;
        Ok(Committed(()))
    }
}
