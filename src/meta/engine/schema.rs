//! What a kind of database holds, and how an older file becomes a newer one.

use rusqlite::Connection;

use super::super::error::Error;

/// A kind of database.
pub trait Schema: Send + Sync + 'static {
    /// What tells this kind of file from another (SQLite's `application_id`).
    const APPLICATION_ID: i32;

    /// The statements that lead from each schema version to the next. The first makes the tables;
    /// released ones never change, later ones are added at the end.
    const MIGRATIONS: &'static [&'static str];
}

/// Brings the file to the newest schema, all steps in one transaction.
pub(super) fn migrate<S: Schema>(connection: &mut Connection) -> Result<(), Error> {
    let known = i32::try_from(S::MIGRATIONS.len()).unwrap_or(i32::MAX);
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let found = pragma("user_version")?;
    if found > 0 && pragma("application_id")? != S::APPLICATION_ID {
        return Err(Error::WrongKind);
    }
    if found > known {
        return Err(Error::NewerSchema { found, known });
    }
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    if found == known {
        return Ok(());
    }
    let done = usize::try_from(found).map_err(|_| Error::WrongKind)?;
    let transaction = connection.transaction()?;
    for step in S::MIGRATIONS.iter().skip(done) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", S::APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    Ok(())
}
