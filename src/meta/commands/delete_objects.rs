//! Objects and versions are deleted, one or a thousand in a transaction.

use super::super::engine::{Command, Tx};
use super::super::error::Error;
use super::super::records::{DeleteCondition, Owner, Versioning};
use super::super::schema::OfAgency;
use super::super::versions::{Removed, Spot};
use crate::access::lock::Release;
use crate::types::clock::Time;
use crate::types::ids::{BucketId, VersionId};
use crate::types::names::ObjectKey;

/// One thing to delete.
#[derive(Clone, Debug)]
pub struct Deletion {
    /// Under which key.
    pub object_key: ObjectKey,
    /// Which version, for good; `None` for what S3 does without one.
    pub version: Option<VersionId>,
    /// The id of the delete marker, should one be made: `Null` unless versioning is enabled.
    pub marker_version_id: VersionId,
    /// What the current version must be.
    pub condition: DeleteCondition,
    /// What its lock is judged by.
    pub release: Release,
}

/// What a deletion did.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DeleteOutcome {
    /// Nothing was there, which is as good.
    Nothing,
    /// The object of a bucket without versions is gone.
    Deleted,
    /// A version is gone for good.
    RemovedVersion(VersionId),
    /// A delete marker is gone, and with it what it hid may be back.
    RemovedMarker(VersionId),
    /// A delete marker hides the key now.
    Marked(VersionId),
}

/// Deletes one. Refused with [`Error::NoSuchBucket`], [`Error::VersioningChanged`],
/// [`Error::PreconditionFailed`], [`Error::Locked`] or, with `if_match`, [`Error::NoSuchObject`].
#[derive(Clone, Debug)]
pub struct DeleteObject {
    /// Where.
    pub bucket_id: BucketId,
    /// What.
    pub deletion: Deletion,
    /// When.
    pub at: Time,
    /// Who, and so the owner of a delete marker.
    pub owner: Owner,
}

impl Command for DeleteObject {
    type On = OfAgency;
    type Output = DeleteOutcome;

    fn apply(&self, tx: &Tx<'_>) -> Result<DeleteOutcome, Error> {
        delete(tx, self.bucket_id, &self.deletion, self.at, &self.owner)
    }
}

/// Deletes several; what is refused for one key leaves the others be. Refused as a whole with
/// [`Error::NoSuchBucket`] alone.
#[derive(Clone, Debug)]
pub struct DeleteObjects {
    /// Where.
    pub bucket_id: BucketId,
    /// What, at most `limits::DELETE_KEYS_MAX`.
    pub deletions: Vec<Deletion>,
    /// When.
    pub at: Time,
    /// Who.
    pub owner: Owner,
}

impl Command for DeleteObjects {
    type On = OfAgency;
    type Output = Vec<Result<DeleteOutcome, Error>>;

    /// A group takes few of these: each may be a thousand changes.
    fn bytes(&self) -> usize {
        self.deletions.len().saturating_mul(4_096)
    }

    fn apply(&self, tx: &Tx<'_>) -> Result<Self::Output, Error> {
        let mut outcomes = Vec::with_capacity(self.deletions.len());
        for deletion in &self.deletions {
            match delete(tx, self.bucket_id, deletion, self.at, &self.owner) {
                Err(error @ Error::NoSuchBucket) => return Err(error),
                Err(error) if !error.is_refusal() => return Err(error),
                outcome => outcomes.push(outcome),
            }
        }
        Ok(outcomes)
    }
}

/// Everything that can be refused is, before the first change.
fn delete(
    tx: &Tx<'_>,
    bucket_id: BucketId,
    deletion: &Deletion,
    at: Time,
    owner: &Owner,
) -> Result<DeleteOutcome, Error> {
    let spot = Spot::look(tx, bucket_id, &deletion.object_key)?.releasing(deletion.release);
    // Preconditions look at the current version even when another one is deleted.
    // Source: AWS S3 User Guide, "How to perform conditional deletes".
    spot.meets(&deletion.condition)?;
    if let Some(version_id) = &deletion.version {
        return Ok(match spot.remove(tx, version_id, at)? {
            None => DeleteOutcome::Nothing,
            Some(Removed::Version) => DeleteOutcome::RemovedVersion(*version_id),
            Some(Removed::Marker) => DeleteOutcome::RemovedMarker(*version_id),
        });
    }
    spot.admits(&deletion.marker_version_id)?;
    spot.delete(tx, &deletion.marker_version_id, at, owner)?;
    Ok(match (spot.versioning, &spot.current) {
        (Versioning::Off, None) => DeleteOutcome::Nothing,
        (Versioning::Off, Some(_)) => DeleteOutcome::Deleted,
        (Versioning::Enabled | Versioning::Suspended, _) => {
            DeleteOutcome::Marked(deletion.marker_version_id)
        }
    })
}
