//! `[access_log]`: how often the access logs of buckets are delivered.

use super::reader::Reader;

/// `[access_log]`: what S3 calls server access logging.
#[derive(Debug, Eq, PartialEq)]
pub struct AccessLog {
    /// Seconds between two deliveries.
    pub deliver_seconds: u64,
}

impl AccessLog {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            deliver_seconds: reader.number("access_log.deliver_seconds", 300, 1..=86_400),
        }
    }
}
