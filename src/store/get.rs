//! Finding an object, and a part inside it.

use std::ops::Range;
use std::sync::Arc;

use crate::access::permit::Permit;
use crate::keys::customer::CustomerKey;
use crate::meta::OfAgency;
use crate::meta::Reader;
use crate::meta::records::Encryption;
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
use super::sealing;

/// An object as one read of the index found it, with the customer's key that opens it, if it needs
/// one and the request brought it.
#[derive(Clone, Debug)]
pub struct Found(pub(super) Arc<ObjectRecord>, pub(super) Option<CustomerKey>);

impl Found {
    /// What a HEAD shows of it.
    pub fn head(&self) -> &ObjectHead {
        &self.0.head
    }

    /// How it is sealed.
    pub fn encryption(&self) -> &Encryption {
        &self.head().encryption
    }

    /// Takes the customer's key that a request brought, or the fact that it brought none. Whatever
    /// shows an object asks this first: without the right key nothing is told of it.
    ///
    /// # Errors
    /// [`Error::CustomerKey`].
    pub fn unlock(self, brought: Option<CustomerKey>) -> Result<Self, Error> {
        let key = sealing::unlock_object(self.encryption(), brought)?;
        Ok(Self(self.0, key))
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
    /// Finds what stands at a key: its current version, or the one asked for.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn find(
        &self,
        permit: &Permit,
        version_id: Option<VersionId>,
    ) -> Result<Option<VersionRecord<Found>>, Error> {
        let agency = self.agency(permit.agency()).await?;
        let (bucket, object_key) = object_of(permit)?;
        if let Some(version_id) = version_id {
            let record = agency
                .index
                .look(|reader| reader.object_version(bucket.id, object_key, &version_id))?;
            return Ok(record.map(|record| record.map(|object| Found(Arc::new(object), None))));
        }
        let before = match agency.recent.object(bucket.id, object_key) {
            Ok(record) => return Ok(Some(VersionRecord::Object(Found(record, None)))),
            Err(before) => before,
        };
        let found = agency
            .index
            .look(|reader| reader.object(bucket.id, object_key))?;
        let Some(record) = found.map(Arc::new) else {
            let marker = agency
                .index
                .look(|reader| reader.current_marker(bucket.id, object_key))?;
            return Ok(marker.map(VersionRecord::Marker));
        };
        agency
            .recent
            .keep_object(bucket.id, object_key, &record, before);
        Ok(Some(VersionRecord::Object(Found(record, None))))
    }

    /// As [`Store::find`], without what only a read of the bytes needs.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn find_head(
        &self,
        permit: &Permit,
        version_id: Option<VersionId>,
    ) -> Result<Option<VersionRecord<ObjectHead>>, Error> {
        let agency = self.agency(permit.agency()).await?;
        let (bucket, object_key) = object_of(permit)?;
        if let Some(version_id) = version_id {
            let read = |reader: &Reader<'_, OfAgency>| {
                reader.object_version_head(bucket.id, object_key, &version_id)
            };
            return Ok(agency.index.look(read)?);
        }
        if let Ok(record) = agency.recent.object(bucket.id, object_key) {
            return Ok(Some(VersionRecord::Object(record.head.clone())));
        }
        let found = agency.index.look(|reader| {
            Ok(match reader.object_head(bucket.id, object_key)? {
                Some(head) => Some(VersionRecord::Object(head)),
                None => reader
                    .current_marker(bucket.id, object_key)?
                    .map(VersionRecord::Marker),
            })
        });
        Ok(found?)
    }

    /// Finds a part of an object by its number. An object stored in one piece is its own part 1.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn part_of(
        &self,
        permit: &Permit,
        head: &ObjectHead,
        number: PartNumber,
    ) -> Result<Option<FoundPart>, Error> {
        let Some((upload, _)) = head.parts else {
            let whole = FoundPart {
                range: 0..head.size_bytes,
                checksum: head.checksum,
            };
            return Ok((number.get() == 1).then_some(whole));
        };
        let agency = self.agency(permit.agency()).await?;
        let piece = agency.index.look(|reader| reader.piece(upload, number))?;
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
