//! The files by which processes see each other live: `owners/NAME.lock` in the home,
//! locked for as long as its process lives. The kernel lets go of a lock however a
//! process ends, and a lock is seen from everywhere that sees the home, also from a
//! container where its process has no pid.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::Owner;
use crate::{Home, StoreError, home::make_private_folder};

/// Of each home that this process is in: its locked file, and how many hold it. A lock
/// is an open file's: opened twice, the file would keep this process out itself.
static HELD: Mutex<BTreeMap<PathBuf, Held>> = Mutex::new(BTreeMap::new());

struct Held {
    file: File,
    holders: usize,
}

/// Shows, while it is there, that this process lives to all that are in the home.
#[derive(Debug)]
pub(crate) struct OwnerLock {
    path: PathBuf,
}

impl OwnerLock {
    /// Locks this process's file in the home, and removes those of the dead. Called by
    /// who holds the lock of those who write: else one process might remove the file that
    /// another one has just made and not locked yet.
    pub(crate) fn hold(home: &Home) -> Result<Self, StoreError> {
        let folder = home.owners();
        let failed = |cause| StoreError::io(&folder, cause);
        make_private_folder(&folder).map_err(failed)?;
        // A home that is called by several names is one.
        let found = folder.canonicalize().map_err(failed)?;
        let path = found.join(file_name(Owner::current()));
        let mut held = held();
        match held.get_mut(&path) {
            Some(held) => held.holders += 1,
            None => {
                remove_stale(&found);
                let file = locked(&path).map_err(failed)?;
                held.insert(path.clone(), Held { file, holders: 1 });
            }
        }
        Ok(Self { path })
    }
}

impl Drop for OwnerLock {
    fn drop(&mut self) {
        let mut held = held();
        let Some(found) = held.get_mut(&self.path) else {
            return;
        };
        found.holders -= 1;
        if found.holders == 0
            && let Some(Held { file, .. }) = held.remove(&self.path)
        {
            // Where it stays, the next process that comes removes it.
            let _ = fs::remove_file(&self.path);
            drop(file);
        }
    }
}

fn held() -> MutexGuard<'static, BTreeMap<PathBuf, Held>> {
    // What a panicked holder left is still a map of files.
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the process of this file lives; `None`: it has none, or it cannot be told.
pub(super) fn is_held(home: &Home, owner: Owner) -> Option<bool> {
    is_locked(&home.owners().join(file_name(owner)))
}

/// The pids of the other processes that live in the home, each as its own namespace
/// has it.
pub(crate) fn living(home: &Home) -> Vec<u32> {
    let entries = fs::read_dir(home.owners());
    let others = entries.into_iter().flatten().flatten().filter(|entry| {
        entry.file_name() != *file_name(Owner::current()) && is_locked(&entry.path()) == Some(true)
    });
    let pid = |entry: fs::DirEntry| entry.file_name().to_str()?.split('-').nth(1)?.parse().ok();
    others.filter_map(pid).collect()
}

fn file_name(owner: Owner) -> String {
    let Owner { boot, pid, started } = owner;
    format!("{}-{pid}-{started:x}.lock", boot.simple())
}

/// Whether a file is locked; `None`: it is not there, or it cannot be told.
fn is_locked(path: &Path) -> Option<bool> {
    let file = File::open(path).ok()?;
    // Those who look do not stand in each other's way.
    match file.try_lock_shared() {
        Ok(()) => Some(false),
        Err(TryLockError::WouldBlock) => Some(true),
        Err(TryLockError::Error(error)) => {
            tracing::warn!(path = %path.display(), %error, "whether a process lives cannot be told");
            None
        }
    }
}

/// Removes the files of processes that are gone: such a name does not come again.
fn remove_stale(folder: &Path) {
    // What cannot be read or removed stays, and does no harm.
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_lock = path.extension().is_some_and(|ending| ending == "lock");
        if is_lock && is_locked(&path) == Some(false) {
            let _ = fs::remove_file(path);
        }
    }
}

/// The file, made and locked; waits only for those who look at it just then.
fn locked(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let file = options
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)?;
    loop {
        match file.lock() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            locked => return locked.map(|()| file),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn files(home: &Home) -> usize {
        fs::read_dir(home.owners()).unwrap().count()
    }

    /// A process that has no pid here, such as one of another container.
    fn elsewhere() -> Owner {
        Owner {
            boot: Uuid::from_u128(7),
            pid: 1,
            started: 12,
        }
    }

    #[test]
    fn a_lock_decides_who_lives() {
        let folder = tempfile::TempDir::new().unwrap();
        let home = Home::new(folder.path());
        assert!(!elsewhere().is_alive(&home), "it has no file");
        let own = OwnerLock::hold(&home).unwrap();
        let path = home.owners().join(file_name(elsewhere()));
        let file = locked(&path).unwrap();
        assert!(elsewhere().is_alive(&home));
        assert!(elsewhere().is_alive(&home), "who looks takes nothing away");
        drop(file);
        assert!(!elsewhere().is_alive(&home));
        drop(own);
        assert!(
            path.exists(),
            "who looks or leaves removes nothing of others"
        );
        drop(OwnerLock::hold(&home).unwrap());
        assert_eq!(files(&home), 0);
    }

    #[test]
    fn a_process_is_in_a_home_until_all_of_it_have_left() {
        let folder = tempfile::TempDir::new().unwrap();
        let home = Home::new(folder.path());
        fs::create_dir_all(folder.path().join("x")).unwrap();
        let same = Home::new(folder.path().join("x/.."));
        let (one, other) = (OwnerLock::hold(&home), OwnerLock::hold(&same));
        drop(one.unwrap());
        assert_eq!(is_held(&home, Owner::current()), Some(true));
        drop(other.unwrap());
        assert_eq!(is_held(&home, Owner::current()), None);
    }

    #[test]
    fn files_of_the_dead_go_when_someone_comes() {
        let folder = tempfile::TempDir::new().unwrap();
        let home = Home::new(folder.path());
        make_private_folder(&home.owners()).unwrap();
        for pid in 1..=3 {
            let owner = Owner { pid, ..elsewhere() };
            drop(locked(&home.owners().join(file_name(owner))).unwrap());
        }
        let _own = OwnerLock::hold(&home).unwrap();
        assert_eq!(files(&home), 1);
    }
}
