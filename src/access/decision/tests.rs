//! The matrix of roles, and roles and policies together.

use std::sync::Arc;

use super::super::action::{Action, Effect};
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
        let reads = matches!(action.effect(), Effect::Read);
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
                        let decided = decide(&caller, Action::ListObjects, resource, &context());
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
            let replaces = repairs.contains(&action) || action.permission() == "s3:PutBucketAcl";
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
