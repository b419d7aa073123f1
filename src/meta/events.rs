//! The outbox: what happened to objects of buckets that want it told, written in the transaction of
//! the change.
//!
//! ```text
//! events      sequence → what happened, as JSON, until whoever pulls had the time to
//! deliveries  one row for each webhook that is still to be told: due, or dead after too many tries
//! ```
//!
//! A bucket whose configuration says nothing costs one look into a map. The writer keeps the
//! configurations that it has read.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::codec::{Sql, column};
use super::engine::Tx;
use super::error::Error;
use super::records::BucketDocument;
use crate::types::clock::Time;
use crate::types::etag::Etag;
use crate::types::events::{EventKind, Notification, TEST_EVENT};
use crate::types::ids::{BucketId, VersionId};
use crate::types::names::{BucketName, ObjectKey, PrincipalName};

/// Whose change it is: what an event tells of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Origin {
    /// When the request came.
    pub at: Time,
    /// The name of the action.
    pub action: Box<str>,
    /// Who asked.
    pub principal: Box<str>,
    /// The address it came from.
    pub remote: Box<str>,
    /// The request.
    pub request_id: Box<str>,
}

/// What the outbox keeps of an event: the shape of the column `body`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct EventBody {
    /// The event's name.
    pub name: String,
    /// Who did it.
    pub principal: String,
    /// From where.
    pub remote: String,
    /// By which request.
    pub request_id: String,
    /// In which bucket.
    pub bucket: String,
    /// Whose it is.
    pub owner: String,
    /// To which object.
    pub object_key: String,
    /// Its bytes, if it is one.
    pub size_bytes: Option<u64>,
    /// Its entity tag, without quotes.
    pub etag: Option<String>,
    /// Its version, if the bucket keeps versions.
    pub version_id: Option<String>,
    /// By which part of the bucket's configuration; none if all events are kept.
    pub configuration_id: Option<String>,
}

/// What a change did to an object.
pub(super) enum Happened<'a> {
    /// It was stored.
    Created { size_bytes: u64, etag: &'a Etag },
    /// A version or a delete marker is gone.
    Removed,
    /// A delete marker was made.
    Marked,
    /// Its tags changed; whether it has any now.
    Tagged { any: bool },
    /// Its access control list changed.
    Listed,
}

impl Happened<'_> {
    fn kind(&self, action: &str) -> EventKind {
        let expires = action.starts_with("Lifecycle");
        match (self, action) {
            (Self::Created { .. }, "CopyObject") => EventKind::CreatedCopy,
            (Self::Created { .. }, "PostObject") => EventKind::CreatedPost,
            (Self::Created { .. }, "CompleteMultipartUpload") => EventKind::CreatedComplete,
            (Self::Created { .. }, _) => EventKind::CreatedPut,
            (Self::Removed, _) if expires => EventKind::ExpirationDelete,
            (Self::Removed, _) => EventKind::RemovedDelete,
            (Self::Marked, _) if expires => EventKind::ExpirationMarker,
            (Self::Marked, _) => EventKind::RemovedMarker,
            (Self::Tagged { any: true }, _) => EventKind::TaggingPut,
            (Self::Tagged { any: false }, _) => EventKind::TaggingDelete,
            (Self::Listed, _) => EventKind::AclPut,
        }
    }
}

/// What the writer knows of the buckets that it has changed.
#[derive(Default)]
pub(super) struct Notices(HashMap<BucketId, Option<Arc<Notice>>>);

struct Notice {
    bucket: BucketName,
    owner: PrincipalName,
    notification: Notification,
}

impl Notices {
    fn of(&mut self, tx: &Tx<'_>, bucket_id: BucketId) -> Result<Option<Arc<Notice>>, Error> {
        match self.0.entry(bucket_id) {
            Entry::Occupied(known) => Ok(known.get().clone()),
            Entry::Vacant(unknown) => {
                let found = tx.first(
                    "SELECT d.body, b.name, p.name FROM bucket_documents d
                     JOIN buckets b ON b.bucket_id = d.bucket_id
                     JOIN principals p ON p.number = b.owner
                     WHERE d.bucket_id = ?1 AND d.kind = ?2",
                    (Sql(bucket_id), Sql(BucketDocument::Notification)),
                    |row| {
                        let body: String = row.get(0)?;
                        Ok((body, column(row, 1)?, column(row, 2)?))
                    },
                )?;
                let notice = found.map(|(body, bucket, owner)| {
                    // What cannot be read is told to nobody, and nothing of it is lost.
                    let notification = Notification::parse(&body).unwrap_or(Notification {
                        shape: 1,
                        targets: Vec::new(),
                        keeps_all: true,
                    });
                    Arc::new(Notice {
                        bucket,
                        owner,
                        notification,
                    })
                });
                Ok(unknown.insert(notice).clone())
            }
        }
    }

    /// The bucket's configuration is about to change, or the bucket to go.
    pub(super) fn forget(&mut self, bucket_id: BucketId) {
        self.0.remove(&bucket_id);
    }
}

/// Writes what happened, if the bucket wants it told.
pub(super) fn tell(
    tx: &Tx<'_>,
    bucket_id: BucketId,
    object_key: &ObjectKey,
    version_id: &VersionId,
    happened: &Happened<'_>,
) -> Result<(), Error> {
    let Some(notice) = tx.notices().of(tx, bucket_id)? else {
        return Ok(());
    };
    let Some(origin) = tx.origin() else {
        return Ok(());
    };
    let kind = happened.kind(&origin.action);
    let notification = &notice.notification;
    let mut targets = notification.targets.iter();
    // Targets do not overlap: at most one wants an event.
    let target = targets.find(|target| target.wants(kind, object_key.as_str()));
    if target.is_none() && !notification.keeps_all {
        return Ok(());
    }
    let (size_bytes, etag) = match happened {
        Happened::Created { size_bytes, etag } => (Some(*size_bytes), Some(etag.to_string())),
        Happened::Removed | Happened::Marked | Happened::Tagged { .. } | Happened::Listed => {
            (None, None)
        }
    };
    let body = EventBody {
        name: kind.name().to_owned(),
        principal: origin.principal.to_string(),
        remote: origin.remote.to_string(),
        request_id: origin.request_id.to_string(),
        bucket: notice.bucket.as_str().to_owned(),
        owner: notice.owner.as_str().to_owned(),
        object_key: object_key.as_str().to_owned(),
        size_bytes,
        etag: etag.map(|etag| etag.trim_matches('"').to_owned()),
        version_id: match version_id {
            VersionId::Null => None,
            VersionId::Id(_) => Some(version_id.to_string()),
        },
        configuration_id: target.map(|target| target.id.clone()),
    };
    write(tx, &origin, &body, target.map(|target| &*target.webhook))
}

/// Tells each webhook that a bucket's configuration names that it does, as S3 does when one is set.
/// Who pulls is told nothing: there is nobody to be tried out.
pub(super) fn test(tx: &Tx<'_>, bucket_id: BucketId) -> Result<(), Error> {
    let Some(notice) = tx.notices().of(tx, bucket_id)? else {
        return Ok(());
    };
    let Some(origin) = tx.origin() else {
        return Ok(());
    };
    let targets = notice.notification.targets.iter();
    let webhooks: BTreeSet<&str> = targets.map(|target| &*target.webhook).collect();
    for webhook in webhooks {
        let body = EventBody {
            name: TEST_EVENT.to_owned(),
            principal: origin.principal.to_string(),
            remote: origin.remote.to_string(),
            request_id: origin.request_id.to_string(),
            bucket: notice.bucket.as_str().to_owned(),
            owner: notice.owner.as_str().to_owned(),
            object_key: String::new(),
            size_bytes: None,
            etag: None,
            version_id: None,
            configuration_id: None,
        };
        write(tx, &origin, &body, Some(webhook))?;
    }
    Ok(())
}

/// Adds an event, and the webhook that is to be told of it.
fn write(
    tx: &Tx<'_>,
    origin: &Origin,
    body: &EventBody,
    webhook: Option<&str>,
) -> Result<(), Error> {
    let sequence = tx.next_number();
    let body = serde_json::to_string(body).expect("a struct of text has a JSON form");
    tx.execute(
        "INSERT INTO events (sequence, at_ms, body) VALUES (?1, ?2, ?3)",
        (sequence, Sql(origin.at), body),
    )?;
    if let Some(webhook) = webhook {
        tx.execute(
            "INSERT INTO deliveries (webhook, sequence, due_ms, attempts) VALUES (?1, ?2, ?3, 0)",
            (webhook, sequence, Sql(origin.at)),
        )?;
    }
    Ok(())
}
