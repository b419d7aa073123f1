//! Lists of versions, beside those of the model.

use std::fmt::Write as _;

use acervo::types::encoding::{parse_percent, percent};

use super::super::outcome::Outcome;
use super::super::{Compared, same};
use super::Versioned;
use crate::support::elements;

/// A row of a list of versions.
#[derive(Debug, Eq, PartialEq)]
struct Row {
    name: String,
    id: String,
    is_latest: bool,
    is_marker: bool,
}

impl Row {
    fn prefix(name: String) -> Self {
        Self {
            name,
            id: String::new(),
            is_latest: false,
            is_marker: false,
        }
    }
}

impl Versioned {
    /// What a list of versions must show: prefixes by their name alone.
    fn listed(&self, prefix: &str, folds: bool) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        for (key, versions) in &self.model.keys {
            let Some(rest) = key.strip_prefix(prefix) else {
                continue;
            };
            if let Some((head, _)) = rest.split_once('/').filter(|_| folds) {
                let row = Row::prefix(format!("{prefix}{head}/"));
                if rows.last() != Some(&row) {
                    rows.push(row);
                }
                continue;
            }
            rows.extend(versions.iter().enumerate().map(|(place, version)| Row {
                name: (*key).to_owned(),
                id: version.id.clone(),
                is_latest: place == 0,
                is_marker: version.bytes.is_none(),
            }));
        }
        rows
    }

    pub(super) fn list_versions(&mut self, prefix: &str, folds: bool, page: usize) -> Compared {
        let expected = self.listed(prefix, folds);
        let delimiter = if folds { "&delimiter=/" } else { "" };
        let query = format!(
            "versions&encoding-type=url&max-keys={page}&prefix={}{delimiter}",
            percent(prefix.as_bytes())
        );
        let mut from = String::new();
        let mut found = Vec::new();
        loop {
            let target = format!("/{}?{query}{from}", self.bucket);
            let answer = self.ask("GET", &target, &[], b"");
            same("outcome", &Outcome::of(&answer), &Outcome::ok(200))?;
            let text = answer.text();
            let rows = rows(&text)?;
            let is_short = rows.len() < page;
            found.extend(rows);
            if elements(&text, "IsTruncated") == ["false"] {
                break;
            }
            same("a page that is cut is full", &is_short, &false)?;
            from = format!("&key-marker={}", elements(&text, "NextKeyMarker").concat());
            if let Some(id) = elements(&text, "NextVersionIdMarker").pop() {
                let _ = write!(from, "&version-id-marker={id}");
            }
        }
        same("versions", &found, &expected)
    }

    pub(super) fn list(&mut self) -> Compared {
        let target = format!("/{}?list-type=2&encoding-type=url", self.bucket);
        let answer = self.ask("GET", &target, &[], b"");
        same("outcome", &Outcome::of(&answer), &Outcome::ok(200))?;
        let found = elements(&answer.text(), "Key");
        let found: Option<Vec<_>> = found.iter().map(|key| parse_percent(key)).collect();
        let keys = self.model.keys.keys();
        let current = keys.filter(|key| self.model.current(key).is_some());
        let current = current.map(|key| (*key).to_owned()).collect();
        same("keys", &found, &Some(current))
    }
}

/// The rows of a page in their order; prefixes stand at its end.
fn rows(text: &str) -> Result<Vec<Row>, String> {
    let decoded = |text: &str| parse_percent(text).ok_or("an escape that is none".to_owned());
    let mut rows = Vec::new();
    for element in ["Version", "DeleteMarker"] {
        let open = format!("<{element}>");
        for (at, _) in text.match_indices(&open) {
            let block = elements(&text[at..], element).into_iter().next();
            let block = block.unwrap_or_default();
            let of = |name: &str| elements(&block, name).concat();
            let row = Row {
                name: decoded(&of("Key"))?,
                id: of("VersionId"),
                is_latest: of("IsLatest") == "true",
                is_marker: element == "DeleteMarker",
            };
            rows.push((at, row));
        }
    }
    rows.sort_by_key(|(at, _)| *at);
    let mut rows: Vec<Row> = rows.into_iter().map(|(_, row)| row).collect();
    for prefix in elements(text, "CommonPrefixes") {
        rows.push(Row::prefix(decoded(&elements(&prefix, "Prefix").concat())?));
    }
    rows.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(rows)
}
