//! `[audit]`: when reads are recorded.

use super::reader::Reader;

/// `[audit]`: the record of every access.
#[derive(Debug, Eq, PartialEq)]
pub struct Audit {
    /// When the entry of a read must be durable.
    pub reads: AuditReads,
}

/// When the entry of a read must be durable; that of a change always is, with the change.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AuditReads {
    /// Queued before the first byte leaves, durable within 50 ms.
    Batched,
    /// Before the first byte leaves.
    Strict,
}

impl Audit {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let values = [AuditReads::Batched, AuditReads::Strict];
        let reads = reader.choice("audit.reads", &["batched", "strict"], &values);
        Self {
            reads: reads.map_or(AuditReads::Batched, |r| r.value),
        }
    }
}
