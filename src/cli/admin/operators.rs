//! `acervo admin operators`.

use clap::Subcommand;
use reqwest::Method;
use serde_json::{Value, json};

use crate::config::Locale;
use crate::types::encoding;
use crate::types::names::PrincipalName;

use super::super::client::Request;
use super::super::table::table;
use super::super::words::{Words, words};
use super::Noun;
use super::view::{facts, listed, text};

#[derive(Debug, Subcommand)]
pub(super) enum OperatorsAction {
    /// Make an operator; its token is shown once
    Create {
        /// Its name, never given to a second one
        #[arg(value_name = "NAME", value_parser = PrincipalName::parse)]
        name: PrincipalName,
    },
    /// List every operator, and who made it
    List,
    /// Refuse an operator's token from now on
    Revoke {
        /// Its name
        #[arg(value_name = "NAME", value_parser = PrincipalName::parse)]
        name: PrincipalName,
    },
}

impl Noun for OperatorsAction {
    fn request(&self) -> Request {
        let path = || "/operators".to_owned();
        match self {
            Self::Create { name } => {
                Request::new(Method::POST, path()).body(json!({ "name": name.as_str() }))
            }
            Self::List => Request::new(Method::GET, path()),
            Self::Revoke { name } => {
                let name = encoding::percent(name.as_str().as_bytes());
                Request::new(Method::DELETE, format!("/operators/{name}"))
            }
        }
    }

    fn view(&self, body: &Value, locale: Locale) -> String {
        let words = words(locale);
        match self {
            Self::Create { .. } => created(body, words),
            Self::List => listed(body, "operators", words, |list| operators(list, words)),
            Self::Revoke { name } => format!("{} {name}\n", words.revoked),
        }
    }
}

fn created(body: &Value, words: &Words) -> String {
    let lines = facts(&[
        (words.name, text(body, "name")),
        (words.operator_token, text(body, "token")),
    ]);
    let dependent = if body.get("is_independent") == Some(&Value::Bool(false)) {
        format!("{}\n", words.made_alone)
    } else {
        String::new()
    };
    format!("{lines}\n{}\n{dependent}", words.secret_once)
}

fn operators(list: &[Value], words: &Words) -> String {
    let row = |operator: &Value| {
        let state = if text(operator, "revoked").is_empty() {
            words.active
        } else {
            words.ended
        };
        vec![
            text(operator, "name"),
            state.to_owned(),
            text(operator, "made_by"),
            text(operator, "seconded_by"),
            text(operator, "hand"),
            text(operator, "created"),
        ]
    };
    let rows: Vec<Vec<String>> = list.iter().map(row).collect();
    let head = [
        words.name,
        words.state,
        words.made_by,
        words.second_person,
        words.hand,
        words.created,
    ];
    table(
        &head.map(str::to_uppercase).each_ref().map(String::as_str),
        &rows,
    )
}
