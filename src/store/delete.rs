//! Deletes: a transaction first; the blobs are swept later.

use crate::access::lock::Release;
use crate::access::permit::Permit;
use crate::audit::entry::Draft;
use crate::meta;
use crate::meta::commands::DeleteObject;
use crate::meta::commands::DeleteObjects;
use crate::meta::commands::DeleteOutcome;
use crate::meta::records::DeleteCondition;
use crate::meta::records::Versioning;
use crate::types::ids::VersionId;

use super::Committed;
use super::agencies::Agency;
use super::agencies::Store;
use super::buckets::bucket_of;
use super::buckets::object_of;
use super::buckets::owner;
use super::buckets::versioning_of;
use super::error::Error;
use super::put::new_version_id;
use super::recent::Subject;

/// One object to delete, with the permission to.
pub struct Deletion {
    /// The permission, which names the object.
    pub permit: Permit,
    /// A version of it; without one the current version goes.
    pub version_id: Option<VersionId>,
    /// What must hold of the current version.
    pub condition: DeleteCondition,
}

impl Deletion {
    fn command(
        &self,
        versioning: Versioning,
        agency: &Agency,
    ) -> Result<meta::commands::Deletion, Error> {
        let (_, object_key) = object_of(&self.permit)?;
        Ok(meta::commands::Deletion {
            object_key: object_key.clone(),
            version: self.version_id,
            marker_version_id: new_version_id(versioning),
            condition: self.condition.clone(),
            release: Release::by(&self.permit, agency.trusted.now()),
        })
    }
}

impl Store {
    /// Deletes an object; deleting what is not there succeeds, as S3 has it.
    ///
    /// # Errors
    /// `NoSuchBucket` of the index, and what the condition refuses.
    pub async fn delete(
        &self,
        draft: &Draft<'_>,
        deletion: Deletion,
    ) -> Result<Committed<DeleteOutcome>, Error> {
        let permit = &deletion.permit;
        let agency = self.agency(permit.agency()).await?;
        let bucket_id = bucket_of(permit)?.id;
        let versioning = versioning_of(&agency, permit)?;
        let owner = owner(permit);
        let deletion = deletion.command(versioning, &agency)?;
        let subject = Subject::Objects(bucket_id, vec![deletion.object_key.clone()]);
        let command = DeleteObject {
            bucket_id,
            deletion,
            at: self.0.clock.now(),
            owner,
        };
        let outcome = agency.change(&subject, command, draft).await?;
        Ok(Committed(outcome))
    }

    /// Deletes several objects of one bucket in one transaction, each with an outcome of its own.
    ///
    /// # Errors
    /// `NoSuchBucket` of the index.
    pub async fn delete_many(
        &self,
        permit: &Permit,
        draft: &Draft<'_>,
        deletions: Vec<Deletion>,
    ) -> Result<Committed<Vec<Result<DeleteOutcome, meta::Error>>>, Error> {
        let agency = self.agency(permit.agency()).await?;
        let versioning = versioning_of(&agency, permit)?;
        let deletions = deletions
            .iter()
            .map(|deletion| deletion.command(versioning, &agency));
        let deletions: Vec<_> = deletions.collect::<Result<_, _>>()?;
        let keys = deletions.iter().map(|deletion| deletion.object_key.clone());
        let subject = Subject::Objects(bucket_of(permit)?.id, keys.collect());
        let command = DeleteObjects {
            bucket_id: bucket_of(permit)?.id,
            deletions,
            at: self.0.clock.now(),
            owner: owner(permit),
        };
        let outcomes = agency.change(&subject, command, draft).await?;
        Ok(Committed(outcomes))
    }
}
