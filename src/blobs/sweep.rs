//! What lies in the backend, for those who look for what nothing refers to any more.

use futures_util::TryStreamExt as _;
use object_store::ObjectMeta;
use object_store::path::Path;

use super::error::Error;
use super::store::{BlobStore, Shard};
use crate::types::clock::Time;
use crate::types::ids::BlobId;
use crate::types::names::AgencyId;

/// A blob that lies in the backend: a finished one, or on the local disk one that is being written
/// or was when a crash came; its age tells.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Found {
    /// Which.
    pub blob_id: BlobId,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// When it was last written to, by the backend's clock.
    pub changed: Time,
}

impl Found {
    /// `None` for names that are none of ours.
    fn of(meta: &ObjectMeta) -> Option<Self> {
        Some(Self {
            blob_id: BlobId::parse(meta.location.filename()?).ok()?,
            size_bytes: meta.size,
            changed: Time::from_millis(meta.last_modified.timestamp_millis()),
        })
    }
}

impl BlobStore {
    /// All that lies in one of the 256 directories of an agency, in no order: a sweep takes them
    /// one after another, so that it never holds more than a 256th of the names.
    pub async fn list(&self, agency: &AgencyId, shard: Shard) -> Result<Vec<Found>, Error> {
        // What another installation wrote would look like nobody's.
        self.claim().await?;
        let prefix = Path::from(self.0.shard(agency, shard));
        let listed = self.0.objects.list(Some(&prefix));
        let found = listed.try_filter_map(async |meta| Ok(Found::of(&meta)));
        found.try_collect().await.map_err(Error::of_backend)
    }
}
