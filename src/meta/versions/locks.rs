//! What keeps a version, read and changed.

use rusqlite::Row;

use super::super::codec::{self, Sql, column, optional};
use super::super::engine::Tx;
use super::super::error::Error;
use super::Spot;
use crate::access::lock::{Locked, Release};
use crate::types::agency_key::AgencyKeyNumber;
use crate::types::ids::{Sequence, VersionId};
use crate::types::lock::Lock;

impl Spot<'_> {
    /// Changes what keeps a version. Refused with [`Error::NoSuchObject`] if it is not there, or
    /// as the change says.
    pub(in crate::meta) fn relock(
        &self,
        tx: &Tx<'_>,
        version_id: &VersionId,
        change: impl FnOnce(Lock) -> Result<Lock, Error>,
    ) -> Result<(), Error> {
        let current = self.current.as_ref();
        let current = current.filter(|current| current.version_id == *version_id);
        let sequence = match current {
            Some(current) => Some(current.sequence),
            None => tx.first(
                "SELECT sequence FROM versions
                 WHERE bucket_id = ?1 AND object_key = ?2 AND version_id = ?3
                     AND etag IS NOT NULL",
                (Sql(self.bucket_id), Sql(self.object_key), Sql(version_id)),
                |row| column(row, 0),
            )?,
        };
        let sequence = sequence.ok_or(Error::NoSuchObject)?;
        let lock = change(lock_of(tx, sequence)?)?;
        tx.execute(
            "UPDATE details SET lock = ?2 WHERE sequence = ?1",
            (Sql(sequence), codec::lock_bytes(&lock)),
        )?;
        Ok(())
    }
}

/// What keeps a version.
pub(super) fn lock_of(tx: &Tx<'_>, sequence: Sequence) -> Result<Lock, Error> {
    let found = tx.first(
        "SELECT lock FROM details WHERE sequence = ?1",
        [Sql(sequence)],
        |row| Ok(read_lock(row)),
    )?;
    Ok(found.unwrap_or(Ok(Lock::NONE))?)
}

/// The lock in a row of nothing else. An unreadable one refuses as one in force does (law 8).
fn read_lock(row: &Row<'_>) -> Result<Lock, Locked> {
    let lock = optional(row, 0).map_err(|_| Locked)?;
    Ok(lock.unwrap_or(Lock::NONE))
}

/// Refuses with [`Error::Locked`] while a version that this key seals may not be removed: without
/// the key it would stand there and be as good as gone.
pub(in crate::meta) fn may_lose_key(
    tx: &Tx<'_>,
    number: AgencyKeyNumber,
    release: &Release,
) -> Result<(), Error> {
    let mut answer = Ok(());
    // There may be many, and nothing of them is kept: a list of `()` takes no memory.
    tx.all(
        "SELECT lock FROM details WHERE key_number = ?1 AND lock IS NOT NULL",
        [Sql(number)],
        |row| {
            let here = read_lock(row).and_then(|lock| release.may_remove(&lock));
            answer = answer.and(here);
            Ok(())
        },
    )?;
    Ok(answer?)
}
