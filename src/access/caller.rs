//! Who asks.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::types::ids::AccessKeyId;
use crate::types::ids::CanonicalId;
use crate::types::names::AgencyId;
use crate::types::names::PrincipalName;
use crate::types::roles::Role;

use super::policy::Policy;

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
    /// None is needed: it is the store itself, in the name of a principal.
    Service(Service),
    /// By nothing.
    Anonymous,
}

/// What the store does by itself that policies may speak of, under the name that it has at AWS.
/// Source: AWS S3 User Guide, "Enabling Amazon S3 server access logging", "Permissions for log
/// delivery"; "Configuring Amazon S3 Inventory", "Creating a destination bucket policy".
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Service {
    /// Delivering inventories.
    Inventory,
    /// Delivering access logs.
    Logging,
}

impl Service {
    /// Its name in policies.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inventory => "s3.amazonaws.com",
            Self::Logging => "logging.s3.amazonaws.com",
        }
    }

    /// Reads the name.
    pub fn parse(text: &str) -> Option<Self> {
        let mut all = [Self::Inventory, Self::Logging].into_iter();
        all.find(|service| service.name() == text)
    }
}

/// A principal that proved who it is, or nobody. Made by the doors from what `auth` verified; never
/// from anything that a client can set.
#[derive(Clone, Debug, PartialEq)]
pub struct Caller {
    /// The one agency in which it acts.
    pub agency: AgencyId,
    /// Its name inside the agency.
    pub principal: PrincipalName,
    /// What S3 calls it.
    pub canonical_id: CanonicalId,
    /// Its built-in roles.
    pub roles: Vec<Role>,
    /// By what it proved itself.
    pub proof: Proof,
    /// The agency's own roles in which it acts, by name.
    pub named_roles: Vec<Arc<str>>,
    /// Policies that give it permissions: those of its own roles.
    pub grants: Vec<Arc<Policy>>,
    /// Policies of which the denials alone count: those of roles that it has and does not act in.
    pub denials: Vec<Arc<Policy>>,
    /// Policies that only narrow: what any of them does not allow is refused, whatever else allows
    /// it. The inline policy of an access key, the policy of a session.
    pub boundaries: Vec<Arc<Policy>>,
    /// The claims of its token and the tags of its session, for conditions.
    pub claims: Arc<Claims>,
}

/// What is known of a caller beyond its name: `jwt:…` and `aws:PrincipalTag/…` in conditions.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Claims {
    /// The claims of a token, each with its values as text.
    pub claims: BTreeMap<String, Vec<String>>,
    /// Session tags.
    pub tags: BTreeMap<String, Vec<String>>,
    /// Whether there are claims that are not known here: a session's token has no room for all.
    pub are_withheld: bool,
}

impl Claims {
    /// The same, of which the claims of the token are not known any more.
    #[must_use]
    pub fn withheld(&self) -> Self {
        Self {
            claims: BTreeMap::new(),
            tags: self.tags.clone(),
            are_withheld: true,
        }
    }

    /// The values of a claim.
    pub fn claim(&self, name: &str) -> Option<&[String]> {
        self.claims.get(name).map(Vec::as_slice)
    }

    /// The values of a session tag.
    pub fn tag(&self, name: &str) -> Option<&[String]> {
        self.tags.get(name).map(Vec::as_slice)
    }
}

impl Proof {
    /// The proof's name in the audit log: an access key id, an issuer's name. Never a secret.
    pub fn name(&self) -> &str {
        match self {
            Self::AccessKey(id) => id.as_str(),
            Self::Token { issuer } => issuer,
            Self::Service(service) => service.name(),
            Self::Anonymous => "anonymous",
        }
    }
}

impl Caller {
    /// A caller with built-in roles alone.
    pub fn new(
        agency: AgencyId,
        principal: PrincipalName,
        canonical_id: CanonicalId,
        roles: Vec<Role>,
        proof: Proof,
    ) -> Self {
        Self {
            agency,
            principal,
            canonical_id,
            roles,
            proof,
            named_roles: Vec::new(),
            grants: Vec::new(),
            denials: Vec::new(),
            boundaries: Vec::new(),
            claims: Arc::default(),
        }
    }

    /// Nobody, asking in an agency. Its canonical id is of no principal: those are hashes.
    pub fn anonymous(agency: AgencyId) -> Self {
        let principal = PrincipalName::parse("anonymous").expect("letters make a name");
        let nobody = CanonicalId::new([0; 32]);
        Self::new(agency, principal, nobody, Vec::new(), Proof::Anonymous)
    }

    /// Whether it has this role.
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Whether it has the role of this name, built in or the agency's own.
    pub fn acts_in(&self, role: &str) -> bool {
        let built_in = self.roles.iter().any(|known| known.name() == role);
        built_in || self.named_roles.iter().any(|known| **known == *role)
    }

    /// Whether any policy is its own.
    pub const fn has_policies(&self) -> bool {
        !(self.grants.is_empty() && self.denials.is_empty() && self.boundaries.is_empty())
    }

    /// All policies that are its own.
    pub fn policies(&self) -> impl Iterator<Item = &Policy> {
        let all = [&self.grants, &self.denials, &self.boundaries];
        all.into_iter().flatten().map(AsRef::as_ref)
    }

    /// Whether it is a principal of its agency: not nobody, and not the store itself.
    pub const fn is_principal(&self) -> bool {
        !matches!(self.proof, Proof::Anonymous | Proof::Service(_))
    }

    /// Whether it proved nothing.
    pub const fn is_anonymous(&self) -> bool {
        matches!(self.proof, Proof::Anonymous)
    }
}
