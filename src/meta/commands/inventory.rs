//! Inventory configurations, and how far their reports are.

use super::super::codec::Sql;
use super::super::engine::{Command, Tx};
use super::super::error::{Error, Limited};
use super::super::records::{InventoryProgress, InventoryReport};
use super::super::schema::OfAgency;
use crate::types::clock::Time;
use crate::types::ids::BucketId;
use crate::types::limits;

/// Sets an inventory configuration of a bucket, or removes it. Refused with
/// [`Error::NoSuchBucket`], [`Error::LimitReached`], and [`Error::NoSuchInventory`] for one to be
/// removed that is not there.
#[derive(Clone, Debug)]
pub struct SetInventory {
    /// Which bucket.
    pub bucket_id: BucketId,
    /// The name of the configuration.
    pub name: String,
    /// Its text; without one it is removed.
    pub body: Option<String>,
}

impl Command for SetInventory {
    type On = OfAgency;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let place = (Sql(self.bucket_id), self.name.as_str());
        let Some(body) = &self.body else {
            let sql = "DELETE FROM inventories WHERE bucket_id = ?1 AND name = ?2";
            return match tx.execute(sql, place)? {
                0 => Err(Error::NoSuchInventory),
                _ => Ok(()),
            };
        };
        let found = tx.first(
            "SELECT (SELECT count(*) FROM inventories WHERE bucket_id = ?1 AND name <> ?2)
             FROM buckets WHERE bucket_id = ?1",
            place,
            |row| row.get::<_, i64>(0),
        )?;
        let others = found.ok_or(Error::NoSuchBucket)?;
        if u64::try_from(others).is_ok_and(|others| others >= limits::INVENTORIES_MAX) {
            return Err(Error::LimitReached(Limited::Inventories));
        }
        // A report under way begins anew, and one that failed is tried at once.
        tx.execute(
            "INSERT INTO inventories (bucket_id, name, body, revision) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (bucket_id, name) DO UPDATE SET body = ?3, revision = ?4,
                 tried_ms = CASE WHEN run IS NULL AND failure IS NULL THEN tried_ms END,
                 run = NULL, failure = NULL",
            (
                Sql(self.bucket_id),
                self.name.as_str(),
                body.as_str(),
                tx.next_number(),
            ),
        )?;
        Ok(())
    }
}

/// Remembers how far a report is. Refused with [`Error::NoSuchInventory`] if the configuration was
/// changed or removed meanwhile.
#[derive(Clone, Debug)]
pub struct RecordInventory {
    /// Which bucket.
    pub bucket_id: BucketId,
    /// The name of the configuration.
    pub name: String,
    /// Which of the configurations that had this name.
    pub revision: i64,
    /// When the report was begun.
    pub tried: Time,
    /// How far it is.
    pub progress: InventoryProgress,
}

impl Command for RecordInventory {
    type On = OfAgency;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let place = (
            Sql(self.bucket_id),
            self.name.as_str(),
            self.revision,
            Sql(self.tried),
        );
        let (bucket_id, name, revision, tried) = place;
        let changed = match &self.progress {
            InventoryProgress::UnderWay(run) => tx.execute(
                "UPDATE inventories SET tried_ms = ?4, run = ?5, failure = NULL
                 WHERE bucket_id = ?1 AND name = ?2 AND revision = ?3",
                (bucket_id, name, revision, tried, run.as_str()),
            ),
            InventoryProgress::Written(InventoryReport { at, rows, manifest }) => tx.execute(
                "UPDATE inventories SET tried_ms = ?4, run = NULL, failure = NULL, last_ms = ?5,
                     last_rows = ?6, last_manifest = ?7
                 WHERE bucket_id = ?1 AND name = ?2 AND revision = ?3",
                (
                    bucket_id,
                    name,
                    revision,
                    tried,
                    Sql(*at),
                    Sql(*rows),
                    manifest.as_str(),
                ),
            ),
            InventoryProgress::Failed(why) => tx.execute(
                "UPDATE inventories SET tried_ms = ?4, run = NULL, failure = ?5
                 WHERE bucket_id = ?1 AND name = ?2 AND revision = ?3",
                (bucket_id, name, revision, tried, why.as_str()),
            ),
        };
        match changed? {
            0 => Err(Error::NoSuchInventory),
            _ => Ok(()),
        }
    }
}
