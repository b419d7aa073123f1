//! CreateMultipartUpload. Source: AWS S3 API Reference, "CreateMultipartUpload".

use crate::api::http::xml::Xml;
use crate::store::uploads::NewUpload;
use crate::types::checksum::ChecksumAlgorithm;
use crate::types::checksum::ChecksumType;

use super::acl;
use super::authenticate;
use super::checksums;
use super::code::Code;
use super::document;
use super::encryption;
use super::encryption::About;
use super::encryption::Wanted;
use super::error::S3Error;
use super::metadata;
use super::object_lock;
use super::put_object;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;
use super::tagging;

pub(super) async fn create_multipart_upload(req: &S3Request) -> Result<Reply, S3Error> {
    authenticate::refuse_nobody(&req.caller, "initiate multipart uploads")?;
    put_object::check_headers(req)?;
    let wanted = Wanted::parse(req)?;
    let object_key = req.object_key()?;
    let checksum = checksum(req)?;
    let mut metadata = metadata::parse(&req.head.headers, object_key)?;
    let (permit, bucket) = req.permit_object().await?;
    metadata.acl = acl::of_new_object(req, &bucket)?;
    tagging::permit(req, &bucket, &metadata.tags).await?;
    // Its bucket's rule holds for it when it is completed.
    let (lock, _) = object_lock::of_new_object(req, &bucket)?;
    let upload = NewUpload {
        lock,
        metadata,
        checksum,
        asked: wanted.or_default_of(req, &bucket)?,
    };
    let created = req
        .store()
        .create_upload(&permit, &req.draft(), upload)
        .await?;
    Ok(Reply::committed(created, |begun| {
        let mut xml = Xml::new("InitiateMultipartUploadResult");
        xml.text("Bucket", bucket.name.as_str())
            .text("Key", object_key.as_str());
        xml.text("UploadId", &begun.upload_id.to_string());
        let mut response = reply::xml(xml.finish("InitiateMultipartUploadResult"));
        encryption::set(req, &mut response, &begun.encryption, About::New);
        if let Some((algorithm, kind)) = checksum {
            reply::set(
                &mut response,
                ("x-amz-checksum-algorithm", algorithm.name()),
            );
            reply::set(&mut response, ("x-amz-checksum-type", kind.name()));
        }
        response
    }))
}

/// The checksum that the client announces for its parts and the whole.
fn checksum(req: &S3Request) -> Result<Option<(ChecksumAlgorithm, ChecksumType)>, S3Error> {
    let Some(algorithm) = document::named_algorithm(req)? else {
        if req.header("x-amz-checksum-type").is_some() {
            let message = "The x-amz-checksum-type header can only be used with the \
                           x-amz-checksum-algorithm header.";
            return Err(S3Error::new(Code::InvalidRequest, message));
        }
        return Ok(None);
    };
    let kind = match req.header("x-amz-checksum-type") {
        None => algorithm.default_type(),
        Some(text) => ChecksumType::parse(text).ok_or_else(checksums::invalid_type)?,
    };
    let possible = match kind {
        ChecksumType::FullObject => algorithm.combines(),
        ChecksumType::Composite => algorithm != ChecksumAlgorithm::Crc64Nvme,
    };
    if !possible {
        let message = format!(
            "The {} checksum type cannot be used with the {} checksum algorithm.",
            kind.name(),
            algorithm.name().to_ascii_lowercase()
        );
        return Err(S3Error::new(Code::InvalidRequest, message));
    }
    Ok(Some((algorithm, kind)))
}
