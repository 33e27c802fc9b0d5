//! What is started, and how it ended.

use std::{
    ffi::{OsStr, OsString},
    fmt, io,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::ExitStatus,
    sync::Arc,
};

/// A process's whole environment: nothing else is inherited. Cheap to clone.
pub type Environment = Arc<Vec<(OsString, OsString)>>;

/// A program to start.
#[derive(Clone, Debug)]
pub struct Command {
    /// What to start: a path, or a name that is looked up on the `PATH` of
    /// [`environment`](Self::environment).
    pub program: OsString,
    /// Its arguments, without its own name.
    pub arguments: Vec<OsString>,
    /// All that it finds in its environment.
    pub environment: Environment,
    /// Where it starts; must be a folder that exists.
    pub directory: PathBuf,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Exit {
    /// By itself, with this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

impl Exit {
    /// Whether it ended by itself with code 0.
    pub fn is_success(self) -> bool {
        self == Self::Code(0)
    }

    /// The code that a shell would show: 128 + the signal's number for a signal.
    pub fn shell_code(self) -> i32 {
        match self {
            Self::Code(code) => code,
            Self::Signal(signal) => 128 + signal,
        }
    }
}

impl From<ExitStatus> for Exit {
    fn from(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Code(code),
            (None, Some(signal)) => Self::Signal(signal),
            // Neither: stopped or continued, which `wait` does not report.
            (None, None) => Self::Code(-1),
        }
    }
}

/// `exit code 3`, `signal 9 (SIGKILL)`.
impl fmt::Display for Exit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Code(code) => write!(formatter, "exit code {code}"),
            Self::Signal(signal) => match signal_name(signal) {
                Some(name) => write!(formatter, "signal {signal} ({name})"),
                None => write!(formatter, "signal {signal}"),
            },
        }
    }
}

/// The names of the signals that processes commonly end by.
fn signal_name(number: i32) -> Option<&'static str> {
    use rustix::process::Signal;
    [
        (Signal::HUP, "SIGHUP"),
        (Signal::INT, "SIGINT"),
        (Signal::QUIT, "SIGQUIT"),
        (Signal::ILL, "SIGILL"),
        (Signal::TRAP, "SIGTRAP"),
        (Signal::ABORT, "SIGABRT"),
        (Signal::BUS, "SIGBUS"),
        (Signal::FPE, "SIGFPE"),
        (Signal::KILL, "SIGKILL"),
        (Signal::SEGV, "SIGSEGV"),
        (Signal::PIPE, "SIGPIPE"),
        (Signal::ALARM, "SIGALRM"),
        (Signal::TERM, "SIGTERM"),
        (Signal::XCPU, "SIGXCPU"),
        (Signal::XFSZ, "SIGXFSZ"),
    ]
    .into_iter()
    .find(|(signal, _)| signal.as_raw() == number)
    .map(|(_, name)| name)
}

/// Why a process could not be started.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// No such program.
    #[error("cannot start `{}`: not found on PATH", program.to_string_lossy())]
    NotFound {
        /// What was looked for.
        program: OsString,
    },
    /// The folder to start in is not there, or is no folder.
    #[error("cannot start in `{}`: no such folder", directory.display())]
    NoDirectory {
        /// That folder.
        directory: PathBuf,
    },
    /// The system refused.
    #[error("cannot start `{}`: {source}", program.to_string_lossy())]
    Start {
        /// What was started.
        program: OsString,
        /// Why not.
        source: io::Error,
    },
    /// The guard process could not be started, so nothing else may be.
    #[error("cannot start the guard process `{}`: {source}", program.display())]
    Guard {
        /// The guard's program.
        program: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// The file that `program` names: itself if it has a separator (relative to
/// `directory`), else the first executable of that name on the environment's
/// `PATH` (without one: `/usr/bin:/bin`).
pub fn find_program(
    program: &OsStr,
    environment: &[(OsString, OsString)],
    directory: &Path,
) -> Option<PathBuf> {
    let path = Path::new(program);
    if path.components().count() > 1 || path.is_absolute() {
        return Some(directory.join(path));
    }
    let search = environment
        .iter()
        .find(|(name, _)| name == "PATH")
        .map_or(OsStr::new("/usr/bin:/bin"), |(_, value)| value);
    std::env::split_paths(search)
        .map(|folder| directory.join(folder).join(path))
        .find(|candidate| is_executable(candidate))
}

fn is_executable(path: &Path) -> bool {
    path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}
