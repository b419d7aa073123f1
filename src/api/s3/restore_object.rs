//! RestoreObject. Source: AWS S3 API Reference, "RestoreObject".
//!
//! Nothing here is ever archived, so there is nothing to restore: S3 says the same of an object of
//! the storage class STANDARD.

use super::code::Code;
use super::error::S3Error;
use super::reply::Reply;
use super::request::S3Request;

pub(super) async fn restore_object(req: &S3Request) -> Result<Reply, S3Error> {
    let version_id = req.version_id()?;
    let (permit, _) = req.permit_object().await?;
    req.find_head(&permit, version_id).await?;
    let message = "Restore is not allowed for the object's current storage class";
    Err(S3Error::new(Code::InvalidObjectState, message).with("StorageClass", "STANDARD".to_owned()))
}
