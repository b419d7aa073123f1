//! What goes wrong with blobs.

use std::error::Error as _;
use std::io;

use thiserror::Error;

use super::remote;
use crate::types::ids::BlobId;

/// What goes wrong with blobs.
#[derive(Debug, Error)]
pub enum Error {
    /// The backend has no such blob.
    #[error("the blob {0} is not there")]
    NotFound(BlobId),
    /// A blob ends before the bytes that were to be read.
    #[error("the blob {0} is shorter than it should be")]
    Short(BlobId),
    /// The disk, or the quota of the process on it, is full.
    #[error("no space is left for blobs")]
    Full(#[source] io::Error),
    /// The disk fails.
    #[error("the disk of the blobs fails")]
    Disk(#[source] io::Error),
    /// The backend fails.
    #[error("the backend of the blobs fails")]
    Backend(#[source] object_store::Error),
    /// The remote does not answer, or not as it should; it may later.
    #[error("the remote of the blobs fails")]
    Remote(#[source] object_store::Error),
    /// The remote refuses the credential.
    #[error("the remote of the blobs refuses the credential")]
    Denied(#[source] object_store::Error),
    /// The remote has no such bucket.
    #[error("the bucket of the blobs is not there")]
    NoBucket(#[source] object_store::Error),
    /// What lies below the prefix belongs to another installation.
    #[error("the bucket's prefix holds the blobs of another installation")]
    Taken,
    /// The settings do not make a backend.
    #[error("the settings of the blobs' backend are wrong")]
    Settings(#[source] object_store::Error),
    /// The process is shutting down.
    #[error("the process is stopping")]
    Stopping,
}

impl Error {
    /// Sorts a backend's error about one blob.
    pub(super) fn of(error: object_store::Error, blob_id: BlobId) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::NotFound(blob_id),
            other => Self::of_backend(other),
        }
    }

    /// Sorts a backend's error. A full disk hides in the chain of sources.
    pub(super) fn of_backend(error: object_store::Error) -> Self {
        if let object_store::Error::JoinError { .. } = error {
            return Self::Stopping;
        }
        let mut source = error.source();
        while let Some(inner) = source {
            let kind = inner.downcast_ref::<io::Error>().map(io::Error::kind);
            if let Some(kind) = kind.filter(|kind| is_full(*kind)) {
                return Self::Full(io::Error::new(kind, error));
            }
            source = inner.source();
        }
        match error {
            object_store::Error::PermissionDenied { .. }
            | object_store::Error::Unauthenticated { .. } => Self::Denied(error),
            object_store::Error::Generic { store, .. } if store == remote::STORE => {
                Self::Remote(error)
            }
            other => Self::Backend(other),
        }
    }

    /// Whether a remote did not answer, or with an error of its own, which may heal by itself.
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Remote(error) if remote::is_outage(error))
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        if is_full(error.kind()) {
            Self::Full(error)
        } else {
            Self::Disk(error)
        }
    }
}

impl From<tokio::task::JoinError> for Error {
    fn from(_: tokio::task::JoinError) -> Self {
        Self::Stopping
    }
}

const fn is_full(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::Error;
    use crate::types::ids::BlobId;

    #[test]
    fn a_full_disk_is_told_apart_from_a_broken_one() {
        let of = |kind: io::ErrorKind| {
            let backend = object_store::Error::Generic {
                store: "test",
                source: Box::new(io::Error::from(kind)),
            };
            (
                Error::of_backend(backend),
                Error::from(io::Error::from(kind)),
            )
        };
        for full in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded] {
            assert!(matches!(of(full), (Error::Full(_), Error::Full(_))));
        }
        assert!(matches!(
            of(io::ErrorKind::PermissionDenied),
            (Error::Backend(_), Error::Disk(_))
        ));
        let missing = object_store::Error::NotFound {
            path: String::new(),
            source: Box::new(io::Error::from(io::ErrorKind::NotFound)),
        };
        let blob_id = BlobId::new([1; 16]);
        assert!(matches!(Error::of(missing, blob_id), Error::NotFound(id) if id == blob_id));
    }
}
