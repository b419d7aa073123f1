//! Bucket policies, public-access blocks and ownership controls.

use acervo::auth::sigv4::payload::PayloadHash;
use serde_json::{Value, json};

use crate::support::caller::Caller;
use crate::support::evidence;
use crate::support::server::Server;

/// A bucket `actas` of an application, with two documents, and other principals.
pub(crate) struct Scene {
    pub(crate) server: Server,
    pub(crate) admin: Caller,
    pub(crate) owner: Caller,
    pub(crate) other: Caller,
    pub(crate) reader: Caller,
}

pub(crate) fn scene() -> Scene {
    scene_on(Server::start())
}

pub(crate) fn scene_on(server: Server) -> Scene {
    let owner = server.make_key("agencia", "ventanilla", "app");
    owner.make_bucket("actas").ok();
    owner.put("actas/libre/a", b"libre").ok();
    owner.put("actas/cerrado/b", b"cerrado").ok();
    Scene {
        admin: server.agency(),
        other: server.make_key("agencia", "archivo", "app"),
        reader: server.make_key("agencia", "lectora", "reader"),
        owner,
        server,
    }
}

pub(crate) fn document(statements: Value) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

pub(crate) fn user(principal: &str) -> Value {
    json!({ "AWS": format!("arn:aws:iam::agencia:user/{principal}") })
}

pub(crate) fn all(bucket: &str) -> Value {
    json!([
        format!("arn:aws:s3:::{bucket}"),
        format!("arn:aws:s3:::{bucket}/*")
    ])
}

impl Scene {
    pub(crate) fn set(&self, statements: Value) {
        let text = document(statements);
        let set = self.owner.ask("PUT", "/actas?policy");
        set.body(text.as_bytes()).send().status(204);
    }

    pub(crate) fn set_block(&self, wanted: &str) {
        let xml =
            format!("<PublicAccessBlockConfiguration>{wanted}</PublicAccessBlockConfiguration>");
        let put = self.owner.ask("PUT", "/actas?publicAccessBlock");
        put.body(xml.as_bytes()).ok();
    }
}

#[test]
fn a_policy_is_kept_as_written_and_removed() {
    let scene = scene();
    scene
        .owner
        .ask("GET", "/actas?policy")
        .refused(404, "NoSuchBucketPolicy");
    scene
        .owner
        .ask("GET", "/actas?policyStatus")
        .refused(404, "NoSuchBucketPolicy");
    let text = document(
        json!({"Sid": "Lee", "Effect": "Allow", "Principal": user("archivo"),
        "Action": "s3:GetObject", "Resource": "arn:aws:s3:::actas/*"}),
    );
    let text = format!("  {text}\n");
    scene
        .owner
        .ask("PUT", "/actas?policy")
        .body(text.as_bytes())
        .send()
        .status(204);
    let kept = scene.owner.ask("GET", "/actas?policy").ok();
    let kept = kept.has("content-type", "application/json");
    assert_eq!(kept.text(), text);
    let status = scene.owner.ask("GET", "/actas?policyStatus").ok();
    assert_eq!(status.element("IsPublic"), "false");
    scene.other.get("actas/libre/a").send().holds(b"libre");
    scene
        .owner
        .ask("DELETE", "/actas?policy")
        .send()
        .status(204);
    scene
        .owner
        .ask("DELETE", "/actas?policy")
        .send()
        .status(204);
    scene
        .other
        .get("actas/libre/a")
        .refused(403, "AccessDenied");
    scene
        .owner
        .ask("GET", "/actas?policy")
        .refused(404, "NoSuchBucketPolicy");
}

#[test]
fn a_policy_that_is_none_is_refused_with_its_reason() {
    let scene = scene();
    let wide = json!({"Effect": "Allow", "Principal": user("archivo"), "Action": "s3:*",
        "Resource": all("actas")});
    let with = |member: &str, value: Value| {
        let mut statement = wide.clone();
        statement[member] = value;
        document(json!([wide, statement]))
    };
    let foreign = json!({"AWS": "arn:aws:iam::tesoreria:user/archivo"});
    let long = " ".repeat(20 << 10);
    for (text, reason) in [
        (String::new(), "Policies must be valid JSON"),
        ("{".to_owned(), "Policies must be valid JSON"),
        (
            format!("{}{long}", document(wide.clone())),
            "maximum allowed document size",
        ),
        (
            with("Efect", json!("Deny")),
            "Unknown field Efect (statement 2)",
        ),
        (with("Principal", foreign), "Invalid principal in policy"),
        (
            with("Action", json!("s3:Read")),
            "Policy has invalid action: s3:Read (statement 2)",
        ),
        (
            with("Resource", all("otras")),
            "Policy has invalid resource",
        ),
        (
            with(
                "Condition",
                json!({"StringEquals": {"aws:Weather": "rain"}}),
            ),
            "Policy has an invalid condition key: aws:Weather",
        ),
        (
            with("Condition", json!({"IpAddress": {"aws:SourceIp": "here"}})),
            "Invalid value in a condition: here",
        ),
        (
            document(json!({"Effect": "Allow", "Principal": user("archivo"),
                "Action": "s3:GetObject", "Resource": "arn:aws:s3:::actas/*",
                "Condition": {"StringLike": {"s3:prefix": "a/*"}}})),
            "Conditions do not apply to combination of actions and resources in statement: \
             s3:prefix (statement 1)",
        ),
        (
            with("Principal", json!({"Service": "ec2.amazonaws.com"})),
            "Invalid principal in policy: ec2.amazonaws.com",
        ),
    ] {
        let put = scene
            .owner
            .ask("PUT", "/actas?policy")
            .body(text.as_bytes());
        let refused = put.refused(400, "MalformedPolicy");
        let told = refused.element("Message");
        assert!(told.contains(reason), "{told}");
    }
    scene
        .owner
        .ask("GET", "/actas?policy")
        .refused(404, "NoSuchBucketPolicy");
}

#[test]
fn to_store_for_the_owner_of_the_bucket_storing_is_enough() {
    let scene = scene();
    let other = &scene.other;
    scene
        .owner
        .ask("PUT", "/listas")
        .header("x-amz-object-ownership", "ObjectWriter")
        .ok();
    let id = scene.owner.ask("GET", "/actas?acl").ok().element("ID");
    let (acl, grant) = ("x-amz-acl", "x-amz-grant-full-control");
    let to_owner = format!("id={id}");
    for (bucket, header, value) in [
        ("actas", acl, "bucket-owner-full-control"),
        ("listas", acl, "bucket-owner-full-control"),
        ("listas", grant, &*to_owner),
    ] {
        let policy = document(json!({"Effect": "Allow", "Principal": user("archivo"),
            "Action": "s3:PutObject", "Resource": format!("arn:aws:s3:::{bucket}/*"),
            "Condition": {"StringEquals": {format!("s3:{header}"): value}}}));
        let put = scene.owner.ask("PUT", &format!("/{bucket}?policy"));
        put.body(policy.as_bytes()).ok();
        let at = format!("{bucket}/suya");
        other.put(&at, b"suya").header(header, value).ok();
        scene.owner.get(&at).send().holds(b"suya");
        other.put(&at, b"otra").refused(403, "AccessDenied");
        // Whoever wants another list must be allowed to set it.
        let new = format!("{bucket}/nueva");
        let public = other.put(&new, b"otra").header(acl, "public-read");
        public.refused(403, "AccessDenied");
        let both = other.put(&new, b"otra").header(grant, &to_owner);
        let both = both.header("x-amz-grant-read", &to_owner);
        both.refused(403, "AccessDenied");
    }
}

#[test]
fn statements_decide_by_caller_key_and_action() {
    let scene = scene();
    scene.set(json!([
        {"Sid": "Libre", "Effect": "Allow", "Principal": user("archivo"),
         "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
         "Resource": "arn:aws:s3:::actas/libre/*"},
        {"Sid": "Lista", "Effect": "Allow", "Principal": user("archivo"),
         "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::actas",
         "Condition": {"StringLike": {"s3:prefix": "libre/*"}}},
        {"Sid": "Cierra", "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject",
         "Resource": "arn:aws:s3:::actas/cerrado/*"},
    ]));
    let other = &scene.other;
    other.get("actas/libre/a").send().holds(b"libre");
    other.head("actas/libre/a").ok();
    other.put("actas/libre/c", b"c").ok();
    other
        .put("actas/cerrado/c", b"c")
        .refused(403, "AccessDenied");
    other.get("actas/cerrado/b").refused(403, "AccessDenied");
    other.delete("actas/cerrado/b").refused(403, "AccessDenied");
    other
        .ask("GET", "/actas?list-type=2")
        .refused(403, "AccessDenied");
    other
        .ask("GET", "/actas?list-type=2&prefix=cerrado/")
        .refused(403, "AccessDenied");
    let listed = other.ask("GET", "/actas?list-type=2&prefix=libre/").ok();
    assert_eq!(listed.elements("Key"), ["libre/a", "libre/c"]);
    // What a copy reads is asked for as well.
    other
        .copy("actas/cerrado/b", "actas/libre/b")
        .refused(403, "AccessDenied");
    other.copy("actas/libre/a", "actas/libre/b").ok();
    // A listed right is no right to a version, nor to tags, nor to the bucket's own documents.
    other
        .get("actas/libre/a")
        .query("versionId=null")
        .refused(403, "AccessDenied");
    other
        .ask("GET", "/actas?policy")
        .refused(403, "AccessDenied");
    // Each key of many is decided alone.
    let keys = ["libre/b", "cerrado/b", "libre/c"];
    let keys = keys.map(|key| format!("<Object><Key>{key}</Key></Object>"));
    let xml = format!("<Delete>{}</Delete>", keys.concat());
    let deleted = other.post_xml("/actas?delete", &xml).ok();
    assert_eq!(deleted.blocks("Deleted").len(), 2);
    assert_eq!(deleted.blocks("Error").len(), 1);
    assert!(
        deleted
            .blocks("Error")
            .concat()
            .contains("<Key>cerrado/b</Key>")
    );
    // A denial holds for those who own the bucket, read everything, or administer the agency.
    for caller in [&scene.owner, &scene.reader, &scene.admin] {
        caller.get("actas/cerrado/b").refused(403, "AccessDenied");
        caller.get("actas/libre/a").send().holds(b"libre");
    }
}

#[test]
fn no_policy_locks_an_agency_out() {
    let scene = scene();
    let shut = json!({"Sid": "Todo", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": all("actas")});
    let text = document(shut);
    let put = || {
        scene
            .owner
            .ask("PUT", "/actas?policy")
            .body(text.as_bytes())
    };
    put().refused(403, "AccessDenied");
    put()
        .header("x-amz-confirm-remove-self-bucket-access", "true")
        .send()
        .status(204);
    for caller in [&scene.owner, &scene.admin, &scene.reader] {
        caller.get("actas/libre/a").refused(403, "AccessDenied");
        caller.ask("GET", "/actas").refused(403, "AccessDenied");
        caller.ask("DELETE", "/actas").refused(403, "AccessDenied");
    }
    let refused = put().refused(403, "AccessDenied");
    let request = refused.header("x-amz-request-id").unwrap().to_owned();
    scene.admin.ask("GET", "/actas?policy").ok();
    let repaired = scene.admin.ask("DELETE", "/actas?policy");
    repaired.send().status(204);
    scene.owner.get("actas/libre/a").send().holds(b"libre");
    // The entry of a refusal names the statement; its answer does not.
    assert!(!refused.text().contains("Todo"));
    let home = scene.server.stop();
    let log = evidence::agency_log(&home, "agencia");
    let rule = evidence::of_request(&log, &request)["rule"].to_string();
    assert!(
        rule.contains("«Todo» of the bucket's policy forbids s3:PutBucketPolicy"),
        "{rule}"
    );
}

#[test]
fn a_policy_asks_for_addresses_and_transport() {
    let scene = scene();
    let only = |condition: Value| {
        scene.set(json!({"Effect": "Allow", "Principal": user("archivo"),
            "Action": "s3:GetObject", "Resource": "arn:aws:s3:::actas/*",
            "Condition": condition}));
        // What a client says of itself changes nothing.
        let asked = scene.other.get("actas/libre/a");
        asked.header("x-forwarded-for", "192.0.2.1").send().status
    };
    assert_eq!(
        only(json!({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}})),
        200
    );
    assert_eq!(
        only(json!({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}})),
        403
    );
    assert_eq!(only(json!({"Bool": {"aws:SecureTransport": "true"}})), 403);
    assert_eq!(only(json!({"Bool": {"aws:SecureTransport": "false"}})), 200);
    assert_eq!(
        only(json!({"StringEquals": {"s3:authType": "REST-HEADER"}})),
        200
    );
    assert_eq!(only(json!({"StringEquals": {"s3:authType": "POST"}})), 403);
    assert_eq!(
        only(json!({"NumericLessThan": {"s3:signatureAge": 600_000}})),
        200
    );
    assert_eq!(
        only(json!({"StringEquals": {"aws:username": "archivo"}})),
        200
    );
    assert_eq!(
        only(json!({"StringEquals": {"aws:username": "ventanilla"}})),
        403
    );
}

#[test]
fn tags_decide() {
    let scene = scene();
    let tag = |caller: &Caller, level: &str| {
        let tag = format!("<Tag><Key>nivel</Key><Value>{level}</Value></Tag>");
        let xml = format!("<Tagging><TagSet>{tag}</TagSet></Tagging>");
        let put = caller.ask("PUT", "/actas/libre/a?tagging");
        put.body(xml.as_bytes()).send().status
    };
    let existing = "s3:ExistingObjectTag/nivel";
    scene.set(json!([
        {"Effect": "Allow", "Principal": user("archivo"), "Action": "s3:GetObject*",
         "Resource": "arn:aws:s3:::actas/*",
         "Condition": {"StringEquals": {existing: "publico"}}},
        {"Effect": "Allow", "Principal": user("archivo"),
         "Action": ["s3:PutObject", "s3:PutObjectTagging"],
         "Resource": "arn:aws:s3:::actas/*",
         "Condition": {"StringEquals": {"s3:RequestObjectTag/nivel": "publico"}}},
        {"Effect": "Deny", "Principal": user("lectora"), "Action": "s3:*",
         "Resource": "arn:aws:s3:::actas/*",
         "Condition": {"StringEquals": {existing: "secreto"}}},
    ]));
    let (other, reader) = (&scene.other, &scene.reader);
    let statuses = |status: [u16; 2]| {
        assert_eq!(
            [other, reader].map(|c| c.get("actas/libre/a").send().status),
            status
        );
        assert_eq!(
            [other, reader].map(|c| c.head("actas/libre/a").send().status),
            status
        );
        let version = "versionId=null";
        assert_eq!(
            [other, reader].map(|c| c.get("actas/libre/a").query(version).send().status),
            status
        );
    };
    statuses([403, 200]);
    assert_eq!(tag(&scene.owner, "secreto"), 200);
    statuses([403, 403]);
    // Nobody learns by a refusal whether there is an object.
    other.get("actas/libre/nada").refused(403, "AccessDenied");
    assert_eq!(tag(other, "secreto"), 403);
    assert_eq!(tag(other, "publico"), 200);
    statuses([200, 200]);
    let put = |tagging: &str| {
        let put = other.put("actas/libre/nueva", b"n");
        put.header("x-amz-tagging", tagging).send().status
    };
    assert_eq!(put("nivel=secreto"), 403);
    assert_eq!(put("nivel=publico&nivel=publico"), 400);
    assert_eq!(put("nivel=publico"), 200);
    other
        .put("actas/libre/nueva", b"n")
        .refused(403, "AccessDenied");
    // A copy reads what its source lets it read.
    other
        .copy("actas/cerrado/b", "actas/libre/copia")
        .header("x-amz-tagging-directive", "REPLACE")
        .header("x-amz-tagging", "nivel=publico")
        .refused(403, "AccessDenied");
}

#[test]
fn public_policies_are_refused_while_the_block_says_so() {
    let scene = scene();
    let open = document(
        json!({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::actas/*"}),
    );
    let put = || {
        scene
            .owner
            .ask("PUT", "/actas?policy")
            .body(open.as_bytes())
    };
    let block = scene.owner.ask("GET", "/actas?publicAccessBlock").ok();
    for setting in [
        "BlockPublicAcls",
        "IgnorePublicAcls",
        "BlockPublicPolicy",
        "RestrictPublicBuckets",
    ] {
        assert_eq!(block.element(setting), "true", "{setting}");
    }
    put().refused(403, "AccessDenied");
    scene.set_block("<BlockPublicPolicy>false</BlockPublicPolicy>");
    put().send().status(204);
    let status = scene.owner.ask("GET", "/actas?policyStatus").ok();
    assert_eq!(status.element("IsPublic"), "true");
    scene.other.get("actas/libre/a").send().holds(b"libre");
    let gone = scene.owner.ask("DELETE", "/actas?publicAccessBlock");
    gone.send().status(204);
    scene
        .owner
        .ask("GET", "/actas?publicAccessBlock")
        .refused(404, "NoSuchPublicAccessBlockConfiguration");
    put().send().status(204);
    // Anonymous callers belong to no agency while none is configured for them.
    scene
        .server
        .nobody()
        .get("actas/libre/a")
        .refused(403, "AccessDenied");
    scene.set_block("<BlockPublicPolicy>true</BlockPublicPolicy>");
    put().refused(403, "AccessDenied");
    for wrong in [
        "<BlockPublicPolicy>maybe</BlockPublicPolicy>",
        "<BlockEverything>true</BlockEverything>",
    ] {
        let xml =
            format!("<PublicAccessBlockConfiguration>{wrong}</PublicAccessBlockConfiguration>");
        let put = scene.owner.ask("PUT", "/actas?publicAccessBlock");
        put.body(xml.as_bytes()).refused(400, "MalformedXML");
    }
}

#[test]
fn ownership_controls_are_set_and_removed() {
    let scene = scene();
    let current = || scene.owner.ask("GET", "/actas?ownershipControls").send();
    assert_eq!(
        current().ok().element("ObjectOwnership"),
        "BucketOwnerEnforced"
    );
    let put = |ownership: &str| {
        let rule = format!("<Rule><ObjectOwnership>{ownership}</ObjectOwnership></Rule>");
        let xml = format!("<OwnershipControls>{rule}</OwnershipControls>");
        let put = scene.owner.ask("PUT", "/actas?ownershipControls");
        put.body(xml.as_bytes()).send()
    };
    for ownership in [
        "BucketOwnerPreferred",
        "ObjectWriter",
        "BucketOwnerEnforced",
    ] {
        put(ownership).ok();
        assert_eq!(current().ok().element("ObjectOwnership"), ownership);
    }
    put("Nobody").refused(400, "MalformedXML");
    let gone = scene.owner.ask("DELETE", "/actas?ownershipControls");
    gone.send().status(204);
    current().refused(404, "OwnershipControlsNotFoundError");
}

#[test]
fn policies_survive_a_restart() {
    let scene = scene();
    scene.set(
        json!({"Effect": "Deny", "Principal": user("lectora"), "Action": "s3:Get*",
        "Resource": "arn:aws:s3:::actas/*"}),
    );
    let reader = scene.reader.clone();
    let server = Server::at(scene.server.kill(), &[]);
    let reader = Caller {
        address: server.address.clone(),
        ..reader
    };
    reader.get("actas/libre/a").refused(403, "AccessDenied");
    reader.ask("GET", "/actas").ok();
}

#[test]
fn nobody_escapes_what_is_forbidden_by_another_way_to_sign() {
    let scene = scene();
    let all_of = all("actas");
    let deny = |condition: Value| {
        scene.set(
            json!([{"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
            "Resource": all_of, "Condition": condition}]),
        );
    };
    let put = || scene.owner.put("actas/libre/c", b"1");
    let presigned = || {
        let url = scene.owner.put("actas/libre/c", b"").presigned(60);
        scene.server.nobody().ask("PUT", &url).body(b"1").send()
    };
    let token = scene.server.credential("bearer_token").to_owned();
    let by_token = || {
        let admin = scene.server.with_token(&token);
        admin.put("actas/libre/c", b"1").send()
    };
    // What nobody signed is unsigned, whether a header says so or not.
    deny(json!({"StringEquals": {"s3:x-amz-content-sha256": "UNSIGNED-PAYLOAD"}}));
    put().ok();
    put()
        .payload(PayloadHash::Unsigned)
        .refused(403, "AccessDenied");
    presigned().refused(403, "AccessDenied");
    deny(json!({"StringEquals": {"s3:authType": "REST-QUERY-STRING"}}));
    put().ok();
    by_token().ok();
    presigned().refused(403, "AccessDenied");
    // A value that is too long to be compared is not known: it forbids, and does not allow.
    deny(json!({"StringLike": {"aws:UserAgent": "*robot*"}}));
    put().ok();
    let long = "x".repeat(5_000);
    put()
        .header("user-agent", &long)
        .refused(403, "AccessDenied");
    scene.set(
        json!([{"Effect": "Allow", "Principal": user("archivo"), "Action": "s3:GetObject",
        "Resource": all_of, "Condition": {"StringNotLike": {"aws:UserAgent": "*robot*"}}}]),
    );
    let get = || scene.other.get("actas/libre/a");
    get().ok();
    get()
        .header("user-agent", &long)
        .refused(403, "AccessDenied");
}

#[test]
fn configurations_have_bounds() {
    let scene = scene();
    let headers = "<AllowedHeader>x-y</AllowedHeader>".repeat(2_000);
    let cors = format!(
        "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod>\
         <AllowedOrigin>*</AllowedOrigin>{headers}</CORSRule></CORSConfiguration>"
    );
    let put = scene.owner.ask("PUT", "/actas?cors").body(cors.as_bytes());
    let refused = put.refused(400, "MaxMessageLengthExceeded");
    assert_eq!(refused.element("MaxMessageLengthBytes"), "65536");
}
