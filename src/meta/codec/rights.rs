//! What stands of roles, of who has them, and of what was revoked.

use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlResult, ValueRef};

use super::super::records::{Holder, Revoked};
use super::{Sql, column, wrong};
use crate::types::roles::Role;

/// The `roles` column.
pub(in crate::meta) fn roles_text(roles: &[Role]) -> String {
    let names: Vec<_> = roles.iter().map(|role| role.name()).collect();
    serde_json::to_string(&names).expect("lists of strings always have a JSON form")
}

impl FromSql for Sql<Vec<Role>> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let names: Vec<String> = serde_json::from_str(value.as_str()?).map_err(|_| wrong())?;
        // A role that this program does not know refuses the whole list (law 8).
        let roles = names.iter().map(|name| Role::parse(name));
        roles.collect::<Option<_>>().map(Self).ok_or_else(wrong)
    }
}

/// The columns `kind` and `holder` of who has a role.
pub(in crate::meta) fn holder_columns(holder: &Holder) -> (i64, &str) {
    match holder {
        Holder::Principal(name) => (0, name.as_str()),
        Holder::Group(name) => (1, name.as_str()),
    }
}

/// The inverse of [`holder_columns`], from two columns.
pub(in crate::meta) fn read_holder(row: &Row<'_>, index: usize) -> rusqlite::Result<Holder> {
    match row.get::<_, i64>(index)? {
        0 => column(row, index + 1).map(Holder::Principal),
        1 => column(row, index + 1).map(Holder::Group),
        _ => Err(rusqlite::Error::FromSqlConversionFailure(
            index,
            rusqlite::types::Type::Integer,
            Box::new(wrong()),
        )),
    }
}

/// The columns `kind` and `subject` of a revocation.
pub(in crate::meta) fn revoked_columns(revoked: &Revoked) -> (i64, &str) {
    match revoked {
        Revoked::Key(id) => (0, id.as_str()),
        Revoked::Principal(name) => (1, name.as_str()),
    }
}

/// The inverse of [`revoked_columns`], from two columns.
pub(in crate::meta) fn read_revoked(row: &Row<'_>, index: usize) -> rusqlite::Result<Revoked> {
    match row.get::<_, i64>(index)? {
        0 => column(row, index + 1).map(Revoked::Key),
        1 => column(row, index + 1).map(Revoked::Principal),
        _ => Err(rusqlite::Error::FromSqlConversionFailure(
            index,
            rusqlite::types::Type::Integer,
            Box::new(wrong()),
        )),
    }
}
