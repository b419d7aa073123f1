//! A version or delete marker goes by itself, if it is still what it was when that was decided.

use super::super::codec::{Sql, column};
use super::super::engine::{Command, Tx};
use super::super::error::Error;
use super::super::records::Owner;
use super::super::schema::OfAgency;
use super::super::versions::Spot;
use crate::access::lock::Release;
use crate::types::clock::Time;
use crate::types::ids::{BucketId, Sequence, VersionId};
use crate::types::names::ObjectKey;

/// How something goes by itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Expiry {
    /// The current version, as a DELETE without a version id has it.
    Current,
    /// A version or marker that is not the newest, for good.
    Noncurrent,
    /// A delete marker that hides nothing.
    LoneMarker,
}

/// Removes what expired. Refused with [`Error::NoSuchObject`] if it is not any more what it was,
/// with [`Error::NoSuchBucket`], [`Error::VersioningChanged`], and by locks.
#[derive(Clone, Debug)]
pub struct ExpireVersion {
    /// Where.
    pub bucket_id: BucketId,
    /// Under which key.
    pub object_key: ObjectKey,
    /// Tells the version from every other one that the key ever had.
    pub sequence: Sequence,
    /// Its id.
    pub version_id: VersionId,
    /// How it goes.
    pub expiry: Expiry,
    /// The id of the delete marker, should one be made.
    pub marker_version_id: VersionId,
    /// When.
    pub at: Time,
    /// The owner of the delete marker: the bucket's.
    pub owner: Owner,
    /// What locks are judged by.
    pub release: Release,
}

impl Command for ExpireVersion {
    type On = OfAgency;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let spot = Spot::look(tx, self.bucket_id, &self.object_key)?;
        let spot = spot.releasing(self.release);
        match self.expiry {
            Expiry::Current => {
                if spot.sequence() != Some(self.sequence) {
                    return Err(Error::NoSuchObject);
                }
                spot.admits(&self.marker_version_id)?;
                spot.delete(tx, &self.marker_version_id, self.at, &self.owner)
            }
            Expiry::Noncurrent | Expiry::LoneMarker => {
                let (newer, older) = self.neighbours(tx)?;
                let newer = newer || spot.current.is_some();
                let fits = match self.expiry {
                    Expiry::LoneMarker => !newer && !older,
                    Expiry::Current | Expiry::Noncurrent => newer,
                };
                if !fits {
                    return Err(Error::NoSuchObject);
                }
                spot.remove(tx, &self.version_id, self.at).map(drop)
            }
        }
    }
}

impl ExpireVersion {
    /// Whether there are newer and older ones among those of the key that are not current.
    fn neighbours(&self, tx: &Tx<'_>) -> Result<(bool, bool), Error> {
        let found = tx.first(
            "SELECT v.sequence,
                 EXISTS (SELECT 1 FROM versions n WHERE n.bucket_id = ?1 AND n.object_key = ?2
                     AND n.sequence > ?3),
                 EXISTS (SELECT 1 FROM versions o WHERE o.bucket_id = ?1 AND o.object_key = ?2
                     AND o.sequence < ?3)
             FROM versions v WHERE v.bucket_id = ?1 AND v.object_key = ?2 AND v.sequence = ?3",
            (
                Sql(self.bucket_id),
                Sql(&self.object_key),
                Sql(self.sequence),
            ),
            |row| {
                let _: Sequence = column(row, 0)?;
                Ok((row.get(1)?, row.get(2)?))
            },
        )?;
        found.ok_or(Error::NoSuchObject)
    }
}
