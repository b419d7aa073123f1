//! The time that retention is compared with.
//!
//! A machine's clock can be set, by mistake or to have locks end early. So retention is over when
//! both clocks say so: the machine's, and a trusted one that was never set. The trusted time goes
//! as the process runs. It never passes the machine's clock; where it lags behind it, because the
//! process stood still or the clock was brought forward, it catches up from a credit: a sixteenth
//! of the time that the process ran, at most an hour. Both are written down with the agency, so a
//! restart gives nothing away. See decision 15.
//!
//! What errs, errs on the side of locks: after a long stop they hold for longer, never for less.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use crate::meta::records::TrustedRecord;
use crate::types::clock::Clock;
use crate::types::clock::Time;
use crate::types::clock::TrustedTime;
use crate::types::limits;

/// How much of the time that the process runs may be caught up: one part in this many.
const CREDIT_SHARE: i64 = 16;

/// The trusted time of one agency.
pub(super) struct TrustedClock {
    clock: Clock,
    /// Guards the last observation; nothing is awaited under it.
    last: Mutex<Observed>,
}

#[derive(Clone, Copy)]
struct Observed {
    record: TrustedRecord,
    uptime: Duration,
}

impl TrustedClock {
    /// Goes on from what was written down. An agency that is new trusts the clock as it is, once.
    pub(super) fn new(clock: Clock, kept: Option<TrustedRecord>) -> Self {
        let record = kept.unwrap_or(TrustedRecord {
            at: clock.now(),
            credit_millis: limits::CLOCK_CREDIT_START_SECONDS * 1_000,
        });
        let last = Mutex::new(Observed {
            record,
            uptime: clock.uptime(),
        });
        Self { clock, last }
    }

    /// What retention is compared with.
    pub(super) fn now(&self) -> TrustedTime {
        let (wall, record) = self.observe();
        TrustedTime::vouched(record.at.min(wall))
    }

    /// The latest that it may be: from when retentions that begin now are counted.
    pub(super) fn latest(&self) -> Time {
        let (wall, record) = self.observe();
        record.at.max(wall)
    }

    /// What is to be written down.
    pub(super) fn record(&self) -> TrustedRecord {
        self.observe().1
    }

    /// By how much the trusted time is behind the machine's clock.
    pub(super) fn lag_seconds(&self) -> i64 {
        let (wall, record) = self.observe();
        wall.seconds().saturating_sub(record.at.seconds())
    }

    fn observe(&self) -> (Time, TrustedRecord) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let (wall, uptime) = (self.clock.now(), self.clock.uptime());
        let elapsed = uptime.saturating_sub(last.uptime);
        last.record = advanced(last.record, wall, millis(elapsed));
        // What is too short to count is counted with what follows it.
        last.uptime += Duration::from_millis(u64::try_from(millis(elapsed)).unwrap_or(0));
        (wall, last.record)
    }
}

fn millis(duration: Duration) -> i64 {
    let whole = duration.as_millis() / u128::from(CREDIT_SHARE.unsigned_abs());
    i64::try_from(whole).map_or(i64::MAX, |n| n.saturating_mul(CREDIT_SHARE))
}

/// How far trust has come after the process ran for so long, on a machine that says it is `wall`.
fn advanced(kept: TrustedRecord, wall: Time, elapsed_millis: i64) -> TrustedRecord {
    let credit_max = limits::CLOCK_CREDIT_SECONDS_MAX * 1_000;
    let earned = elapsed_millis / CREDIT_SHARE;
    let credit = kept.credit_millis.saturating_add(earned);
    let ran = kept.at.millis().saturating_add(elapsed_millis);
    let behind = wall.millis().saturating_sub(ran);
    let caught_up = behind.clamp(0, credit.max(0));
    let reached = ran.saturating_add(caught_up).min(wall.millis());
    TrustedRecord {
        at: kept.at.max(Time::from_millis(reached)),
        credit_millis: (credit - caught_up).min(credit_max),
    }
}

#[cfg(test)]
mod tests {
    use super::TrustedClock;
    use crate::types::clock::{Clock, Time};

    const START: i64 = 1_800_000_000;
    const DAY: i64 = 86_400;

    fn clock() -> Clock {
        Clock::manual(Time::from_seconds(START))
    }

    fn after(trusted: &TrustedClock) -> i64 {
        trusted.now().time().seconds() - START
    }

    #[test]
    fn time_that_passes_is_trusted() {
        let clock = clock();
        let trusted = TrustedClock::new(clock.clone(), None);
        for day in 1..=1_000 {
            clock.advance(DAY);
            assert_eq!(after(&trusted), day * DAY);
        }
        assert_eq!(trusted.lag_seconds(), 0);
    }

    #[test]
    fn a_jump_forward_is_not() {
        let clock = clock();
        let trusted = TrustedClock::new(clock.clone(), None);
        clock.set(Time::from_seconds(START + 3_650 * DAY));
        assert_eq!(after(&trusted), 10, "what a new agency may catch up");
        clock.advance(16_000);
        assert_eq!(after(&trusted), 10 + 16_000 + 1_000);
        // Restarts give nothing.
        let mut record = trusted.record();
        for _ in 0..1_000 {
            record = TrustedClock::new(clock.clone(), Some(record)).record();
        }
        let trusted = TrustedClock::new(clock.clone(), Some(record));
        assert_eq!(after(&trusted), 10 + 16_000 + 1_000);
        // Nor does asking often, and nothing is lost by it.
        for _ in 0..100_000 {
            clock.advance(1);
            trusted.now();
        }
        assert_eq!(after(&trusted), 10 + 116_000 + 7_250);
        // Set right again, the clock is believed at once.
        clock.set(Time::from_seconds(START + 116_000));
        assert_eq!(after(&trusted), 116_000);
    }

    #[test]
    fn a_stop_is_caught_up() {
        let clock = clock();
        let trusted = TrustedClock::new(clock.clone(), None);
        clock.advance(DAY);
        let record = trusted.record();
        // Off for half an hour: the credit of a day, at most an hour, covers that.
        clock.set(Time::from_seconds(START + DAY + 1_800));
        let trusted = TrustedClock::new(clock.clone(), Some(record));
        assert_eq!(after(&trusted), DAY + 1_800);
        // Off for ten days: the rest comes while it runs.
        let record = trusted.record();
        clock.set(Time::from_seconds(START + 11 * DAY + 1_800));
        let trusted = TrustedClock::new(clock.clone(), Some(record));
        assert!(trusted.lag_seconds() > 9 * DAY);
        clock.advance(160 * DAY);
        assert_eq!(trusted.lag_seconds(), 0);
    }

    #[test]
    fn a_clock_set_back_releases_nothing() {
        let clock = clock();
        let trusted = TrustedClock::new(clock.clone(), None);
        clock.advance(DAY);
        assert_eq!(after(&trusted), DAY);
        clock.set(Time::from_seconds(START));
        assert_eq!(after(&trusted), 0, "both clocks must say so");
        assert_eq!(trusted.latest(), Time::from_seconds(START + DAY));
        clock.set(Time::from_seconds(START + DAY));
        assert_eq!(after(&trusted), DAY, "and nothing was forgotten");
    }
}
