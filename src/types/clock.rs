//! The only place that knows the time (law 9).

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use jiff::Timestamp;

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
        self.timestamp()
            .strftime("%Y-%m-%dT%H:%M:%S.000Z")
            .to_string()
    }

    /// `2026-11-23T20:52:00.123Z`, where a lost millisecond would matter.
    pub fn iso8601_millis(self) -> String {
        self.timestamp()
            .strftime("%Y-%m-%dT%H:%M:%S.%3fZ")
            .to_string()
    }

    /// `Mon, 23 Nov 2026 20:52:00 GMT` (RFC 9110 section 5.6.7, IMF-fixdate).
    pub fn http_date(self) -> String {
        self.timestamp()
            .strftime("%a, %d %b %Y %H:%M:%S GMT")
            .to_string()
    }

    /// This moment some years later by the calendar, in UTC; the last one there is if that is
    /// beyond it.
    #[must_use]
    pub fn plus_years(self, years: u32) -> Self {
        let span = jiff::Span::new().try_years(years);
        let later = span.and_then(|span| {
            let civil = jiff::tz::TimeZone::UTC.to_datetime(self.timestamp());
            civil.checked_add(span)
        });
        later
            .ok()
            .and_then(Self::from_civil)
            .unwrap_or(Self(Timestamp::MAX.as_millisecond()))
    }

    /// Reads an HTTP date in its preferred form (RFC 9110 section 5.6.7, IMF-fixdate).
    pub fn parse_http_date(text: &str) -> Option<Self> {
        let civil = jiff::civil::DateTime::strptime("%a, %d %b %Y %H:%M:%S GMT", text).ok()?;
        Self::from_civil(civil)
    }

    /// Reads `20261123T205200Z`, the date form of Signature Version 4.
    pub fn parse_amz_date(text: &str) -> Option<Self> {
        if text.len() != 16 {
            return None;
        }
        Self::from_civil(jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?)
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

    fn from_civil(civil: jiff::civil::DateTime) -> Option<Self> {
        let timestamp = jiff::tz::TimeZone::UTC.to_timestamp(civil).ok()?;
        Some(Self(timestamp.as_millisecond()))
    }
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
        assert_eq!(Time::parse_http_date("yesterday"), None);
    }
}
