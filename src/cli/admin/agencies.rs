//! `acervo admin agencies`.

use clap::Subcommand;
use reqwest::Method;
use serde_json::{Value, json};

use crate::config::Locale;
use crate::types::names::AgencyId;

use super::super::client::Request;
use super::super::table::table;
use super::super::words::{Words, words};
use super::Noun;
use super::view::{listed, text};

#[derive(Debug, Subcommand)]
pub(super) enum AgenciesAction {
    /// Make an agency with keys of its own
    Create {
        /// 3 to 40 of a-z, 0-9 and -
        #[arg(value_parser = AgencyId::parse)]
        name: AgencyId,
    },
    /// List all agencies
    List,
    /// Refuse every request of an agency until it is resumed
    Suspend {
        /// The agency
        #[arg(value_parser = AgencyId::parse)]
        name: AgencyId,
    },
    /// Serve a suspended agency again
    Resume {
        /// The agency
        #[arg(value_parser = AgencyId::parse)]
        name: AgencyId,
    },
}

impl Noun for AgenciesAction {
    fn request(&self) -> Request {
        match self {
            Self::Create { name } => Request::new(Method::POST, "/agencies".to_owned())
                .body(json!({ "name": name.as_str() })),
            Self::List => Request::new(Method::GET, "/agencies".to_owned()),
            Self::Suspend { name } => {
                Request::new(Method::POST, format!("/agencies/{name}/suspend"))
            }
            Self::Resume { name } => Request::new(Method::POST, format!("/agencies/{name}/resume")),
        }
    }

    fn view(&self, body: &Value, locale: Locale) -> String {
        let words = words(locale);
        match self {
            Self::Create { .. } => agencies(std::slice::from_ref(body), words),
            Self::List => listed(body, "agencies", words, |list| agencies(list, words)),
            Self::Suspend { name } => format!("{} {name}\n", words.now_suspended),
            Self::Resume { name } => format!("{} {name}\n", words.now_resumed),
        }
    }
}

fn agencies(list: &[Value], words: &Words) -> String {
    let row = |agency: &Value| {
        let state = match text(agency, "state").as_str() {
            "active" => words.active.to_owned(),
            "suspended" => words.suspended.to_owned(),
            other => other.to_owned(),
        };
        vec![
            text(agency, "name"),
            text(agency, "code"),
            state,
            text(agency, "created"),
        ]
    };
    let rows: Vec<Vec<String>> = list.iter().map(row).collect();
    table(&[words.name, words.code, words.state, words.created], &rows)
}
