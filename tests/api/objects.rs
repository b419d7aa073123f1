//! Objects: stored, read whole and in ranges, copied, deleted, many at once.

use acervo::auth::sigv4::payload::PayloadHash;
use acervo::types::limits::{INLINE_BYTES_MAX, SEGMENT_BYTES};

use crate::support::caller::Caller;
use crate::support::server::Server;
use crate::support::{etag, noise};

/// Around every border of the storage: empty, inline, one segment, many.
fn sizes() -> Vec<usize> {
    let segment = SEGMENT_BYTES as usize;
    let mut sizes = vec![
        0,
        1,
        INLINE_BYTES_MAX - 1,
        INLINE_BYTES_MAX,
        INLINE_BYTES_MAX + 1,
    ];
    for segments in [1, 2, 4] {
        let whole = segments * segment;
        sizes.extend([whole - 1, whole, whole + 1]);
    }
    sizes.push(5 << 20);
    sizes
}

#[test]
fn documents_of_every_size_come_back() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    for size in sizes() {
        let (at, body) = (format!("actas/{size}"), noise(size as u64, size));
        agency.put(&at, &body).ok().has("etag", &etag(&body));
        let got = agency.get(&at).send().holds(&body);
        assert_eq!(got.header("etag"), Some(etag(&body).as_str()));
        assert_eq!(got.header("x-content-type-options"), Some("nosniff"));
        let head = agency.head(&at).ok();
        assert_eq!(
            head.header("content-length"),
            Some(size.to_string().as_str())
        );
        for name in ["etag", "last-modified", "content-type", "accept-ranges"] {
            assert_eq!(head.header(name), got.header(name), "{name} of {size}");
        }
        let copy = format!("copias/{size}");
        agency.copy(&at, &format!("actas/{copy}")).ok();
        agency.get(&format!("actas/{copy}")).send().holds(&body);
    }
    let expected: Vec<String> = sizes().iter().map(ToString::to_string).collect();
    let listed = agency.list("actas", "prefix=copias/");
    let mut listed = listed.elements("Size");
    listed.sort_by_key(|size| size.parse::<usize>().unwrap());
    assert_eq!(listed, expected);
}

#[test]
fn ranges() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    for size in [10, INLINE_BYTES_MAX + 1, 5 * SEGMENT_BYTES as usize + 7] {
        let body = noise(3, size);
        agency.put("actas/a", &body).ok();
        let segment = SEGMENT_BYTES as usize;
        let borders = [
            0,
            1,
            9,
            segment - 1,
            segment,
            segment + 1,
            2 * segment,
            size - 1,
        ];
        for first in borders {
            for last in borders {
                check_range(&agency, &body, first, last);
            }
        }
        for (text, range) in [
            ("bytes=0-".to_owned(), 0..size),
            ("bytes=-1".to_owned(), size - 1..size),
            (format!("bytes=-{}", size * 2), 0..size),
            (format!("bytes=5-{}", usize::MAX), 5..size),
        ] {
            let got = agency.get("actas/a").header("range", &text).send();
            let last = range.end - 1;
            let shown = format!("bytes {}-{last}/{size}", range.start);
            let got = got.status(206).has("content-range", &shown);
            got.holds(&body[range]);
        }
        for unreachable in [format!("bytes={size}-"), "bytes=-0".to_owned()] {
            let refused = agency.get("actas/a").header("range", &unreachable);
            let refused = refused.refused(416, "InvalidRange");
            assert_eq!(refused.element("ActualObjectSize"), size.to_string());
        }
        // What is no range of bytes is no range at all (RFC 9110 section 14.2).
        for nothing in [
            "bytes=2-1",
            "pages=1-2",
            "bytes=a-b",
            "bytes=",
            "bytes= -1",
            "bytes=0 -1",
            "bytes=0-0,2-3",
        ] {
            let got = agency.get("actas/a").header("range", nothing).send();
            got.status(200).holds(&body);
        }
    }
    agency.put("actas/empty", b"").ok();
    for unreachable in ["bytes=0-0", "bytes=0-", "bytes=-0"] {
        let asked = agency.get("actas/empty").header("range", unreachable);
        asked.refused(416, "InvalidRange");
    }
    // The last bytes of nothing are nothing.
    let last = agency.get("actas/empty").header("range", "bytes=-5");
    last.send().status(200).holds(b"");
}

#[track_caller]
fn check_range(agency: &Caller, body: &[u8], first: usize, last: usize) {
    let size = body.len();
    if first > last || first >= size {
        return;
    }
    let range = format!("bytes={first}-{last}");
    let got = agency.get("actas/a").header("range", &range).send();
    let end = size.min(last + 1);
    let shown = format!("bytes {first}-{}/{size}", end - 1);
    got.status(206)
        .has("content-range", &shown)
        .has("content-length", &(end - first).to_string())
        .holds(&body[first..end]);
    let head = agency.head("actas/a").header("range", &range).send();
    head.status(206)
        .has("content-length", &(end - first).to_string());
}

#[test]
fn an_overwritten_document_is_gone_and_a_deleted_one_too() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let bodies = [
        noise(1, 100),
        noise(2, 300_000),
        noise(3, 5),
        noise(4, 200_000),
    ];
    for body in &bodies {
        agency.put("actas/a", body).ok();
        agency.get("actas/a").send().holds(body);
        assert_eq!(agency.keys_of("actas"), ["a"]);
    }
    agency.delete("actas/a").send().status(204);
    agency.get("actas/a").refused(404, "NoSuchKey");
    agency.head("actas/a").send().status(404);
    agency.delete("actas/a").send().status(204);
    assert!(agency.keys_of("actas").is_empty());
    agency.ask("DELETE", "/actas").send().status(204);
    agency.get("actas/a").refused(404, "NoSuchBucket");
}

#[test]
fn a_bucket_with_documents_is_not_deleted() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok().has("location", "/actas");
    agency
        .make_bucket("actas")
        .refused(409, "BucketAlreadyOwnedByYou");
    agency.put("actas/a", b"1").ok();
    agency
        .ask("DELETE", "/actas")
        .refused(409, "BucketNotEmpty");
    agency.delete("actas/a").ok();
    let upload = agency.begin_upload("actas/b");
    agency.ask("DELETE", "/actas").send().status(204);
    agency.make_bucket("actas").ok();
    let late = agency.part("actas/b", &upload, 1, b"1");
    late.refused(404, "NoSuchUpload");
}

#[test]
fn the_version_that_there_is_has_a_name() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    agency.put("actas/a", b"1").ok();
    agency
        .get("actas/a")
        .query("versionId=null")
        .send()
        .holds(b"1");
    agency.head("actas/a").query("versionId=null").ok();
    let foreign = "versionId=00000000000000000000000000000000";
    let other = agency.get("actas/a").query(foreign).send();
    assert!(["NoSuchVersion", "InvalidArgument"].contains(&other.code().as_str()));
    agency
        .get("actas/a")
        .query("versionId=x")
        .refused(400, "InvalidArgument");
    agency
        .delete("actas/a")
        .query("versionId=null")
        .send()
        .status(204);
    agency
        .get("actas/a")
        .query("versionId=null")
        .refused(404, "NoSuchVersion");
}

#[test]
fn content_types_and_metadata_come_back() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    for (name, given, expected) in [
        ("a.pdf", None, "application/pdf"),
        ("a.JPG", None, "image/jpeg"),
        ("a", None, "binary/octet-stream"),
        (
            "a.pdf",
            Some("text/plain; charset=utf-8"),
            "text/plain; charset=utf-8",
        ),
    ] {
        let at = format!("actas/{name}");
        let mut put = agency.put(&at, b"1");
        if let Some(given) = given {
            put = put.header("content-type", given);
        }
        put.ok();
        agency.head(&at).ok().has("content-type", expected);
    }
    let stored = [
        ("cache-control", "no-store"),
        ("content-disposition", "attachment; filename=\"acta.pdf\""),
        ("content-encoding", "gzip"),
        ("content-language", "es-MX"),
        ("expires", "Wed, 21 Oct 2037 07:28:00 GMT"),
        ("x-amz-meta-folio", "2026/000123"),
        ("x-amz-meta-vacio", ""),
    ];
    let mut put = agency.put("actas/m", b"1");
    for (name, value) in stored {
        put = put.header(name, value);
    }
    put.ok();
    agency.copy("actas/m", "actas/copy").ok();
    let replaced = agency.copy("actas/m", "actas/replaced");
    let replaced = replaced.header("x-amz-metadata-directive", "REPLACE");
    replaced.header("x-amz-meta-folio", "nuevo").ok();
    for at in ["actas/m", "actas/copy"] {
        for answer in [agency.get(at).ok(), agency.head(at).ok()] {
            for (name, value) in stored {
                assert_eq!(answer.header(name), Some(value), "{name} of {at}");
            }
        }
    }
    let replaced = agency
        .head("actas/replaced")
        .ok()
        .has("x-amz-meta-folio", "nuevo");
    assert_eq!(replaced.header("content-language"), None);
}

#[test]
fn metadata_has_a_limit() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let (fits, over) = ("v".repeat(2_048 - 1), "v".repeat(2_048));
    agency
        .put("actas/a", b"1")
        .header("x-amz-meta-k", &fits)
        .ok();
    agency.head("actas/a").ok().has("x-amz-meta-k", &fits);
    let refused = agency.put("actas/a", b"2").header("x-amz-meta-k", &over);
    refused.refused(400, "MetadataTooLarge");
    agency.get("actas/a").send().holds(b"1");
}

#[test]
fn an_answer_can_be_overridden_only_in_what_it_says_of_itself() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    agency.put("actas/a.pdf", b"1").ok();
    let overridden = agency
        .get("actas/a.pdf")
        .query("response-content-type=text%2Fplain")
        .query("response-content-disposition=attachment%3B%20filename%3D%22a%22")
        .query("response-cache-control=no-store")
        .query("response-content-language=es")
        .query("response-content-encoding=identity")
        .query("response-expires=never")
        .send();
    let overridden = overridden.holds(b"1");
    for (name, value) in [
        ("content-type", "text/plain"),
        ("content-disposition", "attachment; filename=\"a\""),
        ("cache-control", "no-store"),
        ("content-language", "es"),
        ("content-encoding", "identity"),
        ("expires", "never"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(overridden.header(name), Some(value), "{name}");
    }
    agency
        .get("actas/a.pdf")
        .query("response-etag=x")
        .refused(501, "NotImplemented");
    // A line end in a value must not become one of the head.
    let split = "response-content-type=a%0d%0ax-evil:%20yes";
    let split = agency.get("actas/a.pdf").query(split).send();
    assert_eq!(split.header("x-evil"), None);
    assert_eq!(
        (split.status, split.code().as_str()),
        (400, "InvalidArgument")
    );
}

#[test]
fn a_digest_that_does_not_match_stores_nothing() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    for body in [noise(1, 9), noise(1, 300_000)] {
        for (name, value, code) in [
            ("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==", "BadDigest"),
            ("content-md5", "AAAA", "InvalidDigest"),
            ("x-amz-checksum-crc32", "AAAAAA==", "BadDigest"),
            ("x-amz-checksum-crc32c", "AAAAAA==", "BadDigest"),
            ("x-amz-checksum-crc64nvme", "AAAAAAAAAAA=", "BadDigest"),
            (
                "x-amz-checksum-sha1",
                "AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                "BadDigest",
            ),
            ("x-amz-checksum-crc32", "AAAA", "InvalidRequest"),
            ("x-amz-checksum-md5000", "AAAA", "InvalidRequest"),
        ] {
            let refused = agency.put("actas/a", &body).header(name, value).send();
            assert_eq!(refused.code(), code, "{name}: {value}");
        }
        let lie = PayloadHash::Signed([7; 32]);
        let refused = agency.put("actas/a", &body).payload(lie);
        refused.refused(400, "XAmzContentSHA256Mismatch");
    }
    assert!(agency.keys_of("actas").is_empty());
}

#[test]
fn many_are_deleted_at_once_each_with_its_own_answer() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    for name in ["a", "b", "c", "é & <d>"] {
        agency.put(&format!("actas/{name}"), b"1").ok();
    }
    let xml = "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
        <Object><Key>a</Key></Object><Object><Key>missing</Key></Object>\
        <Object><Key>b</Key><VersionId>wrong</VersionId></Object>\
        <Object><Key>c</Key><VersionId>null</VersionId></Object>\
        <Object><Key>é &amp; &lt;d&gt;</Key></Object><Object><Key>a</Key></Object></Delete>";
    let answer = agency.post_xml("/actas?delete", xml).ok();
    let deleted = answer.elements("Key");
    assert_eq!(deleted, ["a", "missing", "b", "c", "é & <d>", "a"]);
    let errors = answer.blocks("Error");
    assert_eq!(errors.len(), 1, "{}", answer.text());
    assert!(errors[0].contains("<Key>b</Key>") && errors[0].contains("NoSuchVersion"));
    assert_eq!(agency.keys_of("actas"), ["b"]);
    let quiet = "<Delete><Quiet>true</Quiet><Object><Key>b</Key></Object></Delete>";
    let answer = agency.post_xml("/actas?delete", quiet).ok();
    assert!(answer.elements("Key").is_empty());
    assert!(agency.keys_of("actas").is_empty());
    let keys = |count: usize| {
        let one = "<Object><Key>k</Key></Object>".repeat(count);
        format!("<Delete>{one}</Delete>")
    };
    agency.post_xml("/actas?delete", &keys(1_000)).ok();
    for count in [0, 1_001] {
        let refused = agency.post_xml("/actas?delete", &keys(count));
        refused.refused(400, "MalformedXML");
    }
    let unchecked = agency.ask("POST", "/actas?delete").body(keys(1).as_bytes());
    unchecked
        .payload(PayloadHash::Unsigned)
        .refused(400, "InvalidRequest");
}

#[test]
fn a_copy_reads_only_what_its_caller_may_read() {
    let server = Server::start();
    let (agency, app) = (
        server.agency(),
        server.make_key("agencia", "ventanilla", "app"),
    );
    agency.make_bucket("actas").ok();
    app.make_bucket("propias").ok();
    agency.put("actas/a", b"secreto").ok();
    app.copy("actas/a", "propias/a")
        .refused(403, "AccessDenied");
    app.copy("propias/missing", "propias/a")
        .refused(404, "NoSuchKey");
    app.copy("nowhere/a", "propias/a")
        .refused(404, "NoSuchBucket");
    agency.copy("actas/a", "propias/a").ok();
    app.get("propias/a").send().holds(b"secreto");
    app.copy("propias/a", "propias/a")
        .refused(400, "InvalidRequest");
    let onto_itself = app.copy("propias/a", "propias/a");
    let onto_itself = onto_itself.header("x-amz-metadata-directive", "REPLACE");
    onto_itself.header("x-amz-meta-k", "v").ok();
    app.get("propias/a")
        .send()
        .has("x-amz-meta-k", "v")
        .holds(b"secreto");
}
