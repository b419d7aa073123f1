//! Crypto: pure functions over bytes and keys.
//!
//! Owns: the sealed blob format, wrapping of keys, sealing of small values, digests, randomness.
//! May touch: `types`. Never: files, the network, the time, which key to use.
//! Keeps: law 1 (nothing leaves here unsealed that should be) and law 4 (a segment is verified
//! before its first byte is given out).
//! Start at `blob/mod.rs`.

pub mod aead;
pub mod blob;
pub mod derive;
pub mod digest;
pub mod error;
mod md5;
pub mod random;
pub mod secret;
pub mod small;
pub mod wrap;
