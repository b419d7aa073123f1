//! Versions of a key: how `objects`, `versions` and `details` change together.
//!
//! ```text
//! versioning   put                                    delete without a version id
//! off          replaces the current version           removes it
//! enabled      moves it to `versions`                 moves it there, adds a delete marker
//! suspended    as enabled, but replaces the version   as enabled, but the marker is `null` and
//!              `null`, wherever it stands             replaces the version `null`
//! ```
//!
//! Source: AWS S3 User Guide, "Retaining multiple versions of objects with S3 Versioning".

mod details;
mod locks;

use self::details::insert_details;
use self::locks::lock_of;
use super::codec::{Sql, column, optional};
use super::engine::Tx;
use super::error::Error;
use super::events::Happened;
use super::principals::number_of;
use super::records::{DeleteCondition, NewVersion, Owner, StoredBody, Versioning};
use super::usage::Change;
use super::{codec, events, usage};
use crate::access::lock::Release;
use crate::types::clock::{Time, TrustedTime};
use crate::types::etag::Etag;
use crate::types::ids::{BucketId, Sequence, VersionId};
use crate::types::names::ObjectKey;

pub(super) use details::{abandon, make_garbage};
pub(super) use locks::may_lose_key;

/// The columns that `objects` and `versions` share.
macro_rules! shared_columns {
    () => {
        "bucket_id, object_key, sequence, version_id, size_bytes, etag, modified_ms, owner, \
         checksum_kind"
    };
}

/// A key inside its bucket, with what stands there.
pub(super) struct Spot<'a> {
    bucket_id: BucketId,
    object_key: &'a ObjectKey,
    pub(super) versioning: Versioning,
    pub(super) current: Option<Current>,
    /// What locks are judged by: unless somebody says, every one of them holds.
    release: Release,
}

/// The live current version of a key.
pub(super) struct Current {
    sequence: Sequence,
    version_id: VersionId,
    size_bytes: u64,
    modified: Time,
    pub(super) etag: Etag,
}

impl<'a> Spot<'a> {
    /// Looks at a key, in one read.
    pub(super) fn look(
        tx: &Tx<'_>,
        bucket_id: BucketId,
        object_key: &'a ObjectKey,
    ) -> Result<Self, Error> {
        let found = tx.first(
            "SELECT b.versioning, o.sequence, o.version_id, o.etag, o.size_bytes, o.modified_ms
             FROM buckets b LEFT JOIN objects o
             ON o.bucket_id = b.bucket_id AND o.object_key = ?2
             WHERE b.bucket_id = ?1",
            (Sql(bucket_id), Sql(object_key)),
            |row| {
                let sequence: Option<Sequence> = optional(row, 1)?;
                let current = match sequence {
                    None => None,
                    Some(sequence) => Some(Current {
                        sequence,
                        version_id: column(row, 2)?,
                        etag: column(row, 3)?,
                        size_bytes: column(row, 4)?,
                        modified: column(row, 5)?,
                    }),
                };
                Ok((column(row, 0)?, current))
            },
        )?;
        let (versioning, current) = found.ok_or(Error::NoSuchBucket)?;
        Ok(Self {
            bucket_id,
            object_key,
            versioning,
            current,
            release: Release::at(TrustedTime::vouched(Time::from_millis(i64::MIN))),
        })
    }

    /// Tells the current version from every other one that the key ever had.
    pub(super) fn sequence(&self) -> Option<Sequence> {
        self.current.as_ref().map(|current| current.sequence)
    }

    /// The same, where locks are judged by this.
    pub(super) fn releasing(self, release: Release) -> Self {
        Self { release, ..self }
    }

    /// The tag that preconditions compare with.
    pub(super) fn etag(&self) -> Option<&Etag> {
        self.current.as_ref().map(|current| &current.etag)
    }

    /// Whether what stands here may be deleted on a condition.
    pub(super) fn meets(&self, condition: &DeleteCondition) -> Result<(), Error> {
        let current = self.current.as_ref();
        condition.check(current.map(|found| (&found.etag, found.modified, found.size_bytes)))
    }

    /// Whether a new version may have this id; the caller chose it before the transaction.
    pub(super) fn admits(&self, version_id: &VersionId) -> Result<(), Error> {
        match (self.versioning, version_id) {
            (Versioning::Off | Versioning::Suspended, VersionId::Null)
            | (Versioning::Enabled, VersionId::Id(_)) => Ok(()),
            _ => Err(Error::VersioningChanged),
        }
    }

    /// Whether the quotas have room for a version of which these bytes are not counted yet, given
    /// what it replaces.
    pub(super) fn has_room(&self, tx: &Tx<'_>, bytes: u64) -> Result<(), Error> {
        let replaced = match (self.versioning, &self.current) {
            (Versioning::Enabled, _) => None,
            (_, Some(current)) if current.version_id == VersionId::Null => Some(current.size_bytes),
            (Versioning::Off, _) => None,
            (Versioning::Suspended, _) => {
                tx.first(
                    "SELECT size_bytes, etag IS NULL FROM versions
                     WHERE bucket_id = ?1 AND object_key = ?2 AND version_id = ?3",
                    (
                        Sql(self.bucket_id),
                        Sql(self.object_key),
                        Sql(&VersionId::Null),
                    ),
                    |row| Ok((column(row, 0)?, row.get(1)?)),
                )?
                .and_then(|(size_bytes, is_marker): (u64, bool)| (!is_marker).then_some(size_bytes))
            }
        };
        let replaced = replaced.map_or_else(Change::default, Change::version);
        let change = Change::version(bytes).less(replaced);
        usage::admits(tx, self.bucket_id, change)
    }

    /// Makes a version the current one. Refuses nothing: see [`Spot::has_room`].
    pub(super) fn put(&self, tx: &Tx<'_>, version: &NewVersion) -> Result<Sequence, Error> {
        self.make_way(tx, version.modified)?;
        let owner = number_of(tx, &version.owner)?;
        let sequence = Sequence(tx.next_number());
        tx.execute(
            concat!(
                "INSERT OR REPLACE INTO objects (",
                shared_columns!(),
                ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
            ),
            (
                Sql(self.bucket_id),
                Sql(self.object_key),
                Sql(sequence),
                Sql(&version.version_id),
                Sql(version.size_bytes),
                codec::etag_bytes(&version.etag),
                Sql(version.modified),
                owner,
                version.checksum.as_ref().map(codec::checksum_kind),
            ),
        )?;
        insert_details(tx, sequence, version)?;
        let uncounted = match &version.body {
            // Each part was counted when it came.
            StoredBody::Parts { .. } => 0,
            StoredBody::Inline(_) | StoredBody::Blob(_) => version.size_bytes,
        };
        usage::charge(tx, self.bucket_id, Change::version(uncounted))?;
        let happened = Happened::Created {
            size_bytes: version.size_bytes,
            etag: &version.etag,
        };
        self.tell(tx, &version.version_id, &happened)?;
        Ok(sequence)
    }

    /// Deletes as S3 does without a version id; the id of the marker, if one was made.
    pub(super) fn delete(
        &self,
        tx: &Tx<'_>,
        marker: &VersionId,
        modified: Time,
        owner: &Owner,
    ) -> Result<(), Error> {
        self.make_way(tx, modified)?;
        if self.current.is_some() {
            self.delete_current(tx)?;
        }
        if self.versioning == Versioning::Off {
            return match &self.current {
                Some(_) => self.tell(tx, &VersionId::Null, &Happened::Removed),
                None => Ok(()),
            };
        }
        tx.execute(
            concat!(
                "INSERT INTO versions (",
                shared_columns!(),
                ") VALUES (?1, ?2, ?3, ?4, 0, NULL, ?5, ?6, NULL)"
            ),
            (
                Sql(self.bucket_id),
                Sql(self.object_key),
                Sql(Sequence(tx.next_number())),
                Sql(marker),
                Sql(modified),
                number_of(tx, owner)?,
            ),
        )?;
        self.tell(tx, marker, &Happened::Marked)
    }

    /// Removes one version for good. Whether there was one, and whether it was a delete marker.
    /// Refused with [`Error::Locked`] before anything is changed.
    pub(super) fn remove(
        &self,
        tx: &Tx<'_>,
        version_id: &VersionId,
        at: Time,
    ) -> Result<Option<Removed>, Error> {
        if let Some(current) = &self.current
            && current.version_id == *version_id
        {
            self.discard(tx, current.sequence, current.size_bytes, at)?;
            self.delete_current(tx)?;
            self.promote(tx)?;
            self.tell(tx, version_id, &Happened::Removed)?;
            return Ok(Some(Removed::Version));
        }
        let removed = self.delete_noncurrent(tx, version_id, at)?;
        if self.current.is_none() && removed == Some(Removed::Marker) {
            self.promote(tx)?;
        }
        if removed.is_some() {
            self.tell(tx, version_id, &Happened::Removed)?;
        }
        Ok(removed)
    }

    /// Writes what happened, if the bucket wants it told.
    fn tell(
        &self,
        tx: &Tx<'_>,
        version_id: &VersionId,
        happened: &Happened<'_>,
    ) -> Result<(), Error> {
        events::tell(tx, self.bucket_id, self.object_key, version_id, happened)
    }

    /// Moves or discards what a new version or marker takes the place of. Refused with
    /// [`Error::Locked`] before anything is changed.
    fn make_way(&self, tx: &Tx<'_>, at: Time) -> Result<(), Error> {
        let replaces_null = match self.versioning {
            Versioning::Off | Versioning::Suspended => true,
            Versioning::Enabled => false,
        };
        match &self.current {
            Some(current) if replaces_null && current.version_id == VersionId::Null => {
                return self.discard(tx, current.sequence, current.size_bytes, at);
            }
            _ if self.versioning == Versioning::Suspended => {
                self.delete_noncurrent(tx, &VersionId::Null, at)?;
            }
            _ => {}
        }
        match self.current {
            Some(_) => self.retire(tx),
            None => Ok(()),
        }
    }

    /// Copies the current version to the noncurrent ones; its own row is about to go.
    fn retire(&self, tx: &Tx<'_>) -> Result<(), Error> {
        tx.execute(
            concat!(
                "INSERT INTO versions (",
                shared_columns!(),
                ") SELECT ",
                shared_columns!(),
                " FROM objects WHERE bucket_id = ?1 AND object_key = ?2"
            ),
            (Sql(self.bucket_id), Sql(self.object_key)),
        )?;
        Ok(())
    }

    /// Makes the newest version the current one, unless it is a delete marker.
    fn promote(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let newest = tx.first(
            "SELECT sequence, etag IS NULL FROM versions
             WHERE bucket_id = ?1 AND object_key = ?2 ORDER BY sequence DESC LIMIT 1",
            (Sql(self.bucket_id), Sql(self.object_key)),
            |row| Ok((column(row, 0)?, row.get(1)?)),
        )?;
        let newest: Option<(Sequence, bool)> = newest;
        let Some((sequence, false)) = newest else {
            return Ok(());
        };
        let place = (Sql(self.bucket_id), Sql(self.object_key), Sql(sequence));
        tx.execute(
            concat!(
                "INSERT INTO objects (",
                shared_columns!(),
                ") SELECT ",
                shared_columns!(),
                " FROM versions WHERE bucket_id = ?1 AND object_key = ?2 AND sequence = ?3"
            ),
            place,
        )?;
        tx.execute(
            "DELETE FROM versions WHERE bucket_id = ?1 AND object_key = ?2 AND sequence = ?3",
            (Sql(self.bucket_id), Sql(self.object_key), Sql(sequence)),
        )?;
        Ok(())
    }

    fn delete_current(&self, tx: &Tx<'_>) -> Result<(), Error> {
        tx.execute(
            "DELETE FROM objects WHERE bucket_id = ?1 AND object_key = ?2",
            (Sql(self.bucket_id), Sql(self.object_key)),
        )?;
        Ok(())
    }

    fn delete_noncurrent(
        &self,
        tx: &Tx<'_>,
        version_id: &VersionId,
        at: Time,
    ) -> Result<Option<Removed>, Error> {
        let found = tx.first(
            "SELECT sequence, etag IS NULL, size_bytes FROM versions
             WHERE bucket_id = ?1 AND object_key = ?2 AND version_id = ?3",
            (Sql(self.bucket_id), Sql(self.object_key), Sql(version_id)),
            |row| Ok((column(row, 0)?, row.get(1)?, column(row, 2)?)),
        )?;
        let removed = match found {
            None => return Ok(None),
            Some((_, true, _)) => Removed::Marker,
            Some((sequence, false, size_bytes)) => {
                self.discard(tx, sequence, size_bytes, at)?;
                Removed::Version
            }
        };
        tx.execute(
            "DELETE FROM versions
             WHERE bucket_id = ?1 AND object_key = ?2 AND version_id = ?3",
            (Sql(self.bucket_id), Sql(self.object_key), Sql(version_id)),
        )?;
        Ok(Some(removed))
    }

    /// Forgets a version's details; its blob becomes garbage, to be swept once nobody reads it.
    /// The one way in which a version goes, and so the one place that asks whether it may.
    fn discard(
        &self,
        tx: &Tx<'_>,
        sequence: Sequence,
        size_bytes: u64,
        at: Time,
    ) -> Result<(), Error> {
        self.release.may_remove(&lock_of(tx, sequence)?)?;
        usage::release(tx, self.bucket_id, Change::version(size_bytes))?;
        let left = tx.first(
            "DELETE FROM details WHERE sequence = ?1 RETURNING blob_id, upload_number",
            [Sql(sequence)],
            |row| Ok((optional(row, 0)?, optional(row, 1)?)),
        )?;
        let Some((blob_id, upload)) = left else {
            return Ok(());
        };
        if let Some(blob_id) = blob_id {
            make_garbage(tx, &blob_id, at)?;
        }
        if let Some(upload) = upload {
            abandon(tx, upload, at)?;
        }
        Ok(())
    }
}

/// What stood at a version id that was removed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Removed {
    Version,
    Marker,
}
