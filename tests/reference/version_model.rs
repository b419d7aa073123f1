//! What a bucket with versions must hold: the one definition of right, without a word of HTTP.

use std::collections::BTreeMap;

/// Whether the bucket keeps versions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Versioning {
    /// Never switched on.
    Off,
    Enabled,
    Suspended,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mode {
    Governance,
    Compliance,
}

/// What keeps a version from being removed. Retentions end after the test, later ones later.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lock {
    pub(crate) retention: Option<(Mode, u8)>,
    pub(crate) hold: bool,
}

pub(crate) struct Version {
    pub(crate) id: String,
    /// None: a delete marker.
    pub(crate) bytes: Option<Vec<u8>>,
    pub(crate) etag: String,
    pub(crate) lock: Lock,
}

/// Each key's versions, the newest first.
pub(crate) struct Model {
    pub(crate) versioning: Versioning,
    pub(crate) keys: BTreeMap<&'static str, Vec<Version>>,
}

pub(crate) const NULL: &str = "null";

impl Model {
    pub(crate) fn newest(&self, key: &str) -> Option<&Version> {
        self.keys.get(key)?.first()
    }

    /// The document that a plain read shows.
    pub(crate) fn current(&self, key: &str) -> Option<&Version> {
        self.newest(key).filter(|version| version.bytes.is_some())
    }

    pub(crate) fn version(&self, key: &str, id: &str) -> Option<&Version> {
        self.keys.get(key)?.iter().find(|version| version.id == id)
    }

    pub(crate) fn lock(&mut self, key: &str, id: &str) -> Option<&mut Lock> {
        let mut versions = self.keys.get_mut(key)?.iter_mut();
        let version = versions.find(|version| version.id == id)?;
        version.bytes.is_some().then_some(&mut version.lock)
    }

    /// A new version, on top; where no versions are kept it replaces the null version.
    pub(crate) fn store(&mut self, key: &'static str, version: Version) {
        let versions = self.keys.entry(key).or_default();
        if version.id == NULL {
            versions.retain(|version| version.id != NULL);
        }
        versions.insert(0, version);
    }

    /// A plain delete. `id` is that of the marker, if one is made.
    pub(crate) fn delete(&mut self, key: &'static str, id: Option<String>) {
        match id {
            None => drop(self.keys.remove(key)),
            Some(id) => self.store(
                key,
                Version {
                    id,
                    bytes: None,
                    etag: String::new(),
                    lock: Lock::default(),
                },
            ),
        }
    }

    pub(crate) fn remove(&mut self, key: &str, id: &str) {
        if let Some(versions) = self.keys.get_mut(key) {
            versions.retain(|version| version.id != id);
            if versions.is_empty() {
                self.keys.remove(key);
            }
        }
    }

    pub(crate) fn may_remove(&self, key: &str, id: &str, bypasses: bool) -> bool {
        let Some(version) = self.version(key, id) else {
            return true;
        };
        let is_retained = match version.lock.retention {
            None => false,
            Some((Mode::Governance, _)) => !bypasses,
            Some((Mode::Compliance, _)) => true,
        };
        !version.lock.hold && !is_retained
    }
}

/// Whether a retention may take another's place.
pub(crate) fn may_retain(old: Option<(Mode, u8)>, new: (Mode, u8), bypasses: bool) -> bool {
    match old {
        None => true,
        Some((Mode::Governance, _)) if bypasses => true,
        Some((mode, until)) => mode == new.0 && until <= new.1,
    }
}
