//! `acervo admin health`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::config::AdminClient;

use super::super::client::{self, Request};
use super::super::error::Failure;
use super::super::table::table;
use super::super::words::words;
use super::super::{Console, Exit};
use super::print;

/// Asks for the three health checks; fails if one of them does.
pub(super) fn health(
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
        let request = Request::new(Method::GET, format!("/health/{check}")).without_token();
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
