//! ListMultipartUploads. Source: AWS S3 API Reference, "ListMultipartUploads".

use crate::api::http::xml::Xml;
use crate::meta::queries::ListEntry;
use crate::meta::queries::ListQuery;
use crate::meta::queries::UploadMarker;
use crate::types::ids::UploadId;

use super::error::S3Error;
use super::list_objects;
use super::listing;
use super::listing::KeyEncoding;
use super::reply::Reply;
use super::request::S3Request;

pub(super) async fn list_multipart_uploads(req: &S3Request) -> Result<Reply, S3Error> {
    let encoding = KeyEncoding::parse(&req.query)?;
    let query = ListQuery {
        prefix: listing::key_text(&req.query, "prefix")?.unwrap_or_default(),
        delimiter: listing::key_text(&req.query, "delimiter")?,
        after: marker(req)?,
        limit: listing::page_size(&req.query, "max-uploads")?,
    };
    let (permit, bucket) = req.permit_bucket().await?;
    let page = req.store().list_uploads(&permit, query.clone()).await?;
    let mut xml = Xml::new("ListMultipartUploadsResult");
    xml.text("Bucket", bucket.name.as_str());
    markers(
        &mut xml,
        ["KeyMarker", "UploadIdMarker"],
        query.after.as_ref(),
        encoding,
    );
    if page.next.is_some() {
        markers(
            &mut xml,
            ["NextKeyMarker", "NextUploadIdMarker"],
            page.next.as_ref(),
            encoding,
        );
    }
    let delimiter = query
        .delimiter
        .as_deref()
        .map(|delimiter| encoding.encode(delimiter));
    xml.maybe("Delimiter", delimiter.as_deref())
        .text("Prefix", &encoding.encode(&query.prefix));
    xml.maybe("EncodingType", encoding.name());
    xml.value("MaxUploads", query.limit)
        .value("IsTruncated", page.next.is_some());
    for entry in &page.entries {
        if let ListEntry::Object(upload) = entry {
            xml.open("Upload")
                .text("Key", &encoding.encode(upload.object_key.as_str()));
            xml.text("UploadId", &upload.upload_id.to_string());
            list_objects::owner(&mut xml, "Initiator", &upload.owner);
            list_objects::owner(&mut xml, "Owner", &upload.owner);
            xml.text("StorageClass", "STANDARD");
            xml.text("Initiated", &upload.initiated.iso8601());
            if let Some((algorithm, kind)) = upload.checksum {
                xml.text("ChecksumAlgorithm", algorithm.name())
                    .text("ChecksumType", kind.name());
            }
            xml.close("Upload");
        }
    }
    for entry in &page.entries {
        if let ListEntry::Prefix(prefix) = entry {
            xml.open("CommonPrefixes")
                .text("Prefix", &encoding.encode(prefix));
            xml.close("CommonPrefixes");
        }
    }
    Ok(Reply::xml(xml.finish("ListMultipartUploadsResult")))
}

fn markers(
    xml: &mut Xml,
    [key, upload_id]: [&str; 2],
    marker: Option<&UploadMarker>,
    encoding: KeyEncoding,
) {
    let key_text = marker
        .map(|marker| encoding.encode(&marker.key))
        .unwrap_or_default();
    let id_text = marker
        .and_then(|marker| marker.upload_id)
        .map(|id| id.to_string());
    xml.text(key, &key_text)
        .text(upload_id, &id_text.unwrap_or_default());
}

/// What to begin after. S3 ignores an upload id marker without a key marker.
fn marker(req: &S3Request) -> Result<Option<UploadMarker>, S3Error> {
    let Some(key) = listing::key_text(&req.query, "key-marker")? else {
        return Ok(None);
    };
    let upload_id = match listing::text(&req.query, "upload-id-marker") {
        None => None,
        Some(text) => Some(UploadId::parse(&text).map_err(|_| {
            let message = "The marker is the id of an upload.";
            S3Error::argument("upload-id-marker", &text, message)
        })?),
    };
    Ok(Some(UploadMarker { key, upload_id }))
}
