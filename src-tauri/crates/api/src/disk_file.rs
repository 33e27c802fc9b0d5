//! Files written whole or not at all: a new content stands beside the old one, is
//! flushed, and takes its place.

use std::{
    fs::{self, Metadata},
    io::{self, Write},
    path::Path,
};

use tempfile::NamedTempFile;

/// What a file that is being written is called first. It is no flow file.
const UNFINISHED: &str = ".tidemill-";

/// Replaces what a file holds. Its permissions stay, and its owner where that may be.
/// `path` is no link.
///
/// # Errors
/// Where the file or its folder cannot be written; then it is as it was.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let known = fs::metadata(path)?;
    if known.permissions().readonly() {
        let message = "the file is marked read-only";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
    }
    let file = beside(path, bytes)?;
    file.as_file().set_permissions(known.permissions())?;
    keep_owner(&file, &known);
    file.as_file().sync_all()?;
    file.persist(path)?;
    sync_folder(path)
}

/// Writes a file that is not there yet, its folders too.
///
/// # Errors
/// Where something is there already, or the folder cannot be written.
pub(crate) fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let file = beside(path, bytes)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path)?;
    sync_folder(path)
}

/// Gives a file another path, where nothing is yet.
///
/// # Errors
/// Where something is there, or it cannot be moved.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    if fs::symlink_metadata(to).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::rename(from, to)?;
    sync_folder(from)?;
    sync_folder(to)
}

fn beside(path: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = new_file().tempfile_in(folder)?;
    file.write_all(bytes)?;
    Ok(file)
}

/// A file that everyone may read as the process's mask lets them, as other programs'.
fn new_file() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED).suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder
}

#[cfg(unix)]
fn keep_owner(file: &NamedTempFile, known: &Metadata) {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let own = file.as_file().metadata();
    if own.is_ok_and(|own| (own.uid(), own.gid()) != (known.uid(), known.gid())) {
        // Only the system's administrator may give files away.
        let _given = fchown(file.as_file(), Some(known.uid()), Some(known.gid()));
    }
}

#[cfg(not(unix))]
fn keep_owner(_: &NamedTempFile, _: &Metadata) {}

/// Makes a name in a folder last; elsewhere than on Unix it does by itself.
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if cfg!(unix) => fs::File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/a.flow.yaml");
        create(&path, b"one").unwrap();
        let again = create(&path, b"two").unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        replace(&path, b"two\r\n\xff").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two\r\n\xff");
        let other = folder.path().join("b.flow.yaml");
        fs::write(&other, "").unwrap();
        let taken = rename(&path, &other).unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
        let missing = replace(&folder.path().join("none"), b"").unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
        let left = fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(left, 1, "nothing unfinished is left");
    }

    #[cfg(unix)]
    #[test]
    fn permissions_stay() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "one").unwrap();
        for mode in [0o750, 0o604] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            replace(&path, b"two").unwrap();
            let now = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(now & 0o7777, mode);
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        let refused = replace(&path, b"three").unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
        assert_eq!(fs::read(&path).unwrap(), b"two");
    }
}
