//! Blobs: where sealed documents lie.
//!
//! Owns: the backends (local disk, memory, S3-compatible remotes), the layout of names in them, how
//! bytes get there durably and how they come back.
//! May touch: `crypto`, `types`, files below `agencies/<agency>/blobs` or the remote's bucket.
//! Never: plaintext, keys, the index, names chosen by clients.
//! Keeps: law 3 (the blobs of an agency lie below its own name), law 5 (a finished write or delete
//! is durable, directory entries included) and law 10 (every buffer and pool is bounded).
//! Start at `store.rs`.

pub mod buffer;
pub mod error;
mod file;
mod parts;
pub mod read;
mod remote;
pub mod settings;
pub mod store;
pub mod sweep;
#[cfg(test)]
mod tests;
pub mod write;
