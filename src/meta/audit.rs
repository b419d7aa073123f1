//! The audit log's rows. What is in them, and what it proves, is decided in `audit`.

use std::sync::Arc;

use super::events::Origin;
use crate::types::clock::Time;

/// One line of the log, before the writer gives it its sequence.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuditEntry {
    /// When; whole seconds are kept.
    pub at: Time,
    /// SHA-256 over salt and body.
    pub commitment: [u8; 32],
    /// Salt and body, sealed under the agency's audit key.
    pub sealed_body: Vec<u8>,
    /// Whose change it is, for the events of the change; it is not part of the entry.
    pub origin: Option<Arc<Origin>>,
}

/// Proof that an entry will not be lost while the process lives: whoever sends a body asks for it.
#[derive(Clone, Copy, Debug)]
pub struct Appended(pub(super) ());

/// One line of the log as it stands there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuditRecord {
    /// Its place: contiguous from 0.
    pub sequence: u64,
    /// When, in seconds since the Unix epoch.
    pub at_seconds: i64,
    /// SHA-256 over salt and body.
    pub commitment: [u8; 32],
    /// Salt and body, sealed under the agency's audit key.
    pub sealed_body: Vec<u8>,
}
