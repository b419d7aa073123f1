//! Whose a bucket must be for a request to be meant: `x-amz-expected-bucket-owner` and, for the
//! source of a copy, `x-amz-source-expected-bucket-owner`.
//!
//! S3 compares with the account that the bucket is of. An account is an agency here, as ARNs and
//! GetCallerIdentity have it; the canonical id that S3 shows as the bucket's owner is as good.
//! Source: AWS S3 User Guide, "Verifying bucket ownership with bucket owner condition".

use crate::meta::records::BucketRecord;

use super::code::Code;
use super::error::S3Error;
use super::request::S3Request;

/// Of the bucket that the target names.
pub(super) const OF_TARGET: &str = "x-amz-expected-bucket-owner";

/// Of the bucket that a copy reads.
pub(super) const OF_SOURCE: &str = "x-amz-source-expected-bucket-owner";

/// Refuses a bucket of another owner than the header expects.
pub(super) fn check(
    req: &S3Request,
    header: &'static str,
    bucket: &BucketRecord,
) -> Result<(), S3Error> {
    let (agency, owner) = (req.agency_of(bucket), bucket.owner.id.to_string());
    let is_meant =
        |value: &[u8]| value == agency.as_bytes() || value.eq_ignore_ascii_case(owner.as_bytes());
    let mut values = req.head.headers.get_all(header);
    match values.all(|value| is_meant(value.as_bytes())) {
        true => Ok(()),
        false => Err(Code::AccessDenied.into()),
    }
}
