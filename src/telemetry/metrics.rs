//! The metrics: every name, unit and label in one table.
//!
//! No label takes a value that a client can choose. A thread looks each series of requests up by
//! name and labels once, and keeps its handle: recording a request costs one look into a map.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, Unit, counter, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};

/// A metric of the process.
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// What it counts.
    pub kind: Kind,
    /// Its unit.
    pub unit: Unit,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// What it says.
    pub help: &'static str,
}

/// How a metric moves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Only up.
    Counter,
    /// Up and down.
    Gauge,
    /// How often each size occurred.
    Histogram,
}

const REQUESTS: &str = "acervo_http_requests_total";
const REQUEST_SECONDS: &str = "acervo_http_request_seconds";
const REFUSALS: &str = "acervo_http_refusals_total";
const RECEIVED: &str = "acervo_http_received_bytes_total";
const SENT: &str = "acervo_http_sent_bytes_total";
const IN_FLIGHT: &str = "acervo_http_requests_in_flight";
const CONNECTIONS: &str = "acervo_http_connections";
const COMMIT_SECONDS: &str = "acervo_index_commit_seconds";
const GROUP_CHANGES: &str = "acervo_index_group_changes";
const AUDIT_QUEUE: &str = "acervo_audit_queue_entries";
const SWEPT_BLOBS: &str = "acervo_blobs_swept_total";
const EXPIRED_UPLOADS: &str = "acervo_uploads_expired_total";
const UNHEARD: &str = "acervo_connections_unheard_total";
const BUILD: &str = "acervo_build_info";

/// Every metric. `door` is `s3` or `admin`; `action` the operation as policies name it
/// (`PutObject`); `status` the class of the status (`2xx`); `code` an error code of S3 or of the
/// admin API.
pub const METRICS: &[Metric] = &[
    metric(
        REQUESTS,
        Kind::Counter,
        Unit::Count,
        &["door", "action", "status"],
        "Requests answered.",
    ),
    metric(
        REQUEST_SECONDS,
        Kind::Histogram,
        Unit::Seconds,
        &["door", "action"],
        "Seconds from a request's head to the end of its answer.",
    ),
    metric(
        REFUSALS,
        Kind::Counter,
        Unit::Count,
        &["door", "code"],
        "Error answers, by their code.",
    ),
    metric(
        RECEIVED,
        Kind::Counter,
        Unit::Bytes,
        &["door"],
        "Bytes of request bodies.",
    ),
    metric(
        SENT,
        Kind::Counter,
        Unit::Bytes,
        &["door"],
        "Bytes of response bodies.",
    ),
    metric(
        IN_FLIGHT,
        Kind::Gauge,
        Unit::Count,
        &["door"],
        "Requests being answered.",
    ),
    metric(
        CONNECTIONS,
        Kind::Gauge,
        Unit::Count,
        &["door"],
        "Open connections.",
    ),
    metric(
        UNHEARD,
        Kind::Counter,
        Unit::Count,
        &["door", "code"],
        "Connections that ended without a request that could be read.",
    ),
    metric(
        COMMIT_SECONDS,
        Kind::Histogram,
        Unit::Seconds,
        &[],
        "Seconds of one group commit of an agency's index, its sync included.",
    ),
    metric(
        GROUP_CHANGES,
        Kind::Histogram,
        Unit::Count,
        &[],
        "Changes in one group commit.",
    ),
    metric(
        AUDIT_QUEUE,
        Kind::Gauge,
        Unit::Count,
        &[],
        "Audit entries of reads that wait to be written.",
    ),
    metric(
        SWEPT_BLOBS,
        Kind::Counter,
        Unit::Count,
        &[],
        "Unreferenced blobs removed.",
    ),
    metric(
        EXPIRED_UPLOADS,
        Kind::Counter,
        Unit::Count,
        &[],
        "Unfinished uploads removed.",
    ),
    metric(
        BUILD,
        Kind::Gauge,
        Unit::Count,
        &["version"],
        "1, with the version that runs.",
    ),
];

const fn metric(
    name: &'static str,
    kind: Kind,
    unit: Unit,
    labels: &'static [&'static str],
    help: &'static str,
) -> Metric {
    Metric {
        name,
        kind,
        unit,
        labels,
        help,
    }
}

/// Upper bounds of the buckets of seconds: from a request answered out of memory to a slow upload.
const SECONDS: &[f64] = &[
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
    120.0,
];
/// Upper bounds of the buckets of group sizes, up to `limits::GROUP_COMMANDS_MAX`.
const CHANGES: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
/// How often recorded values are moved into their buckets. Until then each takes memory, so this
/// must not wait for somebody to ask for the metrics (law 10).
const UPKEEP: Duration = Duration::from_secs(5);

/// The metrics of the process, to be rendered.
#[derive(Clone, Debug)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// The recorder of the process, installed by the first call. A thread looks after it until the
    /// process ends.
    pub fn of_process() -> Self {
        static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
        Self(HANDLE.get_or_init(start).clone())
    }

    /// The text format of Prometheus, version 0.0.4.
    pub fn render(&self) -> String {
        self.0.render()
    }
}

fn start() -> PrometheusHandle {
    let builder = builder().expect("the buckets are constants, and not empty");
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    // An error means that another recorder is installed: ours then renders nothing, no harm done.
    let _ = metrics::set_global_recorder(recorder);
    for metric in METRICS {
        describe(metric);
    }
    gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    let of_thread = handle.clone();
    let upkeep = move || {
        loop {
            thread::park_timeout(UPKEEP);
            of_thread.run_upkeep();
        }
    };
    if let Err(error) = thread::Builder::new()
        .name("metrics".to_owned())
        .spawn(upkeep)
    {
        tracing::error!(%error, "no thread for the metrics; they are kept up when rendered only");
    }
    handle
}

fn builder() -> Result<PrometheusBuilder, BuildError> {
    use metrics_exporter_prometheus::Matcher::Full;
    PrometheusBuilder::new()
        .set_buckets_for_metric(Full(REQUEST_SECONDS.to_owned()), SECONDS)?
        .set_buckets_for_metric(Full(COMMIT_SECONDS.to_owned()), SECONDS)?
        .set_buckets_for_metric(Full(GROUP_CHANGES.to_owned()), CHANGES)
}

fn describe(metric: &Metric) {
    match metric.kind {
        Kind::Counter => metrics::describe_counter!(metric.name, metric.unit, metric.help),
        Kind::Gauge => metrics::describe_gauge!(metric.name, metric.unit, metric.help),
        Kind::Histogram => metrics::describe_histogram!(metric.name, metric.unit, metric.help),
    }
}

/// A listener.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Door {
    /// The documents.
    S3,
    /// The operators.
    Admin,
    /// Temporary credentials, on the listener of the documents.
    Sts,
}

impl Door {
    /// What metrics and entries call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Admin => "admin",
            Self::Sts => "sts",
        }
    }
}

/// One answer, as the metrics see it.
#[derive(Clone, Copy, Debug)]
pub struct Answered {
    /// The listener.
    pub door: Door,
    /// The operation as policies name it; a fixed word for what is none.
    pub action: &'static str,
    /// The status.
    pub status: u16,
    /// The error code of the body, if it is an error.
    pub code: Option<&'static str>,
    /// From the head of the request to the end of the answer.
    pub duration: Duration,
}

/// Records an answer.
pub fn answered(answer: &Answered) {
    let Answered {
        door,
        action,
        status,
        code,
        duration,
    } = *answer;
    let class = match status / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    };
    HANDLES.with_borrow_mut(|handles| {
        let kept = handles.answers.entry((door, action, class));
        let (requests, seconds) = kept.or_insert_with(|| {
            let door = door.name();
            (
                counter!(REQUESTS, "door" => door, "action" => action, "status" => class),
                histogram!(REQUEST_SECONDS, "door" => door, "action" => action),
            )
        });
        requests.increment(1);
        seconds.record(duration);
    });
    if let Some(code) = code {
        counter!(REFUSALS, "door" => door.name(), "code" => code).increment(1);
    }
}

thread_local! {
    /// The series of this thread's requests: as many as doors, operations and classes allow.
    static HANDLES: RefCell<Handles> = RefCell::default();
}

#[derive(Default)]
struct Handles {
    answers: HashMap<(Door, &'static str, &'static str), (Counter, Histogram)>,
    doors: HashMap<Door, OfDoor>,
}

struct OfDoor {
    in_flight: Gauge,
    received: Counter,
    sent: Counter,
}

fn with_door<T>(door: Door, record: impl FnOnce(&OfDoor) -> T) -> T {
    HANDLES.with_borrow_mut(|handles| {
        let kept = handles.doors.entry(door);
        record(kept.or_insert_with(|| OfDoor {
            in_flight: gauge!(IN_FLIGHT, "door" => door.name()),
            received: counter!(RECEIVED, "door" => door.name()),
            sent: counter!(SENT, "door" => door.name()),
        }))
    })
}

/// Records bytes of a request's body.
pub fn received(door: Door, bytes: u64) {
    with_door(door, |of| of.received.increment(bytes));
}

/// Records bytes of a response's body.
pub fn sent(door: Door, bytes: u64) {
    with_door(door, |of| of.sent.increment(bytes));
}

/// Something that is counted as long as it is held.
#[must_use = "counted as long as it is held"]
pub struct Held(Gauge);

impl Held {
    fn new(gauge: Gauge) -> Self {
        gauge.increment(1.0);
        Self(gauge)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

/// Counts a request that is being answered.
pub fn request(door: Door) -> Held {
    Held::new(with_door(door, |of| of.in_flight.clone()))
}

/// Counts an open connection.
pub fn connection(door: Door) -> Held {
    Held::new(gauge!(CONNECTIONS, "door" => door.name()))
}

/// Counts a connection without a request that could be read.
pub fn unheard(door: Door, code: &'static str) {
    counter!(UNHEARD, "door" => door.name(), "code" => code).increment(1);
}

/// Records a group commit of `changes` changes.
pub fn committed(duration: Duration, changes: u32) {
    histogram!(COMMIT_SECONDS).record(duration);
    histogram!(GROUP_CHANGES).record(changes);
}

/// Sets how many entries of reads wait to be written.
pub fn audit_queue(entries: u32) {
    gauge!(AUDIT_QUEUE).set(entries);
}

/// Records unreferenced blobs that were removed.
pub fn swept(blobs: u64) {
    counter!(SWEPT_BLOBS).increment(blobs);
}

/// Records unfinished uploads that were removed.
pub fn expired(uploads: u64) {
    counter!(EXPIRED_UPLOADS).increment(uploads);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use metrics::Unit;

    use super::{Answered, Door, Kind, METRICS, builder, describe};

    #[test]
    fn names_say_their_unit() {
        let names: BTreeSet<&str> = METRICS.iter().map(|m| m.name).collect();
        assert_eq!(names.len(), METRICS.len(), "a name twice");
        for metric in METRICS {
            let name = metric.name;
            assert!(name.starts_with("acervo_"), "{name}");
            assert_eq!(
                name.ends_with("_total"),
                metric.kind == Kind::Counter,
                "{name}"
            );
            assert_eq!(
                name.ends_with("_seconds"),
                metric.unit == Unit::Seconds,
                "{name}"
            );
            assert_eq!(
                name.contains("_bytes"),
                metric.unit == Unit::Bytes,
                "{name}"
            );
            assert!(
                metric.help.ends_with('.') || metric.help.contains(", with"),
                "{name}"
            );
        }
    }

    /// What is recorded is exactly what the table says, down to the labels.
    #[test]
    fn all_is_rendered_as_described() {
        let recorder = builder().unwrap().build_recorder();
        let handle = recorder.handle();
        let page = metrics::with_local_recorder(&recorder, || {
            METRICS.iter().for_each(describe);
            super::gauge!(super::BUILD, "version" => "0").set(1.0);
            super::answered(&Answered {
                door: Door::S3,
                action: "PutObject",
                status: 503,
                code: Some("SlowDown"),
                duration: Duration::from_millis(3),
            });
            super::received(Door::S3, 7);
            super::sent(Door::Admin, 8);
            let held = super::request(Door::S3);
            drop(super::connection(Door::S3));
            super::committed(Duration::from_millis(1), 3);
            super::audit_queue(4);
            super::swept(5);
            super::expired(6);
            super::unheard(Door::S3, "MalformedHead");
            let page = handle.render();
            drop(held);
            page
        });
        for metric in METRICS {
            assert!(
                page.contains(&format!("# HELP {} {}", metric.name, metric.help)),
                "{page}"
            );
            let has_labels = |line: &str| metric.labels.iter().all(|l| line.contains(l));
            let mut lines = page.lines().filter(|l| l.starts_with(metric.name));
            assert!(lines.any(has_labels), "{}\n{page}", metric.name);
        }
        for line in [
            "acervo_http_requests_total{door=\"s3\",action=\"PutObject\",status=\"5xx\"} 1",
            "acervo_http_request_seconds_bucket{door=\"s3\",action=\"PutObject\",le=\"0.005\"} 1",
            "acervo_http_refusals_total{door=\"s3\",code=\"SlowDown\"} 1",
            "acervo_http_requests_in_flight{door=\"s3\"} 1",
            "acervo_http_connections{door=\"s3\"} 0",
            "acervo_index_group_changes_bucket{le=\"4\"} 1",
            "acervo_audit_queue_entries 4",
        ] {
            assert!(page.lines().any(|l| l == line), "{line}\n{page}");
        }
    }

    #[test]
    fn one_recorder_for_the_process() {
        let first = super::Metrics::of_process();
        let second = super::Metrics::of_process();
        super::swept(1);
        assert!(first.render().contains("acervo_blobs_swept_total"));
        assert!(second.render().contains("acervo_build_info"));
    }
}
