//! Tags of objects and buckets: where they are set, what keeps them, what loses them.

use super::support::caller::Caller;
use super::support::noise;
use super::support::server::Server;

fn document(tags: &[(&str, &str)]) -> Vec<u8> {
    let mut xml = "<Tagging><TagSet>".to_owned();
    for (key, value) in tags {
        xml += &format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>");
    }
    (xml + "</TagSet></Tagging>").into_bytes()
}

#[track_caller]
fn has_tags(caller: &Caller, at: &str, tags: &[(&str, &str)]) {
    let got = caller.get(at).query("tagging").ok();
    let pairs = got.elements("Key").into_iter().zip(got.elements("Value"));
    let expected = tags.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    assert_eq!(
        pairs.collect::<Vec<_>>(),
        expected.collect::<Vec<_>>(),
        "{at}"
    );
    let head = caller.head(at).ok();
    let count = (!tags.is_empty()).then(|| tags.len().to_string());
    assert_eq!(head.header("x-amz-tagging-count"), count.as_deref());
}

#[test]
fn tags_are_set_replaced_and_removed() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    agency
        .put("actas/a", b"1")
        .header("x-amz-meta-folio", "7")
        .ok();
    has_tags(&agency, "actas/a", &[]);
    let two = [("trámite", "acta de nacimiento"), ("año", "2026")];
    let set = agency.put("actas/a", &document(&two)).query("tagging");
    assert_eq!(set.ok().header("x-amz-version-id"), None);
    has_tags(&agency, "actas/a", &two);
    let one = [("b", "")];
    agency
        .put("actas/a", &document(&one))
        .query("tagging&versionId=null")
        .ok();
    has_tags(&agency, "actas/a", &one);
    // Nothing else of the object has changed, and what has not changed is still found.
    let got = agency.get("actas/a").ok().has("x-amz-meta-folio", "7");
    let tag = got.header("etag").unwrap().to_owned();
    agency
        .get("actas/a")
        .header("if-match", &tag)
        .send()
        .holds(b"1");
    let removed = agency.delete("actas/a").query("tagging").send();
    removed.status(204);
    has_tags(&agency, "actas/a", &[]);
    // A new document under the key has the tags that it brings, and no others.
    agency.put("actas/a", &document(&two)).query("tagging").ok();
    agency.put("actas/a", b"2").ok();
    has_tags(&agency, "actas/a", &[]);
    for method in ["GET", "PUT", "DELETE"] {
        agency
            .at(method, "actas/none")
            .query("tagging")
            .body(&document(&one))
            .refused(404, "NoSuchKey");
        let version = "tagging&versionId=00000000000000000000000000000000";
        let answer = agency.at(method, "actas/a").query(version);
        answer.body(&document(&one)).refused(404, "NoSuchVersion");
    }
}

#[test]
fn each_version_has_tags_of_its_own() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let enabled = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    let on = agency.ask("PUT", "/actas?versioning");
    on.body(enabled.as_bytes()).ok();
    let version = |body: &[u8], tags: &str| {
        let put = agency.put("actas/a", body).header("x-amz-tagging", tags);
        put.ok().header("x-amz-version-id").unwrap().to_owned()
    };
    let (first, second) = (version(b"1", "a=1"), version(b"2", "b=2"));
    let tagged = document(&[("c", "3")]);
    let at = |method, version: &str| {
        let query = format!("tagging&versionId={version}");
        agency.at(method, "actas/a").query(&query)
    };
    let set = at("PUT", &first).body(&tagged).ok();
    set.has("x-amz-version-id", &first);
    let got = at("GET", &first).ok().has("x-amz-version-id", &first);
    assert_eq!(got.elements("Key"), ["c"]);
    has_tags(&agency, "actas/a", &[("b", "2")]);
    // The version that was read before is not kept with its old tags.
    let removed = agency.delete("actas/a").query("tagging").send();
    removed.status(204).has("x-amz-version-id", &second);
    has_tags(&agency, "actas/a", &[]);
    let removed = at("DELETE", &first).send().status(204);
    removed.has("x-amz-version-id", &first);
    assert!(at("GET", &first).ok().elements("Key").is_empty());
    let marked = agency.delete("actas/a").send().status(204);
    let marker = marked.header("x-amz-version-id").unwrap().to_owned();
    for method in ["GET", "PUT", "DELETE"] {
        let answer = agency.at(method, "actas/a").query("tagging").body(&tagged);
        answer
            .refused(404, "NoSuchKey")
            .has("x-amz-delete-marker", "true");
        let answer = at(method, &marker).body(&tagged);
        answer.refused(405, "MethodNotAllowed");
    }
}

#[test]
fn tags_come_with_a_new_object() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let tags = "tr%C3%A1mite=acta+de+nacimiento&a%2Fb=";
    let pairs = [("trámite", "acta de nacimiento"), ("a/b", "")];
    for (at, body) in [("actas/small", 10), ("actas/large", 100_000)] {
        let body = noise(1, body);
        agency.put(at, &body).header("x-amz-tagging", tags).ok();
        has_tags(&agency, at, &pairs);
        agency.get(at).send().has("x-amz-tagging-count", "2");
    }
    let id = agency.begin_upload_with("actas/parts", &[("x-amz-tagging", tags)]);
    let part = agency.part("actas/parts", &id, 1, b"1").ok();
    let tag = part.header("etag").unwrap().to_owned();
    agency.complete("actas/parts", &id, &[(1, &tag)]).ok();
    has_tags(&agency, "actas/parts", &pairs);

    let copied = |directive: Option<&str>, tags: Option<&str>| {
        let mut copy = agency.copy("actas/small", "actas/copy");
        for (name, value) in [
            ("x-amz-tagging-directive", directive),
            ("x-amz-tagging", tags),
        ] {
            if let Some(value) = value {
                copy = copy.header(name, value);
            }
        }
        copy
    };
    copied(None, None).ok();
    has_tags(&agency, "actas/copy", &pairs);
    copied(Some("COPY"), None).ok();
    has_tags(&agency, "actas/copy", &pairs);
    copied(Some("REPLACE"), Some("c=d")).ok();
    has_tags(&agency, "actas/copy", &[("c", "d")]);
    copied(Some("REPLACE"), None).ok();
    has_tags(&agency, "actas/copy", &[]);
    copied(Some("MOVE"), None).refused(400, "InvalidArgument");
    // Tags that would be lost are not taken.
    copied(None, Some("c=d")).refused(400, "InvalidRequest");
    copied(Some("COPY"), Some("c=d")).refused(400, "InvalidRequest");
}

#[test]
fn tags_out_of_form_are_refused_and_nothing_is_stored() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    agency.put("actas/a", b"1").ok();
    let many: Vec<String> = (0..11).map(|n| format!("k{n}=v")).collect();
    let long = "k".repeat(129);
    for (header, status, code) in [
        ("a=1&a=2", 400, "InvalidArgument"),
        ("a=%zz", 400, "InvalidArgument"),
        ("aws:a=1", 400, "InvalidTag"),
        ("a=%26", 400, "InvalidTag"),
        ("=v", 400, "InvalidArgument"),
        (&many.join("&"), 400, "BadRequest"),
        (&long, 400, "InvalidTag"),
    ] {
        let put = agency.put("actas/b", b"1").header("x-amz-tagging", header);
        put.refused(status, code);
        let upload = agency.at("POST", "actas/b").query("uploads");
        upload.header("x-amz-tagging", header).refused(status, code);
    }
    assert_eq!(agency.keys_of("actas"), ["a"]);
    let many: Vec<String> = (0..51).map(|n| format!("k{n}")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|k| (k.as_str(), "")).collect();
    for (body, code) in [
        (document(&[("a", "1"), ("a", "2")]), "InvalidTag"),
        (document(&[("aws:a", "1")]), "InvalidTag"),
        (document(&many), "BadRequest"),
        (b"<Tagging></Tagging>".to_vec(), "MalformedXML"),
        (b"<Other><TagSet/></Other>".to_vec(), "MalformedXML"),
        (b"".to_vec(), "MissingRequestBodyError"),
    ] {
        let put = agency.put("actas/a", &body).query("tagging");
        put.refused(400, code);
        agency
            .put("actas", &body)
            .query("tagging")
            .refused(400, code);
    }
    has_tags(&agency, "actas/a", &[]);
    agency
        .put("actas", &document(&many[..50]))
        .query("tagging")
        .send()
        .status(204);
}

#[test]
fn a_bucket_has_tags_of_its_own() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let at = |method| agency.ask(method, "/actas?tagging");
    at("GET").refused(404, "NoSuchTagSet");
    let tags = document(&[("área", "registro civil"), ("b", "")]);
    at("PUT").body(&tags).send().status(204);
    let got = at("GET").ok();
    assert_eq!(got.elements("Key"), ["área", "b"]);
    assert_eq!(got.elements("Value"), ["registro civil", ""]);
    at("DELETE").send().status(204);
    at("GET").refused(404, "NoSuchTagSet");
    at("DELETE").send().status(204);
    let app = server.make_key("agencia", "ventanilla", "app");
    let foreign = app.ask("PUT", "/actas?tagging").body(&tags);
    foreign.refused(403, "AccessDenied");
    let nowhere = agency.ask("PUT", "/becas?tagging").body(&tags);
    nowhere.refused(404, "NoSuchBucket");
}

#[test]
fn a_bucket_is_made_with_its_tags() {
    let server = Server::start();
    let agency = server.agency();
    let make = |name: &str, tags: &str| {
        let xml =
            format!("<CreateBucketConfiguration><Tags>{tags}</Tags></CreateBucketConfiguration>");
        let ask = agency.ask("PUT", &format!("/{name}"));
        ask.body(xml.as_bytes()).send()
    };
    let tag = |key: &str| format!("<Tag><Key>{key}</Key><Value>2</Value></Tag>");
    make("actas", &tag("serie")).ok();
    let told = agency.ask("GET", "/actas?tagging").ok();
    assert_eq!(told.elements("Key"), ["serie"]);
    make("bandos", "").ok();
    make("cartas", &format!("{0}{0}", tag("serie"))).refused(400, "InvalidTag");
    make("cartas", &tag("aws:serie")).refused(400, "InvalidTag");
    let many: String = (0..51).map(|n| tag(&n.to_string())).collect();
    make("cartas", &many).refused(400, "BadRequest");
    agency.ask("HEAD", "/cartas").send().status(404);
}
