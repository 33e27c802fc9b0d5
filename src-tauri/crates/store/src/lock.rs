//! The queue of writers of several processes: a blocking lock on a file beside
//! a database, held for one transaction.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, TransactionBehavior};

use crate::{StoreError, connection};

mod holder;

/// How long a lock is waited for where nothing hangs on it yet. Slow disks hold it for
/// seconds; only a process that was stopped, or hangs, holds it longer.
const PATIENCE: Duration = Duration::from_secs(10);

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
    /// It is waited for only so long.
    patience: Option<Duration>,
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
            patience: None,
        })
    }

    /// Waits only so long for its first lock, then fails with [`StoreError::Locked`]:
    /// nothing hangs on it yet. What follows waits however long, since work goes on.
    pub(crate) fn impatient(self) -> Self {
        Self {
            patience: Some(PATIENCE),
            ..self
        }
    }

    /// Waits for the lock.
    pub(crate) fn lock(&mut self) -> Result<(), StoreError> {
        if !self.try_lock()? {
            match self.patience {
                Some(patience) => self.lock_within(patience)?,
                None => lock(&self.file).map_err(|cause| StoreError::io(&self.path, cause))?,
            }
        }
        self.patience = None;
        Ok(())
    }

    /// Takes the lock if it is free; gives whether it was.
    pub(crate) fn try_lock(&mut self) -> Result<bool, StoreError> {
        match self.file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => {
                self.others = Some(Instant::now());
                Ok(false)
            }
            Err(TryLockError::Error(cause)) => Err(StoreError::io(&self.path, cause)),
        }
    }

    /// Waits for the lock on a thread that can be left behind: nothing else gives up.
    fn lock_within(&self, patience: Duration) -> Result<(), StoreError> {
        let failed = |cause| StoreError::io(&self.path, cause);
        // A lock is the open file's: with both closed it goes.
        let file = self.file.try_clone().map_err(failed)?;
        let (done, locked) = mpsc::channel();
        let waits = move || {
            // Nobody may wait any more: then the lock goes with the file.
            let _ = done.send(lock(&file));
        };
        thread::Builder::new()
            .name("store-lock".to_owned())
            .spawn(waits)
            .map_err(failed)?;
        match locked.recv_timeout(patience) {
            Ok(locked) => locked.map_err(failed),
            Err(_) => Err(StoreError::Locked {
                path: self.path.clone(),
                holder: holder::holder(&self.file, &self.path),
            }),
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
        self.unlock();
        self.yield_to_others();
        done
    }

    /// Another process has committed since this one last did.
    pub(crate) fn saw_others(&mut self) {
        self.others = Some(Instant::now());
    }

    /// Lets go of the lock. What was done under it is done: a failure, which keeps
    /// the others waiting until this process ends, is told but fails nothing.
    pub(crate) fn unlock(&mut self) {
        if let Err(cause) = self.file.unlock() {
            tracing::error!(path = %self.path.display(), %cause, "a lock could not be let go");
        }
    }

    /// Leaves the lock to others for a moment, if there are any.
    pub(crate) fn yield_to_others(&mut self) {
        match self.others {
            Some(seen) if seen.elapsed() < CONTENDED => thread::sleep(PAUSE),
            Some(_) => self.others = None,
            None => {}
        }
    }
}

/// Waits for a lock, however long.
fn lock(file: &File) -> io::Result<()> {
    loop {
        match file.lock() {
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            locked => return locked,
        }
    }
}
