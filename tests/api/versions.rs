//! Buckets that keep versions.

use crate::support::answer::elements;
use crate::support::caller::Caller;
use crate::support::etag;
use crate::support::server::Server;

fn set(agency: &Caller, bucket: &str, status: &str) {
    let xml =
        format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
    let put = agency.ask("PUT", &format!("/{bucket}?versioning"));
    put.body(xml.as_bytes()).ok();
}

fn put(agency: &Caller, at: &str, body: &[u8]) -> String {
    let stored = agency.put(at, body).ok();
    stored
        .header("x-amz-version-id")
        .unwrap_or("null")
        .to_owned()
}

/// Key, version, element, whether it is the newest: as a page shows them.
fn listed(agency: &Caller, bucket: &str, query: &str) -> Vec<(String, String, bool)> {
    let page = agency
        .ask("GET", &format!("/{bucket}?versions&{query}"))
        .ok();
    let text = page.text();
    let mut found: Vec<(usize, (String, String, bool))> = Vec::new();
    for element in ["Version", "DeleteMarker"] {
        for block in elements(&text, element) {
            let at = text.find(&format!("<{element}>{block}")).unwrap();
            let of = |name: &str| elements(&block, name).concat();
            let id = of("VersionId");
            let key = match element {
                "Version" => of("Key"),
                _ => format!("-{}", of("Key")),
            };
            found.push((at, (key, id, of("IsLatest") == "true")));
        }
    }
    found.sort();
    found.into_iter().map(|(_, row)| row).collect()
}

fn row(key: &str, id: &str, is_latest: bool) -> (String, String, bool) {
    (key.to_owned(), id.to_owned(), is_latest)
}

#[test]
fn versioning_is_switched_on_and_suspended_and_never_off() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let status = || {
        agency
            .ask("GET", "/actas?versioning")
            .ok()
            .element("Status")
    };
    let set_xml = |xml: &str| {
        agency
            .ask("PUT", "/actas?versioning")
            .body(xml.as_bytes())
            .send()
    };
    assert_eq!(status(), "");
    set(&agency, "actas", "Enabled");
    assert_eq!(status(), "Enabled");
    set(&agency, "actas", "Suspended");
    assert_eq!(status(), "Suspended");
    for (xml, status, code) in [
        (
            "<VersioningConfiguration/>",
            400,
            "IllegalVersioningConfigurationException",
        ),
        (
            "<VersioningConfiguration><Status>Off</Status></VersioningConfiguration>",
            400,
            "MalformedXML",
        ),
        (
            "<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete>\
             </VersioningConfiguration>",
            501,
            "NotImplemented",
        ),
        (
            "<Versioning><Status>Enabled</Status></Versioning>",
            400,
            "MalformedXML",
        ),
        ("", 400, "MissingRequestBodyError"),
    ] {
        set_xml(xml).refused(status, code);
    }
    assert_eq!(status(), "Suspended");
    server
        .make_key("agencia", "ajena", "app")
        .ask("PUT", "/actas?versioning")
        .body(b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
        .refused(403, "AccessDenied");
}

#[test]
fn a_version_is_read_and_removed_by_its_id() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    assert_eq!(put(&agency, "actas/a", b"cero"), "null");
    let before = agency.get("actas/a").ok();
    assert_eq!(
        before.header("x-amz-version-id"),
        None,
        "nothing is kept yet"
    );
    set(&agency, "actas", "Enabled");
    let first = put(&agency, "actas/a", b"uno");
    let second = put(&agency, "actas/a", b"dos");
    let version = |method: &'static str, id: &str| {
        let ask = agency.at(method, "actas/a");
        ask.query(&format!("versionId={id}"))
    };
    for (id, body) in [
        ("null", "cero"),
        (first.as_str(), "uno"),
        (second.as_str(), "dos"),
    ] {
        let read = version("GET", id).send().holds(body.as_bytes());
        assert_eq!(read.header("x-amz-version-id"), Some(id));
        let head = version("HEAD", id).ok();
        assert_eq!(head.header("x-amz-version-id"), Some(id));
        assert_eq!(head.header("etag"), Some(etag(body.as_bytes()).as_str()));
    }
    agency
        .get("actas/a")
        .send()
        .holds(b"dos")
        .has("x-amz-version-id", &second);

    let marked = agency.delete("actas/a").ok();
    let marker = marked.header("x-amz-version-id").unwrap().to_owned();
    assert_eq!(marked.header("x-amz-delete-marker"), Some("true"));
    agency
        .get("actas/a")
        .refused(404, "NoSuchKey")
        .has("x-amz-delete-marker", "true")
        .has("x-amz-version-id", &marker);
    agency
        .head("actas/a")
        .send()
        .status(404)
        .has("x-amz-delete-marker", "true");
    let refused = version("GET", &marker).refused(405, "MethodNotAllowed");
    assert_eq!(refused.element("ResourceType"), "DeleteMarker");
    for answer in [refused, version("HEAD", &marker).send().status(405)] {
        let answer = answer.has("allow", "DELETE");
        let answer = answer.has("x-amz-delete-marker", "true");
        assert!(
            answer
                .has("x-amz-version-id", &marker)
                .header("last-modified")
                .is_some()
        );
    }
    version("GET", &"0".repeat(32)).refused(404, "NoSuchVersion");
    version("GET", "none").refused(400, "InvalidArgument");
    version("DELETE", "").refused(400, "InvalidArgument");
}

#[test]
fn what_a_removed_version_hid_is_back() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    agency.put("actas/a", b"cero").ok();
    set(&agency, "actas", "Enabled");
    let first = put(&agency, "actas/a", b"uno");
    let second = put(&agency, "actas/a", b"dos");
    let marked = agency.delete("actas/a").ok();
    let marker = marked.header("x-amz-version-id").unwrap().to_owned();
    let version = |method: &'static str, id: &str| {
        let ask = agency.at(method, "actas/a");
        ask.query(&format!("versionId={id}"))
    };
    version("DELETE", &marker)
        .ok()
        .status(204)
        .has("x-amz-version-id", &marker)
        .has("x-amz-delete-marker", "true");
    agency.get("actas/a").send().holds(b"dos");
    let removed = version("DELETE", &second).ok();
    assert_eq!(removed.header("x-amz-version-id"), Some(second.as_str()));
    assert_eq!(removed.header("x-amz-delete-marker"), None);
    agency.get("actas/a").send().holds(b"uno");
    version("GET", &second).refused(404, "NoSuchVersion");
    // What is gone may be removed again.
    version("DELETE", &second)
        .ok()
        .has("x-amz-version-id", &second);
    agency
        .ask("DELETE", "/actas")
        .refused(409, "BucketNotEmpty");
    version("DELETE", &first).ok();
    version("DELETE", "null").ok();
    agency.ask("DELETE", "/actas").ok();
}

#[test]
fn a_suspended_bucket_replaces_the_null_version_alone() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    set(&agency, "actas", "Enabled");
    let first = put(&agency, "actas/a", b"uno");
    set(&agency, "actas", "Suspended");
    let stored = agency.put("actas/a", b"dos").ok();
    assert_eq!(stored.header("x-amz-version-id"), None);
    agency.put("actas/a", b"tres").ok();
    agency
        .get("actas/a")
        .send()
        .holds(b"tres")
        .has("x-amz-version-id", "null");
    assert_eq!(
        listed(&agency, "actas", ""),
        [row("a", "null", true), row("a", &first, false)]
    );
    let marked = agency.delete("actas/a").ok();
    assert_eq!(marked.header("x-amz-version-id"), Some("null"));
    assert_eq!(
        listed(&agency, "actas", ""),
        [row("-a", "null", true), row("a", &first, false)]
    );
    let old = agency.get("actas/a").query(&format!("versionId={first}"));
    old.send().holds(b"uno");
    agency.put("actas/a", b"cuatro").ok();
    assert_eq!(
        listed(&agency, "actas", ""),
        [row("a", "null", true), row("a", &first, false)]
    );
}

#[test]
fn all_versions_are_listed_in_their_order() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    set(&agency, "actas", "Enabled");
    let mut expected = Vec::new();
    for key in ["a/1", "a/2", "b c"] {
        let old = put(&agency, &format!("actas/{key}"), b"1");
        let new = put(&agency, &format!("actas/{key}"), b"22");
        expected.extend([row(key, &new, true), row(key, &old, false)]);
    }
    let marked = agency.delete("actas/b c").ok();
    let marker = marked.header("x-amz-version-id").unwrap();
    expected[4].2 = false;
    expected.insert(4, row("-b c", marker, true));
    assert_eq!(listed(&agency, "actas", ""), expected);
    assert_eq!(listed(&agency, "actas", "prefix=b"), expected[4..]);

    // Pages of each size meet without a gap.
    for size in 1..=expected.len() {
        let mut found = Vec::new();
        let mut after = String::new();
        loop {
            let query = format!("encoding-type=url&max-keys={size}{after}");
            found.extend(listed(&agency, "actas", &query));
            let page = agency.ask("GET", &format!("/actas?versions&{query}")).ok();
            if page.element("IsTruncated") == "false" {
                break;
            }
            after = format!(
                "&key-marker={}&version-id-marker={}",
                page.element("NextKeyMarker"),
                page.element("NextVersionIdMarker")
            );
        }
        let plain = |key: &str| key.replace("%20", " ");
        found.iter_mut().for_each(|(key, ..)| *key = plain(key));
        assert_eq!(found, expected, "pages of {size}");
    }

    let folded = agency
        .ask("GET", "/actas?versions&delimiter=/&max-keys=1")
        .ok();
    assert_eq!(folded.blocks("CommonPrefixes"), ["<Prefix>a/</Prefix>"]);
    assert_eq!(folded.element("NextKeyMarker"), "a/");
    assert!(folded.elements("NextVersionIdMarker").is_empty());
    assert_eq!(
        listed(&agency, "actas", "delimiter=/&key-marker=a/"),
        expected[4..]
    );
    let none = agency.ask("GET", "/actas?versions&max-keys=0").ok();
    assert_eq!(none.element("IsTruncated"), "false");

    let refused = |query: &str| {
        let ask = agency.ask("GET", &format!("/actas?versions&{query}"));
        ask.refused(400, "InvalidArgument");
    };
    refused(&format!("version-id-marker={marker}"));
    refused("key-marker=a&version-id-marker=");
    refused("key-marker=a&version-id-marker=x");
    agency.make_bucket("sin-versiones").ok();
    agency.put("sin-versiones/a", b"").ok();
    assert_eq!(
        listed(&agency, "sin-versiones", ""),
        [row("a", "null", true)]
    );
}

#[test]
fn versions_are_copied() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    set(&agency, "actas", "Enabled");
    let old = put(&agency, "actas/a", b"viejo");
    let new = put(&agency, "actas/a", b"nuevo");
    let copy = |id: &str, to: &str| {
        let source = format!("/actas/a?versionId={id}");
        agency
            .put(to, b"")
            .header("x-amz-copy-source", &source)
            .send()
    };
    // An old version becomes the newest again by a copy onto itself.
    let copied = copy(&old, "actas/a")
        .ok()
        .has("x-amz-copy-source-version-id", &old);
    let newest = copied.header("x-amz-version-id").unwrap();
    assert!(newest != old && newest != new);
    agency
        .get("actas/a")
        .send()
        .holds(b"viejo")
        .has("x-amz-version-id", newest);
    let latest = agency.copy("actas/a", "actas/b").ok();
    assert_eq!(latest.header("x-amz-copy-source-version-id"), Some(newest));

    let upload = agency.begin_upload("actas/c");
    let source = format!("/actas/a?versionId={new}");
    let part = agency
        .part("actas/c", &upload, 1, b"")
        .header("x-amz-copy-source", &source)
        .ok()
        .has("x-amz-copy-source-version-id", &new);
    let tag = part.element("ETag");
    let completed = agency.complete("actas/c", &upload, &[(1, &tag)]).ok();
    let id = completed.header("x-amz-version-id").unwrap();
    let read = agency.get("actas/c").query(&format!("versionId={id}"));
    read.send().holds(b"nuevo");

    let marked = agency.delete("actas/a").ok();
    let marker = marked.header("x-amz-version-id").unwrap();
    copy(marker, "actas/d").refused(400, "InvalidRequest");
    agency.copy("actas/a", "actas/d").refused(404, "NoSuchKey");
    copy(&"0".repeat(32), "actas/d").refused(404, "NoSuchVersion");
    copy("none", "actas/d").refused(400, "InvalidArgument");
}

#[test]
fn versions_are_deleted_by_the_thousand() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    set(&agency, "actas", "Enabled");
    let first = put(&agency, "actas/a", b"1");
    put(&agency, "actas/b", b"1");
    let delete = |objects: &[(&str, Option<&str>)]| {
        let mut xml = "<Delete>".to_owned();
        for (key, id) in objects {
            let id = id.map(|id| format!("<VersionId>{id}</VersionId>"));
            xml += &format!(
                "<Object><Key>{key}</Key>{}</Object>",
                id.unwrap_or_default()
            );
        }
        agency.post_xml("/actas?delete", &(xml + "</Delete>")).ok()
    };
    let unknown = "f".repeat(32);
    let done = delete(&[
        ("a", None),
        ("a", Some(&first)),
        ("b", Some(&unknown)),
        ("b", Some("x")),
    ]);
    let blocks = done.blocks("Deleted");
    let marker = elements(&blocks[0], "DeleteMarkerVersionId").concat();
    assert_eq!(
        blocks,
        [
            format!(
                "<Key>a</Key><DeleteMarker>true</DeleteMarker>\
                 <DeleteMarkerVersionId>{marker}</DeleteMarkerVersionId>"
            ),
            format!("<Key>a</Key><VersionId>{first}</VersionId>"),
            format!("<Key>b</Key><VersionId>{unknown}</VersionId>"),
        ]
    );
    assert_eq!(done.code(), "NoSuchVersion");
    let done = delete(&[("a", Some(&marker))]);
    assert_eq!(
        done.blocks("Deleted"),
        [format!(
            "<Key>a</Key><VersionId>{marker}</VersionId><DeleteMarker>true</DeleteMarker>\
             <DeleteMarkerVersionId>{marker}</DeleteMarkerVersionId>"
        )]
    );
    assert_eq!(listed(&agency, "actas", "prefix=a"), []);
}
