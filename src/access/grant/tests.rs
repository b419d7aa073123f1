//! The rules of granted reads, one by one.

use std::sync::Arc;

use super::{Ask, GrantFacts, GrantRefusal, Standing, decide, needs_object};
use crate::access::action::Action;
use crate::access::bucket_rules::{BucketRules, Unreadable, Written};
use crate::access::caller::{Caller, Proof};
use crate::access::context::{RequestContext, Silence};
use crate::access::decision::Refusal;
use crate::access::permit::BucketFacts;
use crate::access::policy::{Kind, Policy};
use crate::types::clock::Time;
use crate::types::grant::{Actions, LegalBasis, Purpose, Scope, State, Terms};
use crate::types::ids::{BucketId, CanonicalId, GrantId, VersionId};
use crate::types::names::{AgencyId, BucketName, ObjectKey, PrincipalName};
use crate::types::roles::Role;

const PINNED: VersionId = VersionId::Id([9; 16]);

struct Scene {
    caller: Caller,
    facts: GrantFacts,
    purpose: Option<&'static str>,
    at: i64,
    version_id: Option<VersionId>,
}

/// A reader of `licencias`, and what `registro` lets it read: `actas/2026/`, for a licence.
fn scene() -> Scene {
    let caller = Caller::new(
        AgencyId::parse("licencias").unwrap(),
        PrincipalName::parse("ventanilla").unwrap(),
        CanonicalId::new([1; 32]),
        vec![Role::Reader],
        Proof::Token {
            issuer: "estado".to_owned(),
        },
    );
    let terms = Terms {
        grantor: AgencyId::parse("registro").unwrap(),
        grantee: caller.agency.clone(),
        bucket: BucketName::parse("actas").unwrap(),
        scope: Scope::prefix("2026/").unwrap(),
        actions: Actions::parse(["s3:GetObject", "s3:ListBucket"]).unwrap(),
        purpose: Purpose::parse("tramite-licencia").unwrap(),
        legal_basis: LegalBasis::parse("Convenio 7").unwrap(),
        expires: Time::from_seconds(1_000),
        principals: Vec::new(),
        roles: Vec::new(),
    };
    let bucket = BucketFacts {
        id: BucketId(7),
        name: terms.bucket.clone(),
        owner: CanonicalId::new([2; 32]),
        rules: None,
    };
    Scene {
        caller,
        facts: GrantFacts {
            id: GrantId::new([3; 16]),
            terms: Arc::new(terms),
            alias: BucketName::parse("de-registro").unwrap(),
            standing: Standing::InForce,
            bucket: Some(bucket),
        },
        purpose: Some("tramite-licencia"),
        at: 500,
        version_id: None,
    }
}

impl Scene {
    fn change(mut self, change: impl FnOnce(&mut Terms)) -> Self {
        change(Arc::make_mut(&mut self.facts.terms));
        self
    }

    fn role(mut self, role: Role) -> Self {
        self.caller.roles = vec![role];
        self
    }

    fn policy_of_grantor(mut self, text: &str) -> Self {
        let written = Written {
            policy: Some(text),
            ..Written::default()
        };
        let terms = &self.facts.terms;
        let rules = BucketRules::read(&terms.grantor, &terms.bucket, written);
        assert!(rules.is_ok(), "{text}");
        self.facts.bucket.as_mut().unwrap().rules = Some(Arc::new(rules));
        self
    }

    fn ask(&self, action: Action, key: Option<&str>) -> Result<(), Refusal> {
        let object_key = key.map(|key| ObjectKey::parse(key).unwrap());
        let ask = Ask {
            facts: &self.facts,
            object_key: object_key.as_ref(),
            purpose: self.purpose,
        };
        let context = RequestContext {
            at: Time::from_seconds(self.at),
            remote: std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
            is_secure: false,
            version_id: self.version_id,
            request: &Silence,
            object: None,
        };
        let permit = decide(&self.caller, action, &ask, &context)?;
        assert_eq!(permit.agency(), &self.facts.terms.grantor);
        let grant = permit.grant().expect("a granted read names its grant");
        assert_eq!(grant.id, self.facts.id);
        assert_eq!(grant.purpose, self.facts.terms.purpose);
        assert_eq!(permit.resource().bucket(), self.facts.bucket.as_ref());
        assert!(!permit.sees_all() && !permit.bypasses_governance());
        Ok(())
    }

    #[track_caller]
    fn allows(&self) {
        assert_eq!(self.ask(Action::GetObject, Some("2026/a")), Ok(()));
    }

    #[track_caller]
    fn refuses(&self, refusal: GrantRefusal) {
        let asked = self.ask(Action::GetObject, Some("2026/a"));
        assert_eq!(asked, Err(Refusal::Grant(refusal)));
    }

    /// Refused by the caller's own agency, of whose rules the grantor learns nothing.
    #[track_caller]
    fn refuses_itself(&self) {
        let refusal = self.ask(Action::GetObject, Some("2026/a")).unwrap_err();
        assert!(!matches!(refusal, Refusal::Grant(_)), "{refusal}");
        let told = refusal.for_grantor();
        assert_eq!(told, "the reader's own agency does not allow it");
    }
}

#[test]
fn only_reading_operations_are_there() {
    let all = [
        "s3:GetObject",
        "s3:GetObjectAttributes",
        "s3:GetObjectTagging",
        "s3:ListBucket",
    ];
    let scene = scene()
        .change(|terms| terms.actions = Actions::parse(all).unwrap())
        .role(Role::AgencyAdmin);
    let mut readable = Vec::new();
    for action in Action::ALL.iter().copied() {
        let of_object = action.permission().contains("Object");
        let key = of_object.then_some("2026/a");
        match scene.ask(action, key) {
            Ok(()) => readable.push(action.name()),
            Err(refusal) => {
                assert_eq!(
                    refusal,
                    Refusal::Grant(GrantRefusal::NotOnAlias),
                    "{action:?}"
                );
            }
        }
    }
    let expected = [
        "HeadBucket",
        "GetBucketLocation",
        "ListObjects",
        "ListObjectsV2",
        "GetObject",
        "HeadObject",
        "GetObjectTagging",
        "GetObjectAttributes",
    ];
    assert_eq!(readable, expected);
}

#[test]
fn the_callers_own_agency_decides_first() {
    scene().allows();
    scene().role(Role::AgencyAdmin).allows();
    scene().role(Role::App).refuses_itself();
    scene().role(Role::Operator).refuses_itself();
    // An application reads if the grant names it, or its role; and then nobody else does.
    let name = |terms: &mut Terms| {
        terms.principals = vec![PrincipalName::parse("ventanilla").unwrap()];
    };
    scene().role(Role::App).change(name).allows();
    scene()
        .role(Role::App)
        .change(|terms| terms.roles = vec!["app".into()])
        .allows();
    scene()
        .change(|terms| terms.roles = vec!["app".into()])
        .refuses(GrantRefusal::NotNamed);
    // What a policy forbids, or the policy of a key does not allow, no grant gives back.
    let policy = |effect: &str, resource: &str| {
        let text = format!(
            r#"{{"Statement":{{"Effect":"{effect}","Action":"s3:GetObject",
            "Resource":"arn:aws:s3:::{resource}/*"}}}}"#
        );
        vec![Arc::new(Policy::parse(&text, Kind::Identity).unwrap())]
    };
    let mut scene = scene().change(name);
    scene.caller.denials = policy("Deny", "de-registro");
    scene.refuses_itself();
    scene.caller.denials = policy("Deny", "actas");
    scene.allows();
    scene.caller.boundaries = policy("Allow", "actas");
    scene.refuses_itself();
    scene.caller.boundaries = policy("Allow", "de-registro");
    scene.allows();
    // A policy that names the alias gives what a role does not.
    let mut app = self::scene().role(Role::App);
    app.caller.grants = policy("Allow", "de-registro");
    app.allows();
    app.caller.grants = policy("Allow", "actas");
    app.refuses_itself();
}

#[test]
fn nobody_reads_by_a_grant_without_proof() {
    let mut scene = scene().change(|terms| terms.roles = vec!["app".into()]);
    scene.caller = Caller::anonymous(AgencyId::parse("licencias").unwrap());
    scene.refuses_itself();
}

#[test]
fn both_records_have_to_say_so() {
    let standing = |standing| {
        let mut scene = scene();
        scene.facts.standing = standing;
        scene
    };
    standing(Standing::NotAgreed).refuses(GrantRefusal::NotAgreed);
    standing(Standing::GrantorUnavailable).refuses(GrantRefusal::GrantorUnavailable);
    standing(Standing::Ended(State::Revoked)).refuses(GrantRefusal::Ended(State::Revoked));
    let mut scene = scene();
    scene.at = 999;
    scene.allows();
    scene.at = 1_000;
    scene.refuses(GrantRefusal::Expired);
    let mut scene = self::scene();
    scene.facts.bucket = None;
    scene.refuses(GrantRefusal::BucketGone);
}

#[test]
fn the_purpose_is_stated_and_the_same() {
    for (purpose, refusal) in [
        (None, GrantRefusal::NoPurpose),
        (Some(""), GrantRefusal::OtherPurpose),
        (Some("tramite-licenciA"), GrantRefusal::OtherPurpose),
        (Some("tramite-licencia2"), GrantRefusal::OtherPurpose),
        (Some("tramite"), GrantRefusal::OtherPurpose),
    ] {
        let mut scene = scene();
        scene.purpose = purpose;
        scene.refuses(refusal);
    }
}

#[test]
fn nothing_beyond_actions_and_scope() {
    let scene = scene();
    let outside = || Err(Refusal::Grant(GrantRefusal::Outside));
    let not_given = |permission| Err(Refusal::Grant(GrantRefusal::NotGiven { permission }));
    for (action, key, expected) in [
        (Action::HeadObject, Some("2026/a"), Ok(())),
        (Action::HeadObject, Some("2026"), outside()),
        (Action::GetObject, Some("2025/a"), outside()),
        (Action::GetObject, Some("x/2026/a"), outside()),
        (Action::ListObjects, None, Ok(())),
        (Action::HeadBucket, None, Ok(())),
        (Action::GetBucketLocation, None, Ok(())),
        (
            Action::GetObjectTagging,
            Some("2026/a"),
            not_given("s3:GetObjectTagging"),
        ),
        (
            Action::GetObjectAttributes,
            Some("2025/a"),
            not_given("s3:GetObjectAttributes"),
        ),
    ] {
        assert_eq!(scene.ask(action, key), expected, "{action:?} {key:?}");
    }
    let mut of_version = self::scene();
    of_version.version_id = Some(PINNED);
    of_version.refuses(GrantRefusal::NotGiven {
        permission: "s3:GetObjectVersion",
    });
}

#[test]
fn a_grant_of_one_version_gives_no_other() {
    let key = || ObjectKey::parse("2026/a").unwrap();
    for action in ["s3:GetObject", "s3:GetObjectVersion"] {
        let mut scene = scene().change(|terms| {
            terms.scope = Scope::Object(key(), Some(PINNED));
            terms.actions = Actions::parse([action]).unwrap();
        });
        scene.version_id = Some(PINNED);
        scene.allows();
        scene.version_id = Some(VersionId::Id([8; 16]));
        scene.refuses(GrantRefusal::Outside);
        scene.version_id = Some(VersionId::Null);
        scene.refuses(GrantRefusal::Outside);
    }
}

#[test]
fn the_grantors_policy_forbids_and_never_allows() {
    let policy = |effect: &str, principal: &str, condition: &str| {
        format!(
            r#"{{"Statement":{{"Sid":"S","Effect":"{effect}",{principal},"Action":"s3:GetObject",
            "Resource":"arn:aws:s3:::actas/*"{condition}}}}}"#
        )
    };
    let anyone = r#""Principal":"*""#;
    let of_agency = r#""Principal":{"AWS":"registro"}"#;
    let of_user = r#""Principal":{"AWS":"arn:aws:iam::registro:user/ventanilla"}"#;
    let of_role = r#""Principal":{"AWS":"arn:aws:iam::registro:role/reader"}"#;
    let but_user = r#""NotPrincipal":{"AWS":"arn:aws:iam::registro:user/ventanilla"}"#;
    let foreign = r#","Condition":{"StringNotEquals":{"aws:PrincipalAccount":"registro"}}"#;
    let own = r#","Condition":{"StringEquals":{"aws:PrincipalAccount":"registro"}}"#;
    let here = r#","Condition":{"StringEquals":{"aws:ResourceAccount":"registro"}}"#;
    for (text, forbidden) in [
        (policy("Deny", anyone, ""), true),
        (policy("Deny", anyone, foreign), true),
        (policy("Deny", anyone, own), false),
        (policy("Deny", anyone, here), true),
        // Of the same name in another agency is somebody else.
        (policy("Deny", of_user, ""), false),
        (policy("Deny", of_role, ""), false),
        (policy("Deny", of_agency, ""), false),
        (policy("Deny", but_user, ""), true),
        (policy("Allow", anyone, ""), false),
    ] {
        let asked = scene()
            .policy_of_grantor(&text)
            .ask(Action::GetObject, Some("2026/a"));
        assert_eq!(asked.is_err(), forbidden, "{text}: {asked:?}");
        let Err(refusal) = asked else { continue };
        // The grantor reads which statement it was; the grantee does not.
        assert!(refusal.for_grantor().contains('S'), "{refusal}");
        assert!(!refusal.to_string().contains('S'), "{refusal}");
    }
    // What it allows is no way in.
    let mut ended = scene().policy_of_grantor(&policy("Allow", anyone, ""));
    ended.facts.standing = Standing::NotAgreed;
    ended.refuses(GrantRefusal::NotAgreed);
    let mut scene = scene();
    scene.facts.bucket.as_mut().unwrap().rules = Some(Arc::new(Err(Unreadable)));
    scene.refuses(GrantRefusal::ByGrantor {
        statement: None,
        permission: "s3:GetObject",
    });
}

#[test]
fn tags_are_looked_up_in_scope_alone() {
    let text = r#"{"Statement":{"Effect":"Deny","Principal":"*","Action":"s3:GetObject",
        "Resource":"arn:aws:s3:::actas/*",
        "Condition":{"StringEquals":{"s3:ExistingObjectTag/reserva":"si"}}}}"#;
    let needs = |scene: &Scene, key: &str| {
        let object_key = ObjectKey::parse(key).unwrap();
        let ask = Ask {
            facts: &scene.facts,
            object_key: Some(&object_key),
            purpose: None,
        };
        needs_object(&scene.caller, &ask)
    };
    let mut tagged = scene().policy_of_grantor(text);
    assert!(needs(&tagged, "2026/a"));
    assert!(!needs(&tagged, "2025/a"));
    assert!(!needs(&scene(), "2026/a"));
    tagged.facts.standing = Standing::NotAgreed;
    assert!(!needs(&tagged, "2026/a"));
}
