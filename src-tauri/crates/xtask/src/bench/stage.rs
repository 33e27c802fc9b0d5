//! Where the measuring happens: a folder of its own with flows and homes.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{failure::Failure, project};

/// A folder below the target folder, on the disk that the project lies on.
pub(super) struct Stage {
    folder: PathBuf,
    python: PathBuf,
}

impl Stage {
    /// An empty folder, and the interpreter that both sides use.
    pub(super) fn new() -> Result<Self, Failure> {
        let folder = project::target().join("bench");
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|error| fault(&folder, error))?;
        }
        fs::create_dir_all(&folder).map_err(|error| fault(&folder, error))?;
        Ok(Self {
            folder,
            python: python()?,
        })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a file of the stage and gives its path.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<PathBuf, Failure> {
        let path = self.folder.join(name);
        fs::write(&path, text).map_err(|error| fault(&path, error))?;
        Ok(path)
    }

    /// The built program on the home with this name.
    pub(super) fn tidemill(&self, home: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(project::target().join("release/tidemill"));
        command
            .args(arguments)
            .current_dir(&self.folder)
            .env("TIDEMILL_HOME", self.folder.join(home))
            .env("PATH", self.path())
            .env_remove("VIRTUAL_ENV");
        command
    }

    /// The yardstick that works on the bare store.
    pub(super) fn bare_store(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(project::target().join("release/bare-store"));
        command.args(arguments).current_dir(&self.folder);
        command
    }

    /// The interpreter itself.
    pub(super) fn python(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.python);
        command.args(arguments).current_dir(&self.folder);
        command
    }

    /// The bytes of every file below a home.
    pub(super) fn size(&self, home: &str) -> u64 {
        size(&self.folder.join(home))
    }

    /// The search path with the resolved interpreter's folder first.
    fn path(&self) -> std::ffi::OsString {
        let old = std::env::var_os("PATH").unwrap_or_default();
        let first = self.python.parent().map(Path::to_path_buf);
        let folders = first.into_iter().chain(std::env::split_paths(&old));
        std::env::join_paths(folders).unwrap_or(old)
    }
}

fn size(path: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(path) else {
        return fs::metadata(path).map_or(0, |file| file.len());
    };
    entries.flatten().map(|entry| size(&entry.path())).sum()
}

fn python() -> Result<PathBuf, Failure> {
    let output = Command::new("python3")
        .args(["-c", "import sys; print(sys.executable)"])
        .output()
        .map_err(|error| Failure::Io("python3".to_owned(), error))?;
    Ok(PathBuf::from(
        String::from_utf8_lossy(&output.stdout).trim(),
    ))
}

fn fault(path: &Path, error: std::io::Error) -> Failure {
    Failure::Io(path.display().to_string(), error)
}
