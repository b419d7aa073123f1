//! `acervo admin revocations`.

use clap::Subcommand;
use reqwest::Method;
use serde_json::{Value, json};

use crate::config::Locale;
use crate::types::encoding;
use crate::types::names::{AgencyId, PrincipalName};

use super::super::client::Request;
use super::super::table::table;
use super::super::words::{Words, words};
use super::Noun;
use super::view::{listed, text};

#[derive(Debug, Subcommand)]
pub(super) enum RevocationsAction {
    /// End all that a principal has: its access keys, sessions and tokens
    Create {
        /// The agency
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
        /// The person or application
        #[arg(long, value_name = "NAME", value_parser = PrincipalName::parse)]
        principal: PrincipalName,
        /// Refuse what is given to it later too, until this is lifted
        #[arg(long)]
        standing: bool,
    },
    /// List what was ended and could still be shown
    List {
        /// The agency
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
    },
    /// Let what is given to a principal from now on count again
    Lift {
        /// The agency
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
        /// The person or application
        #[arg(long, value_name = "NAME", value_parser = PrincipalName::parse)]
        principal: PrincipalName,
    },
}

impl Noun for RevocationsAction {
    fn request(&self) -> Request {
        let path = |agency: &AgencyId| format!("/agencies/{agency}/revocations");
        match self {
            Self::Create {
                agency,
                principal,
                standing,
            } => {
                let body = json!({ "principal": principal.as_str(), "standing": standing });
                Request::new(Method::POST, path(agency)).body(body)
            }
            Self::List { agency } => Request::new(Method::GET, path(agency)),
            Self::Lift { agency, principal } => {
                let name = encoding::percent(principal.as_str().as_bytes());
                let path = format!("{}/principals/{name}", path(agency));
                Request::new(Method::DELETE, path)
            }
        }
    }

    fn view(&self, body: &Value, locale: Locale) -> String {
        let words = words(locale);
        match self {
            Self::Create { principal, .. } => format!("{} {principal}\n", words.revoked),
            Self::List { .. } => {
                listed(body, "revocations", words, |list| revocations(list, words))
            }
            Self::Lift { principal, .. } => format!("{} {principal}\n", words.lifted),
        }
    }
}

fn revocations(list: &[Value], words: &Words) -> String {
    let row = |revocation: &Value| {
        let standing = if revocation.get("standing") == Some(&Value::Bool(true)) {
            words.yes
        } else {
            words.no
        };
        vec![
            text(revocation, "principal"),
            text(revocation, "access_key_id"),
            text(revocation, "at"),
            standing.to_owned(),
        ]
    };
    let rows: Vec<Vec<String>> = list.iter().map(row).collect();
    let head = [
        words.principal,
        words.access_key_id,
        words.up_to,
        words.standing,
    ];
    table(
        &head.map(str::to_uppercase).each_ref().map(String::as_str),
        &rows,
    )
}
