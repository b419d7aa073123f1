//! Inventories: their configurations, and the rows that reports are made of. What a report is, and
//! when one is due, is decided by `jobs`.

use crate::access::permit::Permit;
use crate::audit::entry::Draft;
use crate::meta::commands::RecordInventory;
use crate::meta::commands::SetInventory;
use crate::meta::records::InventoryProgress;
use crate::types::clock::Time;
use crate::types::names::AgencyId;
use crate::types::names::BucketName;
use crate::types::names::KeyName;

use super::Committed;
use super::agencies::Store;
use super::buckets::bucket_of;
use super::error::Error;
use super::list::beside;
use super::recent::Subject;
use super::sealing::Asked;
use super::sealing::AskedKey;

pub use crate::meta::queries::Details;
pub use crate::meta::queries::Included;
pub use crate::meta::queries::InventoryQuery;
pub use crate::meta::queries::InventoryRow;
pub use crate::meta::queries::InventoryRows;
pub use crate::meta::queries::ListedInventory;
pub use crate::meta::queries::RowsAfter;
pub use crate::meta::records::InventoryRecord;

impl Store {
    /// Sets an inventory configuration of a bucket, or removes it.
    ///
    /// # Errors
    /// `NoSuchBucket`, `LimitReached`, `NoSuchInventory` of the index.
    pub async fn set_inventory(
        &self,
        permit: &Permit,
        draft: &Draft<'_>,
        name: &str,
        body: Option<String>,
    ) -> Result<Committed<()>, Error> {
        let agency = self.agency(permit.agency()).await?;
        let bucket = bucket_of(permit)?;
        let subject = Subject::Bucket(bucket.name.clone());
        let command = SetInventory {
            bucket_id: bucket.id,
            name: name.to_owned(),
            body,
        };
        agency.change(&subject, command, draft).await?;
        Ok(Committed(()))
    }

    /// The text of an inventory configuration.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn inventory(&self, permit: &Permit, name: &str) -> Result<Option<String>, Error> {
        let agency = self.agency(permit.agency()).await?;
        let bucket_id = bucket_of(permit)?.id;
        Ok(agency
            .index
            .read(|reader| reader.inventory(bucket_id, name))?)
    }

    /// A page of the inventory configurations of a bucket.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn list_inventories(
        &self,
        permit: &Permit,
        after: &str,
    ) -> Result<ListedInventory, Error> {
        let agency = self.agency(permit.agency()).await?;
        let bucket_id = bucket_of(permit)?.id;
        let after = after.to_owned();
        beside(&agency.index, move |reader| {
            reader.list_inventories(bucket_id, &after)
        })
        .await
    }

    /// A page of all inventory configurations of an agency that is served.
    ///
    /// # Errors
    /// [`Error::AgencySuspended`]; if the index cannot be read.
    pub async fn inventories(
        &self,
        agency: &AgencyId,
        after: Option<(BucketName, String)>,
    ) -> Result<Vec<InventoryRecord>, Error> {
        let agency = self.agency(agency).await?;
        beside(&agency.index, move |reader| {
            reader.inventories(after.as_ref())
        })
        .await
    }

    /// The same of an agency in any state, for those who administer it.
    ///
    /// # Errors
    /// [`Error::NoSuchAgency`], or if the index cannot be read.
    pub async fn inventories_shown(
        &self,
        agency: &AgencyId,
        after: Option<(BucketName, String)>,
    ) -> Result<Vec<InventoryRecord>, Error> {
        let agency = self.agency_of_any_state(agency).await?;
        beside(&agency.index, move |reader| {
            reader.inventories(after.as_ref())
        })
        .await
    }

    /// A page of the rows of a report, at most `limit` and at most `limits::LIST_PAGE_MAX`.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn inventory_rows(
        &self,
        agency: &AgencyId,
        query: &InventoryQuery,
        after: Option<RowsAfter>,
        limit: u32,
    ) -> Result<InventoryRows, Error> {
        let agency = self.agency(agency).await?;
        let query = query.clone();
        beside(&agency.index, move |reader| {
            reader.inventory_rows(&query, after.as_ref(), limit)
        })
        .await
    }

    /// Refuses an agency key that seals nothing: there is none of this name, or it is not active.
    ///
    /// # Errors
    /// `NoSuchAgencyKey` of the index, [`Error::KeyUnavailable`].
    pub async fn ensure_seals(&self, agency: &AgencyId, name: &KeyName) -> Result<(), Error> {
        let agency = self.agency(agency).await?;
        let asked = Asked::Key(AskedKey {
            name: Some(name.clone()),
            context: None,
            bucket_key: false,
        });
        agency.sealing(asked).map(drop)
    }

    /// Remembers how far a report is.
    ///
    /// # Errors
    /// `NoSuchInventory` of the index if the configuration was changed or removed meanwhile.
    pub async fn record_inventory(
        &self,
        agency: &AgencyId,
        inventory: &InventoryRecord,
        tried: Time,
        progress: InventoryProgress,
    ) -> Result<(), Error> {
        let agency = self.agency(agency).await?;
        let command = RecordInventory {
            bucket_id: inventory.bucket_id,
            name: inventory.name.clone(),
            revision: inventory.revision,
            tried,
            progress,
        };
        Ok(agency.index.commit_unrecorded(command).await?)
    }
}
