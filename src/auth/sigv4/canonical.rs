//! The canonical request: the bytes that both sides hash.

use sha2::{Digest, Sha256};

use super::query::{Query, Slash, canonical};
use crate::auth::error::Error;
use crate::auth::head::RequestHead;

/// The query parameter that a presigned URL's signature cannot cover: itself.
pub(super) const SIGNATURE_PARAMETER: &str = "X-Amz-Signature";

/// The SHA-256 of a request's canonical form.
///
/// # Errors
/// Those of [`request`].
pub(super) fn hash(
    head: &RequestHead<'_>,
    query: &Query<'_>,
    signed: &str,
    payload: &str,
) -> Result<[u8; 32], Error> {
    Ok(Sha256::digest(request(head, query, signed, payload)?).into())
}

/// A request's canonical form.
///
/// `signed` is the list of signed headers as the client wrote it, `payload` the text of
/// `x-amz-content-sha256`.
///
/// # Errors
/// [`Error::InvalidUri`], [`Error::SignedHeaderMissing`].
pub(super) fn request(
    head: &RequestHead<'_>,
    query: &Query<'_>,
    signed: &str,
    payload: &str,
) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(1_024);
    out.extend_from_slice(head.method.as_bytes());
    out.push(b'\n');
    let path = canonical(head.path, Slash::Kept).ok_or(Error::InvalidUri)?;
    out.extend_from_slice(if path.is_empty() {
        b"/"
    } else {
        path.as_bytes()
    });
    out.push(b'\n');
    write_query(query, &mut out);
    out.push(b'\n');
    for name in signed.split(';') {
        write_header(head, name, &mut out)?;
    }
    out.push(b'\n');
    out.extend_from_slice(signed.as_bytes());
    out.push(b'\n');
    out.extend_from_slice(payload.as_bytes());
    Ok(out)
}

fn write_query(query: &Query<'_>, out: &mut Vec<u8>) {
    let mut between = false;
    for (name, value) in query.pairs() {
        if name == SIGNATURE_PARAMETER {
            continue;
        }
        if between {
            out.push(b'&');
        }
        between = true;
        out.extend_from_slice(name.as_bytes());
        out.push(b'=');
        out.extend_from_slice(value.as_bytes());
    }
}

fn write_header(head: &RequestHead<'_>, name: &str, out: &mut Vec<u8>) -> Result<(), Error> {
    out.extend_from_slice(name.as_bytes());
    let mut before = b':';
    for value in head.values(name) {
        out.push(before);
        before = b',';
        write_trimmed(value, out);
    }
    if before == b':' {
        return Err(Error::SignedHeaderMissing { name: name.into() });
    }
    out.push(b'\n');
    Ok(())
}

/// Without space at the ends, and runs of it inside as one: what every SDK signs.
fn write_trimmed(value: &[u8], out: &mut Vec<u8>) {
    let is_space = |b: &u8| matches!(b, b' ' | b'\t');
    let words = value.split(is_space).filter(|word| !word.is_empty());
    for (index, word) in words.enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(word);
    }
}
