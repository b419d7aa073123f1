//! Access logs: what was asked of a bucket, delivered to another one as S3 does.
//!
//! Lines wait in memory, bounded, and are stored as objects every few minutes and at the stop: a
//! crash loses the last of them. The record that loses nothing is the audit log; this one is for
//! whoever reads S3's.

pub mod line;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::access::caller::Service;
use crate::crypto::random;
use crate::meta::records::BucketDocument;
use crate::meta::records::BucketRecord;
use crate::store::Store;
use crate::types::clock::Time;
use crate::types::encoding;
use crate::types::names::AgencyId;
use crate::types::names::BucketName;
use crate::types::names::ObjectKey;

use super::delivery;
use super::delivery::Parcel;
use super::delivery::Whole;

/// Bytes of lines that wait in memory; more are lost.
const WAITING_BYTES_MAX: usize = 16 << 20;

/// The logging document of a bucket.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Logging {
    /// The shape of this document: 1.
    pub shape: u8,
    /// The bucket that lines are delivered to.
    pub target_bucket: String,
    /// What keys begin with.
    pub target_prefix: String,
    /// What follows.
    pub key_format: KeyFormat,
}

/// The keys of delivered logs.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum KeyFormat {
    /// Nothing was said: as `Simple`.
    Default,
    /// The moment and a random text.
    Simple,
    /// Agency, region, bucket and the day of delivery before them.
    DeliveryTime,
    /// Agency, region, bucket and the day of the requests before them.
    EventTime,
}

impl Logging {
    /// Reads a bucket's logging document; `None` if it has none that this program wrote.
    pub fn of(bucket: &BucketRecord) -> Option<Self> {
        let document = bucket.documents.get(BucketDocument::Logging)?;
        let logging: Self = serde_json::from_str(document).ok()?;
        (logging.shape == 1).then_some(logging)
    }

    /// The document.
    pub fn render(&self) -> String {
        serde_json::to_string(self).expect("a struct of text always has a JSON form")
    }

    /// A key for lines of one day; `event` is a moment of it.
    pub fn object_key(&self, place: &Place<'_>, at: Time, event: Time) -> Option<ObjectKey> {
        let mut key = self.target_prefix.clone();
        let (day, moment) = match self.key_format {
            KeyFormat::Default | KeyFormat::Simple => (None, at),
            KeyFormat::DeliveryTime => (Some(at), at),
            KeyFormat::EventTime => (Some(event), event),
        };
        if let Some(day) = day {
            let Place {
                agency,
                region,
                bucket,
            } = place;
            let date = day.timestamp().strftime("%Y/%m/%d");
            let _ = write!(key, "{agency}/{region}/{bucket}/{date}/");
        }
        let moment = match self.key_format {
            KeyFormat::EventTime => moment.timestamp().strftime("%Y-%m-%d-00-00-00").to_string(),
            _ => moment.timestamp().strftime("%Y-%m-%d-%H-%M-%S").to_string(),
        };
        let tail = encoding::hex(&random::bytes::<8>()).to_ascii_uppercase();
        let _ = write!(key, "{moment}-{tail}");
        ObjectKey::parse(&key).ok()
    }
}

/// Whose log it is.
pub struct Place<'a> {
    /// The agency.
    pub agency: &'a AgencyId,
    /// The region of this installation.
    pub region: &'a str,
    /// The bucket.
    pub bucket: &'a BucketName,
}

/// Lines that wait to be delivered.
#[derive(Default)]
pub struct Waiting(Mutex<Lines>);

/// By agency, bucket and day.
type Key = (AgencyId, BucketName, i64);

#[derive(Default)]
struct Lines {
    by_bucket: BTreeMap<Key, (Time, String)>,
    bytes: usize,
    lost: u64,
}

impl Waiting {
    /// Adds a line, unless too many wait already.
    pub fn add(&self, agency: &AgencyId, bucket: &BucketName, at: Time, line: &str) {
        // A panic under the lock is impossible: nothing is called that could.
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.bytes + line.len() > WAITING_BYTES_MAX {
            lines.lost += 1;
            return;
        }
        lines.bytes += line.len();
        let day = at.seconds().div_euclid(86_400);
        let key = (agency.clone(), bucket.clone(), day);
        let (_, text) = lines
            .by_bucket
            .entry(key)
            .or_insert_with(|| (at, String::new()));
        text.push_str(line);
    }

    fn take(&self) -> Lines {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Delivers access logs until `stopping` says so, and once more then.
pub fn start(
    store: Store,
    waiting: Arc<Waiting>,
    region: &str,
    every: Duration,
    mut stopping: watch::Receiver<bool>,
) -> JoinHandle<()> {
    let region = region.to_owned();
    actix_rt::spawn(async move {
        loop {
            let stops = tokio::select! {
                _ = stopping.changed() => true,
                () = tokio::time::sleep(every) => false,
            };
            deliver(&store, &waiting, &region).await;
            if stops {
                return;
            }
        }
    })
}

async fn deliver(store: &Store, waiting: &Waiting, region: &str) {
    let lines = waiting.take();
    if lines.lost > 0 {
        tracing::warn!(
            lost = lines.lost,
            "lines of access logs were lost: too many waited"
        );
    }
    for ((agency, bucket, _), (event, text)) in lines.by_bucket {
        if let Err(error) = deliver_one(store, region, &agency, &bucket, event, text).await {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::error!(%error, cause, %agency, "an access log was not delivered");
        }
    }
}

async fn deliver_one(
    store: &Store,
    region: &str,
    agency: &AgencyId,
    bucket: &BucketName,
    event: Time,
    text: String,
) -> Result<(), delivery::Undelivered> {
    // What was configured meanwhile counts: without a target there is nobody to tell.
    let Some(source) = store.bucket(agency, bucket).await? else {
        return Ok(());
    };
    let Some(logging) = Logging::of(&source) else {
        return Ok(());
    };
    let Ok(target) = BucketName::parse(&logging.target_bucket) else {
        return Ok(());
    };
    let Some(target) = store.bucket(agency, &target).await? else {
        return Ok(());
    };
    let place = Place {
        agency,
        region,
        bucket,
    };
    let Some(object_key) = logging.object_key(&place, store.clock().now(), event) else {
        return Ok(());
    };
    let parcel = Parcel {
        service: Service::Logging,
        action: "DeliverAccessLog",
        object_key,
        content_type: "text/plain",
        asked: delivery::sealed_as_in(&target, region, agency)?,
    };
    delivery::deliver(store, agency, &source, &target, parcel, Whole::new(text)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{KeyFormat, Logging, Place};
    use crate::types::clock::Time;
    use crate::types::names::{AgencyId, BucketName};

    #[track_caller]
    fn check(key_format: KeyFormat, expected: &str) {
        let logging = Logging {
            shape: 1,
            target_bucket: "registros".into(),
            target_prefix: "p/".into(),
            key_format,
        };
        let place = Place {
            agency: &AgencyId::parse("agencia").unwrap(),
            region: "mx-1",
            bucket: &BucketName::parse("actas").unwrap(),
        };
        let at = Time::parse_iso8601("2026-11-24T01:02:03Z").unwrap();
        let event = Time::parse_iso8601("2026-11-23T23:59:59Z").unwrap();
        let key = logging.object_key(&place, at, event).unwrap();
        let (start, tail) = key.as_str().rsplit_once('-').unwrap();
        assert_eq!(start, expected);
        assert_eq!(tail.len(), 16);
    }

    #[test]
    fn keys_have_the_formats_of_s3() {
        check(KeyFormat::Default, "p/2026-11-24-01-02-03");
        check(KeyFormat::Simple, "p/2026-11-24-01-02-03");
        let day = "p/agencia/mx-1/actas/2026/11/24/2026-11-24-01-02-03";
        check(KeyFormat::DeliveryTime, day);
        let day = "p/agencia/mx-1/actas/2026/11/23/2026-11-23-00-00-00";
        check(KeyFormat::EventTime, day);
    }
}
