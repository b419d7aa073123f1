//! How values stand in columns: the on-disk shapes, apart from the types that the house speaks in.
//!
//! ```text
//! etag       md5 (16) [parts (2, big endian)]
//! checksum   algorithm's code (1) | kind (1) | parts, 0 for none (2, big endian) | value
//! checksum_kind  algorithm's code * 2 + kind        kind: 0 full object, 1 composite
//! metadata   JSON [[[name, value]…] system, [[name, value]…] user, [[key, value]…] tags, access
//!            control list or null], NULL if all four are empty
//! encryption  JSON {"key": {…}} or {"customer": check}, NULL for what all documents have
//! key_number  of another agency key than the default one, else NULL
//! lock       retention's mode, 0 for none (1) | its end, ms (8, big endian) | legal hold (1)
//!            NULL if nothing was ever said    mode: 1 governance, 2 compliance
//!                                             legal hold: 0 never said, 1 on, 2 off
//! roles      JSON [name…]
//! documents  JSON [[kind's number, body]…], made by the query that reads a bucket
//! ```

mod buckets;
mod objects;
mod rights;
mod scalars;
mod states;

use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError};

pub(super) use objects::{
    checksum_bytes, checksum_kind, encryption, encryption_text, etag_bytes, key_number, lock_bytes,
    metadata, metadata_text,
};
pub(super) use rights::{holder_columns, read_holder, read_revoked, revoked_columns, roles_text};

/// A column in the house's type. A newtype, because neither side of the conversion is ours.
pub(super) struct Sql<T>(pub(super) T);

/// Reads a column.
pub(super) fn column<T>(row: &Row<'_>, index: usize) -> rusqlite::Result<T>
where
    Sql<T>: FromSql,
{
    row.get::<_, Sql<T>>(index).map(|sql| sql.0)
}

/// Reads a column that may be NULL.
pub(super) fn optional<T>(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<T>>
where
    Sql<T>: FromSql,
{
    row.get::<_, Option<Sql<T>>>(index)
        .map(|sql| sql.map(|sql| sql.0))
}

fn wrong() -> FromSqlError {
    FromSqlError::Other("not what was written".into())
}

macro_rules! as_integer {
    ($type:ty, $read:expr, $write:expr) => {
        impl FromSql for Sql<$type> {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let read: fn(i64) -> Option<$type> = $read;
                read(value.as_i64()?).map(Self).ok_or_else(wrong)
            }
        }

        impl ToSql for Sql<$type> {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                let write: fn(&$type) -> i64 = $write;
                Ok(write(&self.0).into())
            }
        }
    };
}

use as_integer;
