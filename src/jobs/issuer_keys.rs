//! Fetches the keys of issuers: when their time has come, and when a token needs them now.
//!
//! Each issuer whose keys come from a URL has one task, so two requests never fetch for the same
//! one; it leaves the pause that the issuer's settings ask for between two fetches, whatever tokens
//! come. What cannot be fetched, or is not a key set, leaves the last good one in force. That one
//! is kept in the catalog too, for a start at which the issuer is out.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::task::JoinSet;

use crate::auth::bearer::issuer::Issuer;
use crate::auth::bearer::issuers::Issuers;
use crate::auth::bearer::settings::FetchSource;

use crate::meta::records::IssuerKeysRecord;
use crate::store::Store;
use crate::types::clock::Time;
use crate::types::limits;

use super::fetch;
use super::fetch::FetchError;

/// After a failure the next attempt comes so soon, or sooner if keys are fetched more often anyway.
const RETRY: Duration = Duration::from_secs(30);

/// Fetches keys until `stopping` says so; the task ends with its fetches.
pub fn start(
    issuers: Arc<Issuers>,
    store: Store,
    mut stopping: watch::Receiver<bool>,
) -> JoinHandle<()> {
    actix_rt::spawn(async move {
        let mut changes = issuers.changes();
        let mut tasks = JoinSet::new();
        let mut known: Vec<Arc<Issuer>> = Vec::new();
        loop {
            changes.borrow_and_update();
            known.retain(|issuer| !issuer.is_retired());
            for issuer in issuers.all().iter() {
                let is_new = !known.iter().any(|k| Arc::ptr_eq(k, issuer));
                if let (true, Some(source)) = (is_new, issuer.source().cloned()) {
                    known.push(Arc::clone(issuer));
                    let kept = Kept::new(store.clone(), issuer, &source);
                    let issuer = Arc::clone(issuer);
                    tasks.spawn_local(keep(issuer, source, kept, stopping.clone()));
                }
            }
            tokio::select! {
                _ = stopping.changed() => break,
                changed = changes.changed() => if changed.is_err() { break },
                Some(_ended) = tasks.join_next() => {}
            }
        }
        while tasks.join_next().await.is_some() {}
    })
}

/// Keeps the keys of one issuer, until it is retired.
async fn keep(
    issuer: Arc<Issuer>,
    source: FetchSource,
    mut kept: Kept,
    mut stopping: watch::Receiver<bool>,
) {
    let name = issuer.settings().name.clone();
    let mut is_out = false;
    loop {
        let fetched = tokio::select! {
            _ = stopping.changed() => return,
            fetched = fetch(&issuer, &source) => fetched,
        };
        match &fetched {
            Ok(_) if is_out => tracing::info!(issuer = %name, "its keys are fetched again"),
            Ok(_) => {}
            // Once an outage: the keys that were fetched last count on.
            Err(error) if !is_out => {
                let error: &dyn std::error::Error = error;
                tracing::warn!(issuer = %name, error, "its keys cannot be fetched");
            }
            Err(_) => {}
        }
        is_out = fetched.is_err();
        issuer.attempted();
        if let Ok(key_set) = fetched {
            kept.keep(key_set).await;
        }
        let regular = Duration::from_secs(source.refresh_seconds);
        let next = if is_out { regular.min(RETRY) } else { regular };
        tokio::select! {
            _ = stopping.changed() => return,
            () = tokio::time::sleep(next) => {}
            () = issuer.wanted() => {}
        }
        if issuer.is_retired() {
            return;
        }
        tokio::select! {
            _ = stopping.changed() => return,
            () = tokio::time::sleep(issuer.pause()) => {}
        }
    }
}

async fn fetch(issuer: &Issuer, source: &FetchSource) -> Result<String, FetchError> {
    let text = fetch::key_set(&issuer.settings().issuer, source).await?;
    issuer.renew(&text).map_err(FetchError::KeySet)?;
    Ok(text)
}

/// What is kept of one issuer for the next start.
struct Kept {
    store: Store,
    record: IssuerKeysRecord,
}

impl Kept {
    fn new(store: Store, issuer: &Issuer, source: &FetchSource) -> Self {
        let settings = issuer.settings();
        let record = IssuerKeysRecord {
            owner: settings.owner.clone(),
            name: settings.name.to_string(),
            issuer: settings.issuer.to_string(),
            url: source.url.as_str().to_owned(),
            key_set: String::new(),
            fetched: Time::from_millis(0),
        };
        Self { store, record }
    }

    /// Keeps a key set, unless it was kept lately as it is.
    async fn keep(&mut self, key_set: String) {
        let now = self.store.clock().now();
        let again = self
            .record
            .fetched
            .plus_seconds(limits::KEPT_KEYS_RENEWED_SECONDS);
        if self.record.key_set == key_set && now < again {
            return;
        }
        let record = IssuerKeysRecord {
            key_set,
            fetched: now,
            ..self.record.clone()
        };
        match self.store.keep_issuer_keys(record.clone()).await {
            Ok(()) => self.record = record,
            // They count all the same; only a restart would miss them.
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(issuer = self.record.name, error, "its keys are not kept");
            }
        }
    }
}
