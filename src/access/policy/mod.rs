//! Policies: AWS's documents of statements, parsed strictly and evaluated purely.
//!
//! A document is parsed once, when its record is read, and refused as a whole if any of it is
//! unknown (law 8). Evaluation reads the request through [`situation::Situation`] and nothing else.
//!
//! Source: AWS IAM User Guide, "IAM JSON policy reference", "Policy evaluation logic".

mod condition;
pub mod error;
mod favours;
pub mod key;
mod parse;
mod pattern;
mod permissions;
mod principal;
mod public;
mod relevance;
pub mod situation;
#[cfg(test)]
mod tests;

use crate::types::names::AgencyId;
use crate::types::names::BucketName;

use condition::Condition;
use error::PolicyError;
use pattern::Pattern;
use permissions::PERMISSIONS;
use principal::Principals;
use situation::Situation;

/// Whose policy a document is.
#[derive(Clone, Copy, Debug)]
pub enum Kind<'a> {
    /// A bucket's: each statement names principals, and resources of the bucket alone.
    Bucket {
        /// The bucket's agency: its principals alone can be named.
        agency: &'a AgencyId,
        /// The bucket.
        bucket: &'a BucketName,
    },
    /// A principal's, a role's, an access key's or a session's: no statement names principals.
    Identity,
}

/// A parsed policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    statements: Vec<Statement>,
}

#[derive(Clone, Debug, PartialEq)]
struct Statement {
    sid: Option<Box<str>>,
    effect: Effect,
    /// None in a policy that belongs to principals.
    principals: Option<Principals>,
    permissions: Permissions,
    resources: Resources,
    conditions: Vec<Condition>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Effect {
    Allow,
    Deny,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Resources {
    patterns: Vec<Pattern>,
    negated: bool,
}

/// Some of [`PERMISSIONS`], each a bit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Permissions(u128);

const _: () = assert!(PERMISSIONS.len() <= 128);

impl Permissions {
    const NONE: Self = Self(0);

    const fn with(self, at: usize) -> Self {
        Self(self.0 | 1 << at)
    }

    const fn has(self, at: usize) -> bool {
        self.0 & (1 << at) != 0
    }

    const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn inverted(self) -> Self {
        Self(!self.0)
    }
}

/// What a policy says of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// A statement forbids it, whatever any other says.
    Denied(StatementName),
    /// A statement allows it, and none forbids it.
    Allowed(StatementName),
    /// No statement speaks of it.
    Silent,
}

/// Which statement of a policy: its `Sid`, or its number.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StatementName(pub String);

impl Policy {
    /// Reads a document.
    ///
    /// # Errors
    /// What is wrong with it and where, in words for who wrote it.
    pub fn parse(text: &str, kind: Kind<'_>) -> Result<Self, PolicyError> {
        parse::policy(text, kind)
    }

    /// A policy that forbids everything: what stands in for one that cannot be read (law 8).
    pub fn forbidding_all() -> Self {
        let text = r#"{"Statement": {"Sid": "Unreadable", "Effect": "Deny", "Action": "s3:*",
            "Resource": "*"}}"#;
        Self::parse(text, Kind::Identity).expect("a policy of the house's own is one")
    }

    /// What the policy says of a permission that is asked for. A permission that the language does
    /// not know is forbidden.
    pub fn verdict(&self, situation: &Situation<'_>, permission: &str) -> Verdict {
        let known = PERMISSIONS.binary_search_by_key(&permission, |(name, _)| name);
        let Ok(at) = known else {
            return Verdict::Denied(StatementName(format!(
                "no permission is called {permission}"
            )));
        };
        let arn = situation.arn();
        let speaking = |effect| {
            self.statements.iter().enumerate().find(|(_, statement)| {
                statement.effect == effect && statement.speaks_of(situation, at, &arn)
            })
        };
        if let Some((number, statement)) = speaking(Effect::Deny) {
            return Verdict::Denied(statement.name(number));
        }
        match speaking(Effect::Allow) {
            Some((number, statement)) => Verdict::Allowed(statement.name(number)),
            None => Verdict::Silent,
        }
    }

    /// Whether a condition or a variable reads the tags of the object that is asked for.
    pub fn reads_existing_tags(&self) -> bool {
        let conditions = self.statements.iter().flat_map(|s| &s.conditions);
        let in_conditions = conditions.flat_map(Condition::keys);
        let patterns = self.statements.iter().flat_map(|s| &s.resources.patterns);
        let mut keys = in_conditions.chain(patterns.flat_map(Pattern::keys));
        keys.any(|key| matches!(key, key::Key::ExistingObjectTag(_)))
    }
}

impl Statement {
    /// What depends on something that is not known is forbidden where the statement forbids, and
    /// not allowed where it allows.
    fn speaks_of(&self, situation: &Situation<'_>, permission: usize, arn: &str) -> bool {
        let lookup = |key: &key::Key| situation.single(key);
        let includes = |principals: &Principals| principals.include(situation.caller);
        let withholds = |key: &key::Key| situation.withholds(key);
        let unless_unknown = |is_unknown: bool, known: &dyn Fn() -> bool| match self.effect {
            Effect::Deny => is_unknown || known(),
            Effect::Allow => !is_unknown && known(),
        };
        let mut in_resources = self.resources.patterns.iter().flat_map(Pattern::keys);
        self.permissions.has(permission)
            && self.principals.as_ref().is_none_or(includes)
            && unless_unknown(in_resources.any(withholds), &|| {
                self.resources.include(arn, &lookup)
            })
            && self.conditions.iter().all(|condition| {
                unless_unknown(condition.keys().any(withholds), &|| {
                    let values = situation.values(&condition.key);
                    condition.holds(values.as_deref(), &lookup)
                })
            })
    }

    fn name(&self, at: usize) -> StatementName {
        StatementName(match &self.sid {
            Some(sid) if !sid.is_empty() => format!("«{sid}»"),
            _ => format!("{}", at + 1),
        })
    }
}

impl Resources {
    fn include(&self, arn: &str, lookup: &dyn Fn(&key::Key) -> Option<String>) -> bool {
        self.patterns.iter().any(|p| p.matches(arn, lookup)) != self.negated
    }
}
