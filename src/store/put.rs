//! Storing an object: ingest, wrap its key for its place, commit.

use std::sync::Arc;

use crate::access::permit::Permit;
use crate::audit::entry::Draft;
use crate::crypto::blob::Purpose;
use crate::crypto::random;
use crate::keys::data_key::Place;
use crate::keys::data_key::PlaceAt;
use crate::meta;
use crate::meta::commands::PutObject;
use crate::meta::records::Encryption;
use crate::meta::records::NewVersion;
use crate::meta::records::ObjectMetadata;
use crate::meta::records::Precondition;
use crate::meta::records::StoredBody;
use crate::meta::records::Versioning;
use crate::meta::usage::Arriving;
use crate::types::checksum::ObjectChecksum;
use crate::types::clock::Time;
use crate::types::etag::Etag;
use crate::types::ids::VersionId;
use crate::types::lock::Lock;
use crate::types::tags::Tags;

use super::Committed;
use super::agencies::Agency;
use super::agencies::Store;
use super::body::Body;
use super::buckets::object_of;
use super::buckets::owner;
use super::buckets::versioning_of;
use super::error::Error;
use super::ingest::Ingested;
use super::ingest::Sealed;
use super::ingest::ingest;
use super::locks;
use super::locks::LockRule;
use super::quotas;
use super::recent::Subject;
use super::sealing::Asked;
use super::sealing::Sealing;

/// How often a commit is tried again when the bucket's versioning changed under it.
const TRIES: usize = 3;

/// What a new object is besides its bytes.
#[derive(Clone, Debug)]
pub struct NewObject {
    /// Its metadata.
    pub metadata: ObjectMetadata,
    /// How it is to be sealed.
    pub asked: Asked,
    /// What must hold of the key's current version.
    pub precondition: Precondition,
    /// Whether the bucket keeps versions, as its record said when permission was asked for. The
    /// commit tells if that no longer holds.
    pub versioning: Versioning,
    /// What is to keep it, as asked for.
    pub lock: Lock,
    /// How its bucket locks versions.
    pub lock_rule: Option<LockRule>,
}

/// An object or part that was stored.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its version.
    pub version_id: VersionId,
    /// Its bytes.
    pub size_bytes: u64,
    /// Its tags.
    pub tags: Tags,
    /// Its entity tag.
    pub etag: Etag,
    /// Its checksum.
    pub checksum: Option<ObjectChecksum>,
    /// How it is sealed.
    pub encryption: Encryption,
    /// When.
    pub modified: Time,
}

impl Store {
    /// Stores an object; durable when this returns (law 5).
    ///
    /// # Errors
    /// What the body, its digests, the keyring or the index refuse.
    pub async fn put(
        &self,
        permit: &Permit,
        draft: &Draft<'_>,
        mut object: NewObject,
        body: impl Body,
    ) -> Result<Committed<Stored>, Error> {
        let agency = self.agency(permit.agency()).await?;
        let sealing = agency.sealing(std::mem::take(&mut object.asked))?;
        let (bucket, object_key) = object_of(permit)?;
        let arriving = Arriving::Version(object_key, object.versioning);
        quotas::ensure_room(&agency, bucket.id, arriving, &body)?;
        let keep = body.checksum_algorithm();
        let ingested = ingest(&self.0.blobs, &agency.id, Purpose::Object, keep, body).await?;
        let stored = self
            .commit(&agency, permit, draft, object, &sealing, &ingested)
            .await;
        self.unless_refused(&agency, &ingested.sealed, stored).await
    }

    /// Passes on how a commit ended. If the index refused it, nothing refers to the blob and
    /// nothing will, so it goes at once; the sweep takes what this cannot remove.
    pub(super) async fn unless_refused(
        &self,
        agency: &Agency,
        sealed: &Sealed,
        stored: Result<Committed<Stored>, Error>,
    ) -> Result<Committed<Stored>, Error> {
        if let (Err(Error::Metadata(error)), Sealed::Blob(blob_id)) = (&stored, sealed)
            && error.is_refusal()
        {
            let _ = self.0.blobs.delete(&agency.id, &[*blob_id]).await;
        }
        stored
    }

    async fn commit(
        &self,
        agency: &Arc<Agency>,
        permit: &Permit,
        draft: &Draft<'_>,
        object: NewObject,
        sealing: &Sealing,
        ingested: &Ingested,
    ) -> Result<Committed<Stored>, Error> {
        let _sealing_now = agency.sealing_now.read().await;
        let (bucket, object_key) = object_of(permit)?;
        let subject = Subject::Objects(bucket.id, vec![object_key.clone()]);
        let mut versioning = object.versioning;
        let lock = locks::of_new_version(object.lock, object.lock_rule, agency);
        let mut tries = 0;
        loop {
            tries += 1;
            let version_id = new_version_id(versioning);
            let place = Place {
                bucket: bucket.id,
                object_key,
                at: PlaceAt::Version(&version_id),
                size_bytes: ingested.size_bytes,
                context: sealing.encryption.context(),
            };
            let wrapped = sealing.wrap(agency, &ingested.data_key, &place)?;
            let etag = Etag::of_content(sealing.tag_md5(ingested));
            let modified = self.0.clock.now();
            let version = NewVersion {
                version_id,
                modified,
                size_bytes: ingested.size_bytes,
                etag,
                owner: owner(permit),
                metadata: object.metadata.clone(),
                checksum: ingested.checksum,
                encryption: sealing.encryption.clone(),
                wrapped_key: wrapped,
                lock,
                body: match &ingested.sealed {
                    Sealed::Inline(bytes) => StoredBody::Inline(bytes.clone()),
                    Sealed::Blob(blob_id) => StoredBody::Blob(*blob_id),
                },
            };
            let command = PutObject {
                bucket_id: bucket.id,
                object_key: object_key.clone(),
                precondition: object.precondition.clone(),
                version,
                release: agency.release(),
            };
            match agency.change(&subject, command, draft).await {
                Err(Error::Metadata(meta::Error::VersioningChanged)) if tries < TRIES => {
                    versioning = versioning_of(agency, permit)?;
                }
                Err(error) => return Err(error),
                Ok(_) => {
                    let checksum = ingested.checksum;
                    return Ok(Committed(Stored {
                        version_id,
                        size_bytes: ingested.size_bytes,
                        tags: object.metadata.tags.clone(),
                        etag,
                        checksum,
                        encryption: sealing.encryption.clone(),
                        modified,
                    }));
                }
            }
        }
    }
}

/// The id of a version about to be made.
pub(super) fn new_version_id(versioning: Versioning) -> VersionId {
    match versioning {
        Versioning::Off | Versioning::Suspended => VersionId::Null,
        Versioning::Enabled => VersionId::Id(random::bytes()),
    }
}
