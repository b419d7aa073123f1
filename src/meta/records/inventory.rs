//! Inventory configurations, and how far their reports are.

use crate::types::clock::Time;
use crate::types::ids::BucketId;
use crate::types::names::BucketName;

/// An inventory configuration, and how far its reports are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InventoryRecord {
    /// The bucket that it reports of.
    pub bucket: BucketName,
    /// Its number.
    pub bucket_id: BucketId,
    /// The configuration's name.
    pub name: String,
    /// Its text.
    pub body: String,
    /// Tells it from every other configuration that had the name.
    pub revision: i64,
    /// When the last or present report was begun.
    pub tried: Option<Time>,
    /// How far the present report is, in the form of the room that writes it.
    pub run: Option<String>,
    /// The last report that was written.
    pub last: Option<InventoryReport>,
    /// Why the last report was not written.
    pub failure: Option<String>,
}

/// A report that was written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InventoryReport {
    /// When it was complete.
    pub at: Time,
    /// How many versions and delete markers it lists.
    pub rows: u64,
    /// The key of its manifest.
    pub manifest: String,
}

/// How far a report is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum InventoryProgress {
    /// So far, in the form of the room that writes it.
    UnderWay(String),
    /// It is complete.
    Written(InventoryReport),
    /// It was given up, for this reason.
    Failed(String),
}
