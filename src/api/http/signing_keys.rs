//! Signing keys, kept beside the access keys that they are derived from.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::auth::sigv4::key::SigningKeyCache;
use crate::types::ids::AccessKeyId;

/// Signing keys already derived: one entry an access key, dropped all at once when there are too
/// many, for deriving costs four hashes.
#[derive(Default)]
pub struct SigningKeys(Mutex<HashMap<AccessKeyId, Arc<SigningKeyCache>>>);

impl SigningKeys {
    const MAX: usize = 4_096;

    /// The cache of an access key.
    pub fn of(&self, id: &AccessKeyId) -> Arc<SigningKeyCache> {
        let mut caches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cache) = caches.get(id) {
            return Arc::clone(cache);
        }
        if caches.len() >= Self::MAX {
            caches.clear();
        }
        let cache = Arc::new(SigningKeyCache::default());
        caches.insert(id.clone(), Arc::clone(&cache));
        cache
    }
}
