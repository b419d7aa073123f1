//! The agency keys of a keyring, unwrapped and ready to use.

use std::collections::HashMap;

use crate::crypto::wrap::WrappingKey;
use crate::keys::error::Error;
use crate::types::agency_key::{AgencyKeyNumber, AgencyKeyVersion, KeyState};
use crate::types::names::KeyName;

#[derive(Default)]
pub(super) struct AgencyKeys {
    keys: HashMap<AgencyKeyNumber, AgencyKey>,
    names: HashMap<KeyName, AgencyKeyNumber>,
    versions: HashMap<AgencyKeyVersion, Version>,
}

/// One agency key, as its versions make it.
struct AgencyKey {
    name: KeyName,
    /// The version that seals, if one does.
    active: Option<AgencyKeyVersion>,
    state: KeyState,
}

pub(super) enum Version {
    /// Its key schedule, expanded once: unwrapping a data key costs no more than opening 32 bytes.
    Usable(Box<WrappingKey>),
    Destroyed,
}

impl AgencyKeys {
    /// Adds a key, or puts it in place of what was known of it.
    pub(super) fn set(
        &mut self,
        number: AgencyKeyNumber,
        name: KeyName,
        state: KeyState,
        active: Option<AgencyKeyVersion>,
    ) {
        self.names.insert(name.clone(), number);
        let key = AgencyKey {
            name,
            active,
            state,
        };
        self.keys.insert(number, key);
    }

    pub(super) fn set_version(&mut self, by: AgencyKeyVersion, version: Version) {
        self.versions.insert(by, version);
    }

    pub(super) fn named(&self, name: &KeyName) -> Option<(AgencyKeyNumber, KeyState)> {
        let number = self.names.get(name)?;
        let key = self.keys.get(number)?;
        Some((*number, key.state))
    }

    pub(super) fn name(&self, number: AgencyKeyNumber) -> Option<&KeyName> {
        self.keys.get(&number).map(|key| &key.name)
    }

    /// The version of a key that seals now.
    pub(super) fn active(&self, number: AgencyKeyNumber) -> Option<AgencyKeyVersion> {
        self.keys.get(&number).and_then(|key| key.active)
    }

    pub(super) fn usable(&self, by: AgencyKeyVersion) -> Result<&WrappingKey, Error> {
        match self.versions.get(&by) {
            Some(Version::Usable(wrapping_key)) => Ok(wrapping_key),
            Some(Version::Destroyed) => Err(Error::Destroyed(by)),
            None => Err(Error::UnknownVersion(by)),
        }
    }
}
