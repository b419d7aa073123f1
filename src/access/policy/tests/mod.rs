//! Policies as truth tables.

mod conditions;
mod syntax;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use super::key::PlainKey;
use super::situation::Situation;
use super::{Kind, Policy, StatementName, Verdict};
use crate::access::caller::{Caller, Claims, Proof};
use crate::access::context::{ObjectFacts, RequestContext, RequestFacts};
use crate::access::permit::{BucketFacts, Resource};
use crate::types::clock::Time;
use crate::types::ids::{BucketId, CanonicalId, VersionId};
use crate::types::names::{AgencyId, BucketName, ObjectKey, PrincipalName};
use crate::types::roles::Role;

const ANA: CanonicalId = CanonicalId::new([1; 32]);

/// A request in which everything may be set.
struct Scene {
    caller: Caller,
    resource: Resource,
    at: Time,
    remote: &'static str,
    is_secure: bool,
    version_id: Option<VersionId>,
    facts: Facts,
    object: Option<ObjectFacts>,
}

#[derive(Default)]
struct Facts {
    values: Vec<(PlainKey, &'static str)>,
    tags: Option<Vec<(String, String)>>,
}

impl RequestFacts for Facts {
    fn value(&self, key: PlainKey) -> Option<Cow<'_, str>> {
        let found = self.values.iter().find(|(known, _)| *known == key);
        found.map(|(_, value)| Cow::Borrowed(*value))
    }

    fn tags(&self) -> Option<Vec<(String, String)>> {
        self.tags.clone()
    }

    fn bypasses_governance(&self) -> bool {
        false
    }
}

fn pairs(tags: &[(&str, &str)]) -> Vec<(String, String)> {
    let tags = tags.iter();
    tags.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn bucket() -> BucketFacts {
    BucketFacts {
        id: BucketId(1),
        name: BucketName::parse("actas").unwrap(),
        owner: CanonicalId::new([9; 32]),
        rules: None,
    }
}

fn object(key: &str) -> Resource {
    Resource::Object(bucket(), ObjectKey::parse(key).unwrap())
}

fn scene() -> Scene {
    let mut caller = Caller::new(
        AgencyId::parse("registro").unwrap(),
        PrincipalName::parse("ana").unwrap(),
        ANA,
        vec![Role::App],
        Proof::Token {
            issuer: "estado".to_owned(),
        },
    );
    let texts = |values: &[&str]| values.iter().map(|v| (*v).to_owned()).collect();
    caller.claims = Arc::new(Claims {
        claims: BTreeMap::from([
            ("area".to_owned(), texts(&["civil"])),
            ("groups".to_owned(), texts(&["a", "b"])),
            ("none".to_owned(), Vec::new()),
        ]),
        tags: BTreeMap::from([("turno".to_owned(), texts(&["noche"]))]),
        are_withheld: false,
    });
    caller.named_roles = vec!["archivista".into()];
    Scene {
        caller,
        resource: object("2026/acta"),
        at: Time::parse_iso8601("2026-11-24T12:00:00Z").unwrap(),
        remote: "10.1.2.3",
        is_secure: true,
        version_id: None,
        facts: Facts::default(),
        object: None,
    }
}

impl Scene {
    fn ask(&self, policy: &Policy, permission: &str) -> Verdict {
        let context = RequestContext {
            at: self.at,
            remote: self.remote.parse::<IpAddr>().unwrap(),
            is_secure: self.is_secure,
            version_id: self.version_id,
            request: &self.facts,
            object: self.object.as_ref(),
        };
        let situation = Situation {
            caller: &self.caller,
            agency: &self.caller.agency,
            resource: &self.resource,
            context: &context,
        };
        policy.verdict(&situation, permission)
    }

    /// Whether a statement of these members applies to a read by Ana.
    #[track_caller]
    fn check(&self, members: &str, expected: bool) {
        let policy = bucket_policy(&statement(members)).unwrap();
        let verdict = self.ask(&policy, "s3:GetObject");
        let applies = matches!(verdict, Verdict::Allowed(_));
        assert_eq!(applies, expected, "{members}: {verdict:?}");
        // What it allows it forbids as well, if it says so.
        let deny = bucket_policy(&statement(members).replace("Allow", "Deny")).unwrap();
        let forbids = matches!(self.ask(&deny, "s3:GetObject"), Verdict::Denied(_));
        assert_eq!(forbids, expected, "Deny {members}");
    }

    #[track_caller]
    fn condition(&self, condition: &str, expected: bool) {
        self.check(&format!(r#""Condition":{{{condition}}}"#), expected);
    }
}

/// A document of one statement: what is given, and what is missing in the widest form.
fn statement(members: &str) -> String {
    let mut all = r#""Effect":"Allow""#.to_owned();
    for (name, default) in [
        ("Principal\"", r#""Principal":"*""#),
        ("Action\"", r#""Action":"s3:*""#),
        (
            "Resource\"",
            r#""Resource":["arn:aws:s3:::actas","arn:aws:s3:::actas/*"]"#,
        ),
    ] {
        if !members.contains(name) {
            all = format!("{all},{default}");
        }
    }
    let comma = if members.is_empty() { "" } else { "," };
    format!(r#"{{"Version":"2012-10-17","Statement":[{{{all}{comma}{members}}}]}}"#)
}

fn bucket_policy(text: &str) -> Result<Policy, super::error::PolicyError> {
    let agency = AgencyId::parse("registro").unwrap();
    let bucket = BucketName::parse("actas").unwrap();
    let kind = Kind::Bucket {
        agency: &agency,
        bucket: &bucket,
    };
    Policy::parse(text, kind)
}

#[test]
fn what_is_not_known_forbids_and_does_not_allow() {
    let mut scene = scene();
    scene.caller.claims = Arc::new(scene.caller.claims.withheld());
    for members in [
        r#""Condition":{"StringEquals":{"jwt:area":"civil"}}"#,
        r#""Condition":{"StringNotEquals":{"jwt:area":"civil"}}"#,
        r#""Condition":{"StringEqualsIfExists":{"jwt:area":"civil"}}"#,
        r#""Condition":{"Null":{"jwt:area":"true"}}"#,
        r#""Condition":{"Null":{"jwt:area":"false"}}"#,
        r#""Condition":{"StringNotEquals":{"aws:username":"${jwt:area, 'x'}"}}"#,
        r#""Resource":"arn:aws:s3:::actas/${jwt:area, '2026'}/*""#,
        r#""NotResource":"arn:aws:s3:::actas/${jwt:area, '2026'}/*""#,
    ] {
        let policy = bucket_policy(&statement(members)).unwrap();
        let verdict = scene.ask(&policy, "s3:GetObject");
        assert_eq!(verdict, Verdict::Silent, "{members}");
        let deny = bucket_policy(&statement(members).replace("Allow", "Deny")).unwrap();
        let verdict = scene.ask(&deny, "s3:GetObject");
        assert!(matches!(verdict, Verdict::Denied(_)), "{members}");
    }
    // What does not depend on it is as ever.
    scene.condition(r#""StringEquals":{"aws:PrincipalTag/turno":"noche"}"#, true);
    scene.condition(r#""StringEquals":{"aws:username":"eva"}"#, false);
}

#[test]
fn principals() {
    let mut scene = scene();
    let of = |id: u8| CanonicalId::new([id; 32]).to_string();
    let cases = [
        (r#""*""#.to_owned(), true, true),
        (r#"{"AWS":"*"}"#.to_owned(), true, true),
        (r#"{"AWS":"registro"}"#.to_owned(), true, false),
        (
            r#"{"AWS":"arn:aws:iam::registro:root"}"#.to_owned(),
            true,
            false,
        ),
        (
            r#"{"AWS":"arn:aws:iam::registro:user/ana"}"#.to_owned(),
            true,
            false,
        ),
        (
            r#"{"AWS":"arn:aws:iam::registro:user/Ana"}"#.to_owned(),
            false,
            false,
        ),
        (
            r#"{"AWS":["arn:aws:iam::registro:user/eva","arn:aws:iam::registro:user/ana"]}"#
                .to_owned(),
            true,
            false,
        ),
        (
            r#"{"AWS":"arn:aws:iam::registro:role/app"}"#.to_owned(),
            true,
            false,
        ),
        (
            r#"{"AWS":"arn:aws:iam::registro:role/archivista"}"#.to_owned(),
            true,
            false,
        ),
        (
            r#"{"AWS":"arn:aws:iam::registro:role/reader"}"#.to_owned(),
            false,
            false,
        ),
        (format!(r#"{{"CanonicalUser":"{}"}}"#, of(1)), true, false),
        (format!(r#"{{"CanonicalUser":"{}"}}"#, of(2)), false, false),
        (
            format!(
                r#"{{"AWS":"arn:aws:iam::registro:user/eva","CanonicalUser":["{}"]}}"#,
                of(1)
            ),
            true,
            false,
        ),
    ];
    for anonymous in [false, true] {
        if anonymous {
            scene.caller.proof = Proof::Anonymous;
            scene.caller.roles.clear();
            scene.caller.named_roles.clear();
        }
        for (principal, named, nobody) in &cases {
            let expected = if anonymous { *nobody } else { *named };
            scene.check(&format!(r#""Principal":{principal}"#), expected);
            scene.check(&format!(r#""NotPrincipal":{principal}"#), !expected);
        }
    }
}

#[test]
fn actions() {
    let scene = scene();
    for (action, expected) in [
        (r#""s3:*""#, true),
        (r#""*""#, true),
        (r#""s3:GetObject""#, true),
        (r#""S3:getobject""#, true),
        (r#""s3:Get*""#, true),
        (r#""s3:GetObjec?""#, true),
        (r#"["s3:PutObject","s3:GetObject"]"#, true),
        (r#""s3:PutObject""#, false),
        (r#""s3:GetObjectVersion""#, false),
        (r#""s3:GetObject?*""#, false),
        (r#""s3:ListBucket""#, false),
    ] {
        scene.check(&format!(r#""Action":{action}"#), expected);
        scene.check(&format!(r#""NotAction":{action}"#), !expected);
    }
}

#[test]
fn resources() {
    let mut scene = scene();
    for (resource, object, bucket) in [
        ("arn:aws:s3:::actas", false, true),
        ("arn:aws:s3:::actas/*", true, false),
        ("arn:aws:s3:::actas*", true, true),
        ("arn:aws:s3:::*", true, true),
        ("arn:aws:s3:::*/*", true, false),
        ("arn:aws:s3:::a?ta*/2026/*", true, false),
        ("arn:aws:s3:::*s", false, true),
        ("arn:aws:s3:::actas/2026/acta", true, false),
        ("arn:aws:s3:::actas/2026/act?", true, false),
        ("arn:aws:s3:::actas/2026/Acta", false, false),
        ("arn:aws:s3:::actas/2026", false, false),
        (
            "arn:aws:s3:::actas/${aws:PrincipalTag/turno}/*",
            false,
            false,
        ),
        ("arn:aws:s3:::actas/2026/${jwt:none,'acta'}", true, false),
        ("arn:aws:s3:::actas/${jwt:nothing}*", false, false),
        ("arn:aws:s3:::actas/${jwt:groups}*", false, false),
    ] {
        scene.resource = self::object("2026/acta");
        scene.check(&format!(r#""Resource":"{resource}""#), object);
        scene.check(&format!(r#""NotResource":"{resource}""#), !object);
        scene.resource = Resource::Bucket(self::bucket());
        let members = format!(r#""Resource":"{resource}""#);
        let policy = bucket_policy(&statement(&members)).unwrap();
        let verdict = scene.ask(&policy, "s3:ListBucket");
        assert_eq!(matches!(verdict, Verdict::Allowed(_)), bucket, "{resource}");
    }
    scene.resource = self::object("civil/ana/x");
    let home = "arn:aws:s3:::actas/${jwt:area}/${aws:username}/*";
    scene.check(&format!(r#""Resource":"{home}""#), true);
    // In the older version of the language a variable is text.
    let old = statement(&format!(r#""Resource":"{home}""#)).replace("2012-10-17", "2008-10-17");
    let old = bucket_policy(&old).unwrap();
    assert_eq!(scene.ask(&old, "s3:GetObject"), Verdict::Silent);
    scene.resource = self::object("${jwt:area}/${aws:username}/x");
    assert!(matches!(
        scene.ask(&old, "s3:GetObject"),
        Verdict::Allowed(_)
    ));
}

#[test]
fn forbidding_wins_and_statements_are_named() {
    let scene = scene();
    let three = r#"{"Version":"2012-10-17","Statement":[
        {"Sid":"Abre","Effect":"Allow","Principal":"*","Action":"s3:*",
         "Resource":"arn:aws:s3:::actas/*"},
        {"Effect":"Deny","Principal":"*","Action":"s3:DeleteObject",
         "Resource":"arn:aws:s3:::actas/2026/*"},
        {"Sid":"Cierra","Effect":"Deny","Principal":"*","Action":"s3:Put*",
         "Resource":"arn:aws:s3:::actas/*"}]}"#;
    let policy = bucket_policy(three).unwrap();
    let name = |text: &str| StatementName(text.to_owned());
    for (permission, expected) in [
        ("s3:GetObject", Verdict::Allowed(name("«Abre»"))),
        ("s3:DeleteObject", Verdict::Denied(name("2"))),
        ("s3:PutObject", Verdict::Denied(name("«Cierra»"))),
        (
            "s3:Unknown",
            Verdict::Denied(name("no permission is called s3:Unknown")),
        ),
    ] {
        assert_eq!(scene.ask(&policy, permission), expected, "{permission}");
    }
}

#[test]
fn what_is_public() {
    #[track_caller]
    fn check(members: &str, expected: bool) {
        let policy = bucket_policy(&statement(members)).unwrap();
        assert_eq!(policy.is_public(), expected, "{members}");
    }
    let cases = [
        (
            r#""StringEquals":{"aws:PrincipalAccount":"registro"}"#,
            false,
        ),
        (r#""StringLike":{"aws:PrincipalAccount":"r*"}"#, true),
        (r#""StringEquals":{"aws:username":"${jwt:sub}"}"#, true),
        (r#""IpAddress":{"aws:SourceIp":"10.0.0.0/8"}"#, false),
        (
            r#""IpAddress":{"aws:SourceIp":["10.0.0.0/8","0.0.0.0/1"]}"#,
            true,
        ),
        (r#""NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}"#, true),
        (r#""IpAddressIfExists":{"aws:SourceIp":"10.0.0.0/8"}"#, true),
        (r#""Bool":{"aws:SecureTransport":"true"}"#, true),
        (
            r#""StringEquals":{"aws:Referer":"https://estado.mx"}"#,
            true,
        ),
        (r#""StringEquals":{"jwt:area":"civil"}"#, false),
        (r#""ForAllValues:StringEquals":{"jwt:area":"civil"}"#, true),
        (r#""ForAnyValue:StringEquals":{"jwt:area":"civil"}"#, false),
    ];
    for (condition, expected) in cases {
        check(&format!(r#""Condition":{{{condition}}}"#), expected);
    }
    check("", true);
    check(r#""Principal":{"AWS":"registro"}"#, false);
    check(r#""NotPrincipal":{"AWS":"registro"}"#, true);
    let deny = bucket_policy(&statement("").replace("Allow", "Deny")).unwrap();
    assert!(!deny.is_public());
}

#[test]
fn policies_that_read_tags_of_the_object_are_known() {
    for (members, expected) in [
        ("", false),
        (
            r#""Condition":{"StringEquals":{"s3:ExistingObjectTag/a":"b"}}"#,
            true,
        ),
        (
            r#""Condition":{"StringEquals":{"jwt:a":"${s3:ExistingObjectTag/a}"}}"#,
            true,
        ),
        (
            r#""Condition":{"StringEquals":{"s3:RequestObjectTag/a":"b"}}"#,
            false,
        ),
        (
            r#""Resource":"arn:aws:s3:::actas/${s3:ExistingObjectTag/a}""#,
            true,
        ),
    ] {
        let policy = bucket_policy(&statement(members)).unwrap();
        assert_eq!(policy.reads_existing_tags(), expected, "{members}");
    }
}
