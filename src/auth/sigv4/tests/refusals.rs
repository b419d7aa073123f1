//! What is refused in the header, and of the clock.

use super::{EMPTY, HOST, MOMENT, Request, UNSIGNED, good, signed_hash};
use crate::auth::error::{Error, Fault, Place};

/// A change of a good request is refused.
#[track_caller]
fn refuses(change: impl FnOnce(&mut Request), refusal: Error) {
    let mut request = good();
    change(&mut request);
    assert_eq!(request.verify(), Err(refusal));
}

/// A change of a good request's `Authorization` is refused.
#[track_caller]
fn refuses_authorization(from: &str, to: &str, refusal: Error) {
    refuses(
        |request| {
            let text = request.authorization();
            assert!(text.contains(from), "nothing to replace in {text}");
            request.set("authorization", &text.replacen(from, to, 1));
        },
        refusal,
    );
}

#[test]
fn refusals_of_the_authorization_header() {
    assert_eq!(good().verify(), Ok(signed_hash(EMPTY)));
    let faults = [
        ("HMAC-SHA256", "ECDSA-P256-SHA256", Fault::Algorithm),
        ("SHA256 ", "SHA256\t", Fault::Algorithm),
        ("Credential=", "Credentials=", Fault::Components),
        ("Credential=", "credential=", Fault::Components),
        ("Signature=", "Credential=", Fault::Components),
        (",Signature=", ",Signature=a,Signature=", Fault::Components),
        (",Signature=", ",", Fault::Components),
        (",Signature=", "", Fault::MissingComponent("Signature")),
        ("/20130524", "", Fault::Credential),
        ("AKIAIOSFODNN7EXAMPLE", "", Fault::Credential),
        ("/20130524/", "/2013052x/", Fault::Credential),
        ("/20130524/", "/20130523/", Fault::CredentialDate),
        ("aws4_request", "aws4", Fault::Terminator),
        ("/s3/", "/sts/", Fault::Service),
        ("host;", "", Fault::HostNotSigned),
        ("host;", "Host;", Fault::SignedHeaders),
        ("host;", "host;host;", Fault::SignedHeaders),
        ("host;", ";host;", Fault::SignedHeaders),
        ("host;", "zhost;host;", Fault::SignedHeaders),
        ("Signature=", "Signature=0", Fault::Signature),
    ];
    for (from, to, fault) in faults {
        refuses_authorization(from, to, Error::malformed(Place::Header, fault));
    }
    refuses_authorization("AWS4-HMAC-SHA256", "AWS", Error::UnsupportedMechanism);
    refuses_authorization("AWS4-HMAC-SHA256", "Basic", Error::UnknownScheme);
    let wrong = Error::WrongRegion {
        place: Place::Header,
        found: "eu-west-1".into(),
        expected: "us-east-1".into(),
    };
    refuses_authorization("us-east-1", "eu-west-1", wrong);
    let names = "x-amz-acl".into();
    refuses_authorization("x-amz-acl;", "", Error::UnsignedHeader { names });
    let name = "range".into();
    refuses_authorization("host;", "host;range;", Error::SignedHeaderMissing { name });
}

#[test]
fn refusals_of_two_mechanisms_and_of_targets() {
    let two = Error::TwoMechanisms;
    refuses(|r| r.add("authorization", &r.authorization()), two.clone());
    for query in [
        "X-Amz-Signature=0",
        "X%2DAmz-Algorithm=0",
        "AWSAccessKeyId=0",
    ] {
        refuses(|r| r.query.push_str(query), two.clone());
    }
    refuses(|r| r.query.push_str("a=%2"), Error::InvalidUri);
    refuses(|r| r.path.push('%'), Error::InvalidUri);
    refuses(|r| r.method = "GET".to_owned(), Error::SignatureMismatch);
}

#[test]
fn refusals_of_headers() {
    let set = |name: &'static str, value: &'static str, refusal: Error| {
        refuses(|r| r.set(name, value), refusal);
    };
    let without = |name: &'static str, refusal: Error| {
        refuses(|r| r.headers.retain(|(n, _)| n != name), refusal);
    };
    let names = "x-amz-meta-late".into();
    set("x-amz-meta-late", "1", Error::UnsignedHeader { names });
    let hash = "x-amz-content-sha256";
    let version_4a = "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD";
    set(hash, version_4a, Error::InvalidContentHash);
    set(hash, "E3B0", Error::InvalidContentHash);
    set(hash, "UNSIGNED-PAYLOAD", Error::SignatureMismatch);
    without(hash, Error::MissingContentHash);
    without("x-amz-date", Error::MissingDate);
    set("x-amz-date", "2013-05-24", Error::MissingDate);
    set("x-amz-date", "20130524T000001Z", Error::SignatureMismatch);
    set("host", "elsewhere", Error::SignatureMismatch);
    for name in ["x-amz-date", "host", "x-amz-content-sha256"] {
        refuses(|r| r.add(name, "1"), Error::RepeatedHeader { name });
    }
    let name = "x-amz-date";
    refuses(
        |r| {
            r.headers.retain(|(n, _)| n != name);
            r.headers.push((name.to_owned(), vec![0xff]));
        },
        Error::UnreadableHeader { name },
    );
}

#[test]
fn the_clock_may_differ_by_a_quarter_of_an_hour() {
    #[track_caller]
    fn check(seconds: i64, accepted: bool) {
        let server = MOMENT.plus_seconds(seconds);
        let request = MOMENT;
        let result = good().verify_at(server).map(|_| ());
        if accepted {
            assert_eq!(result, Ok(()));
        } else {
            assert_eq!(result, Err(Error::TimeSkewed { request, server }));
        }
    }
    check(0, true);
    check(900, true);
    check(901, false);
    check(-900, true);
    check(-901, false);
}

#[test]
fn the_date_header_stands_in_for_x_amz_date() {
    let mut request = Request::new(
        "GET",
        "/b",
        &[("host", HOST), ("date", "Fri, 24 May 2013 00:00:00 GMT")],
    )
    .signed(UNSIGNED);
    request.headers.retain(|(n, _)| n != "x-amz-date");
    // The signature was over x-amz-date too, so it is wrong; but the date is found.
    let text = request.authorization().replace(";x-amz-date", "");
    request.set("authorization", &text);
    assert_eq!(request.verify(), Err(Error::SignatureMismatch));
    request.set("date", "tomorrow");
    assert_eq!(request.verify(), Err(Error::MissingDate));
}
