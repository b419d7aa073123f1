//! A grant: one agency lets another read some of its documents, for one purpose.
//!
//! Its terms never change. What changes is its state, which both agencies keep, each in its own
//! database; [`State::advance`] is the one place that says what may follow what.
//!
//! ```text
//! Offered ──grantee approves──► Active ──either revokes──► Revoked
//! Requested ──grantor approves─┘
//! Offered, Requested ──the other one refuses──► Refused; ──either revokes──► Revoked
//! ```

use std::fmt;

use super::clock::Time;
use super::ids::VersionId;
use super::limits;
use super::names::AgencyId;
use super::names::BucketName;
use super::names::InvalidName;
use super::names::ObjectKey;
use super::names::PrincipalName;
use super::names::text_name;

/// What documents are read for: a short code that both agencies know.
///
/// Invariant: 1 to 64 bytes of `a-z 0-9 -`, a letter or digit at both ends.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Purpose(Box<str>);
text_name!(Purpose);

impl Purpose {
    /// Checks the invariant.
    ///
    /// # Errors
    /// What is wrong with the code.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        if text.is_empty() || text.len() > 64 {
            return Err(InvalidName("not of 1 to 64 characters"));
        }
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if !text.bytes().all(allowed) || text.starts_with('-') || text.ends_with('-') {
            return Err(InvalidName("not made of a-z, 0-9 and inner - alone"));
        }
        Ok(Self(text.into()))
    }
}

/// The case that documents are read for: recorded with each read.
///
/// Invariant: 1 to 128 characters, no control character, no space at the ends.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Expediente(Box<str>);
text_name!(Expediente);

impl Expediente {
    /// Checks the invariant.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        if text.is_empty() || text.chars().count() > 128 {
            return Err(InvalidName("not of 1 to 128 characters"));
        }
        if text.trim() != text || text.chars().any(char::is_control) {
            return Err(InvalidName("with a control character or a space at an end"));
        }
        Ok(Self(text.into()))
    }
}

/// The instrument and the articles that allow a grant, for people.
///
/// Invariant: 1 to 2,000 bytes, no control character.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LegalBasis(Box<str>);
text_name!(LegalBasis);

impl LegalBasis {
    /// Checks the invariant.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        if text.trim().is_empty() || text.len() > 2_000 {
            return Err(InvalidName("not of 1 to 2000 bytes"));
        }
        if text.chars().any(char::is_control) {
            return Err(InvalidName("with a control character"));
        }
        Ok(Self(text.into()))
    }
}

/// Which documents of the bucket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Scope {
    /// All whose keys begin with this text, byte for byte; with the empty one, the whole bucket.
    Prefix(Box<str>),
    /// One, in whatever version is asked for, or in one version alone.
    Object(ObjectKey, Option<VersionId>),
}

impl Scope {
    /// The scope of a prefix.
    ///
    /// # Errors
    /// If no key can begin so.
    pub fn prefix(text: &str) -> Result<Self, InvalidName> {
        if !text.is_empty() {
            ObjectKey::parse(text)?;
        }
        Ok(Self::Prefix(text.into()))
    }

    /// Whether an object lies in it, in some version.
    pub fn holds(&self, object_key: &ObjectKey) -> bool {
        match self {
            Self::Prefix(prefix) => object_key.as_str().starts_with(&**prefix),
            Self::Object(only, _) => only == object_key,
        }
    }

    /// The one version that can be read, if it is one.
    pub const fn version(&self) -> Option<VersionId> {
        match self {
            Self::Prefix(_) => None,
            Self::Object(_, version) => *version,
        }
    }
}

/// What a grant can allow: permissions of S3's that read, by their names in policies.
const ACTIONS: [&str; 7] = [
    "s3:GetObject",
    "s3:GetObjectAttributes",
    "s3:GetObjectTagging",
    "s3:GetObjectVersion",
    "s3:GetObjectVersionAttributes",
    "s3:GetObjectVersionTagging",
    "s3:ListBucket",
];

/// Some of the permissions that read, at least one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Actions(u8);

impl Actions {
    /// Reads the names; nothing that writes, and nothing unknown, is ever granted (law 8).
    ///
    /// # Errors
    /// If one is not to be granted, or there is none.
    pub fn parse<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidName> {
        let mut bits = 0;
        for name in names {
            let at = ACTIONS.iter().position(|known| *known == name);
            let at = at.ok_or(InvalidName("not a permission that a grant can give"))?;
            bits |= 1 << at;
        }
        match bits {
            0 => Err(InvalidName("empty")),
            bits => Ok(Self(bits)),
        }
    }

    /// Their names, sorted.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let all = ACTIONS.iter().enumerate();
        all.filter(move |(at, _)| self.0 & (1 << at) != 0)
            .map(|(_, name)| *name)
    }

    /// Whether a permission is among them.
    pub fn has(self, permission: &str) -> bool {
        self.names().any(|name| name == permission)
    }
}

/// What both agencies agree on. Compared as a whole: two that differ are no agreement.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Terms {
    /// Whose documents.
    pub grantor: AgencyId,
    /// Who reads them.
    pub grantee: AgencyId,
    /// The grantor's bucket.
    pub bucket: BucketName,
    /// Which documents in it.
    pub scope: Scope,
    /// What may be done with them.
    pub actions: Actions,
    /// For what.
    pub purpose: Purpose,
    /// By what law or instrument.
    pub legal_basis: LegalBasis,
    /// From when on no more.
    pub expires: Time,
    /// The grantee's principals to whom it is limited.
    pub principals: Vec<PrincipalName>,
    /// The grantee's roles to which it is limited, built in or its own; with no principal and no
    /// role named it is limited to nobody.
    pub roles: Vec<Box<str>>,
}

/// What about terms can never be agreed on.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unfit {
    /// An agency needs no grant of its own.
    #[error("grantor and grantee are one agency")]
    OneAgency,
    /// A list would tell of other versions.
    #[error("a grant of one version cannot give s3:ListBucket")]
    ListOfVersion,
    /// It ends in the past, or too far away.
    #[error("a grant ends in the future, within {} days", limits::GRANT_DAYS_MAX)]
    Expires,
    /// Too many are named.
    #[error(
        "a grant names {} principals and roles at most",
        limits::GRANT_NAMED_MAX
    )]
    TooManyNamed,
}

impl Terms {
    /// Whether this could be agreed on now.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, now: Time) -> Result<(), Unfit> {
        if self.grantor == self.grantee {
            return Err(Unfit::OneAgency);
        }
        if self.scope.version().is_some() && self.actions.has("s3:ListBucket") {
            return Err(Unfit::ListOfVersion);
        }
        let latest = now.plus_seconds(limits::GRANT_DAYS_MAX * 86_400);
        if self.expires <= now || self.expires > latest {
            return Err(Unfit::Expires);
        }
        if self.principals.len() + self.roles.len() > limits::GRANT_NAMED_MAX {
            return Err(Unfit::TooManyNamed);
        }
        Ok(())
    }

    /// The agency on a side.
    pub const fn agency(&self, side: Side) -> &AgencyId {
        match side {
            Side::Grantor => &self.grantor,
            Side::Grantee => &self.grantee,
        }
    }

    /// Whether it is limited to some principals or roles.
    pub const fn names_somebody(&self) -> bool {
        !(self.principals.is_empty() && self.roles.is_empty())
    }
}

/// Which of the two agencies.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Side {
    /// Whose documents they are.
    Grantor,
    /// Who reads them.
    Grantee,
}

impl Side {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Grantor => Self::Grantee,
            Self::Grantee => Self::Grantor,
        }
    }

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Grantor => "grantor",
            Self::Grantee => "grantee",
        }
    }
}

/// How far an agreement is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum State {
    /// The grantor has approved; the grantee is still to.
    Offered,
    /// The grantee has approved; the grantor is still to.
    Requested,
    /// Both have approved.
    Active,
    /// The side that was still to approve did not.
    Refused,
    /// One side has ended it.
    Revoked,
}

/// What an agency's admin may do with a grant that is there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// Propose it: the first step, which makes it.
    Propose,
    /// Agree.
    Approve,
    /// Do not agree.
    Refuse,
    /// End it.
    Revoke,
}

/// The state does not allow the step, or not to this side.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the state of the grant does not allow this to this agency")]
pub struct NotPossible;

impl State {
    /// The state of what a side has just proposed.
    pub const fn proposed_by(side: Side) -> Self {
        match side {
            Side::Grantor => Self::Offered,
            Side::Grantee => Self::Requested,
        }
    }

    /// What a step of a side leads to.
    ///
    /// # Errors
    /// [`NotPossible`].
    pub fn advance(self, by: Side, step: Step) -> Result<Self, NotPossible> {
        let waits_for = match self {
            Self::Offered => Some(Side::Grantee),
            Self::Requested => Some(Side::Grantor),
            Self::Active | Self::Refused | Self::Revoked => None,
        };
        match (self, step) {
            (_, Step::Propose) => Err(NotPossible),
            (_, Step::Approve) if waits_for == Some(by) => Ok(Self::Active),
            (_, Step::Refuse) if waits_for == Some(by) => Ok(Self::Refused),
            (_, Step::Approve | Step::Refuse) => Err(NotPossible),
            (Self::Offered | Self::Requested | Self::Active, Step::Revoke) => Ok(Self::Revoked),
            (Self::Refused | Self::Revoked, Step::Revoke) => Err(NotPossible),
        }
    }

    /// What this side's record becomes when it hears that the other side's says `told`. A record
    /// never becomes active by hearsay alone: its own side must have approved (law 8).
    ///
    /// # Errors
    /// [`NotPossible`] if it stays as it is.
    pub fn hear(self, side: Side, told: Self) -> Result<Self, NotPossible> {
        match (self, told) {
            (Self::Offered, Self::Active) if side == Side::Grantor => Ok(Self::Active),
            (Self::Requested, Self::Active) if side == Side::Grantee => Ok(Self::Active),
            (Self::Offered | Self::Requested | Self::Active, Self::Refused | Self::Revoked) => {
                Ok(told)
            }
            _ => Err(NotPossible),
        }
    }

    /// Whether it can still be, or become, active.
    pub const fn is_live(self) -> bool {
        match self {
            Self::Offered | Self::Requested | Self::Active => true,
            Self::Refused | Self::Revoked => false,
        }
    }

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Requested => "requested",
            Self::Active => "active",
            Self::Refused => "refused",
            Self::Revoked => "revoked",
        }
    }
}

impl Step {
    /// The word for what was done.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Propose => "proposed",
            Self::Approve => "approved",
            Self::Refuse => "refused",
            Self::Revoke => "revoked",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Actions, Expediente, NotPossible, Purpose, Scope, Side, State, Step};
    use crate::types::names::ObjectKey;

    const STATES: [State; 5] = [
        State::Offered,
        State::Requested,
        State::Active,
        State::Refused,
        State::Revoked,
    ];
    const SIDES: [Side; 2] = [Side::Grantor, Side::Grantee];

    #[test]
    fn only_the_other_side_makes_a_grant_active() {
        let mut active = Vec::new();
        for state in STATES {
            for side in SIDES {
                for step in [Step::Propose, Step::Approve, Step::Refuse, Step::Revoke] {
                    let next = state.advance(side, step);
                    if next == Ok(State::Active) {
                        active.push((state, side, step));
                    }
                    if !state.is_live() || step == Step::Propose {
                        assert_eq!(next, Err(NotPossible), "{state:?} {side:?} {step:?}");
                    } else if step == Step::Revoke {
                        assert_eq!(next, Ok(State::Revoked));
                    }
                }
            }
        }
        let expected = [
            (State::Offered, Side::Grantee, Step::Approve),
            (State::Requested, Side::Grantor, Step::Approve),
        ];
        assert_eq!(active, expected);
    }

    /// Whatever each side does, and in whatever order the two hear of each other: both are active
    /// only if both approved, and an end wins everywhere.
    #[test]
    fn two_records_never_agree_on_more_than_both_approved() {
        for proposer in SIDES {
            let first = State::proposed_by(proposer);
            for answer in [
                None,
                Some(Step::Approve),
                Some(Step::Refuse),
                Some(Step::Revoke),
            ] {
                for end in [None, Some(Step::Revoke)] {
                    let mut of_proposer = first;
                    let mut of_other = first;
                    if let Some(step) = answer {
                        of_other = of_other.advance(proposer.other(), step).unwrap();
                    }
                    if let Some(step) = end {
                        of_proposer = of_proposer.advance(proposer, step).unwrap();
                    }
                    for _ in 0..2 {
                        let heard = of_proposer.hear(proposer, of_other);
                        of_proposer = heard.unwrap_or(of_proposer);
                        let heard = of_other.hear(proposer.other(), of_proposer);
                        of_other = heard.unwrap_or(of_other);
                    }
                    let case = format!("{proposer:?} {answer:?} {end:?}");
                    let both = (of_proposer, of_other) == (State::Active, State::Active);
                    assert_eq!(
                        both,
                        answer == Some(Step::Approve) && end.is_none(),
                        "{case}"
                    );
                    assert_eq!(of_proposer.is_live(), of_other.is_live(), "{case}");
                }
            }
        }
        // A side that never approved is not made active by what it hears.
        assert!(State::Offered.hear(Side::Grantee, State::Active).is_err());
        assert!(State::Requested.hear(Side::Grantor, State::Active).is_err());
    }

    #[test]
    fn scopes_are_bytes_and_no_paths() {
        let holds = |scope: &Scope, key: &str| scope.holds(&ObjectKey::parse(key).unwrap());
        let folder = Scope::prefix("a/b").unwrap();
        assert!(holds(&folder, "a/b") && holds(&folder, "a/bc") && holds(&folder, "a/b/c"));
        assert!(!holds(&folder, "a/") && !holds(&folder, "A/b") && !holds(&folder, "x/a/b"));
        let below = Scope::prefix("a/b/").unwrap();
        assert!(holds(&below, "a/b/../c") && !holds(&below, "a/bc") && !holds(&below, "a/b"));
        let one = Scope::Object(ObjectKey::parse("a/b").unwrap(), None);
        assert!(holds(&one, "a/b") && !holds(&one, "a/b/") && !holds(&one, "a/bc"));
        assert!(holds(&Scope::prefix("").unwrap(), "x"));
        assert!(Scope::prefix("a\0").is_err());
    }

    #[test]
    fn nothing_that_writes_is_granted() {
        let all = Actions::parse(super::ACTIONS).unwrap();
        assert_eq!(all.names().collect::<Vec<_>>(), super::ACTIONS);
        for refused in ["s3:PutObject", "s3:*", "s3:DeleteObject", "GetObject", ""] {
            assert!(Actions::parse([refused]).is_err(), "{refused}");
        }
        assert!(Actions::parse([]).is_err());
        assert!(
            !Actions::parse(["s3:GetObject"])
                .unwrap()
                .has("s3:ListBucket")
        );
    }

    #[test]
    fn codes_and_cases() {
        for good in ["tramite-licencia", "a", "7"] {
            assert!(Purpose::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "Trámite", "a b", &"a".repeat(65)] {
            assert!(Purpose::parse(bad).is_err(), "{bad}");
        }
        for good in ["EXP/2026-001", "Expediente núm. 7", &"ñ".repeat(128)] {
            assert!(Expediente::parse(good).is_ok(), "{good}");
        }
        for bad in ["", " a", "a\nb", &"a".repeat(129)] {
            assert!(Expediente::parse(bad).is_err(), "{bad}");
        }
    }
}
