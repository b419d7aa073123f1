//! Ids that the house makes. Each is a type of its own, so that two cannot be swapped.

use std::fmt;

use super::clock::Time;
use super::encoding;
use super::names::InvalidName;

macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name([u8; $bytes]);

        impl $name {
            /// The id made of these (random) bytes.
            pub const fn new(bytes: [u8; $bytes]) -> Self {
                Self(bytes)
            }

            /// The bytes, as the index stores them.
            pub const fn as_bytes(&self) -> &[u8; $bytes] {
                &self.0
            }

            /// Reads lower-case hexadecimal of exactly the right length.
            pub fn parse(text: &str) -> Result<Self, InvalidName> {
                encoding::parse_hex(text).map(Self).ok_or(InvalidName("not an id of this store"))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&encoding::hex(&self.0))
            }
        }
    };
}

random_id!(
    /// A stored blob; random, rendered as 32 hexadecimal digits in the backend's path.
    BlobId,
    16
);
random_id!(
    /// A multipart upload; 32 hexadecimal digits on the wire. Ids of one key are listed in their
    /// order, which is that of [`UploadId::begun`].
    UploadId,
    16
);

impl UploadId {
    /// The id of an upload begun at a time: 6 bytes of milliseconds, 10 random ones. Uploads of one
    /// key are listed in the order in which they were begun. Source: AWS S3 API Reference,
    /// "ListMultipartUploads".
    pub fn begun(at: Time, random: [u8; 10]) -> Self {
        let [_, _, millis @ ..] = at.millis().to_be_bytes();
        let mut bytes = [0; 16];
        let (time, rest) = bytes.split_at_mut(millis.len());
        time.copy_from_slice(&millis);
        rest.copy_from_slice(&random);
        Self(bytes)
    }
}
random_id!(
    /// One HTTP request: 16 hexadecimal digits in logs, error bodies, audit entries and
    /// `x-amz-request-id`.
    RequestId,
    8
);
random_id!(
    /// A request that waits for a second person: 20 hexadecimal digits.
    ApprovalId,
    10
);
random_id!(
    /// What S3 calls the canonical user id: 64 hexadecimal digits, derived from agency and
    /// principal name, so the same principal has it whether it comes by access key or token.
    CanonicalId,
    32
);
random_id!(
    /// A grant between two agencies: 32 hexadecimal digits, the same on both sides.
    GrantId,
    16
);
random_id!(
    /// A key of an issuer of tokens, as a session remembers it that was made by such a token: a
    /// hash of the issuer and the key.
    SignerId,
    16
);
random_id!(
    /// The installation, from its first start on.
    InstanceId,
    16
);

/// The version of an object.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum VersionId {
    /// The version of an object stored while versioning was off: `null` on the wire.
    Null,
    /// A version with an id of its own: 32 hexadecimal digits on the wire.
    Id([u8; 16]),
}

impl VersionId {
    /// The bytes, as the index stores them and the wrapping binds them; empty for `null`.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Null => &[],
            Self::Id(bytes) => bytes,
        }
    }

    /// The inverse of [`VersionId::as_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.is_empty() {
            return Some(Self::Null);
        }
        bytes.try_into().ok().map(Self::Id)
    }

    /// Reads the wire form.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        if text == "null" {
            return Ok(Self::Null);
        }
        encoding::parse_hex(text)
            .map(Self::Id)
            .ok_or(InvalidName("not a version id"))
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => formatter.write_str("null"),
            Self::Id(bytes) => formatter.write_str(&encoding::hex(bytes)),
        }
    }
}

/// A bucket's number inside its agency; never used again after the bucket is deleted.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct BucketId(pub i64);

/// The number of an upload inside its agency, never used again; it outlives the upload in the
/// object that was made of it, and its parts' data keys are bound to it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct UploadNumber(pub i64);

/// The order of versions inside one agency: later is larger, whatever the clock says (law 9).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Sequence(pub i64);

/// The number of an agency key's version, from 1.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct KeyVersion(pub u32);

/// The number of a part in a multipart upload: 1 to 10,000.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PartNumber(u16);

impl PartNumber {
    /// The largest part number of S3.
    pub const MAX: u16 = 10_000;

    /// Checks the bounds.
    pub fn new(number: u64) -> Option<Self> {
        u16::try_from(number)
            .ok()
            .filter(|n| (1..=Self::MAX).contains(n))
            .map(Self)
    }

    /// Reads decimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        if !text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        text.parse().ok().and_then(Self::new)
    }

    /// The number.
    pub const fn get(self) -> u16 {
        self.0
    }
}

/// The alphabet of codes and access key ids: RFC 4648 base32.
pub const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn is_base32(text: &str) -> bool {
    text.bytes().all(|b| BASE32.contains(&b))
}

/// The five base32 characters by which an access key id names its agency.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AgencyCode(Box<str>);

impl AgencyCode {
    /// Its length in characters: 25 bits, enough for every agency of a state and its tests.
    pub const LENGTH: usize = 5;

    /// Checks length and alphabet.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        if text.len() == Self::LENGTH && is_base32(text) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidName("not an agency's code"))
        }
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The public half of an S3 credential: `AC`, the agency's code, 13 random base32 characters.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AccessKeyId(Box<str>);

impl AccessKeyId {
    /// How the id of a lasting key begins.
    pub const PREFIX: &'static str = "AC";
    /// How the id of a session's key begins; the same length, so that the code stands where it does
    /// in every id.
    pub const TEMPORARY_PREFIX: &'static str = "AS";
    /// The random characters at its end: 65 bits.
    pub const RANDOM: usize = 13;

    /// Checks prefix, length and alphabet.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let length = Self::PREFIX.len() + AgencyCode::LENGTH + Self::RANDOM;
        let prefixes = [Self::PREFIX, Self::TEMPORARY_PREFIX];
        let is_ours = prefixes.iter().any(|prefix| text.starts_with(prefix));
        if text.len() == length && is_ours && is_base32(text) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidName("not an access key id of this store"))
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is a session's key, which counts only together with the session's token.
    pub fn is_temporary(&self) -> bool {
        self.0.starts_with(Self::TEMPORARY_PREFIX)
    }

    /// The code of the agency that made this key.
    pub fn agency_code(&self) -> AgencyCode {
        let code = self
            .0
            .get(Self::PREFIX.len()..Self::PREFIX.len() + AgencyCode::LENGTH);
        AgencyCode(code.unwrap_or_default().into())
    }
}

impl fmt::Display for AccessKeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{AccessKeyId, BlobId, PartNumber, VersionId};

    #[test]
    fn ids_read_only_their_own_form() {
        assert_eq!(BlobId::parse(&"0a".repeat(16)), Ok(BlobId::new([0x0a; 16])));
        assert!(BlobId::parse(&"0A".repeat(16)).is_err());
        assert!(BlobId::parse(&"0a".repeat(15)).is_err());
        assert_eq!(VersionId::parse("null"), Ok(VersionId::Null));
        assert_eq!(VersionId::from_bytes(&[]), Some(VersionId::Null));
        assert_eq!(VersionId::from_bytes(&[1; 3]), None);
    }

    #[test]
    fn part_numbers() {
        assert_eq!(PartNumber::parse("1").map(PartNumber::get), Some(1));
        assert_eq!(
            PartNumber::parse("10000").map(PartNumber::get),
            Some(10_000)
        );
        for refused in ["0", "10001", "-1", "+1", "", "1.0", "99999999999999999999"] {
            assert_eq!(PartNumber::parse(refused), None, "{refused}");
        }
    }

    #[test]
    fn access_key_ids_carry_their_agency() {
        let id = AccessKeyId::parse("ACQWER2ABCDEFGHIJKLM").unwrap();
        assert_eq!(id.agency_code().as_str(), "QWER2");
        assert!(!id.is_temporary());
        let id = AccessKeyId::parse("ASQWER2ABCDEFGHIJKLM").unwrap();
        assert_eq!(id.agency_code().as_str(), "QWER2");
        assert!(id.is_temporary());
        for refused in [
            "",
            "AKQWER2ABCDEFGHIJKLM",
            "ACQWER2ABCDEFGHIJKL",
            "ACqwer2ABCDEFGHIJKLM",
        ] {
            assert!(AccessKeyId::parse(refused).is_err(), "{refused}");
        }
    }
}
