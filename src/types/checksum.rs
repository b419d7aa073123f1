//! The checksums that S3 carries beside the entity tag.
//!
//! Source: AWS S3 User Guide, "Checking object integrity for data uploads".

use std::fmt;

use super::encoding;

/// An algorithm of `x-amz-checksum-algorithm`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ChecksumAlgorithm {
    /// CRC-32 (ISO-HDLC), big endian.
    Crc32,
    /// CRC-32C (iSCSI), big endian.
    Crc32c,
    /// CRC-64/NVME, big endian; full object only.
    Crc64Nvme,
    /// SHA-1; composite only.
    Sha1,
    /// SHA-256; composite only.
    Sha256,
    /// SHA-512; composite only.
    Sha512,
    /// MD5, as an additional checksum; composite only.
    Md5,
    /// XXH64 with seed 0, big endian; composite only.
    XxHash64,
    /// XXH3 of 64 bits with seed 0, big endian; composite only.
    XxHash3,
    /// XXH3 of 128 bits with seed 0, big endian; composite only.
    XxHash128,
}

impl ChecksumAlgorithm {
    /// Every algorithm, in the order of S3's documentation.
    pub const ALL: [Self; 10] = [
        Self::Crc32,
        Self::Crc32c,
        Self::Crc64Nvme,
        Self::Sha1,
        Self::Sha256,
        Self::Sha512,
        Self::Md5,
        Self::XxHash64,
        Self::XxHash3,
        Self::XxHash128,
    ];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
            Self::Md5 => "MD5",
            Self::XxHash64 => "XXHASH64",
            Self::XxHash3 => "XXHASH3",
            Self::XxHash128 => "XXHASH128",
        }
    }

    /// The header (or trailer) that carries a value, in lower case.
    pub const fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
            Self::Sha512 => "x-amz-checksum-sha512",
            Self::Md5 => "x-amz-checksum-md5",
            Self::XxHash64 => "x-amz-checksum-xxhash64",
            Self::XxHash3 => "x-amz-checksum-xxhash3",
            Self::XxHash128 => "x-amz-checksum-xxhash128",
        }
    }

    /// The length of a value in bytes.
    pub const fn length(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme | Self::XxHash64 | Self::XxHash3 => 8,
            Self::Md5 | Self::XxHash128 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    /// Whether values of parts combine into the value of the whole.
    pub const fn combines(self) -> bool {
        matches!(self, Self::Crc32 | Self::Crc32c | Self::Crc64Nvme)
    }

    /// How multipart uploads of this algorithm are summed when the client does not say.
    pub const fn default_type(self) -> ChecksumType {
        match self {
            Self::Crc64Nvme => ChecksumType::FullObject,
            _ => ChecksumType::Composite,
        }
    }

    /// Reads the name on the wire, in any case, as S3 does.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|a| a.name().eq_ignore_ascii_case(text))
    }

    /// The algorithm whose header this is.
    pub fn of_header(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|a| a.header().eq_ignore_ascii_case(name))
    }

    /// The number in the index. Never reused.
    pub const fn code(self) -> u8 {
        match self {
            Self::Crc32 => 1,
            Self::Crc32c => 2,
            Self::Crc64Nvme => 3,
            Self::Sha1 => 4,
            Self::Sha256 => 5,
            Self::Sha512 => 6,
            Self::Md5 => 7,
            Self::XxHash64 => 8,
            Self::XxHash3 => 9,
            Self::XxHash128 => 10,
        }
    }

    /// The inverse of [`ChecksumAlgorithm::code`].
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.code() == code)
    }
}

/// What a multipart object's checksum sums: `x-amz-checksum-type`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ChecksumType {
    /// The bytes of the object.
    FullObject,
    /// The checksums of its parts, one after another.
    Composite,
}

impl ChecksumType {
    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::FullObject => "FULL_OBJECT",
            Self::Composite => "COMPOSITE",
        }
    }

    /// Reads the name on the wire.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::FullObject, Self::Composite]
            .into_iter()
            .find(|t| t.name().eq_ignore_ascii_case(text))
    }
}

/// A checksum's value with its algorithm; the length is the algorithm's.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct ChecksumValue {
    algorithm: ChecksumAlgorithm,
    bytes: [u8; 64],
}

impl ChecksumValue {
    /// A value from its bytes, if their count is the algorithm's.
    pub fn new(algorithm: ChecksumAlgorithm, value: &[u8]) -> Option<Self> {
        let mut bytes = [0; 64];
        if value.len() != algorithm.length() {
            return None;
        }
        bytes.get_mut(..value.len())?.copy_from_slice(value);
        Some(Self { algorithm, bytes })
    }

    /// Reads the base64 of a header.
    pub fn parse(algorithm: ChecksumAlgorithm, text: &str) -> Option<Self> {
        Self::new(algorithm, &encoding::parse_base64(text)?)
    }

    /// The algorithm.
    pub const fn algorithm(&self) -> ChecksumAlgorithm {
        self.algorithm
    }

    /// The bytes of the value, big endian for CRCs.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes
            .get(..self.algorithm.length())
            .unwrap_or_default()
    }

    /// The base64 of a header.
    pub fn base64(&self) -> String {
        encoding::base64(self.as_bytes())
    }
}

impl fmt::Debug for ChecksumValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.algorithm.name(), self.base64())
    }
}

/// The checksum of a stored object or part: its value, what it sums, and over how many parts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ObjectChecksum {
    /// The value.
    pub value: ChecksumValue,
    /// What it sums.
    pub kind: ChecksumType,
    /// The count of parts of a composite value, shown as `-N` behind it.
    pub parts: Option<u16>,
}

impl ObjectChecksum {
    /// The checksum of content stored in one piece.
    pub const fn of_content(value: ChecksumValue) -> Self {
        Self {
            value,
            kind: ChecksumType::FullObject,
            parts: None,
        }
    }

    /// The text of header and XML: base64, with `-N` for a composite value.
    pub fn text(&self) -> String {
        match self.parts {
            None => self.value.base64(),
            Some(parts) => format!("{}-{parts}", self.value.base64()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ChecksumAlgorithm, ChecksumValue};

    #[test]
    fn values_have_the_length_of_their_algorithm() {
        for algorithm in ChecksumAlgorithm::ALL {
            let value = ChecksumValue::new(algorithm, &vec![7; algorithm.length()]).unwrap();
            assert_eq!(
                ChecksumValue::parse(algorithm, &value.base64()),
                Some(value)
            );
            assert_eq!(
                ChecksumValue::new(algorithm, &vec![7; algorithm.length() + 1]),
                None
            );
            assert_eq!(
                ChecksumAlgorithm::from_code(algorithm.code()),
                Some(algorithm)
            );
            assert_eq!(
                ChecksumAlgorithm::of_header(algorithm.header()),
                Some(algorithm)
            );
        }
        assert_eq!(
            ChecksumValue::parse(ChecksumAlgorithm::Crc32, "not base64"),
            None
        );
    }
}
