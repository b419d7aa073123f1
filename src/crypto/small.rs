//! Small values sealed in one piece: secrets of access keys, bodies of audit entries.
//!
//! ```text
//! 0         1            13                 13 + n      29 + n
//! +---------+------------+------------------+-----------+
//! | 01      | nonce (12) | ciphertext (n)   | tag (16)  |
//! +---------+------------+------------------+-----------+
//! ```
//!
//! AES-256-GCM under a random nonce. One key seals at most 2^32 values this way (NIST SP 800-38D
//! section 8.3); keys that seal more often than that are rotated first.

use zeroize::Zeroizing;

use super::aead::{Aead, NONCE_BYTES, Small, TAG_BYTES};
use super::error::OpenError;
use super::random;
use super::secret::SecretKey;

const FORMAT: u8 = 1;
const START: usize = 1 + NONCE_BYTES;

/// What sealing adds to the length of a value.
pub const OVERHEAD_BYTES: usize = START + TAG_BYTES;

/// A key that seals and opens small values, its schedule expanded once. One that is kept and used
/// for every request is better kept by
/// [`Bulk`](super::aead::Bulk).
pub struct SmallKey<A = Small>(A);

impl SmallKey {
    /// Expands the key.
    pub fn new(sealing_key: &SecretKey) -> Self {
        Self::expand(sealing_key)
    }
}

impl<A: Aead> SmallKey<A> {
    /// Expands the key by the implementation that is named.
    pub fn expand(sealing_key: &SecretKey) -> Self {
        Self(A::new(sealing_key))
    }

    /// Seals a value for the place that the associated data names.
    pub fn seal(&self, associated_data: &[u8], plaintext: &[u8]) -> Vec<u8> {
        let nonce = random::bytes();
        let mut sealed = Vec::with_capacity(OVERHEAD_BYTES + plaintext.len());
        sealed.push(FORMAT);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plaintext);
        let text = sealed.get_mut(START..).unwrap_or_default();
        let tag = self.0.seal(&nonce, associated_data, text);
        sealed.extend_from_slice(&tag);
        sealed
    }

    /// Opens what [`SmallKey::seal`] made for the same place.
    pub fn open(
        &self,
        associated_data: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (format, rest) = sealed.split_first().ok_or(OpenError::Length)?;
        if *format != FORMAT {
            return Err(OpenError::Format(*format));
        }
        let (nonce, rest) = rest.split_first_chunk().ok_or(OpenError::Length)?;
        let (text, tag) = rest.split_last_chunk().ok_or(OpenError::Length)?;
        let mut plaintext = Zeroizing::new(text.to_vec());
        self.0.open(nonce, associated_data, &mut plaintext, tag)?;
        Ok(plaintext)
    }
}

/// Seals one value; [`SmallKey`] spares the key expansion where there are many.
pub fn seal(sealing_key: &SecretKey, associated_data: &[u8], plaintext: &[u8]) -> Vec<u8> {
    SmallKey::new(sealing_key).seal(associated_data, plaintext)
}

/// Opens one value; [`SmallKey`] spares the key expansion where there are many.
pub fn open(
    sealing_key: &SecretKey,
    associated_data: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    SmallKey::new(sealing_key).open(associated_data, sealed)
}

#[cfg(test)]
mod tests {
    use super::{OVERHEAD_BYTES, open, seal};
    use crate::crypto::error::OpenError;
    use crate::crypto::secret::SecretKey;

    #[test]
    fn opens_in_its_own_place_only() {
        let sealing_key = SecretKey::random();
        let sealed = seal(&sealing_key, b"here", b"secret");
        assert_eq!(sealed.len(), b"secret".len() + OVERHEAD_BYTES);
        assert_eq!(
            open(&sealing_key, b"here", &sealed).unwrap().as_slice(),
            b"secret"
        );
        let refused = |place: &[u8], sealed: &[u8]| open(&sealing_key, place, sealed).err();
        assert_eq!(refused(b"there", &sealed), Some(OpenError::Forged));
        assert_eq!(
            open(&SecretKey::random(), b"here", &sealed).err(),
            Some(OpenError::Forged)
        );
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_refused() {
        let sealing_key = SecretKey::random();
        let sealed = seal(&sealing_key, b"here", b"secret");
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&sealing_key, b"here", &flipped).is_err(), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert!(open(&sealing_key, b"here", &sealed[..length]).is_err());
        }
    }
}
