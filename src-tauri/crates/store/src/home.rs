//! Where everything lies in a home.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::StoreError;

/// A home's folder, and the names in it.
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

    /// Makes the folder where there is none. A home holds outputs and logs: only its
    /// owner may look in.
    pub fn make(&self) -> Result<(), StoreError> {
        if self.path.is_dir() {
            return Ok(());
        }
        make_private_folder(&self.path).map_err(|cause| StoreError::io(&self.path, cause))
    }

    /// The lock of who serves the home: its scheduler, its API, its recovery.
    pub fn serve_lock(&self) -> PathBuf {
        self.path.join("serve.lock")
    }

    /// Who that is, for people and for the desktop app.
    pub fn serve_file(&self) -> PathBuf {
        self.path.join("serve.json")
    }

    /// The token of the HTTP API.
    pub fn token(&self) -> PathBuf {
        self.path.join("token")
    }

    /// The folder of the locks by which processes see each other live.
    pub(crate) fn owners(&self) -> PathBuf {
        self.path.join("owners")
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

/// Makes a folder that only its owner may look into.
pub(crate) fn make_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
