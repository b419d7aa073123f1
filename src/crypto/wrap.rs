//! Keys under keys: the layout of `small.rs` around exactly 32 bytes.

use zeroize::Zeroizing;

use super::error::OpenError;
use super::secret::SecretKey;
use super::small::{OVERHEAD_BYTES, SmallKey};

/// Bytes of a wrapped key.
pub const WRAPPED_BYTES: usize = 32 + OVERHEAD_BYTES;

/// A wrapped key: safe to store, useless without the key that wraps it.
pub type WrappedBytes = [u8; WRAPPED_BYTES];

/// A key that wraps others, its schedule expanded once. One wraps at most 2^32 keys.
pub struct WrappingKey(SmallKey);

impl WrappingKey {
    /// Expands the key.
    pub fn new(wrapping_key: &SecretKey) -> Self {
        Self(SmallKey::new(wrapping_key))
    }

    /// Wraps a key for the place that the associated data names.
    pub fn wrap(&self, associated_data: &[u8], wrapped_key: &SecretKey) -> WrappedBytes {
        self.0
            .seal(associated_data, wrapped_key.expose())
            .try_into()
            .expect("32 bytes and what sealing adds")
    }

    /// Unwraps what [`WrappingKey::wrap`] made for the same place.
    pub fn unwrap(&self, associated_data: &[u8], wrapped: &[u8]) -> Result<SecretKey, OpenError> {
        if wrapped.len() != WRAPPED_BYTES {
            return Err(OpenError::Length);
        }
        let opened = self.0.open(associated_data, wrapped)?;
        let bytes: Zeroizing<[u8; 32]> = Zeroizing::new(
            opened
                .as_slice()
                .try_into()
                .map_err(|_| OpenError::Length)?,
        );
        Ok(SecretKey::new(*bytes))
    }
}

impl WrappingKey {
    /// Seals what another key has wrapped already.
    pub fn wrap_again(&self, associated_data: &[u8], wrapped: &WrappedBytes) -> Vec<u8> {
        self.0.seal(associated_data, wrapped)
    }

    /// Opens what [`WrappingKey::wrap_again`] made for the same place.
    pub fn unwrap_outer(
        &self,
        associated_data: &[u8],
        sealed: &[u8],
    ) -> Result<WrappedBytes, OpenError> {
        let opened = self.0.open(associated_data, sealed)?;
        opened.as_slice().try_into().map_err(|_| OpenError::Length)
    }
}

/// Wraps one key; [`WrappingKey`] spares the key expansion where there are many.
pub fn wrap(
    wrapping_key: &SecretKey,
    associated_data: &[u8],
    wrapped_key: &SecretKey,
) -> WrappedBytes {
    WrappingKey::new(wrapping_key).wrap(associated_data, wrapped_key)
}

/// Unwraps one key; [`WrappingKey`] spares the key expansion where there are many.
pub fn unwrap(
    wrapping_key: &SecretKey,
    associated_data: &[u8],
    wrapped: &[u8],
) -> Result<SecretKey, OpenError> {
    WrappingKey::new(wrapping_key).unwrap(associated_data, wrapped)
}

#[cfg(test)]
mod tests {
    use super::{unwrap, wrap};
    use crate::crypto::error::OpenError;
    use crate::crypto::secret::SecretKey;
    use crate::crypto::small;

    #[test]
    fn unwraps_under_its_own_key_in_its_own_place_only() {
        let (wrapping_key, data_key) = (SecretKey::random(), SecretKey::random());
        let wrapped = wrap(&wrapping_key, b"here", &data_key);
        assert!(unwrap(&wrapping_key, b"here", &wrapped) == Ok(data_key));
        let other = SecretKey::random();
        assert_eq!(
            unwrap(&wrapping_key, b"there", &wrapped),
            Err(OpenError::Forged)
        );
        assert_eq!(unwrap(&other, b"here", &wrapped), Err(OpenError::Forged));
    }

    #[test]
    fn a_value_of_another_length_is_no_key() {
        let wrapping_key = SecretKey::random();
        let sealed = small::seal(&wrapping_key, b"here", &[0; 31]);
        assert_eq!(
            unwrap(&wrapping_key, b"here", &sealed),
            Err(OpenError::Length)
        );
    }
}
