//! Who asks: an operator, or an agency's own admin.

use actix_web::HttpRequest;

use crate::api::http::house::House;
use crate::audit::entry::Draft;
use crate::audit::entry::Named;
use crate::audit::entry::Outcome;
use crate::crypto::digest;
use crate::crypto::random;
use crate::store::approvals::Person;
use crate::types::clock::Time;
use crate::types::ids::RequestId;
use crate::types::limits;
use crate::types::names::AgencyId;
use crate::types::names::PrincipalName;
use crate::types::roles::Role;

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
        asker: Option<&'a Asker>,
        subject: Option<&'a str>,
        outcome: Outcome<'a>,
    ) -> Draft<'a> {
        Draft {
            at: self.at,
            request_id: self.id,
            remote: &self.remote,
            principal: asker.map(|asker| asker.name.as_str()),
            proof: asker.map(|asker| asker.proof.as_str()),
            action: self.action,
            bucket: None,
            object_key: subject,
            named: Named::default(),
            outcome,
            grant: None,
        }
    }
}

/// Who may use a route. Whoever administers reads no document by that: no route here sends one.
#[derive(Clone, Copy, Debug)]
pub(super) enum Authority<'a> {
    /// The operators of the installation.
    Operators,
    /// The operators, and whoever is `agency-admin` of the agency of this name.
    Agency(&'a str),
    /// The operators, and whoever is `agency-admin` or `auditor` of the agency of this name: what
    /// only shows how the agency is set up.
    AgencyShown(&'a str),
    /// Whoever is `agency-admin` of the agency of this name, and no operator: names of documents.
    AgencyAlone(&'a str),
}

/// Who asks, proven.
pub(super) struct Asker {
    name: PrincipalName,
    proof: String,
    /// The agency whose admin it is, and whose log has its entries; none for operators.
    agency: Option<AgencyId>,
    /// In whose hand an operator is, where two people are needed; `None` of an agency's admin.
    hand: Option<PrincipalName>,
}

impl Asker {
    /// The person, told from all others: where two have to agree, these differ.
    fn person(&self) -> String {
        // An auditor changes nothing, so it is never one of the two.
        match &self.agency {
            None => format!("operator {}", self.name),
            Some(_) => format!("agency-admin {}", self.name),
        }
    }

    /// The same, with the hand that it is in. The admins of an agency are all in one: each makes
    /// others alone.
    pub(super) fn as_person(&self) -> Person {
        let name = self.person();
        let hand = match &self.hand {
            Some(hand) => format!("operator {hand}"),
            None => "agency-admin".to_owned(),
        };
        Person { name, hand }
    }

    /// Its name.
    pub(super) const fn name(&self) -> &PrincipalName {
        &self.name
    }

    pub(super) const fn agency(&self) -> Option<&AgencyId> {
        self.agency.as_ref()
    }
}

/// Proves who asks, and that it may use a route of this authority.
pub(super) async fn authenticate(
    house: &House,
    request: &HttpRequest,
    authority: Authority<'_>,
) -> Result<Asker, AdminError> {
    let header = request.headers().get("authorization");
    let token = header
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.strip_prefix("Bearer "))
        .map(str::trim)
        .filter(|token| token.len() <= limits::TOKEN_BYTES_MAX)
        .ok_or_else(|| {
            unauthorized("The admin API needs the header Authorization: Bearer <token>.")
        })?;
    if let Some(operator) = house.store.operator(&digest::sha256(token.as_bytes()))? {
        if matches!(authority, Authority::AgencyAlone(_)) {
            return Err(forbidden());
        }
        return Ok(Asker {
            name: operator.name,
            proof: "operator-token".to_owned(),
            agency: None,
            hand: Some(operator.hand),
        });
    }
    let identity = house.issuers.verify(token, house.clock.now()).await;
    let identity = identity.map_err(|error| AdminError {
        source: Some(error.to_string()),
        ..unauthorized("The token is neither an operator's nor one of a trusted issuer.")
    })?;
    let is_theirs = match authority {
        Authority::Operators => false,
        Authority::Agency(name) | Authority::AgencyAlone(name) => {
            identity.agency.as_str() == name && identity.roles.contains(&Role::AgencyAdmin)
        }
        Authority::AgencyShown(name) => {
            let sees = |role: &Role| matches!(role, Role::AgencyAdmin | Role::Auditor);
            identity.agency.as_str() == name && identity.roles.iter().any(sees)
        }
    };
    if !is_theirs {
        return Err(forbidden());
    }
    let (agency, principal) = (&identity.agency, &identity.principal);
    let in_force = house
        .store
        .ensure_in_force(agency, principal, identity.issued);
    in_force.await?;
    Ok(Asker {
        name: identity.principal.clone(),
        proof: identity.issuer.to_string(),
        agency: Some(identity.agency.clone()),
        hand: None,
    })
}

fn unauthorized(message: &'static str) -> AdminError {
    AdminError::new(401, "unauthorized", message)
}

fn forbidden() -> AdminError {
    let message = "This needs an operator's token, or one of an admin of this very agency.";
    AdminError::new(403, "forbidden", message)
}
