//! The parts of an upload become an object, without a byte or a row being moved.

use super::super::codec::{Sql, column, optional};
use super::super::engine::{Command, Tx};
use super::super::error::Error;
use super::super::records::{NewVersion, Precondition, StoredBody};
use super::super::schema::OfAgency;
use super::super::usage::{self, Change};
use super::super::versions::{Spot, make_garbage};
use super::put_object::PutOutcome;
use super::uploads::{UploadPlace, end};
use crate::access::lock::Release;
use crate::types::checksum::ObjectChecksum;
use crate::types::clock::Time;
use crate::types::etag::Etag;
use crate::types::ids::{BlobId, PartNumber, Sequence, UploadNumber, VersionId};
use crate::types::limits;
use crate::types::lock::Lock;

/// Completes an upload. The caller has read the parts, compared them with what the client names
/// and computed tag and checksum; should a part have been replaced since, its sequence tells.
///
/// Refused with [`Error::NoSuchUpload`], [`Error::InvalidPart`], [`Error::InvalidPartOrder`],
/// [`Error::EntityTooSmall`], [`Error::EntityTooLarge`] and all that `PutObject` is refused with.
#[derive(Clone, Debug)]
pub struct CompleteUpload {
    /// Which.
    pub place: UploadPlace,
    /// The parts that the client names; all others become garbage.
    pub parts: Vec<CompletedPart>,
    /// What must hold of the version that the object replaces.
    pub precondition: Precondition,
    /// The object's version id.
    pub version_id: VersionId,
    /// When.
    pub modified: Time,
    /// The object's entity tag.
    pub etag: Etag,
    /// The object's checksum.
    pub checksum: Option<ObjectChecksum>,
    /// What keeps it.
    pub lock: Lock,
    /// What locks on what it replaces are judged by.
    pub release: Release,
}

/// A part of a completed object.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CompletedPart {
    /// Its number.
    pub number: PartNumber,
    /// The upload of it that the caller read.
    pub sequence: Sequence,
}

/// A part as it stands in the index.
struct Found {
    number: PartNumber,
    sequence: Sequence,
    size_bytes: u64,
    blob_id: Option<BlobId>,
}

/// What is to be done with the parts, once nothing can be refused any more.
#[derive(Default)]
struct Plan {
    /// Where each part begins.
    kept: Vec<(PartNumber, u64)>,
    dropped: Vec<(PartNumber, Option<BlobId>)>,
    dropped_bytes: u64,
    size_bytes: u64,
}

impl Command for CompleteUpload {
    type On = OfAgency;
    type Output = PutOutcome;

    /// A group takes few of these: each may be ten thousand changes.
    fn bytes(&self) -> usize {
        self.parts.len().saturating_mul(256)
    }

    fn apply(&self, tx: &Tx<'_>) -> Result<PutOutcome, Error> {
        let spot = Spot::look(tx, self.place.bucket_id, &self.place.object_key)?;
        let spot = spot.releasing(self.release);
        let upload = self.place.find(tx)?;
        spot.admits(&self.version_id)?;
        self.precondition.check(spot.etag())?;
        let plan = self.plan(found(tx, upload.number)?)?;
        spot.has_room(tx, 0)?;
        let count = u16::try_from(plan.kept.len()).map_err(|_| Error::InvalidPartOrder)?;

        for (number, start_offset) in &plan.kept {
            tx.execute(
                "UPDATE pieces SET start_offset = ?3 WHERE upload_number = ?1 AND part_number = ?2",
                (Sql(upload.number), Sql(*number), Sql(*start_offset)),
            )?;
        }
        for (number, blob_id) in &plan.dropped {
            tx.execute(
                "DELETE FROM pieces WHERE upload_number = ?1 AND part_number = ?2",
                (Sql(upload.number), Sql(*number)),
            )?;
            if let Some(blob_id) = blob_id {
                make_garbage(tx, blob_id, self.modified)?;
            }
        }
        usage::release(tx, self.place.bucket_id, Change::bytes(plan.dropped_bytes))?;
        end(tx, upload.number)?;
        let version = NewVersion {
            version_id: self.version_id,
            modified: self.modified,
            size_bytes: plan.size_bytes,
            etag: self.etag,
            owner: upload.owner,
            metadata: upload.metadata,
            checksum: self.checksum,
            encryption: upload.encryption,
            wrapped_key: Vec::new(),
            lock: self.lock,
            body: StoredBody::Parts {
                upload: upload.number,
                count,
            },
        };
        let sequence = spot.put(tx, &version)?;
        // What tells a completion that is sent again, for as long as its version stands.
        tx.execute(
            "UPDATE details SET upload_id = ?2 WHERE sequence = ?1",
            (Sql(sequence), Sql(&self.place.upload_id)),
        )?;
        Ok(PutOutcome { sequence })
    }
}

impl CompleteUpload {
    /// Matches the parts that are named with those that are there, both ascending.
    fn plan(&self, found: Vec<Found>) -> Result<Plan, Error> {
        let ascending = self.parts.is_sorted_by(|a, b| a.number < b.number);
        if self.parts.is_empty() || !ascending {
            return Err(Error::InvalidPartOrder);
        }
        let mut plan = Plan::default();
        let mut named = self.parts.iter().peekable();
        for piece in found {
            let Some(part) = named.next_if(|part| part.number <= piece.number) else {
                plan.dropped.push((piece.number, piece.blob_id));
                plan.dropped_bytes = plan.dropped_bytes.saturating_add(piece.size_bytes);
                continue;
            };
            if (part.number, part.sequence) != (piece.number, piece.sequence) {
                let number = part.number;
                return Err(Error::InvalidPart { number });
            }
            if named.peek().is_some() && piece.size_bytes < limits::PART_BYTES_MIN {
                return Err(Error::EntityTooSmall {
                    number: piece.number,
                    size_bytes: piece.size_bytes,
                });
            }
            plan.kept.push((piece.number, plan.size_bytes));
            plan.size_bytes = plan.size_bytes.saturating_add(piece.size_bytes);
        }
        if let Some(part) = named.next() {
            let number = part.number;
            return Err(Error::InvalidPart { number });
        }
        if plan.size_bytes > limits::OBJECT_BYTES_MAX {
            return Err(Error::EntityTooLarge);
        }
        Ok(plan)
    }
}

fn found(tx: &Tx<'_>, upload: UploadNumber) -> Result<Vec<Found>, Error> {
    tx.all(
        "SELECT part_number, sequence, size_bytes, blob_id FROM pieces
         WHERE upload_number = ?1 ORDER BY part_number",
        [Sql(upload)],
        |row| {
            Ok(Found {
                number: column(row, 0)?,
                sequence: column(row, 1)?,
                size_bytes: column(row, 2)?,
                blob_id: optional(row, 3)?,
            })
        },
    )
}
