//! What can be wrong with a caller's proof of who they are.
//!
//! Each variant names the S3 code that it is meant for; `api` has the table.

use thiserror::Error;

use crate::types::clock::Time;
use crate::types::names::InvalidName;

/// Where the caller put the parts of a Signature Version 4.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// The `Authorization` header. A fault is meant for `AuthorizationHeaderMalformed`, 400.
    Header,
    /// The query of a presigned URL. A fault is meant for `AuthorizationQueryParametersError`, 400.
    Query,
    /// The fields of a form. A fault is meant for `InvalidArgument`, 400.
    Form,
}

/// What is wrong with the form of a Signature Version 4.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum Fault {
    /// One of the three parts of the header is missing.
    #[error("missing {0}")]
    MissingComponent(&'static str),
    /// The header is not a list of `Credential=…, SignedHeaders=…, Signature=…`, each once.
    #[error(
        "the authorization header requires three components: Credential, SignedHeaders, and \
         Signature"
    )]
    Components,
    /// A query parameter that a presigned URL needs is missing.
    #[error(
        "query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, \
         X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters"
    )]
    MissingParameter,
    /// A query parameter of the signature comes twice.
    #[error("a query parameter of the signature comes more than once")]
    RepeatedParameter,
    /// The algorithm is not `AWS4-HMAC-SHA256`; `AWS4-ECDSA-P256-SHA256` is not spoken here.
    #[error("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"")]
    Algorithm,
    /// The credential is not `<access key id>/<yyyymmdd>/<region>/<service>/aws4_request`.
    #[error(
        "the Credential is mal-formed; expecting \
         \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\""
    )]
    Credential,
    /// The date of the credential is not the day of the request's time stamp.
    #[error("the date in the credential is not the date of the request")]
    CredentialDate,
    /// The credential is for another service.
    #[error("the credential is for another service")]
    Service,
    /// The credential does not end in `aws4_request`.
    #[error("incorrect terminal. This endpoint uses \"aws4_request\"")]
    Terminator,
    /// The signed headers are not a sorted list of lower-case names, each once.
    #[error("SignedHeaders is not a sorted list of lower-case names separated by ;")]
    SignedHeaders,
    /// `host` is not among the signed headers.
    #[error("the host header must be signed")]
    HostNotSigned,
    /// The signature is not 64 lower-case hexadecimal digits.
    #[error("the signature is not 64 lower-case hexadecimal digits")]
    Signature,
    /// `X-Amz-Date` is not `yyyymmddThhmmssZ`.
    #[error("X-Amz-Date must be in the format yyyyMMddTHHmmssZ")]
    Date,
    /// `X-Amz-Expires` is no number.
    #[error("X-Amz-Expires should be a number")]
    Expires,
    /// `X-Amz-Expires` is less than a second.
    #[error("X-Amz-Expires must be at least one second")]
    ExpiresTooSoon,
    /// `X-Amz-Expires` is more than a week.
    #[error(
        "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires \
         must be less than 604800 seconds"
    )]
    ExpiresTooLate,
}

/// Why a request was refused before anyone asked what it wants.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum Error {
    /// More than one way of authenticating at once. Meant for `InvalidArgument`, 400.
    #[error("only one authentication mechanism is allowed")]
    TwoMechanisms,
    /// Signature Version 2, which is not spoken unless a setting lets it. Meant for
    /// `InvalidRequest`, 400.
    #[error(
        "the authorization mechanism you have provided is not supported. Please use \
         AWS4-HMAC-SHA256"
    )]
    UnsupportedMechanism,
    /// A scheme that S3 does not have, such as `Basic`. Meant for `InvalidArgument`, 400.
    #[error("unsupported Authorization Type")]
    UnknownScheme,
    /// A Signature Version 2 out of form in the header. Meant for `InvalidArgument`, 400.
    #[error("the AWS authorization header is invalid; expected AwsAccessKeyId:signature")]
    Version2Header,
    /// A URL presigned with Signature Version 2 that lacks a part. Meant for `AccessDenied`, 403.
    #[error(
        "query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
    )]
    Version2Query,
    /// A URL presigned with Signature Version 2 that does not say until when. Meant for
    /// `AccessDenied`, 403.
    #[error("invalid date: Expires should be seconds since epoch")]
    Version2Expires,
    /// A Signature Version 4 out of form. The code depends on [`Place`].
    #[error("{}{fault}", beginning(*.place, *.fault))]
    Malformed {
        /// Where it stood.
        place: Place,
        /// What is wrong.
        #[source]
        fault: Fault,
    },
    /// The credential is for another region; the answer tells the right one, by which clients
    /// correct themselves. The code depends on [`Place`].
    #[error("{}the region '{found}' is wrong; expecting '{expected}'", in_credential(*.place))]
    WrongRegion {
        /// Where it stood.
        place: Place,
        /// The region that it is for.
        found: Box<str>,
        /// The region of this installation.
        expected: Box<str>,
    },
    /// Neither `x-amz-date` nor `date`, or neither readable. Meant for `AccessDenied`, 403.
    #[error("AWS authentication requires a valid Date or x-amz-date header")]
    MissingDate,
    /// A signed request without `x-amz-content-sha256`. Meant for `InvalidRequest`, 400.
    #[error("missing required header for this request: x-amz-content-sha256")]
    MissingContentHash,
    /// `x-amz-content-sha256` has a value that is not known here. Meant for `InvalidArgument`, 400.
    #[error(
        "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, \
         STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-UNSIGNED-PAYLOAD-TRAILER, or a \
         SHA-256 in hexadecimal"
    )]
    InvalidContentHash,
    /// An `x-amz-*` or `x-acervo-*` header that the signature does not cover: somebody may have
    /// added it on the way. Meant for `AccessDenied`, 403.
    #[error("there were headers present in the request which were not signed")]
    UnsignedHeader {
        /// The names of all of them, after commas.
        names: Box<str>,
    },
    /// A header that was signed did not arrive. Meant for `SignatureDoesNotMatch`, 403.
    #[error("the header {name} was signed but is not present in the request")]
    SignedHeaderMissing {
        /// Its name.
        name: Box<str>,
    },
    /// A header that may come only once came twice. Meant for `InvalidRequest`, 400.
    #[error("the header {name} comes more than once")]
    RepeatedHeader {
        /// Its name.
        name: &'static str,
    },
    /// A header that must be text is not. Meant for `InvalidRequest`, 400.
    #[error("the header {name} is not readable text")]
    UnreadableHeader {
        /// Its name.
        name: &'static str,
    },
    /// A `%` without its two hexadecimal digits. Meant for `InvalidURI`, 400.
    #[error("the request target is not well percent-encoded")]
    InvalidUri,
    /// The access key id has not the form of one of this store. Meant for `InvalidAccessKeyId`,
    /// 403.
    #[error("the AWS Access Key Id you provided does not exist in our records")]
    InvalidAccessKeyId,
    /// A session token that cannot be one: too long, or two that differ. Meant for `InvalidToken`,
    /// 400.
    #[error("the session token is not valid")]
    SessionToken,
    /// The clocks of client and server differ too much. Meant for `RequestTimeTooSkewed`, 403.
    #[error("the difference between the request time and the current time is too large")]
    TimeSkewed {
        /// The time in the request.
        request: Time,
        /// The time here.
        server: Time,
    },
    /// A presigned URL of the future. Meant for `AccessDenied`, 403.
    #[error("the request is not valid yet")]
    NotYetValid {
        /// When it begins.
        from: Time,
    },
    /// A presigned URL of the past. Meant for `AccessDenied`, 403, with `Expires` and `ServerTime`.
    #[error("request has expired")]
    Expired {
        /// When it ended.
        at: Time,
        /// The time here.
        server: Time,
        /// The seconds that it was given, if it was.
        lifetime: Option<i64>,
    },
    /// The signature is not the one made with the secret. Meant for `SignatureDoesNotMatch`, 403.
    #[error(
        "the request signature we calculated does not match the signature you provided. Check \
         your key and signing method"
    )]
    SignatureMismatch,
}

/// How S3 begins the sentence of a fault.
const fn beginning(place: Place, fault: Fault) -> &'static str {
    match (place, fault) {
        (Place::Header, _) => "the authorization header is malformed; ",
        (Place::Query, Fault::Credential | Fault::Service | Fault::Terminator) => {
            in_credential(place)
        }
        (Place::Query | Place::Form, _) => "",
    }
}

/// How S3 begins the sentence of a fault in the credential.
const fn in_credential(place: Place) -> &'static str {
    match place {
        Place::Header => "the authorization header is malformed; ",
        Place::Query => "error parsing the X-Amz-Credential parameter; ",
        Place::Form => "",
    }
}

impl Error {
    pub(super) const fn malformed(place: Place, fault: Fault) -> Self {
        Self::Malformed { place, fault }
    }
}

/// What is wrong with a body framed as aws-chunked.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum ChunkError {
    /// The framing is of signed chunks, but the request itself is not signed (a Bearer token).
    /// Meant for `InvalidRequest`, 400.
    #[error("signed chunks need a signed request")]
    NotSigned,
    /// A chunk's header line is longer than it can need to be. Meant for `InvalidRequest`, 400.
    #[error("a chunk's header is too long")]
    HeaderTooLong,
    /// A chunk's size is not hexadecimal. Meant for `InvalidRequest`, 400.
    #[error("a chunk's size is not a hexadecimal number")]
    InvalidSize,
    /// A chunk is larger than any client sends. Meant for `InvalidChunkSizeError`, 403.
    #[error("a chunk of {bytes} bytes is too large")]
    ChunkTooLarge {
        /// Its size.
        bytes: u64,
    },
    /// A line does not end in CRLF where it must. Meant for `InvalidRequest`, 400.
    #[error("the chunks are not framed as aws-chunked")]
    Framing,
    /// A chunk of the unsigned framing has an extension. Meant for `InvalidRequest`, 400.
    #[error("a chunk's header has an extension, where the framing has none")]
    UnexpectedExtension,
    /// A signature is missing or not 64 digits. Meant for `SignatureDoesNotMatch`, 403.
    #[error("a chunk or the trailers have no signature")]
    SignatureMissing,
    /// A signature is not the one of these bytes. Meant for `SignatureDoesNotMatch`, 403.
    #[error("the signature of a chunk or of the trailers does not match")]
    SignatureMismatch,
    /// More bytes than `x-amz-decoded-content-length`. Meant for `IncompleteBody`, 400.
    #[error("the body is longer than x-amz-decoded-content-length")]
    LongerThanAnnounced,
    /// Fewer bytes than `x-amz-decoded-content-length`. Meant for `IncompleteBody`, 400.
    #[error("the body is {missing} bytes shorter than x-amz-decoded-content-length")]
    ShorterThanAnnounced {
        /// The bytes that did not come.
        missing: u64,
    },
    /// The body ended before its last chunk, or inside a line. Meant for `IncompleteBody`, 400.
    #[error("the body ended before its last chunk")]
    Incomplete,
    /// More trailers announced than there can be. Meant for `InvalidRequest`, 400.
    #[error("too many trailers")]
    TooManyTrailers,
    /// Trailers announced in a framing without. Meant for `InvalidRequest`, 400.
    #[error("x-amz-trailer in a request whose framing has no trailers")]
    TrailersNotAllowed,
    /// The trailers together are too long. Meant for `MalformedTrailerError`, 400.
    #[error("the trailers are too long")]
    TrailersTooLong,
    /// A line that is no trailer, one that comes twice, or anything after the end. Meant for
    /// `MalformedTrailerError`, 400.
    #[error("the trailers, or their announcement, are out of form")]
    MalformedTrailer,
    /// A trailer that `x-amz-trailer` does not name. Meant for `MalformedTrailerError`, 400.
    #[error("a trailer that x-amz-trailer does not announce")]
    UnannouncedTrailer,
    /// A trailer that `x-amz-trailer` names did not come. Meant for `MalformedTrailerError`, 400.
    #[error("the trailer {name} was announced but did not come")]
    TrailerMissing {
        /// Its name.
        name: Box<str>,
    },
}

/// Why a Bearer token was refused. Meant for `InvalidToken`, 400, but where a variant says
/// otherwise; the caller learns no more, the log has the variant.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum BearerError {
    /// More than [`crate::types::limits::TOKEN_BYTES_MAX`].
    #[error("the token is too long")]
    TooLong,
    /// Not three parts of base64url, of which two are JSON objects without repeated members.
    #[error("the token is not a signed JSON Web Token")]
    Malformed,
    /// A header member that is never right here.
    #[error("the token's header has the member {member}")]
    RefusedMember {
        /// Its name.
        member: &'static str,
    },
    /// A `typ` of tokens for other uses.
    #[error("the token is not an access token by its type")]
    Type,
    /// An algorithm that the issuer may not use, or nobody.
    #[error("the token's algorithm is not one that its issuer may use")]
    Algorithm,
    /// No configured issuer has this `iss`.
    #[error("the token's issuer is not configured")]
    UnknownIssuer,
    /// The issuer has no key of this name that fits the algorithm, or, without a name, not exactly
    /// one that fits.
    #[error("the token's issuer has no such key for this algorithm")]
    NoKey,
    /// The signature is not one of the issuer's key.
    #[error("the token's signature does not match")]
    SignatureMismatch,
    /// A claim that must be there is not.
    #[error("the token has no claim {claim}")]
    ClaimMissing {
        /// Its name or path.
        claim: Box<str>,
    },
    /// A claim has a value of another type.
    #[error("the token's claim {claim} has a value of the wrong type")]
    ClaimType {
        /// Its name or path.
        claim: Box<str>,
    },
    /// A claim has not the one value that was asked for.
    #[error("the token's claim {claim} has not the value that is asked for")]
    ClaimValue {
        /// Its name or path.
        claim: Box<str>,
    },
    /// Two issuers of the same name and audience could have signed it.
    #[error("the token could be of two issuers")]
    Ambiguous,
    /// The issuer's keys were never fetched yet. Meant for `ServiceUnavailable`, 503.
    #[error("the keys of the token's issuer could not be fetched yet")]
    KeysUnavailable,
    /// The token is for others.
    #[error("the token is for another audience")]
    Audience,
    /// The token has ended. Meant for `ExpiredToken`, 400.
    #[error("the token has expired")]
    Expired {
        /// When.
        at: Time,
    },
    /// The token, by `nbf` or `iat`, begins in the future.
    #[error("the token is not valid yet")]
    NotYetValid {
        /// When it begins.
        from: Time,
    },
    /// The token lives longer than its issuer's tokens may.
    #[error("the token's lifetime is longer than its issuer may give")]
    TooLongLived,
    /// The agency that it names cannot be one. Meant for `AccessDenied`, 403.
    #[error("the agency that the token names is {0}")]
    Agency(#[source] InvalidName),
    /// The principal that it names cannot be one. Meant for `AccessDenied`, 403.
    #[error("the principal that the token names is {0}")]
    Principal(#[source] InvalidName),
    /// It names no role of this store. Meant for `AccessDenied`, 403.
    #[error("the token names no role of this store")]
    NoRole,
}

/// Why an issuer's settings were refused, at the start or when its keys were read again.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum IssuerError {
    /// `iss` is empty.
    #[error("the issuer has no name")]
    NoIssuer,
    /// Two issuers have the same `iss` and an audience in common.
    #[error("another issuer has the same iss and one of the audiences")]
    RepeatedIssuer,
    /// Two issuers have the same name.
    #[error("another issuer has the same name")]
    RepeatedName,
    /// More issuers than one installation may have.
    #[error("there are as many issuers as there may be")]
    TooManyIssuers,
    /// An agency's own issuer whose tokens would be of another agency.
    #[error("an agency's issuer signs for that agency alone")]
    ForeignAgency,
    /// No audience, or an empty one.
    #[error("at least one audience is needed, and none may be empty")]
    NoAudience,
    /// No algorithm.
    #[error("at least one algorithm is needed")]
    NoAlgorithm,
    /// The maximum lifetime is out of bounds.
    #[error(
        "the maximum lifetime must be between 1 and {} seconds",
        crate::types::limits::TOKEN_LIFETIME_SECONDS_MAX
    )]
    Lifetime,
    /// The leeway is out of bounds.
    #[error(
        "the leeway must be between 0 and {} seconds",
        crate::types::limits::TOKEN_LEEWAY_SECONDS_MAX
    )]
    Leeway,
    /// The key set is not one (RFC 7517), or a key in it lacks what its type needs.
    #[error("the key set is not a JSON Web Key Set")]
    KeySetMalformed,
    /// The key set has more keys than any issuer needs.
    #[error("the key set has too many keys")]
    TooManyKeys,
    /// Two keys have the same `kid`.
    #[error("two keys of the key set have the same kid")]
    RepeatedKeyId,
    /// The key set has a private or symmetric key in it, which should be replaced at once.
    #[error("the key set has a secret key in it")]
    SecretInKeySet,
    /// An RSA key that should not be trusted.
    #[error("an RSA key of {bits} bits: 2048 to 8192 bits and the exponent 65537 are needed")]
    WeakRsaKey {
        /// The length of its modulus.
        bits: usize,
    },
    /// No key in the set is for signatures of a kind known here.
    #[error("the key set has no key for signatures of a known kind")]
    NoUsableKey,
    /// The local issuer's key cannot be used.
    #[error("the local issuer's key cannot be used")]
    LocalKey,
}
