//! Where entries go: the log of one agency, or of the installation.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::crypto::aead::Bulk;
use crate::crypto::secret::SecretKey;
use crate::crypto::small::SmallKey;
use crate::meta;
use crate::meta::Catalog;
use crate::meta::Index;
use crate::meta::audit::AuditEntry;
use crate::meta::events::Origin;

use super::entry::Draft;

/// When the entry of a read must be durable.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ReadsMode {
    /// Within 50 ms.
    #[default]
    Batched,
    /// Before the first byte of the answer.
    Strict,
}

/// The database that holds a log.
#[derive(Clone)]
pub enum Log {
    /// An agency's.
    Agency(Index),
    /// The installation's: refusals of callers that belong to no agency, and what operators do.
    Installation(Catalog),
}

/// A log with the key that seals its bodies.
pub struct Ledger {
    log: Log,
    audit_key: SmallKey<Bulk>,
    reads: ReadsMode,
    entries_made: AtomicU64,
}

impl Ledger {
    /// The ledger of a log.
    pub fn new(log: Log, audit_key: &SecretKey, reads: ReadsMode) -> Self {
        Self {
            log,
            audit_key: SmallKey::expand(audit_key),
            reads,
            entries_made: AtomicU64::new(0),
        }
    }

    /// The entry that goes with a change, into the change's own transaction.
    pub fn entry(&self, draft: &Draft<'_>) -> AuditEntry {
        self.entries_made.fetch_add(1, Ordering::Relaxed);
        let origin = Origin {
            at: draft.at,
            action: draft.action.into(),
            principal: draft.principal.unwrap_or_default().into(),
            remote: draft.remote.into(),
            request_id: draft.request_id.to_string().into(),
        };
        AuditEntry {
            origin: Some(Arc::new(origin)),
            ..draft.seal(&self.audit_key)
        }
    }

    /// Entries made since it was opened: every request makes one.
    pub fn entries_made(&self) -> u64 {
        self.entries_made.load(Ordering::Relaxed)
    }

    /// Records what changed nothing here but gave something out that must never be found without
    /// its entry. Durable when it returns.
    ///
    /// # Errors
    /// If the log cannot be written, and then nothing may be given out.
    pub async fn record_durably(&self, draft: &Draft<'_>) -> Result<(), meta::Error> {
        self.entries_made.fetch_add(1, Ordering::Relaxed);
        let entry = draft.seal(&self.audit_key);
        match &self.log {
            Log::Agency(index) => index.append_durable(entry).await?,
            Log::Installation(catalog) => catalog.append_durable(entry).await?,
        };
        Ok(())
    }

    /// Records what changed nothing. Returns when the entry is as durable as the mode asks.
    ///
    /// # Errors
    /// If the log cannot be written, and then the request must fail too.
    pub async fn record(&self, draft: &Draft<'_>) -> Result<(), meta::Error> {
        let entry = draft.seal(&self.audit_key);
        match (&self.log, self.reads) {
            (Log::Agency(index), ReadsMode::Batched) => index.append(entry).await?,
            (Log::Agency(index), ReadsMode::Strict) => index.append_durable(entry).await?,
            (Log::Installation(catalog), ReadsMode::Batched) => catalog.append(entry).await?,
            (Log::Installation(catalog), ReadsMode::Strict) => {
                catalog.append_durable(entry).await?
            }
        };
        Ok(())
    }
}
