//! The queue of writers of several processes: a blocking lock on a file beside
//! a database, held for one transaction.

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rusqlite::{Connection, TransactionBehavior};

use crate::{StoreError, connection};

/// How long the lock is left free after a commit while other processes write.
const PAUSE: Duration = Duration::from_millis(1);

/// How long after it was last seen another process counts as writing.
const CONTENDED: Duration = Duration::from_millis(250);

/// One process's place in the queue of writers.
#[derive(Debug)]
pub(crate) struct WriteQueue {
    file: File,
    path: PathBuf,
    /// When another process was last seen to hold the lock or to have committed.
    others: Option<Instant>,
}

impl WriteQueue {
    /// Opens the lock's file, making it where there is none.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
            .map_err(|cause| StoreError::io(path, cause))?;
        Ok(Self {
            file,
            path: path.to_owned(),
            others: None,
        })
    }

    /// Waits for the lock, however long.
    pub(crate) fn lock(&mut self) -> Result<(), StoreError> {
        match self.file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => self.others = Some(Instant::now()),
            Err(TryLockError::Error(cause)) => return Err(StoreError::io(&self.path, cause)),
        }
        loop {
            match self.file.lock() {
                Ok(()) => return Ok(()),
                Err(cause) if cause.kind() == std::io::ErrorKind::Interrupted => {}
                Err(cause) => return Err(StoreError::io(&self.path, cause)),
            }
        }
    }

    /// One transaction on the database at `path` under the lock.
    pub(crate) fn transaction<T>(
        &mut self,
        connection: &mut Connection,
        path: &Path,
        body: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.lock()?;
        let done = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(StoreError::from)
            .and_then(|transaction| {
                let answer = body(&transaction)?;
                transaction.commit()?;
                Ok(answer)
            })
            .map_err(|error| error.at(path));
        if done.is_ok()
            && let Err(error) = connection::cut_log(connection, path, false)
        {
            tracing::warn!(error = %error.at(path), "the log could not be cut");
        }
        self.unlock()?;
        self.yield_to_others();
        done
    }

    /// Another process has committed since this one last did.
    pub(crate) fn saw_others(&mut self) {
        self.others = Some(Instant::now());
    }

    /// Lets go of the lock.
    pub(crate) fn unlock(&mut self) -> Result<(), StoreError> {
        self.file
            .unlock()
            .map_err(|cause| StoreError::io(&self.path, cause))
    }

    /// Leaves the lock to others for a moment, if there are any.
    pub(crate) fn yield_to_others(&mut self) {
        match self.others {
            Some(seen) if seen.elapsed() < CONTENDED => std::thread::sleep(PAUSE),
            Some(_) => self.others = None,
            None => {}
        }
    }
}
