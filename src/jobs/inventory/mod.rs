//! Inventories: lists of a bucket's objects, made each day or week and delivered as S3 does.
//!
//! ```text
//! [prefix/]bucket/name/data/<uuid>.csv.gz                   lines, `rows_per_file` at most
//! [prefix/]bucket/name/YYYY-MM-DDTHH-MMZ/manifest.json      the files, their sizes and MD5
//! [prefix/]bucket/name/YYYY-MM-DDTHH-MMZ/manifest.checksum  the manifest's MD5: all is there
//! ```
//!
//! A file is one pass over pages of the index, compressed while it is stored. After each file the
//! index keeps how far the report is, so a restart goes on there; a file that a crash cut short
//! leaves nothing. A report shows each version as it was when its page was read: what changes
//! meanwhile may be missing or there, as in S3's. Like access logs, reports are written in the name
//! of the owner of the bucket that they list.

pub mod configuration;

mod data_file;
mod line;
mod manifest;

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Builder;
use uuid::Uuid;

use crate::access::bucket_rules::BucketRules;
use crate::access::caller::Service;
use crate::crypto::digest::DigestPlan;
use crate::crypto::digest::Digests;
use crate::crypto::random;
use crate::jobs::lifecycle::rules::Day;
use crate::meta;
use crate::meta::records::BucketRecord;
use crate::meta::records::InventoryProgress;
use crate::meta::records::InventoryReport;
use crate::store;
use crate::store::Store;
use crate::store::inventory::Included;
use crate::store::inventory::InventoryQuery;
use crate::store::inventory::InventoryRecord;
use crate::store::sealing::Asked;
use crate::store::sealing::AskedKey;
use crate::types::agency_key;
use crate::types::clock::Time;
use crate::types::encoding;
use crate::types::limits;
use crate::types::names::AgencyId;
use crate::types::names::BucketName;
use crate::types::names::ObjectKey;

use super::delivery;
use super::delivery::Parcel;
use super::delivery::Undelivered;
use super::delivery::Whole;
use super::rounds;
use super::rounds::First;

use configuration::Inventory;
use configuration::ReportEncryption;
use configuration::Versions;
use data_file::DataFile;
use data_file::Source;
use line::Layout;
use manifest::File;
use manifest::Manifest;
use manifest::Run;

/// How reports are made.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The length of a day.
    pub day: Day,
    /// The region of this installation.
    pub region: String,
    /// Lines of one data file at most.
    pub rows_per_file: u64,
}

/// Makes reports until `stopping` says so; the task ends within one step.
pub fn start(store: Store, settings: Settings, stopping: watch::Receiver<bool>) -> JoinHandle<()> {
    let pause = settings.day.look();
    let inventories = Inventories { store, settings };
    rounds::run(First::Pause, pause, stopping, async move || {
        inventories.round().await
    })
}

struct Inventories {
    store: Store,
    settings: Settings,
}

/// Why a report was given up until its next day.
#[derive(Clone, Copy, Debug)]
enum GivenUp {
    /// The configuration cannot be read.
    Unreadable,
    /// The target bucket is gone.
    NoTarget,
    /// The owner of the bucket may not write to the target bucket.
    Refused,
    /// A quota is reached.
    Quota,
    /// The agency key that is to seal it is not there or not active.
    Key,
}

impl GivenUp {
    /// What the index and the admin API call it.
    const fn name(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::NoTarget => "no_target",
            Self::Refused => "refused",
            Self::Quota => "quota",
            Self::Key => "key",
        }
    }
}

enum Failure {
    GivenUp(GivenUp),
    /// To be tried again in the next round.
    Store(store::Error),
}

impl From<GivenUp> for Failure {
    fn from(why: GivenUp) -> Self {
        Self::GivenUp(why)
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        match &error {
            store::Error::Metadata(meta::Error::QuotaExceeded) => GivenUp::Quota.into(),
            store::Error::Metadata(meta::Error::NoSuchAgencyKey)
            | store::Error::KeyUnavailable(_) => GivenUp::Key.into(),
            store::Error::UnreadableDocument(_) => GivenUp::Unreadable.into(),
            _ => Self::Store(error),
        }
    }
}

impl From<Undelivered> for Failure {
    fn from(error: Undelivered) -> Self {
        match error {
            Undelivered::Refused(_) => GivenUp::Refused.into(),
            Undelivered::Store(error) => error.into(),
        }
    }
}

/// A report on its way.
struct Report<'j> {
    agency: &'j AgencyId,
    inventory: Inventory,
    source: Arc<BucketRecord>,
    target: Arc<BucketRecord>,
}

impl Inventories {
    /// Cancel safety: each file is complete in itself; a report cut short is taken up by the next
    /// round, where the index says that it was.
    async fn round(&self) {
        for agency in self.store.open_agencies() {
            match self.agency(&agency).await {
                Ok(()) | Err(store::Error::AgencySuspended) => {}
                Err(error) => {
                    let cause = std::error::Error::source(&error).map(ToString::to_string);
                    tracing::error!(%error, cause, %agency, "inventories failed");
                }
            }
        }
    }

    async fn agency(&self, agency: &AgencyId) -> Result<(), store::Error> {
        let mut after = None;
        loop {
            let page = self.store.inventories(agency, after).await?;
            let is_full = u32::try_from(page.len()).is_ok_and(|n| n >= limits::LIST_PAGE_MAX);
            after = page
                .last()
                .filter(|_| is_full)
                .map(|last| (last.bucket.clone(), last.name.clone()));
            for record in page {
                self.inventory(agency, &record).await?;
            }
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// Makes the report of a configuration, if one is under way or due.
    async fn inventory(
        &self,
        agency: &AgencyId,
        record: &InventoryRecord,
    ) -> Result<(), store::Error> {
        let now = self.store.clock().now();
        let inventory = Inventory::parse(&record.body);
        let run = match (&inventory, &record.run) {
            (Some(inventory), Some(_)) if !inventory.is_enabled => return Ok(()),
            (Some(_), Some(run)) => Run::parse(run),
            (Some(inventory), None) if !inventory.is_due(record.tried, now, self.settings.day) => {
                return Ok(());
            }
            (None, _) if record.failure.is_some() => return Ok(()),
            _ => None,
        };
        let mut run = run.unwrap_or_else(|| Run::begin(now));
        let started = run.started();
        let made = match inventory {
            None => Err(GivenUp::Unreadable.into()),
            Some(inventory) => self.report(agency, record, inventory, &mut run).await,
        };
        let progress = match made {
            Ok(manifest) => InventoryProgress::Written(InventoryReport {
                at: self.store.clock().now(),
                rows: run.rows,
                manifest,
            }),
            Err(Failure::GivenUp(why)) => {
                tracing::warn!(%agency, why = why.name(), "an inventory report was given up");
                InventoryProgress::Failed(why.name().to_owned())
            }
            Err(Failure::Store(error)) => return unless_changed(Err(error)),
        };
        let recorded = self
            .store
            .record_inventory(agency, record, started, progress);
        unless_changed(recorded.await)
    }

    /// Writes what is missing of a report; gives the key of its manifest.
    async fn report(
        &self,
        agency: &AgencyId,
        record: &InventoryRecord,
        inventory: Inventory,
        run: &mut Run,
    ) -> Result<String, Failure> {
        let Some(source) = self.store.bucket(agency, &record.bucket).await? else {
            return Err(GivenUp::Unreadable.into());
        };
        let target = BucketName::parse(&inventory.target_bucket);
        let target = target.map_err(|_| GivenUp::NoTarget)?;
        let target = self.store.bucket(agency, &target).await?;
        let target = target.ok_or(GivenUp::NoTarget)?;
        let report = Report {
            agency,
            inventory,
            source,
            target,
        };
        let layout = Arc::new(report.layout()?);
        let rows = Source {
            store: &self.store,
            agency,
            query: report.query(&layout),
            layout: Arc::clone(&layout),
        };
        while run.rows == 0 || run.after().is_some() {
            if !rows.has_more(&run.after()).await? {
                break;
            }
            let mut file = DataFile::new(&rows, run.after(), self.settings.rows_per_file);
            let id = Builder::from_random_bytes(random::bytes()).into_uuid();
            let key = format!("{}/data/{id}.csv.gz", report.folder());
            let delivered = self
                .deliver(&report, &key, "application/gzip", &mut file)
                .await;
            if let Some(error) = file.failure.take() {
                return Err(error.into());
            }
            delivered?;
            let Some(packed) = file.packed else {
                return Err(store::Error::Stopping.into());
            };
            let stored = File {
                key,
                size: packed.size_bytes,
                md5_checksum: encoding::hex(&packed.md5),
            };
            run.add(stored, file.rows, file.after.as_ref());
            let progress = InventoryProgress::UnderWay(run.render());
            let started = run.started();
            self.store
                .record_inventory(agency, record, started, progress)
                .await?;
        }
        self.manifest(&report, &layout, run).await
    }

    async fn manifest(
        &self,
        report: &Report<'_>,
        layout: &Layout,
        run: &Run,
    ) -> Result<String, Failure> {
        let (source, target) = (report.source.name.as_str(), report.target.name.as_str());
        let folder = report.inventory.report_folder(source, run.started());
        let manifest = Manifest::new(source, target, layout.schema(), run).render();
        let mut digests = Digests::new(&DigestPlan {
            md5: true,
            sha256: false,
            checksums: Vec::new(),
        });
        digests.update(manifest.as_bytes());
        let checksum = encoding::hex(&digests.finish().md5.unwrap_or_default());
        let key = format!("{folder}/manifest.json");
        let body = Whole::new(manifest);
        self.deliver(report, &key, "application/json", body).await?;
        let checksum_key = format!("{folder}/manifest.checksum");
        let body = Whole::new(checksum);
        self.deliver(report, &checksum_key, "text/plain", body)
            .await?;
        Ok(key)
    }

    async fn deliver(
        &self,
        report: &Report<'_>,
        key: &str,
        content_type: &'static str,
        body: impl store::body::Body,
    ) -> Result<(), Failure> {
        let Report {
            agency,
            inventory,
            source,
            target,
        } = report;
        let region = &self.settings.region;
        let asked = match &inventory.encryption {
            None => delivery::sealed_as_in(target, region, agency)?,
            Some(ReportEncryption::Default) => Asked::Default,
            Some(ReportEncryption::Key(id)) => Asked::Key(AskedKey {
                name: agency_key::named(id, region, agency),
                context: None,
                bucket_key: false,
            }),
        };
        let parcel = Parcel {
            service: Service::Inventory,
            action: "DeliverInventory",
            object_key: ObjectKey::parse(key).map_err(|_| GivenUp::Unreadable)?,
            content_type,
            asked,
        };
        delivery::deliver(&self.store, agency, source, target, parcel, body).await?;
        Ok(())
    }
}

impl Report<'_> {
    fn folder(&self) -> String {
        self.inventory.folder(self.source.name.as_str())
    }

    fn query(&self, layout: &Layout) -> InventoryQuery {
        InventoryQuery {
            bucket_id: self.source.id,
            prefix: self.inventory.filter_prefix.clone().unwrap_or_default(),
            included: match self.inventory.versions {
                Versions::All => Included::All,
                Versions::Current => Included::Current,
            },
            details: layout.details(),
        }
    }

    fn layout(&self) -> Result<Layout, GivenUp> {
        let rules = self.source.facts(self.agency).rules;
        let has_acls = match rules.as_deref() {
            None => BucketRules::default().has_acls(),
            Some(Ok(rules)) => rules.has_acls(),
            Some(Err(_)) => return Err(GivenUp::Unreadable),
        };
        let enforced_owner = (!has_acls).then_some(self.source.owner.id);
        let name = self.source.name.as_str();
        Ok(Layout::new(name, &self.inventory, enforced_owner))
    }
}

/// What was changed or removed under a report is no fault: the next round looks again.
fn unless_changed(outcome: Result<(), store::Error>) -> Result<(), store::Error> {
    match outcome {
        Err(store::Error::Metadata(meta::Error::NoSuchInventory | meta::Error::NoSuchBucket)) => {
            Ok(())
        }
        other => other,
    }
}

/// The key of the longest name that a report of this configuration has, for who may write there.
pub fn sample_key(inventory: &Inventory, bucket: &BucketName, at: Time) -> Option<ObjectKey> {
    let folder = inventory.folder(bucket.as_str());
    let data = format!("{folder}/data/{}.csv.gz", Uuid::nil());
    ObjectKey::parse(&data).ok()?;
    let folder = inventory.report_folder(bucket.as_str(), at);
    ObjectKey::parse(&format!("{folder}/manifest.checksum")).ok()
}
