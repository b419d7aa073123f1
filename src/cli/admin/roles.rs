//! `acervo admin roles`.

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use crate::config::Locale;
use crate::types::encoding;
use crate::types::names::{AgencyId, GroupName, PrincipalName, RoleName};

use super::super::client::Request;
use super::super::table::table;
use super::super::words::{Words, words};
use super::Noun;
use super::policy;
use super::view::{listed, text};

#[derive(Debug, Subcommand)]
pub(super) enum RolesAction {
    /// List an agency's own roles, and who has them
    List {
        /// The agency
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
    },
    /// Make a role, or give it another policy
    Set {
        #[command(flatten)]
        role: OneRole,
        /// What it allows and forbids: a policy document, or @ and the path of a file with one
        #[arg(long, value_name = "JSON|@PATH", value_parser = policy::parse)]
        policy: Value,
    },
    /// Remove a role, from whoever has it too
    Delete {
        #[command(flatten)]
        role: OneRole,
    },
    /// Give a role to a principal or to a group
    Give {
        #[command(flatten)]
        role: OneRole,
        #[command(flatten)]
        to: Holder,
    },
    /// Take a role from a principal or from a group
    Take {
        #[command(flatten)]
        role: OneRole,
        #[command(flatten)]
        from: Holder,
    },
}

#[derive(Args, Debug)]
pub(super) struct OneRole {
    /// The role
    #[arg(value_name = "ROLE", value_parser = RoleName::parse)]
    role: RoleName,
    /// The agency
    #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
    agency: AgencyId,
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(super) struct Holder {
    /// A person or an application
    #[arg(long, value_name = "NAME", value_parser = PrincipalName::parse)]
    principal: Option<PrincipalName>,
    /// A group
    #[arg(long, value_name = "NAME", value_parser = GroupName::parse)]
    group: Option<GroupName>,
}

impl OneRole {
    fn path(&self) -> String {
        let name = encoding::percent(self.role.as_str().as_bytes());
        format!("/agencies/{}/roles/{name}", self.agency)
    }

    fn holder(&self, holder: &Holder) -> String {
        let (kind, name) = match (&holder.principal, &holder.group) {
            (Some(principal), _) => ("principals", principal.as_str()),
            (None, group) => ("groups", group.as_ref().map_or("", GroupName::as_str)),
        };
        let name = encoding::percent(name.as_bytes());
        format!("{}/{kind}/{name}", self.path())
    }
}

impl Noun for RolesAction {
    fn request(&self) -> Request {
        match self {
            Self::List { agency } => Request::new(Method::GET, format!("/agencies/{agency}/roles")),
            Self::Set { role, policy } => {
                Request::new(Method::PUT, role.path()).body(json!({ "policy": policy }))
            }
            Self::Delete { role } => Request::new(Method::DELETE, role.path()),
            Self::Give { role, to } => Request::new(Method::PUT, role.holder(to)),
            Self::Take { role, from } => Request::new(Method::DELETE, role.holder(from)),
        }
    }

    fn view(&self, body: &Value, locale: Locale) -> String {
        let words = words(locale);
        match self {
            Self::List { .. } => listed(body, "roles", words, |list| roles(list, words)),
            Self::Set { role, .. }
            | Self::Delete { role }
            | Self::Give { role, .. }
            | Self::Take { role, .. } => format!("{} {}\n", words.changed, role.role),
        }
    }
}

fn roles(list: &[Value], words: &Words) -> String {
    let row = |role: &Value| {
        vec![
            text(role, "role"),
            text(role, "principals"),
            text(role, "groups"),
            text(role, "policy"),
        ]
    };
    let rows: Vec<Vec<String>> = list.iter().map(row).collect();
    let head = [words.role, words.principals, words.groups, words.policy];
    table(
        &head.map(str::to_uppercase).each_ref().map(String::as_str),
        &rows,
    )
}
