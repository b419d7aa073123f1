//! Multipart uploads begin, get their parts, and are given up.

use super::super::codec::{self, Sql, column, optional};
use super::super::engine::{Command, Tx};
use super::super::error::{Error, Limited};
use super::super::principals::number_of;
use super::super::queries::{UPLOAD, read_upload};
use super::super::records::{Encryption, ObjectMetadata, Owner, StoredPiece, UploadRecord};
use super::super::schema::OfAgency;
use super::super::usage::{self, Change};
use super::super::versions::{abandon, make_garbage};
use crate::types::checksum::{ChecksumAlgorithm, ChecksumType, ChecksumValue, ObjectChecksum};
use crate::types::clock::Time;
use crate::types::ids::{BlobId, BucketId, PartNumber, Sequence, UploadId, UploadNumber};
use crate::types::limits;
use crate::types::lock::Lock;
use crate::types::names::ObjectKey;

/// An upload, as every request about it names it.
#[derive(Clone, Debug)]
pub struct UploadPlace {
    /// Where its object will be.
    pub bucket_id: BucketId,
    /// Under which key.
    pub object_key: ObjectKey,
    /// Its id.
    pub upload_id: UploadId,
}

impl UploadPlace {
    /// The upload in progress.
    pub(super) fn find(&self, tx: &Tx<'_>) -> Result<UploadRecord, Error> {
        tx.first(
            UPLOAD,
            (
                Sql(self.bucket_id),
                Sql(&self.object_key),
                Sql(&self.upload_id),
            ),
            read_upload,
        )?
        .ok_or(Error::NoSuchUpload)
    }
}

/// Begins an upload. Refused with [`Error::NoSuchBucket`] or [`Error::LimitReached`].
#[derive(Clone, Debug)]
pub struct CreateUpload {
    /// Its names.
    pub place: UploadPlace,
    /// Who begins it, and will own the object.
    pub owner: Owner,
    /// When.
    pub initiated: Time,
    /// What the client tells about the document.
    pub metadata: ObjectMetadata,
    /// The checksum that the client announces.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
    /// How its parts are sealed.
    pub encryption: Encryption,
    /// What will keep its object.
    pub lock: Lock,
}

impl Command for CreateUpload {
    type On = OfAgency;
    type Output = UploadNumber;

    fn apply(&self, tx: &Tx<'_>) -> Result<UploadNumber, Error> {
        let bucket = tx.first(
            "SELECT 1 FROM buckets WHERE bucket_id = ?1",
            [Sql(self.place.bucket_id)],
            |_| Ok(()),
        )?;
        bucket.ok_or(Error::NoSuchBucket)?;
        super::bounded(
            tx,
            "SELECT count(*) FROM uploads",
            limits::UPLOADS_MAX,
            Limited::Uploads,
        )?;
        let number = UploadNumber(tx.next_number());
        tx.execute(
            "INSERT INTO uploads (upload_number, upload_id, bucket_id, object_key, owner,
                 initiated_ms, content_type, metadata, checksum_kind, encryption, lock)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            (
                Sql(number),
                Sql(&self.place.upload_id),
                Sql(self.place.bucket_id),
                Sql(&self.place.object_key),
                number_of(tx, &self.owner)?,
                Sql(self.initiated),
                self.metadata.content_type.as_str(),
                codec::metadata_text(&self.metadata),
                self.checksum.map(Sql),
                codec::encryption_text(&self.encryption),
                codec::lock_bytes(&self.lock),
            ),
        )?;
        Ok(number)
    }
}

/// Stores a part, in place of an earlier one with its number. Refused with
/// [`Error::NoSuchUpload`] or [`Error::QuotaExceeded`].
#[derive(Clone, Debug)]
pub struct PutPart {
    /// Of which upload.
    pub place: UploadPlace,
    /// Its number.
    pub number: PartNumber,
    /// Its bytes.
    pub size_bytes: u64,
    /// MD5 of its bytes: its entity tag.
    pub md5: [u8; 16],
    /// When it is stored.
    pub modified: Time,
    /// Its checksum.
    pub checksum: Option<ChecksumValue>,
    /// Its data key, wrapped.
    pub wrapped_key: Vec<u8>,
    /// Its sealed bytes.
    pub body: StoredPiece,
}

impl Command for PutPart {
    type On = OfAgency;
    type Output = ();

    fn bytes(&self) -> usize {
        match &self.body {
            StoredPiece::Inline(sealed) => sealed.len(),
            StoredPiece::Blob(_) => 0,
        }
    }

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let upload = self.place.find(tx)?;
        let earlier = tx.first(
            "SELECT size_bytes, blob_id FROM pieces WHERE upload_number = ?1 AND part_number = ?2",
            (Sql(upload.number), Sql(self.number)),
            |row| Ok((column(row, 0)?, optional::<BlobId>(row, 1)?)),
        )?;
        let replaced = earlier.map_or(0, |(size_bytes, _)| size_bytes);
        let change = Change::bytes(self.size_bytes).less(Change::bytes(replaced));
        usage::admits(tx, self.place.bucket_id, change)?;
        usage::charge(tx, self.place.bucket_id, change)?;
        if let Some((_, blob_id)) = earlier {
            tx.execute(
                "DELETE FROM pieces WHERE upload_number = ?1 AND part_number = ?2",
                (Sql(upload.number), Sql(self.number)),
            )?;
            if let Some(blob_id) = blob_id {
                make_garbage(tx, &blob_id, self.modified)?;
            }
        }
        let (blob_id, inline) = match &self.body {
            StoredPiece::Inline(sealed) => (None, Some(sealed.as_ref())),
            StoredPiece::Blob(id) => (Some(Sql(id)), None),
        };
        let checksum = self.checksum.map(ObjectChecksum::of_content);
        tx.execute(
            "INSERT INTO pieces (upload_number, part_number, sequence, size_bytes, md5,
                 modified_ms, checksum, wrapped_key, blob_id, inline_body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            (
                Sql(upload.number),
                Sql(self.number),
                Sql(Sequence(tx.next_number())),
                Sql(self.size_bytes),
                self.md5.as_slice(),
                Sql(self.modified),
                checksum.as_ref().map(codec::checksum_bytes),
                self.wrapped_key.as_slice(),
                blob_id,
                inline,
            ),
        )?;
        Ok(())
    }
}

/// Gives an upload up; its parts become garbage. Refused with [`Error::NoSuchUpload`].
#[derive(Clone, Debug)]
pub struct AbortUpload {
    /// Which.
    pub place: UploadPlace,
    /// When.
    pub at: Time,
}

impl Command for AbortUpload {
    type On = OfAgency;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let upload = self.place.find(tx)?;
        let bytes = tx.first(
            "SELECT coalesce(sum(size_bytes), 0) FROM pieces WHERE upload_number = ?1",
            [Sql(upload.number)],
            |row| column(row, 0),
        )?;
        let bytes = Change::bytes(bytes.unwrap_or(0));
        usage::release(tx, self.place.bucket_id, bytes)?;
        end(tx, upload.number)?;
        abandon(tx, upload.number, self.at)
    }
}

/// The upload is in progress no more.
pub(super) fn end(tx: &Tx<'_>, number: UploadNumber) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM uploads WHERE upload_number = ?1",
        [Sql(number)],
    )?;
    Ok(())
}

/// Makes garbage of the parts of abandoned uploads, a bounded step at a time. Sweeps repeat it
/// until nothing is left.
#[derive(Clone, Copy, Debug)]
pub struct CollectAbandoned {
    /// Only of uploads that were abandoned before this moment: somebody may still read the object
    /// that had their parts.
    pub before: Time,
    /// Parts at most.
    pub pieces_max: u32,
}

/// Whether a bounded step left something to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Progress {
    /// It did.
    More,
    /// It did not.
    Done,
}

impl Command for CollectAbandoned {
    type On = OfAgency;
    type Output = Progress;

    fn apply(&self, tx: &Tx<'_>) -> Result<Progress, Error> {
        let mut left = self.pieces_max;
        while left > 0 {
            let oldest = tx.first(
                "SELECT upload_number, since_ms FROM abandoned WHERE since_ms < ?1
                 ORDER BY since_ms, upload_number LIMIT 1",
                [Sql(self.before)],
                |row| Ok((column::<UploadNumber>(row, 0)?, column::<Time>(row, 1)?)),
            )?;
            let Some((number, since)) = oldest else {
                return Ok(Progress::Done);
            };
            let piece = tx.first(
                "DELETE FROM pieces WHERE (upload_number, part_number) IN (
                     SELECT upload_number, part_number FROM pieces WHERE upload_number = ?1 LIMIT 1
                 ) RETURNING blob_id",
                [Sql(number)],
                |row| optional::<BlobId>(row, 0),
            )?;
            match piece {
                Some(Some(blob_id)) => make_garbage(tx, &blob_id, since)?,
                Some(None) => {}
                None => {
                    tx.execute(
                        "DELETE FROM abandoned WHERE upload_number = ?1",
                        [Sql(number)],
                    )?;
                }
            }
            left -= 1;
        }
        Ok(Progress::More)
    }
}

/// Forgets blobs that were swept. Those that are no garbage are left alone.
#[derive(Clone, Debug)]
pub struct ForgetGarbage {
    /// Which.
    pub blob_ids: Vec<BlobId>,
}

impl Command for ForgetGarbage {
    type On = OfAgency;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        for blob_id in &self.blob_ids {
            tx.execute("DELETE FROM garbage WHERE blob_id = ?1", [Sql(blob_id)])?;
        }
        Ok(())
    }
}
