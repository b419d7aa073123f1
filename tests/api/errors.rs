//! What the documents of errors say beside their codes: the parts that SDKs show, and by which
//! people find what is wrong.

use acervo::auth::sigv4::payload::PayloadHash;
use acervo::crypto::digest::sha256;
use acervo::types::clock::Clock;
use acervo::types::encoding;
use acervo::types::secret::SecretText;

use crate::support::answer::Answer;
use crate::support::caller::{Caller, Proof};
use crate::support::noise;
use crate::support::server::Server;

/// Succeeds if each of these elements is there with its value.
#[track_caller]
fn says(answer: &Answer, elements: &[(&str, &str)]) {
    for (name, value) in elements {
        assert_eq!(answer.elements(name), [*value], "{name}: {}", answer.text());
    }
}

/// The same caller with a secret that is not its key's.
fn with_wrong_secret(caller: &Caller) -> Caller {
    let Proof::AccessKey { id, .. } = &caller.proof else {
        panic!("no access key");
    };
    Caller {
        address: caller.address.clone(),
        proof: Proof::AccessKey {
            id: id.clone(),
            secret: SecretText::new("x".repeat(40)),
        },
    }
}

#[test]
fn what_is_missing_is_named() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let refused = agency.get("otras/a").refused(404, "NoSuchBucket");
    says(&refused, &[("BucketName", "otras")]);
    let refused = agency.get("actas/a b").refused(404, "NoSuchKey");
    says(&refused, &[("Key", "a b")]);
    let copied = agency.copy("actas/b", "actas/c").refused(404, "NoSuchKey");
    says(&copied, &[("Key", "b")]);
    let id = "0123456789abcdef0123456789abcdef";
    let version = agency.get("actas/a").query(&format!("versionId={id}"));
    let refused = version.refused(404, "NoSuchVersion");
    says(&refused, &[("Key", "a"), ("VersionId", id)]);
    let malformed = agency.get("actas/a").query("versionId=x");
    let refused = malformed.refused(400, "InvalidArgument");
    says(
        &refused,
        &[("ArgumentName", "versionId"), ("ArgumentValue", "x")],
    );
    for upload in [id, "x"] {
        let parts = agency.get("actas/a").query(&format!("uploadId={upload}"));
        let refused = parts.refused(404, "NoSuchUpload");
        says(&refused, &[("UploadId", upload)]);
    }
    for (query, code) in [
        ("policy", "NoSuchBucketPolicy"),
        ("tagging", "NoSuchTagSet"),
        ("cors", "NoSuchCORSConfiguration"),
        ("lifecycle", "NoSuchLifecycleConfiguration"),
    ] {
        let asked = agency.ask("GET", &format!("/actas?{query}"));
        says(&asked.refused(404, code), &[("BucketName", "actas")]);
    }
    agency.put("actas/a", b"a").ok();
    let refused = agency
        .ask("DELETE", "/actas")
        .refused(409, "BucketNotEmpty");
    says(&refused, &[("BucketName", "actas")]);
}

#[test]
fn what_does_not_fit_is_measured() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    agency.put("actas/a", b"0123456789").ok();
    let ranged = agency.get("actas/a").header("range", "bytes=20-30");
    let refused = ranged.refused(416, "InvalidRange");
    says(
        &refused,
        &[
            ("RangeRequested", "bytes=20-30"),
            ("ActualObjectSize", "10"),
        ],
    );
    let part = agency.get("actas/a").query("partNumber=3");
    let refused = part.refused(416, "InvalidPartNumber");
    says(
        &refused,
        &[("PartNumberRequested", "3"), ("ActualPartCount", "1")],
    );
    let long = agency.get(&format!("actas/{}", "k".repeat(1_025)));
    let refused = long.refused(400, "KeyTooLongError");
    says(&refused, &[("Size", "1025"), ("MaxSizeAllowed", "1024")]);
    let large = agency
        .put("actas/b", b"b")
        .header("x-amz-meta-m", &"m".repeat(2_048));
    let refused = large.refused(400, "MetadataTooLarge");
    says(&refused, &[("Size", "2049"), ("MaxSizeAllowed", "2048")]);
    let huge = agency
        .put("actas/b", b"")
        .content_length(Some(6 << 30))
        .payload(PayloadHash::Unsigned);
    let refused = huge.refused(400, "EntityTooLarge");
    let size = (6_u64 << 30).to_string();
    let most = (5_u64 << 30).to_string();
    says(
        &refused,
        &[("ProposedSize", &size), ("MaxSizeAllowed", &most)],
    );
}

#[test]
fn digests_that_differ_stand_side_by_side() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let refused = agency
        .put("actas/a", b"")
        .header("content-md5", "hMTYxk9CBoJIHe0+NDOXRg==")
        .refused(400, "BadDigest");
    says(
        &refused,
        &[
            ("ExpectedDigest", "84c4d8c64f420682481ded3e34339746"),
            ("CalculatedDigest", "1B2M2Y8AsgTpgAmY7PhCfg=="),
        ],
    );
    let refused = agency
        .put("actas/a", b"a")
        .payload(PayloadHash::Signed(sha256(b"b")))
        .refused(400, "XAmzContentSHA256Mismatch");
    says(
        &refused,
        &[
            ("ClientComputedContentSHA256", &encoding::hex(&sha256(b"b"))),
            ("S3ComputedContentSHA256", &encoding::hex(&sha256(b"a"))),
        ],
    );
    let refused = agency
        .put("actas/a", b"a")
        .header("content-md5", "short")
        .refused(400, "InvalidDigest");
    says(&refused, &[("Content-MD5", "short")]);
}

#[test]
fn a_completion_is_told_its_wrong_part() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let id = agency.begin_upload("actas/a");
    let mut etags = Vec::new();
    for number in [1, 2] {
        let part = agency.part("actas/a", &id, number, &noise(number.into(), 9));
        etags.push(part.ok().header("etag").unwrap().to_owned());
    }
    let parts = [(1, etags[0].as_str()), (2, etags[1].as_str())];
    let completed = agency.complete("actas/a", &id, &parts);
    let refused = completed.refused(400, "EntityTooSmall");
    says(
        &refused,
        &[
            ("PartNumber", "1"),
            ("ETag", etags[0].trim_matches('"')),
            ("ProposedSize", "9"),
            ("MinSizeAllowed", "5242880"),
        ],
    );
    let other = "\"d41d8cd98f00b204e9800998ecf8427e\"";
    let parts = [(1, etags[0].as_str()), (2, other)];
    let completed = agency.complete("actas/a", &id, &parts);
    let refused = completed.refused(400, "InvalidPart");
    says(
        &refused,
        &[
            ("UploadId", id.as_str()),
            ("PartNumber", "2"),
            ("ETag", other.trim_matches('"')),
        ],
    );
}

#[test]
fn a_completion_is_told_what_its_checksum_does_not_fit() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let crc32 = "x-amz-checksum-crc32";
    let begun = [
        ("x-amz-checksum-algorithm", "CRC32"),
        ("x-amz-checksum-type", "COMPOSITE"),
    ];
    let id = agency.begin_upload_with("actas/a", &begun);
    let part = agency.part("actas/a", &id, 1, b"dummy");
    let part = part.header(crc32, "T/TyPw==").ok();
    let (etag, sum) = (part.header("etag").unwrap(), part.header(crc32).unwrap());
    let completing = |element: &str, sum: &str| {
        let xml = format!(
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag>\
             <{element}>{sum}</{element}></Part></CompleteMultipartUpload>"
        );
        agency.complete_xml("actas/a", &id, &xml)
    };
    let complete = || completing("ChecksumCRC32", sum);
    let kind = complete().header("x-amz-checksum-type", "FULL_OBJECT");
    let refused = kind.refused(400, "InvalidRequest");
    says(
        &refused,
        &[(
            "Message",
            "The upload was created using the COMPOSITE checksum mode. The complete request must \
             use the same checksum mode.",
        )],
    );
    let other = completing("ChecksumSHA1", "YR/1TvTYOJz5gtqVFoBJBtmTibY=");
    let refused = other.refused(400, "BadDigest");
    assert!(
        refused.element("Message").contains("sha1"),
        "{}",
        refused.text()
    );
    for (value, code) in [
        ("AAAAAA==-1", "BadDigest"),
        ("AAAAAA==-x", "InvalidRequest"),
        ("AAAAAA==-0", "InvalidRequest"),
        ("AAAAAA==-", "InvalidRequest"),
    ] {
        complete().header(crc32, value).refused(400, code);
    }
    // Of one document no parts are counted.
    let counted = agency.put("actas/b", b"").header(crc32, "AAAAAA==-1");
    counted.refused(400, "InvalidRequest");
    let unknown = agency
        .put("actas/b", b"")
        .header("x-amz-checksum-crc7", "AA==");
    unknown.refused(400, "InvalidRequest");
    let size = complete().header("x-amz-mp-object-size", "6");
    let refused = size.refused(400, "InvalidRequest");
    assert!(
        refused
            .element("Message")
            .ends_with("value 6 does not match what was computed: 5")
    );
    complete().ok();
}

#[test]
fn what_stands_in_the_wrong_place_is_told() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    for query in ["uploads", "versions"] {
        let asked = agency.get("actas/a").query(query);
        asked.refused(400, "InvalidRequest");
    }
    let lonely = agency.put("actas/a", b"a").query("partNumber=1");
    let refused = lonely.refused(400, "InvalidArgument");
    says(&refused, &[("ArgumentName", "partNumber")]);
    for (source, fault) in [
        ("actas/%zz", "encoding"),
        ("Actas/b", "bucket name"),
        ("actas", "object key"),
    ] {
        let copied = agency
            .put("actas/a", b"")
            .header("x-amz-copy-source", source);
        let refused = copied.refused(400, "InvalidArgument");
        let message = format!("Invalid copy source {fault}");
        says(
            &refused,
            &[("Message", &message), ("ArgumentValue", source)],
        );
    }
    let copied = agency.get("actas/a").header("x-amz-copy-source", "actas/b");
    let refused = copied.refused(400, "InvalidArgument");
    says(&refused, &[("ArgumentName", "x-amz-copy-source")]);
}

#[test]
fn conditions_that_fail_are_named() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    agency.put("actas/a", b"a").ok();
    let failed = |ask: crate::support::request::Ask<'_>, condition: &str| {
        says(
            &ask.refused(412, "PreconditionFailed"),
            &[("Condition", condition)],
        );
    };
    let before = "Fri, 24 May 2013 00:00:00 GMT";
    let get = || agency.get("actas/a");
    failed(get().header("if-match", "\"x\""), "If-Match");
    failed(
        get().header("if-unmodified-since", before),
        "If-Unmodified-Since",
    );
    let put = || agency.put("actas/a", b"b");
    failed(put().header("if-match", "\"x\""), "If-Match");
    failed(put().header("if-none-match", "*"), "If-None-Match");
    let copy = || agency.copy("actas/a", "actas/b");
    failed(
        copy().header("x-amz-copy-source-if-match", "\"x\""),
        "x-amz-copy-source-If-Match",
    );
    let delete = agency.delete("actas/a").header("if-match", "\"x\"");
    failed(delete, "If-Match");
    let both = put().header("if-match", "*").header("if-none-match", "*");
    let refused = both.refused(501, "NotImplemented");
    says(&refused, &[("Header", "If-Match,If-None-Match")]);
}

#[test]
fn a_signature_that_does_not_match_is_laid_open() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let stranger = with_wrong_secret(&agency);
    let Proof::AccessKey { id, .. } = &agency.proof else {
        panic!("no access key");
    };
    let asked = stranger.get("actas/a&b").query("versionId=null");
    let refused = asked.refused(403, "SignatureDoesNotMatch");
    says(&refused, &[("AWSAccessKeyId", id)]);
    let canonical = refused.element("CanonicalRequest");
    let lines: Vec<&str> = canonical.lines().collect();
    assert_eq!(lines[..3], ["GET", "/actas/a%26b", "versionId=null"]);
    let hash = encoding::hex(&sha256(canonical.as_bytes()));
    let text = refused.element("StringToSign");
    assert!(text.starts_with("AWS4-HMAC-SHA256\n") && text.ends_with(&hash));
    let bytes = |text: &str| {
        let bytes = text.bytes().map(|byte| format!("{byte:02x}"));
        bytes.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(refused.element("StringToSignBytes"), bytes(&text));
    assert_eq!(refused.element("CanonicalRequestBytes"), bytes(&canonical));
    assert_eq!(refused.element("SignatureProvided").len(), 64);

    // Keys of customers do not come back: answers end in logs.
    let key = "c2VjcmV0IG9mIGEgY3VzdG9tZXIgb2YgMzIgYnl0ZXM=";
    let asked = stranger
        .get("actas/a")
        .header("x-amz-server-side-encryption-customer-key", key);
    let refused = asked.refused(403, "SignatureDoesNotMatch");
    assert!(!refused.text().contains(key), "{}", refused.text());
    assert_eq!(refused.elements("CanonicalRequest").len(), 0);
    assert_eq!(refused.elements("StringToSign").len(), 1);
}

#[test]
fn proofs_out_of_form_are_told_apart() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let mut unknown = agency.clone();
    if let Proof::AccessKey { id, .. } = &mut unknown.proof {
        "AKIAIOSFODNN7EXAMPLE".clone_into(id);
    }
    let refused = unknown.get("actas/a").refused(403, "InvalidAccessKeyId");
    says(&refused, &[("AWSAccessKeyId", "AKIAIOSFODNN7EXAMPLE")]);
    let asked = agency
        .get("actas/a")
        .unsigned("x-amz-meta-b", "1")
        .unsigned("x-amz-acl", "private");
    let refused = asked.refused(403, "AccessDenied");
    says(&refused, &[("HeadersNotSigned", "x-amz-acl, x-amz-meta-b")]);
    let nobody = server.nobody();
    let basic = "Basic dXNlcjpwYXNz";
    let asked = nobody.get("actas/a").unsigned("authorization", basic);
    let refused = asked.refused(400, "InvalidArgument");
    says(&refused, &[("ArgumentName", "Authorization")]);
    assert!(!refused.text().contains("dXNlcjpwYXNz"), "it is a password");
    let past = Clock::system().now().plus_seconds(-86_400);
    let asked = agency.get("actas/a").signed_at(past);
    asked.refused(403, "RequestTimeTooSkewed");
    let asked = agency.get("actas/a").header("x-amz-unknown", "1");
    let refused = asked.refused(501, "NotImplemented");
    says(&refused, &[("Header", "x-amz-unknown")]);
}
