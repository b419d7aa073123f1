//! ListBuckets. Source: AWS S3 API Reference, "ListBuckets".

use crate::api::http::xml::Xml;
use crate::meta::records::BucketRecord;
use crate::store::list::BucketPage;
use crate::types::limits;
use crate::types::names::BucketName;

use super::error::S3Error;
use super::listing;
use super::reply::Reply;
use super::request::S3Request;

pub(super) async fn list_buckets(req: &S3Request) -> Result<Reply, S3Error> {
    let prefix = listing::text(&req.query, "prefix");
    let token = listing::text(&req.query, "continuation-token");
    let after = token
        .map(|text| listing::parse_cursor("continuation-token", &text))
        .transpose()?;
    // A client that does not page gets them all, as S3 has it.
    let page_size = page_size(req)?;
    let permit = req.permit_agency()?;
    let elsewhere = req
        .query
        .value("bucket-region")
        .is_some_and(|r| r != req.house.region);
    let page = if elsewhere {
        BucketPage::default()
    } else {
        let (prefix, after) = (prefix.as_deref(), after.as_deref());
        let own = req
            .store()
            .list_buckets(&permit, prefix, after, page_size)
            .await?;
        let wanted = |name: &str| {
            name.starts_with(prefix.unwrap_or_default()) && after.is_none_or(|after| name > after)
        };
        own.with(aliases(req, wanted).await?, page_size)
    };
    Ok(Reply::xml(render(req, &page, prefix.as_deref())))
}

/// Reads `max-buckets`, which has bounds of its own.
fn page_size(req: &S3Request) -> Result<u32, S3Error> {
    let Some(text) = req.query.value("max-buckets") else {
        return Ok(limits::BUCKETS_MAX);
    };
    let size = text.parse().ok();
    size.filter(|size| (1..=limits::BUCKETS_MAX).contains(size))
        .ok_or_else(|| {
            let message = "Argument max-buckets must be an integer between 1 and 10000.";
            S3Error::argument("max-buckets", text, message)
        })
}

/// The aliases that the caller may use: those on which its own agency lets it list or read. Whether
/// the grant is still in force, and for what, is told by each request to it.
async fn aliases(
    req: &S3Request,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<BucketRecord>, S3Error> {
    let mut found = Vec::new();
    for record in req.store().aliases(&req.caller.agency).await? {
        let is_wanted = |alias: &BucketName| wanted(alias.as_str());
        if record.alias.as_ref().is_some_and(is_wanted) {
            let granted = req.store().granted(record).await?;
            if req.may_use(&granted.facts) {
                found.push((*granted.view).clone());
            }
        }
    }
    Ok(found)
}

fn render(req: &S3Request, page: &BucketPage, prefix: Option<&str>) -> String {
    let mut xml = Xml::new("ListAllMyBucketsResult");
    xml.open("Owner")
        .text("ID", &req.caller.canonical_id.to_string());
    xml.text("DisplayName", req.caller.principal.as_str())
        .close("Owner")
        .open("Buckets");
    for bucket in &page.buckets {
        xml.open("Bucket").text("Name", bucket.name.as_str());
        xml.text("CreationDate", &bucket.created.iso8601());
        xml.text("BucketRegion", &req.house.region).close("Bucket");
    }
    xml.close("Buckets").maybe("Prefix", prefix);
    xml.maybe(
        "ContinuationToken",
        page.next.as_deref().map(listing::cursor).as_deref(),
    );
    xml.finish("ListAllMyBucketsResult")
}
