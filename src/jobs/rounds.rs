//! The rounds of a job: one after another, with a pause between them, until the process stops.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What a job does first.
pub(super) enum First {
    /// Its pause, so that the start of the process has the machine for itself.
    Pause,
    /// Its round, because a stop may have left work.
    Round,
}

/// Runs a job until `stopping` says so.
///
/// Cancel safety: a stop drops the round under way at its next `await`, so each of its steps must
/// be complete in itself.
pub(super) fn run(
    first: First,
    pause: Duration,
    mut stopping: watch::Receiver<bool>,
    mut round: impl AsyncFnMut() + 'static,
) -> JoinHandle<()> {
    actix_rt::spawn(async move {
        if matches!(first, First::Round) && !ended(round(), &mut stopping).await {
            return;
        }
        while ended(tokio::time::sleep(pause), &mut stopping).await
            && ended(round(), &mut stopping).await
        {}
    })
}

/// Whether work came to its end before the stop.
async fn ended(work: impl Future<Output = ()>, stopping: &mut watch::Receiver<bool>) -> bool {
    tokio::select! {
        _ = stopping.changed() => false,
        () = work => true,
    }
}
