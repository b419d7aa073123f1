//! The store of blobs: one backend, one layout.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, GetResultPayload, ObjectStore, ObjectStoreExt as _};
use tokio::sync::Semaphore;

use super::buffer::{Buffer, Buffers};
use super::error::Error;
use super::file::sync_directory;
use super::read::BlobReader;
use super::remote::{self, Claim};
use super::settings::BlobSettings;
use super::write::BlobWriter;
use crate::types::ids::BlobId;
use crate::types::limits;
use crate::types::names::AgencyId;

/// Bytes of a remote blob that opening it fetches: enough for any header.
const HEAD_BYTES: u64 = 64;

/// Where the blobs of all agencies lie. Cheap to clone.
#[derive(Clone)]
pub struct BlobStore(pub(super) Arc<Backend>);

pub(super) struct Backend {
    pub(super) objects: Arc<dyn ObjectStore>,
    /// The directory of the local backend; none for the others.
    pub(super) directory: Option<PathBuf>,
    /// What every name begins with: empty, or ending in `/`.
    prefix: String,
    /// Whose the prefix is; none for backends that are the installation's own.
    pub(super) claim: Option<Claim>,
    /// How many bytes a part of a multipart upload must have.
    pub(super) part_bytes: usize,
    pub(super) buffers: Arc<Buffers>,
    /// One permit for each read that waits for the disk.
    pub(super) cold_reads: Arc<Semaphore>,
    /// One permit for each part that is being written to the local disk.
    pub(super) local_writes: Arc<Semaphore>,
    /// One permit for each write that is being synced before its end.
    pub(super) early_syncs: Arc<Semaphore>,
}

impl BlobStore {
    /// Makes the backend. Nothing is read or written yet.
    pub fn new(settings: &BlobSettings) -> Result<Self, Error> {
        let (objects, prefix): (Arc<dyn ObjectStore>, _) = match settings {
            BlobSettings::Local { directory } => {
                let files = LocalFileSystem::new_with_prefix(directory).map_err(Error::Settings)?;
                (Arc::new(files.with_fsync(true)), "")
            }
            BlobSettings::Memory => (Arc::new(InMemory::new()), ""),
            BlobSettings::S3(settings) => (
                Arc::new(remote::connect(settings)?),
                settings.prefix.as_str(),
            ),
        };
        let prefix = prefix.trim_matches('/');
        let slash = if prefix.is_empty() { "" } else { "/" };
        let (directory, part_bytes) = match settings {
            BlobSettings::Local { directory } => {
                (Some(directory.clone()), limits::LOCAL_PART_BYTES)
            }
            BlobSettings::Memory => (None, limits::LOCAL_PART_BYTES),
            BlobSettings::S3(_) => (None, limits::REMOTE_PART_BYTES),
        };
        let prefix = format!("{prefix}{slash}");
        let claim = match settings {
            BlobSettings::S3(settings) => Some(Claim::new(settings, &prefix)),
            _ => None,
        };
        Ok(Self(Arc::new(Backend {
            objects,
            directory,
            prefix,
            claim,
            part_bytes,
            buffers: Arc::default(),
            cold_reads: Arc::new(Semaphore::new(limits::COLD_READS_MAX)),
            local_writes: Arc::new(Semaphore::new(limits::LOCAL_WRITES_MAX)),
            early_syncs: Arc::new(Semaphore::new(limits::EARLY_SYNCS_MAX)),
        })))
    }

    /// Starts a new blob. Nothing of it exists before [`BlobWriter::finish`] has returned.
    pub fn create(&self, agency: &AgencyId, blob_id: BlobId) -> BlobWriter {
        let path = self.0.path(agency, blob_id);
        BlobWriter::new(Arc::clone(&self.0), path, blob_id)
    }

    /// A buffer of this length for bytes to be written, with whatever it last held.
    pub fn buffer(&self, length: usize) -> Buffer {
        self.0.buffers.take(length)
    }

    /// Opens a blob for reading.
    pub async fn open(&self, agency: &AgencyId, blob_id: BlobId) -> Result<BlobReader, Error> {
        let path = self.0.path(agency, blob_id);
        let mut options = GetOptions::default();
        if self.0.directory.is_none() {
            options.range = Some(GetRange::Bounded(0..HEAD_BYTES));
        }
        let failed = |error| Error::of(error, blob_id);
        let found = match self.0.objects.get_opts(&path, options).await {
            Ok(found) => found,
            Err(error) => return Err(self.0.unopened(&path, error, blob_id).await),
        };
        let size_bytes = found.meta.size;
        match found.payload {
            GetResultPayload::File(file, _) => {
                Ok(BlobReader::of_file(&self.0, blob_id, size_bytes, file))
            }
            GetResultPayload::Stream(_) => {
                let head = found.bytes().await.map_err(failed)?;
                Ok(BlobReader::of_object(
                    &self.0, blob_id, size_bytes, path, head,
                ))
            }
        }
    }

    /// Removes blobs; ones that are not there count as removed. Durable when it returns.
    pub async fn delete(&self, agency: &AgencyId, blob_ids: &[BlobId]) -> Result<(), Error> {
        let paths: Vec<_> = blob_ids
            .iter()
            .map(|blob_id| Ok(self.0.path(agency, *blob_id)))
            .collect();
        let mut deletions = self.0.objects.delete_stream(stream::iter(paths).boxed());
        let mut failed = None;
        while let Some(deletion) = deletions.next().await {
            match deletion {
                Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => failed = Some(Error::of_backend(error)),
            }
        }
        let shards: BTreeSet<_> = blob_ids.iter().map(|id| Shard::of(*id)).collect();
        self.0.sync_shards(agency, shards).await?;
        failed.map_or(Ok(()), Err)
    }
}

/// One of the 256 directories over which an agency's blobs are spread.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Shard(pub u8);

impl Shard {
    /// The directory of a blob: the first byte of its id.
    pub const fn of(blob_id: BlobId) -> Self {
        let [first, ..] = *blob_id.as_bytes();
        Self(first)
    }
}

impl Backend {
    /// Why a blob did not open. A remote refuses the range of an object that was cut to nothing,
    /// which is no outage.
    async fn unopened(&self, path: &Path, error: object_store::Error, blob_id: BlobId) -> Error {
        let error = Error::of(error, blob_id);
        if let Error::Backend(_) | Error::Remote(_) = &error
            && self.directory.is_none()
            && let Ok(meta) = self.objects.head(path).await
            && meta.size == 0
        {
            return Error::Short(blob_id);
        }
        error
    }

    pub(super) fn path(&self, agency: &AgencyId, blob_id: BlobId) -> Path {
        let shard = self.shard(agency, Shard::of(blob_id));
        Path::from(format!("{shard}/{blob_id}"))
    }

    /// `agencies/<agency>/blobs/<2 hex>`, below the prefix.
    pub(super) fn shard(&self, agency: &AgencyId, shard: Shard) -> String {
        format!("{}agencies/{agency}/blobs/{:02x}", self.prefix, shard.0)
    }

    /// Makes removals from these directories durable, which object_store leaves undone.
    pub(super) async fn sync_shards(
        &self,
        agency: &AgencyId,
        shards: BTreeSet<Shard>,
    ) -> Result<(), Error> {
        let Some(directory) = &self.directory else {
            return Ok(());
        };
        let folders: Vec<_> = shards
            .into_iter()
            .map(|shard| directory.join(self.shard(agency, shard)))
            .collect();
        let synced = tokio::task::spawn_blocking(move || {
            for folder in folders {
                match sync_directory(&folder) {
                    Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
            Ok(())
        });
        Ok(synced.await??)
    }
}
