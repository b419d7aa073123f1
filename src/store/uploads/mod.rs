//! Multipart uploads: parts are sealed and committed one by one; completing moves no byte.

mod complete;
mod completed;
mod list;
mod put_part;

use crate::access::permit::Permit;
use crate::audit::entry::Draft;
use crate::crypto::random;
use crate::keys::customer::CustomerKey;
use crate::meta;
use crate::meta::commands::AbortUpload;
use crate::meta::commands::CreateUpload;
use crate::meta::commands::UploadPlace;
use crate::meta::records::Encryption;
use crate::meta::records::ObjectMetadata;
use crate::meta::records::UploadRecord;
use crate::types::checksum::ChecksumAlgorithm;
use crate::types::checksum::ChecksumType;
use crate::types::ids::UploadId;
use crate::types::lock::Lock;

use super::Committed;
use super::agencies::Agency;
use super::agencies::Store;
use super::buckets::object_of;
use super::buckets::owner;
use super::error::Error;
use super::sealing::Asked;
use super::sealing::Locked;
use super::sealing::unlock;

pub use complete::{Completion, NamedPart};
pub use completed::Completed;
pub use list::PartPage;
pub use put_part::{NewPart, PartSum};

/// The checksum of uploads that announce none, as S3 computes it.
const DEFAULT_CHECKSUM: (ChecksumAlgorithm, ChecksumType) =
    (ChecksumAlgorithm::Crc64Nvme, ChecksumType::FullObject);

/// What a new upload will be when completed.
#[derive(Clone, Debug)]
pub struct NewUpload {
    /// What is to keep its object, as asked for.
    pub lock: Lock,
    /// Its metadata.
    pub metadata: ObjectMetadata,
    /// The checksum that was announced.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
    /// How its parts are to be sealed.
    pub asked: Asked,
}

/// An upload that was begun.
#[derive(Clone, Debug)]
pub struct Begun {
    /// Its id.
    pub upload_id: UploadId,
    /// How its parts will be sealed.
    pub encryption: Encryption,
}

impl Store {
    /// Begins an upload.
    ///
    /// # Errors
    /// What the index refuses.
    pub async fn create_upload(
        &self,
        permit: &Permit,
        draft: &Draft<'_>,
        upload: NewUpload,
    ) -> Result<Committed<Begun>, Error> {
        let agency = self.agency(permit.agency()).await?;
        let encryption = agency.sealing(upload.asked)?.encryption;
        let initiated = self.0.clock.now();
        let upload_id = UploadId::begun(initiated, random::bytes());
        let command = CreateUpload {
            place: place(permit, upload_id)?,
            owner: owner(permit),
            initiated,
            metadata: upload.metadata,
            checksum: upload.checksum,
            lock: upload.lock,
            encryption: encryption.clone(),
        };
        agency
            .index
            .commit(command, agency.ledger.entry(draft))
            .await?;
        Ok(Committed(Begun {
            upload_id,
            encryption,
        }))
    }

    /// Gives an upload up; its parts are swept later.
    ///
    /// # Errors
    /// `NoSuchUpload` of the index.
    pub async fn abort_upload(
        &self,
        permit: &Permit,
        draft: &Draft<'_>,
        upload_id: UploadId,
    ) -> Result<Committed<()>, Error> {
        let agency = self.agency(permit.agency()).await?;
        let command = AbortUpload {
            place: place(permit, upload_id)?,
            at: self.0.clock.now(),
        };
        agency
            .index
            .commit(command, agency.ledger.entry(draft))
            .await?;
        Ok(Committed(()))
    }
}

fn place(permit: &Permit, upload_id: UploadId) -> Result<UploadPlace, Error> {
    let (bucket, object_key) = object_of(permit)?;
    Ok(UploadPlace {
        bucket_id: bucket.id,
        object_key: object_key.clone(),
        upload_id,
    })
}

fn find(agency: &Agency, permit: &Permit, upload_id: UploadId) -> Result<UploadRecord, Error> {
    let (bucket, object_key) = object_of(permit)?;
    let found = agency
        .index
        .read(|reader| reader.upload(bucket.id, object_key, &upload_id))?;
    found.ok_or(Error::Metadata(meta::Error::NoSuchUpload))
}

/// Checks the customer's key where S3 lets a request repeat it, and needs none.
fn repeated(encryption: &Encryption, customer: Option<CustomerKey>) -> Result<(), Error> {
    match customer {
        None => Ok(()),
        Some(key) => unlock(encryption, Some(key), Locked::Upload).map(drop),
    }
}
