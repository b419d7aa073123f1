//! What operations understand besides what names them: lists that several rows share.

use crate::types::parameters::RESPONSE_OVERRIDES;

pub(super) const READ_QUERY: &[&str] = &[
    RESPONSE_OVERRIDES[0].0,
    RESPONSE_OVERRIDES[1].0,
    RESPONSE_OVERRIDES[2].0,
    RESPONSE_OVERRIDES[3].0,
    RESPONSE_OVERRIDES[4].0,
    RESPONSE_OVERRIDES[5].0,
    "partNumber",
    "versionId",
];

/// How a new object is to be sealed; the last three bring its customer's key.
pub(super) const SEALING_HEADERS: [&str; 7] = [
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-bucket-key-enabled",
    "x-amz-server-side-encryption-context",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-server-side-encryption-customer-key",
    "x-amz-server-side-encryption-customer-key-md5",
];

/// The key of the customer of a copy's source.
pub(super) const SOURCE_HEADERS: [&str; 3] = [
    "x-amz-copy-source-server-side-encryption-customer-algorithm",
    "x-amz-copy-source-server-side-encryption-customer-key",
    "x-amz-copy-source-server-side-encryption-customer-key-md5",
];

/// How else a body might be sent. Older SDKs for Java ask with every GET for a digest behind the
/// body, and read it only where the answer says that it is there; here it never is.
const TRANSFER: &str = "x-amz-te";

pub(super) const READ_HEADERS: &[&str] = &[
    "x-amz-checksum-mode",
    SEALING_HEADERS[4],
    SEALING_HEADERS[5],
    SEALING_HEADERS[6],
    TRANSFER,
];

pub(super) const PART_HEADERS: &[&str] = &[
    "x-amz-checksum-*",
    "x-amz-decoded-content-length",
    "x-amz-sdk-checksum-algorithm",
    SEALING_HEADERS[4],
    SEALING_HEADERS[5],
    SEALING_HEADERS[6],
    "x-amz-trailer",
];

pub(super) const UPLOAD_HEADERS: &[&str] = &[
    "x-amz-checksum-*",
    "x-amz-decoded-content-length",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-trailer",
];

/// Those of a body, and whether destinations are tried out.
pub(super) const NOTIFICATION_HEADERS: &[&str] = &[
    "x-amz-checksum-*",
    "x-amz-decoded-content-length",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-skip-destination-validation",
    "x-amz-trailer",
];

/// Those of a body, and a token that S3 once gave for buckets made without locks. It gives none any
/// more, and asks for none.
pub(super) const LOCK_RULE_HEADERS: &[&str] = &[
    "x-amz-bucket-object-lock-token",
    "x-amz-checksum-*",
    "x-amz-decoded-content-length",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-trailer",
];

/// Those of a body, and those that say an access control list.
pub(super) const ACL_HEADERS: &[&str] = &[
    "x-amz-acl",
    "x-amz-checksum-*",
    "x-amz-decoded-content-length",
    "x-amz-grant-*",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-trailer",
];

/// Those of a body, and the consent to be locked out.
pub(super) const POLICY_HEADERS: &[&str] = &[
    "x-amz-checksum-*",
    "x-amz-confirm-remove-self-bucket-access",
    "x-amz-decoded-content-length",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-trailer",
];

/// What is to keep a new object.
const LOCK_HEADERS: [&str; 3] = [
    "x-amz-object-lock-legal-hold",
    "x-amz-object-lock-mode",
    "x-amz-object-lock-retain-until-date",
];

pub(super) const BYPASS: &str = "x-amz-bypass-governance-retention";

/// The code of a device. Deletions here never need one, so one more proof changes nothing.
pub(super) const MFA: &str = "x-amz-mfa";

pub(super) const VERSIONING_HEADERS: &[&str] = &[
    "x-amz-checksum-*",
    "x-amz-decoded-content-length",
    MFA,
    "x-amz-sdk-checksum-algorithm",
    "x-amz-trailer",
];

/// Of deletions of many.
pub(super) const DELETE_HEADERS: &[&str] = &[
    BYPASS,
    "x-amz-checksum-*",
    "x-amz-decoded-content-length",
    MFA,
    "x-amz-sdk-checksum-algorithm",
    "x-amz-trailer",
];

pub(super) const RETENTION_HEADERS: &[&str] = &[
    BYPASS,
    "x-amz-checksum-*",
    "x-amz-decoded-content-length",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-trailer",
];

pub(super) const PUT_HEADERS: &[&str] = &[
    "x-amz-acl",
    "x-amz-checksum-*",
    "x-amz-decoded-content-length",
    "x-amz-grant-*",
    "x-amz-meta-*",
    LOCK_HEADERS[0],
    LOCK_HEADERS[1],
    LOCK_HEADERS[2],
    "x-amz-sdk-checksum-algorithm",
    SEALING_HEADERS[0],
    SEALING_HEADERS[1],
    SEALING_HEADERS[2],
    SEALING_HEADERS[3],
    SEALING_HEADERS[4],
    SEALING_HEADERS[5],
    SEALING_HEADERS[6],
    "x-amz-storage-class",
    "x-amz-tagging",
    "x-amz-trailer",
    "x-amz-website-redirect-location",
];

pub(super) const LIFECYCLE_HEADERS: &[&str] = &[
    "x-amz-checksum-*",
    "x-amz-decoded-content-length",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-trailer",
    "x-amz-transition-default-minimum-object-size",
];

pub(super) const COPY_HEADERS: &[&str] = &[
    "x-amz-acl",
    "x-amz-checksum-algorithm",
    "x-amz-copy-source",
    "x-amz-copy-source-if-*",
    SOURCE_HEADERS[0],
    SOURCE_HEADERS[1],
    SOURCE_HEADERS[2],
    "x-amz-grant-*",
    "x-amz-meta-*",
    "x-amz-metadata-directive",
    LOCK_HEADERS[0],
    LOCK_HEADERS[1],
    LOCK_HEADERS[2],
    SEALING_HEADERS[0],
    SEALING_HEADERS[1],
    SEALING_HEADERS[2],
    SEALING_HEADERS[3],
    SEALING_HEADERS[4],
    SEALING_HEADERS[5],
    SEALING_HEADERS[6],
    "x-amz-source-expected-bucket-owner",
    "x-amz-storage-class",
    "x-amz-tagging",
    "x-amz-tagging-directive",
    "x-amz-website-redirect-location",
];

/// By which a client of another store asks for more than S3 lists, and takes what S3 lists.
pub(super) const METADATA: &str = "metadata";

/// Of lists of configurations; with an id one of them is meant.
pub(super) const LISTED_CONFIGURATIONS: &[&str] = &["continuation-token", "id"];
