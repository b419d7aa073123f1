//! A document, stored whole, becomes the current version of its key.

use super::super::engine::{Command, Tx};
use super::super::error::Error;
use super::super::records::{NewVersion, Precondition, StoredBody};
use super::super::schema::OfAgency;
use super::super::versions::Spot;
use crate::access::lock::Release;
use crate::types::ids::{BucketId, Sequence};
use crate::types::names::ObjectKey;

/// Stores a version. Refused with [`Error::NoSuchBucket`], [`Error::VersioningChanged`],
/// [`Error::PreconditionFailed`], [`Error::NoSuchObject`], [`Error::Locked`] or
/// [`Error::QuotaExceeded`].
#[derive(Clone, Debug)]
pub struct PutObject {
    /// Where.
    pub bucket_id: BucketId,
    /// Under which key.
    pub object_key: ObjectKey,
    /// What must hold of the version that it replaces.
    pub precondition: Precondition,
    /// What.
    pub version: NewVersion,
    /// What locks on what it replaces are judged by.
    pub release: Release,
}

/// What became of a stored version.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PutOutcome {
    /// Its place in the order of changes.
    pub sequence: Sequence,
}

impl Command for PutObject {
    type On = OfAgency;
    type Output = PutOutcome;

    fn bytes(&self) -> usize {
        match &self.version.body {
            StoredBody::Inline(sealed) => sealed.len(),
            StoredBody::Blob(_) | StoredBody::Parts { .. } => 0,
        }
    }

    fn apply(&self, tx: &Tx<'_>) -> Result<PutOutcome, Error> {
        let spot = Spot::look(tx, self.bucket_id, &self.object_key)?.releasing(self.release);
        spot.admits(&self.version.version_id)?;
        self.precondition.check(spot.etag())?;
        spot.has_room(tx, self.version.size_bytes)?;
        let sequence = spot.put(tx, &self.version)?;
        Ok(PutOutcome { sequence })
    }
}
