//! Writing a blob: in pieces, at a steady pace, there as a whole or not at all.

use std::sync::Arc;

use bytes::Bytes;
use object_store::ObjectStoreExt as _;
use object_store::path::Path;
use tokio::sync::oneshot;

use super::error::Error;
use super::file::BlobFile;
use super::parts::Parts;
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
    /// Here until the end.
    upload: Option<Upload>,
}

/// What was sent so far, and how.
enum Upload {
    /// Nothing: what ends within one part goes in one request.
    Nothing,
    /// Parts of it.
    Parts(Parts),
    /// Bytes of its file on the local disk.
    File(BlobFile),
}

impl BlobWriter {
    pub(super) fn new(backend: Arc<Backend>, path: Path, blob_id: BlobId) -> Self {
        let upload = match &backend.directory {
            Some(directory) => Upload::File(BlobFile::new(directory.join(path.as_ref()))),
            None => Upload::Nothing,
        };
        Self {
            backend,
            path,
            blob_id,
            waiting: Vec::new(),
            waiting_bytes: 0,
            upload: Some(upload),
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
        let Some(upload) = &mut self.upload else {
            return Err(Error::Stopping);
        };
        upload.settle().await?;
        let bytes = upload.part_bytes(self.waiting_bytes);
        let rest = split_off(&mut self.waiting, bytes);
        self.waiting_bytes -= bytes;
        let pieces = std::mem::replace(&mut self.waiting, rest);
        upload.send(pieces, &self.backend, &self.path).await
    }

    /// Ends the blob. When it returns, the bytes and the directory entries that lead to them are
    /// durable.
    ///
    /// Cancel safety: the end is a task of its own, which removes the blob again if nobody waits
    /// for it any more.
    pub async fn finish(mut self) -> Result<(), Error> {
        let mut upload = self.upload.take().ok_or(Error::Stopping)?;
        let pieces = std::mem::take(&mut self.waiting);
        let (backend, path, blob_id) = (Arc::clone(&self.backend), self.path.clone(), self.blob_id);
        let (done, wait) = oneshot::channel();
        tokio::spawn(async move {
            let finished = upload.finish(pieces, &backend, &path, blob_id).await;
            if finished.is_err() {
                upload.abort().await;
                let _ = done.send(finished);
                return;
            }
            if done.send(finished).is_err() {
                // A failure here leaves an orphan for the sweep; there is nobody to tell.
                let _ = backend.objects.delete(&path).await;
            }
            if let Upload::File(file) = upload {
                file.let_go().await;
            }
        });
        wait.await.map_err(|_| Error::Stopping)?
    }

    /// How many bytes go to the backend together, at least.
    fn enough(&self) -> usize {
        match self.upload.as_ref().is_some_and(Upload::has_begun) {
            false => self.backend.part_bytes.max(limits::BLOB_START_BYTES),
            true => self.backend.part_bytes,
        }
    }
}

impl Drop for BlobWriter {
    fn drop(&mut self) {
        let begun = self.upload.take().filter(Upload::has_begun);
        if let (Some(upload), Ok(runtime)) = (begun, tokio::runtime::Handle::try_current()) {
            runtime.spawn(upload.abort());
        }
    }
}

impl Upload {
    fn has_begun(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::Parts(_) => true,
            Self::File(file) => file.has_begun(),
        }
    }

    /// Waits for the part that is on its way.
    async fn settle(&mut self) -> Result<(), Error> {
        match self {
            Self::Nothing => Ok(()),
            Self::Parts(parts) => parts.settle().await,
            Self::File(file) => file.settle().await,
        }
    }

    /// How many of so many waiting bytes go as the next part.
    fn part_bytes(&self, waiting_bytes: usize) -> usize {
        match self {
            Self::Nothing | Self::Parts(_) => waiting_bytes,
            Self::File(file) => file.part_bytes(waiting_bytes),
        }
    }

    /// Sends a part on its way; the one before was waited for.
    async fn send(
        &mut self,
        pieces: Vec<Bytes>,
        backend: &Backend,
        path: &Path,
    ) -> Result<(), Error> {
        match self {
            Self::Nothing => {
                let mut parts = Parts::begin(backend, path).await?;
                parts.send(pieces);
                *self = Self::Parts(parts);
            }
            Self::Parts(parts) => parts.send(pieces),
            Self::File(file) => file.write(pieces, backend),
        }
        Ok(())
    }

    /// Ends the blob; after an error it is to be aborted.
    async fn finish(
        &mut self,
        rest: Vec<Bytes>,
        backend: &Backend,
        path: &Path,
        blob_id: BlobId,
    ) -> Result<(), Error> {
        match self {
            Self::Nothing => {
                let put = backend.objects.put(path, rest.into_iter().collect());
                put.await
                    .map(|_| ())
                    .map_err(|error| Error::of(error, blob_id))
            }
            Self::Parts(parts) => parts.finish(rest, blob_id).await,
            Self::File(file) => file.finish(rest, backend).await,
        }
    }

    /// Removes what there is of it. Whatever fails here leaves something for the sweep; there is
    /// nobody to tell.
    async fn abort(self) {
        match self {
            Self::Nothing => {}
            Self::Parts(parts) => parts.abort().await,
            Self::File(file) => file.abort().await,
        }
    }
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
