//! Auth: who is calling.
//!
//! Owns: the one way in which a request authenticates itself; Signature Version 4 in headers, in
//! presigned URLs and over the chunks of a body; Version 2 where it is let; Bearer tokens and
//! their issuers.
//! May touch: `crypto`, `types`. Never: HTTP types, storage, settings, what the caller may do.
//! Keeps: law 7 (signatures are checked over the raw request, which nobody decodes twice), law 8
//! (what is not understood is refused) and law 10 (every list and length has its limit).
//! Start at `scheme.rs`.

pub mod bearer;
pub mod chunked;
pub mod covered;
pub mod error;
pub mod head;
pub mod scheme;
pub mod sigv2;
pub mod sigv4;
