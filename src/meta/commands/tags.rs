//! The tags of a version change; nothing else of it does.

use super::super::codec::{self, Sql, column};
use super::super::engine::{Command, Tx};
use super::super::error::Error;
use super::super::events::{self, Happened};
use super::super::schema::OfAgency;
use crate::types::ids::{BucketId, Sequence, VersionId};
use crate::types::names::ObjectKey;
use crate::types::tags::Tags;

/// Puts these tags in the place of those that a version has. Refused with
/// [`Error::NoSuchObject`]; a delete marker has no tags.
#[derive(Clone, Debug)]
pub struct SetTags {
    /// Where.
    pub bucket_id: BucketId,
    /// Of which key.
    pub object_key: ObjectKey,
    /// Of which version; `None` for the current one.
    pub version_id: Option<VersionId>,
    /// Which, none to remove them all.
    pub tags: Tags,
}

impl Command for SetTags {
    type On = OfAgency;
    /// The version whose tags these are now.
    type Output = VersionId;

    fn apply(&self, tx: &Tx<'_>) -> Result<VersionId, Error> {
        let found = tx.first(
            "SELECT o.sequence, o.version_id, d.content_type, d.metadata
             FROM objects o JOIN details d ON d.sequence = o.sequence
             WHERE o.bucket_id = ?1 AND o.object_key = ?2 AND coalesce(o.version_id = ?3, 1)
             UNION ALL
             SELECT o.sequence, o.version_id, d.content_type, d.metadata
             FROM versions o JOIN details d ON d.sequence = o.sequence
             WHERE o.bucket_id = ?1 AND o.object_key = ?2 AND o.version_id = ?3",
            (
                Sql(self.bucket_id),
                Sql(&self.object_key),
                self.version_id.as_ref().map(Sql),
            ),
            |row| {
                let sequence: Sequence = column(row, 0)?;
                let version_id: VersionId = column(row, 1)?;
                Ok((sequence, version_id, codec::metadata(row, 2)?))
            },
        )?;
        let (sequence, version_id, mut metadata) = found.ok_or(Error::NoSuchObject)?;
        metadata.tags = self.tags.clone();
        tx.execute(
            "UPDATE details SET metadata = ?2 WHERE sequence = ?1",
            (Sql(sequence), codec::metadata_text(&metadata)),
        )?;
        let any = !self.tags.is_empty();
        let happened = Happened::Tagged { any };
        let (bucket_id, object_key) = (self.bucket_id, &self.object_key);
        events::tell(tx, bucket_id, object_key, &version_id, &happened)?;
        Ok(version_id)
    }
}
