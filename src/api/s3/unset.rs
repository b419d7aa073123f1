//! Configurations that cannot be set here: reading one answers as S3 does for a bucket where nobody
//! has set it, removing one finds nothing to remove. Clients that manage buckets ask for them all.
//!
//! Source: AWS S3 API Reference, under the operations' names.

use crate::access::action::Action;
use crate::api::http::xml::Xml;

use super::code::Code;
use super::error::S3Error;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;

/// Whatever the operation, permission comes first, and with it whether there is such a bucket.
pub(super) async fn unset(req: &S3Request) -> Result<Reply, S3Error> {
    req.permit_bucket().await?;
    if req.query.has("id") {
        return Err(Code::NoSuchConfiguration.into());
    }
    match req.action {
        Action::GetBucketAccelerateConfiguration => Ok(empty("AccelerateConfiguration")),
        Action::GetBucketRequestPayment => {
            let mut xml = Xml::new("RequestPaymentConfiguration");
            xml.text("Payer", "BucketOwner");
            Ok(Reply::xml(xml.finish("RequestPaymentConfiguration")))
        }
        Action::GetBucketWebsite => Err(Code::NoSuchWebsiteConfiguration.into()),
        Action::GetBucketReplication => Err(Code::ReplicationConfigurationNotFoundError.into()),
        Action::DeleteBucketWebsite | Action::DeleteBucketReplication => {
            Ok(Reply::Read(reply::empty(204)))
        }
        Action::ListBucketAnalyticsConfigurations => {
            Ok(none_listed("ListBucketAnalyticsConfigurationResult"))
        }
        Action::ListBucketIntelligentTieringConfigurations => Ok(none_listed(
            "ListBucketIntelligentTieringConfigurationsOutput",
        )),
        Action::ListBucketMetricsConfigurations => {
            Ok(none_listed("ListMetricsConfigurationsResult"))
        }
        _ => Err(Code::NoSuchConfiguration.into()),
    }
}

fn empty(root: &str) -> Reply {
    Reply::xml(Xml::new(root).finish(root))
}

fn none_listed(root: &str) -> Reply {
    let mut xml = Xml::new(root);
    xml.value("IsTruncated", false);
    Reply::xml(xml.finish(root))
}
