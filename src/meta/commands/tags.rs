//! The tags and the access control list of a version change; nothing else of it does.

use super::super::codec::{self, Sql, column};
use super::super::engine::{Command, Tx};
use super::super::error::Error;
use super::super::events::{self, Happened};
use super::super::records::ObjectMetadata;
use super::super::schema::OfAgency;
use crate::access::acl::Acl;
use crate::types::ids::{BucketId, CanonicalId, Sequence, VersionId};
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
        let (bucket_id, object_key) = (self.bucket_id, &self.object_key);
        let change =
            |metadata: &mut ObjectMetadata, _: CanonicalId| metadata.tags = self.tags.clone();
        let (version_id, ()) = change_metadata(tx, bucket_id, object_key, self.version_id, change)?;
        let any = !self.tags.is_empty();
        events::tell(
            tx,
            bucket_id,
            object_key,
            &version_id,
            &Happened::Tagged { any },
        )?;
        Ok(version_id)
    }
}

/// Puts this access control list in the place of the one that a version has. Refused with
/// [`Error::NoSuchObject`].
#[derive(Clone, Debug)]
pub struct SetAcl {
    /// Where.
    pub bucket_id: BucketId,
    /// Of which key.
    pub object_key: ObjectKey,
    /// Of which version; `None` for the current one.
    pub version_id: Option<VersionId>,
    /// Which.
    pub acl: Acl,
}

impl Command for SetAcl {
    type On = OfAgency;
    /// The version whose list this is now.
    type Output = VersionId;

    fn apply(&self, tx: &Tx<'_>) -> Result<VersionId, Error> {
        let (bucket_id, object_key) = (self.bucket_id, &self.object_key);
        let change = |metadata: &mut ObjectMetadata, owner: CanonicalId| {
            let before = metadata.acl.replace(self.acl.clone());
            before.unwrap_or_else(|| Acl::of_owner(owner)) != self.acl
        };
        let (version_id, has_changed) =
            change_metadata(tx, bucket_id, object_key, self.version_id, change)?;
        // Source: AWS S3 User Guide, "Supported event types": none for a list that stays as it was.
        if has_changed {
            events::tell(tx, bucket_id, object_key, &version_id, &Happened::Listed)?;
        }
        Ok(version_id)
    }
}

/// Changes what may change of a stored version; `change` is given its owner too. Tells which
/// version it was, and what `change` gave.
fn change_metadata<T>(
    tx: &Tx<'_>,
    bucket_id: BucketId,
    object_key: &ObjectKey,
    version_id: Option<VersionId>,
    change: impl FnOnce(&mut ObjectMetadata, CanonicalId) -> T,
) -> Result<(VersionId, T), Error> {
    let found = tx.first(
        "SELECT o.sequence, o.version_id, p.canonical_id, d.content_type, d.metadata
         FROM objects o JOIN details d ON d.sequence = o.sequence
             JOIN principals p ON p.number = o.owner
         WHERE o.bucket_id = ?1 AND o.object_key = ?2 AND coalesce(o.version_id = ?3, 1)
         UNION ALL
         SELECT o.sequence, o.version_id, p.canonical_id, d.content_type, d.metadata
         FROM versions o JOIN details d ON d.sequence = o.sequence
             JOIN principals p ON p.number = o.owner
         WHERE o.bucket_id = ?1 AND o.object_key = ?2 AND o.version_id = ?3",
        (
            Sql(bucket_id),
            Sql(object_key),
            version_id.as_ref().map(Sql),
        ),
        |row| {
            let sequence: Sequence = column(row, 0)?;
            let version_id: VersionId = column(row, 1)?;
            let owner: CanonicalId = column(row, 2)?;
            Ok((sequence, version_id, owner, codec::metadata(row, 3)?))
        },
    )?;
    let (sequence, version_id, owner, mut metadata) = found.ok_or(Error::NoSuchObject)?;
    let changed = change(&mut metadata, owner);
    tx.execute(
        "UPDATE details SET metadata = ?2 WHERE sequence = ?1",
        (Sql(sequence), codec::metadata_text(&metadata)),
    )?;
    Ok((version_id, changed))
}
