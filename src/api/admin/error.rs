//! The one table that turns what went wrong into what an operator is told, as JSON.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::ToSchema;

use crate::meta;
use crate::store;
use crate::store::body::BodyError;
use crate::types::names::InvalidName;

/// An answer that is an error.
#[derive(Debug)]
pub(super) struct AdminError {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: Cow<'static, str>,
    /// What went wrong inside, for the log.
    pub(super) source: Option<String>,
}

/// The body of an error.
#[derive(Serialize, ToSchema)]
pub(super) struct ErrorBody {
    pub(super) error: ErrorDetail,
}

/// What went wrong.
#[derive(Serialize, ToSchema)]
pub(super) struct ErrorDetail {
    /// For programs; never changes.
    pub(super) code: String,
    /// For people.
    pub(super) message: String,
    /// The request, as the audit entry and the log know it.
    pub(super) request_id: String,
}

impl AdminError {
    pub(super) fn new(
        status: u16,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            source: None,
        }
    }

    /// Something in the request cannot be what it says.
    pub(super) fn argument(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(400, "invalid_argument", message)
    }

    pub(super) fn invalid(what: &str, error: InvalidName) -> Self {
        Self::argument(format!("The {what} is {error}."))
    }
}

impl From<store::Error> for AdminError {
    fn from(error: store::Error) -> Self {
        if let store::Error::Metadata(refused) = &error
            && let Some((status, code, message)) = of_subject(refused)
                .or(of_identity(refused))
                .or(of_people(refused))
                .or(of_grant(refused))
        {
            return Self::new(status, code, message);
        }
        let (status, code, message) = match &error {
            store::Error::NoSuchAgency | store::Error::Metadata(meta::Error::NoSuchAgency) => {
                (404, "no_such_agency", "There is no agency of this name.")
            }
            store::Error::OtherAgency(_) => (
                503,
                "other_agency_not_told",
                "This counts for this agency. The other one could not be told yet, and will be.",
            ),
            store::Error::AgencySuspended => (403, "forbidden", "The agency is suspended."),
            store::Error::Revoked => (403, "forbidden", "The token was revoked."),
            store::Error::Metadata(meta::Error::AgencyExists) => (
                409,
                "agency_exists",
                "There is an agency of this name already.",
            ),
            store::Error::Metadata(meta::Error::NoSuchBucket) => (
                404,
                "no_such_bucket",
                "The agency has no bucket of this name.",
            ),
            store::Error::Metadata(meta::Error::NoSuchWebhook) => (
                404,
                "no_such_webhook",
                "The agency has no webhook of this name.",
            ),
            store::Error::Metadata(meta::Error::NoSuchAccessKey) => (
                404,
                "no_such_access_key",
                "The agency has no access key of this id.",
            ),
            store::Error::Metadata(meta::Error::LimitReached(_)) | store::Error::Limit(_) => (
                409,
                "limit_reached",
                "There are as many of these as there may be.",
            ),
            store::Error::Metadata(meta::Error::Busy) => {
                (503, "busy", "The store is busy; try again.")
            }
            store::Error::Metadata(
                meta::Error::Unwritable
                | meta::Error::Closed
                | meta::Error::DiskFull(_)
                | meta::Error::Storage(_),
            )
            | store::Error::Stopping => (
                503,
                "unavailable",
                "The store cannot write at present; try again.",
            ),
            _ => (
                500,
                "internal",
                "The store met an internal error; see its log.",
            ),
        };
        let mut told = Self::new(status, code, message);
        told.source = Some(error.to_string());
        told
    }
}

impl From<BodyError> for AdminError {
    fn from(error: BodyError) -> Self {
        let (status, code, message) = match error {
            BodyError::TooLarge => (413, "body_too_large", "The body is larger than 64 KiB."),
            BodyError::TooSlow => (408, "body_too_slow", "The body came too slowly."),
            BodyError::Cut
            | BodyError::TooSmall
            | BodyError::Framing
            | BodyError::Signature
            | BodyError::Trailer
            | BodyError::TrailerValue(_)
            | BodyError::Source => (400, "body_cut", "The body ended before its end."),
        };
        Self::new(status, code, message)
    }
}

/// What is told of a refused step with a grant.
const fn of_grant(error: &meta::Error) -> Option<(u16, &'static str, &'static str)> {
    Some(match error {
        meta::Error::NoSuchGrant => (
            404,
            "no_such_grant",
            "The agency knows no grant of this number.",
        ),
        meta::Error::GrantState => (
            409,
            "grant_state",
            "The grant's state does not allow this to this agency; see the list of grants.",
        ),
        meta::Error::AliasTaken => (
            409,
            "alias_taken",
            "The agency has a bucket or an alias of this name already.",
        ),
        _ => return None,
    })
}

/// What is told of a refused change of who is believed.
const fn of_identity(error: &meta::Error) -> Option<(u16, &'static str, &'static str)> {
    Some(match error {
        meta::Error::IssuerExists => (
            409,
            "issuer_exists",
            "The agency has an issuer of this name already.",
        ),
        meta::Error::NoSuchIssuer => (
            404,
            "no_such_issuer",
            "The agency has no issuer of this name.",
        ),
        meta::Error::NoSuchRevocation => {
            (404, "no_such_revocation", "The principal is not revoked.")
        }
        _ => return None,
    })
}

/// What is told of a refused change of an agency key, a role or a group.
const fn of_subject(error: &meta::Error) -> Option<(u16, &'static str, &'static str)> {
    Some(match error {
        meta::Error::NoSuchRole => (
            404,
            "no_such_role",
            "The agency has no role of its own of this name.",
        ),
        meta::Error::NoSuchMember => (
            404,
            "no_such_member",
            "The role or the group has no such member.",
        ),
        meta::Error::NoSuchAgencyKey => (404, "no_such_key", "The agency has no key of this name."),
        meta::Error::AgencyKeyExists => (
            409,
            "key_exists",
            "The agency has, or had, a key of this name.",
        ),
        meta::Error::AgencyKeyState => (
            409,
            "key_state",
            "The key's state does not allow this; see the list of keys.",
        ),
        meta::Error::AgencyKeyInUse => (
            409,
            "key_in_use",
            "Older versions of the key are in use, or not yet known not to be; see its rewrapping.",
        ),
        meta::Error::Locked => (
            409,
            "versions_locked",
            "The key seals locked versions: it stays until every retention is over and every \
             legal hold is off.",
        ),
        meta::Error::DefaultAgencyKey => (
            409,
            "default_key",
            "The default key is neither retired nor destroyed while its agency is in use.",
        ),
        _ => return None,
    })
}

/// What is told where two people are needed.
const fn of_people(error: &meta::Error) -> Option<(u16, &'static str, &'static str)> {
    Some(match error {
        meta::Error::NoSuchApproval => (
            404,
            "no_such_approval",
            "No request waits under this id here.",
        ),
        meta::Error::ApprovalOfAnother => (
            409,
            "approval_of_another",
            "The approval is of another request, or of another asker's.",
        ),
        meta::Error::ApprovalWaiting => (
            409,
            "approval_waiting",
            "Nobody has approved the request yet.",
        ),
        meta::Error::ApprovalOver => (
            409,
            "approval_over",
            "The request was refused or carried out, or its time is over; ask again without it.",
        ),
        meta::Error::NoSuchOperator => (
            404,
            "no_such_operator",
            "There is no operator of this name.",
        ),
        meta::Error::OperatorExists => (
            409,
            "operator_exists",
            "There is, or was, an operator of this name.",
        ),
        meta::Error::LastOperator => (
            409,
            "last_operator",
            "The last operator stays: make another one first.",
        ),
        meta::Error::SamePerson => (
            409,
            "second_person",
            "Another person than the one who asked for it has to confirm.",
        ),
        _ => return None,
    })
}
