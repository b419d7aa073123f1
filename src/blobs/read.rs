//! Reading a blob: from the page cache on this thread, from the disk on another.

use std::fs::File;
use std::future::Future as _;
use std::io::{ErrorKind, IoSliceMut};
use std::num::NonZeroU64;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{GetOptions, GetRange, GetResult, ObjectStoreExt as _};
use rustix::fs::Advice;
use rustix::io::{Errno, ReadWriteFlags};
use tokio::task::JoinHandle;

use super::buffer::Buffer;
use super::error::Error;
use super::store::Backend;
use crate::types::ids::BlobId;
use crate::types::limits;

/// A blob that is being read. Cheap to clone.
#[derive(Clone)]
pub struct BlobReader {
    backend: Arc<Backend>,
    blob_id: BlobId,
    size_bytes: u64,
    source: Source,
}

#[derive(Clone)]
enum Source {
    File(Arc<LocalFile>),
    Object { path: Path, head: Bytes },
}

struct LocalFile {
    file: File,
    /// Whether the file system can read without waiting; some cannot, and say so at the first try.
    has_nowait: AtomicBool,
}

impl BlobReader {
    pub(super) fn of_file(
        backend: &Arc<Backend>,
        blob_id: BlobId,
        size_bytes: u64,
        file: File,
    ) -> Self {
        let has_nowait = AtomicBool::new(true);
        Self {
            backend: Arc::clone(backend),
            blob_id,
            size_bytes,
            source: Source::File(Arc::new(LocalFile { file, has_nowait })),
        }
    }

    pub(super) fn of_object(
        backend: &Arc<Backend>,
        blob_id: BlobId,
        size_bytes: u64,
        path: Path,
        head: Bytes,
    ) -> Self {
        Self {
            backend: Arc::clone(backend),
            blob_id,
            size_bytes,
            source: Source::Object { path, head },
        }
    }

    /// As on a file system that cannot read without waiting.
    #[cfg(test)]
    pub(super) fn without_nowait(self) -> Self {
        if let Source::File(local) = &self.source {
            local.has_nowait.store(false, Ordering::Relaxed);
        }
        self
    }

    /// The size of the blob as it lies in the backend.
    pub const fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Reads exactly this many bytes. A warm local file and the head of a remote blob are read at
    /// once; else a bounded pool waits for the disk, or the remote is asked.
    pub async fn read_at(&self, offset: u64, length: usize) -> Result<Buffer, Error> {
        if let Some(read) = self.read_warm(offset, length) {
            return read;
        }
        match &self.source {
            Source::File(_) => self.read_cold(offset, length).await?,
            Source::Object { path, .. } => {
                let range = offset..offset.saturating_add(length as u64);
                let bytes = self.backend.objects.get_range(path, range).await;
                let bytes = bytes.map_err(|error| Error::of(error, self.blob_id))?;
                self.filled(&bytes, length)
            }
        }
    }

    /// Reads the blob's bytes in a range, in steps of this many bytes; the last may be shorter.
    pub fn chunks(&self, range: Range<u64>, step_bytes: usize) -> Chunks {
        Chunks {
            remote: match &self.source {
                Source::File(_) => None,
                Source::Object { path, .. } => Some(Remote {
                    pieces: self.stream(path.clone(), range.clone()),
                    rest: Bytes::new(),
                    filling: None,
                    filled_bytes: 0,
                }),
            },
            reader: self.clone(),
            next: range.start,
            end: range.end,
            step_bytes: step_bytes.max(1),
            ahead: Ahead::Nothing,
        }
    }

    /// Reads bytes that are there without waiting for anything; `None` if some are not.
    fn read_warm(&self, offset: u64, length: usize) -> Option<Result<Buffer, Error>> {
        match &self.source {
            Source::Object { head, .. } => {
                let start = usize::try_from(offset).ok()?;
                let bytes = head.get(start..start.checked_add(length)?)?;
                Some(self.filled(bytes, length))
            }
            Source::File(local) => {
                if !local.has_nowait.load(Ordering::Relaxed) {
                    return None;
                }
                let mut buffer = self.backend.buffers.take(length);
                let mut slices = [IoSliceMut::new(buffer.as_mut())];
                let flags = ReadWriteFlags::NOWAIT;
                match rustix::io::preadv2(&local.file, &mut slices, offset, flags) {
                    Ok(read) if read == length => Some(Ok(buffer)),
                    Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => {
                        local.has_nowait.store(false, Ordering::Relaxed);
                        None
                    }
                    // Partly warm, cold, interrupted, failing, at the end: the pool will tell.
                    _ => None,
                }
            }
        }
    }

    /// Reads from the disk in the blocking pool. The task starts now, whether polled or not.
    fn read_cold(&self, offset: u64, length: usize) -> JoinHandle<Result<Buffer, Error>> {
        let reader = self.clone();
        tokio::spawn(async move {
            let permits = Arc::clone(&reader.backend.cold_reads);
            let permit = permits.acquire_owned().await.map_err(|_| Error::Stopping)?;
            let read = tokio::task::spawn_blocking(move || {
                let _permit = permit;
                reader.read_blocking(offset, length)
            });
            read.await?
        })
    }

    fn read_blocking(&self, offset: u64, length: usize) -> Result<Buffer, Error> {
        let Source::File(local) = &self.source else {
            return Err(Error::NotFound(self.blob_id));
        };
        // Who reads on finds the next bytes warm. Advice; a file system may not take it.
        let ahead = NonZeroU64::new(limits::COLD_AHEAD_BYTES);
        let _ = rustix::fs::fadvise(&local.file, offset, ahead, Advice::WillNeed);
        let mut buffer = self.backend.buffers.take(length);
        match local.file.read_exact_at(buffer.as_mut(), offset) {
            Ok(()) => Ok(buffer),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                Err(Error::Short(self.blob_id))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn filled(&self, bytes: &[u8], length: usize) -> Result<Buffer, Error> {
        if bytes.len() != length {
            return Err(Error::Short(self.blob_id));
        }
        let mut buffer = self.backend.buffers.take(length);
        buffer.as_mut().copy_from_slice(bytes);
        Ok(buffer)
    }

    /// Some requests to the remote, one after another: a long one would be cut by a remote that
    /// gives up on slow readers, and could not be taken up again.
    fn stream(&self, path: Path, range: Range<u64>) -> BoxStream<'static, Result<Bytes, Error>> {
        let (objects, blob_id) = (Arc::clone(&self.backend.objects), self.blob_id);
        let starts = range.clone().step_by(limits::REMOTE_READ_BYTES);
        let windows = starts.map(move |start| {
            let end = start.saturating_add(limits::REMOTE_READ_BYTES as u64);
            start..end.min(range.end)
        });
        futures_util::stream::iter(windows)
            .then(move |window| {
                let (objects, path) = (Arc::clone(&objects), path.clone());
                let options = GetOptions {
                    range: Some(GetRange::Bounded(window)),
                    ..GetOptions::default()
                };
                async move { objects.get_opts(&path, options).await }
            })
            .map_ok(GetResult::into_stream)
            .try_flatten()
            .map_err(move |error| Error::of(error, blob_id))
            .boxed()
    }
}

/// The bytes of a range, chunk by chunk.
///
/// Warm chunks of a local file are read when asked for. After a cold one the next is fetched while
/// the caller works on it. Stops after an error.
pub struct Chunks {
    reader: BlobReader,
    next: u64,
    end: u64,
    step_bytes: usize,
    ahead: Ahead,
    remote: Option<Remote>,
}

enum Ahead {
    Nothing,
    Warm(Buffer),
    Cold(JoinHandle<Result<Buffer, Error>>),
}

/// The remote's answers, cut anew.
struct Remote {
    pieces: BoxStream<'static, Result<Bytes, Error>>,
    /// What the last piece has left over.
    rest: Bytes,
    /// The chunk in the making, and how much of it is there.
    filling: Option<Buffer>,
    filled_bytes: usize,
}

impl Chunks {
    fn next_length(&self) -> usize {
        let left = self.end.saturating_sub(self.next);
        usize::try_from(left).map_or(self.step_bytes, |left| left.min(self.step_bytes))
    }

    fn poll_local(&mut self, context: &mut Context<'_>) -> Poll<Result<Buffer, Error>> {
        let length = self.next_length();
        match std::mem::replace(&mut self.ahead, Ahead::Nothing) {
            Ahead::Warm(buffer) => {
                self.advance(length);
                return Poll::Ready(Ok(buffer));
            }
            Ahead::Nothing => {
                if let Some(read) = self.reader.read_warm(self.next, length) {
                    self.advance(length);
                    return Poll::Ready(read);
                }
                self.ahead = Ahead::Cold(self.reader.read_cold(self.next, length));
            }
            cold @ Ahead::Cold(_) => self.ahead = cold,
        }
        let Ahead::Cold(task) = &mut self.ahead else {
            return Poll::Ready(Err(Error::Stopping));
        };
        let read = ready!(Pin::new(task).poll(context));
        self.ahead = Ahead::Nothing;
        let buffer = read??;
        self.advance(length);
        let length = self.next_length();
        if length > 0 {
            self.ahead = match self.reader.read_warm(self.next, length) {
                Some(Ok(buffer)) => Ahead::Warm(buffer),
                _ => Ahead::Cold(self.reader.read_cold(self.next, length)),
            };
        }
        Poll::Ready(Ok(buffer))
    }

    fn poll_remote(&mut self, context: &mut Context<'_>) -> Poll<Result<Buffer, Error>> {
        let length = self.next_length();
        let Some(remote) = &mut self.remote else {
            return Poll::Ready(Err(Error::Stopping));
        };
        loop {
            let mut buffer = match remote.filling.take() {
                Some(buffer) => buffer,
                None => self.reader.backend.buffers.take(length),
            };
            let free = buffer
                .as_mut()
                .get_mut(remote.filled_bytes..)
                .unwrap_or_default();
            let piece = remote.rest.split_to(remote.rest.len().min(free.len()));
            for (byte, read) in free.iter_mut().zip(&piece) {
                *byte = *read;
            }
            remote.filled_bytes += piece.len();
            if remote.filled_bytes == length {
                remote.filled_bytes = 0;
                self.advance(length);
                return Poll::Ready(Ok(buffer));
            }
            remote.filling = Some(buffer);
            remote.rest = match ready!(remote.pieces.poll_next_unpin(context)) {
                Some(piece) => piece?,
                None => return Poll::Ready(Err(Error::Short(self.reader.blob_id))),
            };
        }
    }

    fn advance(&mut self, length: usize) {
        self.next = self.next.saturating_add(length as u64);
    }
}

impl Stream for Chunks {
    type Item = Result<Buffer, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.next >= self.end {
            return Poll::Ready(None);
        }
        let read = match self.remote {
            None => ready!(self.poll_local(context)),
            Some(_) => ready!(self.poll_remote(context)),
        };
        if read.is_err() {
            self.end = self.next;
        }
        Poll::Ready(Some(read))
    }
}
