//! Making an object of the parts of an upload. No byte moves.

use std::sync::Arc;

use crate::access::permit::Permit;
use crate::audit::entry::Draft;
use crate::crypto::digest::DigestPlan;
use crate::crypto::digest::Digests;
use crate::crypto::digest::combine_crc;
use crate::keys::customer::CustomerKey;
use crate::meta;
use crate::meta::commands::CompleteUpload;
use crate::meta::commands::CompletedPart;
use crate::meta::records::ListedPiece;
use crate::meta::records::Precondition;
use crate::meta::records::UploadRecord;
use crate::types::checksum::ChecksumType;
use crate::types::checksum::ChecksumValue;
use crate::types::checksum::ObjectChecksum;
use crate::types::etag::Etag;
use crate::types::ids::PartNumber;
use crate::types::ids::UploadId;

use super::super::Committed;
use super::super::agencies::Agency;
use super::super::agencies::Store;
use super::super::buckets::bucket_of;
use super::super::buckets::object_of;
use super::super::error::Error;
use super::super::list::beside;
use super::super::locks;
use super::super::locks::LockRule;
use super::super::put::Stored;
use super::super::put::new_version_id;
use super::super::recent::Subject;
use super::DEFAULT_CHECKSUM;
use super::completed;
use super::completed::Completed;
use super::find;
use super::place;
use super::repeated;

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
    /// The checksum of the whole, and the count of parts behind a composite one.
    pub checksum: Option<(ChecksumValue, Option<u16>)>,
    /// What that checksum sums.
    pub kind: Option<ChecksumType>,
    /// The size of the whole, if the client announces it.
    pub size_bytes: Option<u64>,
    /// The customer's key, which S3 lets a completion repeat; its parts needed it already.
    pub customer: Option<CustomerKey>,
    /// The size that the whole may have.
    pub size_bytes_max: u64,
}

impl Store {
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
        if let Some(announced) = completion.size_bytes
            && announced != size_bytes
        {
            let found = size_bytes;
            return Err(Error::BadObjectSize { announced, found });
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
            piece.number == part.number && Etag::of_content(piece.md5) == part.etag
        });
        let found = found.ok_or(Error::InvalidPart(part.number.get()))?;
        match (part.checksum, found.checksum) {
            (Some(named), Some(kept)) if named.algorithm() != kept.algorithm() => {
                Err(Error::BadPartChecksum {
                    algorithm: named.algorithm(),
                    number: part.number.get(),
                })
            }
            (Some(named), kept) if kept != Some(named) => {
                Err(Error::InvalidPart(part.number.get()))
            }
            _ => Ok(found.clone()),
        }
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
        return Err(Error::ObjectChecksumKind(kind));
    }
    let announced = completion.checksum.map(|(value, _)| value.algorithm());
    let differs = || Error::BadObjectChecksum(announced.unwrap_or(algorithm));
    let values: Option<Vec<(ChecksumValue, u64)>> = parts
        .iter()
        .map(|part| Some((part.checksum?, part.size_bytes)))
        .collect();
    let values = values.ok_or_else(differs)?;
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
    let value = value.ok_or_else(differs)?;
    if let Some((announced, parts)) = completion.checksum
        && (announced != value || parts.is_some_and(|parts| Some(parts) != count))
    {
        return Err(differs());
    }
    Ok(Some(ObjectChecksum {
        value,
        kind,
        parts: count,
    }))
}
