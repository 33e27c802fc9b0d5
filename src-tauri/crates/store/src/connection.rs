//! How the databases of a home are opened.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, config::DbConfig};

use crate::StoreError;

/// How long SQLite waits for a lock. Writers queue before they ask SQLite, so this
/// is only met where another program has the file open.
const BUSY: Duration = Duration::from_secs(10);

/// Pages of the log after which what is in it is moved into the database (8 MiB).
const CHECKPOINT_PAGES: u32 = 2048;

/// Past so many bytes the log is cut to nothing.
const LOG_LIMIT: u64 = 16 * 1024 * 1024;

/// At its end a process leaves so much in the log: reading it anew costs the next
/// one less than a checkpoint costs this one.
const LOG_LEFT: u64 = 512 * 1024;

/// Statements that a connection keeps prepared.
const STATEMENTS: usize = 64;

/// Opens a database for reading: nothing can be written through it.
pub(crate) fn reading(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    prepare(&connection)?;
    Ok(connection)
}

/// Opens a database that is there for writing.
pub(crate) fn writing(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    prepare(&connection)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    if cfg!(target_vendor = "apple") {
        connection.pragma_update(None, "fullfsync", true)?;
        connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    }
    Ok(connection)
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(())
}

/// The file of what was committed and is not in the database yet.
pub(crate) fn log_path(path: &Path) -> PathBuf {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}

/// Cuts the log of the database at `path` if it has grown past its limit, or at
/// the process's end past what may be left. Only while this process holds the
/// writers' lock. A reader in the way only puts it off.
pub(crate) fn cut_log(
    connection: &Connection,
    path: &Path,
    at_end: bool,
) -> Result<(), StoreError> {
    let size = std::fs::metadata(log_path(path)).map_or(0, |metadata| metadata.len());
    if size <= if at_end { LOG_LEFT } else { LOG_LIMIT } {
        return Ok(());
    }
    connection.busy_timeout(Duration::from_millis(if at_end { 0 } else { 20 }))?;
    let cut = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    connection.busy_timeout(BUSY)?;
    cut.map_err(StoreError::from)
}
