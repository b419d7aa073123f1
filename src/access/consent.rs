//! Consent: whether one person alone may give rights in an agency.
//!
//! Operators manage agencies and read no documents. So that none of them comes to read by giving
//! the right to somebody, to itself in the end, what an operator gives in an agency needs a second
//! person. What goes at once:
//!
//! | who asks | for what | why |
//! | --- | --- | --- |
//! | an agency's own admin | anything in its agency | it may read everything there anyway |
//! | an operator | anything, while the agency holds no document | there is nothing to read yet |
//! | an operator | an `app` key of a stranger | it owns nothing and sees no others' |
//!
//! A stranger is a principal whom nothing in the agency names: no access key, no role, no group, no
//! policy or access control list of a bucket. What a bucket opens to everybody in the agency its
//! owner opened to whoever is let in, so it makes nobody less of a stranger.

use crate::types::names::AgencyId;
use crate::types::roles::Role;

/// Who asks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum By {
    /// An operator of the installation.
    Operator,
    /// An admin of the very agency.
    OwnAdmin,
    /// The first start of the server: whoever starts it has the root key.
    Start,
}

/// What a request would give.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Gives<'a> {
    /// An access key with these built-in roles.
    AccessKey(&'a [Role]),
    /// Anything else by which somebody may come to read: a token, an issuer, a role of the
    /// agency's own, a place in a group, the end of a revocation.
    Rights,
}

/// What is known of the agency, of whom rights are given to, and of the request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Circumstances {
    /// Whether any version, delete marker or part is stored in the agency, or a grant lets it read
    /// what another one stores.
    pub holds_documents: bool,
    /// Whether nothing in the agency speaks of the principal, nor a grant of it or its kind.
    pub is_stranger: bool,
    /// Whether a second person approved this very request, which has not been carried out since.
    pub is_seconded: bool,
}

/// The proof that rights may be given in an agency. Only [`consent`] makes one.
#[derive(Debug)]
pub struct Consent {
    agency: AgencyId,
}

impl Consent {
    /// In which agency.
    pub const fn agency(&self) -> &AgencyId {
        &self.agency
    }
}

/// The rule; none if a second person has to approve first.
pub fn consent(
    agency: &AgencyId,
    by: By,
    gives: Gives<'_>,
    circumstances: Circumstances,
) -> Option<Consent> {
    let Circumstances {
        holds_documents,
        is_stranger,
        is_seconded,
    } = circumstances;
    let may_be_given = match by {
        By::OwnAdmin | By::Start => true,
        By::Operator => {
            let is_harmless = is_stranger && gives == Gives::AccessKey(&[Role::App]);
            is_seconded || !holds_documents || is_harmless
        }
    };
    may_be_given.then(|| Consent {
        agency: agency.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::{By, Circumstances, Gives, consent};
    use crate::types::names::AgencyId;
    use crate::types::roles::Role;

    #[test]
    fn an_operator_alone_gives_nothing_that_reads() {
        let agency = AgencyId::parse("registro").unwrap();
        let roles: Vec<[Role; 1]> = Role::ALL.into_iter().map(|role| [role]).collect();
        let mut all = vec![Gives::Rights, Gives::AccessKey(&[])];
        all.extend(roles.iter().map(|role| Gives::AccessKey(role)));
        all.push(Gives::AccessKey(&[Role::App, Role::Reader]));
        for gives in all {
            for bits in 0..8 {
                let circumstances = Circumstances {
                    holds_documents: bits & 1 != 0,
                    is_stranger: bits & 2 != 0,
                    is_seconded: bits & 4 != 0,
                };
                let of = |by| consent(&agency, by, gives, circumstances).is_some();
                assert!(of(By::OwnAdmin) && of(By::Start));
                let is_new_app = gives == Gives::AccessKey(&[Role::App]) && bits & 2 != 0;
                let expected = bits & 1 == 0 || bits & 4 != 0 || is_new_app;
                assert_eq!(of(By::Operator), expected, "{gives:?} {circumstances:?}");
            }
        }
    }
}
