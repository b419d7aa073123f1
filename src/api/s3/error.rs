//! The one table that turns what went wrong into what a client of S3 is told.

use std::borrow::Cow;

use crate::access::decision::Refusal;
use crate::api::http::identify::Unidentified;
use crate::api::http::target::TargetError;
use crate::api::http::xml::Xml;
use crate::api::http::xml::XmlError;
use crate::auth::error::BearerError;
use crate::auth::error::Error as AuthError;
use crate::auth::error::Fault;
use crate::auth::error::Place;
use crate::blobs;
use crate::keys;
use crate::meta;
use crate::store;
use crate::store::body::BodyError;
use crate::store::error::CustomerKeyRefusal;
use crate::store::error::Digest;
use crate::types::ids::RequestId;
use crate::types::limits;
use crate::types::tags::TagError;

use super::code::Code;
use super::particulars;

/// An answer that is an error. The message is the caller's; the source goes to the log, the rule to
/// the audit entry.
#[derive(Debug)]
pub struct S3Error {
    /// The code.
    pub code: Code,
    /// What the caller reads; the code's own sentence if there is none.
    pub message: Option<Cow<'static, str>>,
    /// More elements of the error document, by name.
    pub details: Vec<(&'static str, String)>,
    /// Headers that go with it, by name.
    pub headers: Vec<(&'static str, String)>,
    /// What went wrong inside, for the log.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl S3Error {
    /// An error with a message of its own.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            message: Some(message.into()),
            details: Vec::new(),
            headers: Vec::new(),
            source: None,
        }
    }

    /// The refusal of something that this version does not do.
    pub fn not_implemented(what: &str) -> Self {
        Self::new(
            Code::NotImplemented,
            format!("{what} is not implemented by this store."),
        )
    }

    /// An argument that cannot be what it says.
    pub fn argument(
        name: &'static str,
        value: &str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(Code::InvalidArgument, message)
            .with("ArgumentName", name.to_owned())
            .with("ArgumentValue", excerpt(value))
    }

    /// A document of ours that does not read back: what it would have allowed is refused (law 8).
    pub fn unreadable(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self {
            source: Some(Box::new(source)),
            ..Code::InternalError.into()
        }
    }

    /// Adds an element to the error document.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: String) -> Self {
        self.details.push((name, value));
        self
    }

    /// Adds an element to the error document, unless it has one of this name.
    #[must_use]
    pub(super) fn or_with(self, name: &'static str, value: Option<String>) -> Self {
        match value {
            Some(value) if self.detail(name).is_none() => self.with(name, value),
            _ => self,
        }
    }

    /// What an element of the error document says, if there is one.
    pub(super) fn detail(&self, name: &str) -> Option<&str> {
        let mut named = self.details.iter().filter(|(known, _)| *known == name);
        named.next().map(|(_, value)| value.as_str())
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The sentence that the caller reads.
    pub fn sentence(&self) -> &str {
        self.message
            .as_deref()
            .unwrap_or_else(|| self.code.message())
    }

    /// Which rule refused the request, in words for the agency's own log.
    pub fn rule(&self) -> String {
        self.source
            .as_ref()
            .map_or_else(|| self.sentence().to_owned(), |source| source.to_string())
    }

    /// The error document.
    pub fn render(&self, resource: &str, request_id: RequestId) -> String {
        let mut xml = Xml::bare();
        xml.open("Error")
            .text("Code", self.code.name())
            .text("Message", self.sentence());
        for (name, value) in &self.details {
            xml.text(name, value);
        }
        let request_id = request_id.to_string();
        xml.text("Resource", resource)
            .text("RequestId", &request_id)
            .text("HostId", &request_id);
        xml.finish("Error")
    }
}

impl From<Code> for S3Error {
    fn from(code: Code) -> Self {
        Self {
            code,
            message: None,
            details: Vec::new(),
            headers: Vec::new(),
            source: None,
        }
    }
}

impl From<Refusal> for S3Error {
    fn from(refusal: Refusal) -> Self {
        Self {
            source: Some(Box::new(refusal)),
            ..Code::AccessDenied.into()
        }
    }
}

impl From<AuthError> for S3Error {
    fn from(error: AuthError) -> Self {
        use AuthError as E;
        // Exhaustive on purpose: a new variant must be decided here.
        let code = match &error {
            E::TwoMechanisms | E::UnknownScheme | E::InvalidContentHash | E::Version2Header => {
                Code::InvalidArgument
            }
            E::MissingContentHash
            | E::UnsupportedMechanism
            | E::RepeatedHeader { .. }
            | E::UnreadableHeader { .. } => Code::InvalidRequest,
            E::Malformed { place, .. } | E::WrongRegion { place, .. } => match place {
                Place::Header => Code::AuthorizationHeaderMalformed,
                Place::Query => Code::AuthorizationQueryParametersError,
                Place::Form => Code::InvalidArgument,
            },
            E::MissingDate
            | E::Version2Query
            | E::Version2Expires
            | E::UnsignedHeader { .. }
            | E::NotYetValid { .. }
            | E::Expired { .. } => Code::AccessDenied,
            E::SignedHeaderMissing { .. } | E::SignatureMismatch => Code::SignatureDoesNotMatch,
            E::InvalidUri => Code::InvalidURI,
            E::InvalidAccessKeyId => Code::InvalidAccessKeyId,
            E::SessionToken => Code::InvalidToken,
            E::TimeSkewed { .. } => Code::RequestTimeTooSkewed,
        };
        let told = Self::new(code, sentence(&error.to_string()));
        match error {
            E::TwoMechanisms | E::UnknownScheme | E::Version2Header => {
                // Its value is a credential, or would be one elsewhere.
                told.with("ArgumentName", "Authorization".to_owned())
            }
            E::WrongRegion {
                expected, place, ..
            } => told
                .with("Region", expected.into())
                .or_with("ArgumentName", field(place, Fault::Credential)),
            E::Malformed { place, fault } => told.or_with("ArgumentName", field(place, fault)),
            E::TimeSkewed { request, server } => told
                .with("RequestTime", request.amz_date())
                .with("ServerTime", server.iso8601())
                .with("MaxAllowedSkewMilliseconds", SKEW_MILLIS.to_string()),
            E::UnsignedHeader { names } => told.with("HeadersNotSigned", names.into()),
            E::Expired {
                at,
                server,
                lifetime,
            } => told
                .or_with("X-Amz-Expires", lifetime.map(|seconds| seconds.to_string()))
                .with("Expires", at.iso8601())
                .with("ServerTime", server.iso8601()),
            _ => told,
        }
    }
}

/// The field of a form that a fault is in.
fn field(place: Place, fault: Fault) -> Option<String> {
    use Fault as F;
    let name = match fault {
        _ if place != Place::Form => return None,
        F::Credential | F::CredentialDate | F::Service | F::Terminator => "x-amz-credential",
        F::Algorithm => "x-amz-algorithm",
        F::Date => "x-amz-date",
        F::Signature => "x-amz-signature",
        F::MissingComponent(_)
        | F::Components
        | F::MissingParameter
        | F::RepeatedParameter
        | F::SignedHeaders
        | F::HostNotSigned
        | F::Expires
        | F::ExpiresTooSoon
        | F::ExpiresTooLate => return None,
    };
    Some(name.to_owned())
}

/// As much of what the caller sent as an error repeats.
pub(super) fn excerpt(text: &str) -> String {
    text.chars().take(256).collect()
}

const SKEW_MILLIS: i64 = limits::CLOCK_SKEW_SECONDS * 1_000;

/// A room's error as a sentence for the caller.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(characters).chain(['.']).collect()
}

impl From<BearerError> for S3Error {
    fn from(error: BearerError) -> Self {
        use BearerError as E;
        // Exhaustive on purpose: a new variant must be decided here.
        let code = match &error {
            E::Expired { .. } => Code::ExpiredToken,
            E::KeysUnavailable => Code::ServiceUnavailable,
            E::Agency(_) | E::Principal(_) | E::NoRole => Code::AccessDenied,
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
            | E::TooLongLived => Code::InvalidToken,
        };
        Self::new(code, sentence(&error.to_string()))
    }
}

impl From<Unidentified> for S3Error {
    fn from(error: Unidentified) -> Self {
        use Unidentified as U;
        // Exhaustive on purpose: a new variant must be decided here.
        match error {
            U::Signature(error) => error.into(),
            U::Token(error) => error.into(),
            U::Store(error) => error.into(),
            U::AccessKey => Code::InvalidAccessKeyId.into(),
            U::Session => Code::InvalidToken.into(),
            U::SessionEnded => Code::ExpiredToken.into(),
        }
    }
}

impl From<TargetError> for S3Error {
    fn from(error: TargetError) -> Self {
        match error {
            TargetError::Encoding => Self::new(Code::InvalidURI, error.to_string()),
            TargetError::Repeated => Self::new(Code::InvalidArgument, error.to_string()),
        }
    }
}

impl From<TagError> for S3Error {
    fn from(error: TagError) -> Self {
        let code = match error {
            TagError::TooManyOfObject | TagError::TooManyOfBucket => Code::BadRequest,
            TagError::Key | TagError::Value | TagError::System | TagError::Repeated => {
                Code::InvalidTag
            }
        };
        Self::new(code, error.to_string())
    }
}

impl From<XmlError> for S3Error {
    fn from(error: XmlError) -> Self {
        // Exhaustive on purpose: a new variant must be decided here.
        let code = match &error {
            XmlError::Empty => Code::MissingRequestBodyError,
            XmlError::NotText | XmlError::DocumentType | XmlError::Root(_) | XmlError::Shape(_) => {
                Code::MalformedXML
            }
        };
        Self {
            source: Some(Box::new(error)),
            ..code.into()
        }
    }
}

impl From<BodyError> for S3Error {
    fn from(error: BodyError) -> Self {
        let code = match error {
            BodyError::Cut => Code::IncompleteBody,
            BodyError::TooSlow => Code::RequestTimeout,
            BodyError::TooLarge => Code::EntityTooLarge,
            BodyError::TooSmall => Code::EntityTooSmall,
            BodyError::Framing => Code::IncompleteBody,
            BodyError::Signature => Code::SignatureDoesNotMatch,
            BodyError::Trailer => Code::MalformedTrailerError,
            BodyError::TrailerValue(_) => Code::InvalidRequest,
            BodyError::Source => Code::InternalError,
        };
        match error {
            // What is too slow, too large or too small has its own sentence, which is S3's.
            BodyError::TooSlow
            | BodyError::Framing
            | BodyError::TooLarge
            | BodyError::TooSmall
            | BodyError::Cut
            | BodyError::Trailer => code.into(),
            _ => Self::new(code, sentence(&error.to_string())),
        }
    }
}

impl From<meta::Error> for S3Error {
    fn from(error: meta::Error) -> Self {
        store::Error::from(error).into()
    }
}

impl From<store::Error> for S3Error {
    fn from(error: store::Error) -> Self {
        use blobs::error::Error as B;
        use store::Error as E;
        // Exhaustive on purpose: a new variant must be decided here.
        let code = match &error {
            E::Body(error) => return (*error).into(),
            E::Metadata(error) => of_metadata(error),
            E::NoSuchAgency | E::AgencySuspended | E::Revoked => Code::AccessDenied,
            E::BadDigest(Digest::Md5 { .. } | Digest::Checksum(_))
            | E::BadObjectChecksum(_)
            | E::BadPartChecksum { .. } => Code::BadDigest,
            E::BadDigest(Digest::Sha256 { .. }) => Code::XAmzContentSHA256Mismatch,
            E::BadObjectSize { .. }
            | E::ObjectChecksumKind(_)
            | E::PartChecksum { .. }
            | E::NoPartChecksum { .. } => Code::InvalidRequest,
            E::InvalidRange => Code::InvalidRange,
            E::InvalidPart(_) => Code::InvalidPart,
            E::Limit(_) | E::SessionTooLarge => Code::InvalidRequest,
            E::Blobs(
                B::Full(_) | B::Remote(_) | B::Denied(_) | B::NoBucket(_) | B::Taken | B::Stopping,
            )
            | E::Stopping
            | E::OtherAgency(_) => Code::ServiceUnavailable,
            E::KeyUnavailable(keys::error::Error::Destroyed(_))
            | E::KeyUnavailable(keys::error::Error::NoActiveVersion) => Code::KmsDisabled,
            E::CustomerKey(refusal) => return of_customer_key(*refusal),
            E::UnreadableDocument(_) => Code::InternalError,
            E::KeyUnavailable(_) | E::Damaged | E::Blobs(_) | E::Keys(_) => Code::InternalError,
        };
        Self {
            message: particulars::sentence(&error),
            details: particulars::of_store(&error),
            source: Some(Box::new(error)),
            ..code.into()
        }
    }
}

/// The sentences are S3's own; a wrong key is refused like a wrong signature, without a word.
fn of_customer_key(refusal: CustomerKeyRefusal) -> S3Error {
    use CustomerKeyRefusal as R;
    let message = match refusal {
        R::ObjectHasAnother => {
            return S3Error {
                source: Some(Box::new(refusal)),
                ..Code::AccessDenied.into()
            };
        }
        R::ObjectNeedsOne => {
            "The object was stored using a form of Server Side Encryption. The correct parameters \
             must be provided to retrieve the object."
        }
        R::UploadNeedsOne => {
            "The multipart upload initiate requested encryption. Subsequent part requests must \
             include the appropriate encryption parameters."
        }
        R::UploadHasAnother => {
            "The provided encryption parameters did not match the ones used originally."
        }
        R::NotNeeded => "The encryption parameters are not applicable to this object.",
    };
    S3Error::new(Code::InvalidRequest, message)
}

fn of_metadata(error: &meta::Error) -> Code {
    use meta::Error as E;
    // Exhaustive on purpose: a new variant must be decided here.
    match error {
        E::BucketExists { .. } | E::AliasTaken => Code::BucketAlreadyExists,
        E::NoSuchBucket => Code::NoSuchBucket,
        E::BucketNotEmpty => Code::BucketNotEmpty,
        E::VersioningChanged | E::DocumentChanged => Code::ConditionalRequestConflict,
        E::PreconditionFailed => Code::PreconditionFailed,
        E::NoSuchObject => Code::NoSuchKey,
        E::Locked => Code::AccessDenied,
        E::NotVersioned | E::Lockable => Code::InvalidBucketState,
        E::NoSuchUpload => Code::NoSuchUpload,
        E::InvalidPart { .. } => Code::InvalidPart,
        E::InvalidPartOrder => Code::InvalidPartOrder,
        E::EntityTooSmall { .. } => Code::EntityTooSmall,
        E::EntityTooLarge => Code::EntityTooLarge,
        E::QuotaExceeded => Code::QuotaExceeded,
        E::NoSuchInventory => Code::NoSuchConfiguration,
        E::LimitReached(meta::Limited::Buckets) => Code::TooManyBuckets,
        E::LimitReached(meta::Limited::Inventories) => Code::TooManyConfigurations,
        E::LimitReached(_) | E::Busy => Code::SlowDown,
        E::Closed | E::Unwritable | E::DiskFull(_) | E::Storage(_) => Code::ServiceUnavailable,
        E::NoSuchAgencyKey => Code::KmsNotFound,
        E::AgencyKeyExists
        | E::AgencyKeyState
        | E::AgencyKeyInUse
        | E::DefaultAgencyKey
        | E::SamePerson
        | E::AccessKeyExists
        | E::NoSuchAccessKey
        | E::NoSuchApproval
        | E::ApprovalOfAnother
        | E::ApprovalWaiting
        | E::ApprovalOver
        | E::NoSuchOperator
        | E::LastOperator
        | E::NoSuchWebhook
        | E::NoSuchRevocation
        | E::NoSuchRole
        | E::NoSuchMember
        | E::IssuerExists
        | E::NoSuchIssuer
        | E::NoSuchGrant
        | E::GrantState
        | E::AgencyExists
        | E::AgencyCodeTaken
        | E::NoSuchAgency
        | E::OperatorExists
        | E::WrongKey
        | E::NewerSchema { .. }
        | E::WrongKind
        | E::OldSqlite { .. }
        | E::Unreadable(_)
        | E::AuditGap { .. }
        | E::Engine(_)
        | E::File(_) => Code::InternalError,
    }
}
