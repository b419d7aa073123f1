//! The decision.
//!
//! What each role may do with what it owns and with what others own:
//!
//! | role | agency | own buckets | others' buckets |
//! | --- | --- | --- | --- |
//! | `app` | list own, make | everything | nothing |
//! | `reader` | list all | read | read |
//! | `agency-admin` | list all, make | everything | everything |
//! | `operator` | nothing | nothing | nothing |

use thiserror::Error;

use crate::types::roles::Role;

use super::action::Action;
use super::action::Effect;
use super::caller::Caller;
use super::permit::Permit;
use super::permit::Resource;

/// Why the answer was no; the name of the rule goes into the audit entry, never to the caller.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum Refusal {
    /// None of the caller's roles allows the action here.
    #[error("no role of the caller allows this action on this resource")]
    NoRole,
}

/// May this caller do this to that?
pub fn decide(caller: &Caller, action: Action, resource: Resource) -> Result<Permit, Refusal> {
    let owns = resource
        .bucket()
        .is_none_or(|bucket| bucket.owner == caller.canonical_id);
    if !caller.roles.iter().any(|role| allows(*role, action, owns)) {
        return Err(Refusal::NoRole);
    }
    Ok(Permit {
        agency: caller.agency.clone(),
        principal: caller.principal.clone(),
        canonical_id: caller.canonical_id,
        action,
        resource,
        sees_all: caller.has(Role::AgencyAdmin) || caller.has(Role::Reader),
    })
}

/// One row of the matrix. `owns` is true for the agency itself.
const fn allows(role: Role, action: Action, owns: bool) -> bool {
    match role {
        Role::AgencyAdmin => true,
        Role::App => owns,
        Role::Reader => matches!(action.effect(), Effect::Read),
        Role::Operator => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::action::Action;
    use super::super::caller::{Caller, Proof};
    use super::super::permit::{BucketFacts, Resource};
    use super::decide;
    use crate::types::ids::{BucketId, CanonicalId};
    use crate::types::names::{AgencyId, BucketName, PrincipalName};
    use crate::types::roles::Role;

    const ME: CanonicalId = CanonicalId::new([1; 32]);
    const OTHER: CanonicalId = CanonicalId::new([2; 32]);

    #[track_caller]
    fn check(roles: &[Role], action: Action, owner: Option<CanonicalId>, allowed: bool) {
        let caller = Caller {
            agency: AgencyId::parse("registro").unwrap(),
            principal: PrincipalName::parse("ventanilla").unwrap(),
            canonical_id: ME,
            roles: roles.to_vec(),
            proof: Proof::Token {
                issuer: "estado".to_owned(),
            },
        };
        let resource = owner.map_or(Resource::Agency, |owner| {
            let name = BucketName::parse("actas").unwrap();
            Resource::Bucket(BucketFacts {
                id: BucketId(1),
                name,
                owner,
            })
        });
        assert_eq!(
            decide(&caller, action, resource).is_ok(),
            allowed,
            "{roles:?} {action:?}"
        );
    }

    #[test]
    fn the_matrix_of_roles() {
        for action in Action::ALL.iter().copied() {
            let reads = matches!(action.effect(), super::Effect::Read);
            for owner in [None, Some(ME), Some(OTHER)] {
                check(&[], action, owner, false);
                check(&[Role::Operator], action, owner, false);
                check(&[Role::AgencyAdmin], action, owner, true);
                check(&[Role::Reader], action, owner, reads);
                check(&[Role::App], action, owner, owner != Some(OTHER));
                check(&[Role::Operator, Role::Reader], action, owner, reads);
            }
        }
    }
}
