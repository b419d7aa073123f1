//! Writing a blob: in pieces, at a steady pace, there as a whole or not at all.

use std::fs::File;
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStoreExt as _, PutPayload};
use rustix::fs::Advice;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::error::Error;
use super::store::Backend;
use crate::types::ids::BlobId;
use crate::types::limits;

/// A blob that is being written.
///
/// A small one is kept until its end and written in one step. Of a larger one at most one part is
/// on its way while the next is collected, so [`BlobWriter::write`] waits for a slow disk. Dropping
/// the writer before [`BlobWriter::finish`] has returned leaves nothing behind; what a crash leaves
/// is found by the sweep.
pub struct BlobWriter {
    backend: Arc<Backend>,
    path: Path,
    blob_id: BlobId,
    waiting: Vec<Bytes>,
    waiting_bytes: usize,
    upload: Option<Upload>,
}

struct Upload {
    multipart: Box<dyn MultipartUpload>,
    part: Option<JoinHandle<object_store::Result<()>>>,
    head_start: Option<HeadStart>,
}

impl BlobWriter {
    pub(super) const fn new(backend: Arc<Backend>, path: Path, blob_id: BlobId) -> Self {
        Self {
            backend,
            path,
            blob_id,
            waiting: Vec::new(),
            waiting_bytes: 0,
            upload: None,
        }
    }

    /// Waits until so many further bytes can be taken without waiting: until then they are better
    /// kept where they are.
    pub async fn ready(&mut self, bytes: usize) -> Result<(), Error> {
        if self.waiting_bytes + bytes < self.enough() {
            return Ok(());
        }
        match &mut self.upload {
            Some(upload) => upload.settle().await,
            None => Ok(()),
        }
    }

    /// Appends bytes, without copying them. After an error the writer is to be dropped.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), Error> {
        self.write_all([bytes]).await
    }

    /// As [`BlobWriter::write`], for several pieces, which go to the backend together.
    pub async fn write_all(
        &mut self,
        pieces: impl IntoIterator<Item = Bytes>,
    ) -> Result<(), Error> {
        for bytes in pieces {
            self.waiting_bytes += bytes.len();
            self.waiting.push(bytes);
        }
        if self.waiting_bytes < self.enough() {
            return Ok(());
        }
        if self.upload.is_none() {
            self.upload = Some(start(&self.backend, &self.path).await?);
        }
        let payload = self.take_waiting();
        let Some(upload) = &mut self.upload else {
            return Err(Error::Stopping);
        };
        upload.settle().await?;
        upload.send(payload, &self.backend);
        Ok(())
    }

    /// Ends the blob. When it returns, the bytes and the directory entries that lead to them are
    /// durable.
    ///
    /// Cancel safety: the end is a task of its own, which removes the blob again if nobody waits
    /// for it any more.
    pub async fn finish(mut self) -> Result<(), Error> {
        let payload = self.take_waiting();
        let upload = self.upload.take();
        let (backend, path, blob_id) = (Arc::clone(&self.backend), self.path.clone(), self.blob_id);
        let (done, wait) = oneshot::channel();
        tokio::spawn(async move {
            let (written, head_start) = match upload {
                None => (backend.objects.put(&path, payload).await.map(|_| ()), None),
                Some(upload) => upload.finish(payload).await,
            };
            let written = written.map_err(|error| Error::of(error, blob_id));
            if let Err(Ok(())) = done.send(written) {
                // A failure here leaves an orphan for the sweep; there is nobody to tell.
                let _ = backend.objects.delete(&path).await;
            }
            if let Some(head_start) = head_start {
                head_start.end().await;
            }
        });
        wait.await.map_err(|_| Error::Stopping)?
    }

    /// How many bytes go to the backend together, at least.
    fn enough(&self) -> usize {
        match self.upload {
            None => self.backend.part_bytes.max(limits::BLOB_START_BYTES),
            Some(_) => self.backend.part_bytes,
        }
    }

    fn take_waiting(&mut self) -> PutPayload {
        self.waiting_bytes = 0;
        std::mem::take(&mut self.waiting).into_iter().collect()
    }
}

impl Drop for BlobWriter {
    fn drop(&mut self) {
        let (Some(upload), Ok(runtime)) =
            (self.upload.take(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        runtime.spawn(upload.abort());
    }
}

impl Upload {
    /// Waits for the part that is on its way.
    async fn settle(&mut self) -> Result<(), Error> {
        match self.part.take() {
            Some(part) => part.await?.map_err(Error::of_backend),
            None => Ok(()),
        }
    }

    /// Sends a part on its way.
    fn send(&mut self, payload: PutPayload, backend: &Backend) {
        if let Some(head_start) = &mut self.head_start {
            head_start.written(payload.content_length(), backend);
        }
        let part = self.multipart.put_part(payload);
        let local_writes = backend.directory.is_some().then_some(&backend.local_writes);
        let local_writes = local_writes.map(Arc::clone);
        self.part = Some(tokio::spawn(async move {
            // So that many uploads need few threads; never closed, and if it were, no reason to
            // write without one.
            let _permit = match &local_writes {
                Some(local_writes) => local_writes.acquire().await.ok(),
                None => None,
            };
            part.await
        }));
    }

    async fn finish(mut self, rest: PutPayload) -> (object_store::Result<()>, Option<HeadStart>) {
        let completed = self.complete(rest).await;
        (completed, self.head_start.take())
    }

    async fn complete(&mut self, rest: PutPayload) -> object_store::Result<()> {
        let completed = match self.part.take() {
            Some(part) => part.await.unwrap_or_else(|error| Err(error.into())),
            None => Ok(()),
        };
        let completed = match completed {
            Ok(()) if rest.content_length() > 0 => self.multipart.put_part(rest).await,
            other => other,
        };
        match completed {
            Ok(()) => self.multipart.complete().await.map(|_| ()),
            Err(error) => {
                // The first error is the one to tell; the sweep finds what stays behind.
                let _ = self.multipart.abort().await;
                Err(error)
            }
        }
    }

    async fn abort(mut self) {
        if let Some(part) = self.part.take() {
            let _ = part.await;
        }
        // Nobody to tell; the sweep finds what stays behind.
        let _ = self.multipart.abort().await;
    }
}

async fn start(backend: &Arc<Backend>, path: &Path) -> Result<Upload, Error> {
    let (multipart, head_start) = match &backend.directory {
        None => {
            let multipart = backend.objects.put_multipart(path).await;
            (multipart.map_err(Error::of_backend)?, None)
        }
        // The local backend makes its file, and syncs new directories, on the calling thread.
        Some(directory) => {
            let runtime = tokio::runtime::Handle::current();
            let (backend, path) = (Arc::clone(backend), path.clone());
            let staged = directory.join(format!("{path}#1"));
            let started = tokio::task::spawn_blocking(move || {
                let multipart = runtime.block_on(backend.objects.put_multipart(&path))?;
                Ok((multipart, HeadStart::of(staged)))
            });
            started.await?.map_err(Error::of_backend)?
        }
    };
    Ok(Upload {
        multipart,
        part: None,
        head_start,
    })
}

/// Syncs a long file while it is still being written, so that its end does not wait for all of it,
/// and lets the page cache let go of what was synced: an archive that is put away shall not push
/// out the index and the documents that are read, and pages that were just let go of are written
/// faster than ones that nobody has had yet.
///
/// Only a head start: durability is the backend's own sync at the end, through a descriptor of its
/// own, which also reports what a sync here may have failed at.
struct HeadStart {
    file: Arc<File>,
    written_bytes: u64,
    unsynced_bytes: usize,
    running: Option<JoinHandle<()>>,
}

impl HeadStart {
    /// The staging file of a blob that was just started. Its name is the backend's own business;
    /// if that changes, there is no head start.
    fn of(staged: PathBuf) -> Option<Self> {
        Some(Self {
            file: Arc::new(File::open(staged).ok()?),
            written_bytes: 0,
            unsynced_bytes: 0,
            running: None,
        })
    }

    fn written(&mut self, bytes: usize, backend: &Backend) {
        let before = NonZeroU64::new(self.written_bytes);
        self.written_bytes += bytes as u64;
        self.unsynced_bytes += bytes;
        let idle = self.running.as_ref().is_none_or(JoinHandle::is_finished);
        if self.unsynced_bytes < limits::EARLY_SYNC_BYTES || !idle {
            return;
        }
        let Ok(permit) = Arc::clone(&backend.early_syncs).try_acquire_owned() else {
            return;
        };
        self.unsynced_bytes = bytes;
        let file = Arc::clone(&self.file);
        self.running = Some(tokio::task::spawn_blocking(move || {
            if file.sync_data().is_ok() {
                let _ = rustix::fs::fadvise(&file, 0, before, Advice::DontNeed);
            }
            drop(permit);
        }));
    }

    /// Lets go of the rest of a long file that is durable.
    async fn end(mut self) {
        let Some(running) = self.running.take() else {
            return;
        };
        let _ = running.await;
        let let_go = move || rustix::fs::fadvise(&self.file, 0, None, Advice::DontNeed);
        let _ = tokio::task::spawn_blocking(let_go).await;
    }
}
