//! The sweep: removes what nothing refers to any more, one bounded step after another.
//!
//! A committed change writes down which blobs it left unreferenced; those go first. What a crash
//! left behind before any commit is found by going through the backend's names: a blob that no row
//! refers to, older than the longest upload, is an orphan. Each step plans by a query and acts in a
//! second one, and the last look at the index comes directly before a blob is removed.

use std::sync::Arc;

use crate::audit::entry::Draft;
use crate::audit::entry::Named;
use crate::audit::entry::Outcome;
use crate::blobs::store::Shard;
use crate::crypto::random;
use crate::meta::commands::AbortUpload;
use crate::meta::commands::CollectAbandoned;
use crate::meta::commands::ForgetGarbage;
use crate::meta::commands::Progress;
use crate::meta::commands::UploadPlace;
use crate::types::clock::Time;
use crate::types::ids::BlobId;
use crate::types::ids::RequestId;
use crate::types::names::AgencyId;

use super::agencies::Agency;
use super::agencies::Store;
use super::error::Error;
use super::list::beside;

/// Blobs or rows of one step.
const STEP: u32 = 256;

/// What one step did.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Swept {
    /// How many things were removed.
    pub removed: u64,
    /// Whether there may be more.
    pub is_more: bool,
}

impl Store {
    /// Removes blobs that committed changes left unreferenced before a moment; readers that opened
    /// one of them earlier have it open still.
    ///
    /// # Errors
    /// If index or backend fail.
    pub async fn sweep_garbage(&self, agency: &AgencyId, before: Time) -> Result<Swept, Error> {
        let agency = self.agency_of_any_state(agency).await?;
        let collect = CollectAbandoned {
            before,
            pieces_max: STEP,
        };
        let progress = agency.index.commit_unrecorded(collect).await?;
        let blob_ids = beside(&agency.index, move |reader| reader.garbage(before, STEP)).await?;
        let swept = Swept {
            removed: blob_ids.len() as u64,
            is_more: progress == Progress::More || !blob_ids.is_empty(),
        };
        if !blob_ids.is_empty() {
            self.remove(&agency, &blob_ids).await?;
            agency
                .index
                .commit_unrecorded(ForgetGarbage { blob_ids })
                .await?;
        }
        Ok(swept)
    }

    /// Removes, from one of the 256 parts of an agency's names, what was last written before a
    /// moment and is referred to by nothing.
    ///
    /// # Errors
    /// If index or backend fail.
    pub async fn sweep_orphans(
        &self,
        agency: &AgencyId,
        shard: Shard,
        before: Time,
    ) -> Result<Swept, Error> {
        let agency = self.agency_of_any_state(agency).await?;
        let found = self.0.blobs.list(&agency.id, shard).await?;
        let mut orphans = Vec::new();
        for found in found.into_iter().filter(|found| found.changed < before) {
            if !agency
                .index
                .read(|reader| reader.is_referenced(&found.blob_id))?
            {
                orphans.push(found.blob_id);
            }
        }
        self.remove(&agency, &orphans).await?;
        Ok(Swept {
            removed: orphans.len() as u64,
            is_more: false,
        })
    }

    /// Gives up uploads that were begun before a moment.
    ///
    /// # Errors
    /// If the index fails.
    pub async fn expire_uploads(&self, agency: &AgencyId, before: Time) -> Result<Swept, Error> {
        let agency = self.agency_of_any_state(agency).await?;
        let read = beside(&agency.index, move |reader| {
            reader.uploads_begun_before(before, STEP)
        });
        let expired = read.await?;
        let removed = expired.len() as u64;
        for (bucket_id, bucket, object_key, upload_id) in expired {
            let at = self.0.clock.now();
            let draft = expiry_of_upload(at, bucket.as_str(), object_key.as_str());
            let entry = agency.ledger.entry(&draft);
            let place = UploadPlace {
                bucket_id,
                object_key,
                upload_id,
            };
            let command = AbortUpload { place, at };
            match agency.index.commit(command, entry).await {
                // Completed or given up meanwhile.
                Err(error) if error.is_refusal() => {}
                other => other?,
            }
        }
        Ok(Swept {
            removed,
            is_more: removed > 0,
        })
    }

    async fn remove(&self, agency: &Arc<Agency>, blob_ids: &[BlobId]) -> Result<(), Error> {
        if blob_ids.is_empty() {
            return Ok(());
        }
        Ok(self.0.blobs.delete(&agency.id, blob_ids).await?)
    }
}

/// The entry of an upload that waited too long to be completed: nobody gave it up.
fn expiry_of_upload<'a>(at: Time, bucket: &'a str, object_key: &'a str) -> Draft<'a> {
    Draft {
        at,
        request_id: RequestId::new(random::bytes()),
        remote: "job",
        principal: Some("sweep"),
        proof: None,
        action: "ExpireUpload",
        bucket: Some(bucket),
        object_key: Some(object_key),
        named: Named::default(),
        outcome: Outcome::Allowed,
        grant: None,
    }
}
