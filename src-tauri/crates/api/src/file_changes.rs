//! Several files changed together: where one cannot be, those before it are as they
//! were.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    Error, disk_file,
    inside::Inside,
    save::{unwritten, write_new},
};

/// Files that were changed so far, and how to undo it.
#[derive(Debug, Default)]
pub(crate) struct FileChanges {
    done: Vec<Done>,
}

#[derive(Debug)]
enum Done {
    Replaced { path: PathBuf, before: Vec<u8> },
    Renamed { from: PathBuf, to: PathBuf },
    Created(PathBuf),
}

impl FileChanges {
    /// Replaces what a file holds; `before` is what it held.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(crate) fn replace(
        &mut self,
        place: &Inside,
        before: &[u8],
        now: &[u8],
    ) -> Result<(), Error> {
        disk_file::replace(&place.real, now).map_err(|cause| unwritten(&place.path, cause))?;
        self.done.push(Done::Replaced {
            path: place.real.clone(),
            before: before.to_owned(),
        });
        Ok(())
    }

    /// Writes a new file.
    ///
    /// # Errors
    /// Where it is there, or cannot be written.
    pub(crate) fn create(&mut self, place: &Inside, bytes: &[u8]) -> Result<(), Error> {
        write_new(place, bytes)?;
        self.done.push(Done::Created(place.real.clone()));
        Ok(())
    }

    /// Gives a file, or a link, another path.
    ///
    /// # Errors
    /// Where something is there, or it cannot be moved.
    pub(crate) fn rename(&mut self, from: &Path, to: &Path) -> Result<(), Error> {
        disk_file::rename(from, to).map_err(|cause| match cause.kind() {
            std::io::ErrorKind::AlreadyExists => Error::Exists(to.to_owned()),
            _ => unwritten(to, cause),
        })?;
        self.done.push(Done::Renamed {
            from: from.to_owned(),
            to: to.to_owned(),
        });
        Ok(())
    }

    /// Undoes all of it, because of this.
    pub(crate) fn undo(self, cause: Error) -> Error {
        let mut left = Vec::new();
        for done in self.done.into_iter().rev() {
            let (path, undone) = match done {
                Done::Replaced { path, before } => {
                    let undone = disk_file::replace(&path, &before);
                    (path, undone)
                }
                Done::Renamed { from, to } => {
                    let undone = disk_file::rename(&to, &from);
                    (to, undone)
                }
                Done::Created(path) => {
                    let undone = fs::remove_file(&path);
                    (path, undone)
                }
            };
            if let Err(error) = undone {
                left.push(format!("{}: {error}", path.display()));
            }
        }
        match left.is_empty() {
            true => cause,
            false => Error::HalfDone {
                cause: Box::new(cause),
                left,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_is_undone() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::write(root.join("a"), "one").unwrap();
        fs::write(root.join("taken"), "").unwrap();
        let place = |name: &str| Inside::of(root, Path::new(name)).unwrap();
        let mut changes = FileChanges::default();
        changes.replace(&place("a"), b"one", b"two").unwrap();
        changes.rename(&root.join("a"), &root.join("b")).unwrap();
        changes.create(&place("deep/c"), b"three").unwrap();
        let refused = changes.create(&place("taken"), b"").unwrap_err();
        assert!(matches!(changes.undo(refused), Error::Exists(_)));
        assert_eq!(fs::read(root.join("a")).unwrap(), b"one");
        assert!(!root.join("b").exists() && !root.join("deep/c").exists());
        let mut changes = FileChanges::default();
        changes.replace(&place("a"), b"one", b"two").unwrap();
        fs::remove_file(root.join("a")).unwrap();
        let half = changes.undo(Error::Nameless(PathBuf::from("x")));
        assert!(half.to_string().contains("could not be undone"), "{half}");
    }
}
