//! Acervo: the document store that a state runs on its own servers.
//!
//! The rooms in reading order; `docs/ARCHITECTURE.md` draws them and `tests/tidy.rs` keeps the
//! one direction in which they import.

pub mod types;

pub mod crypto;
