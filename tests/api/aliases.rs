//! What an alias answers: what lies in the scope of its grant, and nothing else.

use acervo::access::action::{Action, Effect};
use serde_json::{Value, json};

use crate::grants::{PURPOSE, everything, scene, stating, terms, with};
use crate::support::answer::Answer;
use crate::support::{evidence, noise, operations};

/// The document without what names the request.
fn alike(answer: &Answer) -> (u16, String) {
    let text = answer.text();
    let id = answer.element("RequestId");
    let resource = answer.element("Resource");
    let text = text.replace(&id, "").replace(&resource, "");
    (answer.status, text.replace(&answer.element("Key"), ""))
}

#[test]
fn an_alias_answers_to_reading_operations_alone() {
    let scene = scene();
    scene.owner.put("actas/acta", b"secreto").ok();
    let (_, alias) = scene.grant(&everything());
    let admin = scene.server.make_key("licencias", "jefe", "agency-admin");
    let upload = scene.owner.begin_upload("actas/acta");
    let mut readable = Vec::new();
    for action in operations::actions().copied() {
        if action == Action::ListBuckets {
            continue;
        }
        let answer = stating(operations::ask(&admin, action, &alias, &upload)).send();
        if answer.status < 300 {
            readable.push(action.name());
            continue;
        }
        let expected = match (action, action.effect()) {
            (Action::CreateBucket, _) => (409, "BucketAlreadyExists"),
            (Action::PutObjectLockConfiguration, _) => (405, "MethodNotAllowed"),
            (_, Effect::Write) if action.permission().contains("Object") => (403, "AccessDenied"),
            _ => (405, "MethodNotAllowed"),
        };
        assert_eq!(
            (answer.status, answer.code().as_str()),
            expected,
            "{action:?}: {}",
            answer.text()
        );
    }
    let expected = [
        "HeadBucket",
        "GetBucketLocation",
        "ListObjects",
        "ListObjectsV2",
        "GetObject",
        "HeadObject",
        "GetObjectTagging",
        "GetObjectAttributes",
    ];
    readable.sort_by_key(|name| expected.iter().position(|known| known == name));
    assert_eq!(readable, expected);
    let deleted = admin.ask("DELETE", &format!("/{alias}")).send();
    assert!(
        deleted.text().contains("revoke the grant"),
        "{}",
        deleted.text()
    );
    let head = stating(admin.ask("HEAD", &format!("/{alias}"))).ok();
    assert_eq!(head.header("x-amz-access-point-alias"), Some("true"));
    // Nothing of it reached the grantor.
    scene.owner.get("actas/acta").send().holds(b"secreto");
    assert_eq!(scene.owner.keys_of("actas").len(), 5);
    // Nobody proves nothing: no more than on any bucket.
    let nobody = scene.server.nobody();
    stating(nobody.get(&format!("{alias}/acta"))).refused(403, "AccessDenied");
}

#[test]
fn a_read_through_an_alias_is_a_read() {
    let scene = scene();
    let big = noise(3, 700_000);
    let put = scene.owner.put("actas/2026/grande", &big);
    let put = put
        .header("x-amz-meta-folio", "7")
        .header("content-type", "text/plain");
    put.header("x-amz-tagging", "serie=actas").ok();
    let upload = scene.owner.begin_upload("actas/2026/partes");
    let part = scene.owner.part("actas/2026/partes", &upload, 1, &big).ok();
    let parts = [(1, part.header("etag").unwrap())];
    scene
        .owner
        .complete("actas/2026/partes", &upload, &parts)
        .ok();
    let (_, alias) = scene.grant(&everything());
    let reader = &scene.reader;
    let at = |key: &str| format!("{alias}/{key}");
    for key in ["2026/grande", "2026/partes"] {
        stating(reader.get(&at(key))).send().holds(&big);
        let range = stating(reader.get(&at(key))).header("range", "bytes=65530-65549");
        let range = range.send().status(206);
        assert_eq!(range.body, &big[65_530..65_550]);
        let head = stating(reader.head(&at(key))).ok();
        assert_eq!(head.header("content-length"), Some("700000"));
    }
    let got = stating(reader.get(&at("2026/grande"))).ok();
    let got = got
        .has("x-amz-meta-folio", "7")
        .has("content-type", "text/plain");
    let got = got
        .has("x-amz-tagging-count", "1")
        .has("x-content-type-options", "nosniff");
    let etag = got.header("etag").unwrap().to_owned();
    let unchanged = stating(reader.get(&at("2026/grande"))).header("if-none-match", &etag);
    unchanged.send().status(304);
    let tags = stating(reader.get(&at("2026/grande")).query("tagging")).ok();
    assert_eq!(tags.elements("Value"), ["actas"]);
    let attributes = stating(reader.get(&at("2026/partes")).query("attributes"));
    let attributes = attributes.header("x-amz-object-attributes", "ObjectSize,ObjectParts");
    let attributes = attributes.ok();
    assert_eq!(attributes.element("ObjectSize"), "700000");
    assert_eq!(attributes.element("PartsCount"), "1");
    let beyond = stating(reader.get(&at("2026/a"))).header("range", "bytes=99-");
    beyond.refused(416, "InvalidRange");
}

#[test]
fn outside_the_scope_there_is_nothing() {
    let scene = scene();
    let reader = &scene.reader;
    scene.owner.put("actas/2026", b"sin barra").ok();
    scene.owner.put("actas/2026/../secreta", b"dentro").ok();
    let only_read = json!({"actions": ["s3:GetObject"]});
    for (more, status) in [(json!({}), 404), (only_read, 403)] {
        let (id, alias) = scene.grant(&with(terms(), more));
        let ask = |key: &str| stating(reader.get(&format!("{alias}/{key}"))).send();
        let missing = ask("2026/nadie");
        assert_eq!(missing.status, status, "{}", missing.text());
        for key in [
            "secreta",
            "2026",
            "2026x/d",
            "nadie",
            "2026x/nadie",
            "x/2026/a",
        ] {
            assert_eq!(alike(&ask(key)), alike(&missing), "{key}");
            let head = stating(reader.head(&format!("{alias}/{key}"))).send();
            assert_eq!(head.status, status, "{key}");
        }
        // Keys are bytes, and no paths.
        ask("2026/../secreta").holds(b"dentro");
        scene.step(1, &id, "revoke");
    }
    // One object is one object.
    let one =
        json!({"prefix": null, "key": "2026/a", "actions": ["s3:GetObject", "s3:ListBucket"]});
    let (_, alias) = scene.grant(&with(terms(), one));
    scene.owner.put("actas/2026/a/b", b"debajo").ok();
    let ask = |key: &str| stating(reader.get(&format!("{alias}/{key}"))).send();
    ask("2026/a").holds(b"acta a");
    for key in ["2026/a/b", "2026/b c", "2026/"] {
        assert_eq!(alike(&ask(key)), alike(&ask("2026/nadie")), "{key}");
    }
    let listed = stating(reader.ask("GET", &format!("/{alias}?list-type=2"))).ok();
    assert_eq!(listed.elements("Key"), ["2026/a"]);
}

#[test]
fn lists_show_the_scope_and_nothing_else() {
    let scene = scene();
    scene.owner.put("actas/2026/x/e", b"acta e").ok();
    let (_, alias) = scene.grant(&terms());
    let list = |query: &str| stating(scene.reader.ask("GET", &format!("/{alias}?{query}"))).ok();
    let entries = |query: &str| {
        let answer = list(query);
        let common = answer.blocks("CommonPrefixes");
        let folded: Vec<String> = common
            .iter()
            .map(|block| crate::support::answer::elements(block, "Prefix").concat())
            .collect();
        [answer.elements("Key"), folded].concat()
    };
    let all = ["2026/a", "2026/b c", "2026/x/e"];
    for query in [
        "list-type=2",
        "",
        "prefix=2026",
        "prefix=2026/&list-type=2",
        "prefix=2",
    ] {
        assert_eq!(entries(query), all, "{query}");
    }
    assert_eq!(entries("delimiter=/"), ["2026/"]);
    assert_eq!(
        entries("delimiter=/&list-type=2&prefix=2026/"),
        ["2026/a", "2026/b c", "2026/x/"]
    );
    assert_eq!(entries("prefix=2026/x"), ["2026/x/e"]);
    for nothing in [
        "prefix=s",
        "prefix=2026x",
        "prefix=2026/y",
        "marker=2026/x/e",
        "marker=z",
    ] {
        assert!(entries(nothing).is_empty(), "{nothing}");
    }
    assert_eq!(
        entries("start-after=2026/a&list-type=2"),
        ["2026/b c", "2026/x/e"]
    );
    assert_eq!(entries("marker=2"), all);
    let mut seen = Vec::new();
    let mut query = "list-type=2&max-keys=1".to_owned();
    loop {
        let page = list(&query);
        seen.extend(page.elements("Key"));
        let next = page.element("NextContinuationToken");
        if next.is_empty() {
            break;
        }
        query = format!("list-type=2&max-keys=1&continuation-token={next}");
    }
    assert_eq!(seen, all);
    // Whose they are is the agency, and none of its principals.
    let listed = list("list-type=2&fetch-owner=true");
    assert!(
        listed
            .elements("DisplayName")
            .iter()
            .all(|name| name == "agencia")
    );
    let own = scene.owner.list("actas", "fetch-owner=true");
    assert_ne!(own.element("ID"), listed.element("ID"));
    // Without the permission to list, there is no list.
    let (_, alias) = scene.grant(&with(terms(), json!({"actions": ["s3:GetObject"]})));
    let list = stating(scene.reader.ask("GET", &format!("/{alias}"))).send();
    list.refused(403, "AccessDenied");
    stating(scene.reader.ask("HEAD", &format!("/{alias}")))
        .send()
        .status(403);
}

#[test]
fn versions_are_read_where_they_are_granted() {
    let scene = scene();
    let owner = &scene.owner;
    owner
        .ask("PUT", "/actas?versioning")
        .body(b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
        .ok();
    let put = |body: &[u8]| {
        let stored = owner.put("actas/2026/v", body).ok();
        stored.header("x-amz-version-id").unwrap().to_owned()
    };
    let (first, second) = (put(b"primera"), put(b"segunda"));
    let at = |alias: &str, version: &str| format!("/{alias}/2026/v?versionId={version}");
    let reader = &scene.reader;
    let (_, alias) = scene.grant(&terms());
    let got = stating(reader.get(&format!("{alias}/2026/v")))
        .send()
        .holds(b"segunda");
    assert_eq!(got.header("x-amz-version-id"), None);
    stating(reader.ask("GET", &at(&alias, &first))).refused(403, "AccessDenied");

    // Without leave to read versions there is no trace of them.
    owner.put("actas/2026/borrada", b"x").ok();
    owner.delete("actas/2026/borrada").ok();
    let gone = |alias: &str| stating(reader.get(&format!("{alias}/2026/borrada"))).send();
    let missing = stating(reader.get(&format!("{alias}/2026/nadie"))).send();
    assert_eq!(alike(&gone(&alias)), alike(&missing));
    assert_eq!(gone(&alias).header("x-amz-delete-marker"), None);

    let more = ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"];
    let versions = json!({ "actions": more });
    let (_, alias) = scene.grant(&with(terms(), versions));
    stating(reader.ask("GET", &at(&alias, &first)))
        .send()
        .holds(b"primera");
    let got = stating(reader.get(&format!("{alias}/2026/v")))
        .send()
        .holds(b"segunda");
    assert_eq!(got.header("x-amz-version-id"), Some(second.as_str()));

    assert_eq!(gone(&alias).header("x-amz-delete-marker"), Some("true"));

    let pinned = json!({"prefix": null, "key": "2026/v", "version_id": first,
        "actions": ["s3:GetObject"]});
    let (_, alias) = scene.grant(&with(terms(), pinned));
    let got = stating(reader.get(&format!("{alias}/2026/v")))
        .send()
        .holds(b"primera");
    assert_eq!(got.header("x-amz-version-id"), Some(first.as_str()));
    stating(reader.ask("GET", &at(&alias, &first)))
        .send()
        .holds(b"primera");
    let unknown = "0".repeat(32);
    let refused = |version: &str| alike(&stating(reader.ask("GET", &at(&alias, version))).send());
    assert_eq!(refused(&second), refused(&unknown));
    assert_eq!(refused(&second).0, 403);
    // Once it is gone there is nothing to read.
    owner
        .ask("DELETE", &format!("/actas/2026/v?versionId={first}"))
        .ok();
    stating(reader.get(&format!("{alias}/2026/v"))).refused(403, "AccessDenied");
}

#[test]
fn aliases_stand_among_the_buckets_in_pages() {
    let scene = scene();
    let admin = scene.server.make_key("licencias", "jefe", "agency-admin");
    for name in ["bbb", "ddd", "fff"] {
        admin.make_bucket(name).ok();
    }
    for alias in ["aaa", "ccc", "eee", "ggg"] {
        let id = scene.offer(&terms());
        let path = format!("/{id}/approve");
        scene
            .decide(1, "POST", &path, &json!({ "alias": alias }))
            .status(200);
    }
    let all = ["aaa", "bbb", "ccc", "ddd", "eee", "fff", "ggg"];
    assert_eq!(admin.ask("GET", "/").ok().elements("Name"), all);
    for size in 1..8 {
        let (mut seen, mut token) = (Vec::new(), String::new());
        loop {
            let page = admin
                .ask("GET", &format!("/?max-buckets={size}{token}"))
                .ok();
            let names = page.elements("Name");
            assert!(names.len() <= size);
            seen.extend(names);
            let next = page.element("ContinuationToken");
            if next.is_empty() {
                break;
            }
            token = format!("&continuation-token={next}");
        }
        assert_eq!(seen, all, "pages of {size}");
    }
    assert_eq!(
        admin.ask("GET", "/?prefix=c").ok().elements("Name"),
        ["ccc"]
    );
}

#[test]
fn what_is_granted_is_copied_into_an_own_bucket() {
    let scene = scene();
    let big = noise(5, 300_000);
    scene
        .owner
        .put("actas/2026/g", &big)
        .header("x-amz-meta-folio", "7")
        .ok();
    scene
        .owner
        .put("actas/2026/t", b"con")
        .header("x-amz-tagging", "a=b")
        .ok();
    let (id, alias) = scene.grant(&terms());
    let app = scene.server.make_key("licencias", "jefe", "agency-admin");
    app.make_bucket("copias").ok();
    // As many buckets on both sides, so that their numbers are the same.
    app.put("copias/2026/a", b"otra").ok();
    let copied = stating(app.copy(&format!("{alias}/2026/a"), "copias/2026/a")).ok();
    app.get("copias/2026/a").send().holds(b"acta a");
    stating(app.copy(&format!("{alias}/2026/g"), "copias/g")).ok();
    app.get("copias/g")
        .send()
        .holds(&big)
        .has("x-amz-meta-folio", "7");
    app.copy(&format!("{alias}/2026/a"), "copias/sin")
        .refused(403, "AccessDenied");
    stating(app.copy(&format!("{alias}/secreta"), "copias/s")).refused(404, "NoSuchKey");
    // Tags are read by a permission of their own.
    let tagged = || stating(app.copy(&format!("{alias}/2026/t"), "copias/t"));
    tagged().refused(403, "AccessDenied");
    tagged().header("x-amz-tagging-directive", "REPLACE").ok();
    let upload = app.begin_upload("copias/partes");
    let part = stating(app.part("copias/partes", &upload, 1, b""));
    let part = part.header("x-amz-copy-source", &format!("/{alias}/2026/g"));
    let part = part.header("x-amz-copy-source-range", "bytes=0-99999").ok();
    let etag = part.element("ETag");
    app.complete("copias/partes", &upload, &[(1, &etag)]).ok();
    app.get("copias/partes").send().holds(&big[..100_000]);
    stating(app.copy("copias/g", &format!("{alias}/2026/z"))).refused(403, "AccessDenied");
    // What was copied stays when the grant ends, and opens without the grantor.
    scene.step(1, &id, "revoke");
    stating(app.copy(&format!("{alias}/2026/a"), "copias/y")).refused(403, "AccessDenied");
    let suspend = "/admin/v1/agencies/agencia/suspend";
    scene.server.administer("POST", suspend, &Value::Null).ok();
    app.get("copias/g").send().holds(&big);
    let request = copied.header("x-amz-request-id").unwrap().to_owned();
    let home = scene.server.stop();
    for agency in ["agencia", "licencias"] {
        let log = evidence::agency_log(&home, agency);
        let entry = evidence::of_request(&log, &request);
        assert_eq!(entry["grant"], id.as_str(), "{entry}");
        assert_eq!(
            (&entry["action"], &entry["purpose"]),
            (&json!("CopyObject"), &json!(PURPOSE))
        );
    }
}
