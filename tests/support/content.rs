//! Documents made from a number and a length, so that a rig need not keep their bytes.

use md5::{Digest as _, Md5};

/// A document: of one number and length there is only one.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Content {
    pub(crate) number: u64,
    pub(crate) size_bytes: usize,
}

impl Content {
    pub(crate) fn bytes(self) -> Vec<u8> {
        // xorshift64*: long documents of different numbers differ in every block.
        let mut state = self.number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut bytes = Vec::with_capacity(self.size_bytes + 8);
        while bytes.len() < self.size_bytes {
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            bytes.extend_from_slice(&state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes());
        }
        bytes.truncate(self.size_bytes);
        bytes
    }
}

pub(crate) fn md5(bytes: &[u8]) -> [u8; 16] {
    Md5::digest(bytes).into()
}

/// The entity tag of a document that was stored in one piece.
pub(crate) fn etag(bytes: &[u8]) -> String {
    format!("\"{}\"", acervo::types::encoding::hex(&md5(bytes)))
}

/// The entity tag of a document that was stored in parts.
pub(crate) fn etag_of_parts(parts: &[Vec<u8>]) -> String {
    let digests: Vec<u8> = parts.iter().flat_map(|part| md5(part)).collect();
    let digest = acervo::types::encoding::hex(&md5(&digests));
    format!("\"{digest}-{}\"", parts.len())
}
