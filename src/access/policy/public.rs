//! What makes a policy public.
//!
//! A bucket's policy is public if a statement allows anything to everybody, unless a condition ties
//! it to fixed values of something that says who or from where: addresses, principals, claims.
//! Source: AWS S3 User Guide, "Blocking public access to your Amazon S3 storage", "The meaning of
//! public".

use super::Effect;
use super::Policy;
use super::Statement;
use super::key::Key;
use super::key::PlainKey;

impl Policy {
    /// Whether it is public.
    pub fn is_public(&self) -> bool {
        self.statements.iter().any(Statement::is_public)
    }
}

impl Statement {
    fn is_public(&self) -> bool {
        let to_anyone = |principals: &super::Principals| principals.are_anyone();
        self.effect == Effect::Allow
            && self.principals.as_ref().is_some_and(to_anyone)
            && !self
                .conditions
                .iter()
                .any(|condition| narrows(&condition.key) && condition.is_fixed())
    }
}

/// The keys that AWS counts, and those of a caller's token.
const fn narrows(key: &Key) -> bool {
    match key {
        Key::Plain(key) => matches!(
            key,
            PlainKey::SourceIp
                | PlainKey::SourceAccount
                | PlainKey::SourceArn
                | PlainKey::PrincipalArn
                | PlainKey::PrincipalAccount
                | PlainKey::UserId
                | PlainKey::UserName
        ),
        Key::Jwt(_) | Key::PrincipalTag(_) => true,
        Key::RequestObjectTag(_) | Key::ExistingObjectTag(_) => false,
    }
}
