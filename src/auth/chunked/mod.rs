//! Bodies framed as aws-chunked: decoded without input or output, without copies, in constant
//! memory.
//!
//! ```text
//! body    = chunk… last [trailers] CRLF
//! chunk   = size [";chunk-signature=" signature] CRLF data CRLF        size: hexadecimal, not 0
//! last    = "0" [";chunk-signature=" signature] CRLF
//! trailers = (name ":" value CRLF)… ["x-amz-trailer-signature:" signature CRLF]
//! ```
//!
//! Source: AWS S3 API Reference, "Signature Calculations for the Authorization Header:
//! Transferring Payload in Multiple Chunks" and "… Including Trailing Headers".
//!
//! Clients end their trailers in their own ways (minio-go writes LF, an empty line, then the
//! signature; some leave the last empty line out), so after the last chunk empty lines and a lone
//! LF are let pass. Nothing can hide there: each line must be announced, and what was announced
//! must come.
//!
//! A chunk's bytes are handed out before its signature can be known; nothing made of them may be
//! committed before [`decoder::ChunkDecoder::finish`] returns.

pub mod decoder;
pub mod signer;

#[cfg(test)]
mod tests;
