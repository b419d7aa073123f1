//! Lists, beside the keys of the map.

use acervo::types::encoding::{parse_percent, percent};

use super::super::outcome::Outcome;
use super::super::{Compared, same};
use super::World;
use crate::support::elements;

impl World {
    /// All that a list must show after a key, folded.
    fn listed(&self, prefix: &str, delimiter: &str, after: Option<&str>) -> Vec<(bool, String)> {
        let mut entries = Vec::new();
        for key in self.objects.keys() {
            let Some(rest) = key.strip_prefix(prefix) else {
                continue;
            };
            let folded = rest.split_once(delimiter).filter(|_| !delimiter.is_empty());
            let folded = folded.map(|(head, _)| format!("{prefix}{head}{delimiter}"));
            // A marker that is a common prefix stands for all that it folds.
            let is_behind = match &folded {
                Some(folded) if Some(folded.as_str()) == after => false,
                _ => after.is_none_or(|after| key.as_str() > after),
            };
            let entry = match folded {
                Some(folded) => (true, folded),
                None => (false, key.clone()),
            };
            if is_behind && entries.last() != Some(&entry) {
                entries.push(entry);
            }
        }
        entries
    }

    pub(super) fn list(
        &mut self,
        is_v2: bool,
        prefix: &str,
        delimiter: &str,
        after: Option<&str>,
        page: usize,
    ) -> Compared {
        let place = self.place.clone();
        let mut expected = self.listed(prefix, delimiter, after);
        let mut query = format!(
            "encoding-type=url&max-keys={page}&prefix={}&delimiter={}",
            percent(format!("{place}{prefix}").as_bytes()),
            percent(delimiter.as_bytes()),
        );
        if is_v2 {
            query.push_str("&list-type=2");
        }
        let name = if is_v2 { "start-after" } else { "marker" };
        let mut from = after.map(|after| (name, format!("{place}{after}")));
        loop {
            let start = from.as_ref().map_or_else(String::new, |(name, after)| {
                format!("&{name}={}", percent(after.as_bytes()))
            });
            let target = format!("/{}?{query}{start}", self.bucket);
            let answer = self.ask("GET", &target, &[], b"");
            same("outcome", &Outcome::of(&answer), &Outcome::ok(200))?;
            let rest = expected.split_off(page.min(expected.len()));
            let found = self.entries(&answer.text())?;
            same("page", &found, &expected)?;
            let is_truncated = elements(&answer.text(), "IsTruncated");
            same(
                "is truncated",
                &is_truncated,
                &vec![(!rest.is_empty()).to_string()],
            )?;
            if rest.is_empty() {
                return Ok(());
            }
            let (_, last) = expected.last().ok_or("an empty page with a next one")?;
            let last = format!("{place}{last}");
            let token = elements(&answer.text(), "NextContinuationToken").pop();
            from = Some(match (is_v2, token) {
                (true, Some(token)) => ("continuation-token", token),
                (true, None) => return Err("a truncated page without a token".to_owned()),
                (false, _) => ("marker", last),
            });
            expected = rest;
        }
    }

    /// What a page shows, in order; sizes and tags are compared on the way.
    fn entries(&self, xml: &str) -> Result<Vec<(bool, String)>, String> {
        let decoded = |text: &str| {
            let key = parse_percent(text).ok_or("an escape that is none")?;
            let key = key.strip_prefix(&self.place).map(str::to_owned);
            key.ok_or_else(|| format!("a key of somebody else: {text}"))
        };
        let mut entries = Vec::new();
        for object in elements(xml, "Contents") {
            let key = decoded(&elements(&object, "Key").concat())?;
            let known = self.objects.get(&key).ok_or(format!("{key} is listed"))?;
            let size = known.bytes.len().to_string();
            same("listed size", &elements(&object, "Size").concat(), &size)?;
            let etag = elements(&object, "ETag").concat().replace("&quot;", "\"");
            same("listed etag", &etag, &known.etag)?;
            entries.push((false, key));
        }
        for prefix in elements(xml, "CommonPrefixes") {
            entries.push((true, decoded(&elements(&prefix, "Prefix").concat())?));
        }
        entries.sort_by(|(_, a), (_, b)| a.cmp(b));
        Ok(entries)
    }
}
