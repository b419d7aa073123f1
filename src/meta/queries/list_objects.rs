//! Pages of the live current versions.

use rusqlite::Row;

use super::super::codec::{Sql, column, optional};
use super::super::engine::Reader;
use super::super::error::Error;
use super::super::principals::Owners;
use super::super::records::ListedObject;
use super::super::schema::OfAgency;
use super::list::{ListEntry, ListPage, ListQuery, Pager};
use super::walk::{KeyRange, Walk};
use crate::types::ids::BucketId;

impl Reader<'_, OfAgency> {
    /// One page of a bucket, of one moment, and of no other keys than those of a range. It costs
    /// what it returns: a step for each object, a seek for each common prefix.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn list_objects(
        &self,
        bucket_id: BucketId,
        query: &ListQuery,
        within: &KeyRange,
    ) -> Result<ListPage<ListedObject>, Error> {
        let walk = Walk::new(&query.prefix, query.delimiter.as_deref());
        let mut pager = Pager::new(query, &walk);
        self.snapshot(|reader| {
            let mut owners = Owners::new(reader.connection());
            let mut statement = reader.connection().prepare_cached(
                "SELECT object_key, size_bytes, etag, modified_ms, owner, checksum_kind
                 FROM objects WHERE bucket_id = ?1 AND object_key >= ?2 AND object_key < ?3
                 ORDER BY object_key",
            )?;
            pager.walk(walk.start(query.after.as_deref()), |pager, start| {
                let (start, end) = within.clamp(start, walk.end());
                let rows = statement.query((Sql(bucket_id), start, end))?;
                pager.fill(rows, |row| read_listed(row, &mut owners))
            })
        })?;
        Ok(pager.page(|last| match last {
            ListEntry::Object(object) => object.object_key.as_str().to_owned(),
            ListEntry::Prefix(prefix) => prefix.clone(),
        }))
    }
}

fn read_listed(row: &Row<'_>, owners: &mut Owners<'_>) -> Result<ListedObject, Error> {
    Ok(ListedObject {
        object_key: column(row, 0)?,
        size_bytes: column(row, 1)?,
        etag: column(row, 2)?,
        modified: column(row, 3)?,
        owner: owners.of(row.get(4)?)?,
        checksum: optional(row, 5)?,
    })
}
