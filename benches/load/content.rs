//! Documents to send, and what must come back.

use md5::Md5;
use sha2::{Digest as _, Sha256};

/// Bytes after which a document repeats itself: a prime, so that no two segments of it are alike,
/// and few enough to stay in the processor's cache.
const PERIOD: usize = 1_048_573;

/// A document that is told by its size.
pub struct Document {
    period: Vec<u8>,
    pub size_bytes: usize,
    /// Its entity tag, without quotes.
    pub etag: String,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

impl Document {
    pub fn new(size_bytes: usize) -> Self {
        let mut document = Self {
            period: noise(PERIOD),
            size_bytes,
            etag: String::new(),
            sha256: String::new(),
        };
        let (mut md5, mut sha256) = (Md5::new(), Sha256::new());
        for piece in document.pieces(0, size_bytes) {
            md5.update(piece);
            sha256.update(piece);
        }
        document.etag = hex::encode(md5.finalize());
        document.sha256 = hex::encode(sha256.finalize());
        document
    }

    /// What stands between two places, in as few pieces as can be.
    pub fn pieces(&self, from: usize, to: usize) -> impl Iterator<Item = &[u8]> {
        let mut at = from;
        std::iter::from_fn(move || {
            let start = at % self.period.len();
            let length = (self.period.len() - start).min(to - at);
            at += length;
            (length > 0).then(|| &self.period[start..start + length])
        })
    }

    /// Whether these bytes stand at a place.
    pub fn has_at(&self, from: usize, bytes: &[u8]) -> bool {
        let to = from + bytes.len();
        let mut rest = bytes;
        to <= self.size_bytes
            && self.pieces(from, to).all(|piece| {
                let (now, later) = rest.split_at(piece.len());
                rest = later;
                now == piece
            })
    }
}

/// Bytes without pattern, always the same ones (splitmix64).
pub fn noise(size_bytes: usize) -> Vec<u8> {
    let mut numbers = Numbers(7);
    let mut bytes: Vec<u8> = (0..size_bytes.div_ceil(8))
        .flat_map(|_| numbers.next().to_le_bytes())
        .collect();
    bytes.truncate(size_bytes);
    bytes
}

/// Numbers without pattern. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number
/// generators" (2014).
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}
