//! `[limits]`: what one process gives at most, to one client and to all (law 10).

use crate::types::limits;

use super::reader::Reader;

/// `[limits]`: each field is the setting of the same name, in the unit that it names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Open connections of each door; more wait in the kernel's queue.
    pub connections: usize,
    /// Seconds for a request's head to arrive.
    pub head_seconds: u64,
    /// Seconds in which a body may be silent.
    pub idle_seconds: u64,
    /// Bytes a second, on average, that a body must keep up.
    pub body_min_bytes_per_second: u64,
    /// Seconds for which an idle connection is kept open for its next request.
    pub keep_alive_seconds: u64,
    /// Requests being answered at once; more are told `SlowDown`.
    pub inflight_requests: usize,
    /// Bytes of documents held in memory at once, for all requests; more are told `SlowDown`.
    pub inflight_bytes: usize,
    /// Bytes of the indexes' pages kept open in memory, for all agencies together.
    pub index_cache_bytes: usize,
    /// Bytes of one object.
    pub object_bytes_max: u64,
    /// Days after which an unfinished upload is removed.
    pub upload_days: u64,
    /// Seconds after which an agency that nobody asks for is closed.
    pub agency_idle_seconds: u64,
    /// Seconds that requests in progress are given at a stop.
    pub shutdown_seconds: u64,
}

impl Limits {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            connections: reader.count("limits.connections", 4_096, 1..=1_000_000),
            head_seconds: reader.number("limits.head_seconds", 10, 1..=600),
            idle_seconds: reader.number("limits.idle_seconds", 20, 1..=3_600),
            body_min_bytes_per_second: reader.number(
                "limits.body_min_bytes_per_second",
                1 << 10,
                0..=1 << 30,
            ),
            keep_alive_seconds: reader.number("limits.keep_alive_seconds", 75, 1..=3_600),
            inflight_requests: reader.count("limits.inflight_requests", 1_024, 1..=1_000_000),
            inflight_bytes: reader.count("limits.inflight_bytes", 512 << 20, 16 << 20..=1 << 40),
            index_cache_bytes: reader.count(
                "limits.index_cache_bytes",
                1 << 30,
                16 << 20..=1 << 40,
            ),
            object_bytes_max: reader.number(
                "limits.object_bytes_max",
                limits::OBJECT_BYTES_MAX,
                1..=limits::OBJECT_BYTES_MAX,
            ),
            upload_days: reader.number("limits.upload_days", 7, 1..=365),
            agency_idle_seconds: reader.number("limits.agency_idle_seconds", 300, 1..=86_400),
            shutdown_seconds: reader.number("limits.shutdown_seconds", 30, 0..=3_600),
        }
    }
}
