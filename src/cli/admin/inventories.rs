//! `acervo admin inventories`.

use clap::Subcommand;
use reqwest::Method;
use serde_json::Value;

use crate::config::Locale;
use crate::types::names::AgencyId;

use super::super::client::Request;
use super::super::table::table;
use super::super::words::{Words, words};
use super::Noun;
use super::view::{listed, text};

#[derive(Debug, Subcommand)]
pub(super) enum InventoriesAction {
    /// Show when the report of each configuration was last written
    List {
        /// The agency
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
    },
}

impl Noun for InventoriesAction {
    fn request(&self) -> Request {
        let Self::List { agency } = self;
        Request::new(Method::GET, format!("/agencies/{agency}/inventories"))
    }

    fn view(&self, body: &Value, locale: Locale) -> String {
        let words = words(locale);
        listed(body, "inventories", words, |list| inventories(list, words))
    }
}

fn inventories(list: &[Value], words: &Words) -> String {
    let row = |inventory: &Value| {
        let state = match text(inventory, "state").as_str() {
            "running" => words.walking.to_owned(),
            "done" => words.done.to_owned(),
            "failed" => words.failed.to_owned(),
            "off" => words.off.to_owned(),
            "new" => words.not_yet.to_owned(),
            other => other.to_owned(),
        };
        let reason = match text(inventory, "failure").as_str() {
            "no_target" => words.no_target.to_owned(),
            "refused" => words.target_refused.to_owned(),
            "quota" => words.quota_reached.to_owned(),
            "key" => words.key_unavailable.to_owned(),
            "unreadable" => words.unreadable.to_owned(),
            other => other.to_owned(),
        };
        vec![
            text(inventory, "bucket"),
            text(inventory, "id"),
            state,
            text(inventory, "written"),
            text(inventory, "rows"),
            text(inventory, "target_bucket"),
            reason,
        ]
    };
    let head = [
        words.bucket,
        words.name,
        words.state,
        words.written,
        words.rows,
        words.target,
        words.reason,
    ];
    table(&head, &list.iter().map(row).collect::<Vec<_>>())
}
