//! A blob on its way to the local disk: written under its own name in long pieces at the borders of
//! pages, synced and let go of while more is still to come.
//!
//! The sketch. Nobody knows the name before the index does, so the file needs no other one
//! meanwhile, and a blob does not wait at its end for a change of names and one more sync of its
//! directory. A short blob is one hop to the blocking pool: made, written, synced. A long one is a
//! hop for each part. What a crash leaves is a blob that nothing refers to, which the sweep finds.

use std::fs;
use std::fs::DirBuilder;
use std::fs::File;
use std::io;
use std::io::ErrorKind;
use std::io::IoSlice;
use std::num::NonZeroU64;
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
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

/// The file of one blob. It is made when the first bytes are written.
pub(super) struct BlobFile {
    place: Arc<Path>,
    file: Option<Arc<File>>,
    /// How much of it was written or is on its way.
    written_bytes: u64,
    unsynced_bytes: u64,
    part: Option<JoinHandle<Step>>,
    syncing: Option<JoinHandle<io::Result<()>>>,
    /// The directory was synced, or is being.
    is_entered: bool,
}

/// The file as far as it was made, and what came of the step.
type Step = (Option<Arc<File>>, io::Result<()>);

impl BlobFile {
    /// A blob that will be at this place, where nothing is.
    pub(super) fn new(place: PathBuf) -> Self {
        Self {
            place: place.into(),
            file: None,
            written_bytes: 0,
            unsynced_bytes: 0,
            part: None,
            syncing: None,
            is_entered: false,
        }
    }

    /// Whether bytes were given to it: there may be a file.
    pub(super) const fn has_begun(&self) -> bool {
        self.written_bytes > 0
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

    /// Writes the next bytes in the blocking pool; the task starts now. The part before was waited
    /// for.
    pub(super) fn write(&mut self, pieces: Vec<Bytes>, backend: &Backend) {
        self.sync_early(backend);
        let offset = self.written_bytes;
        let bytes: u64 = pieces.iter().map(|piece| piece.len() as u64).sum();
        self.written_bytes += bytes;
        self.unsynced_bytes += bytes;
        self.step(backend, move |file| write_all_at(file, &pieces, offset));
    }

    /// Waits for the part that is on its way.
    ///
    /// Cancel safety: the part stays, to be waited for again.
    pub(super) async fn settle(&mut self) -> Result<(), Error> {
        if let Some(part) = &mut self.part {
            let step = part.await;
            self.part = None;
            let (file, done) = step?;
            self.file = file;
            done?;
        }
        if let Some(syncing) = self.syncing.take_if(|syncing| syncing.is_finished()) {
            // The kernel tells a descriptor once of what it could not write.
            syncing.await??;
        }
        Ok(())
    }

    /// Writes the last bytes. When it returns, all of them and the directory entry are durable.
    pub(super) async fn finish(
        &mut self,
        rest: Vec<Bytes>,
        backend: &Backend,
    ) -> Result<(), Error> {
        self.settle().await?;
        let offset = self.written_bytes;
        let folder = (!self.is_entered).then(|| Arc::clone(&self.place));
        self.step(backend, move |file| {
            write_all_at(file, &rest, offset)?;
            file.sync_data()?;
            folder.map_or(Ok(()), |place| sync_parent(&place))
        });
        self.settle().await?;
        match self.syncing.take() {
            Some(syncing) => Ok(syncing.await??),
            None => Ok(()),
        }
    }

    /// Removes what there is of it.
    pub(super) async fn abort(mut self) {
        // Whatever comes of the part, what matters is whether there is a file.
        let _ = self.settle().await;
        if self.file.is_some() {
            // Nobody to tell; the sweep finds what stays behind.
            let _ = tokio::task::spawn_blocking(move || fs::remove_file(&self.place)).await;
        }
    }

    /// Lets the page cache go of the rest of a long file, which is durable by now.
    pub(super) async fn let_go(self) {
        if let Some(file) = self
            .file
            .filter(|_| self.written_bytes >= limits::LET_GO_BYTES)
        {
            let _ = tokio::task::spawn_blocking(move || let_go(&file, self.written_bytes)).await;
        }
    }

    /// Starts a step with the file, which is made if it is not there; few threads for however many
    /// uploads.
    fn step(
        &mut self,
        backend: &Backend,
        work: impl FnOnce(&File) -> io::Result<()> + Send + 'static,
    ) {
        let (file, place) = (self.file.clone(), Arc::clone(&self.place));
        let step = move || {
            let file = match file.map_or_else(|| make(&place).map(Arc::new), Ok) {
                Ok(file) => file,
                Err(error) => return (None, Err(error)),
            };
            let done = work(&file);
            (Some(file), done)
        };
        let permits = Arc::clone(&backend.local_writes);
        self.part = Some(match Arc::clone(&permits).try_acquire_owned() {
            Ok(permit) => tokio::task::spawn_blocking(move || {
                let _permit = permit;
                step()
            }),
            Err(_) => tokio::spawn(async move {
                // The semaphore is never closed, and the pool only when the process ends.
                let stopping = |_| io::Error::other("the process is stopping");
                let permit = permits.acquire_owned().await;
                let stepped = tokio::task::spawn_blocking(move || {
                    let _permit = permit;
                    step()
                });
                stepped
                    .await
                    .map_err(stopping)
                    .unwrap_or_else(|error| (None, Err(error)))
            }),
        });
    }

    /// Syncs what was written, if that is much, and lets the page cache go of it: an archive that
    /// is put away shall not push out the index and the documents that are read, and pages that
    /// were let go of a moment ago are written faster than ones that nobody has had yet.
    fn sync_early(&mut self, backend: &Backend) {
        let Some(file) = self.file.as_ref().filter(|_| self.syncing.is_none()) else {
            return;
        };
        if self.unsynced_bytes < limits::EARLY_SYNC_BYTES {
            return;
        }
        let Ok(permit) = Arc::clone(&backend.early_syncs).try_acquire_owned() else {
            return;
        };
        self.unsynced_bytes = 0;
        let folder = (!self.is_entered).then(|| Arc::clone(&self.place));
        self.is_entered = true;
        let (file, written_bytes) = (Arc::clone(file), self.written_bytes);
        self.syncing = Some(tokio::task::spawn_blocking(move || {
            let _permit = permit;
            file.sync_data()?;
            if written_bytes >= limits::LET_GO_BYTES {
                let_go(&file, written_bytes);
            }
            folder.map_or(Ok(()), |place| sync_parent(&place))
        }));
    }
}

/// Lets the page cache go of what is synced.
fn let_go(file: &File, synced_bytes: u64) {
    let _ = rustix::fs::fadvise(file, 0, NonZeroU64::new(synced_bytes), Advice::DontNeed);
}

/// Makes a file where none is, for its owner alone, and the directories that lead to it.
fn make(place: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true).mode(0o600);
    match options.open(place) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let shard = place.parent().ok_or(error)?;
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(shard)?;
            // Both may be new: the shard in `blobs`, and `blobs` in the folder of its agency.
            sync_parent(shard)?;
            shard.parent().map_or(Ok(()), sync_parent)?;
            options.open(place)
        }
        made => made,
    }
}

/// Makes the entry of a file or directory durable.
fn sync_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), sync_directory)
}

/// Makes what was added to a directory, or removed from it, durable.
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
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
