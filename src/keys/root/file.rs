//! A root key in a file: the default, for a first start without any setting.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::RootKey;
use crate::crypto::secret::SecretKey;
use crate::crypto::wrap::WrappingKey;
use crate::keys::durable;
use crate::keys::error::Error;

/// Permission bits of anybody but the owner.
const OTHERS: u32 = 0o077;

/// A root key of 32 raw bytes in a file that its owner alone may read.
pub struct FileRootKey {
    wrapping_key: WrappingKey,
    path: PathBuf,
}

impl FileRootKey {
    /// Makes a new root key and its file, durably. Refuses to replace one: that would lose
    /// everything which the old one wrapped.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let root_key = SecretKey::random();
        durable::create(path, root_key.expose()).map_err(|source| match source.kind() {
            ErrorKind::AlreadyExists => Error::Exists { path: path.into() },
            _ => Error::Io {
                path: path.into(),
                source,
            },
        })?;
        Ok(Self::new(path, &root_key))
    }

    /// Reads the file of an existing root key.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let io = |source: std::io::Error| match source.kind() {
            ErrorKind::NotFound => Error::Missing { path: path.into() },
            _ => Error::Io {
                path: path.into(),
                source,
            },
        };
        let file = File::open(path).map_err(io)?;
        let mode = file.metadata().map_err(io)?.permissions().mode() & 0o777;
        if mode & OTHERS != 0 {
            return Err(Error::RootKeyMode {
                path: path.into(),
                mode,
            });
        }
        // Room for one byte too many, so that the buffer neither grows (and leaves a copy of the
        // key behind) nor hides that the file is too long.
        let mut bytes = Zeroizing::new(Vec::with_capacity(64));
        file.take(33).read_to_end(&mut bytes).map_err(io)?;
        let bytes: &[u8; 32] = bytes
            .as_slice()
            .try_into()
            .map_err(|_| Error::RootKeyLength { path: path.into() })?;
        Ok(Self::new(path, &SecretKey::new(*bytes)))
    }

    fn new(path: &Path, root_key: &SecretKey) -> Self {
        Self {
            wrapping_key: WrappingKey::new(root_key),
            path: path.into(),
        }
    }
}

impl RootKey for FileRootKey {
    fn wrap(&self, context: &[u8], wrapped_key: &SecretKey) -> Result<Vec<u8>, Error> {
        Ok(self.wrapping_key.wrap(context, wrapped_key).to_vec())
    }

    fn unwrap(&self, context: &[u8], wrapped: &[u8]) -> Result<SecretKey, Error> {
        self.wrapping_key
            .unwrap(context, wrapped)
            .map_err(Error::RootKeyRefused)
    }

    fn describe(&self) -> String {
        format!("the file {}", self.path.display())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::FileRootKey;
    use crate::crypto::secret::SecretKey;
    use crate::keys::error::Error;
    use crate::keys::root::{RootKey, contract};

    #[test]
    fn keeps_the_contract_and_itself() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("root.key");
        let root_key = FileRootKey::create(&path).unwrap();
        contract::check(&root_key);
        let wrapped_key = SecretKey::random();
        let wrapped = root_key.wrap(b"here", &wrapped_key).unwrap();
        let reopened = FileRootKey::open(&path).unwrap();
        assert!(reopened.unwrap(b"here", &wrapped).unwrap() == wrapped_key);
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("root.key");
        FileRootKey::create(&path).unwrap();
        let before = fs::read(&path).unwrap();
        assert!(matches!(
            FileRootKey::create(&path).err(),
            Some(Error::Exists { .. })
        ));
        assert_eq!(fs::read(&path).unwrap(), before);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn missing_long_short_and_open_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("root.key");
        let refusal = || FileRootKey::open(&path).err().unwrap();
        assert!(matches!(refusal(), Error::Missing { .. }));
        for length in [0, 31, 33, 4096] {
            fs::write(&path, vec![7; length]).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            assert!(matches!(refusal(), Error::RootKeyLength { .. }), "{length}");
        }
        fs::write(&path, [7; 32]).unwrap();
        for mode in [0o640, 0o604, 0o620, 0o601] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert!(matches!(refusal(), Error::RootKeyMode { .. }), "{mode:o}");
        }
        for mode in [0o600, 0o400] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert!(FileRootKey::open(&path).is_ok(), "{mode:o}");
        }
    }
}
