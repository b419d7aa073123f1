//! `acervo admin groups`.

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::Value;

use crate::config::Locale;
use crate::types::encoding;
use crate::types::names::{AgencyId, GroupName, PrincipalName};

use super::super::client::Request;
use super::super::table::table;
use super::super::words::{Words, words};
use super::Noun;
use super::view::{listed, text};

#[derive(Debug, Subcommand)]
pub(super) enum GroupsAction {
    /// List an agency's groups, who is in them and the roles that they give
    List {
        /// The agency
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
    },
    /// Put a principal into a group, which is made if it is new
    Add(Member),
    /// Remove a principal from a group
    Remove(Member),
}

#[derive(Args, Debug)]
pub(super) struct Member {
    /// The group
    #[arg(value_name = "GROUP", value_parser = GroupName::parse)]
    group: GroupName,
    /// The agency
    #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
    agency: AgencyId,
    /// The person or application
    #[arg(long, value_name = "NAME", value_parser = PrincipalName::parse)]
    principal: PrincipalName,
}

impl Member {
    fn path(&self) -> String {
        let group = encoding::percent(self.group.as_str().as_bytes());
        let principal = encoding::percent(self.principal.as_str().as_bytes());
        format!(
            "/agencies/{}/groups/{group}/principals/{principal}",
            self.agency
        )
    }
}

impl Noun for GroupsAction {
    fn request(&self) -> Request {
        match self {
            Self::List { agency } => {
                Request::new(Method::GET, format!("/agencies/{agency}/groups"))
            }
            Self::Add(member) => Request::new(Method::PUT, member.path()),
            Self::Remove(member) => Request::new(Method::DELETE, member.path()),
        }
    }

    fn view(&self, body: &Value, locale: Locale) -> String {
        let words = words(locale);
        match self {
            Self::List { .. } => listed(body, "groups", words, |list| groups(list, words)),
            Self::Add(member) | Self::Remove(member) => {
                format!("{} {}\n", words.changed, member.group)
            }
        }
    }
}

fn groups(list: &[Value], words: &Words) -> String {
    let row = |group: &Value| {
        vec![
            text(group, "group"),
            text(group, "principals"),
            text(group, "roles"),
        ]
    };
    let rows: Vec<Vec<String>> = list.iter().map(row).collect();
    let head = [words.group, words.principals, words.roles];
    table(
        &head.map(str::to_uppercase).each_ref().map(String::as_str),
        &rows,
    )
}
