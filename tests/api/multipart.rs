//! Uploads in parts.

use acervo::crypto::digest::{DigestPlan, Digests};
use acervo::types::checksum::ChecksumAlgorithm;
use acervo::types::encoding;

use crate::support::caller::Caller;
use crate::support::server::Server;
use crate::support::{etag, md5, noise, pause};

const MIB: usize = 1 << 20;

fn keep_versions(agency: &Caller, bucket: &str) {
    let xml = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    let put = agency.ask("PUT", &format!("/{bucket}?versioning"));
    put.body(xml.as_bytes()).ok();
}

fn checksum(algorithm: ChecksumAlgorithm, bytes: &[u8]) -> String {
    let mut digests = Digests::new(&DigestPlan {
        md5: false,
        sha256: false,
        checksums: vec![algorithm],
    });
    digests.update(bytes);
    digests.finish().checksum(algorithm).unwrap().base64()
}

/// The entity tag of an object of these parts.
fn etag_of_parts(parts: &[&[u8]]) -> String {
    let digests: Vec<u8> = parts.iter().flat_map(|part| md5(part)).collect();
    format!("\"{}-{}\"", encoding::hex(&md5(&digests)), parts.len())
}

#[test]
fn parts_become_one_document() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let (first, second, third) = (noise(1, 5 * MIB), noise(2, 6 * MIB + 1), noise(3, 77));
    let upload = agency.begin_upload_with("actas/a", &[("x-amz-meta-folio", "7")]);
    agency.part("actas/a", &upload, 9, &third).ok();
    agency.part("actas/a", &upload, 1, b"overwritten").ok();
    agency.part("actas/a", &upload, 5, &second).ok();
    agency
        .part("actas/a", &upload, 1, &first)
        .ok()
        .has("etag", &etag(&first));
    assert!(
        agency.keys_of("actas").is_empty(),
        "nothing shows before the end"
    );
    let tags = [etag(&first), etag(&second), etag(&third)];
    let parts = [
        (1, tags[0].as_str()),
        (5, tags[1].as_str()),
        (9, tags[2].as_str()),
    ];
    let done = agency.complete("actas/a", &upload, &parts).ok();
    let whole_tag = etag_of_parts(&[&first, &second, &third]);
    assert_eq!(done.element("ETag"), whole_tag);
    let whole = [first.as_slice(), &second, &third].concat();
    let got = agency.get("actas/a").send().holds(&whole);
    got.has("etag", &whole_tag).has("x-amz-meta-folio", "7");
    for (number, from, part) in [
        (1, 0, &first),
        (5, first.len(), &second),
        (9, first.len() + second.len(), &third),
    ] {
        let query = format!("partNumber={number}");
        let range = format!("bytes {from}-{}/{}", from + part.len() - 1, whole.len());
        let got = agency.get("actas/a").query(&query).send();
        let got = got.status(206).has("x-amz-mp-parts-count", "3");
        got.has("content-range", &range).holds(part);
        let head = agency.head("actas/a").query(&query).send().status(206);
        head.has("content-length", &part.len().to_string());
    }
    agency
        .get("actas/a")
        .query("partNumber=4")
        .refused(416, "InvalidPartNumber");
    agency
        .get("actas/a")
        .query("partNumber=0")
        .refused(400, "InvalidArgument");
    for border in [5 * MIB, 11 * MIB + 1] {
        let (first, last) = (border - 70_000, (border + 70_000).min(whole.len() - 1));
        let range = format!("bytes={first}-{last}");
        let got = agency.get("actas/a").header("range", &range).send();
        got.status(206).holds(&whole[first..=last]);
    }
    let again = agency.complete("actas/a", &upload, &parts).ok();
    assert_eq!(again.element("ETag"), whole_tag);
    assert!(again.element("Location").starts_with("http://"));
    agency.copy("actas/a", "actas/copy").ok();
    agency.get("actas/copy").send().holds(&whole);
}

#[test]
fn an_upload_is_completed_only_as_it_was_sent() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let upload = agency.begin_upload("actas/a");
    let big = noise(1, 5 * MIB);
    for number in [1, 3] {
        agency.part("actas/a", &upload, number, &big).ok();
    }
    agency.part("actas/a", &upload, 2, b"small").ok();
    let (tag, small) = (etag(&big), etag(b"small"));
    let (tag, small) = (tag.as_str(), small.as_str());
    for (parts, code) in [
        (vec![(1, tag), (4, tag)], "InvalidPart"),
        (vec![(1, small)], "InvalidPart"),
        (vec![(1, "\"nothing\"")], "InvalidPart"),
        (vec![(3, tag), (1, tag)], "InvalidPartOrder"),
        (vec![(1, tag), (1, tag)], "InvalidPartOrder"),
        (vec![(1, tag), (2, small), (3, tag)], "EntityTooSmall"),
        (vec![], "MalformedXML"),
        (vec![(0, tag)], "InvalidArgument"),
        (vec![(10_001, tag)], "InvalidPart"),
    ] {
        let refused = agency.complete("actas/a", &upload, &parts).send();
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (400, code),
            "{parts:?}"
        );
    }
    agency
        .complete_xml("actas/a", &upload, "")
        .refused(400, "MissingRequestBodyError");
    for xml in ["<Complete", "<Other/>", "<CompleteMultipartUpload/>"] {
        agency
            .complete_xml("actas/a", &upload, xml)
            .refused(400, "MalformedXML");
    }
    let good = [(1, tag), (3, tag)];
    for query in ["x", "0", "AAAAAAAAAAAAAAAAAAAAAA"] {
        agency
            .complete("actas/a", query, &good)
            .refused(404, "NoSuchUpload");
    }
    agency
        .complete("actas/other", &upload, &good)
        .refused(404, "NoSuchUpload");
    let sized = agency.complete("actas/a", &upload, &good);
    sized
        .header("x-amz-mp-object-size", "7")
        .refused(400, "InvalidRequest");
    assert!(agency.keys_of("actas").is_empty());
    let sized = agency.complete("actas/a", &upload, &good);
    sized
        .header("x-amz-mp-object-size", &(10 * MIB).to_string())
        .ok();
    agency
        .get("actas/a")
        .send()
        .holds(&[big.as_slice(), &big].concat());
}

#[test]
fn part_numbers_and_upload_ids_are_checked() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let upload = agency.begin_upload("actas/a");
    for number in ["0", "10001", "-1", "x", "", "1.0"] {
        let query = format!("partNumber={number}&uploadId={upload}");
        let refused = agency.put("actas/a", b"1").query(&query);
        refused.refused(400, "InvalidArgument");
    }
    agency.part("actas/a", &upload, 10_000, b"1").ok();
    agency
        .part("actas/b", &upload, 1, b"1")
        .refused(404, "NoSuchUpload");
    agency
        .part("actas/a", "../../etc", 1, b"1")
        .refused(404, "NoSuchUpload");
    let gone = agency
        .delete("actas/a")
        .query(&format!("uploadId={upload}"));
    gone.send().status(204);
    agency
        .part("actas/a", &upload, 1, b"1")
        .refused(404, "NoSuchUpload");
    let gone = agency
        .delete("actas/a")
        .query(&format!("uploadId={upload}"));
    gone.refused(404, "NoSuchUpload");
    let parts = agency.get("actas/a").query(&format!("uploadId={upload}"));
    parts.refused(404, "NoSuchUpload");
}

#[test]
fn checksums_of_parts_become_one_of_the_whole() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let (first, second) = (noise(1, 5 * MIB), noise(2, 99));
    let whole = [first.as_slice(), &second].concat();
    for algorithm in ChecksumAlgorithm::ALL {
        for kind in ["COMPOSITE", "FULL_OBJECT"] {
            let headers = [
                ("x-amz-checksum-algorithm", algorithm.name()),
                ("x-amz-checksum-type", kind),
            ];
            let is_crc64 = algorithm == ChecksumAlgorithm::Crc64Nvme;
            let is_possible = if kind == "COMPOSITE" {
                !is_crc64
            } else {
                algorithm.combines()
            };
            let mut begin = agency.at("POST", "actas/a").query("uploads");
            for (name, value) in headers {
                begin = begin.header(name, value);
            }
            let begun = begin.send();
            if !is_possible {
                begun.refused(400, "InvalidRequest");
                continue;
            }
            let upload = begun.ok().element("UploadId");
            let sums = [checksum(algorithm, &first), checksum(algorithm, &second)];
            for (number, part) in [(1, &first), (2, &second)] {
                let sum = &sums[number as usize - 1];
                let put = agency.part("actas/a", &upload, number, part);
                let put = put.header(algorithm.header(), sum).ok();
                put.has(algorithm.header(), sum);
            }
            let expected = if kind == "COMPOSITE" {
                let raw = sums
                    .iter()
                    .flat_map(|sum| encoding::parse_base64(sum).unwrap());
                format!("{}-2", checksum(algorithm, &raw.collect::<Vec<u8>>()))
            } else {
                checksum(algorithm, &whole)
            };
            complete_with_checksum(
                &agency,
                &upload,
                [&first, &second],
                algorithm,
                &expected,
                kind,
            );
        }
    }
}

/// The element of a checksum in a completion.
fn element(algorithm: ChecksumAlgorithm) -> String {
    format!("Checksum{}", algorithm.name())
}

#[test]
fn parts_come_with_the_checksum_that_their_upload_announced() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let begin = |kind| {
        let headers = [
            ("x-amz-checksum-algorithm", "crc32"),
            ("x-amz-checksum-type", kind),
        ];
        agency.begin_upload_with("actas/a", &headers)
    };
    let part = |upload: &str| agency.part("actas/a", upload, 1, b"acta");
    let sha = checksum(ChecksumAlgorithm::Sha256, b"acta");
    for kind in ["composite", "FULL_OBJECT"] {
        let upload = begin(kind);
        let other = part(&upload).header("x-amz-checksum-sha256", &sha);
        let other = other.refused(400, "InvalidRequest");
        assert!(other.element("Message").contains("sha256"), "{other:?}");
        part(&upload)
            .header("x-amz-sdk-checksum-algorithm", "SHA1")
            .refused(400, "InvalidRequest");
        // S3 computes it where the algorithm is named, and for parts that it copies itself.
        let named = part(&upload).header("x-amz-sdk-checksum-algorithm", "CRC32");
        let sum = checksum(ChecksumAlgorithm::Crc32, b"acta");
        named.ok().has("x-amz-checksum-crc32", &sum);
        agency.put("actas/source", b"acta").ok();
        let copy = part(&upload).header("x-amz-copy-source", "/actas/source");
        assert_eq!(copy.body(b"").ok().element("ChecksumCRC32"), sum);
    }
    // Only the checksum of a composite whole is made of the client's own.
    part(&begin("COMPOSITE")).refused(400, "InvalidRequest");
    part(&begin("FULL_OBJECT")).ok();
    // An upload that announced none takes any.
    let silent = agency.begin_upload("actas/a");
    part(&silent).header("x-amz-checksum-sha256", &sha).ok();
    part(&silent).ok();
}

#[test]
fn what_a_completion_cannot_say_is_refused() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let upload = agency.begin_upload("actas/a");
    let tag = agency.part("actas/a", &upload, 1, b"acta").ok();
    let tag = tag.header("etag").unwrap().to_owned();
    let complete = |number: &str, more: &str| {
        let xml = format!(
            "<CompleteMultipartUpload><Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag>\
             {more}</Part></CompleteMultipartUpload>"
        );
        agency.complete_xml("actas/a", &upload, &xml)
    };
    for number in ["0", "-1"] {
        complete(number, "").refused(400, "InvalidArgument");
    }
    complete("10001", "").refused(400, "InvalidPart");
    complete("one", "").refused(400, "MalformedXML");
    let sum = checksum(ChecksumAlgorithm::Crc32, b"acta");
    for more in [
        "<ChecksumCRC32>acta</ChecksumCRC32>".to_owned(),
        format!("<ChecksumCRC32>{sum}</ChecksumCRC32><ChecksumCRC32C>{sum}</ChecksumCRC32C>"),
    ] {
        complete("1", &more).refused(400, "InvalidArgument");
    }
    let announced = |size: &str| complete("1", "").header("x-amz-mp-object-size", size);
    for size in ["-1", "four", "3"] {
        announced(size).refused(400, "InvalidRequest");
    }
    let kind = complete("1", "").header("x-amz-checksum-type", "WHOLE");
    kind.refused(400, "InvalidRequest");
    announced("4").ok();
    // What is missing first is told first.
    for (method, query) in [
        ("GET", "uploadId=1"),
        ("DELETE", "uploadId=1"),
        ("PUT", "uploadId=1&partNumber=1"),
    ] {
        let ask = agency.at(method, "nada/a").query(query);
        ask.refused(404, "NoSuchBucket");
        let ask = agency.at(method, "actas/a").query(query);
        ask.refused(404, "NoSuchUpload");
    }
}

fn complete_with_checksum(
    agency: &Caller,
    upload: &str,
    parts: [&[u8]; 2],
    algorithm: ChecksumAlgorithm,
    expected: &str,
    kind: &str,
) {
    let named = |has_sums: bool| {
        let parts = (1..).zip(parts).map(|(number, part)| {
            let (tag, sum) = (etag(part), checksum(algorithm, part));
            let name = element(algorithm);
            let sum = format!("<{name}>{sum}</{name}>");
            let sum = if has_sums { sum.as_str() } else { "" };
            format!("<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag>{sum}</Part>")
        });
        let parts: String = parts.collect();
        let xml = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
        let ask = agency.complete_xml("actas/a", upload, &xml);
        ask.header("x-amz-checksum-type", kind)
    };
    if kind == "COMPOSITE" {
        let told = named(false).refused(400, "InvalidRequest");
        let message = told.element("Message");
        assert!(message.contains("missing for part 1"), "{message}");
    }
    // Of as many bytes as the right one, and with as many parts.
    let wrong = checksum(algorithm, b"another document");
    let wrong = match expected.split_once('-') {
        None => wrong,
        Some((_, count)) => format!("{wrong}-{count}"),
    };
    named(true)
        .header(algorithm.header(), &wrong)
        .refused(400, "BadDigest");
    // Those of a full object say nothing that the whole does not.
    let done = named(kind == "COMPOSITE");
    let done = done.header(algorithm.header(), expected).ok();
    assert_eq!(done.element("ChecksumType"), kind);
    for method in ["GET", "HEAD"] {
        let asked = agency
            .at(method, "actas/a")
            .header("x-amz-checksum-mode", "ENABLED");
        let answer = asked.ok().has("x-amz-checksum-type", kind);
        answer.has(algorithm.header(), expected);
    }
    let silent = agency.head("actas/a").ok();
    assert_eq!(silent.header(algorithm.header()), None);
}

#[test]
fn parts_and_uploads_are_listed_in_pages() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let upload = agency.begin_upload("actas/a");
    for number in [2, 10, 1, 700] {
        agency
            .part("actas/a", &upload, number, &noise(number.into(), 10))
            .ok();
    }
    let parts = |query: &str| {
        let query = format!("uploadId={upload}{query}");
        agency.get("actas/a").query(&query).ok()
    };
    let all = parts("");
    assert_eq!(all.elements("PartNumber"), ["1", "2", "10", "700"]);
    assert_eq!(all.element("ETag"), etag(&noise(1, 10)));
    let page = parts("&max-parts=2");
    assert_eq!(page.elements("PartNumber"), ["1", "2"]);
    assert_eq!(page.element("IsTruncated"), "true");
    let marker = page.element("NextPartNumberMarker");
    let page = parts(&format!("&max-parts=2&part-number-marker={marker}"));
    assert_eq!(page.elements("PartNumber"), ["10", "700"]);
    assert_eq!(page.element("IsTruncated"), "false");

    let mut expected = vec![("a".to_owned(), upload)];
    for name in ["a", "b/1", "b/2", "c"] {
        let id = agency.begin_upload(&format!("actas/{name}"));
        expected.push((name.to_owned(), id));
    }
    let (mut found, mut markers) = (Vec::new(), String::new());
    loop {
        let page = agency
            .ask("GET", &format!("/actas?uploads&max-uploads=1{markers}"))
            .ok();
        found.extend(
            page.elements("Key")
                .into_iter()
                .zip(page.elements("UploadId")),
        );
        if page.element("IsTruncated") == "false" {
            break;
        }
        let (key, id) = (
            page.element("NextKeyMarker"),
            page.element("NextUploadIdMarker"),
        );
        markers = format!(
            "&key-marker={}&upload-id-marker={id}",
            encoding::percent(key.as_bytes())
        );
    }
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    let folded = agency.ask("GET", "/actas?uploads&delimiter=/").ok();
    assert_eq!(folded.elements("Key"), ["a", "a", "c"]);
    assert!(
        folded
            .text()
            .contains("<CommonPrefixes><Prefix>b/</Prefix></CommonPrefixes>")
    );
}

#[test]
fn uploads_of_one_key_are_listed_as_they_were_begun() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let begun: Vec<String> = (0..8)
        .map(|_| {
            pause(2);
            agency.begin_upload("actas/a")
        })
        .collect();
    let page = |query: &str| agency.ask("GET", &format!("/actas?uploads&{query}")).ok();
    assert_eq!(page("").elements("UploadId"), begun);
    let mut paged = Vec::new();
    let mut markers = String::new();
    loop {
        let page = page(&format!("max-uploads=3{markers}"));
        paged.extend(page.elements("UploadId"));
        if page.element("IsTruncated") == "false" {
            break;
        }
        let key = page.element("NextKeyMarker");
        let id = page.element("NextUploadIdMarker");
        markers = format!("&key-marker={key}&upload-id-marker={id}");
    }
    assert_eq!(paged, begun);
}

#[test]
fn of_many_completions_one_makes_the_version_that_all_tell() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    keep_versions(&agency, "actas");
    let upload = agency.begin_upload("actas/a");
    let body = noise(1, 100_000);
    agency.part("actas/a", &upload, 1, &body).ok();
    let tag = etag(&body);
    let mut versions: Vec<String> = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..6)
            .map(|_| {
                scope.spawn(|| {
                    let parts = [(1, tag.as_str())];
                    let answer = agency.complete("actas/a", &upload, &parts).ok();
                    answer.header("x-amz-version-id").unwrap().to_owned()
                })
            })
            .collect();
        racers
            .into_iter()
            .map(|racer| racer.join().unwrap())
            .collect()
    });
    versions.dedup();
    assert_eq!(versions.len(), 1, "{versions:?}");
    let all = agency.ask("GET", "/actas?versions").ok();
    assert_eq!(all.elements("VersionId"), versions);
    agency.get("actas/a").send().holds(&body);
}

#[test]
fn a_completion_sent_again_is_answered_while_its_version_stands() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    keep_versions(&agency, "actas");
    let upload = agency.begin_upload("actas/a");
    let (first, second) = (noise(1, 5 * MIB), noise(2, 9));
    for (number, body) in [(1, &first), (2, &second), (3, &second)] {
        agency.part("actas/a", &upload, number, body).ok();
    }
    let tags = [etag(&first), etag(&second)];
    let parts = [(1, tags[0].as_str()), (2, tags[1].as_str())];
    // The precondition holds no more once the object is there; it was judged before.
    let complete = || agency.complete("actas/a", &upload, &parts);
    let complete = || complete().header("if-none-match", "*");
    let done = complete().ok();
    let version = done.header("x-amz-version-id").unwrap();
    let again = || {
        let again = complete().ok().has("x-amz-version-id", version);
        assert_eq!(again.text(), done.text());
    };
    again();
    // Whoever asks for something else is not told that it was done.
    for other in [
        &parts[..1],
        &[(1, &*tags[0]), (3, &*tags[1])],
        &[(1, &*tags[1])],
    ] {
        let other = agency.complete("actas/a", &upload, other);
        other.refused(404, "NoSuchUpload");
    }
    let other = agency.complete("actas/b", &upload, &parts);
    other.refused(404, "NoSuchUpload");
    let sized = complete().header("x-amz-mp-object-size", "7");
    sized.refused(404, "NoSuchUpload");
    // Another version above it, and a delete marker, leave it where it is.
    agency.put("actas/a", b"newer").ok();
    again();
    agency.delete("actas/a").send().status(204);
    again();
    agency.get("actas/a").refused(404, "NoSuchKey");
    let gone = agency.delete("actas/a");
    let gone = gone.query(&format!("versionId={version}"));
    gone.send().status(204);
    complete().refused(404, "NoSuchUpload");
}

#[test]
fn parts_are_copied_whole_and_in_ranges() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let source = noise(1, 6 * MIB);
    agency.put("actas/source", &source).ok();
    let upload = agency.begin_upload("actas/a");
    let copy = |number: u32, range: Option<&str>| {
        let query = format!("partNumber={number}&uploadId={upload}");
        let ask = agency.copy("actas/source", "actas/a").query(&query);
        match range {
            None => ask,
            Some(range) => ask.header("x-amz-copy-source-range", range),
        }
    };
    let whole = copy(1, None).ok().element("ETag");
    assert_eq!(whole, etag(&source));
    let range = copy(2, Some("bytes=65530-65545")).ok().element("ETag");
    assert_eq!(range, etag(&source[65_530..=65_545]));
    let end = source.len();
    for outside in [
        format!("bytes=0-{end}"),
        "bytes=5-".to_owned(),
        "bytes=-5".to_owned(),
    ] {
        copy(3, Some(&outside)).refused(400, "InvalidArgument");
    }
    agency
        .complete("actas/a", &upload, &[(1, &whole), (2, &range)])
        .ok();
    let expected = [source.as_slice(), &source[65_530..=65_545]].concat();
    agency.get("actas/a").send().holds(&expected);
}
