//! Signing keys: derived from a secret for one day, region and service.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::TERMINATOR;
use crate::crypto::secret::SecretText;

/// What a signing key is good for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Scope<'a> {
    /// The day: eight digits, `yyyymmdd`.
    pub date: [u8; 8],
    /// The region.
    pub region: &'a str,
    /// The service, `s3`.
    pub service: &'a str,
}

impl Scope<'_> {
    /// Writes its text: `yyyymmdd/region/service/aws4_request`.
    pub(in crate::auth) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.date);
        for part in [self.region, self.service, TERMINATOR] {
            out.push(b'/');
            out.extend_from_slice(part.as_bytes());
        }
    }
}

/// A derived signing key: an HMAC-SHA256 that has absorbed its key. Wiped when dropped.
#[derive(Clone)]
pub struct SigningKey(Hmac<Sha256>);

impl SigningKey {
    /// Derives the key of a secret.
    ///
    /// Source: AWS IAM User Guide, "Derive a signing key".
    pub fn derive(secret: &SecretText, scope: &Scope<'_>) -> Self {
        let mut first = Zeroizing::new(Vec::with_capacity(4 + secret.expose().len()));
        first.extend_from_slice(b"AWS4");
        first.extend_from_slice(secret.expose().as_bytes());
        let mut mac = keyed(&first);
        let steps: [&[u8]; 4] = [
            &scope.date,
            scope.region.as_bytes(),
            scope.service.as_bytes(),
            TERMINATOR.as_bytes(),
        ];
        for step in steps {
            mac.update(step);
            let key: Zeroizing<[u8; 32]> = Zeroizing::new(mac.finalize().into_bytes().into());
            mac = keyed(&*key);
        }
        Self(mac)
    }

    /// The HMAC of a message given in pieces.
    pub(in crate::auth) fn sign(&self, pieces: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        for piece in pieces {
            mac.update(piece);
        }
        mac.finalize().into_bytes().into()
    }
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SigningKey(…)")
    }
}

/// The signing keys of one access key for the last two scopes that it used: today's, and around
/// midnight or for presigned URLs another day's.
#[derive(Debug, Default)]
pub struct SigningKeyCache {
    /// The latest first. The lock is held for two comparisons and a copy, never while deriving.
    kept: Mutex<[Option<Kept>; 2]>,
}

#[derive(Debug)]
struct Kept {
    date: [u8; 8],
    region: Box<str>,
    service: Box<str>,
    key: SigningKey,
}

impl Kept {
    fn fits(&self, scope: &Scope<'_>) -> bool {
        self.date == scope.date && *self.region == *scope.region && *self.service == *scope.service
    }
}

impl SigningKeyCache {
    /// The key for a scope; if it is not kept, derived from the secret that `secret` opens.
    ///
    /// # Errors
    /// Those of `secret`.
    pub fn key<E>(
        &self,
        scope: &Scope<'_>,
        secret: impl FnOnce() -> Result<SecretText, E>,
    ) -> Result<SigningKey, E> {
        if let Some(kept) = self.lock().iter().flatten().find(|k| k.fits(scope)) {
            return Ok(kept.key.clone());
        }
        let key = SigningKey::derive(&secret()?, scope);
        let new = Kept {
            date: scope.date,
            region: scope.region.into(),
            service: scope.service.into(),
            key: key.clone(),
        };
        let [latest, older] = &mut *self.lock();
        *older = latest.replace(new);
        Ok(key)
    }

    fn lock(&self) -> MutexGuard<'_, [Option<Kept>; 2]> {
        // Nothing under the lock can panic, and a half-made change cannot exist.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
