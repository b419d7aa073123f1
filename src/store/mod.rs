//! Store: what happens to objects.
//!
//! Owns: the way of a write (digest, seal, sync, commit) and of a read (find, open, verify), the
//! agencies that are open in this process, and the sweep of what nothing refers to any more.
//! May touch: `audit`, `keys`, `meta`, `blobs`, `access`, `crypto`, `types`. Never: HTTP,
//! signatures, decisions: every function that reads or changes documents takes a `Permit`.
//! Keeps: law 2 (with `audit`), law 4, law 5 (a change returns after its commit) and law 6.
//! Start at `put.rs`, then `get.rs`.
//!
//! What a small PUT costs: one hash pass, one seal, one wrap, one hop to the writer thread and its
//! share of one sync. What a warm GET costs: one indexed read, one unwrap, one open, no hop.

pub mod agencies;
pub mod agency_keys;
pub mod approvals;
pub mod body;
pub mod buckets;
pub mod content;
pub mod copy;
pub mod credentials;
mod cutter;
pub mod delete;
pub mod error;
pub mod events;
pub mod expire;
pub mod get;
pub mod grants;
pub mod idle;
pub mod ingest;
pub mod inventory;
pub mod issuers;
mod line;
pub mod list;
pub mod locks;
pub mod operators;
pub mod put;
pub mod quotas;
mod recent;
pub mod revocations;
mod rewrap;
pub mod roles;
pub mod sealing;
pub mod sessions;
pub mod sweep;
pub mod tags;
mod trusted;
pub mod uploads;

pub use agencies::Store;
pub use error::Error;

/// The result of a change whose audit entry was committed with it. Only `store` makes one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Committed<T>(T);

impl<T> Committed<T> {
    /// What the change gave.
    pub fn into_inner(self) -> T {
        self.0
    }
}
