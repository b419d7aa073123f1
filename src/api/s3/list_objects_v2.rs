//! ListObjectsV2. Source: AWS S3 API Reference, "ListObjectsV2".

use crate::api::http::xml::Xml;
use crate::meta::queries::ListPage;
use crate::meta::queries::ListQuery;
use crate::meta::records::ListedObject;

use super::error::S3Error;
use super::list_objects;
use super::listing;
use super::listing::KeyEncoding;
use super::reply::Reply;
use super::request::S3Request;

pub(super) async fn list_objects_v2(req: &S3Request) -> Result<Reply, S3Error> {
    let encoding = KeyEncoding::parse(&req.query)?;
    let token = listing::text(&req.query, "continuation-token");
    let start_after = listing::key_text(&req.query, "start-after")?;
    let after = match &token {
        Some(token) => Some(listing::parse_cursor("continuation-token", token)?),
        None => start_after.clone(),
    };
    let query = ListQuery {
        prefix: listing::key_text(&req.query, "prefix")?.unwrap_or_default(),
        delimiter: listing::key_text(&req.query, "delimiter")?,
        after,
        limit: listing::page_size(&req.query, "max-keys")?,
    };
    let with_owner = req.query.value("fetch-owner") == Some("true");
    list_objects::check_optional_attributes(req)?;
    let (permit, bucket) = req.permit_bucket().await?;
    let page = list_objects::page(req, &permit, &bucket, &query).await?;
    let mut xml = Xml::new("ListBucketResult");
    xml.text("Name", bucket.name.as_str())
        .text("Prefix", &encoding.encode(&query.prefix));
    list_objects::parameters(&mut xml, &query, encoding);
    xml.value("KeyCount", page.entries.len())
        .value("IsTruncated", page.next.is_some());
    // An empty one begins at the beginning, and is told as it came.
    xml.maybe("ContinuationToken", req.query.value("continuation-token"));
    let start_after = start_after.as_deref().map(|key| encoding.encode(key));
    xml.maybe("StartAfter", start_after.as_deref());
    next(&mut xml, &page);
    list_objects::entries(&mut xml, &page, encoding, with_owner);
    Ok(Reply::xml(xml.finish("ListBucketResult")))
}

fn next(xml: &mut Xml, page: &ListPage<ListedObject>) {
    let next = page.next.as_deref().map(listing::cursor);
    xml.maybe("NextContinuationToken", next.as_deref());
}
