//! What locks allow: the one answer to «may this version be removed?», for whoever asks: a
//! request, a job, a copy over it, the destruction of the key that seals it.
//!
//! | lock | removed | retention changed |
//! | --- | --- | --- |
//! | legal hold | no | as below |
//! | compliance | once it is over | the same or later, in the same mode |
//! | governance | once it is over, or with a bypass | as compliance, or anyhow with a bypass |
//!
//! Source: AWS S3 User Guide, "Locking objects with Object Lock".

use thiserror::Error;

use crate::types::clock::TrustedTime;
use crate::types::lock::LegalHold;
use crate::types::lock::Lock;
use crate::types::lock::LockMode;
use crate::types::lock::Retention;

use super::permit::Permit;

/// A lock refuses what was asked.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("the version is locked")]
pub struct Locked;

/// What locks are judged by: when, and who asks.
#[derive(Clone, Copy, Debug)]
pub struct Release {
    at: TrustedTime,
    bypasses_governance: bool,
}

impl Release {
    /// Of whoever may set nothing aside.
    pub const fn at(at: TrustedTime) -> Self {
        Self {
            at,
            bypasses_governance: false,
        }
    }

    /// Of who was given this permit.
    pub const fn by(permit: &Permit, at: TrustedTime) -> Self {
        Self {
            at,
            bypasses_governance: permit.bypasses_governance(),
        }
    }

    /// Whether a version with this lock may be removed.
    ///
    /// # Errors
    /// [`Locked`].
    pub fn may_remove(&self, lock: &Lock) -> Result<(), Locked> {
        match (lock.legal_hold, self.in_force(lock).map(|kept| kept.mode)) {
            (Some(LegalHold::On), _) | (_, Some(LockMode::Compliance)) => Err(Locked),
            (_, Some(LockMode::Governance)) if !self.bypasses_governance => Err(Locked),
            (Some(LegalHold::Off) | None, Some(LockMode::Governance) | None) => Ok(()),
        }
    }

    /// Whether the retention of a version with this lock may become another, or none.
    ///
    /// # Errors
    /// [`Locked`].
    pub fn may_retain(&self, lock: &Lock, wanted: Option<Retention>) -> Result<(), Locked> {
        let Some(kept) = self.in_force(lock) else {
            return Ok(());
        };
        let is_extended =
            wanted.is_some_and(|wanted| wanted.mode == kept.mode && wanted.until >= kept.until);
        match kept.mode {
            LockMode::Governance if self.bypasses_governance => Ok(()),
            LockMode::Governance | LockMode::Compliance if is_extended => Ok(()),
            LockMode::Governance | LockMode::Compliance => Err(Locked),
        }
    }

    fn in_force(&self, lock: &Lock) -> Option<Retention> {
        lock.retention.filter(|kept| kept.until > self.at.time())
    }
}

#[cfg(test)]
mod tests {
    use super::Release;
    use crate::types::clock::{Time, TrustedTime};
    use crate::types::lock::{LegalHold, Lock, LockMode, Retention};

    const GOVERNANCE: LockMode = LockMode::Governance;
    const COMPLIANCE: LockMode = LockMode::Compliance;

    fn release(at: i64, bypass: bool) -> Release {
        Release {
            at: TrustedTime::vouched(Time::from_seconds(at)),
            bypasses_governance: bypass,
        }
    }

    fn until(mode: LockMode, second: i64) -> Option<Retention> {
        let until = Time::from_seconds(second);
        Some(Retention { mode, until })
    }

    #[track_caller]
    fn removed(retention: Option<Retention>, hold: Option<LegalHold>, expected: [bool; 4]) {
        let lock = Lock {
            retention,
            legal_hold: hold,
        };
        let cases = [(99, false), (99, true), (100, false), (100, true)];
        let found = cases.map(|(at, bypass)| release(at, bypass).may_remove(&lock).is_ok());
        assert_eq!(found, expected, "{lock:?}");
    }

    /// One second before the retention's end and at it, each without and with a bypass.
    #[test]
    fn what_may_be_removed() {
        let (on, off) = (Some(LegalHold::On), Some(LegalHold::Off));
        removed(None, None, [true, true, true, true]);
        removed(None, off, [true, true, true, true]);
        removed(until(GOVERNANCE, 100), None, [false, true, true, true]);
        removed(until(GOVERNANCE, 100), off, [false, true, true, true]);
        removed(until(COMPLIANCE, 100), None, [false, false, true, true]);
        removed(None, on, [false, false, false, false]);
        removed(until(GOVERNANCE, 100), on, [false, false, false, false]);
        removed(until(COMPLIANCE, 100), on, [false, false, false, false]);
    }

    #[track_caller]
    fn retained(kept: Option<Retention>, wanted: Option<Retention>, expected: [bool; 2]) {
        let lock = Lock {
            retention: kept,
            legal_hold: Some(LegalHold::On),
        };
        let found =
            [false, true].map(|bypass| release(50, bypass).may_retain(&lock, wanted).is_ok());
        assert_eq!(found, expected, "{kept:?} to {wanted:?}");
    }

    /// Without and with a bypass.
    #[test]
    fn retentions_are_extended_and_not_shortened() {
        let (no, yes) = ([false, false], [true, true]);
        let bypassed = [false, true];
        retained(None, until(COMPLIANCE, 60), yes);
        retained(until(GOVERNANCE, 50), None, yes);
        retained(until(COMPLIANCE, 50), until(GOVERNANCE, 60), yes);
        for mode in [GOVERNANCE, COMPLIANCE] {
            retained(until(mode, 100), until(mode, 100), yes);
            retained(until(mode, 100), until(mode, 101), yes);
        }
        retained(until(GOVERNANCE, 100), until(GOVERNANCE, 99), bypassed);
        retained(until(GOVERNANCE, 100), until(COMPLIANCE, 200), bypassed);
        retained(until(GOVERNANCE, 100), None, bypassed);
        retained(until(COMPLIANCE, 100), until(COMPLIANCE, 99), no);
        retained(until(COMPLIANCE, 100), until(GOVERNANCE, 200), no);
        retained(until(COMPLIANCE, 100), None, no);
    }
}
