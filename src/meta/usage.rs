//! What is stored in each bucket and in the agency, and how much may be: counted in the
//! transaction of the change, so exact.
//!
//! A version counts with its bytes whether it is current or not, a part from its upload on; a
//! delete marker counts nothing. The writer keeps the accounts that it has read; a group of changes
//! writes each one that it touched once, in two rows of one page.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use rusqlite::Row;

use super::codec::{Sql, column, optional};
use super::engine::{Reader, Tx};
use super::error::Error;
use super::records::Versioning;
use super::schema::OfAgency;
use crate::types::ids::{BucketId, PartNumber, UploadNumber, VersionId};
use crate::types::names::{BucketName, ObjectKey};

/// The account of the agency as a whole: the numbers of buckets begin at 1.
const AGENCY: BucketId = BucketId(0);

/// Finds one account; its row is for [`read_account`].
const ACCOUNT: &str =
    "SELECT bytes, objects, quota_bytes, quota_objects FROM usage WHERE bucket_id = ?1";

/// What is stored.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Usage {
    /// Bytes of all versions and of the parts of uploads in progress.
    pub bytes: u64,
    /// Versions, current or not; delete markers are none.
    pub objects: u64,
}

/// How much may be stored; `None` for as much as there is room.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Quota {
    /// Bytes, as [`Usage`] counts them.
    pub bytes: Option<u64>,
    /// Versions, as [`Usage`] counts them.
    pub objects: Option<u64>,
}

/// What is stored and how much may be.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Account {
    /// What is stored.
    pub usage: Usage,
    /// How much may be.
    pub quota: Quota,
}

impl Account {
    /// A quota that is passed already, because it was set below what is stored, refuses what adds
    /// and nothing else.
    fn admits(&self, change: Change) -> bool {
        let within = |now: u64, by: i64, most: Option<u64>| {
            by <= 0 || most.is_none_or(|most| now.saturating_add_signed(by) <= most)
        };
        within(self.usage.bytes, change.bytes, self.quota.bytes)
            && within(self.usage.objects, change.objects, self.quota.objects)
    }

    fn charge(&mut self, change: Change) {
        self.usage.bytes = self.usage.bytes.saturating_add_signed(change.bytes);
        self.usage.objects = self.usage.objects.saturating_add_signed(change.objects);
    }
}

/// By how much a change makes the usage grow or shrink.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Change {
    bytes: i64,
    objects: i64,
}

impl Change {
    pub(super) fn bytes(bytes: u64) -> Self {
        // Sizes are bounded far below 2^63 (limits::OBJECT_BYTES_MAX).
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        Self { bytes, objects: 0 }
    }

    /// One version of so many bytes.
    pub(super) fn version(bytes: u64) -> Self {
        Self {
            objects: 1,
            ..Self::bytes(bytes)
        }
    }

    pub(super) fn less(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_sub(other.bytes),
            objects: self.objects.saturating_sub(other.objects),
        }
    }
}

/// The accounts that the writer has read, and those that a group of changes touched.
#[derive(Default)]
pub(super) struct Accounts {
    known: HashMap<BucketId, Account>,
    touched: BTreeSet<BucketId>,
}

impl Accounts {
    fn of<'a>(&'a mut self, tx: &Tx<'_>, bucket_id: BucketId) -> Result<&'a mut Account, Error> {
        match self.known.entry(bucket_id) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(unknown) => {
                let found = tx.first(ACCOUNT, [Sql(bucket_id)], |row| read_account(row, 0))?;
                Ok(unknown.insert(found.unwrap_or_default()))
            }
        }
    }

    /// Writes what the group changed.
    pub(super) fn store(&mut self, tx: &Tx<'_>) -> Result<(), Error> {
        for bucket_id in std::mem::take(&mut self.touched) {
            let Some(account) = self.known.get(&bucket_id) else {
                continue;
            };
            tx.execute(
                "INSERT INTO usage (bucket_id, bytes, objects, quota_bytes, quota_objects)
                 VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (bucket_id) DO UPDATE SET
                 bytes = ?2, objects = ?3, quota_bytes = ?4, quota_objects = ?5",
                (
                    Sql(bucket_id),
                    Sql(account.usage.bytes),
                    Sql(account.usage.objects),
                    account.quota.bytes.map(Sql),
                    account.quota.objects.map(Sql),
                ),
            )?;
        }
        Ok(())
    }
}

/// Refuses a change that a quota has no room for; before the change, which is then counted by
/// [`charge`].
pub(super) fn admits(tx: &Tx<'_>, bucket_id: BucketId, change: Change) -> Result<(), Error> {
    let mut accounts = tx.accounts();
    for account in [AGENCY, bucket_id] {
        if !accounts.of(tx, account)?.admits(change) {
            return Err(Error::QuotaExceeded);
        }
    }
    Ok(())
}

/// Counts what was stored.
pub(super) fn charge(tx: &Tx<'_>, bucket_id: BucketId, change: Change) -> Result<(), Error> {
    let mut accounts = tx.accounts();
    for account in [AGENCY, bucket_id] {
        accounts.of(tx, account)?.charge(change);
        accounts.touched.insert(account);
    }
    Ok(())
}

/// Counts what went away.
pub(super) fn release(tx: &Tx<'_>, bucket_id: BucketId, change: Change) -> Result<(), Error> {
    charge(tx, bucket_id, Change::default().less(change))
}

/// Sets the quota of a bucket, or of the agency.
pub(super) fn set_quota(
    tx: &Tx<'_>,
    bucket_id: Option<BucketId>,
    quota: Quota,
) -> Result<(), Error> {
    let account = bucket_id.unwrap_or(AGENCY);
    let mut accounts = tx.accounts();
    accounts.of(tx, account)?.quota = quota;
    accounts.touched.insert(account);
    Ok(())
}

/// Ends the account of a bucket that goes away; what is left in it, parts of unfinished uploads,
/// goes with it.
pub(super) fn close(tx: &Tx<'_>, bucket_id: BucketId) -> Result<(), Error> {
    let left = tx.accounts().of(tx, bucket_id)?.usage;
    let left = Change {
        objects: i64::try_from(left.objects).unwrap_or(i64::MAX),
        ..Change::bytes(left.bytes)
    };
    release(tx, bucket_id, left)?;
    let mut accounts = tx.accounts();
    accounts.known.remove(&bucket_id);
    accounts.touched.remove(&bucket_id);
    tx.execute("DELETE FROM usage WHERE bucket_id = ?1", [Sql(bucket_id)])?;
    Ok(())
}

/// What is about to be stored, and may take the place of what is counted already.
#[derive(Clone, Copy, Debug)]
pub enum Arriving<'a> {
    /// A version of this key, in a bucket that keeps versions so.
    Version(&'a ObjectKey, Versioning),
    /// A part of an upload.
    Part(UploadNumber, PartNumber),
}

impl Reader<'_, OfAgency> {
    /// Whether the quotas have room, as things stand, for so many bytes. The change itself decides:
    /// this spares a client from sending what would be refused.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn has_room(
        &self,
        bucket_id: BucketId,
        arriving: Arriving<'_>,
        size_bytes: u64,
    ) -> Result<bool, Error> {
        let change = match arriving {
            Arriving::Version(..) => Change::version(size_bytes),
            Arriving::Part(..) => Change::bytes(size_bytes),
        };
        let accounts = [self.account(None)?, self.account(Some(bucket_id))?];
        let admit = |change| accounts.iter().all(|account| account.admits(change));
        if admit(change) {
            return Ok(true);
        }
        let replaced = match arriving {
            Arriving::Version(_, Versioning::Enabled) => None,
            Arriving::Version(object_key, Versioning::Off | Versioning::Suspended) => self.first(
                "SELECT size_bytes FROM objects
                 WHERE bucket_id = ?1 AND object_key = ?2 AND version_id = ?3
                 UNION ALL SELECT size_bytes FROM versions
                 WHERE bucket_id = ?1 AND object_key = ?2 AND version_id = ?3
                 AND etag IS NOT NULL",
                (Sql(bucket_id), Sql(object_key), Sql(&VersionId::Null)),
                |row| Ok(Change::version(column(row, 0)?)),
            )?,
            Arriving::Part(upload, number) => self.first(
                "SELECT size_bytes FROM pieces WHERE upload_number = ?1 AND part_number = ?2",
                (Sql(upload), Sql(number)),
                |row| Ok(Change::bytes(column(row, 0)?)),
            )?,
        };
        Ok(admit(change.less(replaced.unwrap_or_default())))
    }

    /// The account of a bucket, or of the agency.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn account(&self, bucket_id: Option<BucketId>) -> Result<Account, Error> {
        let found = self.first(ACCOUNT, [Sql(bucket_id.unwrap_or(AGENCY))], |row| {
            read_account(row, 0)
        })?;
        Ok(found.unwrap_or_default())
    }

    /// The accounts of all buckets (at most `limits::BUCKETS_MAX`), by name.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn accounts(&self) -> Result<Vec<(BucketName, Account)>, Error> {
        self.all(
            "SELECT b.name, coalesce(u.bytes, 0), coalesce(u.objects, 0), u.quota_bytes,
                 u.quota_objects
             FROM buckets b LEFT JOIN usage u ON u.bucket_id = b.bucket_id ORDER BY b.name",
            [],
            |row| Ok((column(row, 0)?, read_account(row, 1)?)),
        )
    }
}

fn read_account(row: &Row<'_>, at: usize) -> rusqlite::Result<Account> {
    Ok(Account {
        usage: Usage {
            bytes: column(row, at)?,
            objects: column(row, at + 1)?,
        },
        quota: Quota {
            bytes: optional(row, at + 2)?,
            objects: optional(row, at + 3)?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::{Account, Change, Quota, Usage};

    #[track_caller]
    fn check(used: (u64, u64), most: (Option<u64>, Option<u64>), change: Change, admits: bool) {
        let account = Account {
            usage: Usage {
                bytes: used.0,
                objects: used.1,
            },
            quota: Quota {
                bytes: most.0,
                objects: most.1,
            },
        };
        assert_eq!(account.admits(change), admits, "{account:?} {change:?}");
    }

    #[test]
    fn a_quota_is_reached_exactly() {
        let version = Change::version;
        check((0, 0), (None, None), version(u64::MAX), true);
        check((90, 0), (Some(100), None), version(10), true);
        check((90, 0), (Some(100), None), version(11), false);
        check((0, 2), (None, Some(3)), version(5), true);
        check((0, 3), (None, Some(3)), version(0), false);
        // Over it already: what replaces or shrinks goes on, what adds does not.
        check(
            (200, 9),
            (Some(100), Some(3)),
            version(10).less(version(10)),
            true,
        );
        check(
            (200, 9),
            (Some(100), Some(3)),
            version(10).less(version(20)),
            true,
        );
        check(
            (200, 9),
            (Some(100), Some(3)),
            version(20).less(version(10)),
            false,
        );
        check((0, 0), (Some(0), None), version(0), true);
        check((0, 0), (None, Some(0)), version(0), false);
    }
}
