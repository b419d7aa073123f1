//! What a walk over a bucket's versions would remove: planned here, done elsewhere.
//!
//! ```text
//! newest of its key    document   expires by age or date: removed, or hidden by a delete marker
//!                      marker     goes when it is alone, by age or where a rule says so
//! older                document   goes some days after it ceased to be current, which is when the
//!                                 next newer version came, unless it is among those to keep
//!                      marker     the same; it takes no place among those to keep
//! ```

use crate::store::expire::Expiry;
use crate::store::expire::Removal;
use crate::store::expire::VersionRow;
use crate::types::clock::Time;

use super::rules::Day;
use super::rules::Expiration;
use super::rules::Rules;
use super::rules::Seen;

/// A plan under way: takes rows by key, the newest of a key first, and says what goes.
pub(super) struct Planner<'r> {
    rules: &'r Rules,
    /// By which time something must be due.
    now: Time,
    day: Day,
    /// The key of the row before.
    key: Option<Key>,
}

struct Key {
    object_key: String,
    /// When the row before this one came: since then what follows is not current.
    successor: Time,
    /// Documents of this key that are not current, so far.
    noncurrent: u32,
    /// A marker that is the newest, until something older shows that it hides something.
    lone_marker: Option<Removal>,
}

impl<'r> Planner<'r> {
    pub(super) fn new(rules: &'r Rules, now: Time, day: Day) -> Self {
        Self {
            rules,
            now,
            day,
            key: None,
        }
    }

    /// Takes the next row; adds what is certain to go.
    pub(super) fn take(&mut self, row: VersionRow, removals: &mut Vec<Removal>) {
        let same = self
            .key
            .as_mut()
            .filter(|key| key.object_key == row.object_key.as_str());
        match same {
            Some(key) => {
                key.lone_marker = None;
                let since = std::mem::replace(&mut key.successor, row.modified);
                let newer = key.noncurrent;
                if !row.is_marker {
                    key.noncurrent = key.noncurrent.saturating_add(1);
                }
                removals.extend(self.older(row, since, newer));
            }
            None => {
                self.finish(removals);
                let object_key = row.object_key.as_str().to_owned();
                let successor = row.modified;
                let planned = self.newest(row);
                let mut lone_marker = None;
                match planned {
                    Some(removal) if removal.expiry == Expiry::LoneMarker => {
                        lone_marker = Some(removal);
                    }
                    other => removals.extend(other),
                }
                self.key = Some(Key {
                    object_key,
                    successor,
                    noncurrent: 0,
                    lone_marker,
                });
            }
        }
    }

    /// No more rows: what was uncertain is decided.
    pub(super) fn finish(&mut self, removals: &mut Vec<Removal>) {
        let key = self.key.take();
        removals.extend(key.and_then(|key| key.lone_marker));
    }

    fn newest(&self, row: VersionRow) -> Option<Removal> {
        let seen = seen(&row);
        if !row.is_marker {
            let (due, rule) = self.rules.expiration(&seen, row.modified, self.day)?;
            let rule = rule.id.clone();
            return (due <= self.now).then_some(Removal {
                row,
                expiry: Expiry::Current,
                rule,
            });
        }
        let rule = self.rules.enabled().find(|rule| {
            let goes = match rule.expiration {
                Some(Expiration::Marker(goes)) => goes,
                Some(Expiration::Days(days)) => self.day.after(row.modified, days) <= self.now,
                Some(Expiration::Date(millis)) => Time::from_millis(millis) <= self.now,
                None => false,
            };
            goes && rule.filter.fits(&seen)
        })?;
        let rule = rule.id.clone();
        Some(Removal {
            row,
            expiry: Expiry::LoneMarker,
            rule,
        })
    }

    fn older(&self, row: VersionRow, since: Time, newer: u32) -> Option<Removal> {
        let seen = seen(&row);
        let rule = self.rules.enabled().find(|rule| {
            rule.noncurrent.is_some_and(|noncurrent| {
                self.day.after(since, noncurrent.days) <= self.now
                    && newer >= noncurrent.keep.unwrap_or(0)
            }) && rule.filter.fits(&seen)
        })?;
        let rule = rule.id.clone();
        Some(Removal {
            row,
            expiry: Expiry::Noncurrent,
            rule,
        })
    }
}

fn seen(row: &VersionRow) -> Seen<'_> {
    Seen {
        object_key: row.object_key.as_str(),
        size_bytes: (!row.is_marker).then_some(row.size_bytes),
        tags: row.tags.pairs(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::rules::{Day, Expiration, Filter, Noncurrent, Rule, Rules};
    use super::Planner;
    use crate::store::expire::VersionRow;
    use crate::types::clock::Time;
    use crate::types::ids::{Sequence, VersionId};
    use crate::types::names::ObjectKey;
    use crate::types::tags::Tags;

    fn rule(expiration: Option<Expiration>, noncurrent: Option<(u32, Option<u32>)>) -> Rule {
        Rule {
            id: "r".into(),
            is_enabled: true,
            filter: Filter::default(),
            expiration,
            noncurrent: noncurrent.map(|(days, keep)| Noncurrent { days, keep }),
            abort_days: None,
        }
    }

    /// Rows are `key@second` for a document, `key@second!` for a delete marker, newest first. Days
    /// last ten seconds; now is second 100. Gives what goes, and how.
    #[track_caller]
    fn check(rule: Rule, rows: &[&str], expected: &[&str]) {
        let rules = Rules {
            shape: 1,
            rules: vec![rule],
            transition_minimum: String::new(),
        };
        let mut planner = Planner::new(&rules, Time::from_seconds(100), Day::of_seconds(10));
        let mut removals = Vec::new();
        for text in rows {
            let (key, rest) = text.split_once('@').unwrap();
            let second: i64 = rest.trim_end_matches('!').parse().unwrap();
            let row = VersionRow {
                object_key: ObjectKey::parse(key).unwrap(),
                sequence: Sequence(second),
                version_id: VersionId::Null,
                size_bytes: 1,
                is_marker: rest.ends_with('!'),
                modified: Time::from_seconds(second),
                tags: Tags::default(),
            };
            planner.take(row, &mut removals);
        }
        planner.finish(&mut removals);
        let gone: Vec<String> = removals
            .iter()
            .map(|removal| {
                let row = &removal.row;
                let (key, at) = (row.object_key.as_str(), row.sequence.0);
                format!("{:?} {key}@{at}", removal.expiry)
            })
            .collect();
        assert_eq!(gone, expected, "{rows:?}");
    }

    #[test]
    fn current_versions_expire_by_age_and_date() {
        let days = |n| rule(Some(Expiration::Days(n)), None);
        check(
            days(1),
            &["a@90", "b@91", "c@10"],
            &["Current a@90", "Current c@10"],
        );
        check(days(1), &["a@95", "a@10"], &[]);
        check(days(20), &["a@10"], &[]);
        let date = |second: i64| rule(Some(Expiration::Date(second * 1_000)), None);
        check(date(100), &["a@99"], &["Current a@99"]);
        check(date(101), &["a@1"], &[]);
        let mut off = days(1);
        off.is_enabled = false;
        check(off, &["a@10"], &[]);
    }

    #[test]
    fn lone_markers_go() {
        let marker = rule(Some(Expiration::Marker(true)), None);
        check(marker.clone(), &["a@99!"], &["LoneMarker a@99"]);
        check(
            marker.clone(),
            &["a@99!", "a@98", "b@99!"],
            &["LoneMarker b@99"],
        );
        check(marker, &["a@99!", "a@98!"], &[]);
        check(rule(Some(Expiration::Marker(false)), None), &["a@9!"], &[]);
        let days = rule(Some(Expiration::Days(1)), None);
        check(days, &["a@90!", "b@95!"], &["LoneMarker a@90"]);
    }

    #[test]
    fn older_versions_go_when_they_were_long_enough_not_current() {
        let days = |n| rule(None, Some((n, None)));
        // Since 90 not current: due at 100. Since 95: due at 110.
        check(
            days(1),
            &["a@90", "a@10", "b@95", "b@10"],
            &["Noncurrent a@10"],
        );
        check(days(1), &["a@95!", "a@80!", "a@70"], &["Noncurrent a@70"]);
        let keep = |n| rule(None, Some((1, Some(n))));
        check(
            keep(2),
            &["a@50", "a@40", "a@30", "a@20", "a@10", "b@50", "b@40"],
            &["Noncurrent a@20", "Noncurrent a@10"],
        );
        // A marker takes no place, and goes once enough newer ones are kept.
        check(
            keep(1),
            &["a@50", "a@40!", "a@30", "a@20!", "a@10"],
            &["Noncurrent a@20", "Noncurrent a@10"],
        );
    }
}
