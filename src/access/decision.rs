//! The decision.
//!
//! What each role may do with what it owns and with what others own:
//!
//! | role | agency | own buckets | others' buckets |
//! | --- | --- | --- | --- |
//! | `app` | list own, make | everything | nothing |
//! | `reader` | list all | read | read |
//! | `reviewer` | list all | read | read |
//! | `records-officer` | list all | names, retention, holds, lifecycle | the same |
//! | `auditor` | list all | configurations | configurations |
//! | `agency-admin` | list all, make | everything | everything |
//! | `operator` | nothing | nothing | nothing |
//!
//! Retention in governance mode is bypassed by `agency-admin` alone, unless a policy allows it.
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
use super::grant::GrantRefusal;
use super::permit::BucketFacts;
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
    /// The grant between agencies behind an alias does not allow it.
    #[error(transparent)]
    Grant(#[from] GrantRefusal),
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

/// What allows a permission.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum Allowance {
    /// A built-in role of the caller.
    #[error("the role {}", .0.name())]
    Role(Role),
    /// A statement.
    #[error("statement {} of {policy}", .statement.0)]
    Statement {
        /// Whose policy.
        policy: Source,
        /// Which statement.
        statement: StatementName,
    },
    /// An access control list.
    #[error("an access control list")]
    Acl,
    /// The grant between agencies names the caller or a role that it acts in.
    #[error("the grant, which names the principal or a role of it")]
    Named,
    /// Each object of the request is decided alone.
    #[error("nothing yet: each key is decided alone")]
    Later,
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
pub(super) fn explain_alias(
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

/// One row of the matrix. `owns` is true for the agency itself.
const fn allows(role: Role, action: Action, owns: bool) -> bool {
    match role {
        Role::AgencyAdmin => true,
        Role::App => owns,
        Role::Reader | Role::Reviewer => matches!(action.effect(), Effect::Read),
        Role::RecordsOfficer => keeps_records(action),
        Role::Auditor => audits(action),
        Role::Operator => false,
    }
}

/// Whether a role sees the buckets of all, not its own alone.
const fn sees_all(role: Role) -> bool {
    !matches!(role, Role::App | Role::Operator)
}

/// What says how long documents stay, and what is needed to find them by name.
const fn keeps_records(action: Action) -> bool {
    use Action as A;
    matches!(
        action,
        A::ListBuckets
            | A::HeadBucket
            | A::GetBucketLocation
            | A::GetBucketVersioning
            | A::ListObjects
            | A::ListObjectsV2
            | A::ListObjectVersions
            | A::GetBucketLifecycleConfiguration
            | A::PutBucketLifecycleConfiguration
            | A::DeleteBucketLifecycle
            | A::GetObjectLockConfiguration
            | A::PutObjectLockConfiguration
            | A::GetObjectRetention
            | A::PutObjectRetention
            | A::GetObjectLegalHold
            | A::PutObjectLegalHold
    )
}

/// Reads of how buckets are set up. Names and tags of documents are no set-up.
const fn audits(action: Action) -> bool {
    use Action as A;
    let speaks_of_objects = matches!(
        action,
        A::ListObjects
            | A::ListObjectsV2
            | A::ListObjectVersions
            | A::ListMultipartUploads
            | A::ListParts
            | A::GetObject
            | A::HeadObject
            | A::GetObjectTagging
            | A::GetObjectAttributes
            | A::GetObjectAcl
            | A::GetObjectRetention
            | A::GetObjectLegalHold
    );
    matches!(action.effect(), Effect::Read) && !speaks_of_objects
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
pub(super) fn permissions(
    action: Action,
    resource: &Resource,
    context: &RequestContext<'_>,
) -> Vec<&'static str> {
    use PlainKey as K;
    let permission = action.permission();
    let mut needed = vec![if context.version_id.is_some() {
        of_version(permission)
    } else {
        permission
    }];
    let says = |key| context.request.value(key).is_some();
    let sets_acl = || sets_acl(resource, context);
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

/// Whether the headers ask for a list of their own. That a bucket's owner has control of what is
/// stored in it opens nothing to anybody, and policies that ask for it allow storing alone.
///
/// Source: AWS S3 User Guide, "Bucket policy examples using condition keys", "Granting
/// s3:PutObject permission with a condition requiring the bucket owner to get full control".
fn sets_acl(resource: &Resource, context: &RequestContext<'_>) -> bool {
    use PlainKey as K;
    let value = |key| context.request.value(key);
    let is_owners = |grant: &str| {
        let id = grant.trim().strip_prefix("id=").unwrap_or_default();
        let owner = resource.bucket().map(|bucket| bucket.owner.to_string());
        owner.is_some_and(|owner| id.trim_matches('"') == owner)
    };
    let keys = [
        K::GrantRead,
        K::GrantReadAcp,
        K::GrantWrite,
        K::GrantWriteAcp,
    ];
    value(K::Acl).is_some_and(|acl| acl != "bucket-owner-full-control")
        || value(K::GrantFullControl).is_some_and(|grant| !is_owners(&grant))
        || keys.into_iter().any(|key| value(key).is_some())
}

/// The permission on a version that stands beside the one on the current version.
pub(super) fn of_version(permission: &'static str) -> &'static str {
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
    use std::sync::Arc;

    use super::super::action::Action;
    use super::super::bucket_rules::{BucketRules, Unreadable, Written};
    use super::super::caller::{Caller, Proof};
    use super::super::context::{RequestContext, Silence};
    use super::super::permit::{BucketFacts, Resource};
    use super::super::policy::{Kind, Policy};
    use super::{Refusal, decide};
    use crate::types::clock::Time;
    use crate::types::ids::{BucketId, CanonicalId};
    use crate::types::names::{AgencyId, BucketName, PrincipalName};
    use crate::types::roles::Role;

    const ME: CanonicalId = CanonicalId::new([1; 32]);
    const OTHER: CanonicalId = CanonicalId::new([2; 32]);

    fn caller(roles: &[Role]) -> Caller {
        Caller::new(
            AgencyId::parse("registro").unwrap(),
            PrincipalName::parse("ventanilla").unwrap(),
            ME,
            roles.to_vec(),
            Proof::Token {
                issuer: "estado".to_owned(),
            },
        )
    }

    fn context() -> RequestContext<'static> {
        RequestContext {
            at: Time::from_seconds(0),
            remote: std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
            is_secure: false,
            version_id: None,
            request: &Silence,
            object: None,
        }
    }

    fn bucket_of(owner: CanonicalId) -> BucketFacts {
        BucketFacts {
            id: BucketId(1),
            name: BucketName::parse("actas").unwrap(),
            owner,
            rules: None,
        }
    }

    #[track_caller]
    fn check(roles: &[Role], action: Action, owner: Option<CanonicalId>, allowed: bool) {
        let resource = owner.map_or(Resource::Agency, |owner| Resource::Bucket(bucket_of(owner)));
        let decided = decide(&caller(roles), action, resource, &context());
        assert_eq!(decided.is_ok(), allowed, "{roles:?} {action:?}");
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
                check(&[Role::Reviewer], action, owner, reads);
                check(&[Role::App], action, owner, owner != Some(OTHER));
                check(&[Role::Operator, Role::Reader], action, owner, reads);
            }
        }
    }

    fn says(effect: Option<&str>, principal: &str) -> Option<String> {
        let effect = effect?;
        Some(format!(
            r#"{{"Statement":{{"Sid":"S","Effect":"{effect}",{principal}"Action":"s3:*",
            "Resource":"arn:aws:s3:::actas"}}}}"#
        ))
    }

    /// Every way in which roles and policies can agree and disagree, against the rule in words.
    #[test]
    fn policies_and_roles_together() {
        let agency = AgencyId::parse("registro").unwrap();
        let name = BucketName::parse("actas").unwrap();
        let effects = [None, Some("Allow"), Some("Deny")];
        let identity = |effect| {
            let text = says(effect, "");
            let policy = text.map(|text| Policy::parse(&text, Kind::Identity).unwrap());
            policy.map(Arc::new).into_iter().collect::<Vec<_>>()
        };
        let mut cases = 0;
        for roles in [&[][..], &[Role::App], &[Role::Reader], &[Role::AgencyAdmin]] {
            for bucket in effects {
                for grant in effects {
                    for denial in effects {
                        for boundary in effects {
                            let mut caller = caller(roles);
                            caller.grants = identity(grant);
                            caller.denials = identity(denial);
                            caller.boundaries = identity(boundary);
                            let text = says(bucket, r#""Principal":"*","#);
                            let written = Written {
                                policy: text.as_deref(),
                                ..Written::default()
                            };
                            let rules = BucketRules::read(&agency, &name, written);
                            let resource = Resource::Bucket(BucketFacts {
                                rules: Some(Arc::new(rules)),
                                ..bucket_of(OTHER)
                            });
                            let decided =
                                decide(&caller, Action::ListObjects, resource, &context());
                            let all = [bucket, grant, denial, boundary];
                            let forbidden = all.contains(&Some("Deny"));
                            let narrowed = boundary == Some("Allow") || boundary.is_none();
                            let by_role =
                                roles.contains(&Role::Reader) || roles.contains(&Role::AgencyAdmin);
                            let allowed = by_role || [bucket, grant].contains(&Some("Allow"));
                            let expected = !forbidden && narrowed && allowed;
                            let case = format!("{roles:?} {all:?}");
                            assert_eq!(decided.is_ok(), expected, "{case}: {decided:?}");
                            cases += 1;
                        }
                    }
                }
            }
        }
        assert_eq!(cases, 4 * 81);
    }

    #[test]
    fn what_cannot_be_read_refuses_everybody_but_for_its_repair() {
        let resource = || {
            Resource::Bucket(BucketFacts {
                rules: Some(Arc::new(Err(Unreadable))),
                ..bucket_of(ME)
            })
        };
        for action in Action::ALL.iter().copied() {
            for role in [Role::App, Role::Reader, Role::AgencyAdmin] {
                let decided = decide(&caller(&[role]), action, resource(), &context());
                let repairs = [
                    Action::GetBucketPolicy,
                    Action::PutBucketPolicy,
                    Action::DeleteBucketPolicy,
                    Action::PutPublicAccessBlock,
                    Action::DeletePublicAccessBlock,
                    Action::PutBucketOwnershipControls,
                    Action::DeleteBucketOwnershipControls,
                ];
                let replaces =
                    repairs.contains(&action) || action.permission() == "s3:PutBucketAcl";
                let expected = role == Role::AgencyAdmin && replaces;
                assert_eq!(decided.is_ok(), expected, "{role:?} {action:?}");
            }
        }
    }

    #[test]
    fn an_operator_gets_nothing_from_policies() {
        let mut operator = caller(&[Role::Operator]);
        let text = says(Some("Allow"), "").unwrap();
        operator.grants = vec![Arc::new(Policy::parse(&text, Kind::Identity).unwrap())];
        let resource = Resource::Bucket(bucket_of(ME));
        let decided = decide(&operator, Action::ListObjects, resource, &context());
        assert_eq!(decided.err(), Some(Refusal::Operator));
    }
}
