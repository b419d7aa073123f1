//! The signature over a canonical request.

use super::date::AmzDate;
use super::key::{Scope, SigningKey};
use super::{ALGORITHM, TERMINATOR};

/// The signature over a canonical request's hash.
pub(super) fn sign(
    key: &SigningKey,
    date: &AmzDate,
    scope: &Scope<'_>,
    hash: &[u8; 32],
) -> [u8; 32] {
    with_string_to_sign(date, scope, hash, |pieces| key.sign(pieces))
}

/// The string to sign over a canonical request's hash, in pieces: most uses allocate nothing.
pub(super) fn with_string_to_sign<T>(
    date: &AmzDate,
    scope: &Scope<'_>,
    hash: &[u8; 32],
    then: impl FnOnce(&[&[u8]]) -> T,
) -> T {
    then(&[
        ALGORITHM.as_bytes(),
        b"\n",
        &date.text,
        b"\n",
        &scope.date,
        b"/",
        scope.region.as_bytes(),
        b"/",
        scope.service.as_bytes(),
        b"/",
        TERMINATOR.as_bytes(),
        b"\n",
        &hex(hash),
    ])
}

/// Lower-case hexadecimal without an allocation.
pub(in crate::auth) fn hex(bytes: &[u8; 32]) -> [u8; 64] {
    let mut text = [0; 64];
    hex::encode_to_slice(bytes, &mut text).expect("64 digits for 32 bytes");
    text
}
