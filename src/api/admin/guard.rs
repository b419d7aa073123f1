//! What needs a second person: the one place where an operator's request is held up.
//!
//! A route that gives rights asks here for the [`Consent`] that `store` demands of it. The first
//! time the request is answered 202 and waits; when a second person has approved, the asker sends
//! the very same request again with the approval's id in `X-Acervo-Approval`.

use actix_web::HttpRequest;
use serde::Serialize;

use crate::access::consent::By;
use crate::access::consent::Consent;
use crate::access::consent::Gives;
use crate::audit::entry::Draft;
use crate::audit::entry::Outcome;
use crate::meta;
use crate::meta::records::ApprovalRecord;
use crate::store;
use crate::store::approvals::Place;
use crate::store::approvals::Request;
use crate::store::approvals::Seconded;
use crate::store::approvals::Wanted;
use crate::types::ids::ApprovalId;
use crate::types::names::AgencyId;
use crate::types::names::PrincipalName;

use super::answer::Operation;
use super::error::AdminError;

/// The header that carries an approval's id.
pub(super) const APPROVAL_HEADER: &str = "X-Acervo-Approval";

/// Why a guarded route gives nothing: it failed, or it waits for a second person.
pub(super) enum Stop {
    Failed(AdminError),
    Waiting(Box<Waiting>),
}

/// A request that waits.
pub(super) struct Waiting {
    pub(super) record: ApprovalRecord,
    /// None if it waits in the installation.
    pub(super) agency: Option<AgencyId>,
}

impl From<AdminError> for Stop {
    fn from(error: AdminError) -> Self {
        Self::Failed(error)
    }
}

impl From<store::Error> for Stop {
    fn from(error: store::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// The approval that a request names.
pub(super) fn named(request: &HttpRequest) -> Result<Option<ApprovalId>, AdminError> {
    let mut headers = request.headers().get_all(APPROVAL_HEADER);
    let (header, more) = (headers.next(), headers.next());
    let Some(header) = header else {
        return Ok(None);
    };
    let id = header.to_str().ok().filter(|_| more.is_none());
    let id = id.and_then(|text| ApprovalId::parse(text).ok());
    id.map(Some).ok_or_else(|| {
        let message = "X-Acervo-Approval is the id of one approval.";
        AdminError::argument(message)
    })
}

/// Rights that a route is about to give.
pub(super) struct GivenRights<'a> {
    pub(super) gives: Gives<'a>,
    /// To whom, if that is one principal.
    pub(super) principal: Option<&'a PrincipalName>,
    /// What the entry says that it is.
    pub(super) subject: &'a str,
}

impl Operation<'_> {
    /// The consent to give rights in an agency; if it needs a second person, the request stops here
    /// until one has approved.
    pub(super) async fn consent(
        &self,
        agency: &AgencyId,
        given: GivenRights<'_>,
        body: &impl Serialize,
    ) -> Result<Consent, Stop> {
        let store = &self.house.store;
        let by = match self.asker.agency() {
            Some(own) if own == agency => By::OwnAdmin,
            Some(_) | None => By::Operator,
        };
        let wanted = Wanted {
            gives: given.gives,
            principal: given.principal,
        };
        if let Some(consent) = store.consent(agency, by, wanted, None).await? {
            return Ok(consent);
        }
        let place = Place::Agency(agency);
        let seconded = self.seconded(place, given.subject, body).await?;
        let consent = store.consent(agency, by, wanted, Some(&seconded)).await?;
        consent.ok_or_else(|| store::Error::from(meta::Error::SamePerson).into())
    }

    /// The approval of this very request by a second person, used up now; if there is none, the
    /// request stops here.
    pub(super) async fn seconded(
        &self,
        place: Place<'_>,
        subject: &str,
        body: &impl Serialize,
    ) -> Result<Seconded, Stop> {
        let store = &self.house.store;
        let person = self.asker.as_person();
        let text = serde_json::json!({ "subject": subject, "request": body }).to_string();
        let action = self.asked.action;
        let request = Request { action, text };
        let Some(id) = self.approval else {
            let record = store.new_approval(place, &request, &person).await?;
            return Err(self.wait(place, subject, record).await?);
        };
        let subject_of = format!("{id} {action} {subject}");
        let draft = self.step("UseApproval", &subject_of);
        let used = store.use_approval(place, id, &request, &person, &draft);
        match used.await {
            Err(store::Error::Metadata(meta::Error::ApprovalWaiting)) => {
                let record = store.approval(place, &id).await?;
                Err(self.wait(place, subject, record).await?)
            }
            other => Ok(other?),
        }
    }

    async fn wait(
        &self,
        place: Place<'_>,
        subject: &str,
        record: ApprovalRecord,
    ) -> Result<Stop, AdminError> {
        let subject = format!("{} {} {subject}", record.id, record.action);
        let draft = self.step("AskApproval", &subject);
        let store = &self.house.store;
        store.ask_approval(place, record.clone(), &draft).await?;
        let agency = match place {
            Place::Agency(agency) => Some(agency.clone()),
            Place::Installation => None,
        };
        Ok(Stop::Waiting(Box::new(Waiting { record, agency })))
    }

    /// The entry of a step on the way to an approval.
    fn step<'a>(&'a self, action: &'static str, subject: &'a str) -> Draft<'a> {
        let draft = self
            .asked
            .draft(Some(self.asker), Some(subject), Outcome::Allowed);
        Draft { action, ..draft }
    }
}

impl<'a> GivenRights<'a> {
    /// Rights that are no access key's.
    pub(super) const fn of(subject: &'a str) -> Self {
        Self {
            gives: Gives::Rights,
            principal: None,
            subject,
        }
    }
}
