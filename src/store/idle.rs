//! Agencies that nobody asks for are closed, and opened now and then for the sake of the jobs.
//!
//! An open agency has two threads, some connections and their memory. Jobs work on those that are
//! open; one that is closed has its turn every so often, a few at a time, so that an installation
//! of many agencies holds what those cost that are in use. See decision 23.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::PoisonError;
use std::time::Duration;

use crate::meta::commands::KeepTrustedTime;
use crate::meta::records::RewrapPhase;
use crate::types::clock::Time;
use crate::types::names::AgencyId;

use super::agencies::Agency;
use super::agencies::Store;
use super::error::Error;

/// For how long an agency that was opened for the jobs stays open: each has its round.
const STAY: Duration = Duration::from_secs(90);
/// Between two turns of a closed agency.
const TURN: Duration = Duration::from_secs(3_600);
/// Agencies that one step opens for their turn.
const TURNS_AT_A_TIME: usize = 2;
/// Until a webhook that is to be told something is waited for no longer.
const YEAR_SECONDS: i64 = 365 * 86_400;

/// What is known of each agency's use, from step to step.
#[derive(Default)]
pub struct Idleness {
    open: HashMap<AgencyId, Quiet>,
    closed: HashMap<AgencyId, Duration>,
}

/// Since when an open agency had no entry.
#[derive(Clone, Copy)]
struct Quiet {
    entries: u64,
    since: Duration,
}

impl Store {
    /// The agencies that are open, by name: those that jobs work on.
    pub fn open_agencies(&self) -> Vec<AgencyId> {
        let registry = self.registry();
        let open = registry.agencies.iter().filter(|(_, k)| k.open.is_some());
        let mut open: Vec<AgencyId> = open.map(|(agency, _)| agency.clone()).collect();
        open.sort();
        open
    }

    /// One step: closes what was not asked for in this long, and opens some agencies for the jobs.
    ///
    /// Cancel safety: an agency is closed in a task of its own.
    pub async fn tend_idle(&self, idleness: &mut Idleness, idle: Duration) {
        let now = self.0.clock.uptime();
        let (mut quiet, mut waiting) = (Vec::new(), Vec::new());
        for (agency, known) in &self.registry().agencies {
            let Some(open) = &known.open else {
                let last = idleness.closed.get(agency).copied();
                if last.is_none_or(|last| now.saturating_sub(last) >= TURN) {
                    waiting.push((last, agency.clone()));
                }
                continue;
            };
            let entries = open.ledger.entries_made();
            let fresh = Quiet {
                entries,
                since: now,
            };
            let seen = idleness.open.entry(agency.clone()).or_insert(fresh);
            if seen.entries != entries {
                *seen = fresh;
            }
            let stay = if entries == 0 { idle.min(STAY) } else { idle };
            if now.saturating_sub(seen.since) >= stay {
                quiet.push(agency.clone());
            }
        }
        for agency in quiet {
            match self.close_unused(&agency).await {
                Ok(true) => {
                    idleness.open.remove(&agency);
                    idleness.closed.insert(agency, now);
                }
                Ok(false) => {}
                Err(error) => tracing::error!(%error, %agency, "an idle agency was not closed"),
            }
        }
        waiting.sort();
        for (_, agency) in waiting.into_iter().take(TURNS_AT_A_TIME) {
            if let Err(error) = self.agency_of_any_state(&agency).await {
                tracing::error!(%error, %agency, "an agency does not open");
            }
            idleness.closed.insert(agency, now);
        }
    }

    /// Closes an agency unless somebody has it in hands or it has work to do; tells whether.
    async fn close_unused(&self, agency: &AgencyId) -> Result<bool, Error> {
        let Ok((_, Some(open))) = self.known(agency) else {
            return Ok(false);
        };
        if has_work(&open, self.0.clock.now().plus_seconds(YEAR_SECONDS))? {
            return Ok(false);
        }
        drop(open);
        let (store, agency) = (self.clone(), agency.clone());
        let closing = tokio::spawn(async move {
            // Held until it is closed: nobody opens it a second time meanwhile.
            let _opening = store.0.opening.lock().await;
            let Some(unused) = store.take_unused(&agency) else {
                return Ok(false);
            };
            let closed = tokio::task::spawn_blocking(move || unused.close());
            closed.await.map_err(|_| Error::Stopping)?;
            Ok(true)
        });
        closing.await.map_err(|_| Error::Stopping)?
    }

    /// Nobody else can get hold of it while the registry is locked for writing.
    fn take_unused(&self, agency: &AgencyId) -> Option<Agency> {
        let registry = &self.0.registry;
        let mut registry = registry.write().unwrap_or_else(PoisonError::into_inner);
        let open = &mut registry.agencies.get_mut(agency)?.open;
        match Arc::try_unwrap(open.take()?) {
            Ok(unused) => Some(unused),
            Err(in_use) => {
                *open = Some(in_use);
                None
            }
        }
    }
}

/// Whether a webhook or another agency is to be told something, a key is to be rewrapped, or the
/// log is in trouble.
fn has_work(agency: &Agency, far: Time) -> Result<bool, Error> {
    if !agency.index.is_writable() || agency.grants.has_untold(agency)? {
        return Ok(true);
    }
    let has_work = agency.index.read(|reader| {
        if !reader.deliveries_due(far, 1)?.is_empty() {
            return Ok(true);
        }
        for key in reader.agency_keys()? {
            let rewrap = reader.rewrap(key.order.number)?;
            if rewrap.is_some_and(|rewrap| rewrap.phase != RewrapPhase::Done) {
                return Ok(true);
            }
        }
        Ok(false)
    });
    Ok(has_work?)
}

impl Agency {
    /// Writes what is queued and closes the database. Blocks until that is done.
    pub(super) fn close(&self) {
        // Queued; written when the index is closed.
        let keep = KeepTrustedTime(self.trusted.record());
        drop(self.index.commit_unrecorded(keep));
        self.index.close();
    }
}
