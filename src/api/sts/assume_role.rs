//! AssumeRole: a session with one of the caller's roles.

use crate::types::limits;

use super::error::StsError;
use super::request::Reply;
use super::request::StsRequest;
use super::session;
use super::session::Wanted;

const PARAMETERS: &[&str] = &[
    "RoleArn",
    "RoleSessionName",
    "DurationSeconds",
    "Policy",
    "Tags.",
];

pub(super) async fn assume_role(req: &mut StsRequest<'_>) -> Result<Reply, StsError> {
    req.parameters.only(PARAMETERS)?;
    let parent = req.signer().await?;
    let wanted = Wanted::parse(req)?;
    let max = match parent.session {
        Some(_) => limits::CHAINED_SESSION_SECONDS_MAX,
        None => limits::SESSION_SECONDS_MAX,
    };
    let seconds = req
        .parameters
        .duration_seconds(3_600, limits::SESSION_SECONDS_MIN, max)?;
    session::with_role(req, parent, wanted, seconds).await
}
