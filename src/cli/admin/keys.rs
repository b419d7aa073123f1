//! `acervo admin keys`.

use clap::Subcommand;
use reqwest::Method;
use serde_json::{Value, json};

use crate::config::Locale;
use crate::types::names::{AgencyId, KeyName};

use super::super::client::Request;
use super::super::table::table;
use super::super::words::{Words, words};
use super::Noun;
use super::view::{listed, text};

#[derive(Debug, Subcommand)]
pub(super) enum KeysAction {
    /// Make a key; S3 clients name it as a KMS key id
    Create {
        /// The agency
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
        /// The key: 1 to 63 of a-z, 0-9 and -
        #[arg(long, value_name = "NAME", value_parser = KeyName::parse)]
        name: KeyName,
    },
    /// List the keys of an agency
    List {
        /// The agency
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
    },
    /// Make a new version, which seals from now on; the old ones open
    Rotate {
        /// The agency
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
        /// The key
        #[arg(long, value_name = "NAME", value_parser = KeyName::parse)]
        name: KeyName,
    },
    /// Destroy the versions before the newest, once nothing needs them
    DestroyOldVersions {
        /// The agency
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
        /// The key
        #[arg(long, value_name = "NAME", value_parser = KeyName::parse)]
        name: KeyName,
    },
    /// Let a key open what it sealed, and seal nothing more
    Retire {
        /// The agency
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
        /// The key
        #[arg(long, value_name = "NAME", value_parser = KeyName::parse)]
        name: KeyName,
    },
    /// Destroy a key, and for ever all that it sealed; a second person confirms it
    Destroy {
        /// The agency
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
        /// The key
        #[arg(long, value_name = "NAME", value_parser = KeyName::parse)]
        name: KeyName,
        /// Confirm what another person asked for: nothing brings it back
        #[arg(long)]
        confirm: bool,
        /// Let the key seal again, if nobody has confirmed yet
        #[arg(long, conflicts_with = "confirm")]
        cancel: bool,
    },
}

impl Noun for KeysAction {
    fn request(&self) -> Request {
        let all = |agency: &AgencyId| format!("/agencies/{agency}/keys");
        let one = |agency, name: &KeyName, what| format!("{}/{name}/{what}", all(agency));
        match self {
            Self::Create { agency, name } => {
                let body = json!({ "name": name.as_str() });
                Request::new(Method::POST, all(agency)).body(body)
            }
            Self::List { agency } => Request::new(Method::GET, all(agency)),
            Self::Rotate { agency, name } => {
                Request::new(Method::POST, one(agency, name, "rotate"))
            }
            Self::DestroyOldVersions { agency, name } => {
                Request::new(Method::DELETE, one(agency, name, "old-versions"))
            }
            Self::Retire { agency, name } => {
                Request::new(Method::POST, one(agency, name, "retire"))
            }
            Self::Destroy {
                agency,
                name,
                confirm,
                cancel,
            } => {
                let (method, what) = match (confirm, cancel) {
                    (true, _) => (Method::POST, "destruction/confirmation"),
                    (false, true) => (Method::DELETE, "destruction"),
                    (false, false) => (Method::POST, "destruction"),
                };
                Request::new(method, one(agency, name, what))
            }
        }
    }

    fn view(&self, body: &Value, locale: Locale) -> String {
        let words = words(locale);
        match self {
            Self::List { .. } => listed(body, "keys", words, |list| keys(list, words)),
            Self::Destroy {
                confirm: false,
                cancel: false,
                ..
            } => {
                let shown = keys(std::slice::from_ref(body), words);
                format!("{shown}\n{}\n", words.second_person)
            }
            _ => keys(std::slice::from_ref(body), words),
        }
    }
}

fn keys(list: &[Value], words: &Words) -> String {
    let row = |key: &Value| {
        let asked = key
            .get("destruction")
            .map(|asked| text(asked, "requested_by"));
        vec![
            text(key, "name"),
            state(key, words),
            text(key, "version"),
            text(key, "objects"),
            text(key, "created"),
            asked.unwrap_or_default(),
        ]
    };
    let rows: Vec<Vec<String>> = list.iter().map(row).collect();
    let head = [
        words.name,
        words.state,
        words.version,
        words.objects,
        words.created,
        words.destruction_by,
    ];
    table(&head, &rows)
}

fn state(key: &Value, words: &Words) -> String {
    match text(key, "state").as_str() {
        "active" => words.active.to_owned(),
        "retired" => words.retired.to_owned(),
        "destroyed" => words.destroyed.to_owned(),
        other => other.to_owned(),
    }
}
