//! The chain of signatures over the chunks of a body: each covers the one before it.
//!
//! ```text
//! chunk   = HMAC(signing key, "AWS4-HMAC-SHA256-PAYLOAD" LF time LF scope LF previous signature
//!                             LF hex(SHA-256("")) LF hex(SHA-256(chunk)))
//! trailer = HMAC(signing key, "AWS4-HMAC-SHA256-TRAILER" LF time LF scope LF previous signature
//!                             LF hex(SHA-256((name ":" value LF)…)))
//! ```
//!
//! Source: AWS S3 API Reference, "Signature Calculations for the Authorization Header:
//! Transferring Payload in Multiple Chunks" and "… Including Trailing Headers".

use crate::auth::sigv4::date::AmzDate;
use crate::auth::sigv4::key::{Scope, SigningKey};
use crate::auth::sigv4::sign::hex;

/// The SHA-256 of nothing, which every chunk's signature covers as well.
const EMPTY_SHA256: &[u8] = b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Makes each next signature of a body; at first the request's own signature came before.
#[derive(Clone, Debug)]
pub struct ChunkSigner {
    key: SigningKey,
    /// `time LF scope LF`.
    context: Box<[u8]>,
    previous: [u8; 64],
}

impl ChunkSigner {
    pub(in crate::auth) fn new(
        key: SigningKey,
        date: &AmzDate,
        scope: &Scope<'_>,
        seed: &[u8; 32],
    ) -> Self {
        let mut context = Vec::with_capacity(64);
        context.extend_from_slice(&date.text);
        context.push(b'\n');
        scope.write(&mut context);
        context.push(b'\n');
        Self {
            key,
            context: context.into(),
            previous: hex(seed),
        }
    }

    /// The signature of the next chunk, by the SHA-256 of its bytes.
    pub fn chunk(&mut self, hash: &[u8; 32]) -> [u8; 32] {
        self.next(
            &[b"AWS4-HMAC-SHA256-PAYLOAD\n"],
            &[EMPTY_SHA256, b"\n", &hex(hash)],
        )
    }

    /// The signature of the trailers, by the SHA-256 of their lines, each ended by a line feed.
    pub fn trailers(&mut self, hash: &[u8; 32]) -> [u8; 32] {
        self.next(&[b"AWS4-HMAC-SHA256-TRAILER\n"], &[&hex(hash)])
    }

    fn next(&mut self, first: &[&[u8]], last: &[&[u8]]) -> [u8; 32] {
        let middle: [&[u8]; 3] = [&self.context, &self.previous, b"\n"];
        let pieces: Vec<&[u8]> = first.iter().chain(&middle).chain(last).copied().collect();
        let signature = self.key.sign(&pieces);
        self.previous = hex(&signature);
        signature
    }
}
