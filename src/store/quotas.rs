//! How much is stored and how much may be.

use crate::audit::entry::Draft;
use crate::meta;
use crate::meta::OfAgency;
use crate::meta::Reader;
use crate::meta::commands::SetQuota;
use crate::meta::usage::Account;
use crate::meta::usage::Arriving;
use crate::meta::usage::Quota;
use crate::types::ids::BucketId;
use crate::types::limits;
use crate::types::names::AgencyId;
use crate::types::names::BucketName;

use super::Committed;
use super::agencies::Agency;
use super::agencies::Store;
use super::body::Body;
use super::error::Error;
use super::list::beside;

/// What an agency stores, as a whole and by bucket.
#[derive(Clone, Debug)]
pub struct Accounts {
    /// The agency.
    pub agency: Account,
    /// Its buckets, by name.
    pub buckets: Vec<(BucketName, Account)>,
}

/// Refuses a document whose announced length no quota has room for, before its body is asked for.
/// One that stays in its row is not worth the look-up: it comes in a few packets.
///
/// # Errors
/// `QuotaExceeded` of the index.
pub(super) fn ensure_room(
    agency: &Agency,
    bucket_id: BucketId,
    arriving: Arriving<'_>,
    body: &impl Body,
) -> Result<(), Error> {
    let is_long = |size_bytes: &u64| *size_bytes > limits::INLINE_BYTES_MAX as u64;
    let Some(size_bytes) = body.announced().size_bytes.filter(is_long) else {
        return Ok(());
    };
    let has_room = |reader: &Reader<'_, OfAgency>| reader.has_room(bucket_id, arriving, size_bytes);
    match agency.index.look(has_room)? {
        true => Ok(()),
        false => Err(meta::Error::QuotaExceeded.into()),
    }
}

impl Store {
    /// What an agency stores and may store.
    ///
    /// # Errors
    /// [`Error::NoSuchAgency`], or if the index cannot be read.
    pub async fn accounts(&self, agency: &AgencyId) -> Result<Accounts, Error> {
        let agency = self.agency_of_any_state(agency).await?;
        let read = beside(&agency.index, |reader| {
            Ok(Accounts {
                agency: reader.account(None)?,
                buckets: reader.accounts()?,
            })
        });
        read.await
    }

    /// Sets how much a bucket, or the agency as a whole, may store from now on.
    ///
    /// # Errors
    /// [`Error::NoSuchAgency`], `NoSuchBucket` of the index.
    pub async fn set_quota(
        &self,
        agency: &AgencyId,
        bucket: Option<BucketName>,
        quota: Quota,
        draft: &Draft<'_>,
    ) -> Result<Committed<()>, Error> {
        let agency = self.agency_of_any_state(agency).await?;
        let command = SetQuota { bucket, quota };
        agency
            .index
            .commit(command, agency.ledger.entry(draft))
            .await?;
        Ok(Committed(()))
    }
}
