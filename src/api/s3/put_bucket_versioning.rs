//! PutBucketVersioning. Source: AWS S3 API Reference, "PutBucketVersioning".

use serde::Deserialize;

use crate::api::http::xml;
use crate::meta::records::Versioning;

use super::code::Code;
use super::error::S3Error;
use super::reply;
use super::reply::Reply;
use super::request::S3Request;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct VersioningConfiguration {
    status: Option<Status>,
    mfa_delete: Option<MfaDelete>,
    #[serde(rename = "@xmlns")]
    _namespace: Option<String>,
}

#[derive(Deserialize)]
enum Status {
    Enabled,
    Suspended,
}

#[derive(Deserialize)]
enum MfaDelete {
    Enabled,
    Disabled,
}

pub(super) async fn put_bucket_versioning(req: &S3Request) -> Result<Reply, S3Error> {
    let (permit, _) = req.permit_bucket().await?;
    let body = req.xml_body().await?;
    let wanted: VersioningConfiguration = xml::read("VersioningConfiguration", &body)?;
    match wanted.mfa_delete {
        None | Some(MfaDelete::Disabled) => {}
        Some(MfaDelete::Enabled) => return Err(S3Error::not_implemented("MFA delete")),
    }
    let versioning = match wanted.status {
        Some(Status::Enabled) => Versioning::Enabled,
        Some(Status::Suspended) => Versioning::Suspended,
        None => return Err(Code::IllegalVersioningConfigurationException.into()),
    };
    let set = req
        .store()
        .set_versioning(&permit, &req.draft(), versioning)
        .await?;
    Ok(Reply::committed(set, |()| reply::empty(200)))
}
