//! The rules of a bucket: which of its objects go by themselves, and when.
//!
//! Source: AWS S3 User Guide, "Lifecycle configuration elements", "Expiring objects".

use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;

use crate::types::clock::Time;

/// Between two looks whether a new day has begun, at the least.
const LOOK_MIN: Duration = Duration::from_millis(200);
/// The same, at the most.
const LOOK_MAX: Duration = Duration::from_secs(30);

/// The length of a day: 86,400 seconds, or less in a trial. Days begin at multiples of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Day {
    millis: i64,
}

impl Day {
    /// A day of so many seconds, at least one.
    pub fn of_seconds(seconds: u64) -> Self {
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX / 1_000);
        Self {
            millis: seconds.clamp(1, 86_400) * 1_000,
        }
    }

    /// Seconds of a day.
    pub const fn seconds(self) -> i64 {
        self.millis / 1_000
    }

    /// How long a job waits between two looks whether a new day has begun: less in trials with
    /// short days.
    pub fn look(self) -> Duration {
        let tenth = Duration::from_secs(self.seconds().unsigned_abs()) / 10;
        tenth.clamp(LOOK_MIN, LOOK_MAX)
    }

    /// How many days lie before the one of a moment.
    pub const fn number(self, at: Time) -> i64 {
        at.millis().div_euclid(self.millis)
    }

    /// The end of the day of a moment: the next midnight, in UTC.
    pub const fn end(self, at: Time) -> Time {
        Time::from_millis((self.number(at) + 1).saturating_mul(self.millis))
    }

    /// Some days after a moment, rounded up to midnight.
    pub const fn after(self, since: Time, days: u32) -> Time {
        let exact = (days as i64)
            .saturating_mul(self.millis)
            .saturating_add(since.millis());
        let rounded = exact
            .saturating_add(self.millis - 1)
            .div_euclid(self.millis);
        Time::from_millis(rounded.saturating_mul(self.millis))
    }
}

/// All rules of a bucket. Its JSON text is the bucket's lifecycle document.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// The shape of this document: 1.
    pub shape: u8,
    /// In the order in which they were given.
    pub rules: Vec<Rule>,
    /// What was said of transitions, of which there are none; given back as it came.
    pub transition_minimum: String,
}

/// One rule.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name, unique in the bucket.
    pub id: String,
    /// Whether it holds.
    pub is_enabled: bool,
    /// Of which objects.
    pub filter: Filter,
    /// When current versions expire.
    pub expiration: Option<Expiration>,
    /// When other versions go.
    pub noncurrent: Option<Noncurrent>,
    /// Days after which an unfinished upload is given up.
    pub abort_days: Option<u32>,
}

/// When a current version expires.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Expiration {
    /// Days after it was stored.
    Days(u32),
    /// At this moment, in milliseconds: a midnight.
    Date(i64),
    /// Never; but delete markers that hide nothing go, or stay.
    Marker(bool),
}

/// When a version that is not current goes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Noncurrent {
    /// Days after it ceased to be current.
    pub days: u32,
    /// How many newer ones that are not current stay whatever their age.
    pub keep: Option<u32>,
}

/// Which objects a rule is for: those that fit all of it.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// How it was written, so that it is given back so.
    pub form: Form,
    /// The key begins with this.
    pub prefix: Option<String>,
    /// The object has these tags.
    pub tags: Vec<(String, String)>,
    /// It has more bytes than this.
    pub larger_than: Option<u64>,
    /// It has fewer bytes than this.
    pub smaller_than: Option<u64>,
}

/// The element that a filter was written in.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub enum Form {
    /// `Filter`, with one condition or none.
    #[default]
    Filter,
    /// `Filter` with `And`.
    And,
    /// The `Prefix` of the rule itself, as before there were filters.
    Prefix,
}

/// What a filter looks at of an object.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Its key.
    pub object_key: &'a str,
    /// Its bytes; `None` for a delete marker.
    pub size_bytes: Option<u64>,
    /// Its tags.
    pub tags: &'a [(String, String)],
}

impl Filter {
    /// Whether the rule is for this object. A delete marker has neither size nor tags.
    pub fn fits(&self, seen: &Seen<'_>) -> bool {
        let prefix = self.prefix.as_deref().unwrap_or_default();
        let sized = match seen.size_bytes {
            Some(size) => {
                self.larger_than.is_none_or(|least| size > least)
                    && self.smaller_than.is_none_or(|most| size < most)
            }
            None => self.larger_than.is_none() && self.smaller_than.is_none(),
        };
        sized
            && seen.object_key.starts_with(prefix)
            && self.tags.iter().all(|tag| seen.tags.contains(tag))
    }
}

impl Rules {
    /// Reads a bucket's lifecycle document; `None` if it is not one that this program wrote
    /// (law 8: nothing goes by rules that cannot be read).
    pub fn parse(document: &str) -> Option<Self> {
        let rules: Self = serde_json::from_str(document).ok()?;
        (rules.shape == 1).then_some(rules)
    }

    /// The document.
    pub fn render(&self) -> String {
        serde_json::to_string(self).expect("lists of text and numbers always have a JSON form")
    }

    /// The rules that hold.
    pub fn enabled(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(|rule| rule.is_enabled)
    }

    /// Whether any rule asks for tags.
    pub fn ask_for_tags(&self) -> bool {
        self.enabled().any(|rule| !rule.filter.tags.is_empty())
    }

    /// When an object that is current and was stored at this moment expires, and by which rule: the
    /// earliest of those that fit.
    pub fn expiration(&self, seen: &Seen<'_>, stored: Time, day: Day) -> Option<(Time, &Rule)> {
        let due = self.enabled().filter_map(|rule| {
            let due = match rule.expiration? {
                Expiration::Days(days) => day.after(stored, days),
                Expiration::Date(millis) => Time::from_millis(millis),
                Expiration::Marker(_) => return None,
            };
            rule.filter.fits(seen).then_some((due, rule))
        });
        due.min_by_key(|(due, _)| *due)
    }
}

#[cfg(test)]
mod tests {
    use super::{Day, Expiration, Filter, Form, Rule, Rules, Seen};
    use crate::types::clock::Time;

    fn time(text: &str) -> Time {
        Time::parse_iso8601(text).unwrap()
    }

    #[test]
    fn days_end_at_midnight() {
        let day = Day::of_seconds(86_400);
        #[track_caller]
        fn check(since: &str, days: u32, due: &str) {
            let day = Day::of_seconds(86_400);
            assert_eq!(day.after(time(since), days), time(due), "{since} {days}");
        }
        // The example of AWS's guide, and its edges.
        check("2014-01-15T10:30:00Z", 3, "2014-01-19T00:00:00Z");
        check("2014-01-15T00:00:00Z", 1, "2014-01-16T00:00:00Z");
        check("2014-01-15T00:00:00.001Z", 1, "2014-01-17T00:00:00Z");
        check("2014-01-15T23:59:59.999Z", 1, "2014-01-17T00:00:00Z");
        check("2016-02-28T12:00:00Z", 1, "2016-03-01T00:00:00Z");
        assert_eq!(
            day.end(time("2014-01-15T00:00:00Z")),
            time("2014-01-16T00:00:00Z")
        );
        let second = Day::of_seconds(2);
        assert_eq!(
            second.after(Time::from_millis(1), 1),
            Time::from_millis(4_000)
        );
        assert_eq!(second.number(Time::from_millis(4_000)), 2);
        let far = day.after(Time::from_millis(i64::MAX - 5), u32::MAX);
        assert!(far > time("2200-01-01T00:00:00Z"));
    }

    #[track_caller]
    fn fits(filter: &Filter, key: &str, size: Option<u64>, tags: &[(&str, &str)], expected: bool) {
        let tags: Vec<_> = tags
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let seen = Seen {
            object_key: key,
            size_bytes: size,
            tags: &tags,
        };
        assert_eq!(filter.fits(&seen), expected, "{key} {size:?} {tags:?}");
    }

    #[test]
    fn a_filter_fits_what_has_all_of_it() {
        let all = Filter::default();
        fits(&all, "a", Some(0), &[], true);
        fits(&all, "a", None, &[], true);
        let filter = Filter {
            form: Form::And,
            prefix: Some("log/".into()),
            tags: vec![("k".into(), "v".into())],
            larger_than: Some(10),
            smaller_than: Some(20),
        };
        let tag = [("x", "y"), ("k", "v")];
        fits(&filter, "log/a", Some(11), &tag, true);
        fits(&filter, "log/a", Some(19), &tag, true);
        fits(&filter, "log/a", Some(10), &tag, false);
        fits(&filter, "log/a", Some(20), &tag, false);
        fits(&filter, "log", Some(11), &tag, false);
        fits(&filter, "log/a", Some(11), &[("k", "w")], false);
        fits(&filter, "log/a", Some(11), &[], false);
        fits(&filter, "log/a", None, &tag, false);
    }

    #[test]
    fn the_earliest_rule_expires() {
        let rule = |id: &str, is_enabled, expiration| Rule {
            id: id.into(),
            is_enabled,
            filter: Filter::default(),
            expiration: Some(expiration),
            noncurrent: None,
            abort_days: None,
        };
        let date = time("2026-01-03T00:00:00Z");
        let rules = Rules {
            shape: 1,
            rules: vec![
                rule("late", true, Expiration::Days(9)),
                rule("off", false, Expiration::Days(1)),
                rule("date", true, Expiration::Date(date.millis())),
                rule("marker", true, Expiration::Marker(true)),
            ],
            transition_minimum: String::new(),
        };
        let seen = Seen {
            object_key: "a",
            size_bytes: Some(1),
            tags: &[],
        };
        let stored = time("2026-01-01T10:00:00Z");
        let (due, rule) = rules
            .expiration(&seen, stored, Day::of_seconds(86_400))
            .unwrap();
        assert_eq!((due, rule.id.as_str()), (date, "date"));
        assert_eq!(Rules::parse(&rules.render()), Some(rules));
        assert_eq!(Rules::parse("{}"), None);
        let newer = "{\"shape\":2,\"rules\":[],\"transition_minimum\":\"\"}";
        assert_eq!(Rules::parse(newer), None);
    }
}
