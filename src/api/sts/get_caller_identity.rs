//! GetCallerIdentity: who the caller is. Nobody needs a permission for it.

use crate::api::http::xml::Xml;

use super::error::StsError;
use super::request::Reply;
use super::request::StsRequest;
use super::role_arn;

pub(super) async fn get_caller_identity(req: &mut StsRequest<'_>) -> Result<Reply, StsError> {
    req.parameters.only(&[])?;
    let identified = req.signer().await?;
    let caller = &identified.caller;
    let agency = &caller.agency;
    let assumed = identified.session.and_then(|session| session.assumed);
    let (arn, user_id) = match assumed {
        Some(assumed) => (
            role_arn::assumed_role(agency, &assumed.role, &assumed.session_name),
            format!("{}:{}", assumed.role, assumed.session_name),
        ),
        None => (
            role_arn::user(agency, caller.principal.as_str()),
            caller.canonical_id.to_string(),
        ),
    };
    let mut xml = Xml::fragment();
    xml.text("Arn", &arn)
        .text("UserId", &user_id)
        .text("Account", agency.as_str());
    Ok(Reply::Read(xml.into_text()))
}
