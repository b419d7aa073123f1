//! What a signature is held against.

use crate::types::clock::Time;

/// What every signed request here must be made for.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The region of this installation.
    pub region: &'a str,
    /// The service, `s3`.
    pub service: &'a str,
    /// The moment now.
    pub now: Time,
    /// The body's SHA-256, for services whose clients sign it without sending it (STS); for S3,
    /// whose clients send it, nothing.
    pub body_sha256: Option<[u8; 32]>,
}
