//! The only place that knows the time (law 9).

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::civil::DateTime;

/// A moment: milliseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Time(i64);

impl Time {
    /// A moment from milliseconds since the Unix epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// A moment from seconds since the Unix epoch.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000))
    }

    /// Milliseconds since the Unix epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// This moment plus (or minus) some seconds.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000)))
    }

    /// The calendar form, clamped to what a calendar can show.
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_millisecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// `2026-11-23T20:52:00.000Z`, as S3's XML has it.
    pub fn iso8601(self) -> String {
        let at = self.civil();
        let [year, month, day, hour, minute, second] = numbers(at);
        let fields = [
            (0, 4, year),
            (5, 2, month),
            (8, 2, day),
            (11, 2, hour),
            (14, 2, minute),
            (17, 2, second),
        ];
        fill("0000-00-00T00:00:00.000Z", fields)
    }

    /// `2026-11-23T20:52:00.123Z`, where a lost millisecond would matter.
    pub fn iso8601_millis(self) -> String {
        self.timestamp()
            .strftime("%Y-%m-%dT%H:%M:%S.%3fZ")
            .to_string()
    }

    /// `Mon, 23 Nov 2026 20:52:00 GMT` (RFC 9110 section 5.6.7, IMF-fixdate).
    pub fn http_date(self) -> String {
        let at = self.civil();
        let [year, month, day, hour, minute, second] = numbers(at);
        let weekday = usize::try_from(at.weekday().to_monday_zero_offset()).unwrap_or(0);
        let named = usize::try_from(month - 1).unwrap_or(0);
        let mut text = String::with_capacity(29);
        text.push_str(WEEKDAYS.get(weekday).copied().unwrap_or_default());
        text.push_str(&fill(", 00 ", [(2, 2, day)]));
        text.push_str(MONTHS.get(named).copied().unwrap_or_default());
        let fields = [(1, 4, year), (6, 2, hour), (9, 2, minute), (12, 2, second)];
        text.push_str(&fill(" 0000 00:00:00 GMT", fields));
        text
    }

    /// This moment some years later by the calendar, in UTC; the last one there is if that is
    /// beyond it.
    #[must_use]
    pub fn plus_years(self, years: u32) -> Self {
        let span = jiff::Span::new().try_years(years);
        let later = span.and_then(|span| self.civil().checked_add(span));
        later
            .ok()
            .and_then(Self::from_civil)
            .unwrap_or(Self(Timestamp::MAX.as_millisecond()))
    }

    /// Reads an HTTP date in its preferred form (RFC 9110 section 5.6.7, IMF-fixdate).
    pub fn parse_http_date(text: &str) -> Option<Self> {
        let civil = DateTime::strptime("%a, %d %b %Y %H:%M:%S GMT", text).ok()?;
        Self::from_civil(civil)
    }

    /// Reads `20261123T205200Z`, the date form of Signature Version 4.
    pub fn parse_amz_date(text: &str) -> Option<Self> {
        let (day, rest) = text.as_bytes().split_first_chunk::<8>()?;
        let [b'T', h0, h1, m0, m1, s0, s1, b'Z'] = rest else {
            return None;
        };
        let [y0, y1, y2, y3, month, m, d0, d1] = day;
        let year = number(&[*y0, *y1, *y2, *y3])?;
        let two = |tens, ones| i8::try_from(number(&[tens, ones])?).ok();
        let (month, day) = (two(*month, *m)?, two(*d0, *d1)?);
        let (hour, minute, second) = (two(*h0, *h1)?, two(*m0, *m1)?, two(*s0, *s1)?);
        let civil = DateTime::new(year, month, day, hour, minute, second, 0);
        Self::from_civil(civil.ok()?)
    }

    /// `20261123T205200Z`, the date form of Signature Version 4.
    pub fn amz_date(self) -> String {
        self.timestamp().strftime("%Y%m%dT%H%M%SZ").to_string()
    }

    /// Reads an RFC 3339 date with its offset, as JSON and XML documents have it.
    pub fn parse_iso8601(text: &str) -> Option<Self> {
        text.parse::<Timestamp>()
            .ok()
            .map(|t| Self(t.as_millisecond()))
    }

    fn civil(self) -> DateTime {
        jiff::tz::TimeZone::UTC.to_datetime(self.timestamp())
    }

    fn from_civil(civil: DateTime) -> Option<Self> {
        let timestamp = jiff::tz::TimeZone::UTC.to_timestamp(civil).ok()?;
        Some(Self(timestamp.as_millisecond()))
    }
}

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

fn numbers(at: DateTime) -> [i64; 6] {
    let small = [at.month(), at.day(), at.hour(), at.minute(), at.second()];
    let [month, day, hour, minute, second] = small.map(i64::from);
    [i64::from(at.year()), month, day, hour, minute, second]
}

/// Writes numbers into a form, each at its place and as wide as its place is. A list writes a
/// thousand moments, which a formatter that reads a pattern takes most of a millisecond for.
fn fill<const N: usize>(form: &str, numbers: [(usize, usize, i64); N]) -> String {
    let mut text = form.as_bytes().to_vec();
    for (at, width, number) in numbers {
        let mut rest = number;
        for byte in text.iter_mut().skip(at).take(width).rev() {
            *byte = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
        }
    }
    String::from_utf8(text).unwrap_or_default()
}

/// Reads decimal digits.
fn number(digits: &[u8]) -> Option<i16> {
    digits.iter().try_fold(0, |number: i16, digit| {
        let digit = char::from(*digit).to_digit(10)?;
        number
            .checked_mul(10)?
            .checked_add(i16::try_from(digit).ok()?)
    })
}

/// A moment that retention may be compared with: no forward jump of the machine's clock is in it.
/// `store` vouches for each; see its `trusted` module.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct TrustedTime(Time);

impl TrustedTime {
    /// A moment that somebody vouches for.
    pub const fn vouched(time: Time) -> Self {
        Self(time)
    }

    /// The moment.
    pub const fn time(self) -> Time {
        self.0
    }
}

/// Tells the time. Cheap to clone; a clock made for tests is moved by hand.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(Arc<Manual>),
}

#[derive(Debug)]
struct Manual {
    millis: AtomicI64,
    uptime_millis: AtomicI64,
}

/// Set when a machine's clock is first asked how long it ran.
static STARTED: OnceLock<Instant> = OnceLock::new();

impl Clock {
    /// The machine's clock.
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still until [`Clock::set`] moves it.
    pub fn manual(at: Time) -> Self {
        Self(Source::Manual(Arc::new(Manual {
            millis: AtomicI64::new(at.millis()),
            uptime_millis: AtomicI64::new(0),
        })))
    }

    /// The moment now.
    #[expect(clippy::disallowed_methods, reason = "this is types::Clock")]
    pub fn now(&self) -> Time {
        match &self.0 {
            Source::System => Time(Timestamp::now().as_millisecond()),
            Source::Manual(manual) => Time(manual.millis.load(Ordering::SeqCst)),
        }
    }

    /// For how long the process runs, whatever anybody does to the time of day.
    pub fn uptime(&self) -> Duration {
        match &self.0 {
            Source::System => STARTED.get_or_init(Instant::now).elapsed(),
            Source::Manual(manual) => {
                let millis = manual.uptime_millis.load(Ordering::SeqCst);
                Duration::from_millis(u64::try_from(millis).unwrap_or(0))
            }
        }
    }

    /// Moves a manual clock, and all its clones, as somebody who sets it does; the machine's clock
    /// stays as it is.
    pub fn set(&self, at: Time) {
        if let Source::Manual(manual) = &self.0 {
            manual.millis.store(at.millis(), Ordering::SeqCst);
        }
    }

    /// Lets a manual clock run on.
    pub fn advance(&self, seconds: i64) {
        if let Source::Manual(manual) = &self.0 {
            let millis = seconds.saturating_mul(1_000);
            manual.millis.fetch_add(millis, Ordering::SeqCst);
            manual.uptime_millis.fetch_add(millis, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Time;

    #[test]
    fn forms_of_a_moment() {
        let time = Time::from_seconds(1_369_353_600);
        assert_eq!(time.iso8601(), "2013-05-24T00:00:00.000Z");
        assert_eq!(time.http_date(), "Fri, 24 May 2013 00:00:00 GMT");
        assert_eq!(time.amz_date(), "20130524T000000Z");
        assert_eq!(
            Time::parse_http_date("Fri, 24 May 2013 00:00:00 GMT"),
            Some(time)
        );
        assert_eq!(Time::parse_amz_date("20130524T000000Z"), Some(time));
        assert_eq!(Time::parse_iso8601("2013-05-23T18:00:00-06:00"), Some(time));
        assert_eq!(Time::parse_amz_date("20130524T00000Z"), None);
        assert_eq!(Time::parse_amz_date("20131324T000000Z"), None);
        assert_eq!(Time::parse_amz_date("+0130524T000000Z"), None);
        assert_eq!(Time::parse_amz_date("20130524T000000z"), None);
        assert_eq!(Time::parse_http_date("yesterday"), None);
    }

    #[test]
    fn every_form_reads_as_its_pattern_says() {
        for days in 0..800 {
            let time = Time::from_seconds(1_709_164_799 + days * 86_399);
            let written = |pattern| time.timestamp().strftime(pattern).to_string();
            assert_eq!(time.http_date(), written("%a, %d %b %Y %H:%M:%S GMT"));
            assert_eq!(time.iso8601(), written("%Y-%m-%dT%H:%M:%S.000Z"));
            assert_eq!(Time::parse_amz_date(&time.amz_date()), Some(time));
        }
    }
}
