//! The published examples, round trips with odd names, and the table of refusals.

mod presigned;
mod refusals;

use super::client::{Credentials, presign, sign_header};
use super::expected::Expected;
use super::key::{Scope, SigningKey, SigningKeyCache};
use super::payload::{PayloadHash, Streaming};
use crate::auth::error::{Error, Place};
use crate::auth::head::RequestHead;
use crate::auth::scheme::{Presented, Version2, presented};
use crate::crypto::secret::SecretText;
use crate::types::clock::Time;

const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const HOST: &str = "examplebucket.s3.amazonaws.com";
const UNSIGNED: PayloadHash = PayloadHash::Unsigned;
/// 2013-05-24T00:00:00Z, the moment of all published examples.
const MOMENT: Time = Time::from_seconds(1_369_353_600);

fn secret() -> SecretText {
    SecretText::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned())
}

fn credentials(secret: &SecretText) -> Credentials<'_> {
    Credentials {
        access_key_id: "AKIAIOSFODNN7EXAMPLE",
        secret,
        region: "us-east-1",
        service: "s3",
    }
}

fn expected(now: Time) -> Expected<'static> {
    Expected {
        region: "us-east-1",
        service: "s3",
        now,
        body_sha256: None,
    }
}

/// A request as text, from which a head is borrowed.
#[derive(Clone, Debug)]
struct Request {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, Vec<u8>)>,
}

impl Request {
    fn new(method: &str, target: &str, headers: &[(&str, &str)]) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let headers = headers
            .iter()
            .map(|(n, v)| ((*n).to_owned(), v.as_bytes().to_vec()))
            .collect();
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
        }
    }

    fn on<T>(&self, f: impl FnOnce(&RequestHead<'_>) -> T) -> T {
        let headers: Vec<(&str, &[u8])> = self
            .headers
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_slice()))
            .collect();
        f(&RequestHead {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &headers,
        })
    }

    fn set(&mut self, name: &str, value: &str) {
        self.headers.retain(|(n, _)| n != name);
        self.add(name, value);
    }

    fn add(&mut self, name: &str, value: &str) {
        self.headers
            .push((name.to_owned(), value.as_bytes().to_vec()));
    }

    /// Signed in the header.
    fn signed(mut self, payload: PayloadHash) -> Self {
        let signed = self
            .on(|head| sign_header(&credentials(&secret()), head, payload, MOMENT))
            .unwrap();
        self.add("authorization", &signed.authorization);
        self.add("x-amz-date", &signed.date);
        self.add("x-amz-content-sha256", &signed.content_sha256);
        self
    }

    /// Signed in the query.
    fn presigned(mut self, seconds: u64) -> Self {
        self.query = self
            .on(|head| presign(&credentials(&secret()), head, seconds, MOMENT))
            .unwrap();
        self
    }

    fn authorization(&self) -> String {
        let found = self.headers.iter().find(|(n, _)| n == "authorization");
        String::from_utf8(found.unwrap().1.clone()).unwrap()
    }

    fn verify_at(&self, now: Time) -> Result<PayloadHash, Error> {
        self.on(
            |head| match presented(head, &expected(now), Version2::Refused)? {
                Presented::Signature(claim) => {
                    let key = SigningKey::derive(&secret(), claim.scope());
                    claim.verify(head, &key).map(|verified| verified.payload)
                }
                other => panic!("no signature but {other:?}"),
            },
        )
    }

    fn verify(&self) -> Result<PayloadHash, Error> {
        self.verify_at(MOMENT)
    }
}

fn good() -> Request {
    Request::new("PUT", "/b/k", &[("host", HOST), ("x-amz-acl", "private")])
        .signed(signed_hash(EMPTY))
}

/// As published beside the first of the examples below.
#[test]
fn what_a_signature_covers_can_be_told() {
    let target = "/test.txt";
    let headers = [("host", HOST), ("range", "bytes=0-9")];
    let covered = |headers: &[(&str, &str)]| {
        let request = Request::new("GET", target, headers).signed(signed_hash(EMPTY));
        request.on(
            |head| match presented(head, &expected(MOMENT), Version2::Refused).unwrap() {
                Presented::Signature(claim) => claim.covered(head).unwrap(),
                other => panic!("no signature but {other:?}"),
            },
        )
    };
    let told = covered(&headers);
    assert_eq!(told.access_key_id, "AKIAIOSFODNN7EXAMPLE");
    assert_eq!(
        String::from_utf8(told.string_to_sign.unwrap()).unwrap(),
        "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n\
         7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972"
    );
    assert_eq!(
        String::from_utf8(told.canonical_request.unwrap()).unwrap(),
        format!(
            "GET\n/test.txt\n\nhost:{HOST}\nrange:bytes=0-9\nx-amz-content-sha256:{EMPTY}\n\
             x-amz-date:20130524T000000Z\n\nhost;range;x-amz-content-sha256;x-amz-date\n{EMPTY}"
        )
    );
    let key = ("x-amz-server-side-encryption-customer-key", "c2VjcmV0");
    let told = covered(&[&headers[..], &[key]].concat());
    assert!(told.canonical_request.is_none(), "it has a customer's key");
}

fn signed_hash(text: &str) -> PayloadHash {
    PayloadHash::parse(text).unwrap()
}

/// AWS S3 API Reference, "Signature Calculations for the Authorization Header: Transferring
/// Payload in a Single Chunk", Examples.
#[test]
fn published_examples_in_the_header() {
    #[track_caller]
    fn check(method: &str, target: &str, headers: &[(&str, &str)], hash: &str, signature: &str) {
        let request = Request::new(method, target, headers).signed(signed_hash(hash));
        let authorization = request.authorization();
        let (_, found) = authorization.rsplit_once("Signature=").unwrap();
        assert_eq!(found, signature);
        assert_eq!(request.verify(), Ok(signed_hash(hash)));
    }
    check(
        "GET",
        "/test.txt",
        &[("host", HOST), ("range", "bytes=0-9")],
        EMPTY,
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    );
    check(
        "PUT",
        "/test$file.text",
        &[
            ("host", HOST),
            ("date", "Fri, 24 May 2013 00:00:00 GMT"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ],
        "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    );
    check(
        "GET",
        "/?lifecycle",
        &[("host", HOST)],
        EMPTY,
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    );
    check(
        "GET",
        "/?max-keys=2&prefix=J",
        &[("host", HOST)],
        EMPTY,
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    );
}

/// AWS S3 API Reference, "Signature Calculations … Transferring Payload in Multiple Chunks" and
/// "… Including Trailing Headers": the seed signatures.
#[test]
fn published_examples_of_seeds() {
    #[track_caller]
    fn check(headers: &[(&str, &str)], streaming: Streaming, signature: &str) {
        let all = [&[("host", "s3.amazonaws.com")], headers].concat();
        let request = Request::new("PUT", "/examplebucket/chunkObject.txt", &all)
            .signed(PayloadHash::Streaming(streaming));
        let authorization = request.authorization();
        let (_, found) = authorization.rsplit_once("Signature=").unwrap();
        assert_eq!(found, signature);
    }
    check(
        &[
            ("content-encoding", "aws-chunked"),
            ("content-length", "66824"),
            ("x-amz-decoded-content-length", "66560"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ],
        Streaming::Signed,
        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    );
    check(
        &[
            ("content-encoding", "aws-chunked"),
            ("x-amz-decoded-content-length", "66560"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ("x-amz-trailer", "x-amz-checksum-crc32c"),
        ],
        Streaming::SignedTrailer,
        "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
    );
}

/// AWS S3 API Reference, "Authenticating Requests: Using Query Parameters", Example.
#[test]
fn published_example_of_a_presigned_url() {
    let request = Request::new("GET", "/test.txt", &[("host", HOST)]).presigned(86_400);
    assert_eq!(
        request.query,
        "X-Amz-Algorithm=AWS4-HMAC-SHA256\
         &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
         &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
         &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    );
    assert_eq!(request.verify(), Ok(UNSIGNED));
}

#[test]
fn odd_targets_come_back_verified() {
    for target in [
        "/b//a///b/",
        "/b/../a/./b",
        "/b/a%2Fb",
        "/b/a+b%2Bc",
        "/b/a%20b%20",
        "/b/%C3%B1and%C3%BA%F0%9F%97%82",
        "/b/ñandú",
        "/b/a=b&c;d:e@f,g!h'(i)*",
        "/b/100%25",
        "/b?list-type=2&prefix=a/b&delimiter=%2F",
        "/b?prefix=&delimiter=",
        "/b?acl",
        "/b?x=2&x=1&x=10&x",
        "/b?prefix=a+b%2B%20c&marker=%C3%B1",
        "/b?A=1&a=2&%61=3&a%2F=4",
    ] {
        let plain = Request::new("GET", target, &[("host", "localhost:9000")]);
        let signed = plain.clone().signed(UNSIGNED);
        assert_eq!(signed.verify(), Ok(UNSIGNED), "{target}");
        let presigned = plain.presigned(60);
        assert_eq!(presigned.verify(), Ok(UNSIGNED), "{target}");
        for request in [signed, presigned] {
            let mut changed = request.clone();
            changed.path.push('x');
            assert_eq!(
                changed.verify(),
                Err(Error::SignatureMismatch),
                "{target} longer"
            );
            let mut changed = request;
            changed.query.push_str("&y");
            assert_eq!(
                changed.verify(),
                Err(Error::SignatureMismatch),
                "{target} with y"
            );
        }
    }
}

#[test]
fn an_escaped_slash_is_not_a_slash() {
    let mut request = Request::new("GET", "/b/a%2Fb", &[("host", HOST)]).signed(UNSIGNED);
    request.path = "/b/a/b".to_owned();
    assert_eq!(request.verify(), Err(Error::SignatureMismatch));
}

#[test]
fn equivalent_encodings_are_one() {
    let mut request = Request::new("GET", "/b/a~b$?p=%7e/", &[("host", HOST)]).signed(UNSIGNED);
    request.path = "/b/a%7Eb%24".to_owned();
    request.query = "p=~%2f".to_owned();
    assert_eq!(request.verify(), Ok(UNSIGNED));
}

#[test]
fn header_values_are_trimmed_joined_and_may_be_any_bytes() {
    let mut request = Request::new(
        "PUT",
        "/b/k",
        &[
            ("host", HOST),
            ("x-amz-meta-a", "  one \t two  "),
            ("x-amz-meta-b", "1"),
            ("x-amz-meta-b", "2"),
            ("x-amz-meta-c", ""),
        ],
    );
    request
        .headers
        .push(("x-amz-meta-d".to_owned(), vec![0xf1, 0xff, b'a']));
    let mut request = request.signed(UNSIGNED);
    assert_eq!(request.verify(), Ok(UNSIGNED));
    request.set("x-amz-meta-a", "one two");
    request.headers.retain(|(n, _)| n != "x-amz-meta-b");
    request.add("x-amz-meta-b", "1,2");
    assert_eq!(request.verify(), Ok(UNSIGNED));
    request.set("x-amz-meta-a", "one  three");
    assert_eq!(request.verify(), Err(Error::SignatureMismatch));
}

#[test]
fn a_session_token_is_read_in_either_place_and_covered_by_the_signature() {
    #[track_caller]
    fn check(request: &Request, token: Option<&str>) {
        request.on(|head| {
            let Ok(Presented::Signature(claim)) =
                presented(head, &expected(MOMENT), Version2::Refused)
            else {
                panic!("a signature");
            };
            assert_eq!(claim.session_token(), token);
        });
        assert!(request.verify().is_ok());
    }
    let with = |token: &str| {
        Request::new(
            "GET",
            "/",
            &[("host", HOST), ("x-amz-security-token", token)],
        )
    };
    check(
        &Request::new("GET", "/", &[("host", HOST)]).signed(UNSIGNED),
        None,
    );
    let signed = with("abc").signed(UNSIGNED);
    check(&signed, Some("abc"));
    let mut changed = signed;
    for (name, value) in &mut changed.headers {
        if name == "x-amz-security-token" {
            *value = b"abd".to_vec();
        }
    }
    assert_eq!(changed.verify(), Err(Error::SignatureMismatch));
    let mut presigned = Request::new("GET", "/", &[("host", HOST)]);
    presigned.query = "X-Amz-Security-Token=a%2Fc".to_owned();
    check(&presigned.presigned(60), Some("a/c"));

    let mut two = with("abc");
    two.query = "X-Amz-Security-Token=abd".to_owned();
    assert_eq!(two.presigned(60).verify(), Err(Error::SessionToken));
    let long = "x".repeat(crate::types::limits::SESSION_TOKEN_BYTES_MAX + 1);
    assert_eq!(
        with(&long).signed(UNSIGNED).verify(),
        Err(Error::SessionToken)
    );
}

#[test]
fn a_body_known_before_is_the_one_that_must_have_been_signed() {
    let known = |hash: [u8; 32]| Expected {
        body_sha256: Some(hash),
        ..expected(MOMENT)
    };
    let hash = crate::crypto::digest::sha256(b"Action=GetCallerIdentity");
    let signed = Request::new("POST", "/", &[("host", HOST)]).signed(PayloadHash::Signed(hash));
    let mut unsaid = signed.clone();
    let check = |request: &Request, expected: &Expected<'_>| {
        request.on(|head| presented(head, expected, Version2::Refused).map(drop))
    };
    assert_eq!(check(&signed, &known(hash)), Ok(()));
    assert_eq!(
        check(&signed, &known([0; 32])),
        Err(Error::InvalidContentHash)
    );
    unsaid.headers.retain(|(n, _)| n != "x-amz-content-sha256");
    assert_eq!(
        check(&unsaid, &expected(MOMENT)),
        Err(Error::MissingContentHash)
    );
}

#[test]
fn mechanisms() {
    #[track_caller]
    fn check(target: &str, headers: &[(&str, &str)], expected_text: &str) {
        let text = Request::new("GET", target, headers).on(|head| {
            match presented(head, &expected(MOMENT), Version2::Refused) {
                Ok(Presented::Signature(_)) => "signature".to_owned(),
                Ok(Presented::SignatureV2(_)) => "version 2".to_owned(),
                Ok(Presented::Bearer(token)) => format!("bearer {}", token.expose()),
                Ok(Presented::Anonymous) => "anonymous".to_owned(),
                Err(error) => error.to_string(),
            }
        });
        assert_eq!(text, expected_text);
    }
    let unsupported = Error::UnsupportedMechanism.to_string();
    let two = Error::TwoMechanisms.to_string();
    check("/b", &[("host", HOST)], "anonymous");
    check("/b", &[("authorization", "Bearer a.b.c")], "bearer a.b.c");
    check("/b", &[("authorization", "bearer  a.b.c ")], "bearer a.b.c");
    check("/b", &[("authorization", "Bearer")], &unsupported);
    let unknown = Error::UnknownScheme.to_string();
    check("/b", &[("authorization", "")], &unknown);
    check("/b?AWSAccessKeyId=a&Signature=b", &[], &unsupported);
    let bearer = ("authorization", "Bearer a");
    check("/b?X-Amz-Signature=a", &[bearer], &two);
    check("/b", &[bearer, bearer], &two);
}

#[test]
fn access_key_ids_are_ours_or_nothing() {
    good().on(|head| {
        let Ok(Presented::Signature(claim)) = presented(head, &expected(MOMENT), Version2::Refused)
        else {
            panic!("no signature");
        };
        assert_eq!(claim.access_key_id(), Err(Error::InvalidAccessKeyId));
        assert_eq!(claim.signed_at(), MOMENT);
        assert_eq!(claim.place(), Place::Header);
    });
}

#[test]
fn the_cache_keeps_two_days() {
    let cache = SigningKeyCache::default();
    let derived = |day: u8| {
        let scope = Scope {
            date: [b'2', b'0', b'1', b'3', b'0', b'5', b'2', day],
            region: "us-east-1",
            service: "s3",
        };
        let mut opened = false;
        let key: Result<_, ()> = cache.key(&scope, || {
            opened = true;
            Ok(secret())
        });
        let direct = SigningKey::derive(&secret(), &scope);
        assert_eq!(key.unwrap().sign(&[b"m"]), direct.sign(&[b"m"]));
        opened
    };
    assert!(derived(b'4'));
    assert!(!derived(b'4'));
    assert!(derived(b'5'));
    assert!(!derived(b'4'));
    assert!(derived(b'6'));
    assert!(!derived(b'5'));
    assert!(derived(b'4'), "the oldest of three was let go");
}
