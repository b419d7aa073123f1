//! Agency keys: made, rotated, retired, destroyed by two people.
//!
//! The index says what the keyring is to hold, in the transaction of the entry that says who asked
//! for it (law 2). Then the keyring is brought to it, and the index remembers that it was. What a
//! crash leaves between the two is done when the agency is next opened, before anything else.

use std::sync::Arc;

use crate::audit::entry::Draft;
use crate::meta::Command;
use crate::meta::OfAgency;
use crate::meta::commands::ChangeAgencyKey;
use crate::meta::commands::CreateAgencyKey;
use crate::meta::commands::KeyChange;
use crate::meta::commands::SettleAgencyKey;
use crate::meta::records::AgencyKeyRecord;
use crate::meta::records::RewrapRecord;
use crate::types::agency_key::AgencyKeyNumber;
use crate::types::agency_key::KeyOrder;
use crate::types::names::AgencyId;
use crate::types::names::KeyName;

use super::Committed;
use super::agencies::Agency;
use super::agencies::Store;
use super::error::Error;
use super::list::beside;

/// An agency key, with what depends on it.
#[derive(Clone, Debug)]
pub struct ListedKey {
    /// What the index knows of it.
    pub record: AgencyKeyRecord,
    /// How far data keys are wrapped anew, if it was rotated.
    pub rewrap: Option<RewrapRecord>,
    /// Versions of objects that it seals; `None` for the default key, which seals all others.
    pub objects: Option<u64>,
}

impl Store {
    /// Makes an agency key; it seals when this returns.
    ///
    /// # Errors
    /// `AgencyKeyExists` of the index; a keyring that cannot be written.
    pub async fn create_agency_key(
        &self,
        agency: &AgencyId,
        name: KeyName,
        draft: &Draft<'_>,
    ) -> Result<Committed<AgencyKeyRecord>, Error> {
        let created = self.0.clock.now();
        let command = CreateAgencyKey { name, created };
        self.change_keyring(agency, command, draft).await
    }

    /// Changes an agency key; in force when this returns.
    ///
    /// # Errors
    /// What the index refuses; a keyring that cannot be written.
    pub async fn change_agency_key(
        &self,
        agency: &AgencyId,
        name: KeyName,
        change: KeyChange,
        draft: &Draft<'_>,
    ) -> Result<Committed<AgencyKeyRecord>, Error> {
        let found = self.agency_of_any_state(agency).await?;
        if matches!(change, KeyChange::ConfirmDestruction { .. }) {
            // The key seals nothing since its destruction was asked for. What was sealed before and
            // is still being committed is told to its client as stored, or refused, before it goes.
            drop(found.sealing_now.write().await);
        }
        let command = ChangeAgencyKey {
            name,
            change,
            // Who destroys a key sets no lock aside.
            release: found.release(),
        };
        self.change_keyring(agency, command, draft).await
    }

    async fn change_keyring<C>(
        &self,
        agency: &AgencyId,
        command: C,
        draft: &Draft<'_>,
    ) -> Result<Committed<AgencyKeyRecord>, Error>
    where
        C: Command<On = OfAgency, Output = AgencyKeyRecord>,
    {
        let agency = self.agency_of_any_state(agency).await?;
        let alone = Arc::clone(&agency.changing_keys).lock_owned().await;
        self.settle_keys(&agency).await?;
        let entry = agency.ledger.entry(draft);
        let store = self.clone();
        // A task of its own: what is committed is brought about even if the caller is gone.
        let changing = tokio::spawn(async move {
            let _alone = alone;
            let mut record = agency.index.commit(command, entry).await?;
            store.settle(&agency, record.order.clone()).await?;
            record.is_settled = true;
            Ok::<_, Error>(record)
        });
        let record = changing.await.map_err(|_| Error::Stopping)??;
        Ok(Committed(record))
    }

    /// Brings the keyring of an agency to what its index wants of it.
    pub(super) async fn settle_keys(&self, agency: &Arc<Agency>) -> Result<(), Error> {
        let keys = agency.index.read(|reader| reader.agency_keys())?;
        for record in keys.into_iter().filter(|record| !record.is_settled) {
            self.settle(agency, record.order).await?;
        }
        Ok(())
    }

    async fn settle(&self, agency: &Arc<Agency>, order: KeyOrder) -> Result<(), Error> {
        let (root_key, settling) = (Arc::clone(&self.0.root_key), Arc::clone(agency));
        let settled = tokio::task::spawn_blocking(move || {
            settling
                .keyring
                .settle(&*root_key, &order)
                .map(|()| order)
                .map_err(Error::Keys)
        });
        let order = settled.await.map_err(|_| Error::Stopping)??;
        let command = SettleAgencyKey { order };
        Ok(agency.index.commit_unrecorded(command).await?)
    }

    /// Every key of an agency, in the order in which they were made.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn agency_keys(&self, agency: &AgencyId) -> Result<Vec<ListedKey>, Error> {
        let agency = self.agency_of_any_state(agency).await?;
        beside(&agency.index, |reader| {
            let mut listed = Vec::new();
            for record in reader.agency_keys()? {
                let number = record.order.number;
                let objects = match number {
                    AgencyKeyNumber::DEFAULT => None,
                    _ => Some(reader.objects_under(number)?),
                };
                let rewrap = reader.rewrap(number)?;
                listed.push(ListedKey {
                    record,
                    rewrap,
                    objects,
                });
            }
            Ok(listed)
        })
        .await
    }
}
