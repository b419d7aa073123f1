//! What the document of an error says beside code and message: the parts of the request that it is
//! about, and what was found instead. SDKs show them, and people correct themselves by them.
//!
//! All of it is what the caller sent, or what its own bytes came to. Source: AWS S3 API Reference,
//! "Error responses", "REST error responses"; the examples in the pages of the operations.

use std::borrow::Cow;

use crate::access::action::Action;
use crate::meta;
use crate::store;
use crate::store::error::Digest;
use crate::types::checksum::ChecksumAlgorithm;
use crate::types::encoding;
use crate::types::limits;
use crate::types::names::BucketName;

use super::code::Code;
use super::error::S3Error;
use super::error::excerpt;
use super::request::S3Request;

/// What an error of the store says of what was found.
pub(super) fn of_store(error: &store::Error) -> Vec<(&'static str, String)> {
    use meta::Error as M;
    use store::Error as E;
    match error {
        E::BadDigest(Digest::Md5 { announced, found }) => vec![
            // The one in hexadecimal, the other in base64, as S3 has it.
            ("ExpectedDigest", encoding::hex(announced)),
            ("CalculatedDigest", encoding::base64(found)),
        ],
        E::BadDigest(Digest::Sha256 { announced, found }) => vec![
            ("ClientComputedContentSHA256", encoding::hex(announced)),
            ("S3ComputedContentSHA256", encoding::hex(found)),
        ],
        E::InvalidPart(number) => vec![(PART_NUMBER, number.to_string())],
        E::Metadata(M::InvalidPart { number }) => vec![(PART_NUMBER, number.get().to_string())],
        E::Metadata(M::EntityTooSmall { number, size_bytes }) => vec![
            (PART_NUMBER, number.get().to_string()),
            ("ProposedSize", size_bytes.to_string()),
            ("MinSizeAllowed", limits::PART_BYTES_MIN.to_string()),
        ],
        _ => Vec::new(),
    }
}

/// What the caller is told instead of the code's own sentence; the sentences are S3's.
pub(super) fn sentence(error: &store::Error) -> Option<Cow<'static, str>> {
    use meta::Error as M;
    use store::Error as E;
    let lower = |algorithm: &ChecksumAlgorithm| algorithm.name().to_ascii_lowercase();
    let text = match error {
        E::Metadata(M::Locked) => "Access Denied because object protected by object lock.".into(),
        E::Metadata(M::NotVersioned) => {
            "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration".into()
        }
        E::Metadata(M::Lockable) => "An Object Lock configuration is present on this bucket, so \
                                     the versioning state cannot be changed."
            .into(),
        E::BadDigest(Digest::Checksum(algorithm)) | E::BadObjectChecksum(algorithm) => {
            let name = algorithm.name();
            format!("The {name} you specified did not match the calculated checksum.").into()
        }
        E::BadPartChecksum { algorithm, number } => format!(
            "The {} you specified for part {number} did not match what we received.",
            lower(algorithm)
        )
        .into(),
        E::ObjectChecksumKind(kind) => format!(
            "The upload was created using the {} checksum mode. The complete request must use the \
             same checksum mode.",
            kind.name()
        )
        .into(),
        E::BadObjectSize { announced, found } => format!(
            "The provided 'x-amz-mp-object-size' header value {announced} does not match what \
             was computed: {found}"
        )
        .into(),
        E::PartChecksum { wanted, named } => {
            let named = named.as_ref().map_or_else(|| "null".to_owned(), lower);
            format!(
                "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum \
                 Type: {named}",
                lower(wanted)
            )
            .into()
        }
        E::NoPartChecksum { algorithm, number } => format!(
            "The upload was created using a {} checksum. The complete request must include the \
             checksum for each part. It was missing for part {number} in the request.",
            lower(algorithm)
        )
        .into(),
        _ => return None,
    };
    Some(text)
}

/// The element that numbers a part.
pub(super) const PART_NUMBER: &str = "PartNumber";

/// Adds what an error repeats of the request, where the operation did not say it already: what it
/// says may be of a copy's source.
pub(super) fn of_request(error: S3Error, req: &S3Request) -> S3Error {
    let bucket = || req.bucket.as_ref().map(BucketName::to_string);
    let object_key = || req.object_key.as_ref().map(|key| key.as_str().to_owned());
    let parameter = |name| req.query.value(name).map(excerpt);
    let header = |name| req.header(name).map(excerpt);
    match error.code {
        Code::BucketAlreadyExists
        | Code::BucketAlreadyOwnedByYou
        | Code::BucketNotEmpty
        | Code::NoSuchBucket
        | Code::NoSuchBucketPolicy
        | Code::NoSuchCORSConfiguration
        | Code::NoSuchLifecycleConfiguration
        | Code::NoSuchPublicAccessBlockConfiguration
        | Code::NoSuchTagSet
        | Code::NoSuchWebsiteConfiguration
        | Code::ObjectLockConfigurationNotFoundError
        | Code::OwnershipControlsNotFoundError
        | Code::ReplicationConfigurationNotFoundError => error.or_with("BucketName", bucket()),
        Code::NoSuchKey => error.or_with("Key", object_key()),
        Code::NoSuchVersion => error
            .or_with("Key", object_key())
            .or_with("VersionId", parameter("versionId")),
        Code::NoSuchUpload | Code::InvalidPart => error.or_with("UploadId", parameter("uploadId")),
        Code::InvalidDigest => error.or_with("Content-MD5", header("content-md5")),
        Code::InvalidRange => error.or_with("RangeRequested", header("range")),
        Code::InvalidStorageClass => {
            error.or_with("StorageClassRequested", header("x-amz-storage-class"))
        }
        Code::EntityTooLarge if matches!(req.action, Action::PutObject | Action::UploadPart) => {
            error
                .or_with("ProposedSize", proposed_size(req))
                .or_with("MaxSizeAllowed", Some(req.house.put_bytes_max.to_string()))
        }
        Code::MaxMessageLengthExceeded => error.or_with(
            "MaxMessageLengthBytes",
            Some(req.xml_bytes_max().to_string()),
        ),
        Code::PreconditionFailed => error.or_with("Condition", condition(req)),
        Code::MethodNotAllowed => error.or_with("Method", Some(req.head.method.to_string())),
        _ => error,
    }
}

fn proposed_size(req: &S3Request) -> Option<String> {
    ["x-amz-decoded-content-length", "content-length"]
        .into_iter()
        .find_map(|name| req.header(name))
        .map(excerpt)
}

/// The condition of a write that was not met. The index tells only that one was not; requests have
/// one, all but a few deletions.
fn condition(req: &S3Request) -> Option<String> {
    const CONDITIONS: [(&str, &str); 4] = [
        ("if-none-match", "If-None-Match"),
        ("if-match", "If-Match"),
        (
            "x-amz-if-match-last-modified-time",
            "If-Match-Last-Modified-Time",
        ),
        ("x-amz-if-match-size", "If-Match-Size"),
    ];
    let mut asked = CONDITIONS
        .into_iter()
        .filter(|(header, _)| req.head.headers.contains_key(header));
    asked.next().map(|(_, name)| name.to_owned())
}
