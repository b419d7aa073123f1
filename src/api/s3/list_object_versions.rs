//! ListObjectVersions. Source: AWS S3 API Reference, "ListObjectVersions".

use crate::api::http::xml::Xml;
use crate::meta::queries::ListEntry;
use crate::meta::queries::ListQuery;
use crate::meta::queries::VersionMarker;
use crate::meta::records::ListedVersion;

use super::error::S3Error;
use super::list_objects;
use super::listing;
use super::listing::KeyEncoding;
use super::reply::Reply;
use super::request;
use super::request::S3Request;

pub(super) async fn list_object_versions(req: &S3Request) -> Result<Reply, S3Error> {
    let encoding = KeyEncoding::parse(&req.query)?;
    let query = ListQuery {
        prefix: listing::key_text(&req.query, "prefix")?.unwrap_or_default(),
        delimiter: listing::key_text(&req.query, "delimiter")?,
        after: marker(req)?,
        limit: listing::page_size(&req.query, "max-keys")?,
    };
    list_objects::check_optional_attributes(req)?;
    let (permit, bucket) = req.permit_bucket().await?;
    let page = req.store().list_versions(&permit, query.clone()).await?;
    let mut xml = Xml::new("ListVersionsResult");
    xml.text("Name", bucket.name.as_str())
        .text("Prefix", &encoding.encode(&query.prefix));
    let (key, version_id) = texts(query.after.as_ref(), encoding);
    xml.text("KeyMarker", &key.unwrap_or_default())
        .text("VersionIdMarker", &version_id.unwrap_or_default());
    let (key, version_id) = texts(page.next.as_ref(), encoding);
    xml.maybe("NextKeyMarker", key.as_deref())
        .maybe("NextVersionIdMarker", version_id.as_deref());
    let delimiter = query.delimiter.as_deref();
    let delimiter = delimiter.map(|delimiter| encoding.encode(delimiter));
    xml.maybe("Delimiter", delimiter.as_deref())
        .value("MaxKeys", query.limit);
    xml.maybe("EncodingType", encoding.name())
        .value("IsTruncated", page.next.is_some());
    for entry in &page.entries {
        if let ListEntry::Object(listed) = entry {
            version(&mut xml, listed, encoding);
        }
    }
    for entry in &page.entries {
        if let ListEntry::Prefix(prefix) = entry {
            xml.open("CommonPrefixes")
                .text("Prefix", &encoding.encode(prefix))
                .close("CommonPrefixes");
        }
    }
    Ok(Reply::xml(xml.finish("ListVersionsResult")))
}

fn version(xml: &mut Xml, listed: &ListedVersion, encoding: KeyEncoding) {
    let element = match listed.content {
        Some(_) => "Version",
        None => "DeleteMarker",
    };
    xml.open(element)
        .text("Key", &encoding.encode(listed.object_key.as_str()))
        .value("VersionId", listed.version_id)
        .value("IsLatest", listed.is_latest)
        .text("LastModified", &listed.modified.iso8601());
    if let Some(content) = &listed.content {
        xml.text("ETag", &content.etag.to_string());
        if let Some((algorithm, kind)) = content.checksum {
            xml.text("ChecksumAlgorithm", algorithm.name())
                .text("ChecksumType", kind.name());
        }
        xml.value("Size", content.size_bytes)
            .text("StorageClass", "STANDARD");
    }
    list_objects::owner(xml, "Owner", &listed.owner);
    xml.close(element);
}

fn texts(
    marker: Option<&VersionMarker>,
    encoding: KeyEncoding,
) -> (Option<String>, Option<String>) {
    let key = marker.map(|marker| encoding.encode(&marker.key));
    let version_id = marker.and_then(|marker| marker.version_id);
    (key, version_id.map(|id| id.to_string()))
}

/// What to begin after.
fn marker(req: &S3Request) -> Result<Option<VersionMarker>, S3Error> {
    let name = "version-id-marker";
    let version_id = req.query.value(name);
    let Some(key) = listing::key_text(&req.query, "key-marker")? else {
        return match version_id.filter(|text| !text.is_empty()) {
            None => Ok(None),
            Some(text) => {
                let message = "A version-id marker cannot be specified without a key marker.";
                Err(S3Error::argument(name, text, message))
            }
        };
    };
    let version_id = match version_id {
        None => None,
        Some("") => {
            let message = "A version-id marker cannot be empty.";
            return Err(S3Error::argument(name, "", message));
        }
        Some(text) => Some(request::version_id(name, text)?),
    };
    Ok(Some(VersionMarker { key, version_id }))
}
