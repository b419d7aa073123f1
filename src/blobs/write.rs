//! Writing a blob: in pieces, at a steady pace, there as a whole or not at all.

use std::sync::Arc;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStoreExt as _};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::error::Error;
use super::staged::StagedFile;
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
    part: Option<JoinHandle<Result<(), Error>>>,
    /// The file that the local backend has staged for it.
    staged: Option<StagedFile>,
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
        let Some(upload) = &mut self.upload else {
            return Err(Error::Stopping);
        };
        upload.settle().await?;
        let bytes = upload.part_bytes(self.waiting_bytes);
        let rest = split_off(&mut self.waiting, bytes);
        self.waiting_bytes -= bytes;
        let pieces = std::mem::replace(&mut self.waiting, rest);
        upload.send(pieces, &self.backend);
        Ok(())
    }

    /// Ends the blob. When it returns, the bytes and the directory entries that lead to them are
    /// durable.
    ///
    /// Cancel safety: the end is a task of its own, which removes the blob again if nobody waits
    /// for it any more.
    pub async fn finish(mut self) -> Result<(), Error> {
        let pieces = std::mem::take(&mut self.waiting);
        let upload = self.upload.take();
        let (backend, path, blob_id) = (Arc::clone(&self.backend), self.path.clone(), self.blob_id);
        let (done, wait) = oneshot::channel();
        tokio::spawn(async move {
            let (written, staged) = match upload {
                None => {
                    let payload = pieces.into_iter().collect();
                    let put = backend.objects.put(&path, payload).await;
                    let put = put.map_err(|error| Error::of(error, blob_id));
                    (put.map(|_| ()), None)
                }
                Some(upload) => upload.finish(pieces, &backend, blob_id).await,
            };
            if let Err(Ok(())) = done.send(written) {
                // A failure here leaves an orphan for the sweep; there is nobody to tell.
                let _ = backend.objects.delete(&path).await;
            }
            if let Some(staged) = staged {
                staged.let_go().await;
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
            Some(part) => part.await?,
            None => Ok(()),
        }
    }

    /// How many of so many waiting bytes go as the next part.
    fn part_bytes(&self, waiting_bytes: usize) -> usize {
        self.staged
            .as_ref()
            .map_or(waiting_bytes, |staged| staged.part_bytes(waiting_bytes))
    }

    /// Sends a part on its way; the one before was waited for.
    fn send(&mut self, pieces: Vec<Bytes>, backend: &Backend) {
        self.part = Some(match &mut self.staged {
            Some(staged) => staged.write(pieces, backend),
            None => {
                let part = self.multipart.put_part(pieces.into_iter().collect());
                tokio::spawn(async move { part.await.map_err(Error::of_backend) })
            }
        });
    }

    /// Ends the blob; gives the staged file back for what remains to be done about it.
    async fn finish(
        mut self,
        rest: Vec<Bytes>,
        backend: &Backend,
        blob_id: BlobId,
    ) -> (Result<(), Error>, Option<StagedFile>) {
        let completed = self.complete(rest, backend, blob_id).await;
        if completed.is_err() {
            // The first error is the one to tell; the sweep finds what stays behind.
            let _ = self.multipart.abort().await;
        }
        (completed, self.staged.take())
    }

    async fn complete(
        &mut self,
        rest: Vec<Bytes>,
        backend: &Backend,
        blob_id: BlobId,
    ) -> Result<(), Error> {
        self.settle().await?;
        if !rest.is_empty() {
            self.send(rest, backend);
            self.settle().await?;
        }
        let completed = self.multipart.complete().await;
        completed.map_err(|error| Error::of(error, blob_id))?;
        match &self.staged {
            Some(staged) => staged.check(),
            None => Ok(()),
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
    let (multipart, staged) = match &backend.directory {
        None => {
            let multipart = backend.objects.put_multipart(path).await;
            (multipart.map_err(Error::of_backend)?, None)
        }
        // The local backend makes its file, and syncs new directories, on the calling thread. It
        // gives the file this name if it is free; else it writes the parts itself.
        Some(directory) => {
            let runtime = tokio::runtime::Handle::current();
            let (backend, path) = (Arc::clone(backend), path.clone());
            let place = directory.join(path.as_ref());
            let name = directory.join(format!("{path}#1"));
            let started = tokio::task::spawn_blocking(move || {
                let is_free = matches!(name.try_exists(), Ok(false));
                let multipart = runtime.block_on(backend.objects.put_multipart(&path))?;
                let staged = is_free.then(|| StagedFile::open(&name, place).ok());
                Ok((multipart, staged.flatten()))
            });
            started.await?.map_err(Error::of_backend)?
        }
    };
    Ok(Upload {
        multipart,
        part: None,
        staged,
    })
}

/// Splits pieces behind so many bytes; gives what stands there.
fn split_off(pieces: &mut Vec<Bytes>, bytes: usize) -> Vec<Bytes> {
    let mut left = bytes;
    for (at, piece) in pieces.iter_mut().enumerate() {
        if left < piece.len() {
            let rest = piece.split_off(left);
            let later = pieces.split_off(at + 1);
            return std::iter::once(rest).chain(later).collect();
        }
        left -= piece.len();
    }
    Vec::new()
}
