//! Conditions: each operator, and what requests and objects say.

use super::super::key::PlainKey;
use super::{ANA, pairs, scene};
use crate::access::acl::Acl;
use crate::access::context::ObjectFacts;
use crate::types::ids::VersionId;

#[test]
fn texts_in_conditions() {
    let scene = scene();
    for (condition, expected) in [
        (r#""StringEquals":{"jwt:area":"civil"}"#, true),
        (r#""StringEquals":{"jwt:area":["penal","civil"]}"#, true),
        (r#""StringEquals":{"jwt:area":"Civil"}"#, false),
        (r#""StringEquals":{"jwt:area":"civ*"}"#, false),
        (r#""StringEquals":{"jwt:other":"civil"}"#, false),
        (r#""StringEqualsIfExists":{"jwt:other":"civil"}"#, true),
        (r#""StringEqualsIfExists":{"jwt:area":"penal"}"#, false),
        (r#""StringNotEquals":{"jwt:area":"civil"}"#, false),
        (r#""StringNotEquals":{"jwt:area":["penal","civil"]}"#, false),
        (r#""StringNotEquals":{"jwt:area":"penal"}"#, true),
        (r#""StringNotEquals":{"jwt:other":"civil"}"#, true),
        (r#""StringEqualsIgnoreCase":{"jwt:area":"CIVIL"}"#, true),
        (r#""StringNotEqualsIgnoreCase":{"jwt:area":"CIVIL"}"#, false),
        (r#""StringLike":{"jwt:area":"c?v*"}"#, true),
        (r#""StringLike":{"jwt:area":"p*"}"#, false),
        (r#""StringNotLike":{"jwt:area":"c*"}"#, false),
        (r#""StringNotLike":{"jwt:area":"p*"}"#, true),
        (r#""StringEquals":{"aws:username":"ana"}"#, true),
        (r#""StringEquals":{"aws:PrincipalTag/turno":"noche"}"#, true),
        (
            r#""StringEquals":{"aws:PrincipalAccount":"registro"}"#,
            true,
        ),
        (r#""StringEquals":{"AWS:UserName":"${aws:username}"}"#, true),
        (r#""StringEquals":{"aws:username":"${jwt:nothing}"}"#, false),
        (
            r#""StringNotEquals":{"aws:username":"${jwt:nothing}"}"#,
            true,
        ),
        (r#""StringLike":{"aws:username":"${*}"}"#, false),
        // Every operator and every key must hold.
        (
            r#""StringEquals":{"jwt:area":"civil","aws:username":"eva"}"#,
            false,
        ),
        (
            r#""StringEquals":{"jwt:area":"civil"},"StringLike":{"aws:username":"e*"}"#,
            false,
        ),
        (
            r#""StringEquals":{"jwt:area":"civil"},"StringLike":{"aws:username":"a*"}"#,
            true,
        ),
    ] {
        scene.condition(condition, expected);
    }
}

#[test]
fn sets_in_conditions() {
    let scene = scene();
    for (condition, expected) in [
        // `groups` is a and b, `none` empty, `other` missing.
        (r#""StringEquals":{"jwt:groups":"b"}"#, true),
        (r#""StringNotEquals":{"jwt:groups":"b"}"#, false),
        (r#""ForAnyValue:StringEquals":{"jwt:groups":"b"}"#, true),
        (r#""ForAnyValue:StringEquals":{"jwt:groups":"c"}"#, false),
        (r#""ForAnyValue:StringNotEquals":{"jwt:groups":"b"}"#, true),
        (r#""ForAnyValue:StringEquals":{"jwt:none":"b"}"#, false),
        (r#""ForAnyValue:StringNotEquals":{"jwt:other":"b"}"#, false),
        (
            r#""ForAnyValue:StringEqualsIfExists":{"jwt:other":"b"}"#,
            true,
        ),
        (r#""ForAllValues:StringEquals":{"jwt:groups":"b"}"#, false),
        (
            r#""ForAllValues:StringEquals":{"jwt:groups":["c","b","a"]}"#,
            true,
        ),
        (r#""ForAllValues:StringNotEquals":{"jwt:groups":"c"}"#, true),
        (
            r#""ForAllValues:StringNotEquals":{"jwt:groups":["a","c"]}"#,
            false,
        ),
        (r#""ForAllValues:StringEquals":{"jwt:none":"b"}"#, true),
        (r#""ForAllValues:StringEquals":{"jwt:other":"b"}"#, true),
        (r#""ForAllValues:StringLike":{"jwt:groups":"?"}"#, true),
    ] {
        scene.condition(condition, expected);
    }
}

#[test]
fn numbers_dates_and_truth() {
    let mut scene = scene();
    scene.facts.values = vec![(PlainKey::MaxKeys, "10"), (PlainKey::Prefix, "x")];
    for (condition, expected) in [
        (r#""NumericEquals":{"s3:max-keys":"10"}"#, true),
        (r#""NumericEquals":{"s3:max-keys":10.0}"#, true),
        (r#""NumericEquals":{"s3:max-keys":["9","11"]}"#, false),
        (r#""NumericNotEquals":{"s3:max-keys":"9"}"#, true),
        (r#""NumericNotEquals":{"s3:max-keys":["9","10"]}"#, false),
        (r#""NumericLessThan":{"s3:max-keys":"10"}"#, false),
        (r#""NumericLessThanEquals":{"s3:max-keys":"10"}"#, true),
        (r#""NumericGreaterThan":{"s3:max-keys":"9"}"#, true),
        (r#""NumericGreaterThanEquals":{"s3:max-keys":"11"}"#, false),
        (r#""NumericLessThan":{"s3:prefix":"10"}"#, false),
        (r#""NumericLessThan":{"s3:delimiter":"10"}"#, false),
        (r#""NumericLessThanIfExists":{"s3:delimiter":"10"}"#, true),
        (
            r#""DateGreaterThan":{"aws:CurrentTime":"2026-11-24T11:59:59Z"}"#,
            true,
        ),
        (
            r#""DateGreaterThan":{"aws:CurrentTime":"2026-11-24T12:00:00Z"}"#,
            false,
        ),
        (
            r#""DateGreaterThanEquals":{"aws:CurrentTime":"2026-11-24T06:00:00-06:00"}"#,
            true,
        ),
        (r#""DateLessThan":{"aws:CurrentTime":"2026-11-25"}"#, true),
        (
            r#""DateLessThanEquals":{"aws:EpochTime":"1795521600"}"#,
            true,
        ),
        (
            r#""DateNotEquals":{"aws:CurrentTime":"2026-11-24T12:00:00Z"}"#,
            false,
        ),
        (
            r#""DateEquals":{"aws:CurrentTime":"2026-11-24T12:00:00Z"}"#,
            true,
        ),
        (r#""NumericEquals":{"aws:EpochTime":1795521600}"#, true),
        (r#""Bool":{"aws:SecureTransport":"true"}"#, true),
        (r#""Bool":{"aws:SecureTransport":true}"#, true),
        (r#""Bool":{"aws:SecureTransport":"false"}"#, false),
        (r#""Bool":{"s3:prefix":"true"}"#, false),
        (r#""Null":{"jwt:area":"true"}"#, false),
        (r#""Null":{"jwt:area":"false"}"#, true),
        (r#""Null":{"jwt:other":"true"}"#, true),
        (r#""Null":{"jwt:other":false}"#, false),
    ] {
        scene.condition(condition, expected);
    }
    scene.facts.values = vec![(PlainKey::ContentSha256, "QUJD")];
    scene.condition(r#""BinaryEquals":{"s3:x-amz-content-sha256":"QUJD"}"#, true);
    scene.condition(
        r#""BinaryEquals":{"s3:x-amz-content-sha256":"QUJE"}"#,
        false,
    );
}

#[test]
fn addresses_and_arns() {
    let mut scene = scene();
    for (condition, expected) in [
        (r#""IpAddress":{"aws:SourceIp":"10.0.0.0/8"}"#, true),
        (r#""IpAddress":{"aws:SourceIp":"10.1.2.3"}"#, true),
        (r#""IpAddress":{"aws:SourceIp":"10.1.2.2/31"}"#, true),
        (r#""IpAddress":{"aws:SourceIp":"10.1.2.4/30"}"#, false),
        (r#""IpAddress":{"aws:SourceIp":"0.0.0.0/0"}"#, true),
        (r#""IpAddress":{"aws:SourceIp":"::/0"}"#, false),
        (
            r#""NotIpAddress":{"aws:SourceIp":["10.0.0.0/8","192.0.2.0/24"]}"#,
            false,
        ),
        (r#""NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}"#, true),
        (
            r#""ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::registro:user/ana"}"#,
            true,
        ),
        (
            r#""ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/a*"}"#,
            true,
        ),
        (
            r#""ArnLike":{"aws:PrincipalArn":"arn:aws:iam::registro:role/*"}"#,
            false,
        ),
        // A wildcard stays inside its part of the ARN.
        (
            r#""ArnLike":{"aws:PrincipalArn":"arn:aws:*:*:*:role/a"}"#,
            false,
        ),
        (
            r#""ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/a*"}"#,
            false,
        ),
        (
            r#""ArnNotEquals":{"aws:PrincipalArn":"arn:aws:iam::registro:user/eva"}"#,
            true,
        ),
    ] {
        scene.condition(condition, expected);
    }
    scene.remote = "::ffff:10.1.2.3";
    scene.condition(r#""IpAddress":{"aws:SourceIp":"10.0.0.0/8"}"#, true);
    scene.remote = "2001:db8::1";
    scene.condition(r#""IpAddress":{"aws:SourceIp":"2001:db8::/32"}"#, true);
    scene.condition(r#""IpAddress":{"aws:SourceIp":"10.0.0.0/8"}"#, false);
}

#[test]
fn what_requests_and_objects_say() {
    let mut scene = scene();
    scene.facts.values = vec![
        (PlainKey::Acl, "private"),
        (PlainKey::Encryption, "aws:kms"),
        (PlainKey::ObjectLockRetainUntilDate, "2026-12-04T13:00:00Z"),
    ];
    scene.facts.tags = Some(pairs(&[("nivel", "reservado"), ("serie", "A")]));
    scene.object = Some(ObjectFacts {
        owner: ANA,
        tags: pairs(&[("nivel", "publico")]),
        acl: Acl::of_owner(ANA),
    });
    scene.version_id = Some(VersionId::Null);
    for (condition, expected) in [
        (r#""StringEquals":{"s3:x-amz-acl":"private"}"#, true),
        (
            r#""StringEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}"#,
            true,
        ),
        (r#""Null":{"s3:x-amz-grant-read":"true"}"#, true),
        (
            r#""NumericLessThanEquals":{"s3:object-lock-remaining-retention-days":"10"}"#,
            true,
        ),
        (
            r#""NumericLessThan":{"s3:object-lock-remaining-retention-days":"10"}"#,
            false,
        ),
        (
            r#""StringEquals":{"s3:RequestObjectTag/nivel":"reservado"}"#,
            true,
        ),
        (
            r#""StringEquals":{"s3:RequestObjectTag/Nivel":"reservado"}"#,
            false,
        ),
        (
            r#""ForAllValues:StringEquals":{"s3:RequestObjectTagKeys":["nivel","serie"]}"#,
            true,
        ),
        (
            r#""ForAllValues:StringEquals":{"s3:RequestObjectTagKeys":["nivel"]}"#,
            false,
        ),
        (
            r#""StringEquals":{"s3:ExistingObjectTag/nivel":"publico"}"#,
            true,
        ),
        (
            r#""StringEquals":{"s3:ExistingObjectTag/nivel":"reservado"}"#,
            false,
        ),
        (r#""StringEquals":{"s3:VersionId":"null"}"#, true),
    ] {
        scene.condition(condition, expected);
    }
    scene.object = None;
    scene.condition(
        r#""StringEquals":{"s3:ExistingObjectTag/nivel":"publico"}"#,
        false,
    );
}
