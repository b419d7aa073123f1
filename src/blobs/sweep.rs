//! What lies in the backend, for those who look for what nothing refers to any more.

use std::fs;
use std::io::{self, ErrorKind};
use std::time::UNIX_EPOCH;

use futures_util::TryStreamExt as _;
use object_store::path::Path;

use super::error::Error;
use super::store::{BlobStore, Shard};
use crate::types::clock::Time;
use crate::types::ids::BlobId;
use crate::types::names::AgencyId;

/// A file that a crash left behind in the midst of a write: `<blob id>#<digits>`, the backend's
/// staging name.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Leftover {
    blob_id: BlobId,
    number: u32,
}

impl Leftover {
    fn parse(name: &str) -> Option<Self> {
        let (blob_id, number) = name.split_once('#')?;
        let leftover = Self {
            blob_id: BlobId::parse(blob_id).ok()?,
            number: number.parse().ok()?,
        };
        // Only what renders back is a staging name: no sign, no leading zero.
        (leftover.name() == name).then_some(leftover)
    }

    fn name(&self) -> String {
        format!("{}#{}", self.blob_id, self.number)
    }
}

/// What a found thing is. Names that are neither are none of ours and are not found.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum FoundName {
    /// A finished blob.
    Blob(BlobId),
    /// The remains of an unfinished one, or one that is being written now: its age tells.
    Leftover(Leftover),
}

impl FoundName {
    fn parse(name: &str) -> Option<Self> {
        match BlobId::parse(name) {
            Ok(blob_id) => Some(Self::Blob(blob_id)),
            Err(_) => Leftover::parse(name).map(Self::Leftover),
        }
    }
}

/// Something that lies in the backend.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Found {
    /// What it is.
    pub name: FoundName,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// When it was last written to, by the backend's clock.
    pub changed: Time,
}

impl BlobStore {
    /// All that lies in one of the 256 directories of an agency, in no order: a sweep takes them
    /// one after another, so that it never holds more than a 256th of the names.
    pub async fn list(&self, agency: &AgencyId, shard: Shard) -> Result<Vec<Found>, Error> {
        let prefix = self.0.shard(agency, shard);
        let Some(directory) = &self.0.directory else {
            // What another installation wrote would look like nobody's.
            self.claim().await?;
            let prefix = Path::from(prefix);
            let listed = self
                .0
                .objects
                .list(Some(&prefix))
                .try_filter_map(async |meta| {
                    let name = meta.location.filename().and_then(FoundName::parse);
                    Ok(name.map(|name| Found {
                        name,
                        size_bytes: meta.size,
                        changed: Time::from_millis(meta.last_modified.timestamp_millis()),
                    }))
                });
            return listed.try_collect().await.map_err(Error::of_backend);
        };
        // object_store's own list hides the leftovers.
        let folder = directory.join(prefix);
        let listed = tokio::task::spawn_blocking(move || {
            let entries = match fs::read_dir(folder) {
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
                entries => entries?,
            };
            let found = entries.map(|entry| found(&entry?));
            found.filter_map(Result::transpose).collect()
        });
        let listed: io::Result<_> = listed.await?;
        Ok(listed?)
    }

    /// Removes what a crash left behind. Durable when it returns. Nothing is being written there if
    /// it is older than the longest upload.
    pub async fn remove_leftover(
        &self,
        agency: &AgencyId,
        leftover: &Leftover,
    ) -> Result<(), Error> {
        let Some(directory) = &self.0.directory else {
            return Ok(());
        };
        let shard = Shard::of(leftover.blob_id);
        let folder = directory.join(self.0.shard(agency, shard));
        let path = folder.join(leftover.name());
        let removed = tokio::task::spawn_blocking(move || match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        });
        removed.await??;
        self.0.sync_shards(agency, [shard].into()).await
    }
}

fn found(entry: &fs::DirEntry) -> io::Result<Option<Found>> {
    let Some(name) = entry.file_name().to_str().and_then(FoundName::parse) else {
        return Ok(None);
    };
    let metadata = match entry.metadata() {
        // Finished or dropped between the listing and the look at it.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        metadata => metadata?,
    };
    if !metadata.is_file() {
        return Ok(None);
    }
    let age = metadata.modified()?.duration_since(UNIX_EPOCH);
    let millis = age.map_or(0, |age| i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
    Ok(Some(Found {
        name,
        size_bytes: metadata.len(),
        changed: Time::from_millis(millis),
    }))
}

#[cfg(test)]
mod tests {
    use super::FoundName;

    #[test]
    fn only_our_names_are_found() {
        let id = "0a".repeat(16);
        let is = |name: &str| match FoundName::parse(name) {
            Some(FoundName::Blob(_)) => "blob",
            Some(FoundName::Leftover(_)) => "leftover",
            None => "stranger",
        };
        assert_eq!(is(&id), "blob");
        assert_eq!(is(&format!("{id}#1")), "leftover");
        assert_eq!(is(&format!("{id}#12")), "leftover");
        for stranger in ["#", "#01", "#+1", "#1#1", "#99999999999", ".bak"] {
            assert_eq!(is(&format!("{id}{stranger}")), "stranger", "{stranger}");
        }
        assert_eq!(is("lost+found"), "stranger");
        assert_eq!(is("#1"), "stranger");
    }
}
