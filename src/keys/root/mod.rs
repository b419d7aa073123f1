//! The root key of the installation, and the providers that keep it.

use super::error::Error;
use crate::crypto::secret::SecretKey;

pub mod contract;
mod env;
mod file;

pub use env::EnvRootKey;
pub use file::FileRootKey;

/// A key that wraps keys, wherever it is kept: in a file, in the environment, in an HSM.
///
/// Every provider passes [`contract::check`]. Calls may block on a device or the network.
pub trait RootKey: Send + Sync {
    /// Wraps a key for the place that `context` names. The form is the provider's own.
    fn wrap(&self, context: &[u8], wrapped_key: &SecretKey) -> Result<Vec<u8>, Error>;

    /// Unwraps what [`RootKey::wrap`] made for the same place. Anything else is
    /// [`Error::RootKeyRefused`].
    fn unwrap(&self, context: &[u8], wrapped: &[u8]) -> Result<SecretKey, Error>;

    /// Where the key is kept, to complete the sentence "the root key is kept in …".
    fn describe(&self) -> String;
}
