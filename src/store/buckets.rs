//! Buckets.

use std::sync::Arc;

use crate::access::permit::BucketFacts;
use crate::access::permit::Permit;
use crate::access::permit::Resource;
use crate::audit::entry::Draft;
use crate::meta;
use crate::meta::commands::CreateBucket;
use crate::meta::commands::DeleteBucket;
use crate::meta::commands::SetBucketDocument;
use crate::meta::commands::SetVersioning;
use crate::meta::records::BucketDocument;
use crate::meta::records::BucketRecord;
use crate::meta::records::Documents;
use crate::meta::records::Owner;
use crate::meta::records::Versioning;
use crate::types::events::Trial;
use crate::types::names::AgencyId;
use crate::types::names::BucketName;
use crate::types::names::ObjectKey;

use super::Committed;
use super::agencies::Agency;
use super::agencies::Store;
use super::error::Error;
use super::recent::Subject;

impl Store {
    /// What is known of a bucket before anybody is permitted anything on it: `access` needs it to
    /// decide.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn bucket(
        &self,
        agency: &AgencyId,
        name: &BucketName,
    ) -> Result<Option<Arc<BucketRecord>>, Error> {
        let agency = self.agency(agency).await?;
        let before = match agency.recent.bucket(name) {
            Ok(record) => return Ok(Some(record)),
            Err(before) => before,
        };
        let found = agency
            .index
            .read(|reader| reader.bucket(name))?
            .map(Arc::new);
        if let Some(record) = &found {
            agency.recent.keep_bucket(record, before);
        }
        Ok(found)
    }

    /// Makes a bucket that the caller owns.
    ///
    /// # Errors
    /// `BucketExists` of the index, with its owner.
    pub async fn create_bucket(
        &self,
        permit: &Permit,
        draft: &Draft<'_>,
        name: BucketName,
        documents: Documents,
    ) -> Result<Committed<BucketRecord>, Error> {
        let agency = self.agency(permit.agency()).await?;
        let subject = Subject::Bucket(name.clone());
        let command = CreateBucket {
            name,
            owner: owner(permit),
            created: self.0.clock.now(),
            documents,
        };
        let record = agency.change(&subject, command, draft).await?;
        Ok(Committed(record))
    }

    /// Sets a configuration of a bucket, or removes it.
    ///
    /// # Errors
    /// `NoSuchBucket` of the index.
    pub async fn set_bucket_document(
        &self,
        permit: &Permit,
        draft: &Draft<'_>,
        kind: BucketDocument,
        body: Option<String>,
    ) -> Result<Committed<()>, Error> {
        let trial = Trial::Made;
        self.change_document(permit, draft, (kind, body), None, trial)
            .await
    }

    /// As [`Store::set_bucket_document`], for the configuration of notifications.
    ///
    /// # Errors
    /// As there.
    pub async fn set_notification(
        &self,
        permit: &Permit,
        draft: &Draft<'_>,
        body: Option<String>,
        trial: Trial,
    ) -> Result<Committed<()>, Error> {
        let document = (BucketDocument::Notification, body);
        self.change_document(permit, draft, document, None, trial)
            .await
    }

    /// As [`Store::set_bucket_document`], for what the public-access block was asked about: if the
    /// block has changed meanwhile, the change is refused.
    ///
    /// # Errors
    /// As there, and `DocumentChanged` of the index.
    pub async fn set_unblocked_document(
        &self,
        permit: &Permit,
        draft: &Draft<'_>,
        kind: BucketDocument,
        body: String,
        bucket: &BucketRecord,
    ) -> Result<Committed<()>, Error> {
        let block = BucketDocument::PublicAccessBlock;
        let judged = bucket.documents.get(block).map(|text| (**text).to_owned());
        let (document, judged_by) = ((kind, Some(body)), Some((block, judged)));
        self.change_document(permit, draft, document, judged_by, Trial::Made)
            .await
    }

    async fn change_document(
        &self,
        permit: &Permit,
        draft: &Draft<'_>,
        (kind, body): (BucketDocument, Option<String>),
        judged_by: Option<(BucketDocument, Option<String>)>,
        trial: Trial,
    ) -> Result<Committed<()>, Error> {
        let agency = self.agency(permit.agency()).await?;
        let bucket = bucket_of(permit)?;
        let subject = Subject::Bucket(bucket.name.clone());
        let command = SetBucketDocument {
            bucket_id: bucket.id,
            kind,
            body,
            judged_by,
            trial,
        };
        agency.change(&subject, command, draft).await?;
        Ok(Committed(()))
    }

    /// Has a bucket keep versions from now on, or no longer.
    ///
    /// # Errors
    /// `NoSuchBucket` of the index.
    pub async fn set_versioning(
        &self,
        permit: &Permit,
        draft: &Draft<'_>,
        versioning: Versioning,
    ) -> Result<Committed<()>, Error> {
        let agency = self.agency(permit.agency()).await?;
        let bucket = bucket_of(permit)?;
        let subject = Subject::Bucket(bucket.name.clone());
        let command = SetVersioning {
            bucket_id: bucket.id,
            versioning,
        };
        agency.change(&subject, command, draft).await?;
        Ok(Committed(()))
    }

    /// Removes an empty bucket; its unfinished uploads are given up.
    ///
    /// # Errors
    /// `BucketNotEmpty` or `NoSuchBucket` of the index.
    pub async fn delete_bucket(
        &self,
        permit: &Permit,
        draft: &Draft<'_>,
    ) -> Result<Committed<()>, Error> {
        let agency = self.agency(permit.agency()).await?;
        let bucket = bucket_of(permit)?;
        let subject = Subject::Bucket(bucket.name.clone());
        let bucket_id = bucket.id;
        let command = DeleteBucket {
            bucket_id,
            at: self.0.clock.now(),
        };
        agency.change(&subject, command, draft).await?;
        Ok(Committed(()))
    }
}

/// Who will own what the caller of a permit makes.
pub(super) fn owner(permit: &Permit) -> Owner {
    Owner {
        id: permit.canonical_id(),
        name: permit.principal().clone(),
    }
}

/// The bucket that a permit is for.
pub(super) fn bucket_of(permit: &Permit) -> Result<&BucketFacts, Error> {
    permit
        .resource()
        .bucket()
        .ok_or(Error::Metadata(meta::Error::NoSuchBucket))
}

/// The object that a permit is for.
pub(super) fn object_of(permit: &Permit) -> Result<(&BucketFacts, &ObjectKey), Error> {
    match permit.resource() {
        Resource::Object(bucket, object_key) => Ok((bucket, object_key)),
        Resource::Agency | Resource::NewBucket(_) | Resource::Bucket(_) => {
            Err(Error::Metadata(meta::Error::NoSuchObject))
        }
    }
}

/// Whether a permit's bucket keeps versions, at this moment: what the id of a new version or delete
/// marker depends on.
pub(super) fn versioning_of(agency: &Agency, permit: &Permit) -> Result<Versioning, Error> {
    let bucket = bucket_of(permit)?;
    let record = agency.index.read(|reader| reader.bucket(&bucket.name))?;
    let record = record.filter(|record| record.id == bucket.id);
    Ok(record.ok_or(meta::Error::NoSuchBucket)?.versioning)
}
