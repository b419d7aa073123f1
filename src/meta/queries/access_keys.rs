//! Access keys.

use rusqlite::Row;

use super::super::codec::{Sql, column, optional};
use super::super::engine::Reader;
use super::super::error::Error;
use super::super::principals::read_owner;
use super::super::records::AccessKeyRecord;
use super::super::schema::OfAgency;
use crate::types::ids::AccessKeyId;

macro_rules! columns {
    () => {
        "SELECT k.access_key_id, p.canonical_id, p.name, k.roles, k.sealed_secret, \
         k.created_ms, k.expires_ms, k.revoked_ms, k.inline_policy \
         FROM access_keys k JOIN principals p ON p.number = k.principal "
    };
}

impl Reader<'_, OfAgency> {
    /// An access key, revoked and expired ones too.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn access_key(
        &self,
        access_key_id: &AccessKeyId,
    ) -> Result<Option<AccessKeyRecord>, Error> {
        self.first(
            concat!(columns!(), "WHERE k.access_key_id = ?1"),
            [Sql(access_key_id)],
            read_access_key,
        )
    }

    /// All access keys by id; `limits::ACCESS_KEYS_MAX` bounds them.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn access_keys(&self) -> Result<Vec<AccessKeyRecord>, Error> {
        self.all(
            concat!(columns!(), "ORDER BY k.access_key_id"),
            [],
            read_access_key,
        )
    }
}

fn read_access_key(row: &Row<'_>) -> rusqlite::Result<AccessKeyRecord> {
    Ok(AccessKeyRecord {
        access_key_id: column(row, 0)?,
        owner: read_owner(row, 1)?,
        roles: column(row, 3)?,
        sealed_secret: row.get(4)?,
        created: column(row, 5)?,
        expires: optional(row, 6)?,
        revoked: optional(row, 7)?,
        inline_policy: row.get(8)?,
    })
}
