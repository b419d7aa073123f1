//! Multipart uploads: parts are sealed and committed one by one; completing moves no byte.

use std::sync::Arc;

use crate::access::permit::Permit;
use crate::audit::entry::Draft;
use crate::crypto::blob::Purpose;
use crate::crypto::digest::DigestPlan;
use crate::crypto::digest::Digests;
use crate::crypto::digest::combine_crc;
use crate::crypto::random;
use crate::keys::customer::CustomerKey;
use crate::keys::data_key::Place;
use crate::keys::data_key::PlaceAt;
use crate::meta;
use crate::meta::commands::AbortUpload;
use crate::meta::commands::CompleteUpload;
use crate::meta::commands::CompletedPart;
use crate::meta::commands::CreateUpload;
use crate::meta::commands::PutPart;
use crate::meta::commands::UploadPlace;
use crate::meta::queries::ListPage;
use crate::meta::queries::ListQuery;
use crate::meta::queries::UploadMarker;
use crate::meta::records::Encryption;
use crate::meta::records::ListedPiece;
use crate::meta::records::ListedUpload;
use crate::meta::records::ObjectMetadata;
use crate::meta::records::Precondition;
use crate::meta::records::StoredPiece;
use crate::meta::records::UploadRecord;
use crate::meta::usage::Arriving;
use crate::types::checksum::ChecksumAlgorithm;
use crate::types::checksum::ChecksumType;
use crate::types::checksum::ChecksumValue;
use crate::types::checksum::ObjectChecksum;
use crate::types::etag::Etag;
use crate::types::ids::PartNumber;
use crate::types::ids::UploadId;
use crate::types::ids::UploadNumber;
use crate::types::ids::VersionId;
use crate::types::lock::Lock;
use crate::types::tags::Tags;

use super::Committed;
use super::agencies::Agency;
use super::agencies::Store;
use super::body::Body;
use super::buckets::bucket_of;
use super::buckets::object_of;
use super::buckets::owner;
use super::completed;
use super::completed::Completed;
use super::error::Error;
use super::ingest::Ingested;
use super::ingest::Sealed;
use super::ingest::ingest;
use super::list::beside;
use super::locks;
use super::locks::LockRule;
use super::put::Stored;
use super::put::new_version_id;
use super::quotas;
use super::recent::Subject;
use super::sealing::Asked;
use super::sealing::Locked;
use super::sealing::Sealing;
use super::sealing::unlock;

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

/// A part as a completion names it.
#[derive(Clone, Debug)]
pub struct NamedPart {
    /// Its number.
    pub number: PartNumber,
    /// Its entity tag.
    pub etag: Etag,
    /// Its checksum, if the client repeats it.
    pub checksum: Option<ChecksumValue>,
}

/// How an upload is to be completed.
#[derive(Clone, Debug)]
pub struct Completion {
    /// The parts of the object, in order.
    pub parts: Vec<NamedPart>,
    /// What must hold of the key's current version.
    pub precondition: Precondition,
    /// The checksum of the whole.
    pub checksum: Option<ChecksumValue>,
    /// What that checksum sums.
    pub kind: Option<ChecksumType>,
    /// The size of the whole, if the client announces it.
    pub size_bytes: Option<u64>,
    /// The customer's key, which S3 lets a completion repeat; its parts needed it already.
    pub customer: Option<CustomerKey>,
    /// The size that the whole may have.
    pub size_bytes_max: u64,
}

/// A page of parts.
#[derive(Clone, Debug)]
pub struct PartPage {
    /// The parts, by number.
    pub parts: Vec<ListedPiece>,
    /// There are more.
    pub is_truncated: bool,
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

    /// Makes an object of an upload's parts; sent again, it tells what became of the first.
    ///
    /// # Errors
    /// [`Error::InvalidPart`], [`Error::BadObjectChecksum`], [`Error::BadObjectSize`], and what the
    /// index refuses.
    pub async fn complete_upload(
        &self,
        permit: &Permit,
        draft: &Draft<'_>,
        upload_id: UploadId,
        completion: Completion,
    ) -> Result<Completed, Error> {
        let agency = self.agency(permit.agency()).await?;
        let done = self.complete(&agency, permit, draft, (upload_id, &completion));
        match done.await {
            Err(Error::Metadata(meta::Error::NoSuchUpload)) => {
                let before = completed::before(&agency, permit, upload_id, &completion);
                before.await.map(Completed::Before)
            }
            done => done.map(Completed::Now),
        }
    }

    async fn complete(
        &self,
        agency: &Arc<Agency>,
        permit: &Permit,
        draft: &Draft<'_>,
        (upload_id, completion): (UploadId, &Completion),
    ) -> Result<Committed<Stored>, Error> {
        let bucket = bucket_of(permit)?.clone();
        let upload = find(agency, permit, upload_id)?;
        repeated(&upload.encryption, completion.customer.clone())?;
        agency.ensure_opens(&upload.encryption)?;
        let number = upload.number;
        let all = beside(&agency.index, move |reader| {
            let record = reader.bucket(&bucket.name)?;
            let parts = reader.list_parts(number, None, u32::from(PartNumber::MAX))?;
            Ok((record.ok_or(meta::Error::NoSuchBucket)?, parts))
        });
        let (record, all) = all.await?;
        let lock_rule = LockRule::of(&record.documents)?;
        let parts = named(&completion.parts, &all)?;
        each_has_its_sum(&upload, &completion.parts)?;
        let size_bytes: u64 = parts.iter().map(|part| part.size_bytes).sum();
        if completion
            .size_bytes
            .is_some_and(|announced| announced != size_bytes)
        {
            return Err(Error::BadObjectSize);
        }
        if size_bytes > completion.size_bytes_max {
            return Err(meta::Error::EntityTooLarge.into());
        }
        let checksum = checksum(&upload, completion, &parts)?;
        let etag = etag(&parts);
        let (version_id, modified) = (new_version_id(record.versioning), self.0.clock.now());
        let (_, object_key) = object_of(permit)?;
        let subject = Subject::Objects(bucket_of(permit)?.id, vec![object_key.clone()]);
        let command = CompleteUpload {
            place: place(permit, upload_id)?,
            parts: parts
                .iter()
                .map(|part| CompletedPart {
                    number: part.number,
                    sequence: part.sequence,
                })
                .collect(),
            precondition: completion.precondition.clone(),
            version_id,
            modified,
            etag,
            checksum,
            lock: locks::of_new_version(upload.lock, lock_rule, agency),
            release: agency.release(),
        };
        agency.change(&subject, command, draft).await?;
        Ok(Committed(Stored {
            version_id,
            size_bytes,
            tags: upload.metadata.tags,
            etag,
            checksum,
            encryption: upload.encryption,
            modified,
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

    /// A page of an upload's parts, after a number.
    ///
    /// # Errors
    /// `NoSuchUpload` of the index.
    pub async fn list_parts(
        &self,
        permit: &Permit,
        upload_id: UploadId,
        customer: Option<CustomerKey>,
        after: Option<PartNumber>,
        limit: u32,
    ) -> Result<(UploadRecord, PartPage), Error> {
        let agency = self.agency(permit.agency()).await?;
        let upload = find(&agency, permit, upload_id)?;
        repeated(&upload.encryption, customer)?;
        let page = page(&agency, upload.number, after, limit).await?;
        Ok((upload, page))
    }

    /// A page of the parts that an object was made of, after a number.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn parts_of(
        &self,
        permit: &Permit,
        upload: UploadNumber,
        after: Option<PartNumber>,
        limit: u32,
    ) -> Result<PartPage, Error> {
        let agency = self.agency(permit.agency()).await?;
        page(&agency, upload, after, limit).await
    }

    /// A page of a bucket's unfinished uploads.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn list_uploads(
        &self,
        permit: &Permit,
        query: ListQuery<UploadMarker>,
    ) -> Result<ListPage<ListedUpload, UploadMarker>, Error> {
        let agency = self.agency(permit.agency()).await?;
        let bucket_id = bucket_of(permit)?.id;
        beside(&agency.index, move |reader| {
            reader.list_uploads(bucket_id, &query)
        })
        .await
    }
}

async fn page(
    agency: &Agency,
    upload: UploadNumber,
    after: Option<PartNumber>,
    limit: u32,
) -> Result<PartPage, Error> {
    let read = beside(&agency.index, move |reader| {
        reader.list_parts(upload, after, limit + 1)
    });
    let mut parts = read.await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let is_truncated = parts.len() > limit;
    parts.truncate(limit);
    Ok(PartPage {
        parts,
        is_truncated,
    })
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
pub(super) fn repeated(
    encryption: &Encryption,
    customer: Option<CustomerKey>,
) -> Result<(), Error> {
    match customer {
        None => Ok(()),
        Some(key) => unlock(encryption, Some(key), Locked::Upload).map(drop),
    }
}

/// The uploaded parts that a completion names; both lists ascend.
pub(super) fn named(
    wanted: &[NamedPart],
    uploaded: &[ListedPiece],
) -> Result<Vec<ListedPiece>, Error> {
    if !wanted.is_sorted_by(|a, b| a.number < b.number) {
        return Err(Error::Metadata(meta::Error::InvalidPartOrder));
    }
    let mut uploaded = uploaded.iter();
    let matched = wanted.iter().map(|part| {
        let found = uploaded.by_ref().find(|piece| piece.number >= part.number);
        let found = found.filter(|piece| {
            piece.number == part.number
                && Etag::of_content(piece.md5) == part.etag
                && part
                    .checksum
                    .is_none_or(|checksum| piece.checksum == Some(checksum))
        });
        found.cloned().ok_or(Error::InvalidPart(part.number.get()))
    });
    matched.collect()
}

/// The checksum of a composite whole is made of those that the completion repeats.
fn each_has_its_sum(upload: &UploadRecord, parts: &[NamedPart]) -> Result<(), Error> {
    let Some((algorithm, ChecksumType::Composite)) = upload.checksum else {
        return Ok(());
    };
    match parts.iter().find(|part| part.checksum.is_none()) {
        None => Ok(()),
        Some(part) => Err(Error::NoPartChecksum {
            algorithm,
            number: part.number.get(),
        }),
    }
}

/// MD5 of the parts' MD5s, and their count.
fn etag(parts: &[ListedPiece]) -> Etag {
    let mut digests = Digests::new(&DigestPlan {
        md5: true,
        ..DigestPlan::default()
    });
    for part in parts {
        digests.update(&part.md5);
    }
    let md5 = digests.finish().md5.expect("MD5 is in the plan above");
    Etag {
        md5,
        parts: u16::try_from(parts.len()).ok(),
    }
}

/// The checksum of the whole, compared with the announced one.
fn checksum(
    upload: &UploadRecord,
    completion: &Completion,
    parts: &[ListedPiece],
) -> Result<Option<ObjectChecksum>, Error> {
    let (algorithm, kind) = upload.checksum.unwrap_or(DEFAULT_CHECKSUM);
    if completion.kind.is_some_and(|announced| announced != kind) {
        return Err(Error::BadObjectChecksum);
    }
    let values: Option<Vec<(ChecksumValue, u64)>> = parts
        .iter()
        .map(|part| Some((part.checksum?, part.size_bytes)))
        .collect();
    let values = values.ok_or(Error::BadObjectChecksum)?;
    let (value, count) = match kind {
        ChecksumType::FullObject => (combine_crc(algorithm, &values), None),
        ChecksumType::Composite => {
            let checksums = vec![algorithm];
            let mut digests = Digests::new(&DigestPlan {
                checksums,
                ..DigestPlan::default()
            });
            for (value, _) in &values {
                digests.update(value.as_bytes());
            }
            (
                digests.finish().checksum(algorithm),
                u16::try_from(parts.len()).ok(),
            )
        }
    };
    let value = value.ok_or(Error::BadObjectChecksum)?;
    if completion
        .checksum
        .is_some_and(|announced| announced != value)
    {
        return Err(Error::BadObjectChecksum);
    }
    Ok(Some(ObjectChecksum {
        value,
        kind,
        parts: count,
    }))
}
