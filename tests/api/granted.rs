//! Who reads by a grant, for how long, and what stands of it in both logs.

use serde_json::{Value, json};

use crate::grants::{
    PURPOSE, Scene, everything, in_seconds, scene, scene_with, stating, terms, with,
};
use crate::sts::{session, sts};
use crate::support::answer::Answer;
use crate::support::caller::Caller;
use crate::support::provider::{Key, Provider};
use crate::support::request::Ask;
use crate::support::server::Home;
use crate::support::{evidence, pause};

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
