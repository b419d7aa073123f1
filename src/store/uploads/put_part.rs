//! Storing a part, sealed as its upload was begun.

use crate::access::permit::Permit;
use crate::audit::entry::Draft;
use crate::crypto::blob::Purpose;
use crate::keys::customer::CustomerKey;
use crate::keys::data_key::Place;
use crate::keys::data_key::PlaceAt;
use crate::meta::commands::PutPart;
use crate::meta::records::StoredPiece;
use crate::meta::records::UploadRecord;
use crate::meta::usage::Arriving;
use crate::types::checksum::ChecksumAlgorithm;
use crate::types::checksum::ChecksumType;
use crate::types::etag::Etag;
use crate::types::ids::PartNumber;
use crate::types::ids::UploadId;
use crate::types::ids::VersionId;
use crate::types::tags::Tags;

use super::super::Committed;
use super::super::agencies::Agency;
use super::super::agencies::Store;
use super::super::body::Body;
use super::super::buckets::bucket_of;
use super::super::buckets::object_of;
use super::super::error::Error;
use super::super::ingest::Ingested;
use super::super::ingest::Sealed;
use super::super::ingest::ingest;
use super::super::put::Stored;
use super::super::quotas;
use super::super::sealing::Locked;
use super::super::sealing::Sealing;
use super::super::sealing::unlock;
use super::DEFAULT_CHECKSUM;
use super::find;
use super::place;

/// A part about to be stored.
#[derive(Clone, Debug)]
pub struct NewPart {
    /// Of which upload.
    pub upload_id: UploadId,
    /// Its number.
    pub number: PartNumber,
    /// The customer's key, if the upload was begun with one.
    pub customer: Option<CustomerKey>,
    /// Which checksum comes with it.
    pub sum: PartSum,
}

/// Which checksum a part comes with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PartSum {
    /// None, for it is copied inside the store.
    Copied,
    /// That which the client names, if it names any.
    Named(Option<ChecksumAlgorithm>),
}

impl PartSum {
    /// Checks it against what the upload was begun with. The checksum of a composite whole is made
    /// of what the client said of its parts, so each must come with one.
    /// Source: AWS S3 API Reference, "UploadPart", `x-amz-sdk-checksum-algorithm`.
    fn check(self, upload: Option<(ChecksumAlgorithm, ChecksumType)>) -> Result<(), Error> {
        let (Self::Named(named), Some((wanted, kind))) = (self, upload) else {
            return Ok(());
        };
        let fits = match named {
            Some(named) => named == wanted,
            None => kind == ChecksumType::FullObject,
        };
        match fits {
            true => Ok(()),
            false => Err(Error::PartChecksum { wanted, named }),
        }
    }
}

impl Store {
    /// Stores a part, sealed as its upload was begun; durable when this returns.
    ///
    /// # Errors
    /// `NoSuchUpload` of the index; what the body or its digests refuse.
    pub async fn put_part(
        &self,
        permit: &Permit,
        draft: &Draft<'_>,
        part: NewPart,
        body: impl Body,
    ) -> Result<Committed<Stored>, Error> {
        let agency = self.agency(permit.agency()).await?;
        let upload = find(&agency, permit, part.upload_id)?;
        part.sum.check(upload.checksum)?;
        let sealing = Sealing {
            customer: unlock(&upload.encryption, part.customer, Locked::Upload)?,
            encryption: upload.encryption.clone(),
        };
        let number = part.number;
        let arriving = Arriving::Part(upload.number, number);
        quotas::ensure_room(&agency, bucket_of(permit)?.id, arriving, &body)?;
        let (keep, _) = upload.checksum.unwrap_or(DEFAULT_CHECKSUM);
        let ingested = ingest(&self.0.blobs, &agency.id, Purpose::Part, keep, body).await?;
        let stored = self
            .commit_part(
                &agency,
                permit,
                draft,
                (&upload, number),
                &sealing,
                &ingested,
            )
            .await;
        self.unless_refused(&agency, &ingested.sealed, stored).await
    }

    async fn commit_part(
        &self,
        agency: &Agency,
        permit: &Permit,
        draft: &Draft<'_>,
        (upload, number): (&UploadRecord, PartNumber),
        sealing: &Sealing,
        ingested: &Ingested,
    ) -> Result<Committed<Stored>, Error> {
        let _sealing_now = agency.sealing_now.read().await;
        let (bucket, object_key) = object_of(permit)?;
        let key_place = Place {
            bucket: bucket.id,
            object_key,
            at: PlaceAt::Part(upload.number, number),
            size_bytes: ingested.size_bytes,
            context: sealing.encryption.context(),
        };
        let md5 = sealing.tag_md5(ingested);
        let modified = self.0.clock.now();
        let command = PutPart {
            place: place(permit, upload.upload_id)?,
            number,
            size_bytes: ingested.size_bytes,
            md5,
            modified,
            checksum: ingested.checksum.map(|checksum| checksum.value),
            wrapped_key: sealing.wrap(agency, &ingested.data_key, &key_place)?,
            body: match &ingested.sealed {
                Sealed::Inline(bytes) => StoredPiece::Inline(bytes.clone()),
                Sealed::Blob(blob_id) => StoredPiece::Blob(*blob_id),
            },
        };
        agency
            .index
            .commit(command, agency.ledger.entry(draft))
            .await?;
        Ok(Committed(Stored {
            version_id: VersionId::Null,
            etag: Etag::of_content(md5),
            size_bytes: ingested.size_bytes,
            tags: Tags::default(),
            checksum: ingested.checksum,
            encryption: sealing.encryption.clone(),
            modified,
        }))
    }
}
