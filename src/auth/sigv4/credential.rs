//! Whose key signed, and for what: `Credential`.

use super::TERMINATOR;
use super::expected::Expected;
use super::key::Scope;
use crate::auth::error::{Error, Fault, Place};

/// Reads `<access key id>/<yyyymmdd>/<region>/<service>/aws4_request`, from its end, because only
/// the access key id may hold a `/`.
pub(super) fn parse_credential<'t, 'e>(
    text: &'t str,
    place: Place,
    expected: &Expected<'e>,
) -> Result<(&'t str, Scope<'e>), Error> {
    let fault = |fault| Error::malformed(place, fault);
    let mut parts = text.rsplitn(5, '/');
    let mut next = || parts.next().ok_or(fault(Fault::Credential));
    let (terminator, service, region) = (next()?, next()?, next()?);
    let (date, access_key_id) = (next()?, next()?);
    if terminator != TERMINATOR {
        return Err(fault(Fault::Terminator));
    }
    if service != expected.service {
        return Err(fault(Fault::Service));
    }
    if region != expected.region {
        return Err(Error::WrongRegion {
            place,
            found: region.chars().take(64).collect(),
            expected: expected.region.into(),
        });
    }
    let date: [u8; 8] = date
        .as_bytes()
        .try_into()
        .map_err(|_| fault(Fault::Credential))?;
    if access_key_id.is_empty() || !date.iter().all(u8::is_ascii_digit) {
        return Err(fault(Fault::Credential));
    }
    let scope = Scope {
        date,
        region: expected.region,
        service: expected.service,
    };
    Ok((access_key_id, scope))
}
