//! Two people: no operator comes alone to read a document that is stored.

use acervo::store::credentials::canonical_id;
use acervo::types::names::{AgencyId, PrincipalName};
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::evidence::agency_log;
use crate::support::server::Server;

/// A server with a document in its first agency.
fn stocked() -> Server {
    let server = Server::start();
    let owner = server.agency();
    owner.make_bucket("actas").ok();
    owner.put("actas/acta", b"secreto").ok();
    server
}

fn json_of(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

fn bearer(header: &str) -> [(&str, &str); 1] {
    [("authorization", header)]
}

fn everything() -> Value {
    json!({"policy": {"Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}})
}

/// A key set with one public key (RFC 8037, appendix A.2).
pub(crate) fn issuer(name: &str) -> Value {
    json!({"name": name, "issuer": "https://id.example", "audiences": ["acervo"],
        "jwks": {"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k1", "alg": "EdDSA",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}})
}

/// Every way in which an operator could give somebody the right to read.
fn escalations() -> Vec<(&'static str, String, Value)> {
    let at = |rest: &str| format!("/admin/v1/agencies/agencia/{rest}");
    let key = |principal: &str, role: &str| json!({"principal": principal, "role": role});
    vec![
        ("POST", at("access-keys"), key("nueva", "agency-admin")),
        ("POST", at("access-keys"), key("nueva", "reader")),
        ("POST", at("access-keys"), key("nueva", "none")),
        // Whose the documents are, and who has a role or is in a group.
        ("POST", at("access-keys"), key("admin", "app")),
        ("POST", at("access-keys"), key("con-papel", "app")),
        ("POST", at("access-keys"), key("en-grupo", "app")),
        ("POST", at("tokens"), key("nueva", "agency-admin")),
        ("POST", at("tokens"), key("admin", "app")),
        ("POST", at("tokens"), key("nueva", "app")),
        ("POST", at("issuers"), issuer("llave")),
        ("PUT", at("roles/lectura"), everything()),
        ("DELETE", at("roles/lectura"), Value::Null),
        ("PUT", at("roles/lectura/principals/nueva"), Value::Null),
        (
            "DELETE",
            at("roles/lectura/principals/con-papel"),
            Value::Null,
        ),
        ("PUT", at("roles/lectura/groups/turno"), Value::Null),
        ("DELETE", at("roles/lectura/groups/turno"), Value::Null),
        ("PUT", at("groups/turno/principals/nueva"), Value::Null),
        (
            "DELETE",
            at("groups/turno/principals/en-grupo"),
            Value::Null,
        ),
        ("DELETE", at("revocations/principals/vuelve"), Value::Null),
    ]
}

/// The roles, groups and revocations that [`escalations`] name.
fn furnish(server: &Server) {
    let at = |rest: &str| format!("/admin/v1/agencies/agencia/{rest}");
    let nothing = Value::Null;
    let do_it = |method, rest: &str, body: &Value| {
        server.administer(method, &at(rest), body).ok();
    };
    do_it("PUT", "roles/lectura", &everything());
    do_it("PUT", "roles/lectura/principals/con-papel", &nothing);
    do_it("PUT", "roles/lectura/groups/turno", &nothing);
    do_it("PUT", "groups/turno/principals/en-grupo", &nothing);
    let standing = json!({"principal": "vuelve", "standing": true});
    do_it("POST", "revocations", &standing);
}

#[test]
fn an_operator_alone_gives_nobody_the_right_to_read() {
    let server = stocked();
    furnish(&server);
    for (method, path, body) in escalations() {
        let answer = server.administer_alone(method, &path, &body).status(202);
        let waiting = json_of(&answer);
        assert_eq!(waiting["state"], "waiting", "{path}");
        assert!(waiting["next"].as_str().unwrap().contains("/approve"));
        let text = answer.text();
        for secret in ["secret_access_key", "\"token\""] {
            assert!(!text.contains(secret), "{path}: {text}");
        }
        // Nor by the asker's own approval, nor by sending it again with or without its id.
        let id = waiting["approval_id"].as_str().unwrap();
        let approve = format!("/admin/v1/agencies/agencia/approvals/{id}/approve");
        let own = server.administer_alone("POST", &approve, &Value::Null);
        assert!(own.status(409).text().contains("second_person"));
        let operator = format!("Bearer {}", server.credential("operator_token"));
        let named = [
            ("authorization", operator.as_str()),
            ("x-acervo-approval", id),
        ];
        server.admin(method, &path, &named, &body).status(202);
        let again = json_of(&server.administer_alone(method, &path, &body).status(202));
        assert_eq!(again["approval_id"], id, "the same request waits once");
    }
    // What takes rights away goes at once, and so does an application's key for a stranger, which
    // opens nothing.
    let keys = "/admin/v1/agencies/agencia/access-keys";
    let wanted = json!({"principal": "nueva", "role": "app"});
    let made = json_of(&server.administer_alone("POST", keys, &wanted).status(201));
    let text = |name: &str| made[name].as_str().unwrap();
    let app = server.with_key(text("access_key_id"), text("secret_access_key"));
    app.get("actas/acta").refused(403, "AccessDenied");
    let key = format!("{keys}/{}", text("access_key_id"));
    server.administer_alone("DELETE", &key, &Value::Null).ok();
}

#[test]
fn a_principal_that_a_bucket_names_is_no_stranger() {
    let server = stocked();
    let keys = "/admin/v1/agencies/agencia/access-keys";
    let wanted = |principal: &str| json!({"principal": principal, "role": "app"});
    let policy = |principal: Value| {
        let policy = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow",
            "Principal": {"AWS": principal}, "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::actas/*"}});
        let owner = server.agency();
        owner
            .ask("PUT", "/actas?policy")
            .body(policy.to_string().as_bytes())
            .ok();
    };
    policy(json!("arn:aws:iam::agencia:user/invitada"));
    let ask = |name: &str| server.administer_alone("POST", keys, &wanted(name));
    ask("invitada").status(202);
    ask("otra").status(201);
    // What is open to everybody in the agency names nobody.
    policy(json!("arn:aws:iam::agencia:root"));
    ask("tercera").status(201);
    server.agency().ask("DELETE", "/actas?policy").ok();
    // A list of a bucket names principals too.
    let canonical_id = |name: &str| {
        let made = json_of(&ask(name).status(201));
        made["canonical_id"].as_str().unwrap().to_owned()
    };
    let known = canonical_id("cuarta");
    let open = b"<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule>\
        </OwnershipControls>";
    let owner = server.agency();
    owner.ask("PUT", "/actas?ownershipControls").body(open).ok();
    ask("quinta").status(201);
    let grant = format!("id={known}");
    owner
        .ask("PUT", "/actas?acl")
        .header("x-amz-grant-read", &grant)
        .ok();
    ask("cuarta").status(202);
    ask("sexta").status(201);
}

#[test]
fn nobody_is_a_stranger_where_access_depends_on_the_name() {
    let server = stocked();
    let owner = server.agency();
    let keys = "/admin/v1/agencies/agencia/access-keys";
    let ask = |name: &str| {
        let wanted = json!({"principal": name, "role": "app"});
        server.administer_alone("POST", keys, &wanted)
    };
    let user = |name: &str| format!("arn:aws:iam::agencia:{name}");
    let root = json!({"AWS": user("root")});
    let (all, home) = ("actas/*", "actas/home/${aws:username}/*");
    let caja = json!({"StringLike": {"aws:username": "caja-*"}});
    let named = json!({"StringEquals": {"aws:username": "caja-5"}});
    let arn = json!({"ArnLike": {"aws:PrincipalArn": user("user/caja-?")}});
    let own = json!({"StringEquals": {"s3:ExistingObjectTag/de": "${aws:username}"}});
    let not_eva = json!({"StringNotEquals": {"aws:username": "eva"}});
    let of_eva = json!({"StringEquals": {"aws:username": "eva"}});
    let in_time = json!({"DateLessThan": {"aws:CurrentTime": "2100-01-01T00:00:00Z"}});
    for (number, (principal, resource, condition, status)) in [
        (root.clone(), all, Value::Null, 201),
        (root.clone(), all, not_eva, 201),
        (root.clone(), all, of_eva, 201),
        (root.clone(), all, in_time, 201),
        (root.clone(), all, caja, 202),
        (json!("*"), all, named, 202),
        (root.clone(), all, arn, 202),
        (root.clone(), all, own, 202),
        (root, home, Value::Null, 202),
        (json!({"AWS": user("role/app")}), all, Value::Null, 202),
        (json!({"AWS": user("role/reader")}), all, Value::Null, 201),
    ]
    .into_iter()
    .enumerate()
    {
        let mut statement = json!({"Effect": "Allow", "Principal": principal,
            "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{resource}")});
        if !condition.is_null() {
            statement["Condition"] = condition;
        }
        let policy = json!({"Version": "2012-10-17", "Statement": statement}).to_string();
        let put = owner.ask("PUT", "/actas?policy").body(policy.as_bytes());
        put.ok();
        let answer = ask(&format!("caja-{number}"));
        assert_eq!(answer.status, status, "{policy}");
    }
}

#[test]
fn nobody_is_a_stranger_whom_a_list_of_a_document_names() {
    let server = stocked();
    let owner = server.agency();
    let open = b"<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule>\
        </OwnershipControls>";
    owner.ask("PUT", "/actas?ownershipControls").body(open).ok();
    let agency = AgencyId::parse("agencia").unwrap();
    let id = canonical_id(&agency, &PrincipalName::parse("septima").unwrap());
    let listed = owner.put("actas/otra", b"secreto");
    listed.header("x-amz-grant-read", &format!("id={id}")).ok();
    let keys = "/admin/v1/agencies/agencia/access-keys";
    for (name, status) in [("octava", 201), ("septima", 202)] {
        let wanted = json!({"principal": name, "role": "app"});
        server
            .administer_alone("POST", keys, &wanted)
            .status(status);
    }
}

#[test]
fn a_second_person_approves_one_request_once() {
    let server = stocked();
    let keys = "/admin/v1/agencies/agencia/access-keys";
    let wanted = json!({"principal": "lectora", "role": "reader"});
    let waiting = json_of(&server.administer_alone("POST", keys, &wanted).status(202));
    let id = waiting["approval_id"].as_str().unwrap().to_owned();
    assert_eq!(
        waiting["request"],
        json!({"principal": "lectora", "role": "reader",
        "policy": null, "expires_in_seconds": null})
    );
    let at = |rest: &str| format!("/admin/v1/agencies/agencia/approvals{rest}");
    let operator = format!("Bearer {}", server.credential("operator_token"));
    let admin = format!("Bearer {}", server.admin_token("agencia"));
    let with = |token: &str, method: &str, path: &str, body: &Value, id: &str| {
        let headers = [("authorization", token), ("x-acervo-approval", id)];
        server.admin(method, path, &headers, body)
    };
    // Nobody of another agency sees it or decides about it.
    server.make_agency("tesoreria");
    let foreign = format!("Bearer {}", server.admin_token("tesoreria"));
    let approve = at(&format!("/{id}/approve"));
    for path in [at(""), at(&format!("/{id}")), approve.clone()] {
        let method = if path.ends_with("approve") {
            "POST"
        } else {
            "GET"
        };
        server
            .admin(method, &path, &bearer(&foreign), &Value::Null)
            .status(403);
    }
    let listed = server
        .admin("GET", &at(""), &bearer(&admin), &Value::Null)
        .ok();
    assert_eq!(json_of(&listed)["approvals"][0]["approval_id"], id);
    let approved = server
        .admin("POST", &approve, &bearer(&admin), &Value::Null)
        .ok();
    assert_eq!(json_of(&approved)["decided_by"], "agency-admin admin");
    // For this request of this asker alone.
    let other = json!({"principal": "lectora", "role": "agency-admin"});
    let refused = with(&operator, "POST", keys, &other, &id).status(409);
    assert!(refused.text().contains("approval_of_another"));
    let elsewhere = "/admin/v1/agencies/tesoreria/access-keys";
    let keys_there = with(&operator, "POST", elsewhere, &wanted, &id);
    keys_there.status(201); // Nothing is stored there, so it needs no approval.
    let made = json_of(&with(&operator, "POST", keys, &wanted, &id).status(201));
    let text = |name: &str| made[name].as_str().unwrap();
    let reader = server.with_key(text("access_key_id"), text("secret_access_key"));
    reader.get("actas/acta").send().holds(b"secreto");
    let again = with(&operator, "POST", keys, &wanted, &id).status(409);
    assert!(again.text().contains("approval_over"));
    // A refused one gives nothing either.
    let third = json!({"principal": "tercera", "role": "reader"});
    let waiting = json_of(&server.administer_alone("POST", keys, &third).status(202));
    let id = waiting["approval_id"].as_str().unwrap();
    let refuse = at(&format!("/{id}/refuse"));
    server
        .admin("POST", &refuse, &bearer(&admin), &Value::Null)
        .ok();
    with(&operator, "POST", keys, &third, id).status(409);
    // Not even an id that is none, or another's.
    with(&operator, "POST", keys, &third, "x").status(400);
    with(&operator, "POST", keys, &third, &"0".repeat(20)).status(404);
}

#[test]
fn an_agencys_own_admin_needs_no_second_person() {
    let server = stocked();
    furnish(&server);
    let admin = format!("Bearer {}", server.admin_token("agencia"));
    for (method, path, body) in escalations() {
        let answer = server.admin(method, &path, &bearer(&admin), &body);
        assert!(
            answer.status == 200 || answer.status == 201 || answer.status == 404,
            "{path}: {}",
            answer.text()
        );
    }
}

#[test]
fn a_second_operator_counts_unless_its_maker_made_it_alone() {
    let server = stocked();
    let keys = "/admin/v1/agencies/agencia/access-keys";
    let make =
        |name: &str| server.administer_alone("POST", "/admin/v1/operators", &json!({"name": name}));
    let second = json_of(&make("segunda").status(201));
    assert_eq!(second["is_independent"], false);
    let second = format!("Bearer {}", second["token"].as_str().unwrap());
    // It is an operator, but in its maker's hand.
    server
        .admin("GET", "/admin/v1/agencies", &bearer(&second), &Value::Null)
        .ok();
    let wanted = json!({"principal": "lectora", "role": "reader"});
    let waiting = json_of(&server.administer_alone("POST", keys, &wanted).status(202));
    let id = waiting["approval_id"].as_str().unwrap();
    let approve = format!("/admin/v1/agencies/agencia/approvals/{id}/approve");
    let answer = server.admin("POST", &approve, &bearer(&second), &Value::Null);
    assert!(answer.status(409).text().contains("second_person"));
    // Nor does a third one come by the two of them.
    let waiting = json_of(&make("tercera").status(202));
    assert_eq!(waiting["agency"], Value::Null);
    let id = waiting["approval_id"].as_str().unwrap();
    let approve = format!("/admin/v1/approvals/{id}/approve");
    let answer = server.admin("POST", &approve, &bearer(&second), &Value::Null);
    assert!(answer.status(409).text().contains("second_person"));
    let admin = format!("Bearer {}", server.admin_token("agencia"));
    server
        .admin("POST", &approve, &bearer(&admin), &Value::Null)
        .status(403);
    // One that its maker makes after having revoked the others is in its hand all the same.
    server
        .administer_alone("DELETE", "/admin/v1/operators/segunda", &Value::Null)
        .ok();
    server
        .admin("GET", "/admin/v1/agencies", &bearer(&second), &Value::Null)
        .status(401);
    assert!(
        make("segunda")
            .status(409)
            .text()
            .contains("operator_exists")
    );
    let third = json_of(&make("cuarta").status(201));
    assert_eq!(third["is_independent"], false);
    let listed = server.administer_alone("GET", "/admin/v1/operators", &Value::Null);
    let listed = json_of(&listed.ok());
    let hands = listed["operators"].as_array().unwrap().iter();
    let hands: Vec<_> = hands.map(|o| (&o["name"], &o["hand"])).collect();
    assert_eq!(
        json!(hands),
        json!([
            ["cuarta", "operator"],
            ["operator", "operator"],
            ["segunda", "operator"]
        ])
    );
    let last = |name: &str| {
        let path = format!("/admin/v1/operators/{name}");
        server.administer_alone("DELETE", &path, &Value::Null)
    };
    last("cuarta").ok();
    assert!(
        last("operator")
            .status(409)
            .text()
            .contains("last_operator")
    );
}

#[test]
fn every_step_stands_in_the_agencys_log_and_survives_a_crash() {
    let server = stocked();
    let path = "/admin/v1/agencies/agencia/access-keys";
    let wanted = json!({"principal": "lectora", "role": "reader"});
    let waiting = json_of(&server.administer_alone("POST", path, &wanted).status(202));
    let id = waiting["approval_id"].as_str().unwrap().to_owned();
    let (admin, operator) = (
        format!("Bearer {}", server.admin_token("agencia")),
        format!("Bearer {}", server.credential("operator_token")),
    );
    let server = Server::at(server.kill(), &[]);
    let approve = format!("/admin/v1/agencies/agencia/approvals/{id}/approve");
    server
        .admin("POST", &approve, &bearer(&admin), &Value::Null)
        .ok();
    let server = Server::at(server.kill(), &[]);
    let headers = [
        ("authorization", operator.as_str()),
        ("x-acervo-approval", &id),
    ];
    server.admin("POST", path, &headers, &wanted).status(201);
    let log = agency_log(&server.stop(), "agencia");
    let steps = ["AskApproval", "Approve", "UseApproval", "CreateAccessKey"];
    let found = log.iter().filter_map(|entry| {
        let action = entry["action"].as_str()?;
        steps.contains(&action).then_some(action)
    });
    assert_eq!(found.collect::<Vec<_>>(), steps);
}

/// Whoever starts the server makes an operator that nobody else made.
#[test]
fn the_start_makes_an_operator_who_is_a_second_person() {
    let server = stocked();
    let operator = format!("Bearer {}", server.credential("operator_token"));
    let with_guard = [("--new-operator", "guardia")];
    let server = Server::at(server.stop(), &with_guard);
    assert_eq!(server.credential("operator"), "guardia");
    let guard = format!("Bearer {}", server.credential("operator_token"));
    let asks = |token: &str, method: &str, path: &str, body: &Value, id: Option<&str>| {
        let mut headers = vec![("authorization", token)];
        headers.extend(id.map(|id| ("x-acervo-approval", id)));
        server.admin(method, path, &headers, body)
    };
    let keys = "/admin/v1/agencies/agencia/access-keys";
    let wanted = json!({"principal": "lectora", "role": "reader"});
    let waiting = json_of(&asks(&operator, "POST", keys, &wanted, None).status(202));
    let id = waiting["approval_id"].as_str().unwrap();
    let approve = format!("/admin/v1/agencies/agencia/approvals/{id}/approve");
    let nothing = Value::Null;
    asks(&operator, "POST", &approve, &nothing, None).status(409);
    asks(&guard, "POST", &approve, &nothing, None).ok();
    // The second person does not carry out what it approved.
    asks(&guard, "POST", keys, &wanted, Some(id)).status(409);
    asks(&operator, "POST", keys, &wanted, Some(id)).status(201);
    // The two make a third one, who is in nobody's hand.
    let operators = "/admin/v1/operators";
    let third = json!({"name": "tercera"});
    let waiting = json_of(&asks(&operator, "POST", operators, &third, None).status(202));
    let id = waiting["approval_id"].as_str().unwrap();
    let approve = format!("/admin/v1/approvals/{id}/approve");
    asks(&guard, "POST", &approve, &nothing, None).ok();
    let made = json_of(&asks(&operator, "POST", operators, &third, Some(id)).status(201));
    assert_eq!(made["is_independent"], true);
    // A start that asks for a name that there is makes nobody.
    let server = Server::at(server.stop(), &with_guard);
    let listed = server
        .admin("GET", operators, &bearer(&guard), &nothing)
        .ok();
    assert_eq!(json_of(&listed)["operators"].as_array().unwrap().len(), 3);
}
