//! Keys that customers bring with each request and the house never keeps (S3's SSE-C).
//!
//! What is kept of such a key is a check value, salted so that two documents under one key do not
//! show it: enough to tell a wrong key from damaged bytes, of no use to open anything. The key
//! itself wraps the data key, inside the wrapping by the agency key, so that neither the house nor
//! the customer opens a document alone.

use std::sync::Arc;

use crate::crypto::derive::derive;
use crate::crypto::digest::constant_time_eq;
use crate::crypto::error::OpenError;
use crate::crypto::random;
use crate::crypto::secret::SecretKey;
use crate::crypto::wrap::{WrappedBytes, WrappingKey};

/// Bytes of a check value: the salt, then as many of the check.
pub const CHECK_BYTES: usize = 32;
const SALT_BYTES: usize = 16;

/// What is kept of a customer's key: `salt (16) | the first half of HKDF over the key`.
pub type CustomerKeyCheck = [u8; CHECK_BYTES];

/// A key that a customer brought with a request.
#[derive(Clone, Debug)]
pub struct CustomerKey(Arc<SecretKey>);

impl CustomerKey {
    /// The key that a request carries.
    pub fn new(key: SecretKey) -> Self {
        Self(Arc::new(key))
    }

    /// A new check value of the key.
    pub fn new_check(&self) -> CustomerKeyCheck {
        self.check(random::bytes())
    }

    /// Whether a check value is of this key.
    pub fn fits(&self, check: &CustomerKeyCheck) -> bool {
        let salt = check.first_chunk().copied().unwrap_or_default();
        constant_time_eq(&self.check(salt), check)
    }

    fn check(&self, salt: [u8; SALT_BYTES]) -> CustomerKeyCheck {
        let derived = derive(&self.0, "acervo.customer-key/check", &salt);
        let mut check = [0; CHECK_BYTES];
        let fields = salt.iter().chain(derived.expose());
        for (byte, field) in check.iter_mut().zip(fields) {
            *byte = *field;
        }
        check
    }

    fn wrapping_key(&self) -> WrappingKey {
        WrappingKey::new(&derive(&self.0, "acervo.customer-key/wrap", &[]))
    }

    pub(super) fn wrap(&self, associated_data: &[u8], data_key: &SecretKey) -> WrappedBytes {
        self.wrapping_key().wrap(associated_data, data_key)
    }

    pub(super) fn unwrap(
        &self,
        associated_data: &[u8],
        wrapped: &[u8],
    ) -> Result<SecretKey, OpenError> {
        self.wrapping_key().unwrap(associated_data, wrapped)
    }
}

#[cfg(test)]
mod tests {
    use super::CustomerKey;
    use crate::crypto::secret::SecretKey;

    #[test]
    fn a_check_tells_its_key_and_nothing_else() {
        let [key, other] = [1, 2].map(|byte| CustomerKey::new(SecretKey::new([byte; 32])));
        let (first, second) = (key.new_check(), key.new_check());
        assert!(key.fits(&first) && key.fits(&second) && !other.fits(&first));
        assert_ne!(
            first, second,
            "two checks of one key have nothing in common"
        );
        for at in 0..first.len() {
            let mut changed = first;
            changed[at] ^= 1;
            assert!(!key.fits(&changed), "byte {at}");
        }
    }
}
