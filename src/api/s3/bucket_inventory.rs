//! PutBucketInventoryConfiguration, GetBucketInventoryConfiguration,
//! ListBucketInventoryConfigurations, DeleteBucketInventoryConfiguration. Sources: AWS S3 API
//! Reference, the operations of these names.

use crate::access::caller::Service;
use crate::api::http::xml::Xml;
use crate::jobs::delivery;
use crate::jobs::inventory::configuration::Inventory;
use crate::jobs::inventory::configuration::ReportEncryption;
use crate::jobs::inventory::sample_key;
use crate::meta::records::BucketRecord;
use crate::types::agency_key;
use crate::types::names::BucketName;

use super::code::Code;
use super::error::S3Error;
use super::inventory;
use super::listing;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;

pub(super) async fn put(req: &S3Request) -> Result<Reply, S3Error> {
    let id = id(req)?;
    let (permit, bucket) = req.permit_bucket().await?;
    let body = req.xml_body().await?;
    let wanted = inventory::parse(&body, id)?;
    check_target(req, &bucket, &wanted).await?;
    let set = req
        .store()
        .set_inventory(&permit, &req.draft(), id, Some(wanted.render()))
        .await?;
    Ok(Reply::committed(set, |()| reply::empty(200)))
}

pub(super) async fn delete(req: &S3Request) -> Result<Reply, S3Error> {
    let id = id(req)?;
    let (permit, _) = req.permit_bucket().await?;
    let set = req
        .store()
        .set_inventory(&permit, &req.draft(), id, None)
        .await?;
    Ok(Reply::committed(set, |()| reply::empty(204)))
}

pub(super) async fn get(req: &S3Request) -> Result<Reply, S3Error> {
    let id = id(req)?;
    let (permit, _) = req.permit_bucket().await?;
    let found = req.store().inventory(&permit, id).await?;
    let found = found.ok_or(Code::NoSuchConfiguration)?;
    let found = Inventory::parse(&found).ok_or(Code::InternalError)?;
    Ok(Reply::xml(inventory::render(&found)))
}

pub(super) async fn list(req: &S3Request) -> Result<Reply, S3Error> {
    let token = listing::text(&req.query, "continuation-token");
    let after = token
        .as_deref()
        .map(|text| listing::parse_cursor("continuation-token", text))
        .transpose()?;
    let (permit, _) = req.permit_bucket().await?;
    let page = req
        .store()
        .list_inventories(&permit, &after.unwrap_or_default())
        .await?;
    let root = "ListInventoryConfigurationsResult";
    let mut xml = Xml::new(root);
    for (_, document) in &page.inventories {
        let found = Inventory::parse(document).ok_or(Code::InternalError)?;
        xml.open("InventoryConfiguration");
        inventory::elements(&mut xml, &found);
        xml.close("InventoryConfiguration");
    }
    xml.value("IsTruncated", page.next.is_some())
        .maybe("ContinuationToken", token.as_deref());
    let next = page.next.as_deref().map(listing::cursor);
    xml.maybe("NextContinuationToken", next.as_deref());
    Ok(Reply::xml(xml.finish(root)))
}

fn id(req: &S3Request) -> Result<&str, S3Error> {
    let id = req.query.value("id").unwrap_or_default();
    inventory::check_id(id)?;
    Ok(id)
}

/// Refuses a target that nothing could be delivered to.
async fn check_target(
    req: &S3Request,
    bucket: &BucketRecord,
    inventory: &Inventory,
) -> Result<(), S3Error> {
    let agency = &req.caller.agency;
    // One answer to all of these, so that nobody learns the names of others' buckets.
    let no_target = || {
        let message = "The destination bucket does not exist, is not of this agency, or the owner \
                       of the bucket to be listed may not write to it";
        S3Error::new(Code::InvalidS3DestinationBucket, message)
    };
    let account = inventory.target_account.as_deref();
    if account.is_some_and(|account| account != agency.as_str()) {
        return Err(no_target());
    }
    let name = BucketName::parse(&inventory.target_bucket).map_err(|_| no_target())?;
    let target = req.store().bucket(agency, &name).await?;
    let target = target.ok_or_else(no_target)?;
    let at = req.arrival.at;
    let key = sample_key(inventory, &bucket.name, at).ok_or_else(|| {
        let prefix = inventory.target_prefix.as_deref().unwrap_or_default();
        let message = "The prefix leaves no room for the names of reports.";
        S3Error::argument("Prefix", prefix, message)
    })?;
    delivery::permit(Service::Inventory, agency, bucket, &target, key, at)
        .map_err(|_| no_target())?;
    if let Some(ReportEncryption::Key(id)) = &inventory.encryption {
        let name = agency_key::named(id, &req.house.region, agency);
        let name = name.ok_or(Code::KmsNotFound)?;
        req.store().ensure_seals(agency, &name).await?;
    }
    Ok(())
}
