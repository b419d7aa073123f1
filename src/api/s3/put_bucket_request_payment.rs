//! PutBucketRequestPayment: says again what always holds, for clients that manage buckets and set
//! it. Source: AWS S3 API Reference, "PutBucketRequestPayment".

use serde::Deserialize;

use crate::api::http::xml;

use super::error::S3Error;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct RequestPaymentConfiguration {
    payer: Payer,
    #[serde(rename = "@xmlns")]
    _namespace: Option<String>,
}

#[derive(Deserialize)]
enum Payer {
    BucketOwner,
    Requester,
}

/// Nobody is billed for requests here: nothing is kept.
pub(super) async fn put_bucket_request_payment(req: &S3Request) -> Result<Reply, S3Error> {
    req.permit_bucket().await?;
    let body = req.xml_body().await?;
    let wanted: RequestPaymentConfiguration = xml::read("RequestPaymentConfiguration", &body)?;
    match wanted.payer {
        Payer::BucketOwner => Ok(Reply::Read(reply::empty(200))),
        Payer::Requester => Err(S3Error::not_implemented("Requester pays")),
    }
}
