//! Reads by a grant: what an alias answers, to whom, and what stands in both logs.

use acervo::access::action::{Action, Effect};
use serde_json::{Value, json};

use crate::access;
use crate::grants::{PURPOSE, Scene, in_seconds, scene, scene_with, stating, terms, with};
use crate::sts::{session, sts};
use crate::support::answer::Answer;
use crate::support::caller::Caller;
use crate::support::evidence;
use crate::support::noise;
use crate::support::pause;
use crate::support::provider::{Key, Provider};
use crate::support::request::Ask;
use crate::support::server::Home;

const ALL: [&str; 7] = [
    "s3:GetObject",
    "s3:GetObjectAttributes",
    "s3:GetObjectTagging",
    "s3:GetObjectVersion",
    "s3:GetObjectVersionAttributes",
    "s3:GetObjectVersionTagging",
    "s3:ListBucket",
];

fn everything() -> Value {
    with(terms(), json!({"prefix": "", "actions": ALL}))
}

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
    for action in access::actions().copied() {
        if action == Action::ListBuckets {
            continue;
        }
        let answer = stating(access::ask(&admin, action, &alias, &upload)).send();
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
fn the_purpose_is_stated_and_signed() {
    let scene = scene();
    let (_, alias) = scene.grant(&terms());
    let get = || scene.reader.get(&format!("{alias}/2026/a"));
    stating(get()).send().holds(b"acta a");
    get()
        .header("x-acervo-purpose", PURPOSE)
        .send()
        .holds(b"acta a");
    get().refused(403, "AccessDenied");
    for wrong in ["", "otro", "tramite-licencia2", "TRAMITE-LICENCIA"] {
        get()
            .header("x-acervo-purpose", wrong)
            .refused(403, "AccessDenied");
    }
    let unsigned = get().unsigned("x-acervo-purpose", PURPOSE).send();
    let unsigned = unsigned.refused(403, "AccessDenied");
    assert!(
        unsigned.text().contains("x-acervo-purpose"),
        "{}",
        unsigned.text()
    );
    let twice = get()
        .query("x-acervo-purpose=otro")
        .header("x-acervo-purpose", PURPOSE);
    twice.refused(400, "InvalidArgument");
    let long = "x".repeat(129);
    stating(get())
        .query(&format!("x-acervo-expediente={long}"))
        .refused(400, "InvalidArgument");
    // In a presigned URL it is signed with the rest.
    let asked = get().query(&format!(
        "x-acervo-purpose={PURPOSE}&x-acervo-expediente=E-1"
    ));
    let url = asked.presigned(60);
    let nobody = scene.server.nobody();
    nobody.ask("GET", &url).send().holds(b"acta a");
    let other = url.replace(PURPOSE, "otro-fin");
    nobody
        .ask("GET", &other)
        .refused(403, "SignatureDoesNotMatch");
    let added = format!("{}&x-acervo-purpose={PURPOSE}", get().presigned(60));
    nobody
        .ask("GET", &added)
        .refused(403, "SignatureDoesNotMatch");
    let beside = nobody
        .ask("GET", &get().presigned(60))
        .header("x-acervo-purpose", PURPOSE);
    beside.refused(403, "AccessDenied");
    // On a bucket of one's own it means nothing.
    stating(scene.owner.get("actas/2026/a"))
        .send()
        .holds(b"acta a");
}

#[test]
fn the_purpose_may_stand_in_the_token() {
    let provider = Provider::start();
    let key = Key::ed_dsa();
    provider.offers(&[("d", &key)]);
    let url = &provider.url;
    let home = Home::new();
    let file = home.path().join("acervo.toml");
    let settings = format!(
        "[grants]\npurpose_claim = \"tramite.finalidad\"\n[[auth.issuers]]\nname = \"estado\"\n\
         issuer = \"{url}\"\naudiences = [\"acervo\"]\n\
         discovery_url = \"{url}/.well-known/openid-configuration\"\n\
         [auth.issuers.claims]\ntags = [\"tramite.finalidad=tramite.finalidad\", \
         \"expediente=expediente\"]\n"
    );
    std::fs::write(&file, settings).unwrap();
    let path = file.to_str().unwrap().to_owned();
    let scene = Scene::at(home, &[("ACERVO_CONFIG", &path)]);
    provider.was_asked(1);
    let (id, alias) = scene.grant(&terms());
    let token = |purpose: &str| {
        let mut claims = provider.claims("reader");
        claims["agency"] = json!("licencias");
        claims["tramite"] = json!({ "finalidad": purpose });
        claims["expediente"] = json!("EXP/9");
        key.sign(&json!({"kid": "d"}), &claims)
    };
    let get = |caller: &Caller| caller.get(&format!("{alias}/2026/a")).send();
    let bearer = scene.server.with_token(&token(PURPOSE));
    get(&bearer).holds(b"acta a");
    get(&scene.server.with_token(&token("otro"))).refused(403, "AccessDenied");
    let both = bearer
        .get(&format!("{alias}/2026/a"))
        .header("x-acervo-purpose", "otro");
    both.refused(400, "InvalidArgument");
    // It goes with the session that is made of the token, into any client.
    let web_identity = [
        ("RoleArn", "arn:aws:iam::licencias:role/reader"),
        ("RoleSessionName", "turno-1"),
        ("WebIdentityToken", &token(PURPOSE)),
    ];
    let nobody = scene.server.nobody();
    let made = sts(&nobody, "AssumeRoleWithWebIdentity", &web_identity);
    let session = session(&scene.server, made);
    let read = get(&session).holds(b"acta a");
    let request = read.header("x-amz-request-id").unwrap().to_owned();
    let home = scene.server.stop();
    for agency in ["agencia", "licencias"] {
        let log = evidence::agency_log(&home, agency);
        let entry = evidence::of_request(&log, &request);
        assert_eq!(entry["expediente"], "EXP/9");
        assert_eq!(entry["grant"], id.as_str());
    }
}

#[test]
fn the_own_agency_decides_who_reads() {
    let scene = scene();
    let (_, alias) = scene.grant(&terms());
    let server = &scene.server;
    let get = |caller: &Caller| stating(caller.get(&format!("{alias}/2026/a"))).send();
    let app = server.make_key("licencias", "sistema", "app");
    let admin = server.make_key("licencias", "jefe", "agency-admin");
    get(&admin).holds(b"acta a");
    get(&app).refused(403, "AccessDenied");
    assert!(app.ask("GET", "/").ok().elements("Name").is_empty());
    // The grantor's own people have no such bucket, and neither has a third agency.
    get(&scene.owner).refused(404, "NoSuchBucket");
    server.make_agency("tercera");
    get(&server.make_key("tercera", "ventanilla", "reader")).refused(404, "NoSuchBucket");
    // A policy of the grantee's names the alias as it names a bucket.
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": [format!("arn:aws:s3:::{alias}"), format!("arn:aws:s3:::{alias}/*")]}]});
    let roles = "/admin/v1/agencies/licencias/roles";
    server
        .administer(
            "PUT",
            &format!("{roles}/consulta"),
            &json!({ "policy": policy }),
        )
        .ok();
    let give = format!("{roles}/consulta/principals/sistema");
    server.administer("PUT", &give, &Value::Null).ok();
    get(&app).holds(b"acta a");
    assert_eq!(app.ask("GET", "/").ok().elements("Name"), [alias.as_str()]);
    // A grant may name who reads, and then nobody else does.
    let named = json!({"principals": ["caja"], "prefix": "2026x/"});
    let (_, alias) = scene.grant(&with(terms(), named));
    let cash = server.make_key("licencias", "caja", "app");
    let get = |caller: &Caller| stating(caller.get(&format!("{alias}/2026x/d"))).send();
    get(&cash).holds(b"acta d");
    assert_eq!(cash.ask("GET", "/").ok().elements("Name"), [alias.as_str()]);
    for other in [&admin, &scene.reader, &app] {
        get(other).refused(403, "AccessDenied");
    }
}

#[test]
fn the_grantors_policy_forbids_but_its_public_block_does_not_matter() {
    let scene = scene();
    let (_, alias) = scene.grant(&everything());
    let get = |key: &str| stating(scene.reader.get(&format!("{alias}/{key}"))).send();
    scene
        .owner
        .put("actas/2026/r", b"reservada")
        .header("x-amz-tagging", "reserva=si")
        .ok();
    let deny = |condition: Value| {
        let policy = json!({"Version": "2012-10-17", "Statement": [{"Sid": "Reserva",
            "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::actas/*", "Condition": condition}]});
        let put = scene.owner.ask("PUT", "/actas?policy");
        put.body(policy.to_string().as_bytes()).ok();
    };
    deny(json!({"StringEquals": {"s3:ExistingObjectTag/reserva": "si"}}));
    get("2026/a").holds(b"acta a");
    let refused = get("2026/r").refused(403, "AccessDenied");
    deny(json!({"StringNotEquals": {"aws:PrincipalAccount": "agencia"}}));
    get("2026/a").refused(403, "AccessDenied");
    scene.owner.get("actas/2026/a").send().holds(b"acta a");
    let request = refused.header("x-amz-request-id").unwrap().to_owned();
    let home = scene.server.stop();
    let rule = |agency: &str| {
        let log = evidence::agency_log(&home, agency);
        evidence::of_request(&log, &request)["rule"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert!(rule("agencia").contains("«Reserva»"), "{}", rule("agencia"));
    assert!(
        !rule("licencias").contains("Reserva"),
        "{}",
        rule("licencias")
    );
}

/// A request that was answered: what its entries must say.
struct Asked {
    action: &'static str,
    /// Empty for the alias itself.
    key: &'static str,
    /// Empty if it was allowed.
    code: &'static str,
    request: String,
}

/// Reads and refusals of every kind, the last one by an application that may not.
fn every_kind(scene: &Scene, alias: &str, app: &Caller) -> Vec<Asked> {
    let mut all = Vec::new();
    let mut ask = |action, key: &'static str, code, asked: &dyn Fn(&str) -> Answer| {
        let answer = asked(&format!("{alias}/{key}"));
        all.push(Asked {
            action,
            key,
            code,
            request: answer.header("x-amz-request-id").unwrap().to_owned(),
        });
    };
    let reader = &scene.reader;
    let get = |at: &str| stating(reader.get(at)).send();
    ask("GetObject", "2026/a", "", &get);
    ask("HeadObject", "2026/a", "", &|at| {
        stating(reader.head(at)).send()
    });
    ask("ListObjects", "", "", &|_| {
        stating(reader.ask("GET", &format!("/{alias}"))).send()
    });
    ask("GetObject", "nadie", "NoSuchKey", &get);
    ask("PutObject", "2026/a", "AccessDenied", &|at| {
        stating(reader.put(at, b"x")).send()
    });
    ask("ListParts", "2026/a", "MethodNotAllowed", &|at| {
        stating(reader.get(at).query("uploadId=1")).send()
    });
    ask("GetObject", "2026/a", "NotImplemented", &|at| {
        stating(reader.get(at).query("bogus=1")).send()
    });
    ask("GetObject", "2026/a", "AccessDenied", &|at| {
        stating(app.get(at)).send()
    });
    all
}

#[track_caller]
fn check_entry(log: &[Value], asked: &Asked, (other, bucket, id): (&str, &str, &str)) {
    let entry = evidence::of_request(log, &asked.request);
    let told = |name: &str| entry[name].as_str().unwrap_or_default();
    assert!(
        ["ventanilla", "sistema"].contains(&told("principal")),
        "{entry}"
    );
    let is_allowed = asked.code.is_empty();
    let outcome = if is_allowed { "allowed" } else { "refused" };
    let names = ["action", "key", "code", "outcome", "agency", "bucket"];
    let expected = [asked.action, asked.key, asked.code, outcome, other, bucket];
    assert_eq!(names.map(told), expected, "{entry}");
    let names = ["purpose", "expediente", "grant"];
    assert_eq!(names.map(told), [PURPOSE, "EXP/2026-7", id], "{entry}");
    let is_of_version = is_allowed && !asked.key.is_empty();
    assert_eq!(
        told("version"),
        if is_of_version { "null" } else { "" },
        "{entry}"
    );
}

#[test]
fn every_read_and_refusal_stands_in_both_logs() {
    for mode in ["batched", "strict"] {
        let scene = scene_with(&[("ACERVO_AUDIT_READS", mode)]);
        let (id, alias) = scene.grant(&everything());
        let app = scene.server.make_key("licencias", "sistema", "app");
        let asked = every_kind(&scene, &alias, &app);
        // In strict mode what was answered is in the files already.
        let home = match mode {
            "strict" => scene.server.kill(),
            _ => scene.server.stop(),
        };
        let ours = evidence::agency_log(&home, "licencias");
        let theirs = evidence::agency_log(&home, "agencia");
        for asked in &asked {
            check_entry(&ours, asked, ("agencia", &alias, &id));
            check_entry(&theirs, asked, ("licencias", "actas", &id));
        }
        // What the grantee's own rules are, and how its people prove themselves, is its own matter.
        let by_app = &asked.last().unwrap().request;
        let rule = |log: &[Value]| evidence::of_request(log, by_app)["rule"].clone();
        let own = rule(&ours);
        assert!(own.as_str().unwrap().contains("s3:GetObject"), "{own}");
        assert_eq!(rule(&theirs), "the reader's own agency does not allow it");
        assert_eq!(evidence::of_request(&theirs, by_app)["proof"], Value::Null);
    }
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

#[test]
fn a_grant_ends_by_its_time_and_rests_while_an_agency_is_suspended() {
    let scene = scene();
    let (_, alias) = scene.grant(&terms());
    let get = |alias: &str| stating(scene.reader.get(&format!("{alias}/2026/a"))).send();
    let set = |agency: &str, state: &str| {
        let path = format!("/admin/v1/agencies/{agency}/{state}");
        scene.server.administer("POST", &path, &Value::Null).ok();
    };
    get(&alias).holds(b"acta a");
    set("agencia", "suspend");
    get(&alias).refused(403, "AccessDenied");
    set("agencia", "resume");
    get(&alias).holds(b"acta a");
    set("licencias", "suspend");
    get(&alias).refused(403, "InvalidAccessKeyId");
    set("licencias", "resume");
    get(&alias).holds(b"acta a");
    let (id, soon) = scene.grant(&with(terms(), json!({"expires": in_seconds(2)})));
    let late = scene.offer(&with(terms(), json!({"expires": in_seconds(2)})));
    get(&soon).holds(b"acta a");
    pause(2_100);
    get(&soon).refused(403, "AccessDenied");
    assert_eq!(scene.state(0, &id), "expired");
    scene
        .decide(1, "POST", &format!("/{late}/approve"), &Value::Null)
        .status(409);
    get(&alias).holds(b"acta a");
    // A bucket of the same name is another one.
    for key in ["2026/a", "2026/b c", "2026x/d", "secreta"] {
        scene.owner.delete(&format!("actas/{key}")).ok();
    }
    scene.owner.ask("DELETE", "/actas").ok();
    get(&alias).refused(403, "AccessDenied");
    scene.owner.make_bucket("actas").ok();
    scene.owner.put("actas/2026/a", b"nueva").ok();
    get(&alias).refused(403, "AccessDenied");
}

#[test]
fn keys_of_customers_and_destroyed_keys_count_through_an_alias() {
    let scene = scene_with(&[("ACERVO_S3_CUSTOMER_KEYS_OVER_HTTP", "true")]);
    let server = &scene.server;
    let keys = "/admin/v1/agencies/agencia/keys";
    server
        .administer("POST", keys, &json!({"name": "nominas"}))
        .status(201);
    let put = scene.owner.put("actas/2026/n", b"sellada");
    let put = put.header("x-amz-server-side-encryption", "aws:kms");
    put.header("x-amz-server-side-encryption-aws-kms-key-id", "nominas")
        .ok();
    let (key, md5) = (
        acervo::types::encoding::base64(&[7; 32]),
        acervo::types::encoding::base64(&crate::support::md5(&[7; 32])),
    );
    let bring = |ask: Ask<'_>| {
        let name = |end: &str| format!("x-amz-server-side-encryption-customer-{end}");
        ask.header(&name("algorithm"), "AES256")
            .header(&name("key"), &key)
            .header(&name("key-md5"), &md5)
            .send()
    };
    bring(scene.owner.put("actas/2026/c", b"con llave")).ok();
    let (_, alias) = scene.grant(&everything());
    let get = |key: &str| stating(scene.reader.get(&format!("{alias}/{key}")));
    let got = get("2026/n")
        .send()
        .holds(b"sellada")
        .has("x-amz-server-side-encryption", "aws:kms");
    assert_eq!(
        got.header("x-amz-server-side-encryption-aws-kms-key-id"),
        None
    );
    get("2026/c").refused(400, "InvalidRequest");
    bring(get("2026/c")).holds(b"con llave");
    // Two people destroy the key: an alias is no way around it.
    let asked = format!("{keys}/nominas/destruction");
    server.administer("POST", &asked, &Value::Null).ok();
    let token = format!("Bearer {}", server.credential("bearer_token"));
    let confirm = format!("{asked}/confirmation");
    server
        .admin("POST", &confirm, &[("authorization", &token)], &Value::Null)
        .ok();
    get("2026/n").refused(400, "KMS.DisabledException");
    get("2026/a").send().holds(b"acta a");
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
fn explanations_know_grants() {
    let scene = scene();
    let (id, alias) = scene.grant(&terms());
    let explain = |more: Value| {
        let imagined = json!({"principal": "ventanilla", "roles": ["reader"], "bucket": alias,
            "key": "2026/a", "action": "GetObject", "purpose": PURPOSE});
        let path = "/admin/v1/agencies/licencias/explain";
        let told = scene
            .server
            .administer("POST", path, &with(imagined, more))
            .ok();
        let told: Value = serde_json::from_slice(&told.body).unwrap();
        let rule = told["refused_by"].as_str().unwrap_or_default().to_owned();
        assert_eq!(told["allowed"], rule.is_empty(), "{told}");
        rule
    };
    for (more, rule) in [
        (json!({}), ""),
        (json!({"action": "ListObjectsV2", "key": null}), ""),
        (
            json!({"roles": ["app"]}),
            "no role, policy or access control list allows",
        ),
        (json!({"purpose": null}), "the request states no purpose"),
        (
            json!({"purpose": "otro"}),
            "the request states another purpose",
        ),
        (json!({"key": "secreta"}), "lies outside the scope"),
        (
            json!({"action": "PutObject"}),
            "an alias of a grant is read only",
        ),
        (
            json!({"version_id": "null"}),
            "the grant does not give s3:GetObjectVersion",
        ),
    ] {
        let told = explain(more.clone());
        assert!(
            told.contains(rule) && told.is_empty() == rule.is_empty(),
            "{more}: {told}"
        );
    }
    scene.step(1, &id, "revoke");
    assert_eq!(explain(json!({})), "the grant is revoked");
}
