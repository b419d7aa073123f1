//! The decision.
//!
//! With policies, each permission that a request needs is decided alone, in this order:
//!
//! 1. What any statement of the bucket's policy, of a role's policy or of a boundary forbids is
//!    refused, also by a role that the caller has and does not act in. One exception: an
//!    `agency-admin` may always read, replace and remove a bucket's policy, so that no policy can
//!    lock the agency out. Source: AWS S3 User Guide, "Bucket policies" (the root of the owning
//!    account may always do so).
//! 2. What a boundary does not allow is refused.
//! 3. What the bucket's policy, a built-in role, a granted policy or an access control list allows
//!    is allowed. To an anonymous caller only a bucket's policy or a list can allow anything; a
//!    public policy not while the block restricts public buckets, a list not while the block
//!    ignores public lists.
//! 4. All else is refused.
//!
//! Sources: AWS IAM User Guide, "Policy evaluation logic"; AWS S3 User Guide, "Blocking public
//! access to your Amazon S3 storage".

mod matrix;
mod needed;
mod reasons;
#[cfg(test)]
mod tests;

use crate::types::roles::Role;

use self::matrix::allows;
use self::matrix::sees_all;
use self::needed::BYPASS;
use self::needed::asks_to_bypass;
use super::acl;
use super::acl::AclPermission;
use super::action::Action;
use super::bucket_rules::BucketRules;
use super::bucket_rules::Unreadable;
use super::caller::Caller;
use super::context::RequestContext;
use super::permit::BucketFacts;
use super::permit::Permit;
use super::permit::Resource;
use super::policy::Policy;
use super::policy::Verdict;
use super::policy::situation::Situation;

pub(super) use needed::{of_version, permissions};
pub use reasons::{Allowance, Refusal, Source};

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
    let bypasses_governance = asks_to_bypass(action, context);
    let question = Question::new(caller, action, &resource, context)?;
    let granted = question.answer(bypasses_governance)?;
    Ok(Permit {
        agency: caller.agency.clone(),
        principal: caller.principal.clone(),
        canonical_id: caller.canonical_id,
        action,
        sees_all: granted || caller.roles.iter().any(|role| sees_all(*role)),
        resource,
        bypasses_governance,
        grant: None,
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
    rules.is_some_and(BucketRules::has_acls)
        || rules
            .and_then(|rules| rules.policy.as_ref())
            .into_iter()
            .chain(caller.policies())
            .any(Policy::reads_existing_tags)
}

/// Whether access control lists count in a bucket.
pub fn goes_by_acls(bucket: &BucketFacts) -> bool {
    let rules = bucket.rules.as_deref();
    matches!(rules, Some(Ok(rules)) if rules.has_acls())
}

fn rules_of(resource: &Resource) -> Option<Result<&BucketRules, Unreadable>> {
    let rules = resource.bucket()?.rules.as_deref()?;
    Some(rules.as_ref().map_err(|unreadable| *unreadable))
}

/// As [`decide`], for who wants to know why: each permission that is needed, with what allows it.
///
/// # Errors
/// The rule that refuses.
pub fn explain(
    caller: &Caller,
    action: Action,
    resource: &Resource,
    context: &RequestContext<'_>,
) -> Result<Vec<(&'static str, Allowance)>, Refusal> {
    let question = Question::new(caller, action, resource, context)?;
    if question.is_of_many() {
        return Ok(vec![(action.permission(), Allowance::Later)]);
    }
    let needed = permissions(action, resource, context).into_iter();
    needed
        .map(|permission| Ok((permission, question.permission(permission)?)))
        .collect()
}

/// As [`explain`], on the alias of a grant, which nobody owns; `is_named` says whether the grant
/// names the caller.
pub(in crate::access) fn explain_alias(
    caller: &Caller,
    action: Action,
    alias: &Resource,
    context: &RequestContext<'_>,
    is_named: bool,
) -> Result<Vec<(&'static str, Allowance)>, Refusal> {
    let question = Question {
        is_named,
        ..Question::new(caller, action, alias, context)?
    };
    let needed = permissions(action, alias, context).into_iter();
    needed
        .map(|permission| Ok((permission, question.permission(permission)?)))
        .collect()
}

struct Question<'a> {
    caller: &'a Caller,
    action: Action,
    owns: bool,
    /// Whether a grant between agencies names the caller.
    is_named: bool,
    rules: Option<&'a BucketRules>,
    situation: Situation<'a>,
}

impl<'a> Question<'a> {
    fn new(
        caller: &'a Caller,
        action: Action,
        resource: &'a Resource,
        context: &'a RequestContext<'a>,
    ) -> Result<Self, Refusal> {
        if caller.roles == [Role::Operator] {
            return Err(Refusal::Operator);
        }
        Ok(Self {
            caller,
            action,
            is_named: false,
            owns: resource
                .bucket()
                .is_none_or(|bucket| bucket.owner == caller.canonical_id),
            rules: match rules_of(resource) {
                Some(Ok(rules)) => Some(rules),
                Some(Err(Unreadable)) if !replaces(caller, action.permission()) => {
                    return Err(Refusal::Unreadable);
                }
                Some(Err(Unreadable)) | None => None,
            },
            situation: Situation {
                caller,
                agency: &caller.agency,
                resource,
                context,
            },
        })
    }

    /// Whether the request is for many keys, each of which is asked for alone, and answered alone.
    fn is_of_many(&self) -> bool {
        self.action == Action::DeleteObjects
            && matches!(self.situation.resource, Resource::Bucket(_))
    }

    /// The rule that refuses, or whether a granted policy allows.
    fn answer(&self, bypasses_governance: bool) -> Result<bool, Refusal> {
        let caller = self.caller;
        if self.rules.is_none() && !caller.has_policies() {
            let allowed = self.role_for(self.action.permission()).is_some()
                && (!bypasses_governance || self.role_for(BYPASS).is_some());
            return allowed.then_some(false).ok_or(Refusal::NoRole);
        }
        if self.is_of_many() {
            return Ok(false);
        }
        let mut granted = true;
        let (resource, context) = (self.situation.resource, self.situation.context);
        for permission in permissions(self.action, resource, context) {
            let allowance = self.permission(permission)?;
            granted &= matches!(
                allowance,
                Allowance::Statement {
                    policy: Source::Grant,
                    ..
                }
            );
        }
        Ok(granted)
    }

    fn permission(&self, permission: &'static str) -> Result<Allowance, Refusal> {
        let caller = self.caller;
        let ask = |policy: &Policy, source| match policy.verdict(&self.situation, permission) {
            Verdict::Denied(statement) => Err(Refusal::Forbidden {
                policy: source,
                statement,
                permission,
            }),
            Verdict::Allowed(statement) => Ok(Some(Allowance::Statement {
                policy: source,
                statement,
            })),
            Verdict::Silent => Ok(None),
        };
        let mut by_grant = None;
        for policy in &caller.grants {
            let allowed = ask(policy, Source::Grant)?;
            by_grant = by_grant.or(allowed);
        }
        for policy in &caller.denials {
            ask(policy, Source::Grant)?;
        }
        let mut within = true;
        for policy in &caller.boundaries {
            within &= ask(policy, Source::Boundary)?.is_some();
        }
        let by_bucket = match self.rules.and_then(|rules| rules.policy.as_ref()) {
            Some(policy) if !repairs(caller, permission) => ask(policy, Source::Bucket)?,
            Some(_) | None => None,
        };
        if !within {
            return Err(Refusal::Beyond { permission });
        }
        let restricted = |rules: &BucketRules| {
            rules.has_public_policy && rules.public_access().restrict_public_buckets
        };
        let is_shut = caller.is_anonymous() && self.rules.is_some_and(restricted);
        let by_acl = || self.by_acl(permission).then_some(Allowance::Acl);
        by_grant
            .or_else(|| self.role_for(permission).map(Allowance::Role))
            .or(by_bucket.filter(|_| !is_shut))
            .or_else(|| self.is_named.then_some(Allowance::Named))
            .or_else(by_acl)
            .ok_or(Refusal::NotAllowed { permission })
    }

    fn by_acl(&self, permission: &str) -> bool {
        let Some(rules) = self.rules.filter(|rules| rules.has_acls()) else {
            return false;
        };
        let closed = rules.public_access().ignore_public_acls;
        // The list of what one stores is one's own to set.
        let stores = matches!(
            self.action,
            Action::PutObject | Action::CopyObject | Action::CreateMultipartUpload
        );
        let for_new = stores && permission == "s3:PutObjectAcl";
        let on_bucket = if for_new { "s3:PutObject" } else { permission };
        let of_bucket = acl::of_bucket(on_bucket).is_some_and(|wanted| {
            let list = rules.acl.as_ref();
            list.is_some_and(|list| list.allows(self.caller, wanted, closed))
        });
        // Who may store in a bucket may remove what they own in it.
        let removes_own = permission == "s3:DeleteObject"
            && rules.acl.as_ref().is_some_and(|list| {
                let owner = self.situation.context.object.map(|object| object.owner);
                self.caller.is_principal()
                    && owner == Some(self.caller.canonical_id)
                    && list.allows(self.caller, AclPermission::Write, closed)
            });
        let of_object = acl::of_object(permission)
            .zip(self.situation.context.object)
            .is_some_and(|(wanted, object)| {
                // Whose the object is can always repair its list.
                let acp = matches!(wanted, AclPermission::ReadAcp | AclPermission::WriteAcp);
                let is_owner =
                    self.caller.is_principal() && object.owner == self.caller.canonical_id;
                acp && is_owner || object.acl.allows(self.caller, wanted, closed)
            });
        of_bucket || removes_own || of_object
    }

    fn role_for(&self, permission: &str) -> Option<Role> {
        let mut roles = self.caller.roles.iter().copied();
        if permission == BYPASS {
            return roles.find(|role| *role == Role::AgencyAdmin);
        }
        roles.find(|role| allows(*role, self.action, self.owns))
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
