//! Digests: the ones that a request announces, computed in one pass over its body.

use std::hash::Hasher as _;

use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};
use subtle::ConstantTimeEq;
use twox_hash::{XxHash3_64, XxHash3_128, XxHash64};

use super::md5::Md5;
use crate::types::checksum::ChecksumAlgorithm;
use crate::types::checksum::ChecksumValue;

/// SHA-256 of some bytes (FIPS 180-4).
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// HMAC-SHA256 (RFC 2104).
pub fn hmac_sha256(mac_key: &[u8], bytes: &[u8]) -> [u8; 32] {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let mut mac = Hmac::<Sha256>::new_from_slice(mac_key).expect("HMAC takes keys of any length");
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}

/// Whether two byte strings are equal, in a time that depends on their lengths alone.
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// Bytes that every digest takes in turn: few enough to stay in the first-level cache.
const TURN_BYTES: usize = 8 << 10;

/// Which digests of a body are needed.
#[derive(Clone, Debug, Default)]
pub struct DigestPlan {
    /// For the entity tag and `Content-MD5`.
    pub md5: bool,
    /// For `x-amz-content-sha256`.
    pub sha256: bool,
    /// The client's, or the upload's, additional checksums.
    pub checksums: Vec<ChecksumAlgorithm>,
}

/// Digests in the making.
pub struct Digests {
    md5: Option<Md5>,
    sha256: Option<Sha256>,
    checksums: Vec<Checksum>,
}

impl Digests {
    /// Starts the digests of a plan.
    pub fn new(plan: &DigestPlan) -> Self {
        Self {
            md5: plan.md5.then(Md5::new),
            sha256: plan.sha256.then(Sha256::new),
            checksums: plan.checksums.iter().map(|a| Checksum::new(*a)).collect(),
        }
    }

    /// Takes the next bytes of the body.
    pub fn update(&mut self, bytes: &[u8]) {
        for turn in bytes.chunks(TURN_BYTES) {
            if let Some(md5) = &mut self.md5 {
                md5.update(turn);
            }
            if let Some(sha256) = &mut self.sha256 {
                sha256.update(turn);
            }
            for checksum in &mut self.checksums {
                checksum.update(turn);
            }
        }
    }

    /// The digests of the whole body.
    pub fn finish(self) -> DigestResults {
        DigestResults {
            md5: self.md5.map(Md5::finish),
            sha256: self.sha256.map(|d| d.finalize().into()),
            checksums: self.checksums.into_iter().map(Checksum::finish).collect(),
        }
    }
}

/// What a plan asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DigestResults {
    /// MD5, if planned.
    pub md5: Option<[u8; 16]>,
    /// SHA-256, if planned.
    pub sha256: Option<[u8; 32]>,
    checksums: Vec<ChecksumValue>,
}

impl DigestResults {
    /// The checksum of an algorithm, if planned.
    pub fn checksum(&self, algorithm: ChecksumAlgorithm) -> Option<ChecksumValue> {
        let mut checksums = self.checksums.iter();
        checksums.find(|c| c.algorithm() == algorithm).copied()
    }
}

enum Checksum {
    Crc(ChecksumAlgorithm, crc_fast::Digest),
    Sha1(Sha1),
    Sha256(Sha256),
    Sha512(Sha512),
    Md5(Md5),
    XxHash64(XxHash64),
    XxHash3(Box<XxHash3_64>),
    XxHash128(Box<XxHash3_128>),
}

impl Checksum {
    fn new(algorithm: ChecksumAlgorithm) -> Self {
        match algorithm {
            ChecksumAlgorithm::Crc32 | ChecksumAlgorithm::Crc32c | ChecksumAlgorithm::Crc64Nvme => {
                let crc = crc(algorithm).expect("these three are CRCs");
                Self::Crc(algorithm, crc_fast::Digest::new(crc))
            }
            ChecksumAlgorithm::Sha1 => Self::Sha1(Sha1::new()),
            ChecksumAlgorithm::Sha256 => Self::Sha256(Sha256::new()),
            ChecksumAlgorithm::Sha512 => Self::Sha512(Sha512::new()),
            ChecksumAlgorithm::Md5 => Self::Md5(Md5::new()),
            ChecksumAlgorithm::XxHash64 => Self::XxHash64(XxHash64::with_seed(0)),
            ChecksumAlgorithm::XxHash3 => Self::XxHash3(Box::new(XxHash3_64::new())),
            ChecksumAlgorithm::XxHash128 => Self::XxHash128(Box::new(XxHash3_128::new())),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Crc(_, digest) => digest.update(bytes),
            Self::Sha1(digest) => digest.update(bytes),
            Self::Sha256(digest) => digest.update(bytes),
            Self::Sha512(digest) => digest.update(bytes),
            Self::Md5(digest) => digest.update(bytes),
            Self::XxHash64(digest) => digest.write(bytes),
            Self::XxHash3(digest) => digest.write(bytes),
            Self::XxHash128(digest) => digest.write(bytes),
        }
    }

    fn finish(self) -> ChecksumValue {
        use ChecksumAlgorithm as A;
        match self {
            Self::Crc(algorithm, digest) => crc_value(algorithm, digest.finalize()),
            Self::Sha1(digest) => ChecksumValue::new(A::Sha1, &digest.finalize()),
            Self::Sha256(digest) => ChecksumValue::new(A::Sha256, &digest.finalize()),
            Self::Sha512(digest) => ChecksumValue::new(A::Sha512, &digest.finalize()),
            Self::Md5(digest) => ChecksumValue::new(A::Md5, &digest.finish()),
            Self::XxHash64(digest) => {
                ChecksumValue::new(A::XxHash64, &digest.finish().to_be_bytes())
            }
            Self::XxHash3(digest) => ChecksumValue::new(A::XxHash3, &digest.finish().to_be_bytes()),
            Self::XxHash128(digest) => {
                ChecksumValue::new(A::XxHash128, &digest.finish_128().to_be_bytes())
            }
        }
        .expect("a digest has the length of its algorithm")
    }
}

/// The CRC behind an algorithm of S3, if it is one.
const fn crc(algorithm: ChecksumAlgorithm) -> Option<crc_fast::CrcAlgorithm> {
    match algorithm {
        ChecksumAlgorithm::Crc32 => Some(crc_fast::CrcAlgorithm::Crc32IsoHdlc),
        ChecksumAlgorithm::Crc32c => Some(crc_fast::CrcAlgorithm::Crc32Iscsi),
        ChecksumAlgorithm::Crc64Nvme => Some(crc_fast::CrcAlgorithm::Crc64Nvme),
        _ => None,
    }
}

/// A CRC as S3 writes it: as many of the low bytes as its width, big endian.
fn crc_value(algorithm: ChecksumAlgorithm, crc: u64) -> Option<ChecksumValue> {
    let bytes = crc.to_be_bytes();
    let from = bytes.len().checked_sub(algorithm.length())?;
    ChecksumValue::new(algorithm, bytes.get(from..)?)
}

/// The checksum of parts laid end to end, from each part's checksum and size in bytes.
///
/// `None` if the algorithm does not combine or a part's checksum is of another one.
pub fn combine_crc(
    algorithm: ChecksumAlgorithm,
    parts: &[(ChecksumValue, u64)],
) -> Option<ChecksumValue> {
    let crc = crc(algorithm)?;
    let mut whole = crc_fast::checksum(crc, &[]);
    for (value, size_bytes) in parts {
        if value.algorithm() != algorithm {
            return None;
        }
        let part = value
            .as_bytes()
            .iter()
            .fold(0, |sum, byte| (sum << 8) | u64::from(*byte));
        whole = crc_fast::checksum_combine(crc, whole, part, *size_bytes);
    }
    crc_value(algorithm, whole)
}

#[cfg(test)]
mod tests {
    use super::{DigestPlan, DigestResults, Digests, combine_crc, hmac_sha256, sha256};
    use crate::types::checksum::ChecksumAlgorithm;
    use proptest::prelude::{any, prop};

    fn digests(pieces: &[&[u8]]) -> DigestResults {
        let mut digests = Digests::new(&DigestPlan {
            md5: true,
            sha256: true,
            checksums: ChecksumAlgorithm::ALL.to_vec(),
        });
        for piece in pieces {
            digests.update(piece);
        }
        digests.finish()
    }

    #[track_caller]
    fn check(algorithm: ChecksumAlgorithm, expected: &str) {
        let value = digests(&[b"1234", b"56789"]).checksum(algorithm).unwrap();
        assert_eq!(hex::encode(value.as_bytes()), expected);
    }

    /// The check values of the CRC catalogue; the SHAs and MD5 by coreutils, XXH by the AWS
    /// common runtime, whose byte order is the wire's.
    #[test]
    fn checksums_of_the_nine_digits() {
        check(ChecksumAlgorithm::Crc32, "cbf43926");
        check(ChecksumAlgorithm::Crc32c, "e3069283");
        check(ChecksumAlgorithm::Crc64Nvme, "ae8b14860a799888");
        check(
            ChecksumAlgorithm::Sha1,
            "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
        );
        check(
            ChecksumAlgorithm::Sha256,
            "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
        );
        check(
            ChecksumAlgorithm::Sha512,
            "d9e6762dd1c8eaf6d61b3c6192fc408d4d6d5f1176d0c29169bc24e71c3f274ad27fcd5811b313d681f7e\
             55ec02d73d499c95455b6b5bb503acf574fba8ffe85",
        );
        check(ChecksumAlgorithm::Md5, "25f9e794323b453885f5181f1b624d0b");
        check(ChecksumAlgorithm::XxHash64, "8cb841db40e6ae83");
        check(ChecksumAlgorithm::XxHash3, "72dcb18b67a17dff");
        check(
            ChecksumAlgorithm::XxHash128,
            "33119477ede5dcd5e9716427681d5860",
        );
    }

    #[test]
    fn only_what_is_planned_is_computed() {
        let results = Digests::new(&DigestPlan::default()).finish();
        assert_eq!((results.md5, results.sha256), (None, None));
        assert_eq!(results.checksum(ChecksumAlgorithm::Crc32), None);
    }

    /// RFC 4231, test cases 1 and 2; FIPS 180-2, appendix B.1.
    #[test]
    fn published_vectors() {
        assert_eq!(
            hex::encode(hmac_sha256(&[0x0b; 20], b"Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        );
        assert_eq!(
            hex::encode(hmac_sha256(b"Jefe", b"what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            hex::encode(sha256(b"abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn shas_and_strangers_do_not_combine() {
        let results = digests(&[b"x"]);
        let value = |algorithm| results.checksum(algorithm).unwrap();
        let sha256 = value(ChecksumAlgorithm::Sha256);
        assert_eq!(combine_crc(ChecksumAlgorithm::Sha256, &[(sha256, 1)]), None);
        let crc32 = value(ChecksumAlgorithm::Crc32);
        assert_eq!(combine_crc(ChecksumAlgorithm::Crc32c, &[(crc32, 1)]), None);
    }

    proptest::proptest! {
        #[test]
        fn crcs_of_parts_combine_into_the_crc_of_the_whole(
            parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..3000), 0..5),
        ) {
            let whole = digests(&[&parts.concat()]);
            for algorithm in ChecksumAlgorithm::ALL.into_iter().filter(|a| a.combines()) {
                let sums: Vec<_> = parts
                    .iter()
                    .map(|p| (digests(&[p]).checksum(algorithm).unwrap(), p.len() as u64))
                    .collect();
                assert_eq!(combine_crc(algorithm, &sums), whole.checksum(algorithm));
            }
        }
    }
}
