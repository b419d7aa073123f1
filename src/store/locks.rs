//! What keeps versions from being removed: a bucket's rule for new ones, and the lock of each.

use serde::Deserialize;
use serde::Serialize;

use crate::access::lock::Release;
use crate::access::permit::Permit;
use crate::audit::entry::Draft;
use crate::meta::commands::KeepTrustedTime;
use crate::meta::commands::LockChange;
use crate::meta::commands::LockVersion;
use crate::meta::records::BucketDocument;
use crate::meta::records::Documents;
use crate::types::clock::Time;
use crate::types::ids::VersionId;
use crate::types::lock::Lock;
use crate::types::lock::LockMode;
use crate::types::lock::Retention;
use crate::types::names::AgencyId;

use super::Committed;
use super::agencies::Agency;
use super::agencies::Store;
use super::buckets::object_of;
use super::error::Error;
use super::recent::Subject;

/// How the versions of a bucket are locked; a bucket without this has no locks.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct LockRule {
    /// The retention of versions that come without one.
    pub default: Option<DefaultRetention>,
}

/// A retention that begins when a version is stored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DefaultRetention {
    /// How strictly.
    pub mode: LockMode,
    /// For how long.
    pub period: Period,
}

/// How long a retention lasts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Period {
    /// Days of 24 hours.
    Days(u32),
    /// Years of the calendar.
    Years(u32),
}

/// The stored form: `{"default":{"mode":"GOVERNANCE","days":30}}`, with `years` instead of `days`,
/// or `{}`.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<StoredDefault>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct StoredDefault {
    mode: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    days: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    years: Option<u32>,
}

impl LockRule {
    /// The rule among a bucket's configurations.
    ///
    /// # Errors
    /// [`Error::UnreadableDocument`]: what a rule means that does not read back, nobody can say
    /// (law 8).
    pub fn of(documents: &Documents) -> Result<Option<Self>, Error> {
        let unreadable = || Error::UnreadableDocument(BucketDocument::ObjectLock);
        let Some(text) = documents.get(BucketDocument::ObjectLock) else {
            return Ok(None);
        };
        let stored: Stored = serde_json::from_str(text).map_err(|_| unreadable())?;
        let Some(default) = stored.default else {
            return Ok(Some(Self::default()));
        };
        let mode = LockMode::parse(&default.mode).ok_or_else(unreadable)?;
        let period = match (default.days, default.years) {
            (Some(days), None) => Period::Days(days),
            (None, Some(years)) => Period::Years(years),
            _ => return Err(unreadable()),
        };
        let default = Some(DefaultRetention { mode, period });
        Ok(Some(Self { default }))
    }

    /// The text that is stored.
    pub fn text(&self) -> String {
        let default = self.default.map(|default| StoredDefault {
            mode: default.mode.name().to_owned(),
            days: match default.period {
                Period::Days(days) => Some(days),
                Period::Years(_) => None,
            },
            years: match default.period {
                Period::Days(_) => None,
                Period::Years(years) => Some(years),
            },
        });
        serde_json::to_string(&Stored { default }).expect("texts and numbers have a JSON form")
    }
}

/// The lock of a version stored now: what was asked for, else what the bucket's rule says.
pub(super) fn of_new_version(asked: Lock, rule: Option<LockRule>, agency: &Agency) -> Lock {
    let by_rule = || {
        let DefaultRetention { mode, period } = rule?.default?;
        let until = end(agency.trusted.latest(), period);
        Some(Retention { mode, until })
    };
    Lock {
        retention: asked.retention.or_else(by_rule),
        ..asked
    }
}

fn end(from: Time, period: Period) -> Time {
    match period {
        Period::Days(days) => from.plus_seconds(i64::from(days).saturating_mul(86_400)),
        Period::Years(years) => from.plus_years(years),
    }
}

impl Agency {
    /// What locks are judged by when nobody may set them aside.
    pub(super) fn release(&self) -> Release {
        Release::at(self.trusted.now())
    }

    /// Writes down how far trust in the clock has come.
    pub(super) async fn keep_trusted_time(&self) -> Result<(), Error> {
        let keep = KeepTrustedTime(self.trusted.record());
        Ok(self.index.commit_unrecorded(keep).await?)
    }
}

impl Store {
    /// Sets how the versions of a bucket are locked; from then on it always keeps versions.
    ///
    /// # Errors
    /// `NotVersioned` of the index.
    pub async fn set_lock_rule(
        &self,
        permit: &Permit,
        draft: &Draft<'_>,
        rule: LockRule,
    ) -> Result<Committed<()>, Error> {
        let kind = BucketDocument::ObjectLock;
        self.set_bucket_document(permit, draft, kind, Some(rule.text()))
            .await
    }

    /// Changes what keeps a version.
    ///
    /// # Errors
    /// `Locked` or `NoSuchObject` of the index.
    pub async fn lock_version(
        &self,
        permit: &Permit,
        draft: &Draft<'_>,
        version_id: VersionId,
        change: LockChange,
    ) -> Result<Committed<()>, Error> {
        let agency = self.agency(permit.agency()).await?;
        let (bucket, object_key) = object_of(permit)?;
        let subject = Subject::Objects(bucket.id, vec![object_key.clone()]);
        let command = LockVersion {
            bucket_id: bucket.id,
            object_key: object_key.clone(),
            version_id,
            change,
            release: Release::by(permit, agency.trusted.now()),
        };
        agency.change(&subject, command, draft).await?;
        Ok(Committed(()))
    }

    /// Writes down how far an agency's trust in the clock has come.
    ///
    /// # Errors
    /// If the index fails.
    pub async fn keep_trusted_time(&self, agency: &AgencyId) -> Result<(), Error> {
        let agency = self.agency_of_any_state(agency).await?;
        agency.keep_trusted_time().await
    }
}

#[cfg(test)]
mod tests {
    use super::{DefaultRetention, LockRule, Period, end};
    use crate::meta::records::{BucketDocument, Documents};
    use crate::types::clock::Time;
    use crate::types::lock::LockMode;

    fn documents(text: &str) -> Documents {
        [(BucketDocument::ObjectLock, text.into())]
            .into_iter()
            .collect()
    }

    #[test]
    fn rules_read_back() {
        for period in [None, Some(Period::Days(30)), Some(Period::Years(5))] {
            let mode = LockMode::Compliance;
            let default = period.map(|period| DefaultRetention { mode, period });
            let rule = LockRule { default };
            let read = LockRule::of(&documents(&rule.text())).unwrap();
            assert_eq!(read, Some(rule), "{}", rule.text());
        }
        assert_eq!(LockRule::of(&Documents::default()).unwrap(), None);
    }

    #[test]
    fn rules_that_do_not_read_back_refuse() {
        for text in [
            "",
            "[]",
            "{\"default\":{\"mode\":\"NONE\",\"days\":1}}",
            "{\"default\":{\"mode\":\"GOVERNANCE\"}}",
            "{\"default\":{\"mode\":\"GOVERNANCE\",\"days\":1,\"years\":1}}",
            "{\"other\":1}",
        ] {
            assert!(LockRule::of(&documents(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn periods_end() {
        let leap_day = Time::parse_iso8601("2028-02-29T10:00:00Z").unwrap();
        let check =
            |period, text| assert_eq!(end(leap_day, period), Time::parse_iso8601(text).unwrap());
        check(Period::Days(1), "2028-03-01T10:00:00Z");
        check(Period::Years(1), "2029-02-28T10:00:00Z");
        check(Period::Years(4), "2032-02-29T10:00:00Z");
        assert!(end(leap_day, Period::Years(u32::MAX)) > leap_day);
    }
}
