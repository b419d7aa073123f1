//! Tells agencies what others decided about the grants between them, where a crash or a fault came
//! in between.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::store::Store;

use super::rounds;
use super::rounds::First;

/// Between two rounds: what one agency has decided, the other one knows after this.
const ROUND: Duration = Duration::from_secs(5);

/// Runs until `stopping` says so.
pub fn start(store: Store, stopping: watch::Receiver<bool>) -> JoinHandle<()> {
    rounds::run(First::Round, ROUND, stopping, async move || {
        round(&store).await
    })
}

/// Cancel safety: each telling is complete in itself; a round cut short is taken up by the next.
async fn round(store: &Store) {
    for agency in store.open_agencies() {
        if let Err(error) = store.settle_grants(&agency).await {
            tracing::error!(%error, %agency, "grants are not settled");
        }
    }
}
