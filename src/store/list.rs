//! Lists. A page may take as long as a millisecond, so it runs beside the reactors.

use crate::access::permit::Permit;
use crate::meta;
use crate::meta::Index;
use crate::meta::OfAgency;
use crate::meta::Reader;
use crate::meta::queries::KeyRange;
use crate::meta::queries::ListPage;
use crate::meta::queries::ListQuery;
use crate::meta::queries::VersionMarker;
use crate::meta::records::BucketRecord;
use crate::meta::records::ListedObject;
use crate::meta::records::ListedVersion;
use crate::types::grant::Scope;

use super::agencies::Store;
use super::buckets::bucket_of;
use super::error::Error;

/// A page of buckets.
#[derive(Clone, Debug, Default)]
pub struct BucketPage {
    /// The buckets, by name.
    pub buckets: Vec<BucketRecord>,
    /// There is more: what the next page comes after.
    pub next: Option<String>,
}

impl BucketPage {
    /// The page with more that belong into it, of as many entries as before at most.
    #[must_use]
    pub fn with(mut self, more: Vec<BucketRecord>, limit: u32) -> Self {
        // What lies behind the last bucket of a page that goes on is for a later page.
        let last = self.next.clone();
        let is_here = |name: &str| last.as_deref().is_none_or(|last| name <= last);
        let more = more.into_iter().filter(|b| is_here(b.name.as_str()));
        self.buckets.extend(more);
        self.buckets.sort_by(|a, b| a.name.cmp(&b.name));
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if self.buckets.len() > limit {
            self.buckets.truncate(limit);
            let last = self.buckets.last();
            self.next = last.map(|bucket| bucket.name.as_str().to_owned());
        }
        self
    }
}

impl Store {
    /// The buckets that the caller owns, or all of the agency for those who see all.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn list_buckets(
        &self,
        permit: &Permit,
        prefix: Option<&str>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<BucketPage, Error> {
        let agency = self.agency(permit.agency()).await?;
        let owner = (!permit.sees_all()).then(|| permit.canonical_id());
        let prefix = prefix.unwrap_or_default();
        let read = agency
            .index
            .read(|reader| reader.buckets(owner, prefix, after, limit + 1));
        let mut buckets = read?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let is_truncated = buckets.len() > limit;
        buckets.truncate(limit);
        let last = buckets.last().map(|bucket| bucket.name.as_str().to_owned());
        Ok(BucketPage {
            next: last.filter(|_| is_truncated),
            buckets,
        })
    }

    /// A page of a bucket's objects; by a grant, of those that it lets its holder see.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn list(
        &self,
        permit: &Permit,
        query: ListQuery,
    ) -> Result<ListPage<ListedObject>, Error> {
        let agency = self.agency(permit.agency()).await?;
        let bucket_id = bucket_of(permit)?.id;
        let within = permit.grant().map(|grant| match &grant.within {
            Scope::Prefix(prefix) => KeyRange::beginning_with(prefix),
            Scope::Object(object_key, _) => KeyRange::only(object_key),
        });
        let within = within.unwrap_or_default();
        beside(&agency.index, move |reader| {
            reader.list_objects(bucket_id, &query, &within)
        })
        .await
    }

    /// A page of a bucket's versions and delete markers.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn list_versions(
        &self,
        permit: &Permit,
        query: ListQuery<VersionMarker>,
    ) -> Result<ListPage<ListedVersion, VersionMarker>, Error> {
        let agency = self.agency(permit.agency()).await?;
        let bucket_id = bucket_of(permit)?.id;
        beside(&agency.index, move |reader| {
            reader.list_versions(bucket_id, &query)
        })
        .await
    }
}

/// Runs queries on a thread of the blocking pool; not for queries of the audit log.
pub(super) async fn beside<T: Send + 'static>(
    index: &Index,
    queries: impl FnOnce(&Reader<'_, OfAgency>) -> Result<T, meta::Error> + Send + 'static,
) -> Result<T, Error> {
    let index = index.clone();
    let read = tokio::task::spawn_blocking(move || index.look(queries));
    Ok(read.await.map_err(|_| Error::Stopping)??)
}
