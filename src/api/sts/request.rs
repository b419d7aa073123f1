//! One request to the STS door: what it asks, and who asks.

use crate::access::caller::Caller;
use crate::api::http::head::Arrival;
use crate::api::http::head::Head;
use crate::api::http::house::House;
use crate::api::http::identify;
use crate::api::http::identify::Identified;
use crate::audit::entry::Draft;
use crate::audit::entry::Named;
use crate::audit::entry::Outcome;
use crate::auth;
use crate::auth::error::Error as AuthError;
use crate::auth::head::RequestHead;
use crate::auth::scheme::Presented;
use crate::auth::scheme::Version2;
use crate::auth::sigv4::SERVICE_STS;
use crate::auth::sigv4::expected::Expected;
use crate::store::Committed;

use super::error::Code;
use super::error::StsError;
use super::parameters::Parameters;

/// A request on its way through an operation.
pub(super) struct StsRequest<'a> {
    pub(super) house: &'a House,
    pub(super) head: &'a Head,
    pub(super) arrival: &'a Arrival,
    pub(super) action: &'static str,
    pub(super) parameters: &'a Parameters,
    pub(super) body_sha256: [u8; 32],
    /// Who asks, once that is known, for the entry of a refusal.
    pub(super) caller: &'a mut Option<Caller>,
}

/// The inside of an operation's result element, and whether its entry is written already.
pub(super) enum Reply {
    Committed(String),
    Read(String),
}

impl Reply {
    pub(super) fn committed<T>(committed: Committed<T>, answer: impl FnOnce(T) -> String) -> Self {
        Self::Committed(answer(committed.into_inner()))
    }
}

impl StsRequest<'_> {
    /// Who signed the request.
    pub(super) async fn signer(&mut self) -> Result<Identified, StsError> {
        let headers: Vec<(&str, &[u8])> = self
            .head
            .headers
            .iter()
            .map(|(name, value)| (name, value.as_bytes()))
            .collect();
        let request_head = RequestHead {
            method: self.head.method.as_str(),
            path: self.head.uri.path(),
            query: self.head.uri.query().unwrap_or_default(),
            headers: &headers,
        };
        let now = self.arrival.at;
        let expected = Expected {
            region: &self.house.region,
            service: SERVICE_STS,
            now,
            body_sha256: Some(self.body_sha256),
        };
        let identified = match auth::scheme::presented(&request_head, &expected, Version2::Refused)?
        {
            Presented::Signature(claim) => {
                let found = identify::by_signature(self.house, &request_head, &claim, now);
                found.await?.0
            }
            // Refused above: STS never spoke it.
            Presented::SignatureV2(_) => return Err(AuthError::UnsupportedMechanism.into()),
            Presented::Bearer(token) => identify::by_token(self.house, token.expose(), now).await?,
            Presented::Anonymous => return Err(Code::MissingAuthenticationToken.into()),
        };
        *self.caller = Some(identified.caller.clone());
        Ok(identified)
    }

    /// Whom a web identity token speaks for.
    pub(super) async fn bearer(&mut self, token: &str) -> Result<Identified, StsError> {
        let identified = identify::by_token(self.house, token, self.arrival.at).await?;
        *self.caller = Some(identified.caller.clone());
        Ok(identified)
    }

    /// What the audit log will hold of this request when it is done.
    pub(super) fn draft<'d>(&'d self, caller: &'d Caller, subject: &'d str) -> Draft<'d> {
        Draft {
            at: self.arrival.at,
            request_id: self.arrival.id,
            remote: &self.arrival.remote,
            principal: Some(caller.principal.as_str()),
            proof: Some(caller.proof.name()),
            action: self.action,
            bucket: None,
            object_key: Some(subject),
            named: Named::default(),
            outcome: Outcome::Allowed,
            grant: None,
        }
    }
}
