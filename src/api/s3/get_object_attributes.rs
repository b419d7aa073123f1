//! GetObjectAttributes. Source: AWS S3 API Reference, "GetObjectAttributes".

use crate::access::action::Action;
use crate::access::permit::Permit;
use crate::api::http::xml::Xml;
use crate::meta::records::ObjectHead;
use crate::store::sealing;
use crate::types::ids::PartNumber;
use crate::types::limits;

use super::checksums;
use super::code::Code;
use super::encryption;
use super::error::S3Error;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;

const ATTRIBUTES: &str = "x-amz-object-attributes";
const MAX_PARTS: &str = "x-amz-max-parts";
const MARKER: &str = "x-amz-part-number-marker";

/// What may be asked for.
const KNOWN: [&str; 5] = [
    "ETag",
    "Checksum",
    "ObjectParts",
    "StorageClass",
    "ObjectSize",
];

pub(super) async fn get_object_attributes(req: &S3Request) -> Result<Reply, S3Error> {
    let wanted = wanted(req)?;
    let page = Page::parse(req)?;
    let version_id = req.version_id()?;
    let customer = encryption::customer_key(req)?;
    let (permit, bucket) = req.permit_object().await?;
    // Whoever may not read the object may not learn its checksums either, as S3 has it.
    let object_key = req.object_key()?;
    req.permit_on(Action::GetObject, &bucket, object_key, version_id)
        .await?;
    let head = req.find_head(&permit, version_id).await?;
    sealing::unlock_object(&head.encryption, customer)?;
    let has = |name: &str| wanted.contains(&name);
    let root = "GetObjectAttributesOutput";
    let mut xml = Xml::new(root);
    if has("ETag") {
        xml.text("ETag", head.etag.to_string().trim_matches('"'));
    }
    if has("Checksum")
        && let Some(checksum) = &head.checksum
    {
        xml.open("Checksum");
        checksums::elements(&mut xml, Some(checksum));
        xml.close("Checksum");
    }
    if has("ObjectParts") {
        parts(req, &permit, &head, &page, &mut xml).await?;
    }
    if has("StorageClass") {
        xml.text("StorageClass", "STANDARD");
    }
    if has("ObjectSize") {
        xml.value("ObjectSize", head.size_bytes);
    }
    let mut response = reply::xml(xml.finish(root));
    reply::set(&mut response, ("last-modified", &head.modified.http_date()));
    if let Some((name, value)) = reply::read_version(bucket.versioning, version_id, head.version_id)
    {
        reply::set(&mut response, (name, &value));
    }
    Ok(Reply::Read(response))
}

/// The attributes that the request names, in one header or in several.
fn wanted(req: &S3Request) -> Result<Vec<&str>, S3Error> {
    let mut wanted = Vec::new();
    for value in req.head.headers.get_all(ATTRIBUTES) {
        let text = std::str::from_utf8(value.as_bytes()).unwrap_or("?");
        for name in text
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            if !KNOWN.contains(&name) {
                let message = "Invalid attribute name specified.";
                return Err(S3Error::argument(ATTRIBUTES, name, message));
            }
            wanted.push(name);
        }
    }
    if wanted.is_empty() {
        let message = "The x-amz-object-attributes header specifying the attributes to be \
                       retrieved is either missing or empty";
        return Err(S3Error::new(Code::InvalidRequest, message));
    }
    Ok(wanted)
}

/// Which parts are asked for.
struct Page {
    after: Option<PartNumber>,
    size: u32,
}

impl Page {
    fn parse(req: &S3Request) -> Result<Self, S3Error> {
        let size = match req.header(MAX_PARTS) {
            None => limits::LIST_PAGE_MAX,
            Some(text) => {
                let message = "The number of parts is a number from 0 to 2147483647.";
                let size = text.parse::<i32>().ok().and_then(|n| u32::try_from(n).ok());
                let size = size.ok_or_else(|| S3Error::argument(MAX_PARTS, text, message))?;
                size.min(limits::LIST_PAGE_MAX)
            }
        };
        let after = match req.header(MARKER) {
            None | Some("0") => None,
            Some(text) => {
                let message = "The marker is the number of a part.";
                let number = PartNumber::parse(text);
                Some(number.ok_or_else(|| S3Error::argument(MARKER, text, message))?)
            }
        };
        Ok(Self { after, size })
    }
}

/// The parts of an object that was uploaded in parts; others have no such element. S3 names the
/// single parts only where each has an additional checksum, which here is always.
async fn parts(
    req: &S3Request,
    permit: &Permit,
    head: &ObjectHead,
    page: &Page,
    xml: &mut Xml,
) -> Result<(), S3Error> {
    let Some((upload, count)) = head.parts else {
        return Ok(());
    };
    let found = req
        .store()
        .parts_of(permit, upload, page.after, page.size)
        .await?;
    xml.open("ObjectParts").value("PartsCount", count);
    let marker = page.after.map_or(0, PartNumber::get);
    xml.value("PartNumberMarker", marker);
    let last = found.parts.last().map_or(marker, |part| part.number.get());
    xml.value("NextPartNumberMarker", last);
    xml.value("MaxParts", page.size);
    xml.value("IsTruncated", found.is_truncated);
    for part in &found.parts {
        xml.open("Part").value("PartNumber", part.number.get());
        xml.value("Size", part.size_bytes);
        if let Some(checksum) = &part.checksum {
            xml.text(checksums::element(checksum.algorithm()), &checksum.base64());
        }
        xml.close("Part");
    }
    xml.close("ObjectParts");
    Ok(())
}
