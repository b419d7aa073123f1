//! Whom a statement speaks of.
//!
//! | written | is |
//! | --- | --- |
//! | `"*"`, `{"AWS": "*"}` | everybody, anonymous callers too |
//! | `<agency>`, `arn:aws:iam::<agency>:root` | every principal of the agency |
//! | `arn:aws:iam::<agency>:user/<principal>` | that principal |
//! | `arn:aws:iam::<agency>:role/<role>` | every caller that acts in the role |
//! | `{"CanonicalUser": "<id>"}` | the principal that has this canonical user id |
//! | `{"Service": "logging.s3.amazonaws.com"}` | the store itself, delivering access logs |
//!
//! Another agency's principals cannot be named; where one asks by a grant between agencies, it is
//! everybody, or whoever a `NotPrincipal` does not name. Source: AWS IAM User Guide, "AWS JSON
//! policy elements: Principal".

use serde_json::Value;

use crate::access::caller::Caller;
use crate::access::caller::Proof;
use crate::access::caller::Service;
use crate::types::ids::CanonicalId;
use crate::types::names::AgencyId;
use crate::types::names::PrincipalName;

use super::error::Reason;

/// `Principal` or `NotPrincipal`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Principals {
    agency: AgencyId,
    named: Vec<Principal>,
    negated: bool,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Principal {
    Anyone,
    Agency,
    User(PrincipalName),
    Role(Box<str>),
    Canonical(CanonicalId),
    Service(Service),
}

impl Principals {
    pub(super) fn parse(value: &Value, negated: bool, agency: &AgencyId) -> Result<Self, Reason> {
        let bad = |text: &str| Reason::BadPrincipal(text.to_owned());
        let mut named = Vec::new();
        match value {
            Value::String(text) if text == "*" => named.push(Principal::Anyone),
            Value::String(text) => return Err(bad(text)),
            Value::Object(families) => {
                for (family, names) in families {
                    for name in texts(names).ok_or_else(|| bad(family))? {
                        let parsed = match family.as_str() {
                            "AWS" => Principal::parse(name, agency),
                            "CanonicalUser" => {
                                CanonicalId::parse(name).ok().map(Principal::Canonical)
                            }
                            "Service" => Service::parse(name).map(Principal::Service),
                            _ => return Err(bad(family)),
                        };
                        named.push(parsed.ok_or_else(|| bad(name))?);
                    }
                }
            }
            _ => return Err(Reason::BadField("Principal is * or an object")),
        }
        if named.is_empty() {
            return Err(Reason::BadField("Principal names nobody"));
        }
        Ok(Self {
            agency: agency.clone(),
            named,
            negated,
        })
    }

    pub(super) fn include(&self, caller: &Caller) -> bool {
        let is_ours = caller.is_principal() && caller.agency == self.agency;
        self.named.iter().any(|named| named.is(caller, is_ours)) != self.negated
    }

    /// Whether a principal itself is named, by its name or its canonical user id.
    pub(super) fn name(&self, name: &PrincipalName, id: CanonicalId) -> bool {
        let is_it = |named: &Principal| match named {
            Principal::User(user) => user == name,
            Principal::Canonical(canonical) => *canonical == id,
            Principal::Anyone | Principal::Agency | Principal::Role(_) | Principal::Service(_) => {
                false
            }
        };
        !self.negated && self.named.iter().any(is_it)
    }

    /// Whether whoever acts in a role of this name is named.
    pub(super) fn name_role(&self, role: &str) -> bool {
        let is_it = |named: &Principal| matches!(named, Principal::Role(name) if **name == *role);
        !self.negated && self.named.iter().any(is_it)
    }

    /// Whether everybody is meant, everybody in the agency, or everybody but some.
    pub(super) fn are_many(&self) -> bool {
        self.are_anyone() || self.named.contains(&Principal::Agency)
    }

    /// The agency whose principals are named.
    pub(super) const fn agency(&self) -> &AgencyId {
        &self.agency
    }

    /// Whether everybody but the named is meant.
    pub(super) const fn is_negated(&self) -> bool {
        self.negated
    }

    /// Whether everybody is meant, or everybody but some.
    pub(super) fn are_anyone(&self) -> bool {
        self.negated || self.named.contains(&Principal::Anyone)
    }
}

impl Principal {
    fn parse(text: &str, agency: &AgencyId) -> Option<Self> {
        if text == "*" {
            return Some(Self::Anyone);
        }
        if text == agency.as_str() {
            return Some(Self::Agency);
        }
        let (account, resource) = text.strip_prefix("arn:aws:iam::")?.split_once(':')?;
        if account != agency.as_str() {
            return None;
        }
        if resource == "root" {
            return Some(Self::Agency);
        }
        let (kind, name) = resource.split_once('/')?;
        let name = PrincipalName::parse(name).ok()?;
        match kind {
            "user" => Some(Self::User(name)),
            "role" => Some(Self::Role(name.as_str().into())),
            _ => None,
        }
    }

    /// Whether a caller is meant; `is_ours` says whether it is one of the policy's own agency.
    fn is(&self, caller: &Caller, is_ours: bool) -> bool {
        match self {
            Self::Anyone => true,
            Self::Agency => is_ours,
            Self::User(name) => is_ours && caller.principal == *name,
            Self::Role(name) => is_ours && caller.acts_in(name),
            Self::Canonical(id) => caller.is_principal() && caller.canonical_id == *id,
            Self::Service(service) => caller.proof == Proof::Service(*service),
        }
    }
}

/// One text or a list of them.
pub(super) fn texts(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(text) => Some(vec![text]),
        Value::Array(items) => items.iter().map(Value::as_str).collect(),
        _ => None,
    }
}
