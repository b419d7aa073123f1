//! The decision.
//!
//! What each role may do with what it owns and with what others own:
//!
//! | role | agency | own buckets | others' buckets |
//! | --- | --- | --- | --- |
//! | `app` | list own, make | everything | nothing |
//! | `reader` | list all | read | read |
//! | `agency-admin` | list all, make | everything | everything |
//! | `operator` | nothing | nothing | nothing |
//!
//! Retention in governance mode is bypassed by `agency-admin` alone, unless a policy allows it.
//!
//! With policies, each permission that a request needs is decided alone, in this order:
//!
//! 1. What any statement of the bucket's policy, of a granted policy or of a boundary forbids is
//!    refused. One exception: an `agency-admin` may always read, replace and remove a bucket's
//!    policy, so that no policy can lock the agency out. Source: AWS S3 User Guide, "Bucket
//!    policies" (the root of the owning account may always do so).
//! 2. What a boundary does not allow is refused.
//! 3. What the bucket's policy, a built-in role, a granted policy or an access control list allows
//!    is allowed. To an anonymous caller only a bucket's policy or a list can allow anything; a
//!    public policy not while the block restricts public buckets, a list not while the block
//!    ignores public lists.
//! 4. All else is refused.
//!
//! Sources: AWS IAM User Guide, "Policy evaluation logic"; AWS S3 User Guide, "Blocking public
//! access to your Amazon S3 storage".

use thiserror::Error;

use crate::types::roles::Role;

use super::acl;
use super::acl::AclPermission;
use super::action::Action;
use super::action::Effect;
use super::bucket_rules::BucketRules;
use super::bucket_rules::Unreadable;
use super::caller::Caller;
use super::context::RequestContext;
use super::permit::Permit;
use super::permit::Resource;
use super::policy::Policy;
use super::policy::StatementName;
use super::policy::Verdict;
use super::policy::key::PlainKey;
use super::policy::situation::Situation;

/// Why the answer was no; the rule goes into the audit entry, never to the caller.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum Refusal {
    /// None of the caller's roles allows the action here, and there is no policy.
    #[error("no role of the caller allows this action on this resource")]
    NoRole,
    /// An operator's token never opens an agency's documents, whatever a policy says.
    #[error("the operator role never grants anything inside an agency")]
    Operator,
    /// A statement forbids it.
    #[error("statement {} of {policy} forbids {permission}", .statement.0)]
    Forbidden {
        /// Whose policy.
        policy: Source,
        /// Which statement.
        statement: StatementName,
        /// What it forbids.
        permission: &'static str,
    },
    /// A policy that only narrows does not allow it.
    #[error("the policy of the access key or session does not allow {permission}")]
    Beyond {
        /// What it does not allow.
        permission: &'static str,
    },
    /// Nothing allows it.
    #[error("no role, policy or access control list allows {permission} on this resource")]
    NotAllowed {
        /// What is needed.
        permission: &'static str,
    },
    /// The bucket has a document about access that cannot be read (law 8).
    #[error("a document of the bucket that speaks of access cannot be read")]
    Unreadable,
}

/// Whose policy it is.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum Source {
    /// The bucket's.
    #[error("the bucket's policy")]
    Bucket,
    /// One of the caller's roles.
    #[error("a policy of the caller's roles")]
    Grant,
    /// The caller's access key or session.
    #[error("the policy of the access key or session")]
    Boundary,
}

/// May this caller do this to that, under these circumstances?
///
/// # Errors
/// The rule that refuses.
pub fn decide(
    caller: &Caller,
    action: Action,
    resource: Resource,
    context: &RequestContext<'_>,
) -> Result<Permit, Refusal> {
    if caller.roles == [Role::Operator] {
        return Err(Refusal::Operator);
    }
    let bypasses_governance = asks_to_bypass(action, context);
    let question = Question {
        caller,
        action,
        owns: resource
            .bucket()
            .is_none_or(|bucket| bucket.owner == caller.canonical_id),
        rules: match rules_of(&resource) {
            Some(Ok(rules)) => Some(rules),
            Some(Err(Unreadable)) if !replaces(caller, action.permission()) => {
                return Err(Refusal::Unreadable);
            }
            Some(Err(Unreadable)) | None => None,
        },
        situation: Situation {
            caller,
            resource: &resource,
            context,
        },
    };
    let granted = question.answer(bypasses_governance)?;
    Ok(Permit {
        agency: caller.agency.clone(),
        principal: caller.principal.clone(),
        canonical_id: caller.canonical_id,
        action,
        sees_all: granted || caller.has(Role::AgencyAdmin) || caller.has(Role::Reader),
        resource,
        bypasses_governance,
    })
}

/// Whether a decision depends on the object that is asked for, so that its facts must be looked up
/// first. They tell the caller nothing: what leaves is the decision alone.
pub fn needs_object(caller: &Caller, resource: &Resource) -> bool {
    if !matches!(resource, Resource::Object(..)) {
        return false;
    }
    let rules = match rules_of(resource) {
        Some(Ok(rules)) => Some(rules),
        Some(Err(Unreadable)) => return false,
        None => None,
    };
    let of_caller = caller.grants.iter().chain(&caller.boundaries);
    rules.is_some_and(BucketRules::has_acls)
        || rules
            .and_then(|rules| rules.policy.as_ref())
            .into_iter()
            .chain(of_caller.map(AsRef::as_ref))
            .any(Policy::reads_existing_tags)
}

fn rules_of(resource: &Resource) -> Option<Result<&BucketRules, Unreadable>> {
    let rules = resource.bucket()?.rules.as_deref()?;
    Some(rules.as_ref().map_err(|unreadable| *unreadable))
}

struct Question<'a> {
    caller: &'a Caller,
    action: Action,
    owns: bool,
    rules: Option<&'a BucketRules>,
    situation: Situation<'a>,
}

impl Question<'_> {
    /// The rule that refuses, or whether a granted policy allows.
    fn answer(&self, bypasses_governance: bool) -> Result<bool, Refusal> {
        let caller = self.caller;
        if self.rules.is_none() && caller.grants.is_empty() && caller.boundaries.is_empty() {
            let allowed = self.by_role(self.action.permission())
                && (!bypasses_governance || self.by_role(BYPASS));
            return allowed.then_some(false).ok_or(Refusal::NoRole);
        }
        // Each key is asked for alone, and answered alone.
        if self.action == Action::DeleteObjects
            && matches!(self.situation.resource, Resource::Bucket(_))
        {
            return Ok(false);
        }
        let mut granted = true;
        for permission in permissions(self.action, self.situation.context) {
            granted &= self.permission(permission)?;
        }
        Ok(granted)
    }

    fn permission(&self, permission: &'static str) -> Result<bool, Refusal> {
        let caller = self.caller;
        let ask = |policy: &Policy, source| match policy.verdict(&self.situation, permission) {
            Verdict::Denied(statement) => Err(Refusal::Forbidden {
                policy: source,
                statement,
                permission,
            }),
            Verdict::Allowed(_) => Ok(true),
            Verdict::Silent => Ok(false),
        };
        let mut by_grant = false;
        for policy in &caller.grants {
            by_grant |= ask(policy, Source::Grant)?;
        }
        let mut within = true;
        for policy in &caller.boundaries {
            within &= ask(policy, Source::Boundary)?;
        }
        let by_bucket = match self.rules.and_then(|rules| rules.policy.as_ref()) {
            Some(policy) if !repairs(caller, permission) => ask(policy, Source::Bucket)?,
            Some(_) | None => false,
        };
        let restricted = |rules: &BucketRules| {
            rules.has_public_policy && rules.public_access().restrict_public_buckets
        };
        let by_bucket = by_bucket && !(caller.is_anonymous() && self.rules.is_some_and(restricted));
        if !within {
            return Err(Refusal::Beyond { permission });
        }
        if !(by_bucket || by_grant || self.by_role(permission) || self.by_acl(permission)) {
            return Err(Refusal::NotAllowed { permission });
        }
        Ok(by_grant)
    }

    fn by_acl(&self, permission: &str) -> bool {
        let Some(rules) = self.rules.filter(|rules| rules.has_acls()) else {
            return false;
        };
        let closed = rules.public_access().ignore_public_acls;
        let of_bucket = acl::of_bucket(permission).is_some_and(|wanted| {
            let list = rules.acl.as_ref();
            list.is_some_and(|list| list.allows(self.caller, wanted, closed))
        });
        let of_object = acl::of_object(permission)
            .zip(self.situation.context.object)
            .is_some_and(|(wanted, object)| {
                // Whose the object is can always repair its list.
                let acp = matches!(wanted, AclPermission::ReadAcp | AclPermission::WriteAcp);
                let is_owner =
                    !self.caller.is_anonymous() && object.owner == self.caller.canonical_id;
                acp && is_owner || object.acl.allows(self.caller, wanted, closed)
            });
        of_bucket || of_object
    }

    fn by_role(&self, permission: &str) -> bool {
        let roles = &self.caller.roles;
        if permission == BYPASS {
            return roles.contains(&Role::AgencyAdmin);
        }
        roles
            .iter()
            .any(|role| allows(*role, self.action, self.owns))
    }
}

/// Whether an administrator is about to repair a policy, which no policy can forbid.
fn repairs(caller: &Caller, permission: &str) -> bool {
    let of_policies = [
        "s3:DeleteBucketPolicy",
        "s3:GetBucketPolicy",
        "s3:PutBucketPolicy",
    ];
    caller.has(Role::AgencyAdmin) && of_policies.contains(&permission)
}

/// Whether an administrator is about to replace a document that may be the one that cannot be read.
fn replaces(caller: &Caller, permission: &str) -> bool {
    let of_documents = [
        "s3:PutBucketAcl",
        "s3:PutBucketOwnershipControls",
        "s3:PutBucketPublicAccessBlock",
    ];
    let is_admin = caller.has(Role::AgencyAdmin);
    repairs(caller, permission) || is_admin && of_documents.contains(&permission)
}

/// One row of the matrix. `owns` is true for the agency itself.
const fn allows(role: Role, action: Action, owns: bool) -> bool {
    match role {
        Role::AgencyAdmin => true,
        Role::App => owns,
        Role::Reader => matches!(action.effect(), Effect::Read),
        Role::Operator => false,
    }
}

const BYPASS: &str = "s3:BypassGovernanceRetention";

fn asks_to_bypass(action: Action, context: &RequestContext<'_>) -> bool {
    matches!(
        action.permission(),
        "s3:DeleteObject" | "s3:PutObjectRetention"
    ) && context.request.bypasses_governance()
}

/// Every permission that a request needs: that of its operation, of a version if it names one, and
/// of what its headers do besides.
///
/// Source: AWS S3 User Guide, "Required permissions for Amazon S3 API operations".
fn permissions(action: Action, context: &RequestContext<'_>) -> Vec<&'static str> {
    use PlainKey as K;
    let permission = action.permission();
    let mut needed = vec![if context.version_id.is_some() {
        of_version(permission)
    } else {
        permission
    }];
    let says = |key| context.request.value(key).is_some();
    let sets_acl = || {
        let keys = [
            K::Acl,
            K::GrantFullControl,
            K::GrantRead,
            K::GrantReadAcp,
            K::GrantWrite,
            K::GrantWriteAcp,
        ];
        keys.into_iter().any(says)
    };
    match action {
        Action::PutObject | Action::CopyObject | Action::CreateMultipartUpload => {
            if context.request.tags().is_some() {
                needed.push("s3:PutObjectTagging");
            }
            if sets_acl() {
                needed.push("s3:PutObjectAcl");
            }
            if says(K::ObjectLockMode) || says(K::ObjectLockRetainUntilDate) {
                needed.push("s3:PutObjectRetention");
            }
            if says(K::ObjectLockLegalHold) {
                needed.push("s3:PutObjectLegalHold");
            }
        }
        Action::CreateBucket => {
            if sets_acl() {
                needed.push("s3:PutBucketAcl");
            }
            if says(K::ObjectOwnership) {
                needed.push("s3:PutBucketOwnershipControls");
            }
        }
        _ => {}
    }
    if asks_to_bypass(action, context) {
        needed.push(BYPASS);
    }
    needed
}

/// The permission on a version that stands beside the one on the current version.
fn of_version(permission: &'static str) -> &'static str {
    match permission {
        "s3:DeleteObject" => "s3:DeleteObjectVersion",
        "s3:DeleteObjectTagging" => "s3:DeleteObjectVersionTagging",
        "s3:GetObject" => "s3:GetObjectVersion",
        "s3:GetObjectAcl" => "s3:GetObjectVersionAcl",
        "s3:GetObjectAttributes" => "s3:GetObjectVersionAttributes",
        "s3:GetObjectTagging" => "s3:GetObjectVersionTagging",
        "s3:PutObjectAcl" => "s3:PutObjectVersionAcl",
        "s3:PutObjectTagging" => "s3:PutObjectVersionTagging",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::action::Action;
    use super::super::caller::{Caller, Proof};
    use super::super::context::{RequestContext, Silence};
    use super::super::permit::{BucketFacts, Resource};
    use super::decide;
    use crate::types::clock::Time;
    use crate::types::ids::{BucketId, CanonicalId};
    use crate::types::names::{AgencyId, BucketName, PrincipalName};
    use crate::types::roles::Role;

    const ME: CanonicalId = CanonicalId::new([1; 32]);
    const OTHER: CanonicalId = CanonicalId::new([2; 32]);

    #[track_caller]
    fn check(roles: &[Role], action: Action, owner: Option<CanonicalId>, allowed: bool) {
        let caller = Caller::new(
            AgencyId::parse("registro").unwrap(),
            PrincipalName::parse("ventanilla").unwrap(),
            ME,
            roles.to_vec(),
            Proof::Token {
                issuer: "estado".to_owned(),
            },
        );
        let context = RequestContext {
            at: Time::from_seconds(0),
            remote: std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
            is_secure: false,
            version_id: None,
            request: &Silence,
            object: None,
        };
        let resource = owner.map_or(Resource::Agency, |owner| {
            let name = BucketName::parse("actas").unwrap();
            Resource::Bucket(BucketFacts {
                id: BucketId(1),
                name,
                owner,
                rules: None,
            })
        });
        assert_eq!(
            decide(&caller, action, resource, &context).is_ok(),
            allowed,
            "{roles:?} {action:?}"
        );
    }

    #[test]
    fn the_matrix_of_roles() {
        for action in Action::ALL.iter().copied() {
            let reads = matches!(action.effect(), super::Effect::Read);
            for owner in [None, Some(ME), Some(OTHER)] {
                check(&[], action, owner, false);
                check(&[Role::Operator], action, owner, false);
                check(&[Role::AgencyAdmin], action, owner, true);
                check(&[Role::Reader], action, owner, reads);
                check(&[Role::App], action, owner, owner != Some(OTHER));
                check(&[Role::Operator, Role::Reader], action, owner, reads);
            }
        }
    }
}
