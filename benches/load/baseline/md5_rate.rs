//! How fast this machine computes MD5, the ceiling of a large upload in one stream.

use std::hint::black_box;
use std::time::Instant;

use acervo::crypto::digest::{DigestPlan, Digests};
use md5::{Digest as _, Md5};

use crate::content::Document;

/// Bytes a second: of the md-5 crate, and of our own.
pub struct Rates {
    pub published: f64,
    pub own: f64,
}

/// Digests a document with each.
pub fn measure(document: &Document) -> Rates {
    let size_bytes = document.size_bytes;
    let rate = |started: Instant| size_bytes as f64 / started.elapsed().as_secs_f64();
    let started = Instant::now();
    let mut published = Md5::new();
    document
        .pieces(0, size_bytes)
        .for_each(|p| published.update(p));
    black_box(published.finalize());
    let published = rate(started);

    let started = Instant::now();
    let mut own = Digests::new(&DigestPlan {
        md5: true,
        ..DigestPlan::default()
    });
    document.pieces(0, size_bytes).for_each(|p| own.update(p));
    black_box(own.finish());
    Rates {
        published,
        own: rate(started),
    }
}
