//! The examples that AWS publishes, and what they do not cover.

use super::{Claim, End, sign, string_to_sign};
use crate::auth::error::Error;
use crate::auth::head::RequestHead;
use crate::auth::scheme::{Presented, Version2, presented};
use crate::auth::sigv4::expected::Expected;
use crate::auth::sigv4::query::Query;
use crate::types::clock::Time;
use crate::types::secret::SecretText;

/// The credentials of the examples.
const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";

fn secret() -> SecretText {
    SecretText::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned())
}

struct Request<'a> {
    method: &'a str,
    target: &'a str,
    headers: &'a [(&'a str, &'a str)],
}

impl Request<'_> {
    fn on<T>(&self, ask: impl FnOnce(&RequestHead<'_>) -> T) -> T {
        let headers: Vec<(&str, &[u8])> = self
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_bytes()))
            .collect();
        let (path, query) = self.target.split_once('?').unwrap_or((self.target, ""));
        ask(&RequestHead {
            method: self.method,
            path,
            query,
            headers: &headers,
        })
    }

    fn verified(&self, now: Time, bucket: Option<&str>) -> Result<(), Error> {
        self.on(|head| {
            let expected = Expected {
                region: "us-east-1",
                service: "s3",
                now,
                body_sha256: None,
            };
            match presented(head, &expected, Version2::Accepted)? {
                Presented::SignatureV2(claim) => claim.verify(head, bucket, &secret()),
                other => panic!("{other:?}"),
            }
        })
    }
}

/// An example of the source: a request, the bucket of its host, and its signature.
#[track_caller]
fn check(request: &Request<'_>, bucket: Option<&str>, at: &str, signature: &str) {
    let authorization = format!("AWS {KEY_ID}:{signature}");
    let headers = [
        request.headers,
        &[("authorization", authorization.as_str())],
    ]
    .concat();
    let signed = Request {
        headers: &headers,
        ..*request
    };
    let now = Time::parse_http_date(at).unwrap();
    assert_eq!(signed.verified(now, bucket), Ok(()));
    // Whatever is covered is missed.
    let other = Request {
        method: "HEAD",
        ..signed
    };
    assert_eq!(other.verified(now, bucket), Err(Error::SignatureMismatch));
    assert_eq!(
        signed.verified(now, Some("other")),
        Err(Error::SignatureMismatch)
    );
}

#[test]
fn published_examples() {
    let bucket = Some("awsexamplebucket1");
    let host = ("host", "awsexamplebucket1.us-west-1.s3.amazonaws.com");
    let at = "Tue, 27 Mar 2007 19:36:42 +0000";
    let get = Request {
        method: "GET",
        target: "/photos/puppy.jpg",
        headers: &[host, ("date", at)],
    };
    check(
        &get,
        bucket,
        "Tue, 27 Mar 2007 19:36:42 GMT",
        "qgk2+6Sv9/oM7G3qLEjTH1a1l1g=",
    );
    let at = "Tue, 27 Mar 2007 21:15:45 +0000";
    let put = Request {
        method: "PUT",
        target: "/photos/puppy.jpg",
        headers: &[
            host,
            ("content-type", "image/jpeg"),
            ("content-length", "94328"),
            ("date", at),
        ],
    };
    check(
        &put,
        bucket,
        "Tue, 27 Mar 2007 21:15:45 GMT",
        "iqRzw+ileNPu1fhspnRs8nOjjIA=",
    );
    let at = "Tue, 27 Mar 2007 19:42:41 +0000";
    let list = Request {
        method: "GET",
        target: "/?prefix=photos&max-keys=50&marker=puppy",
        headers: &[host, ("date", at)],
    };
    check(
        &list,
        bucket,
        "Tue, 27 Mar 2007 19:42:41 GMT",
        "m0WP8eCtspQl5Ahe6L1SozdX9YA=",
    );
}

#[test]
fn published_examples_without_an_object() {
    let bucket = Some("awsexamplebucket1");
    let host = ("host", "awsexamplebucket1.us-west-1.s3.amazonaws.com");
    let at = "Tue, 27 Mar 2007 19:44:46 +0000";
    let acl = Request {
        method: "GET",
        target: "/?acl",
        headers: &[host, ("date", at)],
    };
    check(
        &acl,
        bucket,
        "Tue, 27 Mar 2007 19:44:46 GMT",
        "82ZHiFIjc+WbcwFKGUVEQspPn+0=",
    );
    let at = "Wed, 28 Mar 2007 01:29:59 +0000";
    let buckets = Request {
        method: "GET",
        target: "/",
        headers: &[("host", "s3.us-west-1.amazonaws.com"), ("date", at)],
    };
    check(
        &buckets,
        None,
        "Wed, 28 Mar 2007 01:29:59 GMT",
        "qGdzdERIC03wnaRNKh6OqZehG9s=",
    );
    let at = "Wed, 28 Mar 2007 01:49:49 +0000";
    let unicode = Request {
        method: "GET",
        target: "/dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re",
        headers: &[("host", "s3.us-west-1.amazonaws.com"), ("date", at)],
    };
    check(
        &unicode,
        None,
        "Wed, 28 Mar 2007 01:49:49 GMT",
        "DNEZGsoieTZ92F3bUfSPQcbGmlM=",
    );
}

#[test]
fn headers_of_s3_stand_sorted_and_joined() {
    let at = "Tue, 27 Mar 2007 21:06:08 +0000";
    let upload = Request {
        method: "PUT",
        target: "/db-backup.dat.gz",
        headers: &[
            ("host", "static.example.com:8080"),
            ("date", at),
            ("x-amz-acl", "public-read"),
            ("content-type", "application/x-download"),
            ("content-md5", "4gJE4saaMU4BqNR0kLY+lw=="),
            ("x-amz-meta-reviewedby", "joe@example.com"),
            ("x-amz-meta-reviewedby", "jane@example.com"),
            ("x-amz-meta-filechecksum", "0x02661779"),
            ("x-amz-meta-checksumalgorithm", "crc32"),
            ("content-disposition", "attachment; filename=database.dat"),
        ],
    };
    let text = upload.on(|head| {
        let query = Query::parse(head.query).unwrap();
        string_to_sign(head, Some("static.example.com"), at, &query, End::AsSent).unwrap()
    });
    assert_eq!(
        text,
        "PUT\n4gJE4saaMU4BqNR0kLY+lw==\napplication/x-download\n\
         Tue, 27 Mar 2007 21:06:08 +0000\nx-amz-acl:public-read\n\
         x-amz-meta-checksumalgorithm:crc32\nx-amz-meta-filechecksum:0x02661779\n\
         x-amz-meta-reviewedby:joe@example.com,jane@example.com\n\
         /static.example.com/db-backup.dat.gz"
    );
    let at = "Tue, 27 Mar 2007 21:06:08 GMT";
    check(
        &upload,
        Some("static.example.com"),
        at,
        "jtBQa0Aq+DkULFI8qrpwIjGEx0E=",
    );
    let delete = Request {
        method: "DELETE",
        target: "/awsexamplebucket1/photos/puppy.jpg",
        headers: &[
            ("host", "s3.us-west-1.amazonaws.com"),
            ("date", "Tue, 27 Mar 2007 21:20:27 +0000"),
            ("x-amz-date", "Tue, 27 Mar 2007 21:20:26 +0000"),
        ],
    };
    let text = delete.on(|head| {
        let query = Query::parse(head.query).unwrap();
        string_to_sign(head, None, "", &query, End::AsSent).unwrap()
    });
    assert_eq!(
        text,
        "DELETE\n\n\n\nx-amz-date:Tue, 27 Mar 2007 21:20:26 +0000\n\
         /awsexamplebucket1/photos/puppy.jpg"
    );
}

const GET: Request<'_> = Request {
    method: "GET",
    target: "/photos/puppy.jpg?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&\
             Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620",
    headers: &[("host", "johnsmith.s3.amazonaws.com")],
};

#[test]
fn presigned_urls() {
    let bucket = Some("johnsmith");
    let before = Time::from_seconds(1_175_139_619);
    assert_eq!(GET.verified(before, bucket), Ok(()));
    let end = Time::from_seconds(1_175_139_620);
    let ended = Error::Expired {
        at: end,
        server: end,
        lifetime: None,
    };
    assert_eq!(GET.verified(end, bucket), Err(ended));
    for (target, refused) in [
        ("/a?AWSAccessKeyId=a&Signature=b", Error::Version2Query),
        ("/a?AWSAccessKeyId=a&Expires=1", Error::Version2Query),
        (
            "/a?AWSAccessKeyId=a&Signature=b&Expires=1&Expires=2",
            Error::Version2Query,
        ),
        (
            "/a?AWSAccessKeyId=a&Signature=b&Expires=soon",
            Error::Version2Expires,
        ),
    ] {
        let request = Request { target, ..GET };
        assert_eq!(request.verified(before, bucket), Err(refused), "{target}");
    }
    let both = Request {
        headers: &[("authorization", "AWS a:b")],
        ..GET
    };
    assert_eq!(both.verified(before, bucket), Err(Error::TwoMechanisms));
    let both = format!("{}&X-Amz-Signature=a", GET.target);
    let both = Request {
        target: &both,
        ..GET
    };
    assert_eq!(both.verified(before, bucket), Err(Error::TwoMechanisms));
}

#[test]
fn header_and_time_must_be_right() {
    let now = Time::parse_http_date("Tue, 27 Mar 2007 19:36:42 GMT").unwrap();
    let with = |headers: &[(&str, &str)]| {
        let request = Request {
            method: "GET",
            target: "/",
            headers,
        };
        request.verified(now, None)
    };
    for text in ["AWS", "AWS a", "AWS :b", "AWS a:", "AWS a:b c"] {
        let refused = with(&[("authorization", text)]);
        assert_eq!(refused, Err(Error::Version2Header), "{text}");
    }
    let signed = ("authorization", "AWS a:b");
    assert_eq!(with(&[signed]), Err(Error::MissingDate));
    assert_eq!(with(&[signed, ("date", "now")]), Err(Error::MissingDate));
    for (date, is_skewed) in [
        ("Tue, 27 Mar 2007 19:21:42 GMT", false),
        ("Tue, 27 Mar 2007 19:21:41 GMT", true),
        ("Tue, 27 Mar 2007 19:51:42 GMT", false),
        ("Tue, 27 Mar 2007 19:51:43 GMT", true),
    ] {
        for name in ["date", "x-amz-date"] {
            let found = with(&[signed, (name, date)]);
            let skewed = matches!(found, Err(Error::TimeSkewed { .. }));
            assert_eq!(skewed, is_skewed, "{name} {date} {found:?}");
        }
    }
}

/// botocore signs `/bucket/` and sends `/bucket`.
#[test]
fn a_bucket_may_be_signed_with_a_slash_behind_it() {
    let now = Time::parse_http_date("Tue, 27 Mar 2007 19:36:42 GMT").unwrap();
    let date = "Tue, 27 Mar 2007 19:36:42 GMT";
    let verified = |path: &str, resource: &str| {
        let signature = sign(&secret(), &format!("GET\n\n\n{date}\n{resource}"));
        let authorization = format!("AWS {KEY_ID}:{signature}");
        let request = Request {
            method: "GET",
            target: path,
            headers: &[("date", date), ("authorization", &authorization)],
        };
        request.verified(now, None).is_ok()
    };
    assert!(verified("/b", "/b") && verified("/b", "/b/") && verified("/b?acl", "/b/?acl"));
    assert!(!verified("/b/", "/b") && !verified("/b/k", "/b/k/") && !verified("/", "//"));
}

#[test]
fn sub_resources_stand_sorted_and_decoded_and_cannot_be_merged() {
    #[track_caller]
    fn resource(query: &str, expected: Result<&str, Error>) {
        let request = Request {
            method: "GET",
            target: &format!("/b/k?{query}"),
            headers: &[],
        };
        let text = request.on(|head| {
            let query = Query::parse(head.query).unwrap();
            string_to_sign(head, None, "1", &query, End::AsSent)
        });
        let text = text.map(|text| text.rsplit_once('\n').unwrap().1.to_owned());
        assert_eq!(text.as_deref(), expected.as_ref().copied(), "{query}");
    }
    resource("versionId=v&acl&prefix=a", Ok("/b/k?acl&versionId=v"));
    resource("uploads=", Ok("/b/k?uploads"));
    resource(
        "response-content-type=text%2Fplain%3B%20a%26b",
        Ok("/b/k?response-content-type=text/plain; a&b"),
    );
    resource("website&id=1", Ok("/b/k?id=1&website"));
    let merged = "response-content-type=a%26versionId%3Dv";
    resource(merged, Err(Error::SignatureMismatch));
    resource("versionId=v%0Aw", Err(Error::SignatureMismatch));
}

#[test]
fn forms_sign_their_policy() {
    let policy = "eyAiZXhwaXJhdGlvbiI6ICIyMDA3LTEyLTAxVDEyOjAwOjAwLjAwMFoifQ==";
    let signature = sign(&secret(), policy);
    let head = RequestHead {
        method: "POST",
        path: "/",
        query: "",
        headers: &[],
    };
    let claim = Claim::of_form(KEY_ID, &signature, None, policy).unwrap();
    assert_eq!(claim.verify(&head, None, &secret()), Ok(()));
    let other = Claim::of_form(KEY_ID, &signature, None, "e30=").unwrap();
    assert_eq!(
        other.verify(&head, None, &secret()),
        Err(Error::SignatureMismatch)
    );
}
