//! Which Python a task runs with, and the environment that `uv` makes when the
//! task asks for packages.
//!
//! The flow's `python`, else `$VIRTUAL_ENV`, else the workspace's `.venv`, else
//! `python3` on `PATH`. What it does not do: install interpreters, or look
//! whether one has the packages that a body imports.

use std::{
    collections::HashMap,
    ffi::{OsStr, OsString},
    fmt::Write as _,
    fs::{self, File},
    io::{self, Read},
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use rustix::fs::FlockOperation;
use sha2::{Digest, Sha256};

use crate::process::{
    Command, Environment, Exit, GRACE, Line, LineSink, ProcessError, RunProcesses, Stream, Taken,
    find_program,
};

/// Where a task looks for its interpreter.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    /// The flow's `python`: a path (relative to `directory`), a virtual
    /// environment's folder, or a name on `PATH`.
    pub python: Option<&'a str>,
    /// The task's environment: `VIRTUAL_ENV` and `PATH` count.
    pub environment: &'a Environment,
    /// The workspace, which may hold `.venv`.
    pub workspace: &'a Path,
    /// The flow file's folder.
    pub directory: &'a Path,
}

/// Why there is no interpreter.
#[derive(Debug, thiserror::Error)]
pub enum InterpreterError {
    /// None is where it should be.
    #[error("no Python at `{}` ({from}); install it, or name another with `python:`", path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
        /// Who says so.
        from: &'static str,
    },
    /// `PATH` has none.
    #[error(
        "no `{name}` on PATH; install Python 3.8 or later, or name an interpreter with `python:`"
    )]
    NotOnPath {
        /// What was looked for.
        name: String,
    },
    /// A version manager's script did not say which interpreter it stands for.
    #[error("`{}` does not tell its interpreter: {why}", path.display())]
    Shim {
        /// The script.
        path: PathBuf,
        /// What it said instead.
        why: String,
    },
    /// Packages are asked for, and there is no `uv`.
    #[error(
        "the task asks for the packages {packages}, which `uv` installs, and `uv` is not on PATH; \
         install uv, or leave `requirements` out and name an interpreter that has them with `python:`"
    )]
    NoUv {
        /// The packages, for people.
        packages: String,
    },
    /// `uv` failed.
    #[error("`uv` could not install {packages}: {exit}{said}")]
    Uv {
        /// The packages, for people.
        packages: String,
        /// How it ended.
        exit: Exit,
        /// The last that it said, with `: ` before it.
        said: String,
    },
    /// `uv` could not be started.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// The folder for environments cannot be used.
    #[error("cannot use `{}`: {source}", path.display())]
    Folder {
        /// A folder or file in it.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// The interpreters that an engine has found so far.
#[derive(Debug)]
pub struct Interpreters {
    /// Holds an environment for each set of packages.
    folder: PathBuf,
    /// What version managers' scripts stand for.
    shims: Mutex<HashMap<Shim, PathBuf>>,
}

/// A version manager's script, where and with what it was asked: they look at
/// the folder and at variables.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Shim {
    path: PathBuf,
    modified: Option<SystemTime>,
    directory: PathBuf,
    environment: Environment,
}

impl Interpreters {
    /// None yet. `folder` is for the environments of tasks that ask for
    /// packages, and made when it is needed.
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            shims: Mutex::default(),
        }
    }

    /// The interpreter for a task: a program, never a version manager's script,
    /// which would cost each start a tenth of a second. A script is asked once.
    ///
    /// # Errors
    /// When there is none.
    pub async fn find(&self, search: Search<'_>) -> Result<PathBuf, InterpreterError> {
        let found = locate(search)?;
        if !is_script(&found) {
            return Ok(found);
        }
        let shim = Shim {
            modified: modified(&found),
            path: found,
            directory: search.directory.to_owned(),
            environment: Environment::clone(search.environment),
        };
        if let Some(known) = self.shims().get(&shim) {
            return Ok(known.clone());
        }
        let program = ask(&shim).await?;
        self.shims().insert(shim, program.clone());
        Ok(program)
    }

    fn shims(&self) -> std::sync::MutexGuard<'_, HashMap<Shim, PathBuf>> {
        self.shims.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The interpreter of an environment that has `requirements` (as pip names
    /// them), made with `uv` on the first call and kept. `uv`'s output goes to
    /// `sink`. When the future is dropped, `uv` is ended.
    ///
    /// # Errors
    /// When there is no `uv`, or it fails.
    pub async fn with_packages(
        &self,
        processes: &RunProcesses,
        interpreter: &Path,
        requirements: &[String],
        environment: &Environment,
        sink: &dyn LineSink,
    ) -> Result<PathBuf, InterpreterError> {
        let place = self.folder.join(key(interpreter, requirements));
        let program = place.join("bin/python");
        let complete = place.join("complete");
        if complete.exists() {
            return Ok(program);
        }
        let packages = named(requirements);
        let uv = find_uv(environment, &self.folder).ok_or_else(|| InterpreterError::NoUv {
            packages: packages.clone(),
        })?;
        fs::create_dir_all(&self.folder).map_err(folder_error(&self.folder))?;
        let _lock = lock(&place.with_extension("lock")).await?;
        if complete.exists() {
            // Another process made it meanwhile.
            return Ok(program);
        }
        remove(&place)?;
        let make = [
            OsStr::new("venv"),
            "--python".as_ref(),
            interpreter.as_os_str(),
            place.as_os_str(),
        ];
        let mut install = vec![
            OsStr::new("pip"),
            "install".as_ref(),
            "--python".as_ref(),
            program.as_os_str(),
            "--".as_ref(),
        ];
        install.extend(requirements.iter().map(OsStr::new));
        for arguments in [make.as_slice(), install.as_slice()] {
            let command = Command {
                program: uv.clone().into(),
                arguments: arguments.iter().map(Into::into).collect(),
                environment: Environment::clone(environment),
                directory: self.folder.clone(),
            };
            run_uv(processes, &command, &packages, sink).await?;
        }
        File::create(&complete).map_err(folder_error(&complete))?;
        Ok(program)
    }
}

/// Where the interpreter lies, by the rules.
fn locate(search: Search<'_>) -> Result<PathBuf, InterpreterError> {
    if let Some(python) = search.python {
        return locate_named(python, search);
    }
    let variable = |wanted: &str| {
        let mut all = search.environment.iter();
        all.find(|(name, value)| name == wanted && !value.is_empty())
            .map(|(_, value)| PathBuf::from(value))
    };
    if let Some(folder) = variable("VIRTUAL_ENV") {
        let path = search.directory.join(folder).join("bin/python");
        return existing(path, "$VIRTUAL_ENV");
    }
    let own = search.workspace.join(".venv");
    if own.is_dir() {
        return existing(own.join("bin/python"), "the workspace's .venv");
    }
    on_path("python3", search)
}

fn locate_named(python: &str, search: Search<'_>) -> Result<PathBuf, InterpreterError> {
    if !python.contains('/') && !search.directory.join(python).is_dir() {
        return on_path(python, search);
    }
    let path = search.directory.join(python);
    let path = match path.is_dir() {
        true => path.join("bin/python"),
        false => path,
    };
    existing(path, "the flow's `python`")
}

fn existing(path: PathBuf, from: &'static str) -> Result<PathBuf, InterpreterError> {
    match path.is_file() {
        true => Ok(path),
        false => Err(InterpreterError::Missing { path, from }),
    }
}

fn on_path(name: &str, search: Search<'_>) -> Result<PathBuf, InterpreterError> {
    find_program(name.as_ref(), search.environment, search.directory).ok_or_else(|| {
        InterpreterError::NotOnPath {
            name: name.to_owned(),
        }
    })
}

/// Whether a file is a script: real interpreters are programs. A file that
/// cannot be read is left to its start, which says why.
fn is_script(path: &Path) -> bool {
    let mut start = [0; 2];
    File::open(path)
        .and_then(|mut file| file.read_exact(&mut start))
        .is_ok_and(|()| start == *b"#!")
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|data| data.modified()).ok()
}

/// Asks a version manager's script which interpreter it stands for.
async fn ask(shim: &Shim) -> Result<PathBuf, InterpreterError> {
    let failed = |why: String| InterpreterError::Shim {
        path: shim.path.clone(),
        why,
    };
    let asked = tokio::process::Command::new(&shim.path)
        .args(["-c", "import sys; print(end=sys.executable)"])
        .env_clear()
        .envs(shim.environment.iter().map(|(name, value)| (name, value)))
        .current_dir(&shim.directory)
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| failed(error.to_string()))?;
    let program = PathBuf::from(OsString::from_vec(asked.stdout));
    match asked.status.success() && program.is_absolute() {
        true => Ok(program),
        false => Err(failed(
            String::from_utf8_lossy(&asked.stderr).trim().to_owned(),
        )),
    }
}

/// An environment's folder: the same interpreter and packages give the same.
fn key(interpreter: &Path, requirements: &[String]) -> String {
    let mut sorted: Vec<&str> = requirements.iter().map(|one| one.trim()).collect();
    sorted.sort_unstable();
    sorted.dedup();
    let real = fs::canonicalize(interpreter).unwrap_or_else(|_| interpreter.to_owned());
    let mut hash = Sha256::new();
    for part in [interpreter, &real] {
        hash.update(part.as_os_str().as_bytes());
        hash.update([0]);
    }
    hash.update(format!("{:?}", modified(&real)));
    for requirement in sorted {
        hash.update([0]);
        hash.update(requirement);
    }
    hash.finalize()
        .iter()
        .take(16)
        .fold(String::new(), |mut text, byte| {
            // Writing into a String cannot fail.
            let _infallible = write!(text, "{byte:02x}");
            text
        })
}

fn named(requirements: &[String]) -> String {
    let quoted: Vec<String> = requirements.iter().map(|one| format!("`{one}`")).collect();
    quoted.join(", ")
}

/// `uv` on `PATH`, or where its installers put it.
fn find_uv(environment: &Environment, directory: &Path) -> Option<PathBuf> {
    find_program("uv".as_ref(), environment, directory).or_else(|| {
        let (_, home) = environment.iter().find(|(name, _)| name == "HOME")?;
        [".local/bin/uv", ".cargo/bin/uv"]
            .into_iter()
            .map(|place| Path::new(home).join(place))
            .find(|path| path.is_file())
    })
}

/// Waits for the lock of an environment, which one process at a time makes.
async fn lock(path: &Path) -> Result<File, InterpreterError> {
    let file = File::create(path).map_err(folder_error(path))?;
    loop {
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(file),
            Err(rustix::io::Errno::WOULDBLOCK) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(error) => return Err(folder_error(path)(error.into())),
        }
    }
}

/// Takes away what an earlier attempt left half made.
fn remove(place: &Path) -> Result<(), InterpreterError> {
    match fs::remove_dir_all(place) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(folder_error(place)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn folder_error(path: &Path) -> impl FnOnce(io::Error) -> InterpreterError {
    let path = path.to_owned();
    move |source| InterpreterError::Folder { path, source }
}

async fn run_uv(
    processes: &RunProcesses,
    command: &Command,
    packages: &str,
    sink: &dyn LineSink,
) -> Result<(), InterpreterError> {
    let noting = Noting {
        sink,
        last: Mutex::default(),
    };
    let never = std::future::pending::<()>();
    let ended = processes.run(command, &noting, GRACE, never).await?;
    if ended.exit.is_success() {
        return Ok(());
    }
    let last = noting.last.into_inner();
    let last = last.unwrap_or_else(PoisonError::into_inner);
    let said = match last.is_empty() {
        true => String::new(),
        false => format!(": {last}"),
    };
    Err(InterpreterError::Uv {
        packages: packages.to_owned(),
        exit: ended.exit,
        said,
    })
}

/// Passes lines on and remembers the last complaint.
struct Noting<'a> {
    sink: &'a dyn LineSink,
    last: Mutex<String>,
}

impl LineSink for Noting<'_> {
    fn take(&self, lines: Vec<Line>) -> Taken<'_> {
        let complaint = lines
            .iter()
            .rfind(|line| line.stream == Stream::Stderr && !line.bytes.trim_ascii().is_empty());
        if let Some(line) = complaint {
            let text = String::from_utf8_lossy(line.bytes.trim_ascii()).into_owned();
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = text;
        }
        self.sink.take(lines)
    }
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::PermissionsExt, sync::Arc};

    use super::*;
    use crate::{
        process::ProcessGroups,
        rehearsal::{self, Kept},
    };

    fn write_script(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("#!/bin/sh\n{text}")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn environment(pairs: &[(&str, &Path)]) -> Environment {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (name.into(), value.into()));
        Arc::new(pairs.collect())
    }

    /// Writes a file that is no script.
    fn write_program(path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::copy("/bin/true", path).unwrap();
    }

    #[tokio::test]
    async fn the_order_of_places() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        for path in [
            "path/python3",
            "path/python9",
            "venv/bin/python",
            "w/.venv/bin/python",
            "mine/bin/python",
        ] {
            write_program(&at(path));
        }
        let plain = environment(&[("PATH", &at("path"))]);
        let active = environment(&[("PATH", &at("path")), ("VIRTUAL_ENV", &at("venv"))]);
        let cases = [
            (None, &plain, "elsewhere", "path/python3"),
            (None, &plain, "w", "w/.venv/bin/python"),
            (None, &active, "w", "venv/bin/python"),
            (Some("python9"), &active, "w", "path/python9"),
            (Some("./mine"), &active, "w", "mine/bin/python"),
            (Some("mine/bin/python"), &active, "w", "mine/bin/python"),
        ];
        let interpreters = Interpreters::new(at("cache"));
        for (python, environment, workspace, expected) in cases {
            let search = Search {
                python,
                environment,
                workspace: &at(workspace),
                directory: folder.path(),
            };
            let found = interpreters.find(search).await.unwrap();
            assert_eq!(
                fs::canonicalize(found).unwrap(),
                fs::canonicalize(at(expected)).unwrap(),
                "{search:?}"
            );
        }
        let none = environment(&[("PATH", &at("nothing"))]);
        let search = Search {
            python: None,
            environment: &none,
            workspace: &at("x"),
            directory: folder.path(),
        };
        assert_eq!(
            interpreters.find(search).await.unwrap_err().to_string(),
            "no `python3` on PATH; install Python 3.8 or later, or name an interpreter with `python:`"
        );
        let search = Search {
            python: Some("./nothing"),
            ..search
        };
        let message = interpreters.find(search).await.unwrap_err().to_string();
        assert!(message.contains("(the flow's `python`)"), "{message}");
    }

    #[tokio::test]
    async fn a_version_managers_script_is_asked_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bin");
        let asked = folder.path().join("asked");
        write_script(
            &path.join("python3"),
            &format!("echo x >>{}; printf /real/python", asked.display()),
        );
        let environment = environment(&[("PATH", &path)]);
        let interpreters = Interpreters::new(folder.path().join("cache"));
        let search = Search {
            python: None,
            environment: &environment,
            workspace: folder.path(),
            directory: folder.path(),
        };
        for _ in 0..2 {
            assert_eq!(
                interpreters.find(search).await.unwrap(),
                Path::new("/real/python")
            );
        }
        assert_eq!(fs::read_to_string(asked).unwrap(), "x\n");
        write_script(&path.join("python3"), "echo no version >&2; exit 1");
        let message = interpreters.find(search).await.unwrap_err().to_string();
        assert!(
            message.ends_with("does not tell its interpreter: no version"),
            "{message}"
        );
    }

    #[tokio::test]
    async fn packages_come_through_uv_once() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        let groups = ProcessGroups::new(rehearsal::guard_program()).unwrap();
        let processes = groups.for_run();
        let kept = Kept::default();
        let none = environment(&[("PATH", &at("nothing")), ("HOME", folder.path())]);
        let wanted = ["pandas==2".to_owned(), "six".to_owned()];
        let interpreters = Interpreters::new(at("cache"));
        let error = interpreters
            .with_packages(&processes, Path::new("/p"), &wanted, &none, &kept)
            .await;
        let message = error.unwrap_err().to_string();
        assert!(
            message.starts_with(
                "the task asks for the packages `pandas==2`, `six`, which `uv` installs"
            ),
            "{message}"
        );

        let log = at("log");
        write_script(
            &at("bin/uv"),
            &format!("echo \"$@\" >>{}; echo working >&2", log.display()),
        );
        let some = environment(&[("PATH", &at("bin"))]);
        let reversed = ["six ".to_owned(), "pandas==2".to_owned()];
        // The script makes no folder; `uv venv` would.
        let place = at("cache").join(key(Path::new("/p"), &wanted));
        write_script(
            &at("bin/uv"),
            &format!(
                "echo \"$@\" >>{}; /bin/mkdir -p {}",
                log.display(),
                place.display()
            ),
        );
        for wanted in [wanted.clone(), reversed] {
            let program = interpreters
                .with_packages(&processes, Path::new("/p"), &wanted, &some, &kept)
                .await
                .unwrap();
            assert_eq!(program, place.join("bin/python"));
        }
        let log = fs::read_to_string(log).unwrap();
        let program = place.join("bin/python");
        assert_eq!(
            log,
            format!(
                "venv --python /p {}\npip install --python {} -- pandas==2 six\n",
                place.display(),
                program.display()
            )
        );

        write_script(
            &at("bin/uv"),
            "echo one >&2; echo no such package >&2; exit 2",
        );
        let error = interpreters
            .with_packages(&processes, Path::new("/p"), &wanted[..1], &some, &kept)
            .await;
        assert_eq!(
            error.unwrap_err().to_string(),
            "`uv` could not install `pandas==2`: exit code 2: no such package"
        );
        groups.close();
    }
}
