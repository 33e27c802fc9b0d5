//! The store's schema, in numbered steps. Each is applied together with the row
//! that says so, after a copy of the file was made.

use std::{fs, io, path::Path};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, TransactionBehavior, params};

use crate::{
    Home, StoreError, connection,
    lock::WriteQueue,
    tables::{device, result::sync_folder},
    time,
};

/// What tells our files from other databases: `TIDE`.
const APPLICATION: i32 = 0x5449_4445;

/// One step of the schema.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Migration {
    name: &'static str,
    sql: &'static str,
}

/// Every step, in order; the first has number 1. Those that were released never change.
pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    name: "first",
    sql: include_str!("../migrations/0001_first.sql"),
}];

/// Makes sure that the home has a store of this version, and opens it for reading.
pub(crate) fn open(home: &Home, steps: &[Migration]) -> Result<Connection, StoreError> {
    let path = home.state();
    if !path.exists() {
        create(home, steps)?;
    }
    let open = || connection::reading(&path).map_err(StoreError::from);
    let connection = open().map_err(|error| error.at(&path))?;
    if version(&connection, home, steps)? == known(steps) {
        return Ok(connection);
    }
    drop(connection);
    upgrade(home, steps)?;
    open().map_err(|error| error.at(&path))
}

fn known(steps: &[Migration]) -> u32 {
    u32::try_from(steps.len()).unwrap_or(u32::MAX)
}

/// The store's version, unless it is none of ours or a newer one.
fn version(connection: &Connection, home: &Home, steps: &[Migration]) -> Result<u32, StoreError> {
    let path = home.state();
    let pragma = |name: &str| -> Result<i64, StoreError> {
        connection
            .pragma_query_value(None, name, |row| row.get(0))
            .map_err(|cause| StoreError::from(cause).at(&path))
    };
    let (application, found) = (pragma("application_id")?, pragma("user_version")?);
    let found = u32::try_from(found).unwrap_or_default();
    if application != i64::from(APPLICATION) || found == 0 {
        let empty = fs::metadata(&path).is_ok_and(|metadata| metadata.len() == 0);
        let cause = if empty {
            "it is empty"
        } else {
            "it is another program's database"
        };
        return Err(StoreError::Corrupt {
            cause: cause.to_owned(),
            backups: home.backups(),
            path,
        });
    }
    if found > known(steps) {
        return Err(StoreError::Newer {
            path,
            found,
            known: known(steps),
        });
    }
    Ok(found)
}

/// Makes a store beside its place, whole, and renames it there: a file of that
/// name is never half a store.
fn create(home: &Home, steps: &[Migration]) -> Result<(), StoreError> {
    let path = home.state();
    let mut queue = WriteQueue::open(&home.state_lock())?;
    queue.lock()?;
    if path.exists() {
        return Ok(());
    }
    refuse_orphaned_log(home)?;
    let new = home.path().join("state.db.new");
    remove_if_there(&new)?;
    let filled = fill(&new, steps)
        .map_err(|error| error.at(&new))
        .and_then(|()| settle(&new, &path).map_err(|cause| StoreError::io(&path, cause)));
    if filled.is_err() {
        // The error that counts is the first; what is left over is made anew.
        let _left = remove_if_there(&new);
    }
    filled
}

/// A log without its database holds what the database lost: a new one would take
/// it for its own.
fn refuse_orphaned_log(home: &Home) -> Result<(), StoreError> {
    let log = home.path().join("state.db-wal");
    match fs::metadata(&log) {
        Ok(metadata) if metadata.len() > 0 => Err(StoreError::Corrupt {
            path: home.state(),
            cause: "it is missing, but state.db-wal is there".to_owned(),
            backups: home.backups(),
        }),
        Ok(_) | Err(_) => Ok(()),
    }
}

fn remove_if_there(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(StoreError::io(path, cause)),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn fill(path: &Path, steps: &[Migration]) -> Result<(), StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.pragma_update(None, "journal_mode", "OFF")?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.pragma_update(None, "application_id", APPLICATION)?;
    apply(&mut connection, 0, steps)?;
    device::create(&connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    Ok(())
}

fn settle(new: &Path, path: &Path) -> io::Result<()> {
    fs::File::open(new)?.sync_all()?;
    fs::rename(new, path)?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Brings an older store to this version: a copy first, then step by step.
fn upgrade(home: &Home, steps: &[Migration]) -> Result<(), StoreError> {
    let path = home.state();
    let mut queue = WriteQueue::open(&home.state_lock())?;
    queue.lock()?;
    let mut connection =
        connection::writing(&path).map_err(|cause| StoreError::from(cause).at(&path))?;
    let found = version(&connection, home, steps)?;
    if found == known(steps) {
        return Ok(());
    }
    back_up(&connection, home, found)?;
    connection
        .pragma_update(None, "synchronous", "FULL")
        .map_err(StoreError::from)
        .and_then(|()| apply(&mut connection, found, steps))
        .map_err(|error| error.at(&path))
}

/// Copies the store as it stands to `backups/`.
fn back_up(connection: &Connection, home: &Home, version: u32) -> Result<(), StoreError> {
    let folder = home.backups();
    fs::create_dir_all(&folder).map_err(|cause| StoreError::io(&folder, cause))?;
    let time = Timestamp::now().strftime("%Y%m%dT%H%M%S%3fZ");
    let copy = folder.join(format!("state-v{version}-{time}.db"));
    connection
        .execute("VACUUM INTO ?", [copy.to_string_lossy()])
        .map_err(|cause| StoreError::from(cause).at(&copy))?;
    fs::File::open(&copy)
        .and_then(|file| file.sync_all())
        .and_then(|()| sync_folder(&folder))
        .map_err(|cause| StoreError::io(&copy, cause))
}

/// Applies the steps after `found`.
fn apply(connection: &mut Connection, found: u32, steps: &[Migration]) -> Result<(), StoreError> {
    for (step, number) in steps.iter().zip(1_u32..).skip(found as usize) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(step.sql)?;
        transaction.execute(
            "INSERT INTO migrations (number, name, program, applied_at) VALUES (?, ?, ?, ?)",
            params![
                number,
                step.name,
                env!("CARGO_PKG_VERSION"),
                time::to_column(Timestamp::now())
            ],
        )?;
        transaction.pragma_update(None, "user_version", number)?;
        transaction.commit()?;
    }
    Ok(())
}
