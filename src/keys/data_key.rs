//! Data keys as the index stores them: wrapped, and bound to the place of what they seal.
//!
//! ```text
//! 0         1            3             7                                         68
//! +---------+------------+-------------+------------------------------------------+
//! | 01      | agency key | its version | the data key, wrapped (crypto/wrap.rs)   |
//! |         | u16        | u32         | 61 bytes                                 |
//! +---------+------------+-------------+------------------------------------------+
//!
//! associated data = "acervo.data-key" | 01 | agency key, u16 | its version, u32
//!                 | agency length, u8 | agency | bucket id, i64
//!                 | object key length, u16 | object key
//!                 | 01 | version id length, u8 | version id     (an object)
//!                 | 02 | upload number, i64 | part number, u16  (a part)
//!                 | size, u64
//! ```
//!
//! Integers are big endian. No two places have the same associated data, because each variable
//! field carries its length.

use std::fmt;

use super::error::Error;
use crate::crypto::wrap::{WRAPPED_BYTES, WrappedBytes};
use crate::types::ids::{BucketId, KeyVersion, PartNumber, UploadNumber, VersionId};
use crate::types::names::{AgencyId, ObjectKey};

const FORMAT: u8 = 1;
const DATA_KEY_BYTES: usize = 1 + 2 + 4 + WRAPPED_BYTES;

/// The number of an agency key inside its agency. Never reused.
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

impl fmt::Display for AgencyKeyVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.number.0, self.version.0)
    }
}

/// What a data key seals, and where the index has it. A wrapped data key unwraps there only.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The bucket, by the number that is never used again.
    pub bucket: BucketId,
    /// The object, or the object that an upload is to become.
    pub object_key: &'a ObjectKey,
    /// The version or part.
    pub at: PlaceAt<'a>,
    /// The size of the plaintext in bytes.
    pub size_bytes: u64,
}

/// The last step of a [`Place`].
#[derive(Clone, Copy, Debug)]
pub enum PlaceAt<'a> {
    /// A version of an object.
    Version(&'a VersionId),
    /// A part of a multipart upload.
    Part(UploadNumber, PartNumber),
}

impl Place<'_> {
    /// The associated data of a wrapping in this place.
    pub(super) fn render(&self, agency: &AgencyId, by: AgencyKeyVersion) -> Vec<u8> {
        let agency = agency.as_str().as_bytes();
        let object_key = self.object_key.as_str().as_bytes();
        let agency_bytes = u8::try_from(agency.len()).expect("an agency's name is 40 bytes long");
        let key_bytes = u16::try_from(object_key.len()).expect("an object key is 1,024 bytes long");
        let mut bytes = Vec::with_capacity(96 + agency.len() + object_key.len());
        bytes.extend_from_slice(b"acervo.data-key");
        bytes.push(FORMAT);
        bytes.extend_from_slice(&by.number.0.to_be_bytes());
        bytes.extend_from_slice(&by.version.0.to_be_bytes());
        bytes.push(agency_bytes);
        bytes.extend_from_slice(agency);
        bytes.extend_from_slice(&self.bucket.0.to_be_bytes());
        bytes.extend_from_slice(&key_bytes.to_be_bytes());
        bytes.extend_from_slice(object_key);
        match self.at {
            PlaceAt::Version(VersionId::Null) => bytes.extend_from_slice(&[1, 0]),
            PlaceAt::Version(VersionId::Id(id)) => {
                bytes.extend_from_slice(&[1, 16]);
                bytes.extend_from_slice(id);
            }
            PlaceAt::Part(upload, part_number) => {
                bytes.push(2);
                bytes.extend_from_slice(&upload.0.to_be_bytes());
                bytes.extend_from_slice(&part_number.get().to_be_bytes());
            }
        }
        bytes.extend_from_slice(&self.size_bytes.to_be_bytes());
        bytes
    }
}

/// A wrapped data key, as the index stores it.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct WrappedDataKey([u8; DATA_KEY_BYTES]);

impl WrappedDataKey {
    pub(super) fn new(by: AgencyKeyVersion, wrapped: WrappedBytes) -> Self {
        let mut bytes = [0; DATA_KEY_BYTES];
        let fields = [FORMAT]
            .into_iter()
            .chain(by.number.0.to_be_bytes())
            .chain(by.version.0.to_be_bytes())
            .chain(wrapped);
        for (byte, field) in bytes.iter_mut().zip(fields) {
            *byte = field;
        }
        Self(bytes)
    }

    /// The bytes to store.
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads stored bytes; whether they unwrap is seen later.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        match <[u8; DATA_KEY_BYTES]>::try_from(bytes) {
            Ok(bytes @ [FORMAT, ..]) => Ok(Self(bytes)),
            _ => Err(Error::NotWrapped),
        }
    }

    /// The agency key that wrapped it.
    pub const fn by(&self) -> AgencyKeyVersion {
        let [_, n0, n1, v0, v1, v2, v3, ..] = self.0;
        AgencyKeyVersion {
            number: AgencyKeyNumber(u16::from_be_bytes([n0, n1])),
            version: KeyVersion(u32::from_be_bytes([v0, v1, v2, v3])),
        }
    }

    pub(super) fn wrapped(&self) -> &[u8] {
        self.0.get(7..).unwrap_or_default()
    }
}

impl fmt::Debug for WrappedDataKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "WrappedDataKey(by {})", self.by())
    }
}
