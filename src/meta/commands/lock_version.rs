//! What keeps a version changes.

use super::super::engine::{Command, Tx};
use super::super::error::Error;
use super::super::schema::OfAgency;
use super::super::versions::Spot;
use crate::access::lock::Release;
use crate::types::ids::{BucketId, VersionId};
use crate::types::lock::{LegalHold, Lock, Retention};
use crate::types::names::ObjectKey;

/// Changes what keeps a version. Refused with [`Error::NoSuchBucket`], [`Error::NoSuchObject`], or
/// [`Error::Locked`] for a retention that may not become this one.
#[derive(Clone, Debug)]
pub struct LockVersion {
    /// Where.
    pub bucket_id: BucketId,
    /// Under which key.
    pub object_key: ObjectKey,
    /// Which.
    pub version_id: VersionId,
    /// How.
    pub change: LockChange,
    /// What its retention is judged by.
    pub release: Release,
}

/// What of a lock changes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LockChange {
    /// The retention becomes this, or none.
    Retention(Option<Retention>),
    /// The legal hold becomes this.
    LegalHold(LegalHold),
}

impl Command for LockVersion {
    type On = OfAgency;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let spot = Spot::look(tx, self.bucket_id, &self.object_key)?;
        spot.relock(tx, &self.version_id, |lock| match self.change {
            LockChange::Retention(retention) => {
                self.release.may_retain(&lock, retention)?;
                Ok(Lock { retention, ..lock })
            }
            LockChange::LegalHold(hold) => Ok(Lock {
                legal_hold: Some(hold),
                ..lock
            }),
        })
    }
}
