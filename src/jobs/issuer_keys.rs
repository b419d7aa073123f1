//! Fetches the keys of issuers: when their time has come, and when a token needs them now.
//!
//! Each issuer whose keys come from a URL has one task, so two requests never fetch for the same
//! one; it leaves the pause that the issuer's settings ask for between two fetches, whatever tokens
//! come. What cannot be fetched, or is not a key set, leaves the last good one in force.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::task::JoinSet;

use crate::auth::bearer::issuer::Issuer;
use crate::auth::bearer::issuers::Issuers;
use crate::auth::bearer::settings::FetchSource;

use super::fetch;
use super::fetch::FetchError;

/// After a failure the next attempt comes so soon, or sooner if keys are fetched more often anyway.
const RETRY: Duration = Duration::from_secs(30);

/// Fetches keys until `stopping` says so; the task ends with its fetches.
pub fn start(issuers: Arc<Issuers>, mut stopping: watch::Receiver<bool>) -> JoinHandle<()> {
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
                    tasks.spawn_local(keep(Arc::clone(issuer), source, stopping.clone()));
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
async fn keep(issuer: Arc<Issuer>, source: FetchSource, mut stopping: watch::Receiver<bool>) {
    let name = issuer.settings().name.clone();
    let mut is_out = false;
    loop {
        let fetched = tokio::select! {
            _ = stopping.changed() => return,
            fetched = fetch(&issuer, &source) => fetched,
        };
        match &fetched {
            Ok(()) if is_out => tracing::info!(issuer = %name, "its keys are fetched again"),
            Ok(()) => {}
            // Once an outage: the keys that were fetched last count on.
            Err(error) if !is_out => {
                let error: &dyn std::error::Error = error;
                tracing::warn!(issuer = %name, error, "its keys cannot be fetched");
            }
            Err(_) => {}
        }
        is_out = fetched.is_err();
        issuer.attempted();
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

async fn fetch(issuer: &Issuer, source: &FetchSource) -> Result<(), FetchError> {
    let text = fetch::key_set(&issuer.settings().issuer, source).await?;
    issuer.renew(&text).map_err(FetchError::KeySet)
}
