//! `[inventory]`: how large the files of inventory reports are.

use super::reader::Reader;

/// `[inventory]`: lists of the objects of buckets, as S3 calls them.
#[derive(Debug, Eq, PartialEq)]
pub struct Inventory {
    /// Lines of one data file at most.
    pub rows_per_file: u64,
}

impl Inventory {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            rows_per_file: reader.number("inventory.rows_per_file", 250_000, 1..=10_000_000),
        }
    }
}
