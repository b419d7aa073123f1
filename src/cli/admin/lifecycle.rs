//! `acervo admin lifecycle`.

use clap::Subcommand;
use reqwest::Method;
use serde_json::Value;

use crate::config::Locale;
use crate::types::names::{AgencyId, BucketName};

use super::super::client::Request;
use super::super::table::table;
use super::super::words::{Words, words};
use super::Noun;
use super::view::{listed, text};

#[derive(Debug, Subcommand)]
pub(super) enum LifecycleAction {
    /// Show how far the walks over the buckets with rules are
    Show {
        /// The agency
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
    },
    /// Show what would go from a bucket tonight; nothing goes by this
    Plan {
        /// The agency
        #[arg(long, value_name = "NAME", value_parser = AgencyId::parse)]
        agency: AgencyId,
        /// The bucket
        #[arg(value_parser = BucketName::parse)]
        bucket: BucketName,
    },
}

impl Noun for LifecycleAction {
    fn request(&self) -> Request {
        let path = match self {
            Self::Show { agency } => format!("/agencies/{agency}/lifecycle"),
            Self::Plan { agency, bucket } => {
                format!("/agencies/{agency}/lifecycle/{bucket}/plan")
            }
        };
        Request::new(Method::GET, path)
    }

    fn view(&self, body: &Value, locale: Locale) -> String {
        let words = words(locale);
        match self {
            Self::Show { .. } => listed(body, "walks", words, |list| walks(list, words)),
            Self::Plan { .. } => plan(body, words),
        }
    }
}

fn walks(list: &[Value], words: &Words) -> String {
    let row = |walk: &Value| {
        let state = match text(walk, "state").as_str() {
            "running" => words.walking.to_owned(),
            "done" => words.done.to_owned(),
            other => other.to_owned(),
        };
        let mut row = vec![text(walk, "bucket"), state];
        let rest = ["started", "finished", "examined", "removed", "kept"];
        row.extend(rest.map(|name| text(walk, name)));
        row
    };
    let head = [
        words.name,
        words.state,
        words.started,
        words.finished,
        words.examined,
        words.removed,
        words.kept,
    ];
    table(&head, &list.iter().map(row).collect::<Vec<_>>())
}

fn plan(body: &Value, words: &Words) -> String {
    let columns = ["current", "noncurrent", "markers", "uploads", "bytes"];
    let rules = body.get("rules").and_then(Value::as_object);
    let rows: Vec<Vec<String>> = rules
        .into_iter()
        .flatten()
        .map(|(rule, due)| {
            let mut row = vec![rule.clone()];
            row.extend(columns.map(|name| text(due, name)));
            row
        })
        .collect();
    let head = [
        words.rule,
        words.current,
        words.noncurrent,
        words.markers,
        words.uploads,
        words.bytes,
    ];
    let shown = if rows.is_empty() {
        format!("{}\n", words.nothing_goes)
    } else {
        table(&head, &rows)
    };
    let mut said = format!("{} {}\n{shown}", words.goes_at, text(body, "at"));
    if body.get("whole") == Some(&Value::Bool(false)) {
        said += &format!("{} {}\n", words.only_examined, text(body, "examined"));
    }
    said
}
