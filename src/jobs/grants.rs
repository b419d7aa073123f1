//! Tells agencies what others decided about the grants between them, where a crash or a fault came
//! in between.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::store::Store;

/// Between two rounds: what one agency has decided, the other one knows after this.
const ROUND: Duration = Duration::from_secs(5);

/// Runs until `stopping` says so.
pub fn start(store: Store, mut stopping: watch::Receiver<bool>) -> JoinHandle<()> {
    actix_rt::spawn(async move {
        loop {
            tokio::select! {
                _ = stopping.changed() => return,
                () = round(&store) => {}
            }
            tokio::select! {
                _ = stopping.changed() => return,
                () = tokio::time::sleep(ROUND) => {}
            }
        }
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
