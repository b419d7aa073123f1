//! `acervo admin issuers`.

use std::path::PathBuf;

use clap::Subcommand;
use reqwest::Method;
use serde_json::Value;

use crate::config::Locale;
use crate::types::encoding;
use crate::types::names::AgencyId;

use super::super::client::Request;
use super::super::table::table;
use super::super::words::{Words, words};
use super::Noun;
use super::view::{listed, text};

#[derive(Debug, Subcommand)]
pub(super) enum IssuersAction {
    /// Trust an identity provider for an agency
    Add {
        /// The agency
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
        /// Its settings as JSON: name, issuer, audiences, and jwks, jwks_url or discovery_url; the
        /// API's description has them all
        #[arg(value_name = "JSON", value_parser = parse_json)]
        settings: Value,
    },
    /// List the identity providers that an agency added
    List {
        /// The agency
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
    },
    /// Trust an identity provider no more; its tokens end at once
    Remove {
        /// The agency
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
        /// What the agency calls it
        name: String,
    },
}

/// JSON, or `@` and the file that it is in.
pub(super) fn parse_json(text: &str) -> Result<Value, String> {
    let read = match text.strip_prefix('@') {
        Some(path) => {
            std::fs::read_to_string(PathBuf::from(path)).map_err(|error| error.to_string())?
        }
        None => text.to_owned(),
    };
    serde_json::from_str(&read).map_err(|error| error.to_string())
}

impl Noun for IssuersAction {
    fn request(&self) -> Request {
        let path = |agency: &AgencyId| format!("/agencies/{agency}/issuers");
        match self {
            Self::Add { agency, settings } => {
                Request::new(Method::POST, path(agency)).body(settings.clone())
            }
            Self::List { agency } => Request::new(Method::GET, path(agency)),
            Self::Remove { agency, name } => {
                let name = encoding::percent(name.as_bytes());
                Request::new(Method::DELETE, format!("{}/{name}", path(agency)))
            }
        }
    }

    fn view(&self, body: &Value, locale: Locale) -> String {
        let words = words(locale);
        match self {
            Self::Add { settings, .. } => format!("{} {}\n", words.trusted, text(settings, "name")),
            Self::List { .. } => listed(body, "issuers", words, |list| issuers(list, words)),
            Self::Remove { name, .. } => format!("{} {name}\n", words.revoked),
        }
    }
}

fn issuers(list: &[Value], words: &Words) -> String {
    let row = |issuer: &Value| {
        let has_keys = issuer.get("has_keys") == Some(&Value::Bool(true));
        vec![
            text(issuer, "name"),
            text(issuer, "issuer"),
            text(issuer, "audiences"),
            text(issuer, "created"),
            if has_keys { words.yes } else { words.no }.to_owned(),
        ]
    };
    let rows: Vec<Vec<String>> = list.iter().map(row).collect();
    let head = [words.name, "ISS", "AUD", words.created, words.keys_here];
    table(&head, &rows)
}
