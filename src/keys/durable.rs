//! Key files that are whole or absent, whatever stops the machine.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::crypto::random;
use crate::types::encoding;

/// Writes a file that must not be there yet, readable by its owner alone. Durable when it returns.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A link, unlike a rename, refuses a name that is taken.
    staged(path, bytes, |staging| {
        fs::hard_link(staging, path)?;
        fs::remove_file(staging)
    })
}

/// Replaces a file in one step, readable by its owner alone. Durable when it returns.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    staged(path, bytes, |staging| fs::rename(staging, path))
}

fn staged(
    path: &Path,
    bytes: &[u8],
    publish: impl FnOnce(&Path) -> io::Result<()>,
) -> io::Result<()> {
    let staging = staging_path(path);
    let published = write(&staging, bytes).and_then(|()| publish(&staging));
    if published.is_err() {
        // The first error is the one to tell; a staging file that stays behind is never read.
        let _ = fs::remove_file(&staging);
    }
    published?;
    sync_directory(parent(path))
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn staging_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(encoding::hex(&random::bytes::<8>()));
    name.into()
}

/// Makes a directory and those above it, for their owner alone. Durable when it returns.
pub(super) fn create_directory(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    create_directory(parent(path))?;
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => sync_directory(parent(path)),
    }
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) => Path::new("."),
        None => path,
    }
}

fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}
