//! Closes agencies that nobody asks for, and gives closed ones their turn.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::store::Store;
use crate::store::idle::Idleness;

/// Between two steps, at most.
const ROUND: Duration = Duration::from_secs(2);

/// Tends the agencies until `stopping` says so; the task ends within one step.
pub fn start(store: Store, idle: Duration, mut stopping: watch::Receiver<bool>) -> JoinHandle<()> {
    actix_rt::spawn(async move {
        let mut idleness = Idleness::default();
        loop {
            tokio::select! {
                _ = stopping.changed() => return,
                () = store.tend_idle(&mut idleness, idle) => {}
            }
            tokio::select! {
                _ = stopping.changed() => return,
                () = tokio::time::sleep(ROUND.min(idle)) => {}
            }
        }
    })
}
