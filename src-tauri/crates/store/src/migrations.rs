//! The databases' schemas, in numbered steps. Each is applied together with the row
//! that says so, after a copy of the file was made.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

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

/// A database of the home, and the steps to its schema.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    /// The file.
    pub(crate) path: PathBuf,
    /// The lock that its writers queue on.
    pub(crate) lock: PathBuf,
    backups: PathBuf,
    /// Every step, in order; the first has number 1. Those that were released never change.
    steps: &'static [Migration],
    /// What is removed from it gives room back to the disk.
    shrinks: bool,
    /// What a new file gets beside its schema.
    first: fn(&Connection) -> rusqlite::Result<()>,
}

impl Database {
    /// The store.
    pub(crate) fn state(home: &Home) -> Self {
        Self {
            path: home.state(),
            lock: home.state_lock(),
            backups: home.backups(),
            steps: &[
                Migration {
                    name: "first",
                    sql: include_str!("../migrations/state_0001_first.sql"),
                },
                Migration {
                    name: "request_keys",
                    sql: include_str!("../migrations/state_0002_request_keys.sql"),
                },
                Migration {
                    name: "reads",
                    sql: include_str!("../migrations/state_0003_reads.sql"),
                },
                Migration {
                    name: "trials",
                    sql: include_str!("../migrations/state_0004_trials.sql"),
                },
                Migration {
                    name: "waits",
                    sql: include_str!("../migrations/state_0005_waits.sql"),
                },
                Migration {
                    name: "drafts",
                    sql: include_str!("../migrations/state_0006_drafts.sql"),
                },
                Migration {
                    name: "schedules",
                    sql: include_str!("../migrations/state_0007_schedules.sql"),
                },
            ],
            shrinks: false,
            first: device::create,
        }
    }

    /// The logs.
    pub(crate) fn logs(home: &Home) -> Self {
        Self {
            path: home.logs(),
            lock: home.logs_lock(),
            backups: home.backups(),
            steps: &[Migration {
                name: "first",
                sql: include_str!("../migrations/logs_0001_first.sql"),
            }],
            shrinks: true,
            first: |_| Ok(()),
        }
    }

    /// The index of the full-text search.
    pub(crate) fn search(home: &Home) -> Self {
        Self {
            path: home.search(),
            lock: home.search_lock(),
            backups: home.backups(),
            steps: &[Migration {
                name: "first",
                sql: include_str!("../migrations/search_0001_first.sql"),
            }],
            shrinks: true,
            first: |_| Ok(()),
        }
    }

    /// Makes sure that the file is there and of this version, and opens it for reading.
    pub(crate) fn open(&self) -> Result<Connection, StoreError> {
        if !self.path.exists() {
            self.create()?;
        }
        let connection = self.read()?;
        if self.version(&connection)? == self.known() {
            return Ok(connection);
        }
        drop(connection);
        self.upgrade()?;
        self.read()
    }

    /// Opens it for reading, as it is.
    pub(crate) fn read(&self) -> Result<Connection, StoreError> {
        connection::reading(&self.path).map_err(|cause| self.fault(cause))
    }

    /// Opens it for writing, as it is.
    pub(crate) fn write(&self) -> Result<Connection, StoreError> {
        connection::writing(&self.path).map_err(|cause| self.fault(cause))
    }

    fn fault(&self, cause: rusqlite::Error) -> StoreError {
        StoreError::from(cause).at(&self.path)
    }

    fn known(&self) -> u32 {
        u32::try_from(self.steps.len()).unwrap_or(u32::MAX)
    }

    /// The file's version, unless it is none of ours or a newer one.
    fn version(&self, connection: &Connection) -> Result<u32, StoreError> {
        let pragma = |name: &str| -> Result<i64, StoreError> {
            connection
                .pragma_query_value(None, name, |row| row.get(0))
                .map_err(|cause| self.fault(cause))
        };
        let (application, found) = (pragma("application_id")?, pragma("user_version")?);
        let found = u32::try_from(found).unwrap_or_default();
        if application != i64::from(APPLICATION) || found == 0 {
            let empty = fs::metadata(&self.path).is_ok_and(|metadata| metadata.len() == 0);
            return Err(self.corrupt(if empty {
                "it is empty"
            } else {
                "it is another program's database"
            }));
        }
        if found > self.known() {
            return Err(StoreError::Newer {
                path: self.path.clone(),
                found,
                known: self.known(),
            });
        }
        Ok(found)
    }

    fn corrupt(&self, cause: &str) -> StoreError {
        StoreError::Corrupt {
            path: self.path.clone(),
            cause: cause.to_owned(),
            backups: self.backups.clone(),
        }
    }

    /// Makes the file beside its place, whole, and renames it there: a file of that
    /// name is never half a database.
    fn create(&self) -> Result<(), StoreError> {
        let mut queue = WriteQueue::open(&self.lock)?.impatient();
        queue.lock()?;
        if self.path.exists() {
            return Ok(());
        }
        self.refuse_orphaned_log()?;
        let new = self.path.with_extension("new");
        remove_if_there(&new)?;
        let filled = self
            .fill(&new)
            .map_err(|error| error.at(&new))
            .and_then(|()| settle(&new, &self.path).map_err(|cause| StoreError::io(&new, cause)));
        if filled.is_err() {
            // The error that counts is the first; what is left over is made anew.
            let _left = remove_if_there(&new);
        }
        filled
    }

    /// A log without its database holds what the database lost: a new one would take
    /// it for its own.
    fn refuse_orphaned_log(&self) -> Result<(), StoreError> {
        match fs::metadata(connection::log_path(&self.path)) {
            Ok(metadata) if metadata.len() > 0 => {
                Err(self.corrupt("it is missing, but its -wal file is there"))
            }
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn fill(&self, path: &Path) -> Result<(), StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags)?;
        connection.pragma_update(None, "journal_mode", "OFF")?;
        connection.pragma_update(None, "synchronous", "OFF")?;
        if self.shrinks {
            connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
        }
        connection.pragma_update(None, "application_id", APPLICATION)?;
        self.apply(&mut connection, 0)?;
        (self.first)(&connection)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        Ok(())
    }

    /// Brings an older file to this version: a copy first, then step by step.
    fn upgrade(&self) -> Result<(), StoreError> {
        let mut queue = WriteQueue::open(&self.lock)?.impatient();
        queue.lock()?;
        let mut connection = self.write()?;
        let found = self.version(&connection)?;
        if found == self.known() {
            return Ok(());
        }
        self.back_up(&connection, found)?;
        connection
            .pragma_update(None, "synchronous", "FULL")
            .map_err(StoreError::from)
            .and_then(|()| self.apply(&mut connection, found))
            .map_err(|error| error.at(&self.path))
    }

    /// Copies the file as it stands to `backups/`.
    fn back_up(&self, connection: &Connection, version: u32) -> Result<(), StoreError> {
        fs::create_dir_all(&self.backups).map_err(|cause| StoreError::io(&self.backups, cause))?;
        let name = self.path.file_stem().unwrap_or_default().to_string_lossy();
        let time = Timestamp::now().strftime("%Y%m%dT%H%M%S%3fZ");
        let copy = self.backups.join(format!("{name}-v{version}-{time}.db"));
        connection
            .execute("VACUUM INTO ?", [copy.to_string_lossy()])
            .map_err(|cause| StoreError::from(cause).at(&copy))?;
        fs::File::open(&copy)
            .and_then(|file| file.sync_all())
            .and_then(|()| sync_folder(&self.backups))
            .map_err(|cause| StoreError::io(&copy, cause))
    }

    /// Applies the steps after `found`.
    fn apply(&self, connection: &mut Connection, found: u32) -> Result<(), StoreError> {
        for (step, number) in self.steps.iter().zip(1_u32..).skip(found as usize) {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
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
}

fn remove_if_there(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(StoreError::io(path, cause)),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn settle(new: &Path, path: &Path) -> io::Result<()> {
    fs::File::open(new)?.sync_all()?;
    fs::rename(new, path)?;
    path.parent().map_or(Ok(()), sync_folder)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const FIRST: Migration = Migration {
        name: "first",
        sql: "CREATE TABLE things (name TEXT);
              CREATE TABLE migrations (number INTEGER, name TEXT, program TEXT, applied_at INTEGER);",
    };
    const SECOND: Migration = Migration {
        name: "second",
        sql: "ALTER TABLE things ADD COLUMN size INTEGER",
    };
    const BROKEN: Migration = Migration {
        name: "broken",
        sql: "ALTER TABLE things ADD COLUMN weight INTEGER; ALTER TABLE nothing ADD COLUMN x",
    };

    fn database(folder: &TempDir, steps: &'static [Migration]) -> Database {
        Database {
            steps,
            ..Database::search(&Home::new(folder.path()))
        }
    }

    fn backups(folder: &TempDir) -> usize {
        fs::read_dir(folder.path().join("backups")).map_or(0, Iterator::count)
    }

    #[test]
    fn an_older_file_is_copied_and_brought_up() {
        let folder = TempDir::new().unwrap();
        drop(database(&folder, &[FIRST]).open().unwrap());
        assert_eq!(backups(&folder), 0);
        let connection = database(&folder, &[FIRST, SECOND]).open().unwrap();
        connection.prepare("SELECT size FROM things").unwrap();
        let applied: u32 = connection
            .query_row("SELECT count(*) FROM migrations", [], |row| row.get(0))
            .unwrap();
        assert_eq!(applied, 2);
        assert_eq!(backups(&folder), 1);
        let older = database(&folder, &[FIRST]).open().unwrap_err();
        assert!(matches!(
            older,
            StoreError::Newer {
                found: 2,
                known: 1,
                ..
            }
        ));
    }

    #[test]
    fn a_step_that_breaks_leaves_nothing_of_itself() {
        let folder = TempDir::new().unwrap();
        drop(database(&folder, &[FIRST]).open().unwrap());
        database(&folder, &[FIRST, BROKEN]).open().unwrap_err();
        let connection = database(&folder, &[FIRST]).open().unwrap();
        connection.prepare("SELECT weight FROM things").unwrap_err();
    }
}
