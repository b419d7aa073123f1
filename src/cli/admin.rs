//! `acervo admin`: the client of the admin API.

use std::io;

use reqwest::Method;
use serde_json::{Value, json};

use crate::config::AdminClient;

use super::arguments::{AccessKeysAction, AdminAction, AdminArguments, AgenciesAction};
use super::client::{self, Request, Token};
use super::error::Failure;
use super::table::{printable, table};
use super::words::{Words, words};
use super::{Console, Exit, complain};

/// Asks the admin API and shows its answer.
pub(super) fn run(
    arguments: AdminArguments,
    environment: impl Iterator<Item = (String, String)>,
    console: &mut Console<'_>,
) -> Exit {
    let AdminArguments {
        endpoint,
        token,
        json,
        action,
    } = arguments;
    let settings = match AdminClient::load(endpoint, token, environment) {
        Ok(settings) => settings,
        Err(problems) => {
            complain(console, &problems.render(problems.locale));
            return Exit::Usage;
        }
    };
    let done = match action {
        AdminAction::Health => health(&settings, json, console),
        other => ask(&settings, &other, json, console).map(|()| Exit::Done),
    };
    done.unwrap_or_else(|failure| {
        complain(console, &failure.sentence(settings.locale));
        match failure {
            Failure::NoToken => Exit::Usage,
            _ => Exit::Failed,
        }
    })
}

fn ask(
    settings: &AdminClient,
    action: &AdminAction,
    as_json: bool,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let answer = client::ask(settings, request(action))?.accepted()?;
    if as_json || matches!(action, AdminAction::Metrics) {
        return Ok(print(console, &answer.body)?);
    }
    let body = if answer.body.trim().is_empty() {
        Value::Null
    } else {
        let status = answer.status;
        serde_json::from_str(&answer.body).map_err(|_| Failure::NotTheAdminApi { status })?
    };
    Ok(print(
        console,
        &view(action, &body, words(settings.locale)),
    )?)
}

fn request(action: &AdminAction) -> Request {
    let (method, path, body) = match action {
        AdminAction::Agencies(action) => match action {
            AgenciesAction::Create { name } => {
                let body = json!({ "name": name.as_str() });
                (Method::POST, "/agencies".to_owned(), Some(body))
            }
            AgenciesAction::List => (Method::GET, "/agencies".to_owned(), None),
            AgenciesAction::Suspend { name } => {
                (Method::POST, format!("/agencies/{name}/suspend"), None)
            }
            AgenciesAction::Resume { name } => {
                (Method::POST, format!("/agencies/{name}/resume"), None)
            }
        },
        AdminAction::AccessKeys(action) => match action {
            AccessKeysAction::Create {
                agency,
                principal,
                role,
                expires_in_seconds,
            } => {
                let mut body = json!({ "principal": principal.as_str(), "role": role.name() });
                if let (Some(seconds), Some(members)) = (expires_in_seconds, body.as_object_mut()) {
                    members.insert("expires_in_seconds".to_owned(), json!(seconds));
                }
                (
                    Method::POST,
                    format!("/agencies/{agency}/access-keys"),
                    Some(body),
                )
            }
            AccessKeysAction::List { agency } => {
                (Method::GET, format!("/agencies/{agency}/access-keys"), None)
            }
            AccessKeysAction::Revoke { id, agency } => (
                Method::DELETE,
                format!("/agencies/{agency}/access-keys/{id}"),
                None,
            ),
        },
        AdminAction::Health => (Method::GET, "/health/live".to_owned(), None),
        AdminAction::Metrics => (Method::GET, "/metrics".to_owned(), None),
    };
    Request {
        method,
        path,
        body,
        token: Token::Needed,
    }
}

/// The answer for people.
fn view(action: &AdminAction, body: &Value, words: &Words) -> String {
    let agencies = |list: &[Value]| {
        let rows: Vec<Vec<String>> = list
            .iter()
            .map(|a| {
                vec![
                    text(a, "name"),
                    text(a, "code"),
                    state(a, words),
                    text(a, "created"),
                ]
            })
            .collect();
        table(&[words.name, words.code, words.state, words.created], &rows)
    };
    match action {
        AdminAction::Agencies(AgenciesAction::List) => listed(body, "agencies", words, agencies),
        AdminAction::Agencies(AgenciesAction::Create { .. }) => {
            agencies(std::slice::from_ref(body))
        }
        AdminAction::Agencies(AgenciesAction::Suspend { name }) => {
            format!("{} {name}\n", words.now_suspended)
        }
        AdminAction::Agencies(AgenciesAction::Resume { name }) => {
            format!("{} {name}\n", words.now_resumed)
        }
        AdminAction::AccessKeys(AccessKeysAction::Create { .. }) => access_key(body, words),
        AdminAction::AccessKeys(AccessKeysAction::List { .. }) => {
            listed(body, "access_keys", words, |list| access_keys(list, words))
        }
        AdminAction::AccessKeys(AccessKeysAction::Revoke { id, .. }) => {
            format!("{} {id}\n", words.revoked)
        }
        // Shown before they come here.
        AdminAction::Health | AdminAction::Metrics => String::new(),
    }
}

/// The list of this name, or the word that there is none.
fn listed(
    body: &Value,
    name: &str,
    words: &Words,
    show: impl FnOnce(&[Value]) -> String,
) -> String {
    match body.get(name).and_then(Value::as_array) {
        Some(list) if !list.is_empty() => show(list),
        _ => format!("{}\n", words.nothing),
    }
}

fn access_keys(list: &[Value], words: &Words) -> String {
    let rows: Vec<Vec<String>> = list
        .iter()
        .map(|key| {
            vec![
                text(key, "access_key_id"),
                text(key, "principal"),
                text(key, "roles"),
                text(key, "created"),
                expires(key, words),
                validity(key, words).to_owned(),
            ]
        })
        .collect();
    let head = [
        words.access_key_id,
        words.principal,
        words.role,
        words.created,
        words.expires,
        words.state,
    ];
    table(
        &head.map(str::to_uppercase).each_ref().map(String::as_str),
        &rows,
    )
}

/// A new access key, one line for each of its facts, so that each can be copied.
fn access_key(key: &Value, words: &Words) -> String {
    let facts = [
        (words.access_key_id, text(key, "access_key_id")),
        (words.secret_access_key, text(key, "secret_access_key")),
        (words.principal, text(key, "principal")),
        (words.role, text(key, "role")),
        (words.canonical_id, text(key, "canonical_id")),
        (words.display_name, text(key, "display_name")),
        (words.created, text(key, "created")),
        (words.expires, expires(key, words)),
    ];
    let facts = facts.map(|(name, value)| (name.to_uppercase(), printable(&value)));
    let width = facts
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or_default();
    let lines = facts.map(|(name, value)| format!("{name:<width$}  {value}\n"));
    format!("{}\n{}\n", lines.concat(), words.secret_once)
}

/// A member as text, a list separated by commas; empty if it is absent.
fn text(value: &Value, name: &str) -> String {
    match value.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => {
            let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            items.join(", ")
        }
        Some(other) => other.to_string(),
    }
}

fn state(agency: &Value, words: &Words) -> String {
    match text(agency, "state").as_str() {
        "active" => words.active.to_owned(),
        "suspended" => words.suspended.to_owned(),
        other => other.to_owned(),
    }
}

fn validity(key: &Value, words: &Words) -> &'static str {
    if text(key, "revoked").is_empty() {
        words.active
    } else {
        words.ended
    }
}

fn expires(key: &Value, words: &Words) -> String {
    Some(text(key, "expires"))
        .filter(|t| !t.is_empty())
        .unwrap_or_else(|| words.never.to_owned())
}

/// Asks for the three health checks; fails if one of them does.
fn health(
    settings: &AdminClient,
    as_json: bool,
    console: &mut Console<'_>,
) -> Result<Exit, Failure> {
    let words = words(settings.locale);
    let checks = [
        ("live", words.live),
        ("ready-read", words.ready_read),
        ("ready-write", words.ready_write),
    ];
    let mut results = serde_json::Map::new();
    let mut rows = Vec::new();
    for (check, name) in checks {
        let (method, path) = (Method::GET, format!("/health/{check}"));
        let request = Request {
            method,
            path,
            body: None,
            token: Token::NotNeeded,
        };
        let good = client::ask(settings, request)?.status == 200;
        results.insert(check.to_owned(), json!(good));
        rows.push(vec![
            name.to_owned(),
            if good { words.yes } else { words.no }.to_owned(),
        ]);
    }
    let all = results.values().all(|good| *good == json!(true));
    let text = if as_json {
        Value::Object(results).to_string()
    } else {
        table(&[words.check, words.state], &rows)
    };
    print(console, &text)?;
    Ok(if all { Exit::Done } else { Exit::Failed })
}

fn print(console: &mut Console<'_>, text: &str) -> io::Result<()> {
    console.out.write_all(text.as_bytes())?;
    if !text.is_empty() && !text.ends_with('\n') {
        console.out.write_all(b"\n")?;
    }
    console.out.flush()
}
