//! What is no policy is refused with its reason.

use super::super::error::Reason;
use super::super::{Kind, Policy, Verdict};
use super::{bucket_policy, scene, statement};

#[test]
fn unknown_syntax_is_refused() {
    use Reason as R;
    #[track_caller]
    fn check(text: &str, expected: &Reason) {
        let refused = bucket_policy(text).expect_err(text);
        assert_eq!(&refused.reason, expected, "{text}");
    }
    let text = str::to_owned;
    check("", &R::NotJson);
    check("[]", &R::NotJson);
    check(r#"{"Statement":[],"Statement":[]}"#, &R::NotJson);
    check("{}", &R::MissingField("Statement"));
    check(r#"{"Statement":[]}"#, &R::Statements);
    check(r#"{"Statement":[],"X":1}"#, &R::UnknownField(text("X")));
    check(r#"{"Version":"2020-01-01","Statement":[]}"#, &R::Version);
    check(r#"{"Version":1,"Statement":[]}"#, &R::Version);
    check(
        &format!(r#"{{"Id":"{}"}}"#, "x".repeat(20 << 10)),
        &R::TooLong,
    );
    for (members, expected) in [
        (r#""Sid":1"#, R::BadField("Sid is a text")),
        (r#""Efect":"x""#, R::UnknownField(text("Efect"))),
        (r#""Principal":"ana""#, R::BadPrincipal(text("ana"))),
        (
            r#""Principal":{"AWS":"tesoreria"}"#,
            R::BadPrincipal(text("tesoreria")),
        ),
        (
            r#""Principal":{"AWS":"arn:aws:iam::tesoreria:user/ana"}"#,
            R::BadPrincipal(text("arn:aws:iam::tesoreria:user/ana")),
        ),
        (
            r#""Principal":{"AWS":"arn:aws:iam::registro:user/*"}"#,
            R::BadPrincipal(text("arn:aws:iam::registro:user/*")),
        ),
        (
            r#""Principal":{"Service":"s3"}"#,
            R::BadPrincipal(text("s3")),
        ),
        (
            r#""Principal":{"CanonicalUser":"x"}"#,
            R::BadPrincipal(text("x")),
        ),
        (r#""Principal":{}"#, R::BadField("Principal names nobody")),
        (
            r#""Principal":"*","NotPrincipal":"*""#,
            R::Both("Principal"),
        ),
        (r#""Action":"s3:Fly""#, R::UnknownAction(text("s3:Fly"))),
        (
            r#""Action":"GetObject""#,
            R::UnknownAction(text("GetObject")),
        ),
        (r#""Action":"ec2:*""#, R::UnknownAction(text("ec2:*"))),
        (
            r#""Action":[]"#,
            R::BadField("Action is a text or a list of texts"),
        ),
        (r#""Action":"s3:*","NotAction":"s3:*""#, R::Both("Action")),
        (r#""Resource":"*""#, R::BadResource(text("*"))),
        (
            r#""Resource":"arn:aws:s3:::otras/*""#,
            R::BadResource(text("arn:aws:s3:::otras/*")),
        ),
        (
            r#""Resource":"arn:aws:s3:::otr*/*""#,
            R::BadResource(text("arn:aws:s3:::otr*/*")),
        ),
        (
            r#""Resource":"arn:aws:s3:::actas?""#,
            R::BadResource(text("arn:aws:s3:::actas?")),
        ),
        (
            r#""Resource":"arn:aws:s3:::actas2/*""#,
            R::BadResource(text("arn:aws:s3:::actas2/*")),
        ),
        (
            r#""Resource":"arn:aws:s3:::actas/${x}""#,
            R::BadResource(text("arn:aws:s3:::actas/${x}")),
        ),
        (
            r#""Action":"s3:GetObject","Resource":"arn:aws:s3:::actas""#,
            R::Pointless(text("s3:GetObject")),
        ),
        (
            r#""Action":["s3:GetObject","s3:ListBucket"],"Resource":"arn:aws:s3:::actas/*""#,
            R::Pointless(text("s3:ListBucket")),
        ),
        (
            r#""Action":"s3:ListAllMyBuckets""#,
            R::Pointless(text("s3:ListAllMyBuckets")),
        ),
        (r#""Condition":[]"#, R::BadField("Condition is an object")),
        (
            r#""Condition":{"StringIs":{"jwt:a":"x"}}"#,
            R::UnknownOperator(text("StringIs")),
        ),
        (
            r#""Condition":{"stringequals":{"jwt:a":"x"}}"#,
            R::UnknownOperator(text("stringequals")),
        ),
        (
            r#""Condition":{"NullIfExists":{"jwt:a":"true"}}"#,
            R::UnknownOperator(text("NullIfExists")),
        ),
        (
            r#""Condition":{"ForSome:StringLike":{"jwt:a":"x"}}"#,
            R::UnknownOperator(text("ForSome:StringLike")),
        ),
        (
            r#""Condition":{"StringEquals":{"aws:Moon":"x"}}"#,
            R::UnknownKey(text("aws:Moon")),
        ),
        (
            r#""Condition":{"Bool":{"aws:SecureTransport":"yes"}}"#,
            R::BadValue(text("yes")),
        ),
        (
            r#""Condition":{"NumericEquals":{"s3:max-keys":"x"}}"#,
            R::BadValue(text("x")),
        ),
        (
            r#""Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/33"}}"#,
            R::BadValue(text("10.0.0.0/33")),
        ),
        (
            r#""Condition":{"ArnLike":{"aws:PrincipalArn":"ana"}}"#,
            R::BadValue(text("ana")),
        ),
        (
            r#""Condition":{"DateEquals":{"aws:CurrentTime":"soon"}}"#,
            R::BadValue(text("soon")),
        ),
        (
            r#""Condition":{"StringEquals":{"jwt:a":[]}}"#,
            R::BadField("a condition has no values"),
        ),
        (
            r#""Condition":{"StringEquals":{"jwt:a":null}}"#,
            R::BadField("a condition's values are texts"),
        ),
    ] {
        check(&statement(members), &expected);
    }
    let without = |member: &str| {
        let whole = r#""Effect":"Allow","Principal":"*","Action":"s3:*",
            "Resource":"arn:aws:s3:::actas""#;
        let kept = whole.split(",").filter(|m| !m.contains(member));
        format!(
            "{{\"Statement\":{{{}}}}}",
            kept.collect::<Vec<_>>().join(",")
        )
    };
    for member in ["Effect", "Principal", "Action", "Resource"] {
        check(&without(member), &R::MissingField(member));
    }
    assert!(bucket_policy(&without("nothing")).is_ok());
}

#[test]
fn policies_of_principals() {
    let identity = |text: &str| Policy::parse(text, Kind::Identity);
    let text = statement(r#""Sid":"Principal""#).replace(r#""Principal":"*","#, "");
    let policy = identity(&text.replace("arn:aws:s3:::actas/*", "*")).unwrap();
    assert!(matches!(
        scene().ask(&policy, "s3:GetObject"),
        Verdict::Allowed(_)
    ));
    assert!(!policy.is_public());
    let refused = identity(&statement("")).unwrap_err();
    assert_eq!(refused.reason, Reason::PrincipalGiven);
    assert_eq!(refused.statement, Some(1));
    assert_eq!(
        refused.to_string(),
        "Policy document should not specify a principal (statement 1)"
    );
}
