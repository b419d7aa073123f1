//! AssumeRoleWithWebIdentity: a session with one of the roles that a token of an identity provider
//! names. The token is the only proof; a signature is not asked for and not looked at.

use crate::types::limits;

use super::error::StsError;
use super::parameters::Characters;
use super::request::Reply;
use super::request::StsRequest;
use super::session;
use super::session::Wanted;

const PARAMETERS: &[&str] = &[
    "RoleArn",
    "RoleSessionName",
    "WebIdentityToken",
    "DurationSeconds",
    "Policy",
];

/// Source: AWS STS API Reference, AssumeRoleWithWebIdentity, `WebIdentityToken`.
const TOKEN: Characters = Characters {
    min: 4,
    max: 20_000,
};

pub(super) async fn assume_role_with_web_identity(
    req: &mut StsRequest<'_>,
) -> Result<Reply, StsError> {
    req.parameters.only(PARAMETERS)?;
    let token = req
        .parameters
        .text("WebIdentityToken", TOKEN, |c| c.is_ascii_graphic())?;
    let wanted = Wanted::parse(req)?;
    let seconds = req.parameters.duration_seconds(
        3_600,
        limits::SESSION_SECONDS_MIN,
        limits::SESSION_SECONDS_MAX,
    )?;
    let parent = req.bearer(token).await?;
    session::with_role(req, parent, wanted, seconds).await
}
