//! Access keys.

use super::owners::Owner;
use crate::types::clock::Time;
use crate::types::ids::AccessKeyId;
use crate::types::roles::Role;

/// An access key with what its use needs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AccessKeyRecord {
    /// The public half.
    pub access_key_id: AccessKeyId,
    /// Whose it is.
    pub owner: Owner,
    /// What it may do.
    pub roles: Vec<Role>,
    /// The secret half, sealed under the agency's key for secrets.
    pub sealed_secret: Vec<u8>,
    /// When it was made.
    pub created: Time,
    /// From when on it is refused.
    pub expires: Option<Time>,
    /// When it was revoked.
    pub revoked: Option<Time>,
    /// A policy document that narrows it.
    pub inline_policy: Option<String>,
}
