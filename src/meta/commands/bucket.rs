//! Buckets come, keep versions or not, and go.

use super::super::codec::{Sql, column};
use super::super::engine::{Command, Tx};
use super::super::error::{Error, Limited};
use super::super::events;
use super::super::principals::number_of;
use super::super::records::{BucketDocument, BucketRecord, Documents, Owner, Versioning};
use super::super::schema::OfAgency;
use super::super::usage::{self, Quota};
use crate::types::clock::Time;
use crate::types::events::Trial;
use crate::types::ids::BucketId;
use crate::types::limits;
use crate::types::names::BucketName;

/// Makes a bucket. Refused with [`Error::BucketExists`], [`Error::AliasTaken`] or
/// [`Error::LimitReached`].
#[derive(Clone, Debug)]
pub struct CreateBucket {
    /// Its name.
    pub name: BucketName,
    /// Who makes it.
    pub owner: Owner,
    /// When.
    pub created: Time,
    /// The configurations that it begins with.
    pub documents: Documents,
}

impl Command for CreateBucket {
    type On = OfAgency;
    type Output = BucketRecord;

    fn apply(&self, tx: &Tx<'_>) -> Result<BucketRecord, Error> {
        let taken = tx.first(
            "SELECT p.canonical_id FROM buckets b JOIN principals p ON p.number = b.owner
             WHERE b.name = ?1",
            [Sql(&self.name)],
            |row| column(row, 0),
        )?;
        if let Some(owner) = taken {
            return Err(Error::BucketExists { owner });
        }
        if super::grants::is_alias(tx, &self.name)? {
            return Err(Error::AliasTaken);
        }
        super::bounded(
            tx,
            "SELECT count(*) FROM buckets",
            u64::from(limits::BUCKETS_MAX),
            Limited::Buckets,
        )?;
        let record = BucketRecord {
            id: BucketId(tx.next_number()),
            name: self.name.clone(),
            owner: self.owner.clone(),
            created: self.created,
            versioning: match self.documents.get(BucketDocument::ObjectLock) {
                // What can be locked is kept.
                Some(_) => Versioning::Enabled,
                None => Versioning::Off,
            },
            documents: self.documents.clone(),
        };
        tx.execute(
            "INSERT INTO buckets (bucket_id, name, owner, created_ms, versioning)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            (
                Sql(record.id),
                Sql(&record.name),
                number_of(tx, &record.owner)?,
                Sql(record.created),
                Sql(record.versioning),
            ),
        )?;
        for (kind, body) in record.documents.iter() {
            set_document(tx, record.id, kind, body)?;
        }
        Ok(record)
    }
}

/// Removes an empty bucket; its uploads in progress are aborted. Refused with
/// [`Error::NoSuchBucket`] or [`Error::BucketNotEmpty`].
#[derive(Clone, Copy, Debug)]
pub struct DeleteBucket {
    /// Which.
    pub bucket_id: BucketId,
    /// When.
    pub at: Time,
}

impl Command for DeleteBucket {
    type On = OfAgency;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let filled: Option<bool> = tx.first(
            "SELECT EXISTS (SELECT 1 FROM objects WHERE bucket_id = ?1)
                 OR EXISTS (SELECT 1 FROM versions WHERE bucket_id = ?1)",
            [Sql(self.bucket_id)],
            |row| row.get(0),
        )?;
        if filled == Some(true) {
            return Err(Error::BucketNotEmpty);
        }
        let removed = tx.execute(
            "DELETE FROM buckets WHERE bucket_id = ?1",
            [Sql(self.bucket_id)],
        )?;
        if removed == 0 {
            return Err(Error::NoSuchBucket);
        }
        usage::close(tx, self.bucket_id)?;
        tx.notices().forget(self.bucket_id);
        tx.execute(
            "DELETE FROM bucket_documents WHERE bucket_id = ?1",
            [Sql(self.bucket_id)],
        )?;
        tx.execute(
            "DELETE FROM lifecycle_runs WHERE bucket_id = ?1",
            [Sql(self.bucket_id)],
        )?;
        tx.execute(
            "DELETE FROM inventories WHERE bucket_id = ?1",
            [Sql(self.bucket_id)],
        )?;
        tx.execute(
            "INSERT INTO abandoned (upload_number, since_ms)
             SELECT upload_number, ?2 FROM uploads WHERE bucket_id = ?1",
            (Sql(self.bucket_id), Sql(self.at)),
        )?;
        tx.execute(
            "DELETE FROM uploads WHERE bucket_id = ?1",
            [Sql(self.bucket_id)],
        )?;
        Ok(())
    }
}

/// Sets how much a bucket, or the agency as a whole, may store. Refused with
/// [`Error::NoSuchBucket`].
#[derive(Clone, Debug)]
pub struct SetQuota {
    /// The bucket; `None` for the agency.
    pub bucket: Option<BucketName>,
    /// How much from now on. What is stored already stays, even if it is more.
    pub quota: Quota,
}

impl Command for SetQuota {
    type On = OfAgency;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let Some(name) = &self.bucket else {
            return usage::set_quota(tx, None, self.quota);
        };
        let found = tx.first(
            "SELECT bucket_id FROM buckets WHERE name = ?1",
            [Sql(name)],
            |row| column(row, 0),
        )?;
        let bucket_id = found.ok_or(Error::NoSuchBucket)?;
        usage::set_quota(tx, Some(bucket_id), self.quota)
    }
}

/// Switches versioning on or suspends it. Refused with [`Error::NoSuchBucket`], or
/// [`Error::VersioningChanged`] for [`Versioning::Off`] on a bucket that had it on, or
/// [`Error::Lockable`] for [`Versioning::Suspended`] on one whose versions can be locked.
#[derive(Clone, Copy, Debug)]
pub struct SetVersioning {
    /// Which bucket.
    pub bucket_id: BucketId,
    /// What it is to do from now on.
    pub versioning: Versioning,
}

impl Command for SetVersioning {
    type On = OfAgency;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        match (versioning_of(tx, self.bucket_id)?, self.versioning) {
            (now, wanted) if now == wanted => Ok(()),
            (_, Versioning::Off) => Err(Error::VersioningChanged),
            (_, Versioning::Suspended) if is_lockable(tx, self.bucket_id)? => Err(Error::Lockable),
            (_, wanted) => {
                tx.execute(
                    "UPDATE buckets SET versioning = ?2 WHERE bucket_id = ?1",
                    (Sql(self.bucket_id), Sql(wanted)),
                )?;
                Ok(())
            }
        }
    }
}

/// Sets a configuration of a bucket, or removes it. Refused with [`Error::NoSuchBucket`]; that of
/// locks with [`Error::NotVersioned`] if the bucket does not keep versions, and never removed
/// ([`Error::Lockable`]).
#[derive(Clone, Debug)]
pub struct SetBucketDocument {
    /// Which bucket.
    pub bucket_id: BucketId,
    /// Which configuration.
    pub kind: BucketDocument,
    /// Its text; without one it is removed.
    pub body: Option<String>,
    /// The document by which it was found permissible, with its text then: if that has changed
    /// since, the change is refused with [`Error::DocumentChanged`].
    pub judged_by: Option<(BucketDocument, Option<String>)>,
    /// Whether webhooks that a configuration of notifications names are tried out.
    pub trial: Trial,
}

impl Command for SetBucketDocument {
    type On = OfAgency;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let versioning = versioning_of(tx, self.bucket_id)?;
        if let Some((kind, judged)) = &self.judged_by {
            let now = tx.first(
                "SELECT body FROM bucket_documents WHERE bucket_id = ?1 AND kind = ?2",
                (Sql(self.bucket_id), Sql(*kind)),
                |row| row.get::<_, String>(0),
            )?;
            if now != *judged {
                return Err(Error::DocumentChanged);
            }
        }
        match (self.kind, &self.body) {
            (BucketDocument::ObjectLock, None) => return Err(Error::Lockable),
            (BucketDocument::ObjectLock, Some(_)) if versioning != Versioning::Enabled => {
                return Err(Error::NotVersioned);
            }
            _ => {}
        }
        tx.notices().forget(self.bucket_id);
        match &self.body {
            Some(body) => {
                set_document(tx, self.bucket_id, self.kind, body)?;
                match (self.kind, self.trial) {
                    (BucketDocument::Notification, Trial::Made) => events::test(tx, self.bucket_id),
                    _ => Ok(()),
                }
            }
            None => {
                tx.execute(
                    "DELETE FROM bucket_documents WHERE bucket_id = ?1 AND kind = ?2",
                    (Sql(self.bucket_id), Sql(self.kind)),
                )?;
                Ok(())
            }
        }
    }
}

fn versioning_of(tx: &Tx<'_>, bucket_id: BucketId) -> Result<Versioning, Error> {
    let found = tx.first(
        "SELECT versioning FROM buckets WHERE bucket_id = ?1",
        [Sql(bucket_id)],
        |row| column(row, 0),
    )?;
    found.ok_or(Error::NoSuchBucket)
}

/// Whether a bucket has a configuration of locks, whatever it says.
fn is_lockable(tx: &Tx<'_>, bucket_id: BucketId) -> Result<bool, Error> {
    let found = tx.first(
        "SELECT 1 FROM bucket_documents WHERE bucket_id = ?1 AND kind = ?2",
        (Sql(bucket_id), Sql(BucketDocument::ObjectLock)),
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

fn set_document(
    tx: &Tx<'_>,
    bucket_id: BucketId,
    kind: BucketDocument,
    body: &str,
) -> Result<(), Error> {
    tx.execute(
        "INSERT OR REPLACE INTO bucket_documents (bucket_id, kind, body) VALUES (?1, ?2, ?3)",
        (Sql(bucket_id), Sql(kind), body),
    )?;
    Ok(())
}
