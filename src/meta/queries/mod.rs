//! What can be asked, one noun a file. Each adds its questions to
//! [`Reader`](super::engine::Reader).

mod access_keys;
mod agency_keys;
mod approvals;
mod audit;
mod buckets;
mod catalog;
mod events;
mod garbage;
mod grants;
mod inventory;
mod issuers;
mod lifecycle;
mod list;
mod list_objects;
mod list_versions;
mod objects;
mod pieces;
mod revocations;
mod rewrap;
mod roles;
mod trusted_time;
mod uploads;
mod walk;

pub(super) use agency_keys::{AGENCY_KEY, read_agency_key};
pub(super) use approvals::{APPROVAL, read_approval};
pub use events::{DeliveryRecord, EventRecord, WebhookRecord};
pub use inventory::ListedInventory;
pub use inventory::{Details, Included, InventoryQuery, InventoryRow, InventoryRows};
pub use lifecycle::{RowsAfter, VersionRows, WithTags};
pub use list::{ListEntry, ListPage, ListQuery};
pub use list_versions::VersionMarker;
pub use rewrap::{RewrapCandidate, RewrapPage, RewrapPlace};
pub use uploads::UploadMarker;
pub(super) use uploads::{UPLOAD, read_upload};
pub use walk::KeyRange;

use super::engine::Reader;
use super::error::Error;
use rusqlite::{OptionalExtension as _, Params, Row};

impl<S> Reader<'_, S> {
    pub(super) fn first<T>(
        &self,
        sql: &str,
        values: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, Error> {
        let mut statement = self.connection().prepare_cached(sql)?;
        Ok(statement.query_row(values, read).optional()?)
    }

    pub(super) fn all<T>(
        &self,
        sql: &str,
        values: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Error> {
        let mut statement = self.connection().prepare_cached(sql)?;
        let rows = statement.query_map(values, read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
