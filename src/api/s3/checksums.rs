//! Checksums in answers.

use actix_http::ResponseBuilder;

use crate::api::http::xml::Xml;
use crate::types::checksum::ChecksumAlgorithm;
use crate::types::checksum::ObjectChecksum;

use super::code::Code;
use super::error::S3Error;

/// Adds the headers of a stored checksum.
pub fn headers(builder: &mut ResponseBuilder, checksum: Option<&ObjectChecksum>) {
    let Some(checksum) = checksum else { return };
    builder.insert_header((checksum.value.algorithm().header(), checksum.text()));
    builder.insert_header(("x-amz-checksum-type", checksum.kind.name()));
}

/// The refusal of an `x-amz-checksum-type`.
pub fn invalid_type() -> S3Error {
    let message = "Value for x-amz-checksum-type header is invalid.";
    S3Error::new(Code::InvalidRequest, message)
}

/// The element of a checksum's value.
pub const fn element(algorithm: ChecksumAlgorithm) -> &'static str {
    match algorithm {
        ChecksumAlgorithm::Crc32 => "ChecksumCRC32",
        ChecksumAlgorithm::Crc32c => "ChecksumCRC32C",
        ChecksumAlgorithm::Crc64Nvme => "ChecksumCRC64NVME",
        ChecksumAlgorithm::Sha1 => "ChecksumSHA1",
        ChecksumAlgorithm::Sha256 => "ChecksumSHA256",
        ChecksumAlgorithm::Sha512 => "ChecksumSHA512",
        ChecksumAlgorithm::Md5 => "ChecksumMD5",
        ChecksumAlgorithm::XxHash64 => "ChecksumXXHASH64",
        ChecksumAlgorithm::XxHash3 => "ChecksumXXHASH3",
        ChecksumAlgorithm::XxHash128 => "ChecksumXXHASH128",
    }
}

/// Adds the elements of a stored checksum.
pub fn elements(xml: &mut Xml, checksum: Option<&ObjectChecksum>) {
    let Some(checksum) = checksum else { return };
    xml.text(element(checksum.value.algorithm()), &checksum.text());
    xml.text("ChecksumType", checksum.kind.name());
}
