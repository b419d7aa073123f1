//! The names that clients choose: agencies, buckets, objects, principals.

use std::fmt;

use thiserror::Error;

use super::limits;

/// Why a name was refused. The text completes the sentence "the name is …" or "the name has …".
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("{0}")]
pub struct InvalidName(pub &'static str);

macro_rules! text_name {
    ($name:ident) => {
        impl $name {
            /// As text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

pub(super) use text_name;

/// The slug of an agency, the tenant.
///
/// Invariant: 3 to 40 bytes of `a-z 0-9 -`, a letter or digit at both ends.
/// Source: design of the house, "Words".
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AgencyId(Box<str>);
text_name!(AgencyId);

impl AgencyId {
    /// Checks the invariant.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        if text.len() < 3 {
            return Err(InvalidName("shorter than 3 characters"));
        }
        if text.len() > 40 {
            return Err(InvalidName("longer than 40 characters"));
        }
        if !text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        {
            return Err(InvalidName("not made of a-z, 0-9 and - alone"));
        }
        if text.starts_with('-') || text.ends_with('-') {
            return Err(InvalidName("starting or ending with -"));
        }
        Ok(Self(text.into()))
    }
}

/// A bucket's name.
///
/// Invariant: 3 to 63 bytes of `a-z 0-9 . -`, a letter or digit at both ends, no `..`, not an IPv4
/// address, none of S3's reserved prefixes and suffixes.
/// Source: AWS S3 User Guide, "General purpose bucket naming rules".
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct BucketName(Box<str>);
text_name!(BucketName);

impl BucketName {
    /// Checks the invariant.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        if text.len() < 3 {
            return Err(InvalidName("shorter than 3 characters"));
        }
        if text.len() > 63 {
            return Err(InvalidName("longer than 63 characters"));
        }
        let allowed =
            |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
        if !text.bytes().all(allowed) {
            return Err(InvalidName("not made of a-z, 0-9, . and - alone"));
        }
        let at_an_end = |c: char| c.is_ascii_alphanumeric();
        if !text.starts_with(at_an_end) || !text.ends_with(at_an_end) {
            return Err(InvalidName(
                "not starting and ending with a letter or digit",
            ));
        }
        if text.contains("..") {
            return Err(InvalidName("with two adjacent periods"));
        }
        if text.parse::<std::net::Ipv4Addr>().is_ok() {
            return Err(InvalidName("an IPv4 address"));
        }
        let reserved_start = ["xn--", "sthree-", "amzn-s3-demo-"];
        let reserved_end = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];
        if reserved_start.iter().any(|p| text.starts_with(p))
            || reserved_end.iter().any(|s| text.ends_with(s))
        {
            return Err(InvalidName("with a prefix or suffix that S3 reserves"));
        }
        Ok(Self(text.into()))
    }
}

/// The S3 name of an object inside its bucket.
///
/// Invariant: 1 to 1,024 bytes of UTF-8 without NUL. Nothing else: `//`, `..`, `+`, trailing spaces
/// are names like any other, because a key never becomes a path.
/// Source: AWS S3 User Guide, "Naming Amazon S3 objects".
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ObjectKey(Box<str>);
text_name!(ObjectKey);

impl ObjectKey {
    /// Checks the invariant.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        if text.is_empty() {
            return Err(InvalidName("empty"));
        }
        if text.len() > limits::OBJECT_KEY_BYTES_MAX {
            return Err(InvalidName("longer than 1024 bytes"));
        }
        if text.contains('\0') {
            return Err(InvalidName("with a NUL character"));
        }
        Ok(Self(text.into()))
    }
}

/// The name of an agency key, which S3 shows as the key's id. Never given to a second key.
///
/// Invariant: 1 to 63 bytes of `a-z 0-9 -`, a letter or digit at both ends; a UUID is such a name.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct KeyName(Box<str>);
text_name!(KeyName);

impl KeyName {
    /// Checks the invariant.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        if text.is_empty() {
            return Err(InvalidName("empty"));
        }
        if text.len() > 63 {
            return Err(InvalidName("longer than 63 characters"));
        }
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if !text.bytes().all(allowed) {
            return Err(InvalidName("not made of a-z, 0-9 and - alone"));
        }
        if text.starts_with('-') || text.ends_with('-') {
            return Err(InvalidName("starting or ending with -"));
        }
        Ok(Self(text.into()))
    }

    /// The name of the key that every agency has from its beginning.
    pub fn default_key() -> Self {
        Self("default".into())
    }

    /// Whether it is that name.
    pub fn is_default(&self) -> bool {
        &*self.0 == "default"
    }
}

/// The name of a principal: a person or an application inside one agency.
///
/// Invariant: 1 to 128 bytes of letters, digits and `+ = , . @ _ : / -`.
/// Source: AWS IAM User Guide, "IAM and STS quotas", widened by `:` and `/` for the subjects of
/// identity providers.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PrincipalName(Box<str>);
text_name!(PrincipalName);

impl PrincipalName {
    /// Checks the invariant.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        if text.is_empty() {
            return Err(InvalidName("empty"));
        }
        if text.len() > 128 {
            return Err(InvalidName("longer than 128 characters"));
        }
        if !text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+=,.@_:/-".contains(&b))
        {
            return Err(InvalidName(
                "not made of letters, digits and + = , . @ _ : / - alone",
            ));
        }
        Ok(Self(text.into()))
    }
}

macro_rules! iam_name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Invariant: 1 to 64 bytes of letters, digits and `+ = , . @ _ -`.
        /// Source: AWS IAM User Guide, "IAM and STS quotas", names of roles and groups.
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(Box<str>);
        text_name!($name);

        impl $name {
            /// Checks the invariant.
            pub fn parse(text: &str) -> Result<Self, InvalidName> {
                if text.is_empty() {
                    return Err(InvalidName("empty"));
                }
                if text.len() > 64 {
                    return Err(InvalidName("longer than 64 characters"));
                }
                if !text
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"+=,.@_-".contains(&b))
                {
                    return Err(InvalidName(
                        "not made of letters, digits and + = , . @ _ - alone",
                    ));
                }
                Ok(Self(text.into()))
            }
        }
    };
}
iam_name!(
    /// The name of one of an agency's own roles.
    RoleName
);
iam_name!(
    /// The name of a group of an agency's principals.
    GroupName
);

#[cfg(test)]
mod tests {
    use super::{AgencyId, BucketName, InvalidName, ObjectKey, PrincipalName};

    #[track_caller]
    fn check<T>(parsed: Result<T, InvalidName>, refusal: Option<&str>) {
        assert_eq!(parsed.err().map(|e| e.0), refusal);
    }

    #[test]
    fn agency_ids() {
        let of = AgencyId::parse;
        check(of("registro-civil"), None);
        check(of("abc"), None);
        check(of("ab"), Some("shorter than 3 characters"));
        check(of(&"a".repeat(40)), None);
        check(of(&"a".repeat(41)), Some("longer than 40 characters"));
        check(of("Registro"), Some("not made of a-z, 0-9 and - alone"));
        check(of("-abc"), Some("starting or ending with -"));
    }

    #[test]
    fn bucket_names() {
        let of = BucketName::parse;
        check(of("abc"), None);
        check(of("actas.2026-01"), None);
        check(of("ab"), Some("shorter than 3 characters"));
        check(of(&"a".repeat(63)), None);
        check(of(&"a".repeat(64)), Some("longer than 63 characters"));
        check(of("Actas"), Some("not made of a-z, 0-9, . and - alone"));
        check(of("actas/a"), Some("not made of a-z, 0-9, . and - alone"));
        check(
            of("-actas"),
            Some("not starting and ending with a letter or digit"),
        );
        check(
            of("actas."),
            Some("not starting and ending with a letter or digit"),
        );
        check(of("ac..tas"), Some("with two adjacent periods"));
        check(of("192.168.0.1"), Some("an IPv4 address"));
        check(
            of("xn--actas"),
            Some("with a prefix or suffix that S3 reserves"),
        );
        check(
            of("actas-s3alias"),
            Some("with a prefix or suffix that S3 reserves"),
        );
    }

    #[test]
    fn object_keys() {
        let of = ObjectKey::parse;
        check(of("a//b/../c+d %2F "), None);
        check(of("ñandú/🗂"), None);
        check(of(""), Some("empty"));
        check(of(&"k".repeat(1024)), None);
        check(of(&"k".repeat(1025)), Some("longer than 1024 bytes"));
        check(of("a\0b"), Some("with a NUL character"));
    }

    #[test]
    fn principal_names() {
        let of = PrincipalName::parse;
        check(of("ventanilla@registro"), None);
        check(of(""), Some("empty"));
        check(
            of("a b"),
            Some("not made of letters, digits and + = , . @ _ : / - alone"),
        );
    }
}
