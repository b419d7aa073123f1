//! ListParts. Source: AWS S3 API Reference, "ListParts".

use crate::api::http::xml::Xml;
use crate::types::etag::Etag;
use crate::types::ids::PartNumber;

use super::checksums;
use super::encryption;
use super::error::S3Error;
use super::list_objects;
use super::listing;
use super::reply::Reply;
use super::request::S3Request;

pub(super) async fn list_parts(req: &S3Request) -> Result<Reply, S3Error> {
    let limit = listing::page_size(&req.query, "max-parts")?;
    let after = marker(req)?;
    let encoding = listing::KeyEncoding::parse(&req.query)?;
    let customer = encryption::customer_key(req)?;
    let (permit, bucket) = req.permit_object().await?;
    let upload_id = req.upload_id()?;
    let (upload, page) = req
        .store()
        .list_parts(&permit, upload_id, customer, after, limit)
        .await?;
    let mut xml = Xml::new("ListPartsResult");
    xml.text("Bucket", bucket.name.as_str());
    xml.text("Key", &encoding.encode(upload.object_key.as_str()));
    xml.text("UploadId", &upload_id.to_string());
    list_objects::owner(&mut xml, "Initiator", &upload.owner);
    list_objects::owner(&mut xml, "Owner", &upload.owner);
    xml.text("StorageClass", "STANDARD");
    xml.value("PartNumberMarker", after.map_or(0, PartNumber::get));
    let next = page.parts.last().map(|part| part.number.get());
    if let Some(next) = next.filter(|_| page.is_truncated) {
        xml.value("NextPartNumberMarker", next);
    }
    xml.value("MaxParts", limit)
        .value("IsTruncated", page.is_truncated);
    if let Some((algorithm, kind)) = upload.checksum {
        xml.text("ChecksumAlgorithm", algorithm.name())
            .text("ChecksumType", kind.name());
    }
    for part in &page.parts {
        xml.open("Part").value("PartNumber", part.number.get());
        xml.text("LastModified", &part.modified.iso8601());
        xml.text("ETag", &Etag::of_content(part.md5).to_string());
        xml.value("Size", part.size_bytes);
        if let Some(checksum) = &part.checksum {
            xml.text(checksums::element(checksum.algorithm()), &checksum.base64());
        }
        xml.close("Part");
    }
    Ok(Reply::xml(xml.finish("ListPartsResult")))
}

/// The number after which to begin; 0 and none are the first page.
fn marker(req: &S3Request) -> Result<Option<PartNumber>, S3Error> {
    match listing::text(&req.query, "part-number-marker").as_deref() {
        None | Some("0") => Ok(None),
        Some(text) => PartNumber::parse(text).map(Some).ok_or_else(|| {
            let message = "The marker is the number of a part.";
            S3Error::argument("part-number-marker", text, message)
        }),
    }
}
