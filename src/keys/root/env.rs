//! A root key from the environment: for containers whose platform keeps secrets.

use zeroize::Zeroizing;

use super::RootKey;
use crate::crypto::secret::{SecretKey, SecretText};
use crate::crypto::wrap::WrappingKey;
use crate::keys::error::Error;
use crate::types::encoding;

/// A root key whose value `config` read from the environment.
pub struct EnvRootKey(WrappingKey);

impl EnvRootKey {
    /// Reads the base64 (RFC 4648 section 4) of 32 bytes; white space around it does not count.
    pub fn parse(text: &SecretText) -> Result<Self, Error> {
        let decoded = encoding::parse_base64(text.expose().trim()).ok_or(Error::RootKeyText)?;
        let decoded = Zeroizing::new(decoded);
        let bytes: &[u8; 32] = decoded
            .as_slice()
            .try_into()
            .map_err(|_| Error::RootKeyText)?;
        Ok(Self(WrappingKey::new(&SecretKey::new(*bytes))))
    }
}

impl RootKey for EnvRootKey {
    fn wrap(&self, context: &[u8], wrapped_key: &SecretKey) -> Result<Vec<u8>, Error> {
        Ok(self.0.wrap(context, wrapped_key).to_vec())
    }

    fn unwrap(&self, context: &[u8], wrapped: &[u8]) -> Result<SecretKey, Error> {
        self.0
            .unwrap(context, wrapped)
            .map_err(Error::RootKeyRefused)
    }

    fn describe(&self) -> String {
        "the environment".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::EnvRootKey;
    use crate::crypto::secret::SecretText;
    use crate::keys::root::contract;
    use crate::types::encoding;

    fn parse(text: &str) -> Option<EnvRootKey> {
        EnvRootKey::parse(&SecretText::new(text.to_owned())).ok()
    }

    #[test]
    fn keeps_the_contract() {
        contract::check(&parse(&format!("{}\n", encoding::base64(&[7; 32]))).unwrap());
    }

    #[test]
    fn anything_but_32_bytes_is_refused() {
        for bytes in [&[7; 31][..], &[7; 33], b""] {
            assert!(parse(&encoding::base64(bytes)).is_none(), "{}", bytes.len());
        }
        assert!(parse("not base64 at all").is_none());
    }
}
