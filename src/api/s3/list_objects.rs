//! ListObjects, version 1, and what both versions render alike. Source: AWS S3 API Reference,
//! "ListObjects".

use std::sync::Arc;

use crate::access::permit::Permit;
use crate::api::http::xml::Xml;
use crate::meta::queries::ListEntry;
use crate::meta::queries::ListPage;
use crate::meta::queries::ListQuery;
use crate::meta::records::BucketRecord;
use crate::meta::records::ListedObject;
use crate::meta::records::Owner;

use super::error::S3Error;
use super::listing;
use super::listing::KeyEncoding;
use super::reply::Reply;
use super::request::S3Request;

pub(super) async fn list_objects(req: &S3Request) -> Result<Reply, S3Error> {
    let encoding = KeyEncoding::parse(&req.query)?;
    let query = ListQuery {
        prefix: listing::key_text(&req.query, "prefix")?.unwrap_or_default(),
        delimiter: listing::key_text(&req.query, "delimiter")?,
        after: listing::key_text(&req.query, "marker")?,
        limit: listing::page_size(&req.query, "max-keys")?,
    };
    check_optional_attributes(req)?;
    let (permit, bucket) = req.permit_bucket().await?;
    let page = page(req, &permit, &bucket, &query).await?;
    let mut xml = Xml::new("ListBucketResult");
    xml.text("Name", bucket.name.as_str())
        .text("Prefix", &encoding.encode(&query.prefix));
    xml.text(
        "Marker",
        &encoding.encode(query.after.as_deref().unwrap_or_default()),
    );
    parameters(&mut xml, &query, encoding);
    xml.value("IsTruncated", page.next.is_some());
    // S3 gives the next marker only with a delimiter; without one the last key is the marker.
    if query.delimiter.is_some() {
        let next = page.next.as_deref().map(|next| encoding.encode(next));
        xml.maybe("NextMarker", next.as_deref());
    }
    entries(&mut xml, &page, encoding, true);
    Ok(Reply::xml(xml.finish("ListBucketResult")))
}

/// One page. Through an alias each object shows as the agency's whose it is: its principals are
/// none of the reader's business.
pub(super) async fn page(
    req: &S3Request,
    permit: &Permit,
    bucket: &BucketRecord,
    query: &ListQuery,
) -> Result<ListPage<ListedObject>, S3Error> {
    let mut page = req.store().list(permit, query.clone()).await?;
    if req.alias().is_some() {
        let owner = Arc::new(bucket.owner.clone());
        for entry in &mut page.entries {
            if let ListEntry::Object(object) = entry {
                object.owner = Arc::clone(&owner);
            }
        }
    }
    Ok(page)
}

/// The parameters that both versions echo.
pub(super) fn parameters(xml: &mut Xml, query: &ListQuery, encoding: KeyEncoding) {
    let delimiter = query
        .delimiter
        .as_deref()
        .map(|delimiter| encoding.encode(delimiter));
    xml.maybe("Delimiter", delimiter.as_deref())
        .value("MaxKeys", query.limit);
    xml.maybe("EncodingType", encoding.name());
}

/// The objects, then the common prefixes.
pub(super) fn entries(
    xml: &mut Xml,
    page: &ListPage<ListedObject>,
    encoding: KeyEncoding,
    with_owner: bool,
) {
    for entry in &page.entries {
        if let ListEntry::Object(object) = entry {
            contents(xml, object, encoding, with_owner);
        }
    }
    for entry in &page.entries {
        if let ListEntry::Prefix(prefix) = entry {
            xml.open("CommonPrefixes")
                .text("Prefix", &encoding.encode(prefix));
            xml.close("CommonPrefixes");
        }
    }
}

fn contents(xml: &mut Xml, object: &ListedObject, encoding: KeyEncoding, with_owner: bool) {
    xml.open("Contents")
        .text("Key", &encoding.encode(object.object_key.as_str()));
    xml.text("LastModified", &object.modified.iso8601())
        .text("ETag", &object.etag.to_string());
    if let Some((algorithm, kind)) = object.checksum {
        xml.text("ChecksumAlgorithm", algorithm.name())
            .text("ChecksumType", kind.name());
    }
    xml.value("Size", object.size_bytes)
        .text("StorageClass", "STANDARD");
    if with_owner {
        owner(xml, "Owner", &object.owner);
    }
    xml.close("Contents");
}

/// A principal as S3 shows it.
pub(super) fn owner(xml: &mut Xml, element: &str, owner: &Owner) {
    xml.open(element).text("ID", &owner.id.to_string());
    xml.text("DisplayName", owner.name.as_str()).close(element);
}

/// The only optional attribute of S3 is the state of a restore, which objects here never have.
pub(super) fn check_optional_attributes(req: &S3Request) -> Result<(), S3Error> {
    match req.header("x-amz-optional-object-attributes") {
        None | Some("RestoreStatus") => Ok(()),
        Some(_) => Err(S3Error::not_implemented(
            "An optional attribute besides RestoreStatus",
        )),
    }
}
