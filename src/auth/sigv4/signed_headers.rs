//! What must have been signed: `SignedHeaders`.

use super::query::Query;
use crate::auth::error::{Error, Fault, Place};
use crate::auth::head::RequestHead;

/// Refuses a list out of form, one without `host`, and any `x-amz-*` or `x-acervo-*` header that it
/// does not name.
///
/// In a presigned URL (`query`) such a header may also stand in the query, with the same value.
pub(super) fn check_headers_are_signed(
    head: &RequestHead<'_>,
    signed: &str,
    query: Option<&Query<'_>>,
) -> Result<(), Error> {
    let place = query.map_or(Place::Header, |_| Place::Query);
    let is_name = |b: u8| b.is_ascii_graphic() && !b.is_ascii_uppercase();
    let mut before = "";
    let mut host = false;
    for name in signed.split(';') {
        // Strictly rising is sorted and without repeats; the empty first name is below all.
        if name <= before || !name.bytes().all(is_name) {
            return Err(Error::malformed(place, Fault::SignedHeaders));
        }
        host |= name == "host";
        before = name;
    }
    if !host {
        return Err(Error::malformed(place, Fault::HostNotSigned));
    }
    let mut unsigned: Vec<&str> = Vec::new();
    for (name, value) in head.headers {
        let must_be_signed = name.starts_with("x-amz-") || name.starts_with("x-acervo-");
        if !must_be_signed || signed.split(';').any(|s| s == *name) {
            continue;
        }
        let in_query =
            query.is_some_and(|q| q.values_of_any_case(name).any(|v| v.as_bytes() == *value));
        if !in_query && !unsigned.contains(name) {
            unsigned.push(name);
        }
    }
    if unsigned.is_empty() {
        return Ok(());
    }
    unsigned.sort_unstable();
    Err(Error::UnsignedHeader {
        names: unsigned.join(", ").into(),
    })
}
