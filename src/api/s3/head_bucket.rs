//! HeadBucket. Source: AWS S3 API Reference, "HeadBucket".

use super::error::S3Error;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;

pub(super) async fn head_bucket(req: &S3Request) -> Result<Reply, S3Error> {
    req.permit_bucket().await?;
    let mut builder = reply::builder(200);
    builder.insert_header(("x-amz-bucket-region", req.house.region.as_str()));
    let is_alias = req.alias().is_some().to_string();
    builder.insert_header(("x-amz-access-point-alias", is_alias));
    Ok(Reply::Read(builder.finish().map_into_boxed_body()))
}
