//! Whom a bucket's policy singles out.
//!
//! A principal that is let in as everybody in the agency is, is not singled out. It is by its name
//! or its canonical user id, by the role of every application, and by a condition or a variable
//! that depends on what it is called: who chooses a name chooses what that opens.

use crate::types::ids::CanonicalId;
use crate::types::names::PrincipalName;
use crate::types::roles::Role;

use super::Effect;
use super::Policy;
use super::Statement;
use super::condition::Condition;
use super::key::Key;
use super::key::PlainKey;
use super::parse;
use super::pattern::Pattern;
use super::principal::Principals;

impl Policy {
    /// Whether any statement of a bucket's policy may allow anything to a principal that has the
    /// role `app` as it does not to everybody.
    pub fn favours(&self, name: &PrincipalName, id: CanonicalId) -> bool {
        let favours = |statement: &Statement| {
            let principals = statement.principals.as_ref();
            principals.is_some_and(|of| statement.favours(of, name, id))
        };
        self.statements.iter().any(favours)
    }
}

impl Statement {
    fn favours(&self, principals: &Principals, name: &PrincipalName, id: CanonicalId) -> bool {
        self.effect == Effect::Allow
            && (principals.name(name, id)
                || principals.name_role(Role::App.name())
                || principals.are_many() && self.depends_on(principals, name, id))
    }

    /// Whether a condition or a variable asks what a principal is called, and this name fits.
    fn depends_on(&self, principals: &Principals, name: &PrincipalName, id: CanonicalId) -> bool {
        let value = |key: &Key| match key {
            Key::Plain(PlainKey::UserName) => Some(name.to_string()),
            Key::Plain(PlainKey::UserId) => Some(id.to_string()),
            Key::Plain(PlainKey::PrincipalArn) => {
                Some(parse::user_arn(principals.agency(), name.as_str()))
            }
            _ => None,
        };
        let asks = |key: &Key| value(key).is_some();
        let mut in_resources = self.resources.patterns.iter().flat_map(Pattern::keys);
        in_resources.any(asks)
            || self.conditions.iter().any(|condition: &Condition| {
                condition.variables().any(asks)
                    || value(&condition.key)
                        .is_some_and(|called| condition.singles_out(&called, &value))
            })
    }
}
