//! Large values: files in `results/`, named by the SHA-256 of their JSON, and
//! the rows that say which run names which.

use std::{
    collections::BTreeSet,
    fmt, fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};
use tidemill_flow::Value;

use crate::{StoreError, codec, receipt::lock};

/// The key in `results` under which the cache names a file.
pub(crate) const CACHE_RUN: i64 = 0;

/// How many files whose names are on the disk are remembered.
const REMEMBERED: usize = 4096;

/// The SHA-256 of a value's JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ResultHash([u8; 32]);

impl ResultHash {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for ResultHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// The folder of large values.
#[derive(Clone, Debug)]
pub(crate) struct Results {
    folder: PathBuf,
    /// Files whose names this process knows to be on the disk.
    flushed: Arc<Mutex<BTreeSet<ResultHash>>>,
    /// Set once this process knows the folder's own name to be on the disk.
    folder_flushed: Arc<OnceLock<()>>,
}

impl Results {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            flushed: Arc::default(),
            folder_flushed: Arc::default(),
        }
    }

    /// Keeps a value's JSON: when this returns, its file is whole and flushed.
    pub(crate) fn keep(&self, json: &[u8]) -> Result<ResultHash, StoreError> {
        let hash = ResultHash::of(json);
        let path = self.path(&hash);
        match fs::metadata(&path) {
            Ok(metadata) if metadata.len() == json.len() as u64 => {
                self.flush_name(&hash, &path)?;
                Ok(hash)
            }
            Ok(_) | Err(_) => {
                self.write(&path, json)?;
                self.note_flushed(hash);
                Ok(hash)
            }
        }
    }

    /// Flushes the name of a file that was there: who made it may have been killed
    /// before it did.
    fn flush_name(&self, hash: &ResultHash, path: &Path) -> Result<(), StoreError> {
        if lock(&self.flushed).contains(hash) {
            return Ok(());
        }
        let flushed = self.make_folder().and_then(|()| sync_folder(&self.folder));
        flushed.map_err(|cause| StoreError::io(path, cause))?;
        self.note_flushed(*hash);
        Ok(())
    }

    /// Remembers a few files whose names are on the disk.
    fn note_flushed(&self, hash: ResultHash) {
        let mut flushed = lock(&self.flushed);
        if flushed.len() >= REMEMBERED {
            flushed.clear();
        }
        flushed.insert(hash);
    }

    /// Whether the file is there.
    pub(crate) fn has(&self, hash: &ResultHash) -> bool {
        self.path(hash).exists()
    }

    /// Reads a value, and proves that it is the one that was kept.
    pub(crate) fn read(&self, hash: &ResultHash) -> Result<Value, StoreError> {
        let path = self.path(hash);
        let lost = |cause: String| StoreError::ResultLost {
            path: path.clone(),
            cause,
        };
        let json = fs::read(&path).map_err(|cause| lost(cause.to_string()))?;
        if ResultHash::of(&json) != *hash {
            return Err(lost("its content is not what its name says".to_owned()));
        }
        codec::from_json(&json).map_err(|cause| lost(cause.to_owned()))
    }

    /// Removes a file that nothing names any more.
    pub(crate) fn remove(&self, hash: &ResultHash) -> Result<(), StoreError> {
        let path = self.path(hash);
        lock(&self.flushed).remove(hash);
        match fs::remove_file(&path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
                Err(StoreError::io(path, cause))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn path(&self, hash: &ResultHash) -> PathBuf {
        self.folder.join(format!("{hash}.json"))
    }

    /// Makes the folder, and flushes its name also where it was there: who made it may
    /// have been killed before it did.
    fn make_folder(&self) -> io::Result<()> {
        if self.folder_flushed.get().is_some() && self.folder.is_dir() {
            return Ok(());
        }
        fs::create_dir_all(&self.folder)?;
        self.folder.parent().map_or(Ok(()), sync_folder)?;
        self.folder_flushed.get_or_init(|| ());
        Ok(())
    }

    /// Writes beside it, flushes, renames: a file of that name is always whole.
    fn write(&self, path: &Path, json: &[u8]) -> Result<(), StoreError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let failed = |cause| StoreError::io(path, cause);
        self.make_folder().map_err(failed)?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let temporary = path.with_extension(format!("{}-{number}.new", std::process::id()));
        let written = fs::File::create(&temporary)
            .and_then(|mut file| {
                file.write_all(json)?;
                file.sync_all()
            })
            .and_then(|()| fs::rename(&temporary, path))
            .and_then(|()| sync_folder(&self.folder));
        if written.is_err() {
            // The error that counts is the write's; what is left over is not read.
            let _left = fs::remove_file(&temporary);
        }
        written.map_err(failed)
    }
}

/// Flushes a folder, so that a rename in it survives a power cut.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        fs::File::open(folder)?.sync_all()
    } else {
        Ok(())
    }
}

/// Says that a run names these files.
pub(crate) fn refer(
    connection: &Connection,
    run: i64,
    files: &[ResultHash],
) -> rusqlite::Result<()> {
    let mut statement =
        connection.prepare_cached("INSERT OR IGNORE INTO results (hash, run) VALUES (?, ?)")?;
    for hash in files {
        statement.execute(params![hash.as_bytes(), run])?;
    }
    Ok(())
}

/// Forgets what a run names, and gives the files that nothing else does.
pub(crate) fn forget(connection: &Connection, run: i64) -> rusqlite::Result<Vec<ResultHash>> {
    let mut statement = connection.prepare_cached(
        "SELECT hash FROM results AS own WHERE run = ?1 AND NOT EXISTS
           (SELECT 1 FROM results AS other WHERE other.hash = own.hash AND other.run <> ?1)",
    )?;
    let alone = statement
        .query_map([run], |row| row.get(0).map(ResultHash::from_bytes))?
        .collect::<rusqlite::Result<_>>()?;
    connection
        .prepare_cached("DELETE FROM results WHERE run = ?")?
        .execute([run])?;
    Ok(alone)
}
