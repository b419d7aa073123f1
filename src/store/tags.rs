//! Tags of objects: the one thing of a stored version that may change.

use crate::access::acl::Acl;
use crate::access::context::ObjectFacts;
use crate::access::permit::Permit;
use crate::audit::entry::Draft;
use crate::meta::commands::SetAcl;
use crate::meta::commands::SetTags;
use crate::meta::records::ObjectHead;
use crate::meta::records::VersionRecord;
use crate::types::ids::BucketId;
use crate::types::ids::VersionId;
use crate::types::names::AgencyId;
use crate::types::names::ObjectKey;
use crate::types::tags::Tags;

use super::Committed;
use super::agencies::Store;
use super::buckets::object_of;
use super::error::Error;
use super::recent::Subject;

impl Store {
    /// Puts these tags in the place of an object's, of its current version or of the one named;
    /// gives the version whose tags they are now.
    ///
    /// # Errors
    /// `NoSuchObject` of the index.
    pub async fn set_tags(
        &self,
        permit: &Permit,
        draft: &Draft<'_>,
        version_id: Option<VersionId>,
        tags: Tags,
    ) -> Result<Committed<VersionId>, Error> {
        let agency = self.agency(permit.agency()).await?;
        let (bucket, object_key) = object_of(permit)?;
        let subject = Subject::Objects(bucket.id, vec![object_key.clone()]);
        let command = SetTags {
            bucket_id: bucket.id,
            object_key: object_key.clone(),
            version_id,
            tags,
        };
        Ok(Committed(agency.change(&subject, command, draft).await?))
    }

    /// Puts this access control list in the place of an object's, of its current version or of the
    /// one named; gives the version whose list it is now.
    ///
    /// # Errors
    /// `NoSuchObject` of the index.
    pub async fn set_object_acl(
        &self,
        permit: &Permit,
        draft: &Draft<'_>,
        version_id: Option<VersionId>,
        acl: Acl,
    ) -> Result<Committed<VersionId>, Error> {
        let agency = self.agency(permit.agency()).await?;
        let (bucket, object_key) = object_of(permit)?;
        let subject = Subject::Objects(bucket.id, vec![object_key.clone()]);
        let command = SetAcl {
            bucket_id: bucket.id,
            object_key: object_key.clone(),
            version_id,
            acl,
        };
        Ok(Committed(agency.change(&subject, command, draft).await?))
    }

    /// What a decision may depend on of an object, before anybody is permitted anything on it.
    /// `None` if there is no such object.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn object_facts(
        &self,
        agency: &AgencyId,
        bucket_id: BucketId,
        object_key: &ObjectKey,
        version_id: Option<VersionId>,
    ) -> Result<Option<ObjectFacts>, Error> {
        let agency = self.agency(agency).await?;
        let Some(version_id) = version_id else {
            if let Ok(record) = agency.recent.object(bucket_id, object_key) {
                return Ok(Some(facts(&record.head)));
            }
            let head = agency
                .index
                .read(|reader| reader.object_head(bucket_id, object_key))?;
            return Ok(head.as_ref().map(facts));
        };
        let found = agency
            .index
            .read(|reader| reader.object_version_head(bucket_id, object_key, &version_id))?;
        Ok(match found {
            Some(VersionRecord::Object(head)) => Some(facts(&head)),
            Some(VersionRecord::Marker(_)) | None => None,
        })
    }
}

fn facts(head: &ObjectHead) -> ObjectFacts {
    ObjectFacts {
        owner: head.owner.id,
        tags: head.metadata.tags.pairs().to_vec(),
        acl: head
            .metadata
            .acl
            .clone()
            .unwrap_or_else(|| Acl::of_owner(head.owner.id)),
    }
}
