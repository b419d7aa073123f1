//! The keys that the root key wraps, each bound to its agency and its use.

use std::path::Path;

use super::super::disk::{Contents, StateOnDisk, Unchecked, WrappedOnDisk};
use super::super::error::Error;
use super::super::root::RootKey;
use super::agency_keys::{AgencyKeys, Version};
use crate::crypto::derive::derive;
use crate::crypto::digest::constant_time_eq;
use crate::crypto::secret::SecretKey;
use crate::crypto::wrap::WrappingKey;
use crate::types::agency_key::{AgencyKeyNumber, AgencyKeyVersion, KeyState};
use crate::types::encoding;
use crate::types::ids::{AgencyCode, KeyVersion};
use crate::types::names::{AgencyId, KeyName};

/// What a wrapped key of the keyring is for.
#[derive(Clone, Copy)]
pub(super) enum Use {
    Database,
    Audit,
    Secrets,
    Agency(AgencyKeyVersion),
}

/// Whose keyring it is.
pub(super) struct Owner<'a> {
    pub(super) agency: &'a AgencyId,
    pub(super) code: &'a AgencyCode,
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

    pub(super) fn wrap(
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

    pub(super) fn unwrap(
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
    pub(super) fn check(
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

    pub(super) fn agency_keys(
        &self,
        root_key: &dyn RootKey,
        contents: &Contents,
        path: &Path,
    ) -> Result<AgencyKeys, Error> {
        let damaged = || Error::KeyringDamaged { path: path.into() };
        let mut keys = AgencyKeys::default();
        for agency_key in &contents.agency_keys {
            let number = AgencyKeyNumber(agency_key.number);
            let name = KeyName::parse(&agency_key.name).map_err(|_| damaged())?;
            let mut active = None;
            let mut state = KeyState::Destroyed;
            for on_disk in &agency_key.versions {
                let version = KeyVersion(on_disk.version);
                let by = AgencyKeyVersion { number, version };
                let version = match (&on_disk.wrapped_key, on_disk.state) {
                    (None, StateOnDisk::Destroyed) => Version::Destroyed,
                    (Some(wrapped), StateOnDisk::Active | StateOnDisk::Retired) => {
                        let unwrapped = self.unwrap(root_key, Use::Agency(by), wrapped, path)?;
                        Version::Usable(Box::new(WrappingKey::new(&unwrapped)))
                    }
                    _ => return Err(damaged()),
                };
                match on_disk.state {
                    StateOnDisk::Active => (active, state) = (Some(by), KeyState::Active),
                    StateOnDisk::Retired if active.is_none() => state = KeyState::Retired,
                    StateOnDisk::Retired | StateOnDisk::Destroyed => {}
                }
                keys.set_version(by, version);
            }
            keys.set(number, name, state, active);
        }
        Ok(keys)
    }
}

/// Eight bytes that tell one key from another and nothing else about it.
fn key_check(checked_key: &SecretKey, context: &[u8]) -> String {
    let check = derive(checked_key, "acervo.keyring/check", context);
    encoding::hex(check.expose().first_chunk::<8>().map_or(&[], |c| c))
}
