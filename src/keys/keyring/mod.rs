//! The keyring of an agency: its keys, unwrapped in memory, wrapped in its file.

mod agency_keys;
mod rooted;
mod settle;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};

use self::agency_keys::AgencyKeys;
use self::rooted::{Owner, Use};
use super::customer::CustomerKey;
use super::data_key::{Form, Place, WrappedDataKey};
use super::disk::{AgencyKeyOnDisk, Contents, StateOnDisk, VersionOnDisk};
use super::error::Error;
use super::root::RootKey;
use super::{disk, durable};
use crate::crypto::secret::SecretKey;
use crate::types::agency_key::{AgencyKeyNumber, AgencyKeyVersion, KeyState};
use crate::types::ids::{AgencyCode, KeyVersion};
use crate::types::limits;
use crate::types::names::{AgencyId, KeyName};

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
                name: KeyName::default_key().as_str().to_owned(),
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

    fn keys(&self) -> RwLockReadGuard<'_, AgencyKeys> {
        // A panic under the lock is impossible: nothing is called that could.
        self.agency_keys
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The version of an agency key that seals now, if one does.
    pub fn active(&self, number: AgencyKeyNumber) -> Option<AgencyKeyVersion> {
        self.keys().active(number)
    }

    /// The agency key of this name.
    pub fn key_named(&self, name: &KeyName) -> Option<(AgencyKeyNumber, KeyState)> {
        self.keys().named(name)
    }

    /// The name of an agency key.
    pub fn name_of(&self, number: AgencyKeyNumber) -> Option<KeyName> {
        self.keys().name(number).cloned()
    }

    /// Wraps a data key for one place, with the active version of an agency key; and under it, if
    /// there is one, with the customer's key.
    pub fn wrap_data_key(
        &self,
        data_key: &SecretKey,
        place: &Place<'_>,
        number: AgencyKeyNumber,
        customer: Option<&CustomerKey>,
    ) -> Result<WrappedDataKey, Error> {
        let keys = self.keys();
        let by = keys.active(number).ok_or(Error::NoActiveVersion)?;
        let wrapping_key = keys.usable(by)?;
        Ok(match customer {
            None => {
                let bound = place.render(&self.agency, Form::Agency, by);
                WrappedDataKey::new(Form::Agency, by, &wrapping_key.wrap(&bound, data_key))
            }
            Some(customer) => {
                let inner = customer.wrap(&place.render_for_customer(&self.agency), data_key);
                let bound = place.render(&self.agency, Form::Customer, by);
                let sealed = wrapping_key.wrap_again(&bound, &inner);
                WrappedDataKey::new(Form::Customer, by, &sealed)
            }
        })
    }

    /// Unwraps a data key in its place. A destroyed or unknown version is told apart from bytes
    /// that fail authentication.
    pub fn unwrap_data_key(
        &self,
        wrapped: &WrappedDataKey,
        place: &Place<'_>,
        customer: Option<&CustomerKey>,
    ) -> Result<SecretKey, Error> {
        let keys = self.keys();
        let by = wrapped.by();
        let wrapping_key = keys.usable(by)?;
        let bound = place.render(&self.agency, wrapped.form(), by);
        match wrapped.form() {
            Form::Agency => wrapping_key.unwrap(&bound, wrapped.sealed()),
            Form::Customer => {
                let customer = customer.ok_or(Error::CustomerKeyMissing)?;
                wrapping_key
                    .unwrap_outer(&bound, wrapped.sealed())
                    .and_then(|inner| {
                        customer.unwrap(&place.render_for_customer(&self.agency), &inner)
                    })
            }
        }
        .map_err(Error::Refused)
    }

    /// Wraps a data key anew with the active version of the agency key that wraps it, without the
    /// customer whose key may wrap it too. `None` if that version wraps it already.
    pub fn rewrap_data_key(
        &self,
        wrapped: &WrappedDataKey,
        place: &Place<'_>,
    ) -> Result<Option<WrappedDataKey>, Error> {
        let keys = self.keys();
        let (old, form) = (wrapped.by(), wrapped.form());
        let new = keys.active(old.number).ok_or(Error::NoActiveVersion)?;
        if new == old {
            return Ok(None);
        }
        let (opens, seals) = (keys.usable(old)?, keys.usable(new)?);
        let before = place.render(&self.agency, form, old);
        let after = place.render(&self.agency, form, new);
        let sealed = match form {
            Form::Agency => {
                let data_key = opens.unwrap(&before, wrapped.sealed());
                seals
                    .wrap(&after, &data_key.map_err(Error::Refused)?)
                    .to_vec()
            }
            Form::Customer => {
                let inner = opens.unwrap_outer(&before, wrapped.sealed());
                seals.wrap_again(&after, &inner.map_err(Error::Refused)?)
            }
        };
        Ok(Some(WrappedDataKey::new(form, new, &sealed)))
    }
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
