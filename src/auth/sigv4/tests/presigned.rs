//! Signatures in the query.

use super::{HOST, MOMENT, Request, UNSIGNED};
use crate::auth::error::{Error, Fault, Place};

fn url() -> Request {
    Request::new("GET", "/b/k?x=1", &[("host", HOST)]).presigned(600)
}

#[test]
fn refusals_in_the_query() {
    #[track_caller]
    fn replaced(from: &str, to: &str, refusal: Error) {
        let mut request = url();
        assert!(request.query.contains(from), "nothing to replace");
        request.query = request.query.replacen(from, to, 1);
        assert_eq!(request.verify(), Err(refusal));
    }
    assert_eq!(url().verify(), Ok(UNSIGNED));

    let fault = |fault| Error::malformed(Place::Query, fault);
    let place = Place::Query;
    for missing in [
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-SignedHeaders",
        "X-Amz-Signature",
    ] {
        replaced(missing, "y", fault(Fault::MissingParameter));
        let twice = format!("{missing}=1&{missing}");
        replaced(missing, &twice, fault(Fault::RepeatedParameter));
    }
    replaced("HMAC-SHA256", "ECDSA-P256-SHA256", fault(Fault::Algorithm));
    replaced(
        "us-east-1",
        "",
        Error::WrongRegion {
            place,
            found: "".into(),
            expected: "us-east-1".into(),
        },
    );
    replaced("%2Fs3%2F", "%2Fec2%2F", fault(Fault::Service));
    replaced("%2F20130524", "%2F20130525", fault(Fault::CredentialDate));
    replaced("20130524T000000Z", "now", fault(Fault::Date));
    for (expires, refused) in [
        ("0", Fault::ExpiresTooSoon),
        ("-1", Fault::ExpiresTooSoon),
        ("604801", Fault::ExpiresTooLate),
        ("99999999999999999999", Fault::ExpiresTooLate),
        ("+1", Fault::Expires),
        ("--1", Fault::Expires),
        ("", Fault::Expires),
        ("1.5", Fault::Expires),
    ] {
        let to = format!("Expires={expires}");
        replaced("Expires=600", &to, fault(refused));
    }
    replaced("Expires=600", "Expires=604800", Error::SignatureMismatch);
    replaced("Headers=host", "Headers=", fault(Fault::SignedHeaders));
    replaced(
        "Headers=host",
        "Headers=accept",
        fault(Fault::HostNotSigned),
    );
    replaced("x=1", "x=2", Error::SignatureMismatch);
    replaced(
        "X-Amz-Signature=",
        "X-Amz-Signature=%2F",
        fault(Fault::Signature),
    );
    replaced("x=1", "AWSAccessKeyId=1", Error::TwoMechanisms);
}

#[test]
fn presigned_urls_live_between_two_moments() {
    let from = MOMENT;
    let at = MOMENT.plus_seconds(600);
    let ok = Ok(UNSIGNED);
    assert_eq!(url().verify_at(at), ok);
    let server = at.plus_seconds(1);
    let lifetime = Some(600);
    let expired = Error::Expired {
        at,
        server,
        lifetime,
    };
    assert_eq!(url().verify_at(server), Err(expired));
    assert_eq!(url().verify_at(from.plus_seconds(-900)), ok);
    let early = from.plus_seconds(-901);
    assert_eq!(url().verify_at(early), Err(Error::NotYetValid { from }));
}

#[test]
fn headers_of_a_presigned_url_are_signed_or_in_its_query() {
    let mut request = url();
    request.add("x-amz-acl", "private");
    let names: Box<str> = "x-amz-acl".into();
    let refused = Err(Error::UnsignedHeader { names });
    assert_eq!(request.verify(), refused);
    request.add("content-type", "text/plain");
    request.headers.retain(|(n, _)| n != "x-amz-acl");
    assert_eq!(request.verify(), Ok(UNSIGNED));

    let mut request =
        Request::new("PUT", "/b/k?X-Amz-Acl=private", &[("host", HOST)]).presigned(600);
    request.add("x-amz-acl", "private");
    assert_eq!(request.verify(), Ok(UNSIGNED));
    request.set("x-amz-acl", "public-read");
    assert_eq!(request.verify(), refused);
}
