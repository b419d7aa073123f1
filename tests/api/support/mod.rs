//! What the tests of this crate share: a server, callers, requests, answers.

pub(crate) mod answer;
pub(crate) mod caller;
pub(crate) mod contract;
pub(crate) mod evidence;
pub(crate) mod operations;
pub(crate) mod provider;
pub(crate) mod request;
pub(crate) mod server;
pub(crate) mod wire;

use std::sync::mpsc;
use std::time::Duration;

/// A moment, on a channel that nobody sends to.
pub(crate) fn pause(milliseconds: u64) {
    let (_sender, receiver) = mpsc::channel::<()>();
    let _ = receiver.recv_timeout(Duration::from_millis(milliseconds));
}

/// Bytes that look like nothing else, the same for the same seed.
pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// The first place of a text in bytes.
pub(crate) fn position(bytes: &[u8], text: &[u8]) -> Option<usize> {
    bytes.windows(text.len()).position(|window| window == text)
}

pub(crate) fn md5(bytes: &[u8]) -> [u8; 16] {
    use md5::Digest as _;
    md5::Md5::digest(bytes).into()
}

/// The entity tag of these bytes as content of one PUT.
pub(crate) fn etag(bytes: &[u8]) -> String {
    format!("\"{}\"", acervo::types::encoding::hex(&md5(bytes)))
}
