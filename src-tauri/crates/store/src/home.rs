//! Where everything lies in a home.

use std::path::{Path, PathBuf};

/// A home's folder, and the names in it. Makes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    path: PathBuf,
}

impl Home {
    /// The home at `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Its folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The store's database.
    pub fn state(&self) -> PathBuf {
        self.path.join("state.db")
    }

    /// The lock that writers of the store queue on.
    pub(crate) fn state_lock(&self) -> PathBuf {
        self.path.join("state.lock")
    }

    /// The logs' database.
    pub fn logs(&self) -> PathBuf {
        self.path.join("logs.db")
    }

    /// The lock that writers of logs queue on.
    pub(crate) fn logs_lock(&self) -> PathBuf {
        self.path.join("logs.lock")
    }

    /// The index of the full-text search; it can be made anew from the logs.
    pub fn search(&self) -> PathBuf {
        self.path.join("search.db")
    }

    /// The lock that those who index queue on.
    pub(crate) fn search_lock(&self) -> PathBuf {
        self.path.join("search.lock")
    }

    /// The folder of values too large for the database.
    pub fn results(&self) -> PathBuf {
        self.path.join("results")
    }

    /// The folder of copies that were made before migrations.
    pub fn backups(&self) -> PathBuf {
        self.path.join("backups")
    }

    /// The sealed secrets.
    pub fn secrets(&self) -> PathBuf {
        self.path.join("secrets")
    }

    /// The secrets' key, where it is a file.
    pub(crate) fn secrets_key(&self) -> PathBuf {
        self.path.join("secrets.key")
    }

    /// The lock that writers of secrets queue on.
    pub(crate) fn secrets_lock(&self) -> PathBuf {
        self.path.join("secrets.lock")
    }
}
