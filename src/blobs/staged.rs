//! A long blob on its way to the local disk: the file that the backend staged for it, written in
//! long pieces at the borders of pages, and synced and let go of while more is still to come.
//!
//! The backend makes the file, syncs it at the end, through a descriptor of its own, and gives it
//! its name; only the bytes are written here. The backend would write each piece by itself: for a
//! segment, which ends in the middle of a page, that takes the kernel twice the time of a whole
//! part at the border of its large pages.

use std::fs;
use std::fs::File;
use std::io;
use std::io::ErrorKind;
use std::io::IoSlice;
use std::num::NonZeroU64;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use rustix::fs::Advice;
use rustix::io::Errno;
use tokio::task::JoinHandle;

use super::error::Error;
use super::store::Backend;
use crate::types::limits;

/// Where long parts end, so that the kernel takes large pages for them.
const BORDER: u64 = 1 << 20;

/// Pieces that one call takes: `IOV_MAX` of Linux.
const PIECES_MAX: usize = 1_024;

/// The staged file, through a descriptor of ours.
pub(super) struct StagedFile {
    file: Arc<File>,
    /// Where it will be.
    place: PathBuf,
    /// How much of it was written or is on its way.
    written_bytes: u64,
    unsynced_bytes: u64,
    syncing: Option<JoinHandle<()>>,
}

impl StagedFile {
    /// Opens a file that was just staged under this name, and will be at that place.
    pub(super) fn open(name: &Path, place: PathBuf) -> io::Result<Self> {
        Ok(Self {
            file: Arc::new(File::options().write(true).open(name)?),
            place,
            written_bytes: 0,
            unsynced_bytes: 0,
            syncing: None,
        })
    }

    /// How many of so many waiting bytes make the next part: up to a border if they reach one,
    /// else all of them, so that nothing is kept among many uploads with short parts.
    pub(super) fn part_bytes(&self, waiting_bytes: usize) -> usize {
        let end = self.written_bytes + waiting_bytes as u64;
        let border = end - end % BORDER;
        match usize::try_from(border.saturating_sub(self.written_bytes)) {
            Ok(0) | Err(_) => waiting_bytes,
            Ok(bytes) => bytes,
        }
    }

    /// Writes the next bytes in the blocking pool; the task starts now. The one before has ended.
    pub(super) fn write(
        &mut self,
        pieces: Vec<Bytes>,
        backend: &Backend,
    ) -> JoinHandle<Result<(), Error>> {
        self.sync_early(backend);
        let offset = self.written_bytes;
        let bytes: u64 = pieces.iter().map(|piece| piece.len() as u64).sum();
        self.written_bytes += bytes;
        self.unsynced_bytes += bytes;
        let file = Arc::clone(&self.file);
        let write = move || write_all_at(&file, &pieces, offset).map_err(Error::from);
        // Few threads for however many uploads.
        let permits = Arc::clone(&backend.local_writes);
        match Arc::clone(&permits).try_acquire_owned() {
            Ok(permit) => tokio::task::spawn_blocking(move || {
                let _permit = permit;
                write()
            }),
            Err(_) => tokio::spawn(async move {
                let permit = permits.acquire_owned().await.map_err(|_| Error::Stopping)?;
                let written = tokio::task::spawn_blocking(move || {
                    let _permit = permit;
                    write()
                });
                written.await?
            }),
        }
    }

    /// Syncs what was written, if that is much, and lets the page cache let go of it: an archive
    /// that is put away shall not push out the index and the documents that are read, and pages
    /// that were let go of a moment ago are written faster than ones that nobody has had yet.
    ///
    /// Only a head start: durability is the backend's own sync at the end, which also reports what
    /// a sync here may have failed at.
    fn sync_early(&mut self, backend: &Backend) {
        let is_idle = self.syncing.as_ref().is_none_or(JoinHandle::is_finished);
        if self.unsynced_bytes < limits::EARLY_SYNC_BYTES || !is_idle {
            return;
        }
        let Ok(permit) = Arc::clone(&backend.early_syncs).try_acquire_owned() else {
            return;
        };
        self.unsynced_bytes = 0;
        let (file, written) = (Arc::clone(&self.file), NonZeroU64::new(self.written_bytes));
        self.syncing = Some(tokio::task::spawn_blocking(move || {
            let _permit = permit;
            if file.sync_data().is_ok() {
                let _ = rustix::fs::fadvise(&file, 0, written, Advice::DontNeed);
            }
        }));
    }

    /// Checks that what is at its place now is this file, whole.
    pub(super) fn check(&self) -> Result<(), Error> {
        let (ours, there) = (self.file.metadata()?, fs::metadata(&self.place)?);
        let is_same = (ours.dev(), ours.ino()) == (there.dev(), there.ino());
        if is_same && there.len() == self.written_bytes {
            return Ok(());
        }
        Err(io::Error::other("another file is where the blob should be").into())
    }

    /// Lets go of the rest of a long file, which is durable by now.
    pub(super) async fn let_go(mut self) {
        let Some(syncing) = self.syncing.take() else {
            return;
        };
        let _ = syncing.await;
        let let_go = move || rustix::fs::fadvise(&self.file, 0, None, Advice::DontNeed);
        let _ = tokio::task::spawn_blocking(let_go).await;
    }
}

fn write_all_at(file: &File, pieces: &[Bytes], mut offset: u64) -> io::Result<()> {
    let mut slices: Vec<IoSlice<'_>> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
    let mut rest = slices.as_mut_slice();
    IoSlice::advance_slices(&mut rest, 0);
    while !rest.is_empty() {
        let now = rest.get(..PIECES_MAX).unwrap_or(rest);
        match rustix::io::pwritev(file, now, offset) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => {
                offset += written as u64;
                IoSlice::advance_slices(&mut rest, written);
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
