//! GetBucketVersioning. Source: AWS S3 API Reference, "GetBucketVersioning".

use crate::api::http::xml::Xml;
use crate::meta::records::Versioning;

use super::error::S3Error;
use super::reply::Reply;
use super::request::S3Request;

pub(super) async fn get_bucket_versioning(req: &S3Request) -> Result<Reply, S3Error> {
    let (_, bucket) = req.permit_bucket().await?;
    let mut xml = Xml::new("VersioningConfiguration");
    let status = match bucket.versioning {
        // A bucket that never kept versions has no status at all.
        Versioning::Off => None,
        Versioning::Enabled => Some("Enabled"),
        Versioning::Suspended => Some("Suspended"),
    };
    xml.maybe("Status", status);
    Ok(Reply::xml(xml.finish("VersioningConfiguration")))
}
