//! AES-256-GCM, twice: in bulk by aws-lc-rs, for small values by the aes-gcm crate.
//!
//! Both are the same function (NIST SP 800-38D); the published vectors below run through both, and
//! so do the golden blobs.

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::aead::{AeadInOut, KeyInit};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, UnboundKey};

use super::error::OpenError;
use super::secret::SecretKey;

/// Bytes of a nonce.
pub const NONCE_BYTES: usize = 12;
/// Bytes of an authentication tag.
pub const TAG_BYTES: usize = 16;

/// A key with its schedule, ready to seal and open in place.
pub trait Aead: Send + Sync {
    /// Expands the key once.
    fn new(sealing_key: &SecretKey) -> Self;

    /// Turns plaintext into ciphertext in place and returns its tag. A nonce is used once per key.
    fn seal(
        &self,
        nonce: &[u8; NONCE_BYTES],
        associated_data: &[u8],
        text: &mut [u8],
    ) -> [u8; TAG_BYTES];

    /// Turns ciphertext into plaintext in place if the tag fits. If not, `text` is scrambled and
    /// must not be looked at.
    fn open(
        &self,
        nonce: &[u8; NONCE_BYTES],
        associated_data: &[u8],
        text: &mut [u8],
        tag: &[u8; TAG_BYTES],
    ) -> Result<(), OpenError>;
}

/// For segments of blobs: aws-lc-rs, four times as fast on long texts.
pub struct Bulk(LessSafeKey);

impl Aead for Bulk {
    fn new(sealing_key: &SecretKey) -> Self {
        let unbound = UnboundKey::new(&AES_256_GCM, sealing_key.expose())
            .expect("32 bytes are the length of an AES-256 key");
        Self(LessSafeKey::new(unbound))
    }

    fn seal(
        &self,
        nonce: &[u8; NONCE_BYTES],
        associated_data: &[u8],
        text: &mut [u8],
    ) -> [u8; TAG_BYTES] {
        self.0
            .seal_in_place_separate_tag(nonce.into(), Aad::from(associated_data), text)
            .ok()
            .and_then(|tag| tag.as_ref().try_into().ok())
            .expect("a segment is far below the 64 GiB that GCM seals under one nonce")
    }

    fn open(
        &self,
        nonce: &[u8; NONCE_BYTES],
        associated_data: &[u8],
        text: &mut [u8],
        tag: &[u8; TAG_BYTES],
    ) -> Result<(), OpenError> {
        self.0
            .open_in_place_separate_tag(nonce.into(), Aad::from(associated_data), tag, text)
            .map(|_| ())
            .map_err(|_| OpenError::Forged)
    }
}

/// For keys, metadata and documents below the inline limit: the aes-gcm crate.
pub struct Small(Aes256Gcm);

impl Aead for Small {
    fn new(sealing_key: &SecretKey) -> Self {
        Self(Aes256Gcm::new(sealing_key.expose().into()))
    }

    fn seal(
        &self,
        nonce: &[u8; NONCE_BYTES],
        associated_data: &[u8],
        text: &mut [u8],
    ) -> [u8; TAG_BYTES] {
        self.0
            .encrypt_inout_detached(nonce.into(), associated_data, InOutBuf::from(text))
            .expect("small values are far below the 64 GiB that GCM seals under one nonce")
            .into()
    }

    fn open(
        &self,
        nonce: &[u8; NONCE_BYTES],
        associated_data: &[u8],
        text: &mut [u8],
        tag: &[u8; TAG_BYTES],
    ) -> Result<(), OpenError> {
        self.0
            .decrypt_inout_detached(
                nonce.into(),
                associated_data,
                InOutBuf::from(text),
                tag.into(),
            )
            .map_err(|_| OpenError::Forged)
    }
}

#[cfg(test)]
mod tests {
    use super::{Aead, Bulk, Small};
    use crate::crypto::error::OpenError;
    use crate::crypto::secret::SecretKey;

    struct Vector {
        key: &'static str,
        nonce: &'static str,
        associated_data: &'static str,
        plaintext: &'static str,
        ciphertext: &'static str,
        tag: &'static str,
    }

    /// McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 13 to 16.
    const VECTORS: [Vector; 4] = [
        Vector {
            key: "0000000000000000000000000000000000000000000000000000000000000000",
            nonce: "000000000000000000000000",
            associated_data: "",
            plaintext: "",
            ciphertext: "",
            tag: "530f8afbc74536b9a963b4f1c4cb738b",
        },
        Vector {
            key: "0000000000000000000000000000000000000000000000000000000000000000",
            nonce: "000000000000000000000000",
            associated_data: "",
            plaintext: "00000000000000000000000000000000",
            ciphertext: "cea7403d4d606b6e074ec5d3baf39d18",
            tag: "d0d1c8a799996bf0265b98b5d48ab919",
        },
        Vector {
            key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
            nonce: "cafebabefacedbaddecaf888",
            associated_data: "",
            plaintext: "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
                        1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
            ciphertext: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
                         8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad",
            tag: "b094dac5d93471bdec1a502270e3cc6c",
        },
        Vector {
            key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
            nonce: "cafebabefacedbaddecaf888",
            associated_data: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            plaintext: "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
                        1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
            ciphertext: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
                         8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
            tag: "76fc6ece0f4e1768cddf8853bb2d551b",
        },
    ];

    #[track_caller]
    fn check<A: Aead>(vector: &Vector) {
        let array = |text: &str| hex::decode(text).unwrap();
        let sealing_key = SecretKey::new(array(vector.key).try_into().unwrap());
        let nonce = array(vector.nonce).try_into().unwrap();
        let associated_data = array(vector.associated_data);
        let cipher = A::new(&sealing_key);

        let mut text = array(vector.plaintext);
        let tag = cipher.seal(&nonce, &associated_data, &mut text);
        assert_eq!(hex::encode(&text), vector.ciphertext);
        assert_eq!(hex::encode(tag), vector.tag);

        let mut wrong = tag;
        wrong[15] ^= 1;
        assert_eq!(
            cipher.open(&nonce, &associated_data, &mut text.clone(), &wrong),
            Err(OpenError::Forged)
        );
        assert_eq!(
            cipher.open(&nonce, &associated_data, &mut text, &tag),
            Ok(())
        );
        assert_eq!(hex::encode(&text), vector.plaintext);
    }

    #[test]
    fn published_vectors() {
        for vector in &VECTORS {
            check::<Bulk>(vector);
            check::<Small>(vector);
        }
    }
}
