//! Agency keys: their numbers, names and states, and what a keyring is to hold of one.

use std::fmt;

use super::ids::KeyVersion;
use super::names::AgencyId;
use super::names::KeyName;

/// The number of an agency key inside its agency. Never used again.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AgencyKeyNumber(pub u16);

impl AgencyKeyNumber {
    /// The key that seals whatever names no other.
    pub const DEFAULT: Self = Self(1);
}

/// One version of one agency key: `number/version` as text.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AgencyKeyVersion {
    /// Which agency key.
    pub number: AgencyKeyNumber,
    /// Which version of it.
    pub version: KeyVersion,
}

impl AgencyKeyVersion {
    /// The version that a stored data key says wrapped it (`keys/data_key.rs`); none of bytes that
    /// are no data key, as of objects whose parts have their own.
    pub fn of_wrapped(bytes: &[u8]) -> Option<Self> {
        let [_, n0, n1, v0, v1, v2, v3] = bytes.first_chunk()?;
        Some(Self {
            number: AgencyKeyNumber(u16::from_be_bytes([*n0, *n1])),
            version: KeyVersion(u32::from_be_bytes([*v0, *v1, *v2, *v3])),
        })
    }
}

impl fmt::Display for AgencyKeyVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.number.0, self.version.0)
    }
}

/// What an agency key does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyState {
    /// Its newest version seals, the others open.
    Active,
    /// It opens and never seals.
    Retired,
    /// Its bytes are gone, and what it sealed with them.
    Destroyed,
}

impl KeyState {
    /// Its name in the admin API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Retired => "retired",
            Self::Destroyed => "destroyed",
        }
    }
}

/// What the index wants a keyring to hold of one agency key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyOrder {
    /// Which.
    pub number: AgencyKeyNumber,
    /// Its name.
    pub name: KeyName,
    /// What it does.
    pub state: KeyState,
    /// The versions before this one are destroyed.
    pub oldest: KeyVersion,
    /// The newest version there is.
    pub newest: KeyVersion,
}

/// What S3 calls an agency key: `arn:aws:kms:<region>:<agency>:key/<name>`. Source: AWS KMS
/// Developer Guide, "Key ARN".
pub fn arn(region: &str, agency: &AgencyId, name: &KeyName) -> String {
    format!("arn:aws:kms:{region}:{agency}:key/{name}")
}

/// The key that a client names, by any form that S3 knows: the key's name, its ARN, an alias or the
/// ARN of one. `alias/aws/s3` is the default key. `None` for another agency's or region's key, and
/// for text that names no key at all: the caller is told the same of both.
pub fn named(text: &str, region: &str, agency: &AgencyId) -> Option<KeyName> {
    let text = match text.strip_prefix("arn:") {
        None => text,
        Some(arn) => {
            let mut fields = arn.splitn(5, ':');
            let head = [
                fields.next()?,
                fields.next()?,
                fields.next()?,
                fields.next()?,
            ];
            if head != ["aws", "kms", region, agency.as_str()] {
                return None;
            }
            let resource = fields.next()?;
            if let Some(name) = resource.strip_prefix("key/") {
                return KeyName::parse(name).ok();
            }
            resource.starts_with("alias/").then_some(resource)?
        }
    };
    match text.strip_prefix("alias/") {
        Some("aws/s3") => Some(KeyName::default_key()),
        Some(alias) => KeyName::parse(alias).ok(),
        None => KeyName::parse(text).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::{arn, named};
    use crate::types::names::{AgencyId, KeyName};

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let agency = AgencyId::parse("registro").unwrap();
        let found = named(text, "mx-1", &agency);
        assert_eq!(found.as_ref().map(KeyName::as_str), expected, "{text}");
        if let Some(name) = found {
            let again = named(&arn("mx-1", &agency, &name), "mx-1", &agency);
            assert_eq!(again, Some(name));
        }
    }

    #[test]
    fn every_form_of_a_key_id() {
        check("nominas", Some("nominas"));
        check(
            "1234abcd-12ab-34cd-56ef-1234567890ab",
            Some("1234abcd-12ab-34cd-56ef-1234567890ab"),
        );
        check("alias/aws/s3", Some("default"));
        check("default", Some("default"));
        check("alias/nominas", Some("nominas"));
        check("arn:aws:kms:mx-1:registro:key/nominas", Some("nominas"));
        check("arn:aws:kms:mx-1:registro:alias/aws/s3", Some("default"));
        check("arn:aws:kms:mx-1:registro:alias/nominas", Some("nominas"));
        for refused in [
            "",
            "alias/",
            "alias/aws/ebs",
            "Nominas",
            "nominas ",
            "arn:",
            "arn:aws:kms:mx-1:catastro:key/nominas",
            "arn:aws:kms:mx-2:registro:key/nominas",
            "arn:aws:s3:mx-1:registro:key/nominas",
            "arn:aws:kms:mx-1:registro:nominas",
            "arn:aws:kms:mx-1:registro:key/alias/nominas",
        ] {
            check(refused, None);
        }
    }
}
