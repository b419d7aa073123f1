//! Webhooks, and how far their deliveries are.

use super::super::codec::Sql;
use super::super::engine::{Command, Tx};
use super::super::error::{Error, Limited};
use super::super::schema::OfAgency;
use crate::types::clock::Time;
use crate::types::limits;

/// Makes a webhook, or gives one another address and secret. Refused with
/// [`Error::LimitReached`].
#[derive(Clone, Debug)]
pub struct SetWebhook {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// The secret that signs what it is told, sealed.
    pub sealed_secret: Vec<u8>,
    /// When.
    pub created: Time,
}

impl Command for SetWebhook {
    type On = OfAgency;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        super::bounded(
            tx,
            "SELECT count(*) FROM webhooks",
            limits::WEBHOOKS_MAX,
            Limited::Webhooks,
        )?;
        tx.execute(
            "INSERT OR REPLACE INTO webhooks (name, url, sealed_secret, created_ms)
             VALUES (?1, ?2, ?3, ?4)",
            (
                self.name.as_str(),
                self.url.as_str(),
                self.sealed_secret.as_slice(),
                Sql(self.created),
            ),
        )?;
        Ok(())
    }
}

/// Removes a webhook and what it was still to be told. Refused with [`Error::NoSuchWebhook`].
#[derive(Clone, Debug)]
pub struct DeleteWebhook {
    /// Its name.
    pub name: String,
}

impl Command for DeleteWebhook {
    type On = OfAgency;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let name = self.name.as_str();
        if tx.execute("DELETE FROM webhooks WHERE name = ?1", [name])? == 0 {
            return Err(Error::NoSuchWebhook);
        }
        tx.execute("DELETE FROM deliveries WHERE webhook = ?1", [name])?;
        Ok(())
    }
}

/// How a try to deliver ended.
#[derive(Clone, Debug)]
pub enum Tried {
    /// The webhook took it.
    Delivered,
    /// It did not; the next try is at this moment, or there is none.
    Failed {
        /// When to try again; `None` for never, unless somebody asks.
        due: Option<Time>,
        /// Why, in a few words.
        error: String,
    },
}

/// Remembers how a try to deliver ended.
#[derive(Clone, Debug)]
pub struct RecordDelivery {
    /// To which webhook.
    pub webhook: String,
    /// Which event.
    pub sequence: i64,
    /// How it ended.
    pub tried: Tried,
}

impl Command for RecordDelivery {
    type On = OfAgency;
    type Output = ();

    fn apply(&self, tx: &Tx<'_>) -> Result<(), Error> {
        let place = (self.webhook.as_str(), self.sequence);
        match &self.tried {
            Tried::Delivered => tx.execute(
                "DELETE FROM deliveries WHERE webhook = ?1 AND sequence = ?2",
                place,
            )?,
            Tried::Failed { due, error } => tx.execute(
                "UPDATE deliveries SET due_ms = ?3, attempts = attempts + 1, last_error = ?4
                 WHERE webhook = ?1 AND sequence = ?2",
                (place.0, place.1, due.map(Sql), error.as_str()),
            )?,
        };
        Ok(())
    }
}

/// Has dead deliveries tried again, of one webhook or of all; gives how many.
#[derive(Clone, Debug)]
pub struct ReplayDeliveries {
    /// Of which webhook; `None` for all.
    pub webhook: Option<String>,
    /// When.
    pub at: Time,
}

impl Command for ReplayDeliveries {
    type On = OfAgency;
    type Output = usize;

    fn apply(&self, tx: &Tx<'_>) -> Result<usize, Error> {
        tx.execute(
            "UPDATE deliveries SET due_ms = ?1, attempts = 0
             WHERE due_ms IS NULL AND webhook = coalesce(?2, webhook)",
            (Sql(self.at), self.webhook.as_deref()),
        )
    }
}

/// Forgets events that are too old or too many, with what of them was not delivered; a bounded
/// step. Gives how many.
#[derive(Clone, Copy, Debug)]
pub struct TrimEvents {
    /// Those before this moment.
    pub before: Time,
    /// Those beyond this many.
    pub keep_max: u64,
    /// At most so many at a time.
    pub step: u32,
}

impl Command for TrimEvents {
    type On = OfAgency;
    type Output = usize;

    fn apply(&self, tx: &Tx<'_>) -> Result<usize, Error> {
        let last: Option<i64> = tx
            .first(
                "SELECT max(sequence) FROM (
                     SELECT sequence FROM events WHERE at_ms < ?1
                         OR sequence <= (SELECT sequence FROM events ORDER BY sequence DESC
                                         LIMIT 1 OFFSET ?2)
                     ORDER BY sequence LIMIT ?3)",
                (Sql(self.before), Sql(self.keep_max), self.step),
                |row| row.get(0),
            )?
            .flatten();
        let Some(last) = last else {
            return Ok(0);
        };
        tx.execute("DELETE FROM deliveries WHERE sequence <= ?1", [last])?;
        tx.execute("DELETE FROM events WHERE sequence <= ?1", [last])
    }
}
