//! Closes agencies that nobody asks for, and gives closed ones their turn.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::store::Store;
use crate::store::idle::Idleness;

use super::rounds;
use super::rounds::First;

/// Between two steps, at most.
const ROUND: Duration = Duration::from_secs(2);

/// Tends the agencies until `stopping` says so; the task ends within one step.
pub fn start(store: Store, idle: Duration, stopping: watch::Receiver<bool>) -> JoinHandle<()> {
    let mut idleness = Idleness::default();
    let round = async move || store.tend_idle(&mut idleness, idle).await;
    rounds::run(First::Round, ROUND.min(idle), stopping, round)
}
