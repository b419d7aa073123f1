//! GetBucketLocation. Source: AWS S3 API Reference, "GetBucketLocation".

use crate::api::http::xml::Xml;

use super::error::S3Error;
use super::reply::Reply;
use super::request::S3Request;

pub(super) async fn get_bucket_location(req: &S3Request) -> Result<Reply, S3Error> {
    req.permit_bucket().await?;
    // S3 shows its first region as nothing at all, and clients take nothing as us-east-1.
    let region = req.house.region.as_str();
    let mut xml = Xml::bare();
    let root = format!(
        "LocationConstraint xmlns=\"{}\"",
        crate::api::http::xml::NAMESPACE
    );
    xml.open(&root)
        .raw(if region == "us-east-1" { "" } else { region });
    Ok(Reply::xml(xml.finish("LocationConstraint")))
}
