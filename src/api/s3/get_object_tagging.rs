//! GetObjectTagging. Source: AWS S3 API Reference, "GetObjectTagging".
//!
//! Objects have no tags yet, and clients that copy ask for them before every multipart copy: the
//! truthful answer is an empty set. Setting tags is refused.

use crate::api::http::xml::Xml;

use super::error::S3Error;
use super::reply::Reply;
use super::request::S3Request;

pub(super) async fn get_object_tagging(req: &S3Request) -> Result<Reply, S3Error> {
    let version_id = req.version_id()?;
    let (permit, _) = req.permit_object().await?;
    req.find_head(&permit, version_id).await?;
    let mut xml = Xml::new("Tagging");
    xml.open("TagSet").close("TagSet");
    Ok(Reply::xml(xml.finish("Tagging")))
}
