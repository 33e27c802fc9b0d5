//! The lock of who serves a home: one process at a time carries on what others left,
//! and answers over HTTP. A small file beside it says who that is.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::Write as _,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use tidemill_store::Home;

use crate::Error;

/// Who serves a home.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its process.
    pub pid: u32,
    /// What it is: `serve` or `desktop`.
    pub program: String,
    /// Where it listens, without the token; null where it opened no port.
    pub url: Option<String>,
}

/// The lock, held until this is dropped.
#[derive(Debug)]
pub(crate) struct HomeLock {
    file: File,
    about: PathBuf,
}

impl HomeLock {
    /// Takes the lock of a home, which is made where there is none.
    ///
    /// # Errors
    /// Where another process has it, or the file cannot be used.
    pub(crate) fn take(path: &Path) -> Result<Self, Error> {
        let home = Home::new(path);
        home.make()?;
        let lock = home.serve_lock();
        let failed = |cause| Error::Lock {
            path: lock.clone(),
            cause,
        };
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        let file = options.open(&lock).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self {
                file,
                about: home.serve_file(),
            }),
            Err(TryLockError::WouldBlock) => Err(served(path)),
            Err(TryLockError::Error(cause)) => Err(failed(cause)),
        }
    }

    /// Says who holds it and where it listens.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub(crate) fn announce(&self, program: &str, url: Option<&str>) -> Result<(), Error> {
        let holder = Holder {
            pid: std::process::id(),
            program: program.to_owned(),
            url: url.map(str::to_owned),
        };
        let text = serde_json::to_vec(&holder).unwrap_or_default();
        // Whoever reads it sees the old text or the new, nothing between.
        let new = self.about.with_extension("json.new");
        let written = write_private(&new, &text).and_then(|()| fs::rename(&new, &self.about));
        written.map_err(|cause| Error::Write {
            path: self.about.clone(),
            cause,
        })
    }
}

impl Drop for HomeLock {
    fn drop(&mut self) {
        // A file that stays is harmless: the lock says whether it is true.
        let _ = fs::remove_file(&self.about);
        // Closing the file gives the lock back in any case.
        let _ = self.file.unlock();
    }
}

/// Writes a file that only its owner can read.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Who serves the home at `path`, if a process does now.
pub fn holder(path: &Path) -> Option<Holder> {
    let home = Home::new(path);
    let lock = OpenOptions::new()
        .write(true)
        .open(home.serve_lock())
        .ok()?;
    match lock.try_lock() {
        Err(TryLockError::WouldBlock) => announced(path),
        // Nobody has it; ours goes as the file is closed.
        Ok(()) | Err(TryLockError::Error(_)) => None,
    }
}

fn announced(path: &Path) -> Option<Holder> {
    let text = fs::read(Home::new(path).serve_file()).ok()?;
    serde_json::from_slice(&text).ok()
}

fn served(path: &Path) -> Error {
    let (holder, mend) = match announced(path) {
        Some(Holder {
            url: Some(url),
            pid,
            ..
        }) => (
            format!("process {pid}, at {url}"),
            format!("open {url}, or serve another home with --home DIR"),
        ),
        Some(Holder { pid, program, .. }) => (
            format!("process {pid} ({program})"),
            "use its window, or serve another home with --home DIR".to_owned(),
        ),
        None => (
            "a process that has just started".to_owned(),
            "try again in a moment, or serve another home with --home DIR".to_owned(),
        ),
    };
    Error::HomeServed {
        home: path.to_owned(),
        holder,
        mend,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_serves_a_home_and_says_where() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home");
        assert_eq!(holder(&home), None);
        let lock = HomeLock::take(&home).unwrap();
        lock.announce("serve", Some("http://127.0.0.1:4600"))
            .unwrap();
        let error = HomeLock::take(&home).unwrap_err();
        assert!(
            error.to_string().contains("http://127.0.0.1:4600"),
            "{error}"
        );
        assert_eq!(holder(&home).unwrap().pid, std::process::id());
        drop(lock);
        assert_eq!(holder(&home), None);
        drop(HomeLock::take(&home).unwrap());
    }
}
