//! What is known of an object as a document, and what is never set.

use super::support::etag;
use super::support::noise;
use super::support::server::Server;

const ALL: &str = "ETag,Checksum,ObjectParts,StorageClass,ObjectSize";

#[test]
fn an_object_tells_what_it_is_asked() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let body = noise(1, 20_000);
    agency.put("actas/a", &body).ok();
    let ask = |names: &str| {
        let ask = agency.get("actas/a").query("attributes");
        ask.header("x-amz-object-attributes", names)
    };
    let got = ask(ALL).ok();
    assert_eq!(got.element("ETag"), etag(&body).trim_matches('"'));
    assert_eq!(got.element("ObjectSize"), "20000");
    assert_eq!(got.element("StorageClass"), "STANDARD");
    assert_eq!(got.element("ChecksumType"), "FULL_OBJECT");
    assert!(!got.element("ChecksumCRC64NVME").is_empty());
    assert!(got.blocks("ObjectParts").is_empty(), "it has no parts");
    assert!(got.header("last-modified").is_some());
    let got = ask("ObjectSize").ok().text();
    assert!(
        got.contains("<ObjectSize>") && !got.contains("<ETag>"),
        "{got}"
    );
    ask("Size").refused(400, "InvalidArgument");
    ask("").refused(400, "InvalidRequest");
    let none = agency.get("actas/a").query("attributes");
    none.refused(400, "InvalidRequest");
    let missing = agency.get("actas/b").query("attributes");
    let missing = missing.header("x-amz-object-attributes", ALL);
    missing.refused(404, "NoSuchKey");
}

#[test]
fn an_object_of_parts_tells_them_page_by_page() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let announced = [("x-amz-checksum-algorithm", "SHA512")];
    let id = agency.begin_upload_with("actas/a", &announced);
    let sizes = [5 << 20, 5 << 20, 7];
    let mut xml = String::new();
    for (number, size) in (1..).zip(sizes) {
        let part = agency.part("actas/a", &id, number, &noise(u64::from(number), size));
        let part = part.header("x-amz-sdk-checksum-algorithm", "SHA512").ok();
        let sum = part.header("x-amz-checksum-sha512").unwrap();
        let etag = part.header("etag").unwrap();
        xml += &format!(
            "<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag>\
             <ChecksumSHA512>{sum}</ChecksumSHA512></Part>"
        );
    }
    let xml = format!("<CompleteMultipartUpload>{xml}</CompleteMultipartUpload>");
    agency.complete_xml("actas/a", &id, &xml).ok();
    let page = |size: &str, after: &str| {
        let ask = agency.get("actas/a").query("attributes");
        let ask = ask.header("x-amz-object-attributes", ALL);
        let ask = ask.header("x-amz-max-parts", size);
        ask.header("x-amz-part-number-marker", after)
    };
    let first = page("2", "0").ok();
    assert_eq!(first.element("PartsCount"), "3");
    assert_eq!(first.elements("PartNumber"), ["1", "2"]);
    assert_eq!(first.element("IsTruncated"), "true");
    assert_eq!(first.element("NextPartNumberMarker"), "2");
    assert_eq!(first.element("ChecksumType"), "COMPOSITE");
    assert!(first.element("ChecksumSHA512").ends_with("-3"));
    let second = page("2", "2").ok();
    assert_eq!(second.elements("PartNumber"), ["3"]);
    assert_eq!(second.elements("Size"), ["7"]);
    assert_eq!(second.element("IsTruncated"), "false");
    page("x", "0").refused(400, "InvalidArgument");
    page("1", "x").refused(400, "InvalidArgument");
}

#[test]
fn what_was_never_set_is_told_as_s3_tells_it() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let get = |name: &str| agency.ask("GET", &format!("/actas?{name}"));
    assert!(
        get("accelerate")
            .ok()
            .text()
            .contains("<AccelerateConfiguration")
    );
    assert_eq!(get("requestPayment").ok().element("Payer"), "BucketOwner");
    let pays = |payer: &str| {
        let body = format!(
            "<RequestPaymentConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <Payer>{payer}</Payer></RequestPaymentConfiguration>"
        );
        let put = agency.ask("PUT", "/actas?requestPayment");
        put.body(body.as_bytes()).send()
    };
    pays("BucketOwner").ok();
    let refused = pays("Requester").refused(501, "NotImplemented");
    assert!(refused.element("Message").contains("Requester pays"));
    pays("Nobody").refused(400, "MalformedXML");
    assert_eq!(get("requestPayment").ok().element("Payer"), "BucketOwner");
    get("website").refused(404, "NoSuchWebsiteConfiguration");
    get("replication").refused(404, "ReplicationConfigurationNotFoundError");
    for list in ["analytics", "intelligent-tiering", "metrics"] {
        assert_eq!(get(list).ok().element("IsTruncated"), "false");
        get(&format!("{list}&id=a")).refused(404, "NoSuchConfiguration");
    }
    agency.put("actas/a", b"1").ok();
    let restore = agency.at("POST", "actas/a").query("restore");
    restore.refused(403, "InvalidObjectState");
    let restore = agency.at("POST", "actas/b").query("restore");
    restore.refused(404, "NoSuchKey");
}
