//! Metadata: one sealed SQLite database per agency and one for the installation, one writer
//! thread for each.
//!
//! Owns: the schema and its migrations, the order in which changes become durable, the audit log's
//! rows.
//! May touch: `access` to read a bucket's documents once for each record, `crypto` for the type of
//! a key, `telemetry`, `types`. Never: document bytes in the clear, HTTP, the time, what an
//! audit entry says.
//! Keeps: law 1 (SQLCipher seals every page and log frame, sorts stay in memory), law 2 (a change
//! and its entry share a transaction), law 3 (one file, one key), law 5 (`synchronous=FULL`, new
//! files and directories synced), law 9 (versions are ordered by a number that only grows), law 10
//! (queue, group, log, pool and pages are bounded).
//! Start at `engine/mod.rs` for how, `schema.rs` for what.
//!
//! The sketch, per operation:
//!
//! ```text
//! commit        1 hop to the writer, 1 share of a group's sync (the log), 1 hop back;
//!               sealed bytes are copied once into SQLite's page, once into the log
//! append        1 push under a lock; its insert and its share of a sync follow within 50 ms
//! point lookup  no hop, no sync: 1 pop and push under a lock, 1 indexed read
//! list page     no hop: 1 seek, then a step per entry; with a delimiter 1 more seek per prefix
//! checkpoint    beside the writer, for each 4 MiB of log; by the writer, once the log is 64 MiB
//! ```

pub mod audit;
mod codec;
pub mod commands;
mod engine;
mod error;
pub mod events;
pub mod grants;
mod principals;
pub mod queries;
pub mod records;
mod schema;
pub mod usage;
mod versions;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;

pub use engine::{Command, Database, Reader, Schema, Settings, Tx};
pub use error::{Error, Fault, Limited};
pub use schema::{OfAgency, OfInstallation};

/// The database of one agency: `index.db`.
pub type Index = Database<OfAgency>;

/// The database of the installation: `catalog.db`.
pub type Catalog = Database<OfInstallation>;
