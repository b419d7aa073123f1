//! Lifecycle: what goes by itself, one bounded step after another. What is to go is decided by
//! `jobs`; here it is found and removed, each removal a change of its own with its own entry.

use std::sync::Arc;

use futures_util::future::join_all;

use crate::audit::entry::Draft;
use crate::audit::entry::Named;
use crate::audit::entry::Outcome;
use crate::crypto::random;
use crate::meta;
use crate::meta::commands::AbortUpload;
use crate::meta::commands::ExpireVersion;
use crate::meta::commands::RecordLifecycle;
use crate::meta::commands::UploadPlace;
use crate::meta::queries::ListQuery;
use crate::meta::queries::UploadMarker;
use crate::meta::queries::VersionRows;
use crate::meta::records::BucketDocument;
use crate::meta::records::BucketRecord;
use crate::meta::records::LifecycleRun;
use crate::meta::records::ListedUpload;
use crate::types::ids::BucketId;
use crate::types::ids::RequestId;
use crate::types::limits;
use crate::types::names::AgencyId;
use crate::types::names::BucketName;

use super::agencies::Agency;
use super::agencies::Store;
use super::error::Error;
use super::list::beside;
use super::put::new_version_id;
use super::recent::Subject;

pub use crate::meta::commands::Expiry;
pub use crate::meta::queries::RowsAfter;
pub use crate::meta::queries::WithTags;
pub use crate::meta::records::VersionRow;

/// Removals under way at one time.
const AT_A_TIME: usize = 64;

/// A version or delete marker that is to go.
#[derive(Clone, Debug)]
pub struct Removal {
    /// What was seen of it.
    pub row: VersionRow,
    /// How it goes.
    pub expiry: Expiry,
    /// The name of the rule by which.
    pub rule: String,
}

/// What became of removals.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Expired {
    /// Done.
    pub removed: u64,
    /// Refused: something changed meanwhile, or a lock holds it.
    pub kept: u64,
}

impl Store {
    /// The buckets of an agency that have a configuration of a kind.
    ///
    /// # Errors
    /// [`Error::AgencySuspended`]; if the index cannot be read.
    pub async fn buckets_with(
        &self,
        agency: &AgencyId,
        kind: BucketDocument,
    ) -> Result<Vec<BucketRecord>, Error> {
        let agency = self.agency(agency).await?;
        beside(&agency.index, move |reader| reader.buckets_with(kind)).await
    }

    /// A page of a bucket's versions, newest of each key first.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn version_rows(
        &self,
        agency: &AgencyId,
        bucket_id: BucketId,
        after: Option<RowsAfter>,
        tags: WithTags,
    ) -> Result<VersionRows, Error> {
        let agency = self.agency(agency).await?;
        let read = beside(&agency.index, move |reader| {
            reader.version_rows(bucket_id, after.as_ref(), limits::LIST_PAGE_MAX, tags)
        });
        read.await
    }

    /// A page of a bucket's unfinished uploads below a prefix, and what the next one comes after.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn upload_rows(
        &self,
        agency: &AgencyId,
        bucket_id: BucketId,
        query: ListQuery<UploadMarker>,
    ) -> Result<(Vec<ListedUpload>, Option<UploadMarker>), Error> {
        let agency = self.agency(agency).await?;
        let read = beside(&agency.index, move |reader| {
            reader.list_uploads(bucket_id, &query)
        });
        let page = read.await?;
        let uploads = page.entries.into_iter().filter_map(|entry| match entry {
            meta::queries::ListEntry::Object(upload) => Some(upload),
            meta::queries::ListEntry::Prefix(_) => None,
        });
        Ok((uploads.collect(), page.next))
    }

    /// Removes what is to go; what is not any more as it was seen stays.
    ///
    /// # Errors
    /// The first fault of the index; what was removed before it is removed.
    pub async fn expire(
        &self,
        agency: &AgencyId,
        bucket: &BucketRecord,
        removals: &[Removal],
    ) -> Result<Expired, Error> {
        let agency = self.agency(agency).await?;
        let mut expired = Expired::default();
        for removals in removals.chunks(AT_A_TIME) {
            let removing = removals
                .iter()
                .map(|removal| self.remove_one(&agency, bucket, removal));
            for outcome in join_all(removing).await {
                expired.count(outcome)?;
            }
        }
        Ok(expired)
    }

    async fn remove_one(
        &self,
        agency: &Arc<Agency>,
        bucket: &BucketRecord,
        removal: &Removal,
    ) -> Result<(), Error> {
        let row = &removal.row;
        let action = match removal.expiry {
            Expiry::Current => "LifecycleExpireCurrent",
            Expiry::Noncurrent => "LifecycleExpireNoncurrent",
            Expiry::LoneMarker => "LifecycleExpireMarker",
        };
        let at = self.0.clock.now();
        let key = row.object_key.as_str();
        let draft = draft(at, action, bucket.name.as_str(), key, &removal.rule);
        let command = ExpireVersion {
            bucket_id: bucket.id,
            object_key: row.object_key.clone(),
            sequence: row.sequence,
            version_id: row.version_id,
            expiry: removal.expiry,
            marker_version_id: new_version_id(bucket.versioning),
            at,
            owner: bucket.owner.clone(),
            release: agency.release(),
        };
        let subject = Subject::Objects(bucket.id, vec![row.object_key.clone()]);
        agency.change(&subject, command, &draft).await.map(drop)
    }

    /// Gives up unfinished uploads, each with the name of the rule by which.
    ///
    /// # Errors
    /// The first fault of the index.
    pub async fn expire_listed_uploads(
        &self,
        agency: &AgencyId,
        bucket: &BucketRecord,
        uploads: Vec<(ListedUpload, String)>,
    ) -> Result<Expired, Error> {
        let agency = self.agency(agency).await?;
        let mut expired = Expired::default();
        for (upload, rule) in uploads {
            let at = self.0.clock.now();
            let key = upload.object_key.as_str();
            let draft = draft(at, "LifecycleAbortUpload", bucket.name.as_str(), key, &rule);
            let entry = agency.ledger.entry(&draft);
            let command = AbortUpload {
                place: UploadPlace {
                    bucket_id: bucket.id,
                    object_key: upload.object_key.clone(),
                    upload_id: upload.upload_id,
                },
                at,
            };
            let outcome = agency.index.commit(command, entry).await;
            expired.count(outcome.map_err(Error::from))?;
        }
        Ok(expired)
    }

    /// Remembers how far the walk over a bucket is.
    ///
    /// # Errors
    /// If the index fails.
    pub async fn record_lifecycle(
        &self,
        agency: &AgencyId,
        bucket_id: BucketId,
        run: LifecycleRun,
    ) -> Result<(), Error> {
        let agency = self.agency(agency).await?;
        let command = RecordLifecycle { bucket_id, run };
        Ok(agency.index.commit_unrecorded(command).await?)
    }

    /// The last or present walk over a bucket.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn lifecycle_run(
        &self,
        agency: &AgencyId,
        bucket_id: BucketId,
    ) -> Result<Option<LifecycleRun>, Error> {
        let agency = self.agency(agency).await?;
        Ok(agency
            .index
            .read(|reader| reader.lifecycle_run(bucket_id))?)
    }

    /// The last or present walks over all buckets of an agency, by name.
    ///
    /// # Errors
    /// [`Error::NoSuchAgency`], or if the index cannot be read.
    pub async fn lifecycle_runs(
        &self,
        agency: &AgencyId,
    ) -> Result<Vec<(BucketName, LifecycleRun)>, Error> {
        let agency = self.agency_of_any_state(agency).await?;
        beside(&agency.index, |reader| reader.lifecycle_runs()).await
    }
}

impl Expired {
    fn count(&mut self, outcome: Result<(), Error>) -> Result<(), Error> {
        match outcome {
            Ok(()) => self.removed += 1,
            Err(Error::Metadata(error)) if error.is_refusal() => self.kept += 1,
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// The entry of what a job does: nobody asked, the rule's name stands for the proof.
fn draft<'a>(
    at: crate::types::clock::Time,
    action: &'static str,
    bucket: &'a str,
    object_key: &'a str,
    rule: &'a str,
) -> Draft<'a> {
    Draft {
        at,
        request_id: RequestId::new(random::bytes()),
        remote: "job",
        principal: Some("lifecycle"),
        proof: Some(rule),
        action,
        bucket: Some(bucket),
        object_key: Some(object_key),
        named: Named::default(),
        outcome: Outcome::Allowed,
        grant: None,
    }
}
