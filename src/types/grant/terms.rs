//! What two agencies agree on.

use std::fmt;

use super::super::clock::Time;
use super::super::ids::VersionId;
use super::super::limits;
use super::super::names::AgencyId;
use super::super::names::BucketName;
use super::super::names::InvalidName;
use super::super::names::ObjectKey;
use super::super::names::PrincipalName;
use super::super::names::text_name;
use super::state::Side;

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

#[cfg(test)]
mod tests {
    use super::{Actions, Expediente, Purpose, Scope};
    use crate::types::names::ObjectKey;

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
