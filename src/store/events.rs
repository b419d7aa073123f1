//! Events of an agency: asked for one after another, and delivered to its webhooks.

use std::sync::Arc;

use crate::access::consent::Consent;
use crate::audit::entry::Draft;
use crate::crypto::random;
use crate::crypto::small;
use crate::meta::commands::DeleteWebhook;
use crate::meta::commands::RecordDelivery;
use crate::meta::commands::ReplayDeliveries;
use crate::meta::commands::SetWebhook;
use crate::meta::commands::TrimEvents;
use crate::types::clock::Time;
use crate::types::encoding;
use crate::types::names::AgencyId;
use crate::types::secret::SecretText;

use super::Committed;
use super::agencies::Agency;
use super::agencies::Store;
use super::error::Error;
use super::list::beside;

pub use crate::meta::commands::Tried;
pub use crate::meta::events::EventBody;
pub use crate::meta::queries::DeliveryRecord;
pub use crate::meta::queries::EventRecord;

/// Deliveries of one step.
const STEP: u32 = 64;
/// Events that one step forgets.
const TRIM_STEP: u32 = 1_000;

/// A webhook, without its secret.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// When it was made.
    pub created: Time,
}

/// A webhook as whoever tells it something needs it.
pub struct Signer {
    /// Where it is.
    pub url: String,
    /// The key that signs what it is told.
    pub key: Vec<u8>,
}

impl Store {
    /// Makes a webhook, or gives one another address and a new secret, which is seen once: the form
    /// of Standard Webhooks, `whsec_` and base64 of 32 bytes.
    ///
    /// # Errors
    /// [`Error::NoSuchAgency`], `LimitReached` of the index.
    pub async fn set_webhook(
        &self,
        consent: &Consent,
        name: &str,
        url: &str,
        draft: &Draft<'_>,
    ) -> Result<Committed<SecretText>, Error> {
        let agency = self.agency_of_any_state(consent.agency()).await?;
        let key = random::bytes::<32>();
        let command = SetWebhook {
            name: name.to_owned(),
            url: url.to_owned(),
            sealed_secret: small::seal(agency.keyring.secrets_key(), &bound(name), &key),
            created: self.0.clock.now(),
        };
        agency
            .index
            .commit(command, agency.ledger.entry(draft))
            .await?;
        let secret = format!("whsec_{}", encoding::base64(&key));
        Ok(Committed(SecretText::new(secret)))
    }

    /// Removes a webhook and what it was still to be told.
    ///
    /// # Errors
    /// [`Error::NoSuchAgency`], `NoSuchWebhook` of the index.
    pub async fn delete_webhook(
        &self,
        agency: &AgencyId,
        name: &str,
        draft: &Draft<'_>,
    ) -> Result<Committed<()>, Error> {
        let agency = self.agency_of_any_state(agency).await?;
        let command = DeleteWebhook {
            name: name.to_owned(),
        };
        agency
            .index
            .commit(command, agency.ledger.entry(draft))
            .await?;
        Ok(Committed(()))
    }

    /// Every webhook of an agency.
    ///
    /// # Errors
    /// [`Error::NoSuchAgency`], or if the index cannot be read.
    pub async fn webhooks(&self, agency: &AgencyId) -> Result<Vec<Webhook>, Error> {
        let agency = self.agency_of_any_state(agency).await?;
        let records = agency.index.read(|reader| reader.webhooks())?;
        let webhooks = records.into_iter().map(|record| Webhook {
            name: record.name,
            url: record.url,
            created: record.created,
        });
        Ok(webhooks.collect())
    }

    /// What telling a webhook something needs; `None` if it is gone.
    ///
    /// # Errors
    /// If the index cannot be read; [`Error::Damaged`].
    pub async fn signer(&self, agency: &AgencyId, name: &str) -> Result<Option<Signer>, Error> {
        let agency = self.agency(agency).await?;
        let Some(record) = agency.index.read(|reader| reader.webhook(name))? else {
            return Ok(None);
        };
        let sealing_key = agency.keyring.secrets_key();
        let key = small::open(sealing_key, &bound(name), &record.sealed_secret);
        Ok(Some(Signer {
            url: record.url,
            key: key.map_err(|_| Error::Damaged)?.to_vec(),
        }))
    }

    /// Events after a sequence, in their order.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn events(
        &self,
        agency: &AgencyId,
        after: i64,
        limit: u32,
    ) -> Result<Vec<EventRecord>, Error> {
        let agency = self.agency_of_any_state(agency).await?;
        beside(&agency.index, move |reader| reader.events(after, limit)).await
    }

    /// A step of deliveries that are due.
    ///
    /// # Errors
    /// [`Error::AgencySuspended`]; if the index cannot be read.
    pub async fn deliveries_due(&self, agency: &AgencyId) -> Result<Vec<DeliveryRecord>, Error> {
        let (agency, now) = (self.agency(agency).await?, self.0.clock.now());
        beside(&agency.index, move |reader| {
            reader.deliveries_due(now, STEP)
        })
        .await
    }

    /// Deliveries that failed at least once.
    ///
    /// # Errors
    /// [`Error::NoSuchAgency`], or if the index cannot be read.
    pub async fn deliveries_failed(
        &self,
        agency: &AgencyId,
        limit: u32,
    ) -> Result<Vec<DeliveryRecord>, Error> {
        let agency = self.agency_of_any_state(agency).await?;
        beside(&agency.index, move |reader| reader.deliveries_failed(limit)).await
    }

    /// Remembers how a try to deliver ended.
    ///
    /// # Errors
    /// If the index fails.
    pub async fn record_delivery(
        &self,
        agency: &AgencyId,
        delivery: &DeliveryRecord,
        tried: Tried,
    ) -> Result<(), Error> {
        let agency = self.agency(agency).await?;
        let command = RecordDelivery {
            webhook: delivery.webhook.clone(),
            sequence: delivery.event.sequence,
            tried,
        };
        Ok(agency.index.commit_unrecorded(command).await?)
    }

    /// Has dead deliveries tried again, of one webhook or of all; gives how many.
    ///
    /// # Errors
    /// [`Error::NoSuchAgency`], or if the index fails.
    pub async fn replay_deliveries(
        &self,
        agency: &AgencyId,
        webhook: Option<String>,
        draft: &Draft<'_>,
    ) -> Result<Committed<usize>, Error> {
        let agency = self.agency_of_any_state(agency).await?;
        let command = ReplayDeliveries {
            webhook,
            at: self.0.clock.now(),
        };
        let replayed = agency
            .index
            .commit(command, agency.ledger.entry(draft))
            .await?;
        Ok(Committed(replayed))
    }

    /// Forgets a step of events that came before a moment or are too many; gives how many.
    ///
    /// # Errors
    /// If the index fails.
    pub async fn trim_events(
        &self,
        agency: &AgencyId,
        before: Time,
        keep_max: u64,
    ) -> Result<usize, Error> {
        let agency: Arc<Agency> = self.agency(agency).await?;
        let command = TrimEvents {
            before,
            keep_max,
            step: TRIM_STEP,
        };
        Ok(agency.index.commit_unrecorded(command).await?)
    }
}

/// What the sealed secret of a webhook is bound to.
fn bound(name: &str) -> Vec<u8> {
    [b"acervo.webhook/v1\0", name.as_bytes()].concat()
}
