//! Separation of duties: every operation and every route by everybody, as one table. A new one
//! changes the table, so that somebody decides who may.

use std::fmt::Write as _;

use acervo::access::action::{Action, Effect};
use serde_json::{Value, json};

use crate::admin_access::all_admin_routes;
use crate::support::answer::Answer;
use crate::support::caller::Caller;
use crate::support::operations::{actions, ask};
use crate::support::server::Server;

const ROLES: [&str; 6] = [
    "app",
    "reader",
    "reviewer",
    "records-officer",
    "auditor",
    "agency-admin",
];

/// Everybody who asks for documents, by what stands at the head of the table.
fn everybody(server: &Server) -> Vec<(String, Caller)> {
    let operator = server.with_token(server.credential("operator_token"));
    let mut all = vec![
        ("nobody".to_owned(), server.nobody()),
        ("operator".to_owned(), operator),
        (
            "owner".to_owned(),
            server.make_key("agencia", "duena", "app"),
        ),
    ];
    for role in ROLES {
        let name = format!("otra-{role}");
        all.push((role.to_owned(), server.make_key("agencia", &name, role)));
    }
    server.make_agency("tesoreria");
    for role in ROLES {
        let name = format!("ajena-{role}");
        let caller = server.make_key("tesoreria", &name, role);
        all.push((format!("foreign {role}"), caller));
    }
    all
}

/// A bucket of the owner with a document, a lifecycle and an upload; and the upload's id.
fn stocked(owner: &Caller, bucket: &str) -> String {
    owner
        .ask("PUT", &format!("/{bucket}"))
        .header("x-amz-bucket-object-lock-enabled", "true")
        .ok();
    owner.put(&format!("{bucket}/acta"), b"secreto").ok();
    owner.begin_upload(&format!("{bucket}/acta"))
}

fn is_refused(answer: &Answer, action: Action) -> bool {
    let is_head = matches!(action, Action::HeadBucket | Action::HeadObject);
    let codes = ["AccessDenied", "InvalidToken", "NoSuchBucket"];
    let is_it = is_head || codes.contains(&answer.code().as_str());
    [400, 403, 404].contains(&answer.status) && is_it
}

#[test]
fn every_operation_by_everybody() {
    let server = Server::start();
    let everybody = everybody(&server);
    let owner = everybody[2].1.clone();
    let mut table = String::new();
    let (mut buckets, mut upload, mut bucket) = (0, String::new(), String::new());
    for action in actions() {
        let mut may = Vec::new();
        for (who, caller) in &everybody {
            if upload.is_empty() {
                buckets += 1;
                bucket = format!("actas-{buckets}");
                upload = stocked(&owner, &bucket);
            }
            let answer = ask(caller, *action, &bucket, &upload).send();
            if !is_refused(&answer, *action) {
                may.push(who.as_str());
                if action.effect() == Effect::Write {
                    upload.clear();
                }
            }
        }
        writeln!(table, "{:<44}{}", action.name(), may.join(", ")).unwrap();
    }
    insta::assert_snapshot!(table);
}

#[test]
fn every_admin_route_by_everybody() {
    let server = Server::start();
    let admin = format!("Bearer {}", server.admin_token("agencia"));
    let mut everybody: Vec<(String, String)> = vec![
        ("nobody".to_owned(), "Bearer x".to_owned()),
        (
            "operator".to_owned(),
            format!("Bearer {}", server.credential("operator_token")),
        ),
    ];
    let mint = |agency: &str, admin: &str, role: &str| {
        let path = format!("/admin/v1/agencies/{agency}/tokens");
        let wanted = json!({"principal": format!("de-{role}"), "role": role,
            "lifetime_seconds": 43_200});
        let minted = server.admin("POST", &path, &[("authorization", admin)], &wanted);
        let minted: Value = serde_json::from_slice(&minted.ok().body).unwrap();
        format!("Bearer {}", minted["token"].as_str().unwrap())
    };
    for role in ROLES {
        everybody.push((role.to_owned(), mint("agencia", &admin, role)));
    }
    server.make_agency("tesoreria");
    let foreign = format!("Bearer {}", server.admin_token("tesoreria"));
    for role in ROLES {
        let token = mint("tesoreria", &foreign, role);
        everybody.push((format!("foreign {role}"), token));
    }
    let owner = server.agency();
    owner.make_bucket("actas").ok();
    owner.put("actas/acta", b"secreto").ok();
    let mut table = String::new();
    for (method, path, body, _) in all_admin_routes() {
        let mut may = Vec::new();
        for (who, token) in &everybody {
            let answer = server.admin(method, path, &[("authorization", token)], &body);
            match answer.status {
                401 | 403 => {}
                202 => may.push(format!("{who} with a second person")),
                _ => may.push(who.clone()),
            }
        }
        let path = path.trim_start_matches("/admin/v1/");
        writeln!(table, "{method:<7}{path:<58}{}", may.join(", ")).unwrap();
        let resume = "/admin/v1/agencies/agencia/resume";
        server.administer("POST", resume, &Value::Null).ok();
    }
    insta::assert_snapshot!(table);
}
