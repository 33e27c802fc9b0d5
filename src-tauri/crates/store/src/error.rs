//! What can go wrong in the store: each message tells place, cause and mend.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rusqlite::{ErrorCode, ffi};
use tidemill_orchestrate::RunId;

/// What can go wrong in the store. Cheap to clone: one failed commit is told to
/// everyone who waits for it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// A file or folder of the home could not be used.
    #[error("{path}: {cause}", path = path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the system says.
        cause: Arc<io::Error>,
    },
    /// The disk, or the share of it that this user has, is full.
    #[error("{path}: the disk is full or refuses to grow the file, so nothing of this was kept; free some space and try again", path = path.display())]
    Full {
        /// The file that could not grow.
        path: PathBuf,
    },
    /// The file is no store, or is damaged.
    #[error("{path}: not a readable store ({cause}), left as it is; move it away together with its -wal and -shm files, and put back the newest copy from {backups} or begin a new home", path = path.display(), backups = backups.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
        /// Where earlier copies lie.
        backups: PathBuf,
    },
    /// A later version of Tidemill wrote the store.
    #[error("{path}: written by a newer Tidemill (store version {found}, this one knows up to {known}), left as it is; update Tidemill, or use another home", path = path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The last version that this program knows.
        known: u32,
    },
    /// SQLite refused for another reason.
    #[error("{path}: {cause}", path = path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        cause: Arc<rusqlite::Error>,
    },
    /// A record is not as this program writes it.
    #[error(
        "{place}: the record is not as Tidemill writes it ({cause}); restore the store from its backups"
    )]
    Malformed {
        /// Which record.
        place: String,
        /// What is wrong with it.
        cause: String,
    },
    /// A large value's file is not there, or is not what it was.
    #[error("{path}: a run's stored value is missing or changed ({cause}); the run cannot be carried on", path = path.display())]
    ResultLost {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// Another process keeps the lock of those who write.
    #[error("{path}: {holder} has held this lock for more than 10 seconds, so nothing was written; let it go on, or end it, and try again", path = path.display())]
    Locked {
        /// The lock's file.
        path: PathBuf,
        /// Who holds it, as far as that can be told.
        holder: String,
    },
    /// No run is meant.
    #[error("no run is called `{0}`; `tidemill runs` lists them")]
    NoRun(String),
    /// Several runs may be meant.
    #[error("`{text}` may be any of {}; type more of it", first_of(candidates))]
    AmbiguousRun {
        /// What was asked for.
        text: String,
        /// The ids that begin so, newest first, at most ten.
        candidates: Vec<String>,
    },
    /// A run with this id is there already.
    #[error("run {0} is there already, or one that was asked for by the same key")]
    RunExists(RunId),
    /// A schedule's time has its run already, or was missed.
    #[error("the schedule's time {0} does not wait for a run")]
    TimeTaken(jiff::Timestamp),
    /// A living process carries the run.
    #[error("run {run} is carried by process {pid}; cancel it first")]
    RunOwned {
        /// The run.
        run: RunId,
        /// The process.
        pid: u32,
    },
    /// No limit has this name.
    #[error("no limit is called `{0}`; `tidemill limits set {0} N` makes it")]
    NoLimit(String),
    /// A page's cursor is not one that a listing gave.
    #[error("`{0}` is no cursor of a list of runs; use the `next` of the page before")]
    Cursor(String),
    /// The secrets cannot be opened.
    #[error("{path}: {cause}", path = path.display())]
    Secrets {
        /// The sealed file, or the key's.
        path: PathBuf,
        /// What is wrong, and the mend.
        cause: SecretsFault,
    },
    /// The key of the secrets cannot be had from the keychain, or put there.
    #[error("OS keychain, entry `tidemill` {entry}: {cause}")]
    Keychain {
        /// The entry's name, of the service `tidemill`.
        entry: String,
        /// What is wrong, and the mend.
        cause: KeychainFault,
    },
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
}

/// What is wrong with the sealed secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretsFault {
    /// The sealed file is there, its key is not.
    #[error(
        "the key of the secrets is missing; put back `secrets.key`, or remove `secrets` and set them anew"
    )]
    KeyMissing,
    /// The key is none.
    #[error(
        "not a key of secrets; put back the right `secrets.key`, or remove it and `secrets` and set them anew"
    )]
    KeyMalformed,
    /// The sealed file does not open with the key.
    #[error(
        "the secrets do not open: the file is damaged or the key is another's; put back both files from a backup, or remove `secrets` and set them anew"
    )]
    Sealed,
    /// A value is too short to be masked.
    #[error("a secret needs at least 4 characters, else it could not be masked in logs")]
    TooShort,
    /// The system gives no random bytes.
    #[error("the system gives no random bytes for a key")]
    Random,
}

/// What is wrong with the keychain that holds the key of the secrets, or should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeychainFault {
    /// This process has none.
    #[error(
        "no keychain can be reached from here ({0}); call this in a session that has one, or keep the key in a file, as cron jobs and servers need it (`tidemill settings set secrets.key file`, in such a session)"
    )]
    Unreachable(String),
    /// It is there and does not open.
    #[error("the keychain is locked ({0}); unlock it and try again")]
    Locked(String),
    /// It holds no such entry.
    #[error(
        "the keychain holds no such entry, as another user's or machine's does not; put the entry back, or remove the home's file `secrets`, choose the key's place with `tidemill settings set secrets.key keychain` or `file`, and set the secrets anew"
    )]
    Lost,
    /// The entry is no key.
    #[error(
        "the entry is not a key of secrets; put back the right one, or remove the home's file `secrets` and set the secrets anew"
    )]
    Malformed,
    /// What was put there does not come back.
    #[error("the keychain does not keep the key; leave it in its file")]
    NotKept,
}

/// The first of several ids; more of them help nobody to choose.
fn first_of(ids: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<&str> = ids.iter().take(SHOWN).map(String::as_str).collect();
    let rest = if ids.len() > SHOWN { " and others" } else { "" };
    format!("{}{rest}", shown.join(", "))
}

impl StoreError {
    /// Whether the cause is a full disk.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Full { .. })
    }

    /// Whether no write goes through, whatever it is.
    pub(crate) fn is_of_all(&self) -> bool {
        matches!(self, Self::Full { .. } | Self::Locked { .. })
    }

    /// A file's error.
    pub(crate) fn io(path: impl Into<PathBuf>, cause: io::Error) -> Self {
        let path = path.into();
        match cause.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => Self::Full { path },
            _ => Self::Io {
                path,
                cause: Arc::new(cause),
            },
        }
    }

    /// The same error, told of the database at `path`, unless it has a place.
    pub(crate) fn at(self, place: &Path) -> Self {
        match self {
            Self::Full { path } if path.as_os_str().is_empty() => Self::Full {
                path: place.to_owned(),
            },
            Self::Corrupt { path, cause, .. } if path.as_os_str().is_empty() => Self::Corrupt {
                path: place.to_owned(),
                cause,
                backups: place.with_file_name("backups"),
            },
            Self::Database { path, cause } if path.as_os_str().is_empty() => Self::Database {
                path: place.to_owned(),
                cause,
            },
            other => other,
        }
    }
}

/// Whether the disk is full, a quota is, or the file may not be larger: SQLite tells
/// only the first from other failures to write.
fn refuses_to_grow(cause: &rusqlite::Error) -> bool {
    cause.sqlite_error().is_some_and(|error| {
        error.code == ErrorCode::DiskFull
            || matches!(
                error.extended_code,
                ffi::SQLITE_IOERR_WRITE | ffi::SQLITE_IOERR_SHMSIZE
            )
    })
}

impl From<rusqlite::Error> for StoreError {
    /// An error of a database whose place is told later, by `at`.
    fn from(cause: rusqlite::Error) -> Self {
        let path = PathBuf::new();
        match cause.sqlite_error_code() {
            _ if refuses_to_grow(&cause) => Self::Full { path },
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Self::Corrupt {
                backups: PathBuf::new(),
                path,
                cause: cause.to_string(),
            },
            _ => Self::Database {
                path,
                cause: Arc::new(cause),
            },
        }
    }
}
