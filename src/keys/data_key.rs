//! Data keys as the index stores them: wrapped, and bound to the place of what they seal.
//!
//! ```text
//! 0         1            3             7
//! +---------+------------+-------------+------------------------------------------+
//! | 01      | agency key | its version | the data key, wrapped (crypto/wrap.rs)   |
//! |         | u16        | u32         | 61 bytes                                 |
//! +---------+------------+-------------+------------------------------------------+
//! | 02      | agency key | its version | that, sealed (crypto/small.rs) around    |
//! |         | u16        | u32         | the data key wrapped by a customer's key |
//! |         |            |             | 90 bytes                                 |
//! +---------+------------+-------------+------------------------------------------+
//!
//! associated data = "acervo.data-key" | 01 or 02, as above | agency key, u16 | its version, u32
//!                 | place
//! place           = agency length, u8 | agency | bucket id, i64
//!                 | object key length, u16 | object key
//!                 | 01 | version id length, u8 | version id     (an object)
//!                 | 02 | upload number, i64 | part number, u16  (a part)
//!                 | size, u64
//!                 | 03 | SHA-256 of the encryption context      (if it has one)
//!
//! associated data of a wrapping by a customer's key = "acervo.customer-key" | 01 | place
//! ```
//!
//! Integers are big endian. No two places have the same associated data, because each variable
//! field carries its length. The wrapping by a customer's key does not name the agency key, so that
//! a rotation wraps anew without the customer.

use std::fmt;

use super::error::Error;
use crate::crypto::digest::sha256;
use crate::crypto::small;
use crate::crypto::wrap::WRAPPED_BYTES;
use crate::types::agency_key::{AgencyKeyNumber, AgencyKeyVersion};
use crate::types::ids::{BucketId, KeyVersion, PartNumber, UploadNumber, VersionId};
use crate::types::names::{AgencyId, ObjectKey};

const HEADER_BYTES: usize = 1 + 2 + 4;

/// Who has to bring a key for a data key to be unwrapped.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Form {
    /// The agency.
    Agency,
    /// The agency and its customer.
    Customer,
}

impl Form {
    const fn code(self) -> u8 {
        match self {
            Self::Agency => 1,
            Self::Customer => 2,
        }
    }

    const fn sealed_bytes(self) -> usize {
        match self {
            Self::Agency => WRAPPED_BYTES,
            Self::Customer => WRAPPED_BYTES + small::OVERHEAD_BYTES,
        }
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
    /// The encryption context, in its canonical form.
    pub context: Option<&'a str>,
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
    /// The associated data of a wrapping by an agency key in this place.
    pub(super) fn render(&self, agency: &AgencyId, form: Form, by: AgencyKeyVersion) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(160 + self.object_key.as_str().len());
        bytes.extend_from_slice(b"acervo.data-key");
        bytes.push(form.code());
        bytes.extend_from_slice(&by.number.0.to_be_bytes());
        bytes.extend_from_slice(&by.version.0.to_be_bytes());
        self.append(agency, &mut bytes);
        bytes
    }

    /// The associated data of a wrapping by a customer's key in this place.
    pub(super) fn render_for_customer(&self, agency: &AgencyId) -> Vec<u8> {
        let mut bytes = b"acervo.customer-key\x01".to_vec();
        self.append(agency, &mut bytes);
        bytes
    }

    fn append(&self, agency: &AgencyId, bytes: &mut Vec<u8>) {
        let agency = agency.as_str().as_bytes();
        let object_key = self.object_key.as_str().as_bytes();
        let agency_bytes = u8::try_from(agency.len()).expect("an agency's name is 40 bytes long");
        let key_bytes = u16::try_from(object_key.len()).expect("an object key is 1,024 bytes long");
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
        if let Some(context) = self.context {
            bytes.push(3);
            bytes.extend_from_slice(&sha256(context.as_bytes()));
        }
    }
}

/// A wrapped data key, as the index stores it.
#[derive(Clone, Eq, PartialEq)]
pub struct WrappedDataKey {
    bytes: Vec<u8>,
    form: Form,
    by: AgencyKeyVersion,
}

impl WrappedDataKey {
    pub(super) fn new(form: Form, by: AgencyKeyVersion, sealed: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(HEADER_BYTES + sealed.len());
        bytes.push(form.code());
        bytes.extend_from_slice(&by.number.0.to_be_bytes());
        bytes.extend_from_slice(&by.version.0.to_be_bytes());
        bytes.extend_from_slice(sealed);
        Self { bytes, form, by }
    }

    /// The bytes to store.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Reads stored bytes; whether they unwrap is seen later.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let ([format, n0, n1, v0, v1, v2, v3], sealed) = bytes
            .split_first_chunk::<HEADER_BYTES>()
            .ok_or(Error::NotWrapped)?;
        let forms = [Form::Agency, Form::Customer];
        let form = forms
            .into_iter()
            .find(|form| form.code() == *format && form.sealed_bytes() == sealed.len())
            .ok_or(Error::NotWrapped)?;
        let by = AgencyKeyVersion {
            number: AgencyKeyNumber(u16::from_be_bytes([*n0, *n1])),
            version: KeyVersion(u32::from_be_bytes([*v0, *v1, *v2, *v3])),
        };
        Ok(Self {
            bytes: bytes.to_vec(),
            form,
            by,
        })
    }

    /// The agency key that wrapped it.
    pub const fn by(&self) -> AgencyKeyVersion {
        self.by
    }

    pub(super) const fn form(&self) -> Form {
        self.form
    }

    pub(super) fn sealed(&self) -> &[u8] {
        self.bytes.get(HEADER_BYTES..).unwrap_or_default()
    }
}

impl fmt::Debug for WrappedDataKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "WrappedDataKey(by {})", self.by())
    }
}
