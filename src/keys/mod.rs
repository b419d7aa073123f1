//! Keys: the hierarchy from the root key to the data key of each blob.
//!
//! ```text
//! root key ── wraps ──┬─ agency keys, each version ── wrap ── data keys (stored with each version
//! (one per            ├─ database key                         of an object, in the index)
//!  installation)      ├─ audit key
//!                     └─ secrets key
//! ```
//!
//! Owns: root key providers, the keyring of each agency and its file, the wrapping of data keys.
//! May touch: `crypto`, `types`, the files `root.key` and `agencies/<agency>/keyring`.
//! Never: document bytes, the environment (a provider gets its settings handed in), an unwrapped
//! key in a file or a log.
//! Keeps: law 3 (one agency, one key: every wrapping names its agency) and law 8 (a key that is
//! missing, damaged or not where it belongs refuses).
//! Start at `keyring/mod.rs`.

pub mod customer;
pub mod data_key;
mod disk;
pub mod durable;
pub mod error;
pub mod keyring;
pub mod root;
