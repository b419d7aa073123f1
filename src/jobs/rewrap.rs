//! The rewrapping's round: for every agency, steps until no data key needs an older version of its
//! agency key, or until what does is still being uploaded.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::store::Store;

use super::rounds;
use super::rounds::First;

/// Between two rounds.
const ROUND: Duration = Duration::from_secs(2);
/// Between two steps, so that requests come first.
const PAUSE: Duration = Duration::from_millis(5);

/// Runs until `stopping` says so; the task ends within one step.
pub fn start(store: Store, stopping: watch::Receiver<bool>) -> JoinHandle<()> {
    rounds::run(First::Pause, ROUND, stopping, async move || {
        round(&store).await
    })
}

/// Cancel safety: each step is complete in itself, and the next one begins where it ended.
async fn round(store: &Store) {
    for agency in store.open_agencies() {
        loop {
            match store.rewrap_step(&agency).await {
                Ok(step) if step.is_more => tokio::time::sleep(PAUSE).await,
                Ok(_) => break,
                Err(error) => {
                    tracing::error!(%error, %agency, "the rewrapping failed");
                    break;
                }
            }
        }
    }
}
