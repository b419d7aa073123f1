//! Bringing the keyring to what the index wants of an agency key.

use std::sync::PoisonError;

use super::super::disk::{AgencyKeyOnDisk, Contents, StateOnDisk, VersionOnDisk};
use super::super::error::Error;
use super::super::root::RootKey;
use super::super::{disk, durable};
use super::Keyring;
use super::agency_keys::Version;
use super::rooted::{Owner, Use};
use crate::crypto::secret::SecretKey;
use crate::crypto::wrap::WrappingKey;
use crate::types::agency_key::{AgencyKeyVersion, KeyOrder, KeyState};
use crate::types::ids::KeyVersion;
use crate::types::limits;

impl Keyring {
    /// Makes the keyring hold of an agency key what the index wants: makes the key and versions
    /// that are missing, retires what is to seal no more, destroys what is to be destroyed. Doing
    /// it twice changes nothing more. Durable when it returns. Blocks on files and the provider of
    /// the root key.
    pub fn settle(&self, root_key: &dyn RootKey, order: &KeyOrder) -> Result<(), Error> {
        let mut contents = self.contents.lock().unwrap_or_else(PoisonError::into_inner);
        let owner = Owner {
            agency: &self.agency,
            code: &self.code,
        };
        let mut next = contents.clone();
        let made = owner.settle(root_key, &mut next, order)?;
        durable::replace(&self.path, &disk::render(&next, &self.database_key)).map_err(
            |source| Error::Io {
                path: self.path.clone(),
                source,
            },
        )?;
        let mut keys = self
            .agency_keys
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        for (by, key) in made {
            keys.set_version(by, Version::Usable(Box::new(WrappingKey::new(&key))));
        }
        let settled = next.agency_keys.iter().find(|k| k.number == order.number.0);
        for version in settled.iter().flat_map(|key| &key.versions) {
            if version.state == StateOnDisk::Destroyed {
                let version = KeyVersion(version.version);
                let number = order.number;
                keys.set_version(AgencyKeyVersion { number, version }, Version::Destroyed);
            }
        }
        let active = (order.state == KeyState::Active).then_some(AgencyKeyVersion {
            number: order.number,
            version: order.newest,
        });
        keys.set(order.number, order.name.clone(), order.state, active);
        *contents = next;
        Ok(())
    }
}

impl Owner<'_> {
    /// Changes what the file is to hold of one key; gives the versions that are new.
    fn settle(
        &self,
        root_key: &dyn RootKey,
        contents: &mut Contents,
        order: &KeyOrder,
    ) -> Result<Vec<(AgencyKeyVersion, SecretKey)>, Error> {
        let keys = &mut contents.agency_keys;
        let at = match keys.iter().position(|key| key.number == order.number.0) {
            Some(at) => at,
            None if keys.len() >= limits::AGENCY_KEYS_MAX => return Err(Error::TooManyVersions),
            None => {
                keys.push(AgencyKeyOnDisk {
                    number: order.number.0,
                    name: order.name.as_str().to_owned(),
                    versions: Vec::new(),
                });
                keys.len() - 1
            }
        };
        let mut all: usize = keys.iter().map(|key| key.versions.len()).sum();
        let Some(key) = keys.get_mut(at) else {
            return Ok(Vec::new());
        };
        let mut made = Vec::new();
        let newest = key.versions.iter().map(|v| v.version).max();
        for version in newest.unwrap_or_default() + 1..=order.newest.0 {
            all += 1;
            if all > limits::KEY_VERSIONS_MAX {
                return Err(Error::TooManyVersions);
            }
            let (number, secret) = (order.number, SecretKey::random());
            let version = KeyVersion(version);
            let by = AgencyKeyVersion { number, version };
            key.versions.push(VersionOnDisk {
                version: version.0,
                state: StateOnDisk::Active,
                wrapped_key: Some(self.wrap(root_key, Use::Agency(by), &secret)?),
            });
            made.push((by, secret));
        }
        for version in &mut key.versions {
            let is_newest = version.version == order.newest.0;
            version.state = match (order.state, version.state) {
                (KeyState::Destroyed, _) | (_, StateOnDisk::Destroyed) => StateOnDisk::Destroyed,
                _ if version.version < order.oldest.0 => StateOnDisk::Destroyed,
                (KeyState::Active, _) if is_newest => StateOnDisk::Active,
                _ => StateOnDisk::Retired,
            };
            if version.state == StateOnDisk::Destroyed {
                version.wrapped_key = None;
            }
        }
        Ok(made)
    }
}
