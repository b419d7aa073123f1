//! Which operator asks.

use actix_web::HttpRequest;
use actix_web::web;

use crate::api::http::house::House;
use crate::audit::entry::Draft;
use crate::audit::entry::Outcome;
use crate::crypto::digest;
use crate::crypto::random;
use crate::types::clock::Time;
use crate::types::ids::RequestId;
use crate::types::limits;
use crate::types::names::PrincipalName;

use super::error::AdminError;

/// One request of the admin API.
pub(super) struct Asked {
    pub(super) id: RequestId,
    pub(super) at: Time,
    pub(super) remote: String,
    pub(super) action: &'static str,
}

impl Asked {
    pub(super) fn new(house: &House, request: &HttpRequest, action: &'static str) -> Self {
        Self {
            id: RequestId::new(random::bytes()),
            at: house.clock.now(),
            remote: request
                .peer_addr()
                .map_or_else(String::new, |peer| peer.ip().to_string()),
            action,
        }
    }

    /// The entry's draft; `subject` is the agency, key or the like that is acted on.
    pub(super) fn draft<'a>(
        &'a self,
        operator: Option<&'a PrincipalName>,
        subject: Option<&'a str>,
        outcome: Outcome<'a>,
    ) -> Draft<'a> {
        Draft {
            at: self.at,
            request_id: self.id,
            remote: &self.remote,
            principal: operator.map(PrincipalName::as_str),
            proof: operator.map(|_| "operator-token"),
            action: self.action,
            bucket: None,
            object_key: subject,
            keys: &[],
            outcome,
        }
    }
}

/// Proves that the request comes from an operator.
pub(super) fn authenticate(
    house: &web::Data<House>,
    request: &HttpRequest,
) -> Result<PrincipalName, AdminError> {
    let refused = |message: &'static str| AdminError::new(401, "unauthorized", message);
    let header = request
        .headers()
        .get("authorization")
        .and_then(|value| value.to_str().ok());
    let token = header
        .and_then(|text| text.strip_prefix("Bearer "))
        .map(str::trim);
    let token = token.filter(|token| token.len() <= limits::TOKEN_BYTES_MAX);
    let Some(token) = token else {
        return Err(refused(
            "The admin API needs the header Authorization: Bearer <operator token>.",
        ));
    };
    let found = house.store.operator(&digest::sha256(token.as_bytes()))?;
    found
        .map(|record| record.name)
        .ok_or_else(|| refused("The operator token is not known."))
}
