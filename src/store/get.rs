//! Finding an object, and a part inside it.

use std::ops::Range;
use std::sync::Arc;

use crate::access::permit::Permit;
use crate::meta::OfAgency;
use crate::meta::Reader;
use crate::meta::records::ObjectHead;
use crate::meta::records::ObjectMetadata;
use crate::meta::records::ObjectRecord;
use crate::meta::records::VersionRecord;
use crate::types::checksum::ObjectChecksum;
use crate::types::clock::Time;
use crate::types::etag::Etag;
use crate::types::ids::PartNumber;
use crate::types::ids::VersionId;

use super::agencies::Store;
use super::buckets::object_of;
use super::error::Error;

/// An object as one read of the index found it.
#[derive(Clone, Debug)]
pub struct Found(pub(super) Arc<ObjectRecord>);

impl Found {
    fn head(&self) -> &ObjectHead {
        &self.0.head
    }

    /// Its entity tag.
    pub fn etag(&self) -> Etag {
        self.head().etag
    }

    /// When it was stored.
    pub fn modified(&self) -> Time {
        self.head().modified
    }

    /// Its size.
    pub fn size_bytes(&self) -> u64 {
        self.head().size_bytes
    }

    /// Its metadata.
    pub fn metadata(&self) -> &ObjectMetadata {
        &self.head().metadata
    }

    /// Its checksum.
    pub fn checksum(&self) -> Option<&ObjectChecksum> {
        self.head().checksum.as_ref()
    }

    /// How many parts it was uploaded in, if it was uploaded in parts.
    pub fn parts_count(&self) -> Option<u16> {
        self.head().parts.map(|(_, count)| count)
    }
}

/// A part of an object.
#[derive(Clone, Debug)]
pub struct FoundPart {
    /// Its bytes inside the object.
    pub range: Range<u64>,
    /// Its checksum.
    pub checksum: Option<ObjectChecksum>,
}

impl Store {
    /// Finds an object: its current version, or the one asked for. A delete marker is none.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn find(
        &self,
        permit: &Permit,
        version_id: Option<VersionId>,
    ) -> Result<Option<Found>, Error> {
        let agency = self.agency(permit.agency()).await?;
        let (bucket, object_key) = object_of(permit)?;
        let Some(version_id) = version_id else {
            let before = match agency.recent.object(bucket.id, object_key) {
                Ok(record) => return Ok(Some(Found(record))),
                Err(before) => before,
            };
            let found = agency
                .index
                .read(|reader| reader.object(bucket.id, object_key))?;
            let found = found.map(Arc::new);
            if let Some(record) = &found {
                agency
                    .recent
                    .keep_object(bucket.id, object_key, record, before);
            }
            return Ok(found.map(Found));
        };
        let read = |reader: &Reader<'_, OfAgency>| {
            reader.object_version(bucket.id, object_key, &version_id)
        };
        let record = match agency.index.read(read)? {
            Some(VersionRecord::Object(record)) => Some(Arc::new(record)),
            Some(VersionRecord::Marker(_)) | None => None,
        };
        Ok(record.map(Found))
    }

    /// Finds a part of an object by its number. An object stored in one piece is its own part 1.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn part_of(
        &self,
        permit: &Permit,
        found: &Found,
        number: PartNumber,
    ) -> Result<Option<FoundPart>, Error> {
        let Some((upload, _)) = found.head().parts else {
            let whole = FoundPart {
                range: 0..found.size_bytes(),
                checksum: None,
            };
            return Ok((number.get() == 1).then_some(whole));
        };
        let agency = self.agency(permit.agency()).await?;
        let piece = agency.index.read(|reader| reader.piece(upload, number))?;
        Ok(piece.and_then(|piece| {
            let start = piece.start_offset?;
            let checksum = piece.listed.checksum.map(ObjectChecksum::of_content);
            Some(FoundPart {
                range: start..start + piece.listed.size_bytes,
                checksum,
            })
        }))
    }
}
