//! Lifecycle rules as S3 writes them: read, checked, written.
//!
//! Source: AWS S3 API Reference, "PutBucketLifecycleConfiguration"; S3 User Guide, "Lifecycle
//! configuration elements".

mod expires;
mod parse;
mod render;
#[cfg(test)]
mod tests;

pub(super) use expires::{expires_found, expires_stored};
pub(super) use parse::parse;
pub(super) use render::render;
