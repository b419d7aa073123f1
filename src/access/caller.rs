//! Who asks.

use crate::types::ids::AccessKeyId;
use crate::types::ids::CanonicalId;
use crate::types::names::AgencyId;
use crate::types::names::PrincipalName;
use crate::types::roles::Role;

/// By what a caller proved who it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Proof {
    /// A signature by this access key.
    AccessKey(AccessKeyId),
    /// A Bearer token of this issuer.
    Token {
        /// The issuer's name in the configuration.
        issuer: String,
    },
}

/// A principal that proved who it is. Made by the doors from what `auth` verified; never from
/// anything that a client can set.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Caller {
    /// The one agency in which it acts.
    pub agency: AgencyId,
    /// Its name inside the agency.
    pub principal: PrincipalName,
    /// What S3 calls it.
    pub canonical_id: CanonicalId,
    /// Its roles.
    pub roles: Vec<Role>,
    /// By what it proved itself.
    pub proof: Proof,
}

impl Proof {
    /// The proof's name in the audit log: an access key id, an issuer's name. Never a secret.
    pub fn name(&self) -> &str {
        match self {
            Self::AccessKey(id) => id.as_str(),
            Self::Token { issuer } => issuer,
        }
    }
}

impl Caller {
    /// Whether it has this role.
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}
