//! The engine's list of running process groups, and the guard that ends them
//! if the engine is killed.
//!
//! The list is a small file in memory, one slot a group, that the guard
//! inherits and reads only at the engine's end: to list a group costs one
//! `pwrite` and wakes nobody. Between a start and its listing, and for what
//! left its group, the mark in every process's environment stands in.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::{self, PipeWriter, Write},
    os::{fd::OwnedFd, unix::fs::FileExt},
    path::PathBuf,
    process::Stdio,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use rustix::process::Pid;
use tidemill_store::Owner;

use super::{
    ProcessError,
    tree::{self, Targets},
};

/// Carries the marks of a process and of all that it starts: the token of each
/// attempt that it belongs to, outermost first, with `:` between.
pub(crate) const MARK_VARIABLE: &str = "TIDEMILL_PROCESS";

/// How long what a dead engine left behind has to end before it is killed.
const STRAYS_GRACE: Duration = Duration::from_secs(2);

/// How to start the guard.
#[derive(Clone, Debug)]
pub struct GuardProgram {
    /// A program that calls [`crate::guard::run_if_asked`] first thing in `main`.
    pub program: PathBuf,
    /// Arguments that stand before the guard's own.
    pub arguments: Vec<OsString>,
}

impl From<PathBuf> for GuardProgram {
    fn from(program: PathBuf) -> Self {
        Self {
            program,
            arguments: Vec::new(),
        }
    }
}

/// What one attempt's processes carry in their environment.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    /// This attempt's own token: no other has it.
    token: String,
    /// The variable's value: outer attempts' tokens too.
    value: OsString,
}

impl Mark {
    /// The token to look for.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// The variable that carries it.
    pub(crate) fn variable(&self) -> (&'static str, &OsStr) {
        (MARK_VARIABLE, &self.value)
    }
}

/// All process groups that an engine has running. One an engine; when the last
/// `Arc` goes without [`close`](Self::close), the guard ends what is left.
#[derive(Debug)]
pub struct ProcessGroups {
    guard_program: GuardProgram,
    /// Begins every token of this engine.
    engine: String,
    /// The mark that this process itself was started with.
    outer: Option<OsString>,
    next_run: AtomicU64,
    list: Arc<File>,
    slots: Mutex<Slots>,
    guard: Mutex<Guard>,
    /// The guard's process id, 0 while there is none.
    guard_id: AtomicU32,
}

/// Which slots of the list are free.
#[derive(Debug, Default)]
struct Slots {
    free: Vec<u32>,
    length: u32,
}

#[derive(Debug)]
enum Guard {
    /// Nothing was started yet.
    NotNeeded,
    /// At this pipe's end the guard goes to work.
    Running(PipeWriter),
    /// The engine ended in good order.
    Closed,
}

impl ProcessGroups {
    /// An empty list. The guard is started with the first group.
    ///
    /// # Errors
    /// When the system has no file for the list.
    pub fn new(guard_program: GuardProgram) -> io::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            guard_program,
            engine: format!("{}-{:016x}", Owner::current().mark(), fastrand::u64(..)),
            outer: std::env::var_os(MARK_VARIABLE),
            next_run: AtomicU64::new(0),
            list: Arc::new(new_list()?),
            slots: Mutex::default(),
            guard: Mutex::new(Guard::NotNeeded),
            guard_id: AtomicU32::new(0),
        }))
    }

    /// A new run's processes.
    pub fn for_run(self: &Arc<Self>) -> RunProcesses {
        RunProcesses {
            groups: Arc::clone(self),
            name: format!(
                "{}.{}",
                self.engine,
                self.next_run.fetch_add(1, Ordering::Relaxed)
            ),
            next_mark: Arc::default(),
        }
    }

    /// Lists a group until the registration is dropped.
    pub(crate) fn register(self: &Arc<Self>, group: Pid) -> Registration {
        let slot = {
            let mut slots = lock(&self.slots);
            slots.free.pop().unwrap_or_else(|| {
                slots.length += 1;
                slots.length - 1
            })
        };
        self.write_slot(slot, group.as_raw_nonzero().get());
        Registration {
            groups: Arc::clone(self),
            slot,
        }
    }

    fn write_slot(&self, slot: u32, group: i32) {
        let place = u64::from(slot) * SLOT as u64;
        if let Err(error) = self.list.write_all_at(&group.to_le_bytes(), place) {
            // The mark still finds the group's processes.
            tracing::warn!(%error, "a process group could not be listed for the guard");
        }
    }

    /// Starts the guard unless it runs. Called before each start of a process.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(crate) fn ensure_guard(self: &Arc<Self>) -> Result<(), ProcessError> {
        if self.guard_id.load(Ordering::Relaxed) != 0 {
            return Ok(());
        }
        let mut guard = lock(&self.guard);
        if matches!(*guard, Guard::NotNeeded) {
            let (pipe, child) = self.spawn_guard()?;
            *guard = Guard::Running(pipe);
            tokio::spawn(supervise(Arc::downgrade(self), child));
        }
        Ok(())
    }

    fn spawn_guard(&self) -> Result<(PipeWriter, tokio::process::Child), ProcessError> {
        let failed = |source| ProcessError::Guard {
            program: self.guard_program.program.clone(),
            source,
        };
        let (reader, writer) = io::pipe().map_err(failed)?;
        let list = self.list.try_clone().map_err(failed)?;
        let child = tokio::process::Command::new(&self.guard_program.program)
            .args(&self.guard_program.arguments)
            .arg(crate::guard::ARGUMENT)
            .arg(&self.engine)
            .env_remove(MARK_VARIABLE)
            .stdin(Stdio::from(OwnedFd::from(reader)))
            .stdout(Stdio::null())
            .stderr(Stdio::from(OwnedFd::from(list)))
            .spawn()
            .map_err(failed)?;
        self.guard_id
            .store(child.id().unwrap_or_default(), Ordering::Relaxed);
        Ok((writer, child))
    }

    /// Lets the guard go: to be called when all attempts have ended. Should one
    /// still run, the guard ends it once this process is gone.
    pub fn close(&self) {
        let is_empty = {
            let slots = lock(&self.slots);
            slots.free.len() == slots.length as usize
        };
        let guard = std::mem::replace(&mut *lock(&self.guard), Guard::Closed);
        if let Guard::Running(mut pipe) = guard
            && is_empty
        {
            // A guard that is gone needs no farewell.
            let _gone = pipe.write_all(&[crate::guard::FAREWELL]);
        }
    }

    /// The guard's process id, if it runs.
    #[cfg(test)]
    pub(crate) fn guard_id(&self) -> Option<u32> {
        Some(self.guard_id.load(Ordering::Relaxed)).filter(|&id| id != 0)
    }

    /// Drops the guard's pipe, as if this process had died.
    #[cfg(test)]
    pub(crate) fn abandon(&self) {
        *lock(&self.guard) = Guard::Closed;
    }

    /// What begins this engine's tokens.
    #[cfg(test)]
    pub(crate) fn engine(&self) -> &str {
        &self.engine
    }
}

/// Ends what the engines of a process that is gone left behind: their guard has
/// done it, unless it was killed too. Blocks the thread.
pub(crate) fn end_strays_of(owner: Owner) {
    // Nothing outlives a restart, and what carries such a mark now is another's.
    if owner.is_of_this_boot() {
        tree::end(&Targets::of_engines(&owner.mark()), STRAYS_GRACE);
    }
}

/// The processes of one run. Clones are the same run's.
#[derive(Clone, Debug)]
pub struct RunProcesses {
    pub(crate) groups: Arc<ProcessGroups>,
    /// Begins every token of this run.
    name: String,
    next_mark: Arc<AtomicU64>,
}

impl RunProcesses {
    /// A mark for a new attempt.
    pub(crate) fn new_mark(&self) -> Mark {
        let number = self.next_mark.fetch_add(1, Ordering::Relaxed);
        let token = format!("{}.{number}", self.name);
        let mut value = self.groups.outer.clone().unwrap_or_default();
        if !value.is_empty() {
            value.push(":");
        }
        value.push(&token);
        Mark { token, value }
    }

    /// At the run's end: ends what left its attempt's group and still lives.
    /// One look at every process, none if the run started no process.
    pub async fn end_strays(&self, grace: Duration) {
        if self.next_mark.load(Ordering::Relaxed) > 0 {
            tree::end_on_thread(Targets::all_of(&self.name, Vec::new()), grace).await;
        }
    }
}

/// Keeps a guard there: starts a new one, which inherits the current list, when
/// one is killed.
async fn supervise(groups: Weak<ProcessGroups>, mut child: tokio::process::Child) {
    loop {
        let started = Instant::now();
        // However it ended: it must not, while the engine runs.
        let _status = child.wait().await;
        if started.elapsed() < Duration::from_secs(1) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let Some(groups) = groups.upgrade() else {
            return;
        };
        let mut guard = lock(&groups.guard);
        if matches!(*guard, Guard::Closed) {
            return;
        }
        match groups.spawn_guard() {
            Ok((pipe, next)) => {
                tracing::warn!("the guard process was gone; a new one was started");
                *guard = Guard::Running(pipe);
                child = next;
            }
            Err(error) => {
                tracing::error!(%error, "the guard process is gone");
                *guard = Guard::NotNeeded;
                groups.guard_id.store(0, Ordering::Relaxed);
                return;
            }
        }
    }
}

/// A group's place in the list; dropping it takes the group off.
#[derive(Debug)]
pub(crate) struct Registration {
    groups: Arc<ProcessGroups>,
    slot: u32,
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.groups.write_slot(self.slot, 0);
        lock(&self.groups.slots).free.push(self.slot);
    }
}

/// Bytes of a slot: the group's id, little-endian, 0 when free.
const SLOT: usize = size_of::<i32>();

/// The groups that a list names.
pub(crate) fn read_list(list: &File) -> Vec<Pid> {
    let mut groups = Vec::new();
    let mut bytes = [0; 4096];
    let mut place = 0;
    loop {
        let read = match list.read_at(&mut bytes, place) {
            Ok(0) => return groups,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            // Unreadable: the marks must do.
            Err(_) => return groups,
        };
        let whole = bytes.get(..read).unwrap_or_default();
        groups.extend(
            whole
                .as_chunks::<SLOT>()
                .0
                .iter()
                .filter_map(|slot| Pid::from_raw(i32::from_le_bytes(*slot))),
        );
        place += read as u64;
    }
}

#[cfg(target_os = "linux")]
fn new_list() -> io::Result<File> {
    let list = rustix::fs::memfd_create("process-groups", rustix::fs::MemfdFlags::CLOEXEC)?;
    Ok(File::from(list))
}

#[cfg(not(target_os = "linux"))]
fn new_list() -> io::Result<File> {
    tempfile::tempfile()
}

/// Locks; what a panicked holder left is still a list of groups.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
