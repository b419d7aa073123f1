//! Headers that any request may have, and those that a presigned URL carries in its query.

use acervo::auth::sigv4::payload::PayloadHash;
use acervo::types::encoding;

use crate::support::caller::Caller;
use crate::support::server::Server;
use crate::support::wire::Wire;

#[test]
fn an_answer_names_its_request_twice() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    agency.put("actas/a", b"acta").ok();
    for answer in [
        agency.get("actas/a").send(),
        agency.head("actas/b").send(),
        agency.list("actas", ""),
    ] {
        for name in ["x-amz-request-id", "x-amz-id-2", "date", "server"] {
            assert!(answer.header(name).is_some(), "{name} {answer:?}");
        }
    }
    let refused = agency.get("actas/b").refused(404, "NoSuchKey");
    let id = refused.header("x-amz-id-2").unwrap();
    assert_eq!(refused.element("HostId"), id);
    // There is no body where HEAD has none.
    let head = agency.head("actas/b").send().status(404);
    assert!(head.body.is_empty());
}

#[test]
fn a_bucket_is_whose_the_request_expects() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    agency.put("actas/a", b"acta").ok();
    let owner = agency.ask("GET", "/").ok().element("ID");
    let upload = agency.begin_upload("actas/b");
    let part = format!("uploadId={upload}&partNumber=1");
    let expecting = |owner: &str| {
        let ask = |method, at: &str, query: &str| {
            let ask = agency.at(method, at).query(query);
            ask.header("x-amz-expected-bucket-owner", owner)
        };
        [
            ask("HEAD", "actas", "").send(),
            ask("GET", "actas", "list-type=2").send(),
            ask("GET", "actas", "versioning").send(),
            ask("GET", "actas", "website").send(),
            ask("GET", "actas/a", "").send(),
            ask("HEAD", "actas/a", "").send(),
            ask("GET", "actas/a", "tagging").send(),
            ask("PUT", "actas/c", "").body(b"1").send(),
            ask("PUT", "actas/b", &part).body(b"1").send(),
            ask("DELETE", "actas/c", "").send(),
        ]
    };
    // The account of S3 is the agency here; what S3 shows as the owner's id says the same.
    for right in ["agencia", owner.as_str(), &owner.to_uppercase()] {
        for answer in expecting(right) {
            assert_ne!(answer.status, 403, "{answer:?}");
        }
    }
    for wrong in ["111122223333", "otra", "", &owner[1..]] {
        for answer in expecting(wrong) {
            assert_eq!(answer.status, 403, "{wrong:?} {answer:?}");
        }
    }
    agency.get("actas/c").refused(404, "NoSuchKey");
    let missing = agency.get("nada/a");
    let missing = missing.header("x-amz-expected-bucket-owner", "otra");
    missing.refused(404, "NoSuchBucket");
    // Where no bucket is there yet, nothing can be expected of it.
    let new = agency.ask("PUT", "/nuevo");
    let new = new.header("x-amz-expected-bucket-owner", "agencia");
    new.refused(501, "NotImplemented");
}

#[test]
fn the_source_of_a_copy_is_whose_the_request_expects() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    agency.put("actas/a", b"acta").ok();
    let upload = agency.begin_upload("actas/c");
    let part = format!("uploadId={upload}&partNumber=1");
    let of_source = "x-amz-source-expected-bucket-owner";
    for (owner, status) in [("agencia", 200), ("otra", 403)] {
        let copy = agency.copy("actas/a", "actas/b");
        copy.header(of_source, owner).send().status(status);
        let copy = agency.copy("actas/a", "actas/c").query(&part);
        copy.header(of_source, owner).send().status(status);
        let copy = agency.copy("actas/a", "actas/b");
        let both = copy.header(of_source, "agencia");
        let both = both.header("x-amz-expected-bucket-owner", owner);
        both.send().status(status);
    }
    let put = agency.put("actas/a", b"1").header(of_source, "agencia");
    put.refused(501, "NotImplemented");
}

#[test]
fn who_would_pay_or_prove_more_may() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let payer = |ask: crate::support::request::Ask<'_>| {
        let answer = ask.header("x-amz-request-payer", "requester").ok();
        assert_eq!(answer.header("x-amz-request-charged"), None);
    };
    payer(agency.put("actas/a", b"acta"));
    payer(agency.get("actas/a"));
    payer(agency.ask("GET", "/actas?list-type=2"));
    let delete = agency.delete("actas/a");
    delete.header("x-amz-mfa", "20899872 301749").ok();
    let put = agency.put("actas/a", b"acta");
    put.header("x-amz-mfa", "1 1")
        .refused(501, "NotImplemented");
}

#[test]
fn what_clients_add_without_need_does_no_harm() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    agency.put("actas/a", b"acta").ok();
    // Older SDKs for Java ask for a digest behind the body, and take a body without it.
    let got = agency.get("actas/a").header("x-amz-te", "append-md5").ok();
    assert_eq!(got.header("x-amz-transfer-encoding"), None);
    got.holds(b"acta");
    // MinIO's clients ask lists for metadata, which S3 has none in.
    for query in ["list-type=2&metadata=true", "versions&metadata=true"] {
        let list = agency.ask("GET", &format!("/actas?{query}")).ok();
        assert_eq!(list.elements("Key"), ["a"]);
    }
    // A storage class that is named is reason enough for S3 to copy an object onto itself.
    let copy = agency.copy("actas/a", "actas/a");
    copy.header("x-amz-storage-class", "STANDARD").ok();
}

#[test]
fn where_an_object_redirects_to_is_kept_and_not_copied() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let name = "x-amz-website-redirect-location";
    for place in ["/otra", "http://estado.mx/a", "https://estado.mx/"] {
        agency.put("actas/a", b"").header(name, place).ok();
        agency.get("actas/a").ok().has(name, place);
        agency.head("actas/a").ok().has(name, place);
    }
    for place in [
        "otra",
        "ftp://estado.mx",
        &format!("/{}", "a".repeat(2_048)),
    ] {
        let put = agency.put("actas/a", b"").header(name, place);
        put.refused(400, "InvalidRedirectLocation");
        let copy = agency.copy("actas/a", "actas/b").header(name, place);
        copy.refused(400, "InvalidRedirectLocation");
    }
    agency.copy("actas/a", "actas/b").ok();
    assert_eq!(agency.head("actas/b").ok().header(name), None);
    agency.copy("actas/a", "actas/b").header(name, "/b").ok();
    agency.head("actas/b").ok().has(name, "/b");
    // To change it is reason enough to copy an object onto itself.
    agency.copy("actas/a", "actas/a").header(name, "/c").ok();
    agency.head("actas/a").ok().has(name, "/c");
    agency
        .copy("actas/a", "actas/a")
        .refused(400, "InvalidRequest");
    let upload = agency.begin_upload_with("actas/c", &[(name, "/d")]);
    let tag = agency.part("actas/c", &upload, 1, b"1").ok();
    let tag = tag.header("etag").unwrap().to_owned();
    agency.complete("actas/c", &upload, &[(1, &tag)]).ok();
    agency.head("actas/c").ok().has(name, "/d");
}

/// Opens a presigned URL as a browser does: with no header but the host.
fn open(agency: &Caller, method: &str, target: &str, headers: &str, body: &[u8]) -> Wire {
    let mut wire = Wire::to(&agency.address);
    let length = body.len();
    let head = format!(
        "{method} {target} HTTP/1.1\r\nhost: {}\r\n{headers}content-length: {length}\r\n\r\n",
        agency.address
    );
    wire.send(head.as_bytes());
    wire.send(body);
    wire
}

#[test]
fn a_presigned_url_carries_headers_in_its_query() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let sum = "wSgF8l2VQVc="; // Of another document.
    let query = |pairs: &[(&str, &str)]| {
        let pairs = pairs
            .iter()
            .map(|(name, value)| format!("{name}={}", encoding::percent(value.as_bytes())));
        pairs.collect::<Vec<_>>().join("&")
    };
    let put = |pairs: &[(&str, &str)], headers: &str| {
        let ask = agency.at("PUT", "actas/a").query(&query(pairs));
        let target = ask.payload(PayloadHash::Unsigned).presigned(60);
        open(&agency, "PUT", &target, headers, b"acta").answer("PUT")
    };
    put(
        &[
            ("x-amz-meta-folio", "7 ñ"),
            ("X-Amz-Tagging", "serie=2"),
            ("x-amz-expected-bucket-owner", "agencia"),
            ("x-amz-checksum-algorithm", "SHA256"),
        ],
        "",
    )
    .ok();
    let head = agency.head("actas/a").ok().has("x-amz-tagging-count", "1");
    let folio = head.header("x-amz-meta-folio").unwrap().to_owned();
    assert!(folio.starts_with("=?UTF-8?B?"), "{folio}");
    put(&[("x-amz-checksum-crc64nvme", sum)], "").refused(400, "BadDigest");
    // What the SDK for JavaScript signs before it knows the body.
    let early = [
        ("x-amz-checksum-crc32", "AAAAAA=="),
        ("x-amz-sdk-checksum-algorithm", "CRC32"),
    ];
    let stored = put(&early, "").ok();
    assert_ne!(stored.header("x-amz-checksum-crc32"), Some("AAAAAA=="));
    put(&[("x-amz-expected-bucket-owner", "otra")], "").refused(403, "AccessDenied");
    put(&[("x-amz-bogus", "1")], "").refused(501, "NotImplemented");
    put(&[("x-amz-meta-a", "1\r\nx: 2")], "").refused(400, "InvalidArgument");
    // The same header may come with the request, but no other value of it.
    let acl = [("x-amz-acl", "private")];
    put(&acl, "x-amz-acl: private\r\n").ok();
    put(&acl, "x-amz-acl: public-read\r\n").refused(403, "AccessDenied");
    let got = agency
        .at("GET", "actas/a")
        .query("x-amz-checksum-mode=ENABLED");
    let target = got.presigned(60);
    let got = open(&agency, "GET", &target, "", b"").answer("GET").ok();
    assert!(got.header("x-amz-checksum-crc64nvme").is_some(), "{got:?}");
    // A copy may be asked for in this way too.
    let copy = agency
        .at("PUT", "actas/b")
        .query("x-amz-copy-source=actas%2Fa");
    let target = copy.presigned(60);
    let copied = open(&agency, "PUT", &target, "", b"").answer("PUT").ok();
    assert!(!copied.element("ETag").is_empty());
    agency.get("actas/b").send().holds(b"acta");
    // Signed in its header, a request has its headers there.
    let put = agency.put("actas/c", b"1").query("x-amz-acl=private");
    put.refused(501, "NotImplemented");
}
