//! The decision on a read by a grant between agencies (law 3: what is opened on behalf of another
//! agency is opened through a grant that names its purpose).
//!
//! All of this must hold, in this order; what does not is the rule in both agencies' entries:
//!
//! 1. The operation is one of the reading ones.
//! 2. The caller may do it on the alias in its own agency: by a role or a policy, as on a bucket
//!    that it does not own, or because the grant names it or its role. What a policy of its agency
//!    forbids, and what the policy of its key does not allow, is refused here too.
//! 3. Both agencies' records say that the grant is active, on the same terms, and it has not ended.
//! 4. If the grant names principals or roles, the caller is one of them or acts in one.
//! 5. The request states the purpose of the grant.
//! 6. The grant gives the permission.
//! 7. Key and version lie in its scope. Outside of it there is nothing: what is asked for there is
//!    answered like what is missing.
//! 8. The grantor's bucket is still there, and no statement of its policy forbids the read.
//!
//! The grantor's public-access block, lists and allowing statements play no part.

use std::sync::Arc;

use thiserror::Error;

use crate::access::action::Action;
use crate::access::bucket_rules::Unreadable;
use crate::access::caller::Caller;
use crate::access::context::RequestContext;
use crate::access::decision;
use crate::access::decision::Allowance;
use crate::access::decision::Refusal;
use crate::access::permit::BucketFacts;
use crate::access::permit::Permit;
use crate::access::permit::Resource;
use crate::access::policy::Policy;
use crate::access::policy::StatementName;
use crate::access::policy::Verdict;
use crate::access::policy::situation::Situation;
use crate::types::grant::Purpose;
use crate::types::grant::Scope;
use crate::types::grant::State;
use crate::types::grant::Terms;
use crate::types::ids::BucketId;
use crate::types::ids::CanonicalId;
use crate::types::ids::GrantId;
use crate::types::names::BucketName;
use crate::types::names::ObjectKey;

/// What `access` must know of a grant to decide: what both agencies' records say.
#[derive(Clone, Debug)]
pub struct GrantFacts {
    /// Its number.
    pub id: GrantId,
    /// What was agreed on.
    pub terms: Arc<Terms>,
    /// What the grantee calls it among its buckets.
    pub alias: BucketName,
    /// Whether it is in force.
    pub standing: Standing,
    /// The grantor's bucket, if it is still the one that was meant.
    pub bucket: Option<BucketFacts>,
}

/// What the two records say together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// Both say that it is active, on the same terms.
    InForce,
    /// One of them says that it is ended.
    Ended(State),
    /// The two do not say the same: only one side approved, or has heard of it.
    NotAgreed,
    /// The grantor is not here, or suspended.
    GrantorUnavailable,
}

/// A read that is asked for by an alias.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The grant behind the alias.
    pub facts: &'a GrantFacts,
    /// The object, unless the alias itself is meant.
    pub object_key: Option<&'a ObjectKey>,
    /// The purpose that the request states, as it came.
    pub purpose: Option<&'a str>,
}

/// What a permit says of the grant that it was minted by.
#[derive(Clone, Debug)]
pub struct ByGrant {
    /// Which.
    pub id: GrantId,
    /// For what.
    pub purpose: Purpose,
    /// What of the bucket exists for its holder.
    pub within: Scope,
}

/// Why a read by a grant is refused.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum GrantRefusal {
    /// It is no reading operation.
    #[error("an alias of a grant is read only")]
    NotOnAlias,
    /// One side ended it.
    #[error("the grant is {}", .0.name())]
    Ended(State),
    /// Its time is over.
    #[error("the grant has expired")]
    Expired,
    /// The records differ.
    #[error("the grant is not approved by both agencies")]
    NotAgreed,
    /// The grantor cannot be asked.
    #[error("the agency that grants is suspended or not here")]
    GrantorUnavailable,
    /// It is limited to others.
    #[error("the grant names neither this principal nor a role that it acts in")]
    NotNamed,
    /// No purpose is stated.
    #[error("the request states no purpose")]
    NoPurpose,
    /// Another purpose is stated.
    #[error("the request states another purpose than the grant's")]
    OtherPurpose,
    /// It does not give this.
    #[error("the grant does not give {permission}")]
    NotGiven {
        /// What is needed.
        permission: &'static str,
    },
    /// The key or the version is none of those granted.
    #[error("the key or the version lies outside the scope of the grant")]
    Outside,
    /// The grantor removed the bucket.
    #[error("the bucket of the grant is gone")]
    BucketGone,
    /// A rule of the grantor's forbids it. Which one is the grantor's own matter.
    #[error("a rule of the agency that grants forbids it")]
    ByGrantor {
        /// The statement, or none if the policy cannot be read.
        statement: Option<StatementName>,
        /// What it forbids.
        permission: &'static str,
    },
}

impl Refusal {
    /// The rule in words for the grantor's log: nothing of the grantee's own rules.
    pub fn for_grantor(&self) -> String {
        match self {
            Self::Grant(GrantRefusal::ByGrantor {
                statement: Some(statement),
                permission,
            }) => format!(
                "statement {} of the bucket's policy forbids {permission}",
                statement.0
            ),
            Self::Grant(GrantRefusal::ByGrantor { .. }) => Self::Unreadable.to_string(),
            Self::Grant(refusal) => refusal.to_string(),
            _ => "the reader's own agency does not allow it".to_owned(),
        }
    }
}

/// Operations that an alias answers to.
pub const fn is_readable(action: Action) -> bool {
    matches!(
        action,
        Action::HeadBucket
            | Action::GetBucketLocation
            | Action::ListObjects
            | Action::ListObjectsV2
            | Action::GetObject
            | Action::HeadObject
            | Action::GetObjectTagging
            | Action::GetObjectAttributes
    )
}

/// May this caller read this by a grant? The permit is one for the grantor's agency, and names the
/// grant.
///
/// # Errors
/// The rule that refuses.
pub fn decide(
    caller: &Caller,
    action: Action,
    ask: &Ask<'_>,
    context: &RequestContext<'_>,
) -> Result<Permit, Refusal> {
    explain(caller, action, ask, context)?;
    let Ask { facts, .. } = ask;
    let resource = granted(ask).ok_or(Refusal::Grant(GrantRefusal::BucketGone))?;
    Ok(Permit {
        agency: facts.terms.grantor.clone(),
        principal: caller.principal.clone(),
        canonical_id: caller.canonical_id,
        action,
        resource,
        sees_all: false,
        bypasses_governance: false,
        grant: Some(Box::new(ByGrant {
            id: facts.id,
            purpose: facts.terms.purpose.clone(),
            within: facts.terms.scope.clone(),
        })),
    })
}

/// As [`decide`], for who wants to know why.
///
/// # Errors
/// The rule that refuses.
pub fn explain(
    caller: &Caller,
    action: Action,
    ask: &Ask<'_>,
    context: &RequestContext<'_>,
) -> Result<Vec<(&'static str, Allowance)>, Refusal> {
    if !is_readable(action) {
        return Err(Refusal::Grant(GrantRefusal::NotOnAlias));
    }
    let allowances = may_use(caller, action, ask, context)?;
    in_force(caller, ask, context).map_err(Refusal::Grant)?;
    // Whose the bucket is decides only about lists, which no read sets.
    let needed = decision::permissions(action, &Resource::Agency, context);
    within(action, ask, context, &needed).map_err(Refusal::Grant)?;
    let resource = granted(ask).ok_or(Refusal::Grant(GrantRefusal::BucketGone))?;
    unforbidden(caller, ask, &resource, context, &needed).map_err(Refusal::Grant)?;
    Ok(allowances)
}

/// The caller's own agency's half of the decision: may it do this on the alias, whatever the grant
/// says?
///
/// # Errors
/// The rule that refuses.
pub fn may_use(
    caller: &Caller,
    action: Action,
    ask: &Ask<'_>,
    context: &RequestContext<'_>,
) -> Result<Vec<(&'static str, Allowance)>, Refusal> {
    if !caller.is_principal() {
        return Err(Refusal::NoRole);
    }
    let alias = BucketFacts {
        id: BucketId(0),
        name: ask.facts.alias.clone(),
        // Nobody's: no principal has this id, for they are hashes.
        owner: CanonicalId::new([0; 32]),
        rules: None,
    };
    let resource = match ask.object_key {
        None => Resource::Bucket(alias),
        Some(object_key) => Resource::Object(alias, object_key.clone()),
    };
    let is_named = names(&ask.facts.terms, caller);
    decision::explain_alias(caller, action, &resource, context, is_named)
}

fn names(terms: &Terms, caller: &Caller) -> bool {
    terms.principals.contains(&caller.principal)
        || terms.roles.iter().any(|role| caller.acts_in(role))
}

fn in_force(
    caller: &Caller,
    ask: &Ask<'_>,
    context: &RequestContext<'_>,
) -> Result<(), GrantRefusal> {
    let terms = &ask.facts.terms;
    match ask.facts.standing {
        Standing::InForce => {}
        Standing::Ended(state) => return Err(GrantRefusal::Ended(state)),
        Standing::NotAgreed => return Err(GrantRefusal::NotAgreed),
        Standing::GrantorUnavailable => return Err(GrantRefusal::GrantorUnavailable),
    }
    if context.at >= terms.expires {
        return Err(GrantRefusal::Expired);
    }
    if terms.names_somebody() && !names(terms, caller) {
        return Err(GrantRefusal::NotNamed);
    }
    match ask.purpose {
        None => Err(GrantRefusal::NoPurpose),
        Some(purpose) if purpose != terms.purpose.as_str() => Err(GrantRefusal::OtherPurpose),
        Some(_) => Ok(()),
    }
}

fn within(
    action: Action,
    ask: &Ask<'_>,
    context: &RequestContext<'_>,
    needed: &[&'static str],
) -> Result<(), GrantRefusal> {
    let Terms { scope, actions, .. } = &*ask.facts.terms;
    let pinned = scope.version();
    for permission in needed.iter().copied() {
        // The one version of a grant can be asked for by either name.
        let by_other_name = || {
            let mut given = actions.names();
            pinned.is_some() && given.any(|name| decision::of_version(name) == permission)
        };
        let is_given = actions.has(permission) || by_other_name();
        // The region is the same for all buckets of the installation.
        if !is_given && action != Action::GetBucketLocation {
            return Err(GrantRefusal::NotGiven { permission });
        }
    }
    let Some(object_key) = ask.object_key else {
        return Ok(());
    };
    let is_it = pinned.is_none() || pinned == context.version_id;
    (scope.holds(object_key) && is_it)
        .then_some(())
        .ok_or(GrantRefusal::Outside)
}

/// What is asked for, as the grantor's agency has it.
fn granted(ask: &Ask<'_>) -> Option<Resource> {
    let bucket = ask.facts.bucket.clone()?;
    Some(match ask.object_key {
        None => Resource::Bucket(bucket),
        Some(object_key) => Resource::Object(bucket, object_key.clone()),
    })
}

fn unforbidden(
    caller: &Caller,
    ask: &Ask<'_>,
    resource: &Resource,
    context: &RequestContext<'_>,
    needed: &[&'static str],
) -> Result<(), GrantRefusal> {
    let rules = resource.bucket().and_then(|bucket| bucket.rules.as_deref());
    let policy = match rules {
        None => None,
        Some(Ok(rules)) => rules.policy.as_ref(),
        Some(Err(Unreadable)) => {
            return Err(GrantRefusal::ByGrantor {
                statement: None,
                permission: "s3:GetObject",
            });
        }
    };
    let situation = Situation {
        caller,
        agency: &ask.facts.terms.grantor,
        resource,
        context,
    };
    for permission in needed.iter().copied() {
        let verdict = policy.map(|policy| policy.verdict(&situation, permission));
        if let Some(Verdict::Denied(statement)) = verdict {
            return Err(GrantRefusal::ByGrantor {
                statement: Some(statement),
                permission,
            });
        }
    }
    Ok(())
}

/// Whether the decision depends on the object that is asked for, so that its facts must be looked
/// up first. Nothing outside the scope of a grant in force ever is.
pub fn needs_object(caller: &Caller, ask: &Ask<'_>) -> bool {
    let GrantFacts {
        terms,
        standing,
        bucket,
        ..
    } = ask.facts;
    let is_there = ask.object_key.is_some_and(|key| terms.scope.holds(key));
    let rules = bucket.as_ref().and_then(|bucket| bucket.rules.as_deref());
    let of_bucket = rules.and_then(|rules| rules.as_ref().ok()?.policy.as_ref());
    let mut policies = caller.policies().chain(of_bucket);
    is_there && *standing == Standing::InForce && policies.any(Policy::reads_existing_tags)
}

#[cfg(test)]
mod tests;
