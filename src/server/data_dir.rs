//! The data directory: what makes it ours, and the keys of the installation.
//!
//! `acervo.json` holds the instance's id, the format's version and three keys wrapped by the root
//! key: of `catalog.db`, of the installation's audit log, of the installation's token issuer. It is
//! written before any data, so data without it is not ours to touch.

use std::fs;
use std::fs::DirBuilder;
use std::fs::File;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use rustix::fs::FlockOperation;
use serde::Deserialize;
use serde::Serialize;

use crate::config;
use crate::crypto::random;
use crate::crypto::secret::SecretKey;
use crate::keys;
use crate::keys::root::EnvRootKey;
use crate::keys::root::FileRootKey;
use crate::keys::root::RootKey;
use crate::types::encoding;
use crate::types::ids::InstanceId;

use super::error::Error;

/// The format that this release writes, and the newest that it reads.
const FORMAT: u32 = 1;

#[derive(Deserialize, Serialize)]
struct OnDisk {
    format: u32,
    instance: String,
    catalog_key: String,
    audit_key: String,
    issuer_key: String,
}

/// Only the format, to tell a newer file from a damaged one.
#[derive(Deserialize)]
struct FormatOnly {
    format: u32,
}

/// An open data directory, ours alone until dropped.
pub(super) struct DataDir {
    pub(super) path: PathBuf,
    pub(super) root_key: Arc<dyn RootKey>,
    pub(super) instance: InstanceId,
    pub(super) catalog_key: SecretKey,
    pub(super) audit_key: SecretKey,
    pub(super) issuer_key: SecretKey,
    _lock: File,
}

impl DataDir {
    pub(super) fn open(path: &Path, root_key: &config::RootKey) -> Result<Self, Error> {
        let unwritable = |source| Error::Unwritable {
            path: path.to_owned(),
            source,
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(unwritable)?;
        let lock = lock(path)?;
        let file = path.join("acervo.json");
        let text = match fs::read_to_string(&file) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(Error::Unwritable { path: file, source }),
        };
        let has_data = path.join("catalog.db").exists() || path.join("agencies").exists();
        if text.is_none() && has_data {
            return Err(Error::Unidentified {
                path: path.to_owned(),
            });
        }
        let root_key = open_root_key(path, root_key, text.is_some())?;
        let on_disk = match text {
            Some(text) => parse(path, &file, &text)?,
            None => create(&file, &*root_key)?,
        };
        let instance = InstanceId::parse(&on_disk.instance)
            .map_err(|_| Error::Damaged { path: file.clone() })?;
        let key = |name, text: &str| unwrap(&*root_key, instance, name, text, &file);
        Ok(Self {
            catalog_key: key("catalog", &on_disk.catalog_key)?,
            audit_key: key("audit", &on_disk.audit_key)?,
            issuer_key: key("issuer", &on_disk.issuer_key)?,
            path: path.to_owned(),
            instance,
            root_key,
            _lock: lock,
        })
    }
}

/// Takes the directory for this process; the kernel gives it back when the process ends.
fn lock(path: &Path) -> Result<File, Error> {
    let unwritable = |source| Error::Unwritable {
        path: path.to_owned(),
        source,
    };
    let mut options = File::options();
    let options = options.create(true).write(true).truncate(false).mode(0o600);
    let file = options.open(path.join("lock")).map_err(unwritable)?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(Error::InUse {
            path: path.to_owned(),
        }),
        Err(error) => Err(unwritable(error.into())),
    }
}

fn open_root_key(
    path: &Path,
    settings: &config::RootKey,
    has_identity: bool,
) -> Result<Arc<dyn RootKey>, Error> {
    match settings {
        config::RootKey::Env { value } => EnvRootKey::parse(value)
            .map(|key| Arc::new(key) as Arc<dyn RootKey>)
            .map_err(Error::RootKey),
        config::RootKey::File { path: file } => {
            let file = file.clone().unwrap_or_else(|| path.join("root.key"));
            let opened = if has_identity || file.exists() {
                FileRootKey::open(&file)
            } else {
                FileRootKey::create(&file)
            };
            match opened {
                Ok(key) => Ok(Arc::new(key)),
                Err(keys::error::Error::Missing { path }) => Err(Error::RootKeyMissing { path }),
                Err(error) => Err(Error::RootKey(error)),
            }
        }
    }
}

fn parse(path: &Path, file: &Path, text: &str) -> Result<OnDisk, Error> {
    let damaged = |_| Error::Damaged {
        path: file.to_owned(),
    };
    let FormatOnly { format } = serde_json::from_str(text).map_err(damaged)?;
    if format > FORMAT {
        return Err(Error::NewerFormat {
            path: path.to_owned(),
            format,
            known: FORMAT,
        });
    }
    if format == 0 {
        return Err(Error::Damaged {
            path: file.to_owned(),
        });
    }
    serde_json::from_str(text).map_err(damaged)
}

fn create(file: &Path, root_key: &dyn RootKey) -> Result<OnDisk, Error> {
    let instance = InstanceId::new(random::bytes());
    let new_key = |name| {
        let wrapped = root_key.wrap(&context(instance, name), &SecretKey::random());
        wrapped
            .map(|bytes| encoding::base64(&bytes))
            .map_err(Error::RootKey)
    };
    let on_disk = OnDisk {
        format: FORMAT,
        instance: instance.to_string(),
        catalog_key: new_key("catalog")?,
        audit_key: new_key("audit")?,
        issuer_key: new_key("issuer")?,
    };
    let mut text = serde_json::to_string_pretty(&on_disk)
        .expect("a struct of numbers and text always has a JSON form");
    text.push('\n');
    keys::durable::create(file, text.as_bytes()).map_err(|source| Error::Unwritable {
        path: file.to_owned(),
        source,
    })?;
    Ok(on_disk)
}

fn context(instance: InstanceId, name: &str) -> Vec<u8> {
    format!("acervo.installation/v1\0{instance}\0{name}").into_bytes()
}

fn unwrap(
    root_key: &dyn RootKey,
    instance: InstanceId,
    name: &str,
    text: &str,
    file: &Path,
) -> Result<SecretKey, Error> {
    let wrapped = encoding::parse_base64(text);
    let wrapped = wrapped.ok_or_else(|| Error::Damaged {
        path: file.to_owned(),
    })?;
    root_key
        .unwrap(&context(instance, name), &wrapped)
        .map_err(Error::RootKey)
}
