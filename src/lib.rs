//! Acervo: the document store that a state runs on its own servers.
//!
//! The rooms in reading order; `docs/ARCHITECTURE.md` draws them and `tests/tidy.rs` keeps the
//! one direction in which they import.

pub mod cli;

pub mod server;

pub mod api;

pub mod jobs;

pub mod auth;
pub mod store;

pub mod audit;

pub mod blobs;
pub mod keys;
pub mod meta;

pub mod access;
pub mod config;
pub mod crypto;
pub mod telemetry;

pub mod types;

/// The allocator of every program that this crate is in, for C as well (decision 27).
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
