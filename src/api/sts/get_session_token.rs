//! GetSessionToken: a session with all that a lasting access key has, for a while.

use std::collections::BTreeMap;

use crate::types::limits;

use super::error::Code;
use super::error::StsError;
use super::request::Reply;
use super::request::StsRequest;
use super::session;
use super::session::Narrowed;

const PARAMETERS: &[&str] = &["DurationSeconds"];

pub(super) async fn get_session_token(req: &mut StsRequest<'_>) -> Result<Reply, StsError> {
    req.parameters.only(PARAMETERS)?;
    let parent = req.signer().await?;
    if parent.session.is_some() || parent.chain.is_empty() {
        let message = "Cannot call GetSessionToken with session credentials.";
        return Err(StsError::new(Code::AccessDenied, message));
    }
    let seconds = req.parameters.duration_seconds(
        43_200,
        limits::SESSION_SECONDS_MIN,
        limits::SESSION_TOKEN_SECONDS_MAX,
    )?;
    let roles = parent.caller.roles.clone();
    let narrowed = Narrowed {
        roles,
        assumed: None,
        policy: None,
        tags: BTreeMap::new(),
    };
    session::issue(req, parent, narrowed, seconds, |_| {}).await
}
