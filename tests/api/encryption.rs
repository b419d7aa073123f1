//! Encryption as S3 shows it: the default, agency keys, customers' keys, a bucket's own default.

use acervo::crypto::digest::{DigestPlan, Digests};
use acervo::types::encoding;
use acervo::types::limits::INLINE_BYTES_MAX;

use crate::support::answer::Answer;
use crate::support::request::Ask;
use crate::support::server::Server;
use crate::support::{etag, noise};

const ALGORITHM: &str = "x-amz-server-side-encryption";
const KEY_ID: &str = "x-amz-server-side-encryption-aws-kms-key-id";
const CONTEXT: &str = "x-amz-server-side-encryption-context";
const BUCKET_KEY: &str = "x-amz-server-side-encryption-bucket-key-enabled";
const CUSTOMER: &str = "x-amz-server-side-encryption-customer";
const SOURCE: &str = "x-amz-copy-source-server-side-encryption-customer";
const DEFAULT_ARN: &str = "arn:aws:kms:us-east-1:agencia:key/default";

/// A document in its row, and one in a blob.
const SIZES: [usize; 2] = [900, INLINE_BYTES_MAX + 5];

fn with_customers_keys() -> Server {
    Server::with(&[("ACERVO_S3_CUSTOMER_KEYS_OVER_HTTP", "true")])
}

fn md5(bytes: &[u8]) -> String {
    let mut digests = Digests::new(&DigestPlan {
        md5: true,
        ..DigestPlan::default()
    });
    digests.update(bytes);
    encoding::base64(&digests.finish().md5.unwrap())
}

/// Brings a customer's key, under one of the two prefixes.
fn bring<'a>(ask: Ask<'a>, prefix: &str, byte: u8) -> Ask<'a> {
    let key = [byte; 32];
    ask.header(&format!("{prefix}-algorithm"), "AES256")
        .header(&format!("{prefix}-key"), &encoding::base64(&key))
        .header(&format!("{prefix}-key-md5"), &md5(&key))
}

#[track_caller]
fn lacks(answer: &Answer, headers: &[&str]) {
    for name in headers {
        assert_eq!(answer.header(name), None, "{name}");
    }
}

fn kms<'a>(ask: Ask<'a>, key_id: &str) -> Ask<'a> {
    ask.header(ALGORITHM, "aws:kms").header(KEY_ID, key_id)
}

#[test]
fn what_asks_for_nothing_has_the_default() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    for put in [
        agency.put("actas/a", b"1"),
        agency.put("actas/a", b"1").header(ALGORITHM, "AES256"),
    ] {
        let put = put.ok().has(ALGORITHM, "AES256").has("etag", &etag(b"1"));
        lacks(&put, &[KEY_ID, CONTEXT, BUCKET_KEY]);
        for read in [agency.get("actas/a").ok(), agency.head("actas/a").ok()] {
            lacks(&read.has(ALGORITHM, "AES256"), &[KEY_ID]);
        }
    }
}

#[test]
fn an_agency_key_is_named_by_every_form_and_shown_by_one() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    for size in SIZES {
        let body = noise(5, size);
        let without_id = agency.put("actas/a", &body).header(ALGORITHM, "aws:kms");
        without_id.ok().has(KEY_ID, DEFAULT_ARN);
        for id in [
            "default",
            "alias/aws/s3",
            DEFAULT_ARN,
            "arn:aws:kms:us-east-1:agencia:alias/aws/s3",
        ] {
            let put = kms(agency.put("actas/a", &body), id).header(BUCKET_KEY, "true");
            let put = put.ok().has(ALGORITHM, "aws:kms").has(KEY_ID, DEFAULT_ARN);
            let tag = put
                .has(BUCKET_KEY, "true")
                .header("etag")
                .unwrap()
                .to_owned();
            assert_ne!(tag, etag(&body), "as in S3 the tag is no MD5");
            for read in [agency.get("actas/a").ok(), agency.head("actas/a").ok()] {
                let read = read.has(ALGORITHM, "aws:kms").has(KEY_ID, DEFAULT_ARN);
                read.has("etag", &tag).has(BUCKET_KEY, "true");
            }
            agency.get("actas/a").send().holds(&body);
        }
    }
    // Reading needs no header, and an answer does not repeat the key for what has none.
    agency
        .copy("actas/a", "actas/b")
        .ok()
        .has(ALGORITHM, "AES256");
    lacks(&agency.head("actas/b").ok(), &[KEY_ID, BUCKET_KEY]);
}

#[test]
fn foreign_and_missing_keys_are_refused_alike() {
    let server = Server::start();
    server.make_agency("segunda");
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    agency.put("actas/b", b"1").ok();
    let mut told = Vec::new();
    for id in [
        "nadie",
        "alias/nadie",
        "arn:aws:kms:us-east-1:segunda:key/default",
        "arn:aws:kms:us-east-1:tercera:key/default",
        "arn:aws:kms:mx-1:agencia:key/default",
        "no es una llave",
        "",
    ] {
        for ask in [
            agency.put("actas/a", b"1"),
            agency.at("POST", "actas/a").query("uploads"),
            agency.copy("actas/b", "actas/a"),
        ] {
            let refused = kms(ask, id).refused(400, "KMS.NotFoundException");
            told.push(refused.element("Message"));
        }
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(agency.keys_of("actas"), ["b"]);
}

#[test]
fn headers_that_do_not_fit_together_are_refused() {
    let server = with_customers_keys();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let context = encoding::base64(br#"{"serie":"7"}"#);
    for headers in [
        vec![(ALGORITHM, "AES128")],
        vec![(KEY_ID, "default")],
        vec![(ALGORITHM, "AES256"), (KEY_ID, "default")],
        vec![(ALGORITHM, "AES256"), (CONTEXT, &*context)],
        vec![(ALGORITHM, "aws:kms"), (CONTEXT, "{}")],
        vec![(ALGORITHM, "aws:kms"), (CONTEXT, "bm8=")],
        vec![(ALGORITHM, "aws:kms"), (BUCKET_KEY, "yes")],
        vec![(ALGORITHM, "aws:kms"), (ALGORITHM, "AES256")],
    ] {
        let mut put = agency.put("actas/a", b"1");
        for (name, value) in headers {
            put = put.header(name, value);
        }
        put.refused(400, "InvalidArgument");
    }
    for algorithm in ["AES256", "aws:kms"] {
        let put = agency.put("actas/a", b"1").header(ALGORITHM, algorithm);
        bring(put, CUSTOMER, 1).refused(400, "InvalidArgument");
    }
    // What says how to seal says nothing where nothing is sealed.
    agency.put("actas/b", b"1").ok();
    let upload = agency.begin_upload("actas/b");
    for ask in [
        agency.get("actas/b").header(ALGORITHM, "AES256"),
        agency.head("actas/b").header(ALGORITHM, "aws:kms"),
        agency.get("actas/b").header(KEY_ID, "default"),
        agency
            .part("actas/b", &upload, 1, b"1")
            .header(ALGORITHM, "aws:kms"),
    ] {
        let answer = ask.send().status(400);
        assert!(answer.body.is_empty() || answer.code() == "InvalidArgument");
    }
    agency.delete("actas/b").ok();
    let two_layers = agency.put("actas/a", b"1");
    let two_layers = two_layers.header(ALGORITHM, "aws:kms:dsse");
    let told = two_layers.refused(501, "NotImplemented").element("Message");
    assert!(told.contains("Dual-layer"), "{told}");
    assert!(agency.keys_of("actas").is_empty());
}

#[test]
fn a_context_is_shown_where_it_is_bound() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let given = encoding::base64(br#"{ "serie" : "7", "expediente": "2026/1" }"#);
    let shown = encoding::base64(br#"{"expediente":"2026/1","serie":"7"}"#);
    for size in SIZES {
        let body = noise(6, size);
        let put = kms(agency.put("actas/a", &body), "default").header(CONTEXT, &given);
        put.ok().has(CONTEXT, &shown);
        let got = agency.get("actas/a").ok().holds(&body);
        lacks(&got, &[CONTEXT]);
        let headers = [(ALGORITHM, "aws:kms"), (CONTEXT, &*given)];
        let upload = agency.begin_upload_with("actas/p", &headers);
        let part = agency.part("actas/p", &upload, 1, &body).ok();
        let tag = part
            .has(KEY_ID, DEFAULT_ARN)
            .header("etag")
            .unwrap()
            .to_owned();
        let done = agency.complete("actas/p", &upload, &[(1, &tag)]).ok();
        done.has(ALGORITHM, "aws:kms").has(KEY_ID, DEFAULT_ARN);
        let got = agency.get("actas/p").ok().holds(&body);
        got.has(ALGORITHM, "aws:kms").has(KEY_ID, DEFAULT_ARN);
    }
}

#[test]
fn a_bucket_has_a_default_of_its_own() {
    let server = with_customers_keys();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let configure = |rule: &str| {
        let root = "ServerSideEncryptionConfiguration";
        let xml = format!("<{root}><Rule>{rule}</Rule></{root}>");
        agency
            .ask("PUT", "/actas?encryption")
            .body(xml.as_bytes())
            .ok()
    };
    let shown = || agency.ask("GET", "/actas?encryption").ok();
    assert_eq!(shown().element("SSEAlgorithm"), "AES256");
    assert_eq!(shown().element("BucketKeyEnabled"), "false");
    let by_key = "<ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm>\
                  <KMSMasterKeyID>alias/aws/s3</KMSMasterKeyID>\
                  </ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled>";
    configure(by_key);
    assert_eq!(shown().element("SSEAlgorithm"), "aws:kms");
    assert_eq!(shown().element("KMSMasterKeyID"), "alias/aws/s3");
    assert_eq!(shown().element("BucketKeyEnabled"), "true");
    let put = agency.put("actas/a", b"1").ok();
    put.has(KEY_ID, DEFAULT_ARN).has(BUCKET_KEY, "true");
    agency
        .copy("actas/a", "actas/b")
        .ok()
        .has(KEY_ID, DEFAULT_ARN);
    let asked = agency.put("actas/c", b"1").header(ALGORITHM, "AES256");
    lacks(&asked.ok().has(ALGORITHM, "AES256"), &[KEY_ID, BUCKET_KEY]);
    let upload = agency.at("POST", "actas/d").query("uploads").ok();
    upload.has(KEY_ID, DEFAULT_ARN);
    bring(agency.put("actas/e", b"1"), CUSTOMER, 1).ok();

    let blocked = "<BlockedEncryptionTypes><EncryptionType>SSE-C</EncryptionType>\
                   </BlockedEncryptionTypes>";
    configure(&format!("{by_key}{blocked}"));
    bring(agency.put("actas/f", b"1"), CUSTOMER, 1).refused(403, "AccessDenied");
    agency.ask("DELETE", "/actas?encryption").send().status(204);
    agency.ask("DELETE", "/actas?encryption").send().status(204);
    assert_eq!(shown().element("SSEAlgorithm"), "AES256");
    agency.put("actas/a", b"1").ok().has(ALGORITHM, "AES256");
    bring(agency.put("actas/f", b"1"), CUSTOMER, 1).ok();
}

#[test]
fn a_customers_key_is_needed_for_everything() {
    let server = with_customers_keys();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    for size in SIZES {
        let body = noise(7, size);
        let put = bring(agency.put("actas/a", &body), CUSTOMER, 1).ok();
        let put = put.has(&format!("{CUSTOMER}-algorithm"), "AES256");
        let put = put.has(&format!("{CUSTOMER}-key-md5"), &md5(&[1; 32]));
        lacks(&put, &[ALGORITHM, &format!("{CUSTOMER}-key")]);
        assert_ne!(put.header("etag"), Some(etag(&body).as_str()));
        let reads = || {
            let get = || agency.get("actas/a");
            let range = get().header("range", "bytes=1-5");
            let condition = get().header("if-none-match", "*");
            [get(), range, condition, get().query("partNumber=1")]
        };
        for (without, wrong) in reads().into_iter().zip(reads()) {
            without.refused(400, "InvalidRequest");
            bring(wrong, CUSTOMER, 2).refused(403, "AccessDenied");
        }
        agency.head("actas/a").send().status(400);
        bring(agency.head("actas/a"), CUSTOMER, 2)
            .send()
            .status(403);
        for (prefix, byte, status, code) in [
            (None, 0, 400, "InvalidRequest"),
            (Some(SOURCE), 2, 403, "AccessDenied"),
            (Some(CUSTOMER), 1, 400, "InvalidRequest"),
        ] {
            let copy = agency.copy("actas/a", "actas/b");
            let copy = match prefix {
                None => copy,
                Some(prefix) => bring(copy, prefix, byte),
            };
            copy.refused(status, code);
        }
        let got = bring(agency.get("actas/a"), CUSTOMER, 1).ok().holds(&body);
        got.has("etag", put.header("etag").unwrap());
        let part = bring(agency.get("actas/a"), CUSTOMER, 1).header("range", "bytes=1-5");
        part.send().status(206).holds(&body[1..6]);
        let head = bring(agency.head("actas/a"), CUSTOMER, 1).ok();
        head.has("content-length", &size.to_string());
        // Out of one key into another, and into none.
        let copy = bring(agency.copy("actas/a", "actas/b"), SOURCE, 1);
        bring(copy, CUSTOMER, 2).ok();
        bring(agency.get("actas/b"), CUSTOMER, 1).refused(403, "AccessDenied");
        bring(agency.get("actas/b"), CUSTOMER, 2).ok().holds(&body);
        bring(agency.copy("actas/a", "actas/c"), SOURCE, 1).ok();
        agency.get("actas/c").ok().holds(&body);
        bring(agency.get("actas/c"), CUSTOMER, 1).refused(400, "InvalidRequest");
        // Changing the key of an object is a change of it, so it may be copied onto itself.
        let onto_itself = bring(agency.copy("actas/b", "actas/b"), SOURCE, 2);
        bring(onto_itself, CUSTOMER, 3).ok();
        bring(agency.get("actas/b"), CUSTOMER, 3).ok().holds(&body);
    }
    assert_eq!(agency.keys_of("actas"), ["a", "b", "c"]);
    agency.delete("actas/a").send().status(204);
}

#[test]
fn parts_need_the_key_that_their_upload_was_begun_with() {
    let server = with_customers_keys();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let bodies = [noise(8, 5 << 20), noise(9, 400)];
    agency.put("actas/fuente", &bodies[1]).ok();
    let begun = agency.at("POST", "actas/a").query("uploads");
    let begun = bring(begun, CUSTOMER, 1).ok();
    let begun = begun.has(&format!("{CUSTOMER}-key-md5"), &md5(&[1; 32]));
    let upload = begun.element("UploadId");
    let first = || agency.part("actas/a", &upload, 1, &bodies[0]);
    first().refused(400, "InvalidRequest");
    bring(first(), CUSTOMER, 2).refused(400, "InvalidRequest");
    let first = bring(first(), CUSTOMER, 1).ok();
    let second = agency
        .part("actas/a", &upload, 2, b"")
        .header("x-amz-copy-source", "/actas/fuente");
    second.refused(400, "InvalidRequest");
    let second = agency
        .part("actas/a", &upload, 2, b"")
        .header("x-amz-copy-source", "/actas/fuente");
    let second = bring(second, CUSTOMER, 1).ok();
    let listed = agency
        .at("GET", "actas/a")
        .query(&format!("uploadId={upload}"));
    bring(listed, CUSTOMER, 2).refused(400, "InvalidRequest");
    let listed = agency
        .at("GET", "actas/a")
        .query(&format!("uploadId={upload}"));
    let tags = bring(listed, CUSTOMER, 1).ok().elements("ETag");
    assert_eq!(tags[0], first.header("etag").unwrap());
    assert_eq!(tags[1], second.element("ETag"));
    let parts = [(1, &*tags[0]), (2, &*tags[1])];
    bring(agency.complete("actas/a", &upload, &parts), CUSTOMER, 2).refused(400, "InvalidRequest");
    agency.complete("actas/a", &upload, &parts).ok();
    let body = bodies.concat();
    agency.get("actas/a").refused(400, "InvalidRequest");
    bring(agency.get("actas/a"), CUSTOMER, 2).refused(403, "AccessDenied");
    bring(agency.get("actas/a"), CUSTOMER, 1).ok().holds(&body);
    let part = bring(agency.get("actas/a"), CUSTOMER, 1).query("partNumber=2");
    part.send().status(206).holds(&bodies[1]);
    // A key where the upload has none is as wrong as none where it has one.
    let plain = agency.begin_upload("actas/b");
    let part = agency.part("actas/b", &plain, 1, b"1");
    bring(part, CUSTOMER, 1).refused(400, "InvalidRequest");
}

#[test]
fn customers_keys_do_not_travel_in_clear() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    agency.put("actas/a", b"1").ok();
    for ask in [
        agency.put("actas/b", b"1"),
        agency.get("actas/a"),
        agency.at("POST", "actas/b").query("uploads"),
    ] {
        let told = bring(ask, CUSTOMER, 1).refused(400, "InvalidRequest");
        assert!(told.element("Message").contains("secure connection"));
    }
    bring(agency.copy("actas/a", "actas/b"), SOURCE, 1).refused(400, "InvalidRequest");
    assert_eq!(agency.keys_of("actas"), ["a"]);
}
