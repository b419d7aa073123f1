//! The error codes of S3 that this store gives, each with its status.
//!
//! Source: AWS S3 API Reference, "Error responses", "List of error codes".

/// A code is called on the wire as it is here, unless that is no name of Rust's.
macro_rules! wire {
    ($name:ident) => {
        stringify!($name)
    };
    ($name:ident $wire:literal) => {
        $wire
    };
}

macro_rules! codes {
    ($($name:ident $(($wire:literal))? $status:literal $message:literal;)*) => {
        /// An error code of S3.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum Code {
            $(#[doc = $message] $name,)*
        }

        impl Code {
            /// The code on the wire.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => wire!($name $($wire)?),)*
                }
            }

            /// The HTTP status.
            pub const fn status(self) -> u16 {
                match self {
                    $(Self::$name => $status,)*
                }
            }

            /// What the caller reads when nothing more precise is said.
            pub const fn message(self) -> &'static str {
                match self {
                    $(Self::$name => $message,)*
                }
            }
        }
    };
}

codes! {
    AccessControlListNotSupported 400 "The bucket does not allow ACLs";
    AccessDenied 403 "Access Denied";
    AccessForbidden 403 "The request is not allowed.";
    AuthorizationHeaderMalformed 400 "The authorization header is malformed.";
    AuthorizationQueryParametersError 400 "The authorization query parameters are malformed.";
    BadDigest 400 "The Content-MD5 you specified did not match what we received.";
    BadRequest 400 "The request is not valid.";
    BucketAlreadyExists 409 "The bucket name is taken by another principal of the agency.";
    BucketAlreadyOwnedByYou 409
        "Your previous request to create the named bucket succeeded and you already own it.";
    BucketNotEmpty 409 "The bucket you tried to delete is not empty.";
    ConditionalRequestConflict 409
        "The conditional request cannot succeed due to a conflicting operation against this \
         resource.";
    EntityTooLarge 400 "Your proposed upload exceeds the maximum allowed size";
    EntityTooSmall 400 "Your proposed upload is smaller than the minimum allowed size";
    ExpiredToken 400 "The provided token has expired.";
    IdMismatch 400 "Document ID does not match the specified configuration ID.";
    IllegalLocationConstraintException 400 "The location constraint is not this store's region.";
    IllegalVersioningConfigurationException 400 "The Versioning element must be specified.";
    IncorrectNumberOfFilesInPostRequest 400 "POST requires exactly one file upload per request.";
    IncompleteBody 400 "The request body terminated unexpectedly";
    InternalError 500 "We encountered an internal error. Please try again.";
    InvalidAccessKeyId 403 "The AWS Access Key Id you provided does not exist in our records.";
    InvalidBucketAclWithBlockPublicAccessError 400 "The new bucket blocks public ACLs";
    InvalidBucketAclWithObjectOwnership 400 "Bucket cannot have ACLs set with BucketOwnerEnforced";
    InvalidArgument 400 "Invalid argument.";
    InvalidBucketName 400 "The specified bucket is not valid.";
    InvalidBucketState 409 "The request is not valid with the current state of the bucket.";
    InvalidDigest 400 "The Content-MD5 you specified is not valid.";
    InvalidObjectState 403 "The operation is not valid for the object's storage class.";
    InvalidPart 400
        "One or more of the specified parts could not be found.  The part may not have been \
         uploaded, or the specified entity tag may not match the part's entity tag.";
    InvalidPartOrder 400
        "The list of parts was not in ascending order. Parts must be ordered by part number.";
    InvalidPartNumber 416 "The requested partnumber is not satisfiable";
    InvalidPolicyDocument 400 "The content of the form does not meet its policy's conditions.";
    InvalidRange 416 "The requested range is not satisfiable";
    InvalidRedirectLocation 400
        "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.";
    InvalidRequest 400 "The request is not valid.";
    InvalidS3DestinationBucket 400 "The destination bucket cannot be used.";
    InvalidStorageClass 400 "The storage class you specified is not valid.";
    InvalidTag 400 "The tag provided was not a valid tag.";
    InvalidTargetBucketForLogging 400 "The target bucket for logging cannot be used.";
    InvalidToken 400 "The provided token is malformed or otherwise invalid.";
    InvalidURI 400 "The request target could not be parsed.";
    KmsDisabled ("KMS.DisabledException") 400 "The specified KMS key is not enabled.";
    KmsNotFound ("KMS.NotFoundException") 400 "The specified KMS key could not be found.";
    KeyTooLongError 400 "Your key is too long";
    MalformedACLError 400
        "The XML you provided was not well-formed or did not validate against our published schema";
    MalformedTrailerError 400
        "The request contained trailing data that was not well-formed or did not conform to our \
         published schema.";
    MalformedPolicy 400 "Policies must be valid JSON and the first byte must be '{'";
    MalformedPOSTRequest 400 "The body of the POST is not well-formed multipart/form-data.";
    MalformedXML 400
        "The XML you provided was not well-formed or did not validate against our published schema";
    MaxPostPreDataLengthExceededError 400 "The fields that precede the file were too large.";
    MaxMessageLengthExceeded 400 "Your request was too big.";
    MetadataTooLarge 400 "Your metadata headers exceed the maximum allowed metadata size";
    MethodNotAllowed 405 "The specified method is not allowed against this resource.";
    MissingContentLength 411 "You must provide the Content-Length HTTP header.";
    MissingRequestBodyError 400 "Request body is empty.";
    MissingSecurityHeader 400 "Your request was missing a required header.";
    NoSuchBucket 404 "The specified bucket does not exist";
    NoSuchBucketPolicy 404 "The bucket policy does not exist";
    NoSuchLifecycleConfiguration 404 "The lifecycle configuration does not exist.";
    NoSuchCORSConfiguration 404 "The CORS configuration does not exist";
    NoSuchConfiguration 404 "The specified configuration does not exist.";
    NoSuchKey 404 "The specified key does not exist.";
    NoSuchTagSet 404 "The TagSet does not exist.";
    NoSuchPublicAccessBlockConfiguration 404 "The public access block configuration was not found";
    NoSuchObjectLockConfiguration 404
        "The specified object does not have a ObjectLock configuration";
    NoSuchUpload 404
        "The specified multipart upload does not exist. The upload ID may be invalid, or \
         the upload may have been aborted or completed.";
    NoSuchVersion 404 "The specified version does not exist.";
    NoSuchWebsiteConfiguration 404 "The specified bucket does not have a website configuration.";
    NotImplemented 501 "A header you provided implies functionality that is not implemented";
    NotModified 304 "Not Modified";
    OwnershipControlsNotFoundError 404 "The bucket ownership controls were not found";
    ObjectLockConfigurationNotFoundError 404
        "Object Lock configuration does not exist for this bucket";
    PreconditionFailed 412 "At least one of the pre-conditions you specified did not hold";
    QuotaExceeded 403 "The quota of the bucket or of the agency is reached.";
    ReplicationConfigurationNotFoundError 404 "The replication configuration was not found.";
    RequestTimeTooSkewed 403
        "The difference between the request time and the current time is too large.";
    RequestTimeout 400
        "Your socket connection to the server was not read from or written to within the \
         timeout period. Idle connections will be closed.";
    ServiceUnavailable 503 "Service is unable to handle request.";
    SignatureDoesNotMatch 403
        "The request signature we calculated does not match the signature you provided. \
         Check your key and signing method.";
    SlowDown 503 "Please reduce your request rate.";
    TooManyConfigurations 400 "The bucket has as many configurations of this kind as allowed.";
    TooManyBuckets 400 "You have attempted to create more buckets than allowed.";
    UnexpectedContent 400 "This request does not support content";
    UnresolvableGrantByEmailAddress 400 "The email address you provided matches no account.";
    XAmzContentSHA256Mismatch 400
        "The provided 'x-amz-content-sha256' header does not match what was computed.";
}
