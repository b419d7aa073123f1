//! A token read, nothing of it verified.

use serde_json::Value;

use super::claims::Claims;
use super::keys::TokenAlgorithm;
use crate::auth::error::BearerError;
use crate::types::encoding;
use crate::types::json;
use crate::types::limits;

/// A token read but not verified.
pub(super) struct Token<'t> {
    pub(super) header: Claims,
    pub(super) claims: Claims,
    /// Header and payload as they were signed.
    pub(super) message: &'t str,
    pub(super) signature: &'t str,
}

/// Header members that change what a signature means or where its key comes from. None of them is
/// needed here, and a token that carries one is not for us.
const REFUSED_MEMBERS: [&str; 8] = ["crit", "b64", "jku", "jwk", "x5u", "x5c", "cty", "zip"];

impl<'t> Token<'t> {
    pub(super) fn parse(text: &'t str) -> Result<Self, BearerError> {
        if text.len() > limits::TOKEN_BYTES_MAX {
            return Err(BearerError::TooLong);
        }
        let (message, signature) = text.rsplit_once('.').ok_or(BearerError::Malformed)?;
        let (header, payload) = message.split_once('.').ok_or(BearerError::Malformed)?;
        let header = part(header)?;
        for member in REFUSED_MEMBERS {
            if header.contains_key(member) {
                return Err(BearerError::RefusedMember { member });
            }
        }
        if !header.get("typ").is_none_or(is_access_token) {
            return Err(BearerError::Type);
        }
        Ok(Self {
            header,
            claims: part(payload)?,
            message,
            signature,
        })
    }

    pub(super) fn algorithm(&self) -> Result<TokenAlgorithm, BearerError> {
        let name = self.header.get("alg").and_then(Value::as_str);
        name.and_then(TokenAlgorithm::parse)
            .ok_or(BearerError::Algorithm)
    }
}

/// Base64url of a JSON object. A fourth part would leave a `.` in here, which is no base64url.
fn part(text: &str) -> Result<Claims, BearerError> {
    encoding::parse_base64_url(text)
        .and_then(|bytes| json::parse_object(&bytes))
        .ok_or(BearerError::Malformed)
}

/// `JWT` (RFC 7519 section 5.1) or `at+jwt` (RFC 9068 section 2.1); tokens for other uses have
/// other types (RFC 8725 section 3.11).
fn is_access_token(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default().to_ascii_lowercase();
    let text = text.strip_prefix("application/").unwrap_or(&text);
    matches!(text, "jwt" | "at+jwt")
}
