//! Which role a session may take.

use crate::types::roles::Role;

/// The role that a caller takes for a session: one of its own, never another, and never the
/// installation's.
pub fn assume(held: &[Role], wanted: Role) -> Option<Role> {
    held.contains(&wanted)
        .then_some(wanted)
        .filter(|role| *role != Role::Operator)
}

/// Whether a caller may give its sessions tags: a policy may grant by a tag, so only who may do
/// everything in the agency anyway.
pub fn may_tag(held: &[Role]) -> bool {
    held.contains(&Role::AgencyAdmin)
}

#[cfg(test)]
mod tests {
    use super::assume;
    use crate::types::roles::Role;

    #[test]
    fn nobody_takes_a_role_that_it_does_not_have() {
        for wanted in Role::ALL {
            for held in Role::ALL {
                let expected = (wanted == held && wanted != Role::Operator).then_some(wanted);
                assert_eq!(assume(&[held], wanted), expected, "{held:?} {wanted:?}");
            }
            assert_eq!(assume(&[], wanted), None);
        }
    }
}
