//! Server: wires the house, opens its doors, and closes them in order.
//!
//! Owns: the data directory's identity, the order of start and stop, the listeners.
//! May touch: everything below. Never: what a request means.
//! Keeps: law 8 (a start over data that it does not know is refused) and law 10 (connections, heads
//! and waits are bounded).
//! Start at `run.rs`.

mod connection;
mod data_dir;
mod error;
mod first_start;
mod greeting;
mod issuers;
mod listeners;
mod run;
mod s3_service;
mod stream;

pub use error::Error;
pub use first_start::FirstStart;
pub use first_start::NewOperator;
pub use run::Started;
pub use run::run;
