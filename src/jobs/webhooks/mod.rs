//! Webhooks: events are delivered until they are taken or have failed too often.
//!
//! An event is told to a webhook at least once: a server that stops between the answer and its
//! record tells it again, under the same `webhook-id`. Order is that of the events as far as no
//! try fails.

pub mod allowed;
pub mod message;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::config::Webhooks as Settings;
use crate::store;
use crate::store::Store;
use crate::store::events::DeliveryRecord;
use crate::store::events::Signer;
use crate::store::events::Tried;
use crate::types::names::AgencyId;

use super::rounds;
use super::rounds::First;

use allowed::Allowed;

/// Between two looks whether something is due.
const ROUND: Duration = Duration::from_secs(1);
/// Rounds after which old events are forgotten.
const TRIM_ROUNDS: u64 = 60;
/// For a webhook to answer.
const ANSWER: Duration = Duration::from_secs(15);
/// Between two tries, at most.
const WAIT_SECONDS_MAX: i64 = 6 * 3_600;

/// Delivers events until `stopping` says so; the task ends within one step.
pub fn start(
    store: Store,
    settings: &Settings,
    region: &str,
    stopping: watch::Receiver<bool>,
) -> JoinHandle<()> {
    let webhooks = Arc::new(Webhooks {
        store,
        allowed: Allowed::new(settings),
        region: region.to_owned(),
        tries: settings.tries,
        retry_seconds: settings.retry_seconds,
        retention_seconds: settings.retention_days.saturating_mul(86_400),
        events_max: settings.events_max,
    });
    let mut number = 0_u64;
    let round = async move || {
        let trims = number.is_multiple_of(TRIM_ROUNDS);
        number += 1;
        webhooks.round(trims).await;
    };
    rounds::run(First::Pause, ROUND, stopping, round)
}

struct Webhooks {
    store: Store,
    allowed: Allowed,
    region: String,
    tries: u32,
    retry_seconds: i64,
    retention_seconds: i64,
    events_max: u64,
}

impl Webhooks {
    /// Cancel safety: a delivery cut short is tried again, under the same id.
    async fn round(&self, trims: bool) {
        for agency in self.store.open_agencies() {
            let mut done = self.agency(&agency).await;
            if trims && done.is_ok() {
                done = self.trim(&agency).await;
            }
            match done {
                Ok(()) | Err(store::Error::AgencySuspended) => {}
                Err(error) => {
                    tracing::error!(%error, %agency, "webhooks failed");
                }
            }
        }
    }

    async fn agency(&self, agency: &AgencyId) -> Result<(), store::Error> {
        let due = self.store.deliveries_due(agency).await?;
        let mut by_webhook: BTreeMap<String, Vec<DeliveryRecord>> = BTreeMap::new();
        for delivery in due {
            let of_webhook = by_webhook.entry(delivery.webhook.clone()).or_default();
            of_webhook.push(delivery);
        }
        // One slow webhook must not hold the others up, nor itself be told everything at once.
        let told = by_webhook
            .iter()
            .map(|(name, due)| self.webhook(agency, name, due));
        join_all(told)
            .await
            .into_iter()
            .collect::<Result<(), _>>()?;
        Ok(())
    }

    /// Forgets what is too old or too much.
    async fn trim(&self, agency: &AgencyId) -> Result<(), store::Error> {
        let before = self.store.clock().now();
        let before = before.plus_seconds(-self.retention_seconds);
        let events_max = self.events_max;
        while self.store.trim_events(agency, before, events_max).await? > 0 {}
        Ok(())
    }

    /// Tells one webhook what is due, until a try fails.
    async fn webhook(
        &self,
        agency: &AgencyId,
        name: &str,
        due: &[DeliveryRecord],
    ) -> Result<(), store::Error> {
        let signer = self.store.signer(agency, name).await?;
        for delivery in due {
            let outcome = match &signer {
                None => Err(Failure::Final(
                    "there is no webhook of this name".to_owned(),
                )),
                Some(signer) => self.deliver(agency, signer, delivery).await,
            };
            let has_failed = outcome.is_err();
            let tried = self.tried(delivery, outcome);
            self.store.record_delivery(agency, delivery, tried).await?;
            if has_failed {
                break;
            }
        }
        Ok(())
    }

    fn tried(&self, delivery: &DeliveryRecord, outcome: Result<(), Failure>) -> Tried {
        let (error, is_final) = match outcome {
            Ok(()) => return Tried::Delivered,
            Err(Failure::Final(error)) => (error, true),
            Err(Failure::ForNow(error)) => (error, delivery.attempts + 1 >= self.tries),
        };
        let wait = wait_seconds(self.retry_seconds, delivery.attempts);
        let due = self.store.clock().now().plus_seconds(wait);
        Tried::Failed {
            due: (!is_final).then_some(due),
            error,
        }
    }

    async fn deliver(
        &self,
        agency: &AgencyId,
        signer: &Signer,
        delivery: &DeliveryRecord,
    ) -> Result<(), Failure> {
        let event = &delivery.event;
        let body = message::message(event, &self.region);
        let body = body.ok_or_else(|| Failure::Final("the event is unreadable".to_owned()))?;
        let body = body.to_string();
        let id = format!("{agency}-{:016x}", event.sequence);
        let timestamp = self.store.clock().now().seconds();
        let signature = message::signature(&signer.key, &id, timestamp, &body);
        let refused = |error: allowed::Refused| Failure::ForNow(error.to_string());
        let place = self.allowed.parse(&signer.url).map_err(refused)?;
        let found = resolve(&place.host, place.port).await?;
        self.allowed.check(&place, &found).map_err(refused)?;
        // The connection goes to the addresses that were checked, whatever the name says next.
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(ANSWER)
            .resolve_to_addrs(&place.host, &found)
            .build()
            .map_err(|_| Failure::ForNow("no connection could be prepared".to_owned()))?;
        let answer = client
            .post(place.url)
            .header("content-type", "application/json")
            .header("user-agent", "Acervo")
            .header("webhook-id", &id)
            .header("webhook-timestamp", timestamp.to_string())
            .header("webhook-signature", signature)
            .body(body)
            .send()
            .await
            .map_err(|error| Failure::ForNow(in_words(&error).to_owned()))?;
        match answer.status().as_u16() {
            200..=299 => Ok(()),
            410 => Err(Failure::Final("the webhook answered 410 Gone".to_owned())),
            status => Err(Failure::ForNow(format!("the webhook answered {status}"))),
        }
    }
}

/// Why an event was not delivered.
enum Failure {
    /// Another try may succeed.
    ForNow(String),
    /// No other try will.
    Final(String),
}

/// What can be said of a failed request without repeating the address.
fn in_words(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "the webhook did not answer in time"
    } else if error.is_connect() {
        "the webhook could not be reached"
    } else {
        "the request to the webhook failed"
    }
}

async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
    let unknown = |_| Failure::ForNow("the webhook's host has no address".to_owned());
    let found = tokio::net::lookup_host((host, port))
        .await
        .map_err(unknown)?;
    Ok(found.collect())
}

/// Each wait is four times the one before.
fn wait_seconds(first: i64, attempts: u32) -> i64 {
    let factor = 4_i64.checked_pow(attempts.min(16)).unwrap_or(i64::MAX);
    first.saturating_mul(factor).min(WAIT_SECONDS_MAX)
}

#[cfg(test)]
mod tests {
    use super::wait_seconds;

    #[test]
    fn waits_grow_to_a_bound() {
        let waits: Vec<i64> = (0..8).map(|attempts| wait_seconds(5, attempts)).collect();
        assert_eq!(waits, [5, 20, 80, 320, 1_280, 5_120, 20_480, 21_600]);
        assert_eq!(wait_seconds(3_600, u32::MAX), 21_600);
    }
}
