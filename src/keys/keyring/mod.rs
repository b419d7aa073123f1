//! The keyring of an agency: its keys, unwrapped in memory, wrapped in its file.

use std::collections::HashMap;
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock};

use super::data_key::{AgencyKeyNumber, AgencyKeyVersion, Place, WrappedDataKey};
use super::disk::{
    self, AgencyKeyOnDisk, Contents, StateOnDisk, Unchecked, VersionOnDisk, WrappedOnDisk,
};
use super::durable;
use super::error::Error;
use super::root::RootKey;
use crate::crypto::derive::derive;
use crate::crypto::digest::constant_time_eq;
use crate::crypto::secret::SecretKey;
use crate::crypto::wrap::WrappingKey;
use crate::types::encoding;
use crate::types::ids::{AgencyCode, KeyVersion};
use crate::types::limits;
use crate::types::names::AgencyId;

/// The file inside the agency's directory.
pub const FILE_NAME: &str = "keyring";

/// The keys of one agency.
///
/// The keys of its database, audit log and secrets are wrapped by the root key, not by an agency
/// key, so that destroying an agency key takes its documents and leaves the record of them.
pub struct Keyring {
    path: PathBuf,
    agency: AgencyId,
    code: AgencyCode,
    database_key: SecretKey,
    audit_key: SecretKey,
    secrets_key: SecretKey,
    /// What the file holds. Locked while the file is being replaced, so that changes follow one
    /// another; never by the wrapping of a data key.
    contents: Mutex<Contents>,
    /// The agency keys, ready to use. Locked for the length of one wrapping.
    agency_keys: RwLock<AgencyKeys>,
}

struct AgencyKeys {
    /// None once the whole key has been destroyed: the agency's index and audit log still open.
    active: Option<AgencyKeyVersion>,
    versions: HashMap<AgencyKeyVersion, Version>,
}

enum Version {
    /// Its key schedule, expanded once: unwrapping a data key costs no more than opening 32 bytes.
    Usable(Box<WrappingKey>),
    Destroyed,
}

/// What a wrapped key of the keyring is for.
#[derive(Clone, Copy)]
enum Use {
    Database,
    Audit,
    Secrets,
    Agency(AgencyKeyVersion),
}

/// Whose keyring it is.
struct Owner<'a> {
    agency: &'a AgencyId,
    code: &'a AgencyCode,
}

impl Keyring {
    /// Makes the keys of a new agency and their file in the agency's directory (which is made too).
    /// Durable when it returns. Blocks on files and the provider of the root key.
    pub fn create(
        directory: &Path,
        agency: &AgencyId,
        code: &AgencyCode,
        root_key: &dyn RootKey,
    ) -> Result<Self, Error> {
        let owner = Owner { agency, code };
        let path = directory.join(FILE_NAME);
        let first = AgencyKeyVersion {
            number: AgencyKeyNumber::DEFAULT,
            version: KeyVersion(1),
        };
        let new_key = |used_for| owner.wrap(root_key, used_for, &SecretKey::random());
        let contents = Contents {
            agency: agency.as_str().to_owned(),
            code: code.as_str().to_owned(),
            database_key: new_key(Use::Database)?,
            audit_key: new_key(Use::Audit)?,
            secrets_key: new_key(Use::Secrets)?,
            agency_keys: vec![AgencyKeyOnDisk {
                number: first.number.0,
                name: "default".to_owned(),
                versions: vec![VersionOnDisk {
                    version: first.version.0,
                    state: StateOnDisk::Active,
                    wrapped_key: Some(new_key(Use::Agency(first))?),
                }],
            }],
        };
        let database_key = owner.unwrap(root_key, Use::Database, &contents.database_key, &path)?;
        let io = |source: std::io::Error| match source.kind() {
            ErrorKind::AlreadyExists => Error::Exists { path: path.clone() },
            _ => Error::Io {
                path: path.clone(),
                source,
            },
        };
        durable::create_directory(directory).map_err(io)?;
        durable::create(&path, &disk::render(&contents, &database_key)).map_err(io)?;
        Self::open(directory, agency, root_key)
    }

    /// Reads the keyring in an agency's directory and unwraps its keys. Blocks on files and the
    /// provider of the root key.
    pub fn open(
        directory: &Path,
        agency: &AgencyId,
        root_key: &dyn RootKey,
    ) -> Result<Self, Error> {
        let path = directory.join(FILE_NAME);
        let damaged = || Error::KeyringDamaged { path: path.clone() };
        let unchecked = disk::parse(&path, &read(&path)?)?;
        if unchecked.contents.agency != agency.as_str() {
            return Err(Error::KeyringElsewhere {
                path,
                agency: agency.clone(),
            });
        }
        let code = AgencyCode::parse(&unchecked.contents.code).map_err(|_| damaged())?;
        let owner = Owner {
            agency,
            code: &code,
        };
        let (database_key, contents) = owner.check(root_key, unchecked, &path)?;
        let unwrap = |used_for, on_disk| owner.unwrap(root_key, used_for, on_disk, &path);
        let audit_key = unwrap(Use::Audit, &contents.audit_key)?;
        let secrets_key = unwrap(Use::Secrets, &contents.secrets_key)?;
        let agency_keys = owner.agency_keys(root_key, &contents, &path)?;
        Ok(Self {
            agency: agency.clone(),
            code,
            database_key,
            audit_key,
            secrets_key,
            contents: Mutex::new(contents),
            agency_keys: RwLock::new(agency_keys),
            path,
        })
    }

    /// Whose keys these are.
    pub const fn agency(&self) -> &AgencyId {
        &self.agency
    }

    /// The code by which access key ids name the agency.
    pub const fn code(&self) -> &AgencyCode {
        &self.code
    }

    /// The key of the agency's database file.
    pub const fn database_key(&self) -> &SecretKey {
        &self.database_key
    }

    /// The key that seals the bodies of audit entries.
    pub const fn audit_key(&self) -> &SecretKey {
        &self.audit_key
    }

    /// The key that seals the secrets of access keys.
    pub const fn secrets_key(&self) -> &SecretKey {
        &self.secrets_key
    }

    /// The version of the default agency key that seals now, if any is left.
    pub fn active(&self) -> Option<AgencyKeyVersion> {
        self.agency_keys
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .active
    }

    /// Wraps a data key for one place, with the active version of the default agency key.
    pub fn wrap_data_key(
        &self,
        data_key: &SecretKey,
        place: &Place<'_>,
    ) -> Result<WrappedDataKey, Error> {
        let keys = self
            .agency_keys
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let by = keys.active.ok_or(Error::NoActiveVersion)?;
        let wrapped = keys
            .usable(by)?
            .wrap(&place.render(&self.agency, by), data_key);
        Ok(WrappedDataKey::new(by, wrapped))
    }

    /// Unwraps a data key in its place. A destroyed or unknown version is told apart from bytes
    /// that fail authentication.
    pub fn unwrap_data_key(
        &self,
        wrapped: &WrappedDataKey,
        place: &Place<'_>,
    ) -> Result<SecretKey, Error> {
        let keys = self
            .agency_keys
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let by = wrapped.by();
        keys.usable(by)?
            .unwrap(&place.render(&self.agency, by), wrapped.wrapped())
            .map_err(Error::Refused)
    }

    /// Makes a new version of the default agency key, which seals from now on; the old one only
    /// opens. Durable when it returns. Blocks on files and the provider of the root key.
    pub fn rotate(&self, root_key: &dyn RootKey) -> Result<AgencyKeyVersion, Error> {
        let mut contents = self.contents.lock().unwrap_or_else(PoisonError::into_inner);
        let owner = Owner {
            agency: &self.agency,
            code: &self.code,
        };
        let mut next = contents.clone();
        let default = next
            .agency_keys
            .iter_mut()
            .find(|key| key.number == AgencyKeyNumber::DEFAULT.0)
            .ok_or_else(|| Error::KeyringDamaged {
                path: self.path.clone(),
            })?;
        if default.versions.len() >= limits::KEY_VERSIONS_MAX {
            return Err(Error::TooManyVersions);
        }
        let newest = default.versions.iter().map(|v| v.version).max();
        let new = AgencyKeyVersion {
            number: AgencyKeyNumber::DEFAULT,
            version: KeyVersion(newest.unwrap_or_default().saturating_add(1)),
        };
        for version in &mut default.versions {
            if version.state == StateOnDisk::Active {
                version.state = StateOnDisk::Retired;
            }
        }
        let agency_key = SecretKey::random();
        default.versions.push(VersionOnDisk {
            version: new.version.0,
            state: StateOnDisk::Active,
            wrapped_key: Some(owner.wrap(root_key, Use::Agency(new), &agency_key)?),
        });
        durable::replace(&self.path, &disk::render(&next, &self.database_key)).map_err(
            |source| Error::Io {
                path: self.path.clone(),
                source,
            },
        )?;
        *contents = next;
        let mut keys = self
            .agency_keys
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let usable = Version::Usable(Box::new(WrappingKey::new(&agency_key)));
        keys.versions.insert(new, usable);
        keys.active = Some(new);
        Ok(new)
    }
}

impl AgencyKeys {
    fn usable(&self, by: AgencyKeyVersion) -> Result<&WrappingKey, Error> {
        match self.versions.get(&by) {
            Some(Version::Usable(wrapping_key)) => Ok(wrapping_key),
            Some(Version::Destroyed) => Err(Error::Destroyed(by)),
            None => Err(Error::UnknownVersion(by)),
        }
    }
}

impl Owner<'_> {
    /// What a wrapping by the root key is bound to: `"acervo.keyring" | 01 | agency length, u8 |
    /// agency | code (5) | use, u8`, and for an agency key `| its number, u16 | its version, u32`.
    fn context(&self, used_for: Use) -> Vec<u8> {
        let agency = self.agency.as_str().as_bytes();
        let length = u8::try_from(agency.len()).expect("an agency's name is at most 40 bytes");
        let mut context = b"acervo.keyring\x01".to_vec();
        context.push(length);
        context.extend_from_slice(agency);
        context.extend_from_slice(self.code.as_str().as_bytes());
        match used_for {
            Use::Database => context.push(1),
            Use::Audit => context.push(2),
            Use::Secrets => context.push(3),
            Use::Agency(key) => {
                context.push(4);
                context.extend_from_slice(&key.number.0.to_be_bytes());
                context.extend_from_slice(&key.version.0.to_be_bytes());
            }
        }
        context
    }

    fn wrap(
        &self,
        root_key: &dyn RootKey,
        used_for: Use,
        wrapped_key: &SecretKey,
    ) -> Result<WrappedOnDisk, Error> {
        let context = self.context(used_for);
        Ok(WrappedOnDisk {
            wrapped: encoding::base64(&root_key.wrap(&context, wrapped_key)?),
            check: key_check(wrapped_key, &context),
        })
    }

    fn unwrap(
        &self,
        root_key: &dyn RootKey,
        used_for: Use,
        on_disk: &WrappedOnDisk,
        path: &Path,
    ) -> Result<SecretKey, Error> {
        let damaged = || Error::KeyringDamaged { path: path.into() };
        let context = self.context(used_for);
        let wrapped = encoding::parse_base64(&on_disk.wrapped).ok_or_else(damaged)?;
        let unwrapped = root_key.unwrap(&context, &wrapped)?;
        let check = key_check(&unwrapped, &context);
        if constant_time_eq(check.as_bytes(), on_disk.check.as_bytes()) {
            Ok(unwrapped)
        } else {
            Err(damaged())
        }
    }

    /// Unwraps the database key and checks with it that nobody changed the contents.
    fn check(
        &self,
        root_key: &dyn RootKey,
        unchecked: Unchecked,
        path: &Path,
    ) -> Result<(SecretKey, Contents), Error> {
        let on_disk = &unchecked.contents.database_key;
        let database_key = self.unwrap(root_key, Use::Database, on_disk, path)?;
        let contents = unchecked
            .check(&database_key)
            .ok_or_else(|| Error::KeyringDamaged { path: path.into() })?;
        Ok((database_key, contents))
    }

    fn agency_keys(
        &self,
        root_key: &dyn RootKey,
        contents: &Contents,
        path: &Path,
    ) -> Result<AgencyKeys, Error> {
        let damaged = || Error::KeyringDamaged { path: path.into() };
        let mut versions = HashMap::new();
        let mut active = None;
        for agency_key in &contents.agency_keys {
            for on_disk in &agency_key.versions {
                let by = AgencyKeyVersion {
                    number: AgencyKeyNumber(agency_key.number),
                    version: KeyVersion(on_disk.version),
                };
                let version = match (&on_disk.wrapped_key, on_disk.state) {
                    (None, StateOnDisk::Destroyed) => Version::Destroyed,
                    (Some(wrapped), StateOnDisk::Active | StateOnDisk::Retired) => {
                        let unwrapped = self.unwrap(root_key, Use::Agency(by), wrapped, path)?;
                        Version::Usable(Box::new(WrappingKey::new(&unwrapped)))
                    }
                    _ => return Err(damaged()),
                };
                let is_default = by.number == AgencyKeyNumber::DEFAULT;
                if is_default && on_disk.state == StateOnDisk::Active {
                    active = Some(by);
                }
                versions.insert(by, version);
            }
        }
        Ok(AgencyKeys { active, versions })
    }
}

/// Eight bytes that tell one key from another and nothing else about it.
fn key_check(checked_key: &SecretKey, context: &[u8]) -> String {
    let check = derive(checked_key, "acervo.keyring/check", context);
    encoding::hex(check.expose().first_chunk::<8>().map_or(&[], |c| c))
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let io = |source: std::io::Error| match source.kind() {
        ErrorKind::NotFound => Error::Missing { path: path.into() },
        _ => Error::Io {
            path: path.into(),
            source,
        },
    };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(io)?;
    file.take(limits::KEYRING_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(io)?;
    if bytes.len() as u64 > limits::KEYRING_BYTES_MAX {
        return Err(Error::KeyringLength { path: path.into() });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
