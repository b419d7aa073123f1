//! Lists of uploads and of their parts.

use crate::access::permit::Permit;
use crate::keys::customer::CustomerKey;
use crate::meta::queries::ListPage;
use crate::meta::queries::ListQuery;
use crate::meta::queries::UploadMarker;
use crate::meta::records::ListedPiece;
use crate::meta::records::ListedUpload;
use crate::meta::records::UploadRecord;
use crate::types::ids::PartNumber;
use crate::types::ids::UploadId;
use crate::types::ids::UploadNumber;

use super::super::agencies::Agency;
use super::super::agencies::Store;
use super::super::buckets::bucket_of;
use super::super::error::Error;
use super::super::list::beside;
use super::find;
use super::repeated;

/// A page of parts.
#[derive(Clone, Debug)]
pub struct PartPage {
    /// The parts, by number.
    pub parts: Vec<ListedPiece>,
    /// There are more.
    pub is_truncated: bool,
}

impl Store {
    /// A page of an upload's parts, after a number.
    ///
    /// # Errors
    /// `NoSuchUpload` of the index.
    pub async fn list_parts(
        &self,
        permit: &Permit,
        upload_id: UploadId,
        customer: Option<CustomerKey>,
        after: Option<PartNumber>,
        limit: u32,
    ) -> Result<(UploadRecord, PartPage), Error> {
        let agency = self.agency(permit.agency()).await?;
        let upload = find(&agency, permit, upload_id)?;
        repeated(&upload.encryption, customer)?;
        let page = page(&agency, upload.number, after, limit).await?;
        Ok((upload, page))
    }

    /// A page of the parts that an object was made of, after a number.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn parts_of(
        &self,
        permit: &Permit,
        upload: UploadNumber,
        after: Option<PartNumber>,
        limit: u32,
    ) -> Result<PartPage, Error> {
        let agency = self.agency(permit.agency()).await?;
        page(&agency, upload, after, limit).await
    }

    /// A page of a bucket's unfinished uploads.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn list_uploads(
        &self,
        permit: &Permit,
        query: ListQuery<UploadMarker>,
    ) -> Result<ListPage<ListedUpload, UploadMarker>, Error> {
        let agency = self.agency(permit.agency()).await?;
        let bucket_id = bucket_of(permit)?.id;
        beside(&agency.index, move |reader| {
            reader.list_uploads(bucket_id, &query)
        })
        .await
    }
}

async fn page(
    agency: &Agency,
    upload: UploadNumber,
    after: Option<PartNumber>,
    limit: u32,
) -> Result<PartPage, Error> {
    let read = beside(&agency.index, move |reader| {
        reader.list_parts(upload, after, limit + 1)
    });
    let mut parts = read.await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let is_truncated = parts.len() > limit;
    parts.truncate(limit);
    Ok(PartPage {
        parts,
        is_truncated,
    })
}
