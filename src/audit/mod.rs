//! Audit: what happened, provably.
//!
//! Owns: the body of an entry, its commitment, its sealing, and when it must be durable.
//! May touch: `keys`, `meta`, `access`, `crypto`, `config`, `types`. Never: HTTP, documents.
//! Keeps: law 2 (an entry goes with its change, in one transaction) and law 8 (a log that cannot
//! be written stops the request).
//! Start at `entry.rs`.

pub mod entry;
pub mod ledger;
