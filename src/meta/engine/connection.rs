//! Opens one connection to a sealed database, always with the same settings.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use zeroize::Zeroizing;

use super::super::error::Error;
use crate::crypto::secret::SecretKey;

/// Versions below this can corrupt a write-ahead log when a checkpoint meets a write.
/// Source: SQLite release notes, 3.51.3, "WAL-reset bug".
const SQLITE_OLDEST: i32 = 3_051_003;

/// Statements that a connection keeps prepared: more than this room has.
const STATEMENTS_KEPT: usize = 256;

/// How long a connection waits for another's lock. Only a checkpoint that empties the log ever
/// waits, for readers that answer in milliseconds.
const BUSY: Duration = Duration::from_secs(1);

/// Every connection's settings. Why they are what they are:
/// - `temp_store`: a sort that spilled to a file would leave plaintext there (law 1).
/// - `synchronous`: law 5; in WAL mode it is one sync of the log per transaction.
/// - `wal_autocheckpoint`: checkpoints have a thread of their own.
/// - `secure_delete`: what a page no longer holds is overwritten when the page is written anyway;
///   the wrapped data key of a deleted document should not outlive it in a live page.
const PRAGMAS: &str = "
    PRAGMA temp_store = MEMORY;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA secure_delete = FAST;
    PRAGMA foreign_keys = OFF;
    PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON;
";

/// What a connection may do.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Access {
    /// Change the database, and make it if it is not there.
    Write,
    /// Read alone.
    Read,
}

/// Opens a connection and proves that the key fits.
pub(super) fn open(
    path: &Path,
    database_key: &SecretKey,
    access: Access,
    cache_bytes: usize,
) -> Result<Connection, Error> {
    let found = rusqlite::version_number();
    if found < SQLITE_OLDEST {
        return Err(Error::OldSqlite {
            found,
            needed: SQLITE_OLDEST,
        });
    }
    let flags = match access {
        Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
        Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
    };
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    // SQLCipher would tell standard error of a wrong key; the error below tells the caller.
    connection.execute_batch("PRAGMA cipher_log_level = NONE")?;
    // Raw key: SQLCipher takes these 256 bits as they are, without stretching.
    let hex = Zeroizing::new(crate::types::encoding::hex(database_key.expose()));
    let key = Zeroizing::new(format!("x'{}'", *hex));
    connection.key(None::<&str>, key.as_bytes(), false)?;
    connection.execute_batch("PRAGMA cipher_hmac_algorithm = HMAC_SHA256")?;
    connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
        .map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Error::WrongKey,
            _ => Error::from(error),
        })?;
    connection.execute_batch(PRAGMAS)?;
    limit_cache(&connection, cache_bytes)?;
    connection.busy_timeout(BUSY)?;
    // Without it SQLite prepares statements anew on each use, to look at the values bound to them.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    Ok(connection)
}

/// Bounds what a connection keeps of pages in the clear.
pub(super) fn limit_cache(connection: &Connection, cache_bytes: usize) -> Result<(), Error> {
    let cache_kib = i64::try_from(cache_bytes / 1_024).unwrap_or(i64::MAX);
    Ok(connection.pragma_update(None, "cache_size", -cache_kib)?)
}

/// Makes the file if it is not there, for its owner alone; SQLite gives the log the same mode.
pub(super) fn make_file(path: &Path) -> Result<(), Error> {
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match made {
        Ok(file) => file.sync_all()?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Makes the directory entries of database and log durable (law 5).
pub(super) fn sync_directory(path: &Path) -> Result<(), Error> {
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(())
}
