//! `acervo admin webhooks`.

use clap::Subcommand;
use reqwest::Method;
use serde_json::{Value, json};

use crate::config::Locale;
use crate::types::names::{AgencyId, BucketName};

use super::super::client::Request;
use super::super::table::table;
use super::super::words::{Words, words};
use super::Noun;
use super::view::{facts, listed, text};

#[derive(Debug, Subcommand)]
pub(super) enum WebhooksAction {
    /// Make a webhook, or give it another address; its secret is new and shown once
    Set {
        /// The agency
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
        /// 3 to 63 of a-z, 0-9 and -
        #[arg(value_parser = BucketName::parse)]
        name: BucketName,
        /// Where it is; the settings must allow its host
        #[arg(long, value_name = "URL")]
        url: String,
    },
    /// List the webhooks of an agency, without their secrets
    List {
        /// The agency
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
    },
    /// Remove a webhook and what it was still to be told
    Remove {
        /// The agency
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
        /// The webhook
        #[arg(value_parser = BucketName::parse)]
        name: BucketName,
    },
    /// List deliveries that failed: those that wait for another try, and the dead
    Failed {
        /// The agency
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
    },
    /// Have dead deliveries tried again
    Replay {
        /// The agency
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
        /// Those of this webhook; without it, all
        #[arg(value_parser = BucketName::parse)]
        name: Option<BucketName>,
    },
}

impl Noun for WebhooksAction {
    fn request(&self) -> Request {
        let webhooks = |agency: &AgencyId| format!("/agencies/{agency}/webhooks");
        let deliveries = |agency: &AgencyId| format!("/agencies/{agency}/deliveries");
        match self {
            Self::Set { agency, name, url } => Request::new(Method::PUT, webhooks(agency))
                .body(json!({ "name": name.as_str(), "url": url })),
            Self::List { agency } => Request::new(Method::GET, webhooks(agency)),
            Self::Remove { agency, name } => {
                Request::new(Method::DELETE, format!("{}/{name}", webhooks(agency)))
            }
            Self::Failed { agency } => Request::new(Method::GET, deliveries(agency)),
            Self::Replay { agency, name } => {
                let name = name.as_ref().map(BucketName::as_str);
                Request::new(Method::POST, deliveries(agency)).body(json!({ "webhook": name }))
            }
        }
    }

    fn view(&self, body: &Value, locale: Locale) -> String {
        let words = words(locale);
        match self {
            Self::Set { .. } => {
                let shown = facts(&[
                    (words.name, text(body, "name")),
                    ("ARN", text(body, "arn")),
                    (words.secret, text(body, "secret")),
                ]);
                format!("{shown}\n{}\n", words.secret_once)
            }
            Self::List { .. } => listed(body, "webhooks", words, |list| {
                let names = ["name", "url", "arn", "created"];
                rows(list, names, [words.name, "URL", "ARN", words.created])
            }),
            Self::Remove { name, .. } => format!("{} {name}\n", words.webhook_removed),
            Self::Failed { .. } => listed(body, "deliveries", words, |list| failed(list, words)),
            Self::Replay { .. } => format!("{} {}\n", words.replayed, text(body, "replayed")),
        }
    }
}

fn failed(list: &[Value], words: &Words) -> String {
    let names = [
        "webhook",
        "sequence",
        "state",
        "attempts",
        "due",
        "last_error",
    ];
    let head = [
        "WEBHOOK",
        words.event,
        words.state,
        words.tries,
        words.next_try,
        words.reason,
    ];
    rows(list, names, head)
}

fn rows<const N: usize>(list: &[Value], names: [&str; N], head: [&str; N]) -> String {
    let rows: Vec<Vec<String>> = list
        .iter()
        .map(|value| names.iter().map(|name| text(value, name)).collect())
        .collect();
    table(&head, &rows)
}
