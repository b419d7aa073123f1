//! Keys in a type that cannot be printed.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::random;
pub use crate::types::secret::SecretText;

/// 256 bits of key: wiped when dropped, compared in constant time, never shown.
pub struct SecretKey(Zeroizing<[u8; 32]>);

impl SecretKey {
    /// A key made of these bytes; the caller wipes its own copy.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A new random key.
    pub fn random() -> Self {
        Self::new(random::bytes())
    }

    /// The bytes, for the one call that needs them.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for SecretKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&*other.0).into()
    }
}

impl Eq for SecretKey {}

impl fmt::Debug for SecretKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretKey(…)")
    }
}
