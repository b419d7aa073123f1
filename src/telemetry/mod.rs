//! Telemetry: the log on the error output, and the metrics.
//!
//! Owns: the log's form and filter, the name and meaning of every metric.
//! May touch: `types`. Never: a document's name, key, metadata or bytes, a principal's name, a
//! secret: none is a field of an event or the label of a metric.
//! Keeps: law 1 (nothing private reaches a log) and law 10 (labels take few, fixed values).
//! Start at [`install`]; the metrics are listed in `metrics.rs`.
//!
//! Both are of the process, not of a server: the first [`install`] wins, so that tests may start
//! many servers in one process.

mod log;
mod metrics;

pub use log::{Format, Settings, install};
pub use metrics::{
    Answered, Door, Held, Kind, METRICS, Metric, Metrics, answered, audit_queue, committed,
    connection, expired, received, request, sent, swept, unheard,
};
