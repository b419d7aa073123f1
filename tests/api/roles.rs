//! An agency's own roles and groups, keys that a policy narrows, and explanations.

use serde_json::{Value, json};

use crate::sts::{assume, session, sts};
use crate::support::answer::Answer;
use crate::support::caller::{Caller, Proof};
use crate::support::server::Server;

struct Scene {
    server: Server,
    admin: Caller,
    /// An application with no built-in role.
    app: Caller,
}

fn scene() -> Scene {
    let server = Server::start();
    let admin = server.agency();
    admin.make_bucket("actas").ok();
    admin.put("actas/libre/a", b"libre").ok();
    admin.put("actas/cerrado/b", b"cerrado").ok();
    Scene {
        app: server.make_key("agencia", "ventanilla", "none"),
        admin,
        server,
    }
}

fn policy(statements: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn reads(prefix: &str) -> Value {
    policy(
        json!({"Sid": "Lee", "Effect": "Allow", "Action": "s3:GetObject",
        "Resource": format!("arn:aws:s3:::actas/{prefix}*")}),
    )
}

fn everything() -> Value {
    policy(json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}))
}

impl Scene {
    #[track_caller]
    fn administer(&self, method: &str, path: &str, body: &Value, status: u16) -> Answer {
        let path = format!("/admin/v1/agencies/agencia/{path}");
        let answer = self.server.administer(method, &path, body);
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        answer
    }

    #[track_caller]
    fn set_role(&self, role: &str, policy: &Value) {
        let body = json!({ "policy": policy });
        self.administer("PUT", &format!("roles/{role}"), &body, 200);
    }

    #[track_caller]
    fn give(&self, role: &str, principal: &str) {
        let path = format!("roles/{role}/principals/{principal}");
        self.administer("PUT", &path, &Value::Null, 200);
    }

    #[track_caller]
    fn take(&self, role: &str, principal: &str) {
        let path = format!("roles/{role}/principals/{principal}");
        self.administer("DELETE", &path, &Value::Null, 200);
    }

    /// What reads by this principal are told to be allowed by, or refused by.
    #[track_caller]
    fn explain(&self, more: &Value) -> (String, String) {
        let mut imagined = json!({"action": "GetObject", "bucket": "actas", "key": "libre/a"});
        let members = more.as_object().unwrap().clone();
        imagined.as_object_mut().unwrap().extend(members);
        let told = self.administer("POST", "explain", &imagined, 200);
        let told: Value = serde_json::from_slice(&told.body).unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let rule = text(&told["refused_by"]);
        assert_eq!(told["allowed"], rule.is_empty(), "{told}");
        (text(&told["allowed_by"][0]["by"]), rule)
    }
}

#[track_caller]
fn statuses(caller: &Caller, open: u16, closed: u16) {
    let of = |key: &str| caller.get(&format!("actas/{key}")).send().status;
    assert_eq!((of("libre/a"), of("cerrado/b")), (open, closed));
}

#[test]
fn a_role_gives_what_its_policy_says_while_it_is_held() {
    let scene = scene();
    statuses(&scene.app, 403, 403);
    scene.set_role("lectura", &reads("libre/"));
    statuses(&scene.app, 403, 403);
    scene.give("lectura", "ventanilla");
    scene.give("lectura", "ventanilla");
    statuses(&scene.app, 200, 403);
    scene
        .app
        .put("actas/libre/a", b"x")
        .refused(403, "AccessDenied");
    scene.app.ask("GET", "/").refused(403, "AccessDenied");
    // Another policy is in force at once, and so is its end.
    scene.set_role("lectura", &reads("cerrado/"));
    statuses(&scene.app, 403, 200);
    scene.take("lectura", "ventanilla");
    statuses(&scene.app, 403, 403);
    let held = "roles/lectura/principals/ventanilla";
    scene.administer("DELETE", held, &Value::Null, 404);
}

#[test]
fn a_group_gives_its_roles_to_who_is_in_it() {
    let scene = scene();
    let member = "groups/turno/principals/ventanilla";
    scene.set_role("lectura", &reads("cerrado/"));
    scene.administer("PUT", member, &Value::Null, 200);
    scene.administer("PUT", "roles/lectura/groups/turno", &Value::Null, 200);
    statuses(&scene.app, 403, 200);
    let listed = scene.administer("GET", "roles", &Value::Null, 200);
    let listed: Value = serde_json::from_slice(&listed.body).unwrap();
    assert_eq!(listed["roles"][0]["role"], "lectura");
    assert_eq!(listed["roles"][0]["policy"], reads("cerrado/"));
    assert_eq!(listed["roles"][0]["groups"], json!(["turno"]));
    let groups = scene.administer("GET", "groups", &Value::Null, 200);
    let groups: Value = serde_json::from_slice(&groups.body).unwrap();
    let turno = json!({"group": "turno", "principals": ["ventanilla"], "roles": ["lectura"]});
    assert_eq!(groups["groups"], json!([turno]));
    scene.administer("DELETE", member, &Value::Null, 200);
    statuses(&scene.app, 403, 403);
    scene.administer("PUT", member, &Value::Null, 200);
    scene.administer("DELETE", "roles/lectura", &Value::Null, 200);
    statuses(&scene.app, 403, 403);
    // A role of the same name is another one: nobody has it by having had the first.
    scene.set_role("lectura", &reads(""));
    statuses(&scene.app, 403, 403);
}

#[test]
fn what_a_role_forbids_is_forbidden_and_roles_survive_a_restart() {
    let scene = scene();
    let closed = json!({"Effect": "Deny", "Action": "s3:Get*",
        "Resource": "arn:aws:s3:::actas/cerrado/*"});
    scene.set_role("cierre", &policy(closed));
    scene.give("cierre", "admin");
    statuses(&scene.admin, 200, 403);
    // The token of the same principal is bound by it as well.
    let token = scene.server.credential("bearer_token").to_owned();
    statuses(&scene.server.with_token(&token), 200, 403);
    let admin = scene.admin.clone();
    let server = Server::at(scene.server.kill(), &[]);
    let admin = Caller {
        address: server.address.clone(),
        ..admin
    };
    statuses(&admin, 200, 403);
}

#[test]
fn roles_are_of_one_agency_and_well_formed() {
    let scene = scene();
    scene.server.make_agency("tesoreria");
    let same = scene.server.make_key("tesoreria", "ventanilla", "none");
    same.ask("GET", "/").refused(403, "AccessDenied");
    scene.set_role("todo", &everything());
    scene.give("todo", "ventanilla");
    let listed = scene.app.ask("GET", "/").ok();
    assert_eq!(listed.elements("Name"), ["actas"]);
    same.ask("GET", "/").refused(403, "AccessDenied");
    same.make_bucket("suyo").refused(403, "AccessDenied");

    let good = json!({ "policy": everything() });
    scene.administer("PUT", "roles/agency-admin", &good, 400);
    scene.administer("PUT", "roles/with%20space", &good, 400);
    scene.administer("PUT", "roles/nada/principals/ventanilla", &Value::Null, 404);
    scene.administer("DELETE", "roles/nada", &Value::Null, 404);
    let with_principal = json!({"Effect": "Allow", "Principal": "*", "Action": "s3:*",
        "Resource": "*"});
    let unknown_action = json!({"Effect": "Allow", "Action": "s3:Fly", "Resource": "*"});
    for wrong in [
        json!("x"),
        json!({}),
        policy(with_principal),
        policy(unknown_action),
    ] {
        scene.administer("PUT", "roles/malo", &json!({ "policy": wrong }), 400);
        let key = json!({"principal": "p", "role": "app", "policy": wrong});
        scene.administer("POST", "access-keys", &key, 400);
    }
}

#[test]
fn a_policy_of_a_key_narrows_whatever_else_allows() {
    let scene = scene();
    let narrow = |role: &str| {
        let wanted = json!({"principal": "admin", "role": role, "policy": reads("libre/")});
        scene.server.make_key_as("agencia", &wanted)
    };
    let key = narrow("agency-admin");
    statuses(&key, 200, 403);
    for refused in [
        key.put("actas/libre/a", b"x"),
        key.delete("actas/libre/a"),
        key.ask("GET", "/actas"),
        key.ask("GET", "/"),
        key.ask("GET", "/actas?policy"),
        key.copy("actas/cerrado/b", "actas/libre/b"),
    ] {
        refused.refused(403, "AccessDenied");
    }
    // Without any role it gives nothing of itself.
    statuses(&narrow("none"), 403, 403);
    // Neither a role nor the bucket's policy widens it.
    scene.set_role("todo", &everything());
    scene.give("todo", "admin");
    let text = policy(json!({"Effect": "Allow", "Action": "s3:*",
        "Principal": {"AWS": "arn:aws:iam::agencia:user/admin"},
        "Resource": "arn:aws:s3:::actas/*"}));
    let put = scene.admin.ask("PUT", "/actas?policy");
    put.body(text.to_string().as_bytes()).send().status(204);
    statuses(&key, 200, 403);
    statuses(&narrow("none"), 200, 403);
    // Nor does a session that is made with it.
    let by_role = session(&scene.server, assume(&key, "agency-admin"));
    statuses(&by_role, 200, 403);
    let plain = session(&scene.server, sts(&key, "GetSessionToken", &[]));
    statuses(&plain, 200, 403);
    plain
        .put("actas/libre/a", b"x")
        .refused(403, "AccessDenied");
    let listed = scene.administer("GET", "access-keys", &Value::Null, 200);
    assert!(listed.text().contains("arn:aws:s3:::actas/libre/*"));
}

#[test]
fn a_session_takes_a_role_of_the_agencys_own_and_that_one_alone() {
    let scene = scene();
    scene.set_role("abierto", &reads("libre/"));
    scene.set_role("reserva", &reads("cerrado/"));
    scene.give("abierto", "ventanilla");
    scene.give("reserva", "ventanilla");
    statuses(&scene.app, 200, 200);
    let open = session(&scene.server, assume(&scene.app, "abierto"));
    statuses(&open, 200, 403);
    // It takes no wider one from there, and nobody takes one that it does not have.
    for wider in [
        assume(&open, "reserva"),
        assume(&open, "agency-admin"),
        assume(&scene.app, "todo"),
        assume(&scene.app, "agency-admin"),
    ] {
        assert_eq!(wider.status, 403, "{}", wider.text());
    }
    // Whoever loses the role loses it in sessions too.
    scene.take("abierto", "ventanilla");
    statuses(&open, 403, 403);
    // What another role forbids cannot be escaped by a session that takes a role.
    let forbidden = json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*"});
    scene.set_role("veda", &policy(forbidden));
    let reader = scene.server.make_key("agencia", "lectora", "reader");
    let session = session(&scene.server, assume(&reader, "reader"));
    statuses(&session, 200, 200);
    scene.give("veda", "lectora");
    statuses(&reader, 403, 403);
    statuses(&session, 403, 403);
}

#[test]
fn explanations_name_the_rule() {
    let scene = scene();
    scene.set_role("lectura", &reads("libre/"));
    scene.give("lectura", "ventanilla");
    let text = policy(
        json!({"Sid": "Casa", "Effect": "Deny", "Action": "s3:GetObject",
        "Principal": "*", "Resource": "arn:aws:s3:::actas/*",
        "Condition": {"NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"}}}),
    );
    let put = scene.admin.ask("PUT", "/actas?policy");
    put.body(text.to_string().as_bytes()).send().status(204);
    let allowed = |by: &str| (by.to_owned(), String::new());
    let refused = |rule: &str| (String::new(), rule.to_owned());
    let Proof::AccessKey { id, .. } = &scene.app.proof else {
        unreachable!()
    };
    let token = scene.server.credential("bearer_token");
    let by_role = "statement «Lee» of a policy of the caller's roles";
    let house = "statement «Casa» of the bucket's policy forbids s3:GetObject";
    let none = "no role, policy or access control list allows s3:GetObject on this resource";
    let of_version = none.replace("GetObject", "GetObjectVersion");
    let outside = json!({"principal": "ventanilla", "source_ip": "192.0.2.1"});
    let version = json!({"principal": "ventanilla", "version_id": "null"});
    let reader = json!({"principal": "otra", "roles": ["reader"]});
    let nowhere = json!({"principal": "otra", "bucket": "nadie"});
    for (imagined, expected) in [
        (json!({"access_key_id": id}), allowed(by_role)),
        (json!({"principal": "ventanilla"}), allowed(by_role)),
        (outside, refused(house)),
        (json!({"principal": "otra"}), refused(none)),
        (json!({"anonymous": true}), refused(none)),
        (version, refused(&of_version)),
        (json!({"token": token}), allowed("the role agency-admin")),
        (reader, allowed("the role reader")),
        (nowhere, refused("the agency has no bucket of this name")),
    ] {
        assert_eq!(scene.explain(&imagined), expected, "{imagined}");
    }
    for wrong in [
        json!({"action": "GetObject"}),
        json!({"action": "GetObject", "principal": "a", "anonymous": true}),
        json!({"action": "FlyObject", "principal": "a"}),
        json!({"action": "GetObject", "principal": "a"}),
        json!({"action": "ListBuckets", "principal": "a", "roles": ["a/b"]}),
        json!({"action": "ListBuckets", "principal": "a", "source_ip": "here"}),
        json!({"action": "ListBuckets", "principal": "a", "values": {"aws:Moon": "x"}}),
        json!({"action": "ListBuckets", "access_key_id": "AKIA"}),
        json!({"action": "ListBuckets", "token": "x"}),
    ] {
        scene.administer("POST", "explain", &wrong, 400);
    }
}
