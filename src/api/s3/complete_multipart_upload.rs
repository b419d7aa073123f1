//! CompleteMultipartUpload. Source: AWS S3 API Reference, "CompleteMultipartUpload".

use actix_http::Response;
use actix_http::body::BoxBody;
use serde::Deserialize;

use crate::api::http::xml;
use crate::api::http::xml::Xml;
use crate::meta::records::BucketRecord;
use crate::store::put::Stored;
use crate::store::uploads::Completed;
use crate::store::uploads::Completion;
use crate::store::uploads::NamedPart;
use crate::types::checksum::ChecksumAlgorithm;
use crate::types::checksum::ChecksumType;
use crate::types::checksum::ChecksumValue;
use crate::types::etag::Etag;
use crate::types::ids::PartNumber;

use super::checksums;
use super::code::Code;
use super::conditions;
use super::document;
use super::encryption;
use super::encryption::About;
use super::error::S3Error;
use super::error::excerpt;
use super::lifecycle;
use super::particulars::PART_NUMBER;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CompleteMultipartUpload {
    #[serde(default)]
    part: Vec<Part>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Part {
    part_number: i64,
    #[serde(rename = "ETag")]
    etag: String,
    #[serde(rename = "ChecksumCRC32")]
    crc32: Option<String>,
    #[serde(rename = "ChecksumCRC32C")]
    crc32c: Option<String>,
    #[serde(rename = "ChecksumCRC64NVME")]
    crc64nvme: Option<String>,
    #[serde(rename = "ChecksumSHA1")]
    sha1: Option<String>,
    #[serde(rename = "ChecksumSHA256")]
    sha256: Option<String>,
    #[serde(rename = "ChecksumSHA512")]
    sha512: Option<String>,
    #[serde(rename = "ChecksumMD5")]
    md5: Option<String>,
    #[serde(rename = "ChecksumXXHASH64")]
    xxhash64: Option<String>,
    #[serde(rename = "ChecksumXXHASH3")]
    xxhash3: Option<String>,
    #[serde(rename = "ChecksumXXHASH128")]
    xxhash128: Option<String>,
}

pub(super) async fn complete_multipart_upload(req: &S3Request) -> Result<Reply, S3Error> {
    let precondition = conditions::write(&req.head.headers)?;
    let size_bytes = announced_size(req)?;
    let (permit, bucket) = req.permit_object().await?;
    let upload_id = req.upload_id()?;
    let body = req.xml_body_about_object().await?;
    let request: CompleteMultipartUpload = xml::read("CompleteMultipartUpload", &body)?;
    if request.part.is_empty() || request.part.len() > usize::from(PartNumber::MAX) {
        return Err(Code::MalformedXML.into());
    }
    let parts = request
        .part
        .iter()
        .map(named)
        .collect::<Result<Vec<_>, _>>()?;
    let completion = Completion {
        parts,
        precondition,
        checksum: document::checksum_of_object(req)?,
        kind: checksum_type(req)?,
        customer: encryption::customer_key(req)?,
        size_bytes,
        size_bytes_max: req.house.object_bytes_max,
    };
    let done = req
        .store()
        .complete_upload(&permit, &req.draft(), upload_id, completion)
        .await
        .map_err(|error| about_part(error.into(), &request.part))?;
    let render = |stored: Stored| render(req, &bucket, &stored);
    Ok(match done {
        Completed::Now(done) => Reply::committed(done, render),
        Completed::Before(stored) => Reply::Read(render(stored)),
    })
}

fn render(req: &S3Request, bucket: &BucketRecord, stored: &Stored) -> Response<BoxBody> {
    let mut xml = Xml::new("CompleteMultipartUploadResult");
    if let Some(object_key) = &req.object_key {
        xml.text("Location", &req.location(&bucket.name, object_key))
            .text("Bucket", bucket.name.as_str())
            .text("Key", object_key.as_str());
    }
    xml.text("ETag", &stored.etag.to_string());
    checksums::elements(&mut xml, stored.checksum.as_ref());
    let mut response = reply::xml(xml.finish("CompleteMultipartUploadResult"));
    let expires = lifecycle::expires_stored(req, bucket, stored);
    let version = reply::stored_version(stored.version_id);
    for (name, value) in version.into_iter().chain(expires) {
        reply::set(&mut response, (name, &value));
    }
    encryption::set(req, &mut response, &stored.encryption, About::Stored);
    response
}

/// Adds the entity tag that the request has for the part that an error is about.
fn about_part(error: S3Error, parts: &[Part]) -> S3Error {
    let number = error.detail(PART_NUMBER).and_then(|text| text.parse().ok());
    let mut named = parts.iter().filter(|part| Some(part.part_number) == number);
    let etag = named
        .next()
        .map(|part| excerpt(part.etag.trim_matches('"')));
    error.or_with("ETag", etag)
}

fn named(part: &Part) -> Result<NamedPart, S3Error> {
    let number = u64::try_from(part.part_number).ok().filter(|n| *n > 0);
    let number = number.ok_or_else(|| {
        let message = "PartNumber must be >= 1";
        S3Error::argument("PartNumber", &part.part_number.to_string(), message)
    })?;
    let invalid = || {
        S3Error::from(Code::InvalidPart)
            .with(PART_NUMBER, part.part_number.to_string())
            .with("ETag", excerpt(part.etag.trim_matches('"')))
    };
    let number = PartNumber::new(number).ok_or_else(invalid)?;
    let etag = Etag::parse(part.etag.trim()).ok_or_else(invalid)?;
    let texts = [
        (ChecksumAlgorithm::Crc32, &part.crc32),
        (ChecksumAlgorithm::Crc32c, &part.crc32c),
        (ChecksumAlgorithm::Crc64Nvme, &part.crc64nvme),
        (ChecksumAlgorithm::Sha1, &part.sha1),
        (ChecksumAlgorithm::Sha256, &part.sha256),
        (ChecksumAlgorithm::Sha512, &part.sha512),
        (ChecksumAlgorithm::Md5, &part.md5),
        (ChecksumAlgorithm::XxHash64, &part.xxhash64),
        (ChecksumAlgorithm::XxHash3, &part.xxhash3),
        (ChecksumAlgorithm::XxHash128, &part.xxhash128),
    ];
    let mut checksum = None;
    for (algorithm, text) in texts {
        let Some(text) = text else { continue };
        let value = ChecksumValue::parse(algorithm, text);
        let value = value.filter(|_| checksum.is_none()).ok_or_else(|| {
            let message = "Invalid Base64 or multiple checksums present in request";
            S3Error::argument(checksums::element(algorithm), text, message)
        });
        checksum = Some(value?);
    }
    Ok(NamedPart {
        number,
        etag,
        checksum,
    })
}

fn checksum_type(req: &S3Request) -> Result<Option<ChecksumType>, S3Error> {
    let Some(text) = req.header("x-amz-checksum-type") else {
        return Ok(None);
    };
    ChecksumType::parse(text)
        .map(Some)
        .ok_or_else(checksums::invalid_type)
}

fn announced_size(req: &S3Request) -> Result<Option<u64>, S3Error> {
    let Some(text) = req.header("x-amz-mp-object-size") else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| {
        let fault = if text.parse::<i64>().is_ok() {
            "less than zero"
        } else {
            "invalid"
        };
        let message = format!(
            "Value for x-amz-mp-object-size header is {fault}: '{}'",
            excerpt(text)
        );
        S3Error::new(Code::InvalidRequest, message)
    })
}
