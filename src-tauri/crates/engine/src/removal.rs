//! Removing a run with all that the home keeps of it.

use std::path::{Path, PathBuf};

use tidemill_orchestrate::RunId;
use tidemill_store::{Store, StoreError};

/// Removes a run that no living process carries: its record, its logs, its
/// scratch folder. Blocks the thread. If it is broken off, the run is in no list
/// any more, and calling it again goes on.
///
/// # Errors
/// When there is no such run, a living process carries it, or the store refuses.
/// A scratch folder that cannot be removed is left, and said in the engine's log.
pub fn remove_run(store: &Store, run: RunId) -> Result<(), StoreError> {
    store.writer().remove_run(run)?;
    store.logs().remove(run)?;
    let folder = scratch_folder(store.home().path(), run);
    match std::fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(folder = %folder.display(), %error, "a run's folder is left");
        }
        _ => {}
    }
    Ok(())
}

/// A run's scratch folder, in a home.
pub(crate) fn scratch_folder(home: &Path, run: RunId) -> PathBuf {
    home.join("runs").join(run.to_string())
}
