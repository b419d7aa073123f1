//! The sweep's round: for every agency, expired uploads, then garbage, then a few shards of
//! orphans.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::blobs::store::Shard;
use crate::store;
use crate::store::Store;
use crate::telemetry;
use crate::types::names::AgencyId;

use super::rounds;
use super::rounds::First;

/// Between two rounds.
const ROUND: Duration = Duration::from_secs(30);
/// For how long a blob that nothing refers to stays, so that reads under way end well.
const GRACE_SECONDS: i64 = 600;
/// Shards whose names are gone through in one round: all 256 in an hour and a half.
const SHARDS_A_ROUND: u8 = 2;
const DAY_SECONDS: i64 = 86_400;

/// Runs the sweep until `stopping` says so; the task ends within one step.
pub fn start(store: Store, upload_days: u64, stopping: watch::Receiver<bool>) -> JoinHandle<()> {
    let upload_seconds = i64::try_from(upload_days).unwrap_or(i64::MAX / DAY_SECONDS);
    let mut sweep = Sweep {
        store,
        upload_seconds: upload_seconds * DAY_SECONDS,
        shard: 0,
    };
    rounds::run(First::Pause, ROUND, stopping, async move || {
        sweep.round().await
    })
}

/// Where the sweep is. A restart begins again at the first shard, which costs nothing but time.
struct Sweep {
    store: Store,
    upload_seconds: i64,
    shard: u8,
}

impl Sweep {
    /// Cancel safety: each step is complete in itself; a round cut short is taken up by the next.
    async fn round(&mut self) {
        for agency in self.store.open_agencies() {
            if let Err(error) = self.agency(&agency).await {
                tracing::error!(%error, %agency, "the sweep failed");
            }
        }
        self.shard = self.shard.wrapping_add(SHARDS_A_ROUND);
    }

    async fn agency(&self, agency: &AgencyId) -> Result<(), store::Error> {
        self.store.keep_trusted_time(agency).await?;
        let now = self.store.clock().now();
        let longest_upload = now.plus_seconds(-self.upload_seconds);
        loop {
            let expired = self.store.expire_uploads(agency, longest_upload).await?;
            telemetry::expired(expired.removed);
            if !expired.is_more {
                break;
            }
        }
        loop {
            let swept = self
                .store
                .sweep_garbage(agency, now.plus_seconds(-GRACE_SECONDS))
                .await?;
            telemetry::swept(swept.removed);
            if !swept.is_more {
                break;
            }
        }
        for next in 0..SHARDS_A_ROUND {
            let shard = Shard(self.shard.wrapping_add(next));
            // A day more than the longest upload, for the clocks of backend and house may differ.
            let before = longest_upload.plus_seconds(-DAY_SECONDS);
            let swept = self.store.sweep_orphans(agency, shard, before).await?;
            telemetry::swept(swept.removed);
        }
        Ok(())
    }
}
