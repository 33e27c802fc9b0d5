//! Where a verb is called: the home, the workspace that was named, the current
//! folder, the program. Nothing here opens or makes anything.

use std::path::{Path, PathBuf};

use crate::{Error, flow_file::remembered, workspace};

/// Where a verb is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surroundings {
    /// The home's folder.
    pub home: PathBuf,
    /// The workspace that was named, if one was.
    pub workspace: Option<PathBuf>,
    /// The folder that relative paths are relative to; absolute.
    pub directory: PathBuf,
    /// The tidemill program itself, which guards what it starts.
    pub program: PathBuf,
}

impl Surroundings {
    /// A test's: a home and a current folder below `folder`.
    #[cfg(test)]
    pub(crate) fn rooted(folder: &Path) -> Self {
        Self {
            home: folder.join("home"),
            workspace: None,
            directory: folder.to_owned(),
            program: PathBuf::from("tidemill"),
        }
    }

    /// The surroundings of this process. An empty `home` or `workspace` counts as not given.
    ///
    /// # Errors
    /// Where the current folder or the program's own path is not to be had, the
    /// workspace is no folder, or no home is given and the platform names none.
    pub fn new(home: Option<PathBuf>, workspace: Option<PathBuf>) -> Result<Self, Error> {
        let directory = std::env::current_dir().map_err(Error::CurrentFolder)?;
        let program = std::env::current_exe().map_err(Error::Program)?;
        let given = |path: Option<PathBuf>| path.filter(|path| !path.as_os_str().is_empty());
        let home = match given(home) {
            Some(home) => directory.join(home),
            None => default_home(|name| std::env::var_os(name).map(PathBuf::from))
                .ok_or(Error::NoHome)?,
        };
        if home.exists() && !home.is_dir() {
            return Err(Error::HomeIsNoFolder(home));
        }
        let workspace = match given(workspace) {
            Some(folder) => Some(existing_folder(&directory, &folder)?),
            None => None,
        };
        Ok(Self {
            home,
            workspace,
            directory,
            program,
        })
    }

    /// The workspace that was named, else the one that the current folder is in.
    pub fn workspace_here(&self) -> Option<PathBuf> {
        workspace::of_directory(self)
    }

    /// With the workspace of a flow file, where none was named. `file` is absolute.
    #[must_use]
    pub fn at_file(mut self, file: &Path) -> Self {
        self.workspace = Some(workspace::of_file(&self, file));
        self
    }

    /// With the workspace that the home used last, where none was named and the
    /// current folder is none: a program that a desktop started stands anywhere.
    #[must_use]
    pub fn or_last_workspace(mut self) -> Self {
        if workspace::of_directory(&self).is_none() {
            // A home that cannot be read is said where it is opened.
            let remembered = remembered(&self).unwrap_or_default();
            self.workspace = remembered.into_iter().find(|folder| folder.is_dir());
        }
        self
    }

    /// The same in another workspace: the folder `path`, or the workspace of the flow
    /// file `path`, whatever was named before.
    ///
    /// # Errors
    /// Where `path` is neither.
    pub(crate) fn in_workspace_of(&self, path: &Path) -> Result<Self, Error> {
        let path = self.path(path);
        let unnamed = Self {
            workspace: None,
            ..self.clone()
        };
        if workspace::is_flow_file(&path) && path.is_file() {
            return Ok(unnamed.at_file(&path));
        }
        Ok(Self {
            workspace: Some(existing_folder(&self.directory, &path)?),
            ..unnamed
        })
    }

    /// A path as the caller meant it: relative to the current folder.
    pub fn path(&self, path: &Path) -> PathBuf {
        plain(&self.directory.join(path))
    }

    /// A path as a person here knows it: without the current folder in front.
    pub fn shown(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.directory)
            .unwrap_or(path)
            .to_owned()
    }
}

fn existing_folder(directory: &Path, folder: &Path) -> Result<PathBuf, Error> {
    let path = plain(&directory.join(folder));
    if path.is_dir() {
        Ok(path)
    } else {
        Err(Error::NoWorkspace(folder.to_owned()))
    }
}

/// A path without `.` and without a folder that the next part leaves again.
/// Symbolic links stay: a person knows a folder by the name that they typed.
pub(crate) fn plain(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut parts: Vec<Component<'_>> = Vec::new();
    for part in path.components() {
        match (part, parts.last()) {
            (Component::CurDir, _) => {}
            // A link's parent is not the folder before it: leave such a path alone.
            (Component::ParentDir, Some(Component::Normal(_))) => {
                let folder: PathBuf = parts.iter().collect();
                if folder.is_symlink() {
                    parts.push(part);
                } else {
                    parts.pop();
                }
            }
            _ => parts.push(part),
        }
    }
    parts.iter().collect()
}

/// The platform's data directory for Tidemill.
fn default_home(environment: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let absolute = |name: &str| environment(name).filter(|path| path.is_absolute());
    if cfg!(windows) {
        return Some(absolute("LOCALAPPDATA")?.join("Tidemill"));
    }
    let user = absolute("HOME");
    if cfg!(target_os = "macos") {
        return Some(user?.join("Library/Application Support/Tidemill"));
    }
    let data = absolute("XDG_DATA_HOME").or_else(|| Some(user?.join(".local/share")))?;
    Some(data.join("tidemill"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_made_plain() {
        for (path, expected) in [
            ("/a/./b", "/a/b"),
            ("/nowhere-at-all/b/../c", "/nowhere-at-all/c"),
            ("/a/b/", "/a/b"),
            ("/..", "/.."),
        ] {
            assert_eq!(plain(Path::new(path)), Path::new(expected), "{path}");
        }
    }

    #[cfg(all(unix, not(target_os = "macos")))]
    #[test]
    fn the_home_is_the_platform_s_data_directory() {
        let check = |values: &[(&str, &str)], expected: Option<&str>| {
            let environment = |name: &str| {
                let found = values.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| PathBuf::from(value))
            };
            assert_eq!(default_home(environment), expected.map(PathBuf::from));
        };
        check(&[("HOME", "/h")], Some("/h/.local/share/tidemill"));
        check(
            &[("HOME", "/h"), ("XDG_DATA_HOME", "/d")],
            Some("/d/tidemill"),
        );
        check(
            &[("HOME", "/h"), ("XDG_DATA_HOME", "relative")],
            Some("/h/.local/share/tidemill"),
        );
        check(&[], None);
    }
}
