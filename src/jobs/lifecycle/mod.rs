//! Lifecycle: what goes by itself, each night.
//!
//! For every bucket with rules one walk a day over its versions and unfinished uploads, page by
//! page. A page is planned by `plan.rs`, which only looks, and then done by `store`, which checks
//! each removal again in its own transaction. How far the walk is, is in the index: a restart goes
//! on there, and the admin API shows it.

pub mod rules;

mod plan;

use std::collections::BTreeMap;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::meta::queries::ListQuery;
use crate::meta::queries::UploadMarker;
use crate::meta::records::BucketDocument;
use crate::meta::records::BucketRecord;
use crate::meta::records::LifecycleRun;
use crate::meta::records::ListedUpload;
use crate::store;
use crate::store::Store;
use crate::store::expire::Expired;
use crate::store::expire::Expiry;
use crate::store::expire::RowsAfter;
use crate::store::expire::VersionRow;
use crate::store::expire::WithTags;
use crate::types::clock::Time;
use crate::types::limits;
use crate::types::names::AgencyId;
use crate::types::names::BucketName;
use crate::types::names::ObjectKey;

use super::rounds;
use super::rounds::First;

use plan::Planner;
use rules::Day;
use rules::Rules;
use rules::Seen;

/// Pages of a plan that is only shown: a million versions.
const PLAN_PAGES_MAX: usize = 1_000;

/// Runs lifecycle until `stopping` says so; the task ends within one step.
pub fn start(store: Store, day: Day, stopping: watch::Receiver<bool>) -> JoinHandle<()> {
    let lifecycle = Lifecycle { store, day };
    rounds::run(First::Pause, day.look(), stopping, async move || {
        lifecycle.round().await
    })
}

struct Lifecycle {
    store: Store,
    day: Day,
}

impl Lifecycle {
    /// Cancel safety: each removal is complete in itself; a walk cut short is taken up by the next
    /// round, where the index says that it was.
    async fn round(&self) {
        for agency in self.store.open_agencies() {
            match self.agency(&agency).await {
                // Nothing goes while nobody can look.
                Ok(()) | Err(store::Error::AgencySuspended) => {}
                Err(error) => {
                    tracing::error!(%error, %agency, "lifecycle failed");
                }
            }
        }
    }

    async fn agency(&self, agency: &AgencyId) -> Result<(), store::Error> {
        let kind = BucketDocument::Lifecycle;
        for bucket in self.store.buckets_with(agency, kind).await? {
            match rules_of(&bucket) {
                Some(rules) => self.bucket(agency, &bucket, &rules).await?,
                None => tracing::error!(%agency, "lifecycle rules cannot be read: nothing expires"),
            }
        }
        Ok(())
    }

    /// The walk over one bucket, if the day's is not done yet.
    async fn bucket(
        &self,
        agency: &AgencyId,
        bucket: &BucketRecord,
        rules: &Rules,
    ) -> Result<(), store::Error> {
        let now = self.store.clock().now();
        let last = self.store.lifecycle_run(agency, bucket.id).await?;
        let mut run = match last {
            Some(run) if run.finished.is_none() => run,
            Some(run) if self.day.number(run.started) >= self.day.number(now) => return Ok(()),
            _ => LifecycleRun::begin(now),
        };
        let mut walk = Walk::resume(rules, now, self.day, &run);
        while let Some(page) = walk.page(&self.store, agency, bucket).await? {
            let expired = match page.work {
                Work::Versions(removals) => self.store.expire(agency, bucket, &removals).await?,
                Work::Uploads(uploads) => {
                    let store = &self.store;
                    store.expire_listed_uploads(agency, bucket, uploads).await?
                }
            };
            count(&mut run, page.examined, expired);
            run.cursor.clone_from(&walk.complete);
            let record = run.clone();
            self.store
                .record_lifecycle(agency, bucket.id, record)
                .await?;
        }
        run.finished = Some(self.store.clock().now());
        run.cursor = None;
        self.store.record_lifecycle(agency, bucket.id, run).await
    }
}

fn count(run: &mut LifecycleRun, examined: u64, expired: Expired) {
    run.examined = run.examined.saturating_add(examined);
    run.removed = run.removed.saturating_add(expired.removed);
    run.kept = run.kept.saturating_add(expired.kept);
}

/// The rules of a bucket; `None` if its document cannot be read.
pub fn rules_of(bucket: &BucketRecord) -> Option<Rules> {
    Rules::parse(bucket.documents.get(BucketDocument::Lifecycle)?)
}

/// A walk over a bucket: all versions, then all unfinished uploads.
struct Walk<'r> {
    rules: &'r Rules,
    now: Time,
    day: Day,
    planner: Planner<'r>,
    at: At,
    /// The last key of which every version has been seen, as the index keeps it.
    complete: Option<String>,
}

enum At {
    Versions(Option<RowsAfter>),
    Uploads(Option<UploadMarker>),
    End,
}

struct Page {
    examined: u64,
    work: Work,
}

enum Work {
    Versions(Vec<store::expire::Removal>),
    Uploads(Vec<(ListedUpload, String)>),
}

impl<'r> Walk<'r> {
    fn resume(rules: &'r Rules, now: Time, day: Day, run: &LifecycleRun) -> Self {
        let object_key = run.cursor.as_deref().map(ObjectKey::parse);
        let after = object_key.and_then(Result::ok).map(|object_key| RowsAfter {
            object_key,
            sequence: None,
        });
        Self {
            rules,
            now,
            day,
            planner: Planner::new(rules, now, day),
            at: At::Versions(after),
            complete: run.cursor.clone(),
        }
    }

    /// The next page, planned; `None` at the end.
    async fn page(
        &mut self,
        store: &Store,
        agency: &AgencyId,
        bucket: &BucketRecord,
    ) -> Result<Option<Page>, store::Error> {
        match std::mem::replace(&mut self.at, At::End) {
            At::Versions(after) => {
                let tags = if self.rules.ask_for_tags() {
                    WithTags::Yes
                } else {
                    WithTags::No
                };
                let page = store.version_rows(agency, bucket.id, after, tags).await?;
                let examined = page.rows.len() as u64;
                let work = self.plan_versions(page.rows, page.next.is_none());
                self.at = match page.next {
                    Some(next) => At::Versions(Some(next)),
                    None => At::Uploads(None),
                };
                Ok(Some(Page { examined, work }))
            }
            At::Uploads(after) => {
                if self.rules.enabled().all(|rule| rule.abort_days.is_none()) {
                    return Ok(None);
                }
                let query = ListQuery {
                    prefix: String::new(),
                    delimiter: None,
                    after,
                    limit: limits::LIST_PAGE_MAX,
                };
                let (uploads, next) = store.upload_rows(agency, bucket.id, query).await?;
                let examined = uploads.len() as u64;
                let work = self.plan_uploads(uploads);
                self.at = next.map_or(At::End, |next| At::Uploads(Some(next)));
                Ok(Some(Page { examined, work }))
            }
            At::End => Ok(None),
        }
    }

    fn plan_versions(&mut self, rows: Vec<VersionRow>, is_last: bool) -> Work {
        let mut removals = Vec::new();
        let mut before: Option<ObjectKey> = None;
        for row in rows {
            if let Some(before) = before.filter(|before| *before != row.object_key) {
                self.complete = Some(before.as_str().to_owned());
            }
            before = Some(row.object_key.clone());
            self.planner.take(row, &mut removals);
        }
        if is_last {
            self.planner.finish(&mut removals);
        }
        Work::Versions(removals)
    }

    fn plan_uploads(&self, uploads: Vec<ListedUpload>) -> Work {
        let due = uploads.into_iter().filter_map(|upload| {
            let seen = Seen {
                object_key: upload.object_key.as_str(),
                size_bytes: None,
                tags: &[],
            };
            let rule = self.rules.enabled().find(|rule| {
                rule.abort_days
                    .is_some_and(|days| self.day.after(upload.initiated, days) <= self.now)
                    && rule.filter.fits(&seen)
            })?;
            let rule = rule.id.clone();
            Some((upload, rule))
        });
        Work::Uploads(due.collect())
    }
}

/// What one rule would remove.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Due {
    /// Current versions: removed, or hidden by a delete marker.
    pub current: u64,
    /// Versions that are not current.
    pub noncurrent: u64,
    /// Delete markers.
    pub markers: u64,
    /// Unfinished uploads.
    pub uploads: u64,
    /// Bytes of all these versions.
    pub bytes: u64,
}

/// What would go when the present day ends. Locks are looked at only when something goes.
#[derive(Clone, Debug)]
pub struct Plan {
    /// When the day ends.
    pub at: Time,
    /// By rule, those that remove nothing left out.
    pub rules: BTreeMap<String, Due>,
    /// Versions and uploads looked at.
    pub examined: u64,
    /// Whether all were; the plan of a very large bucket ends after the first million.
    pub is_whole: bool,
}

/// What would go tonight, without anything going: `None` if there is no such bucket or it has no
/// rules.
///
/// # Errors
/// If the index cannot be read.
pub async fn plan(
    store: &Store,
    agency: &AgencyId,
    bucket: &BucketName,
    day: Day,
) -> Result<Option<Plan>, store::Error> {
    let Some(bucket) = store.bucket(agency, bucket).await? else {
        return Ok(None);
    };
    let Some(rules) = rules_of(&bucket) else {
        return Ok(None);
    };
    let at = day.end(store.clock().now());
    let mut plan = Plan {
        at,
        rules: BTreeMap::new(),
        examined: 0,
        is_whole: false,
    };
    let mut walk = Walk::resume(&rules, at, day, &LifecycleRun::begin(at));
    for _ in 0..PLAN_PAGES_MAX {
        let Some(page) = walk.page(store, agency, &bucket).await? else {
            plan.is_whole = true;
            break;
        };
        plan.add(page);
    }
    Ok(Some(plan))
}

impl Plan {
    fn add(&mut self, page: Page) {
        self.examined = self.examined.saturating_add(page.examined);
        match page.work {
            Work::Versions(removals) => {
                for removal in removals {
                    let due = self.rules.entry(removal.rule).or_default();
                    match removal.expiry {
                        Expiry::Current => due.current += 1,
                        Expiry::Noncurrent => due.noncurrent += 1,
                        Expiry::LoneMarker => due.markers += 1,
                    }
                    due.bytes = due.bytes.saturating_add(removal.row.size_bytes);
                }
            }
            Work::Uploads(uploads) => {
                for (_, rule) in uploads {
                    self.rules.entry(rule).or_default().uploads += 1;
                }
            }
        }
    }
}
