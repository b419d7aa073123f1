//! How far the walks of lifecycle over the buckets are.

use super::super::codec::Sql;
use super::super::engine::{Command, Tx};
use super::super::error::Error;
use super::super::records::LifecycleRun;
use super::super::schema::OfAgency;
use crate::types::ids::BucketId;

/// Remembers how far the walk over a bucket is. Refused with [`Error::NoSuchBucket`].
#[derive(Clone, Debug)]
pub struct RecordLifecycle {
    /// Which bucket.
    pub bucket_id: BucketId,
    /// The walk.
    pub run: LifecycleRun,
}

impl Command for RecordLifecycle {
    type On = OfAgency;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let bucket = tx.first(
            "SELECT 1 FROM buckets WHERE bucket_id = ?1",
            [Sql(self.bucket_id)],
            |_| Ok(()),
        )?;
        bucket.ok_or(Error::NoSuchBucket)?;
        let run = &self.run;
        tx.execute(
            "INSERT OR REPLACE INTO lifecycle_runs (bucket_id, started_ms, finished_ms, cursor,
                 examined, removed, kept) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            (
                Sql(self.bucket_id),
                Sql(run.started),
                run.finished.map(Sql),
                run.cursor.as_deref(),
                Sql(run.examined),
                Sql(run.removed),
                Sql(run.kept),
            ),
        )?;
        Ok(())
    }
}
