//! The outbox: events by their sequence, what is due, what is dead; the webhooks.

use rusqlite::Row;

use super::super::codec::{Sql, column, optional};
use super::super::engine::Reader;
use super::super::error::Error;
use super::super::schema::OfAgency;
use crate::types::clock::Time;
use crate::types::limits;

/// An event of the outbox.
#[derive(Clone, Debug)]
pub struct EventRecord {
    /// Its place in the order of events.
    pub sequence: i64,
    /// When.
    pub at: Time,
    /// What happened, as JSON.
    pub body: String,
}

/// A webhook that is to be told of an event.
#[derive(Clone, Debug)]
pub struct DeliveryRecord {
    /// Which webhook.
    pub webhook: String,
    /// When it is to be tried; `None` if never again.
    pub due: Option<Time>,
    /// How often it was tried.
    pub attempts: u32,
    /// Why the last try failed.
    pub last_error: Option<String>,
    /// The event.
    pub event: EventRecord,
}

/// A webhook.
#[derive(Clone, Debug)]
pub struct WebhookRecord {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// The secret that signs what it is told, sealed.
    pub sealed_secret: Vec<u8>,
    /// When it was made.
    pub created: Time,
}

impl Reader<'_, OfAgency> {
    /// Events after a sequence, in their order, at most `limits::LIST_PAGE_MAX`.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn events(&self, after: i64, limit: u32) -> Result<Vec<EventRecord>, Error> {
        self.all(
            "SELECT sequence, at_ms, body FROM events WHERE sequence > ?1
             ORDER BY sequence LIMIT ?2",
            (after, limit.min(limits::LIST_PAGE_MAX)),
            |row| read_event(row, 0),
        )
    }

    /// Deliveries that are due, the longest due first.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn deliveries_due(&self, now: Time, limit: u32) -> Result<Vec<DeliveryRecord>, Error> {
        self.all(
            "SELECT d.webhook, d.due_ms, d.attempts, d.last_error, e.sequence, e.at_ms, e.body
             FROM deliveries d JOIN events e ON e.sequence = d.sequence
             WHERE d.due_ms <= ?1 ORDER BY d.due_ms LIMIT ?2",
            (Sql(now), limit.min(limits::LIST_PAGE_MAX)),
            read_delivery,
        )
    }

    /// Deliveries that failed at least once, the oldest event first.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn deliveries_failed(&self, limit: u32) -> Result<Vec<DeliveryRecord>, Error> {
        self.all(
            "SELECT d.webhook, d.due_ms, d.attempts, d.last_error, e.sequence, e.at_ms, e.body
             FROM deliveries d JOIN events e ON e.sequence = d.sequence
             WHERE d.last_error IS NOT NULL ORDER BY d.sequence LIMIT ?1",
            [limit.min(limits::LIST_PAGE_MAX)],
            read_delivery,
        )
    }

    /// The webhook of this name.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn webhook(&self, name: &str) -> Result<Option<WebhookRecord>, Error> {
        self.first(
            "SELECT name, url, sealed_secret, created_ms FROM webhooks WHERE name = ?1",
            [name],
            read_webhook,
        )
    }

    /// Every webhook, by name.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn webhooks(&self) -> Result<Vec<WebhookRecord>, Error> {
        self.all(
            "SELECT name, url, sealed_secret, created_ms FROM webhooks ORDER BY name",
            [],
            read_webhook,
        )
    }
}

fn read_event(row: &Row<'_>, at: usize) -> rusqlite::Result<EventRecord> {
    Ok(EventRecord {
        sequence: row.get(at)?,
        at: column(row, at + 1)?,
        body: row.get(at + 2)?,
    })
}

fn read_delivery(row: &Row<'_>) -> rusqlite::Result<DeliveryRecord> {
    Ok(DeliveryRecord {
        webhook: row.get(0)?,
        due: optional(row, 1)?,
        attempts: row.get(2)?,
        last_error: row.get(3)?,
        event: read_event(row, 4)?,
    })
}

fn read_webhook(row: &Row<'_>) -> rusqlite::Result<WebhookRecord> {
    Ok(WebhookRecord {
        name: row.get(0)?,
        url: row.get(1)?,
        sealed_secret: row.get(2)?,
        created: column(row, 3)?,
    })
}
