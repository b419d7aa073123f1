//! The one table that turns what went wrong into what a client of STS is told.

use std::borrow::Cow;

use crate::api::http::identify::Unidentified;
use crate::api::http::xml::Xml;
use crate::auth::error::BearerError;
use crate::auth::error::Error as AuthError;
use crate::meta;
use crate::store;
use crate::store::body::BodyError;
use crate::types::ids::RequestId;

/// The namespace of STS's documents.
pub(super) const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

macro_rules! codes {
    ($($name:ident $status:literal $message:literal;)*) => {
        /// An error code of STS. Source: AWS STS API Reference, "Common Errors" and each action's.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub(super) enum Code {
            $($name,)*
        }

        impl Code {
            pub(super) const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }

            pub(super) const fn status(self) -> u16 {
                match self {
                    $(Self::$name => $status,)*
                }
            }

            const fn message(self) -> &'static str {
                match self {
                    $(Self::$name => $message,)*
                }
            }
        }
    };
}

codes! {
    AccessDenied 403 "Access denied.";
    ExpiredToken 403 "The security token included in the request is expired.";
    ExpiredTokenException 400 "The web identity token that was passed is expired.";
    IDPCommunicationError 400 "The identity provider could not be reached; try again.";
    IDPRejectedClaim 403 "The web identity token speaks for nobody here.";
    IncompleteSignature 400 "The request signature does not conform to AWS standards.";
    InternalFailure 500 "The store met an internal error; try again.";
    InvalidAction 400 "The action is not one of this store.";
    InvalidClientTokenId 403 "The security token included in the request is invalid.";
    InvalidIdentityToken 400 "The web identity token that was passed could not be validated.";
    MalformedInput 400 "The request is malformed.";
    MalformedPolicyDocument 400 "The session policy is not a policy document.";
    MissingAction 400 "The request must contain the parameter Action.";
    MissingAuthenticationToken 403 "The request must be signed.";
    MissingParameter 400 "A required parameter is missing.";
    PackedPolicyTooLarge 400 "Session policy and tags do not fit into a session token.";
    RequestEntityTooLarge 413 "The request is too large.";
    RequestExpired 400 "The request's time differs too much from the current time.";
    ServiceUnavailable 503 "The store cannot serve this request now; try again.";
    SignatureDoesNotMatch 403 "The signature we calculated does not match the one you provided.";
    Throttling 400 "Please reduce your request rate.";
    ValidationError 400 "The input fails to satisfy the constraints of the API.";
}

/// An answer that is an error. The message is the caller's; the rule goes to the audit entry.
#[derive(Debug)]
pub(super) struct StsError {
    pub(super) code: Code,
    pub(super) message: Option<Cow<'static, str>>,
    /// What went wrong inside.
    pub(super) source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl StsError {
    pub(super) fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            message: Some(message.into()),
            source: None,
        }
    }

    fn because(code: Code, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self {
            source: Some(Box::new(source)),
            ..code.into()
        }
    }

    pub(super) fn sentence(&self) -> &str {
        self.message
            .as_deref()
            .unwrap_or_else(|| self.code.message())
    }

    /// Which rule refused the request, in words for the agency's own log.
    pub(super) fn rule(&self) -> String {
        self.source
            .as_ref()
            .map_or_else(|| self.sentence().to_owned(), |source| source.to_string())
    }

    /// The error document.
    pub(super) fn render(&self, request_id: RequestId) -> String {
        let fault = if self.code.status() < 500 {
            "Sender"
        } else {
            "Receiver"
        };
        let mut xml = Xml::bare();
        xml.raw("<ErrorResponse xmlns=\"").raw(NAMESPACE).raw("\">");
        xml.open("Error")
            .text("Type", fault)
            .text("Code", self.code.name())
            .text("Message", self.sentence())
            .close("Error")
            .text("RequestId", &request_id.to_string());
        xml.finish("ErrorResponse")
    }
}

impl From<Code> for StsError {
    fn from(code: Code) -> Self {
        Self {
            code,
            message: None,
            source: None,
        }
    }
}

impl From<Unidentified> for StsError {
    fn from(error: Unidentified) -> Self {
        use Unidentified as U;
        // Exhaustive on purpose: a new variant must be decided here.
        match error {
            U::Signature(error) => error.into(),
            U::Token(error) => error.into(),
            U::Store(error) => error.into(),
            U::AccessKey | U::Session => Self::because(Code::InvalidClientTokenId, error),
            U::SessionEnded => Self::because(Code::ExpiredToken, error),
        }
    }
}

impl From<AuthError> for StsError {
    fn from(error: AuthError) -> Self {
        use AuthError as E;
        // Exhaustive on purpose: a new variant must be decided here.
        let code = match &error {
            E::TwoMechanisms
            | E::UnknownScheme
            | E::UnsupportedMechanism
            | E::Version2Header
            | E::Version2Query
            | E::Version2Expires
            | E::RepeatedHeader { .. }
            | E::UnreadableHeader { .. }
            | E::Malformed { .. }
            | E::MissingDate
            | E::MissingContentHash
            | E::UnsignedHeader { .. }
            | E::InvalidUri => Code::IncompleteSignature,
            E::WrongRegion { .. }
            | E::InvalidContentHash
            | E::SignedHeaderMissing { .. }
            | E::SignatureMismatch => Code::SignatureDoesNotMatch,
            E::InvalidAccessKeyId | E::SessionToken => Code::InvalidClientTokenId,
            E::TimeSkewed { .. } | E::NotYetValid { .. } | E::Expired { .. } => {
                Code::RequestExpired
            }
        };
        // The words help to put a client right; none of them says what the store holds.
        let message = match code {
            Code::InvalidClientTokenId => None,
            _ => Some(format!("{error}.").into()),
        };
        Self {
            message,
            ..Self::because(code, error)
        }
    }
}

impl From<BearerError> for StsError {
    fn from(error: BearerError) -> Self {
        use BearerError as E;
        // Exhaustive on purpose: a new variant must be decided here.
        let code = match &error {
            E::Expired { .. } => Code::ExpiredTokenException,
            E::KeysUnavailable => Code::IDPCommunicationError,
            E::Agency(_) | E::Principal(_) | E::NoRole => Code::IDPRejectedClaim,
            E::TooLong
            | E::Malformed
            | E::RefusedMember { .. }
            | E::Type
            | E::Algorithm
            | E::UnknownIssuer
            | E::NoKey
            | E::SignatureMismatch
            | E::ClaimMissing { .. }
            | E::ClaimType { .. }
            | E::ClaimValue { .. }
            | E::Ambiguous
            | E::Audience
            | E::NotYetValid { .. }
            | E::TooLongLived => Code::InvalidIdentityToken,
        };
        Self {
            message: Some(format!("{error}.").into()),
            ..Self::because(code, error)
        }
    }
}

impl From<store::Error> for StsError {
    fn from(error: store::Error) -> Self {
        use store::Error as E;
        let code = match &error {
            E::NoSuchAgency | E::AgencySuspended | E::Revoked => Code::AccessDenied,
            E::SessionTooLarge => Code::PackedPolicyTooLarge,
            E::Metadata(meta::Error::Busy) => Code::Throttling,
            E::Metadata(
                meta::Error::Closed
                | meta::Error::Unwritable
                | meta::Error::DiskFull(_)
                | meta::Error::Storage(_),
            )
            | E::Stopping => Code::ServiceUnavailable,
            // Nothing else can happen to a door that touches no document.
            _ => Code::InternalFailure,
        };
        Self::because(code, error)
    }
}

impl From<BodyError> for StsError {
    fn from(error: BodyError) -> Self {
        let code = match error {
            BodyError::TooLarge => Code::RequestEntityTooLarge,
            BodyError::Source => Code::InternalFailure,
            BodyError::Cut
            | BodyError::TooSlow
            | BodyError::TooSmall
            | BodyError::Framing
            | BodyError::Signature
            | BodyError::Trailer
            | BodyError::TrailerValue(_) => Code::MalformedInput,
        };
        Self::because(code, error)
    }
}
