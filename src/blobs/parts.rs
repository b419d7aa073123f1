//! A blob on its way to a backend in parts, one after the other.

use bytes::Bytes;
use object_store::{MultipartUpload, ObjectStoreExt as _, path::Path};
use tokio::task::JoinHandle;

use super::error::Error;
use super::store::Backend;
use crate::types::ids::BlobId;

/// An upload to the backend.
pub(super) struct Parts {
    multipart: Box<dyn MultipartUpload>,
    part: Option<JoinHandle<Result<(), Error>>>,
}

impl Parts {
    pub(super) async fn begin(backend: &Backend, path: &Path) -> Result<Self, Error> {
        let multipart = backend.objects.put_multipart(path).await;
        Ok(Self {
            multipart: multipart.map_err(Error::of_backend)?,
            part: None,
        })
    }

    /// Sends a part; the one before was waited for.
    pub(super) fn send(&mut self, pieces: Vec<Bytes>) {
        let sent = self.multipart.put_part(pieces.into_iter().collect());
        self.part = Some(tokio::spawn(async move {
            sent.await.map_err(Error::of_backend)
        }));
    }

    /// Waits for the part that is on its way.
    pub(super) async fn settle(&mut self) -> Result<(), Error> {
        match self.part.take() {
            Some(part) => part.await?,
            None => Ok(()),
        }
    }

    /// Sends the last part, if there is one, and ends the blob.
    pub(super) async fn finish(&mut self, rest: Vec<Bytes>, blob_id: BlobId) -> Result<(), Error> {
        self.settle().await?;
        if !rest.is_empty() {
            self.send(rest);
            self.settle().await?;
        }
        let completed = self.multipart.complete().await;
        completed
            .map(|_| ())
            .map_err(|error| Error::of(error, blob_id))
    }

    /// Removes what there is of it.
    pub(super) async fn abort(mut self) {
        let _ = self.settle().await;
        // Nobody to tell; the remote's own rules take what stays behind.
        let _ = self.multipart.abort().await;
    }
}
