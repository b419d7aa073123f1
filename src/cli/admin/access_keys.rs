//! `acervo admin access-keys`.

use clap::Subcommand;
use reqwest::Method;
use serde_json::{Value, json};

use crate::config::Locale;
use crate::types::ids::AccessKeyId;
use crate::types::names::{AgencyId, InvalidName, PrincipalName};
use crate::types::roles::Role;

use super::super::client::Request;
use super::super::table::table;
use super::super::words::{Words, words};
use super::Noun;
use super::policy;
use super::view::{expires, facts, listed, text};

#[derive(Debug, Subcommand)]
pub(super) enum AccessKeysAction {
    /// Make an access key; its secret is shown once
    Create {
        /// The agency
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
        /// The person or application that will use it; made if it is new
        #[arg(long, value_name = "NAME", value_parser = PrincipalName::parse)]
        principal: PrincipalName,
        /// What it may do: app, reader, reviewer, records-officer, auditor, agency-admin, or none
        /// but what policies give it
        #[arg(long, value_name = "ROLE", value_parser = parse_role)]
        role: String,
        /// A policy that narrows it for good: a document, or @ and the path of a file with one
        #[arg(long, value_name = "JSON|@PATH", value_parser = policy::parse)]
        policy: Option<Value>,
        /// Seconds after which it ends; without this, never
        #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
        expires_in_seconds: Option<u32>,
    },
    /// List the access keys of an agency, without their secrets
    List {
        /// The agency
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
    },
    /// End an access key at once
    Revoke {
        /// The access key id
        #[arg(value_parser = AccessKeyId::parse)]
        id: AccessKeyId,
        /// The agency
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
    },
}

fn parse_role(text: &str) -> Result<String, InvalidName> {
    let is_built_in = Role::parse(text).is_some_and(|role| role != Role::Operator);
    (is_built_in || text == "none")
        .then(|| text.to_owned())
        .ok_or(InvalidName(
            "not one of: app, reader, reviewer, records-officer, auditor, agency-admin, none",
        ))
}

impl Noun for AccessKeysAction {
    fn request(&self) -> Request {
        match self {
            Self::Create {
                agency,
                principal,
                role,
                policy,
                expires_in_seconds,
            } => {
                let mut body = json!({ "principal": principal.as_str(), "role": role });
                if let (Some(policy), Some(members)) = (policy, body.as_object_mut()) {
                    members.insert("policy".to_owned(), policy.clone());
                }
                if let (Some(seconds), Some(members)) = (expires_in_seconds, body.as_object_mut()) {
                    members.insert("expires_in_seconds".to_owned(), json!(seconds));
                }
                Request::new(Method::POST, format!("/agencies/{agency}/access-keys")).body(body)
            }
            Self::List { agency } => {
                Request::new(Method::GET, format!("/agencies/{agency}/access-keys"))
            }
            Self::Revoke { id, agency } => {
                let path = format!("/agencies/{agency}/access-keys/{id}");
                Request::new(Method::DELETE, path)
            }
        }
    }

    fn view(&self, body: &Value, locale: Locale) -> String {
        let words = words(locale);
        match self {
            Self::Create { .. } => access_key(body, words),
            Self::List { .. } => {
                listed(body, "access_keys", words, |list| access_keys(list, words))
            }
            Self::Revoke { id, .. } => format!("{} {id}\n", words.revoked),
        }
    }
}

fn access_keys(list: &[Value], words: &Words) -> String {
    let row = |key: &Value| {
        let state = if text(key, "revoked").is_empty() {
            words.active
        } else {
            words.ended
        };
        vec![
            text(key, "access_key_id"),
            text(key, "principal"),
            text(key, "roles"),
            text(key, "created"),
            expires(key, words),
            state.to_owned(),
        ]
    };
    let rows: Vec<Vec<String>> = list.iter().map(row).collect();
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

fn access_key(key: &Value, words: &Words) -> String {
    let lines = facts(&[
        (words.access_key_id, text(key, "access_key_id")),
        (words.secret_access_key, text(key, "secret_access_key")),
        (words.principal, text(key, "principal")),
        (words.role, text(key, "role")),
        (words.canonical_id, text(key, "canonical_id")),
        (words.display_name, text(key, "display_name")),
        (words.created, text(key, "created")),
        (words.expires, expires(key, words)),
    ]);
    format!("{lines}\n{}\n", words.secret_once)
}
