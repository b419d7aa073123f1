//! Damages everything on disk that can be damaged, with and without the keys, and reads (promise
//! P3): an error or a cut connection, never other bytes, never "not found"; what was not damaged is
//! still served.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop"
)]

#[path = "../support/mod.rs"]
mod support;

mod blobs;
mod files;
mod rig;
mod rows;
mod sealed;
