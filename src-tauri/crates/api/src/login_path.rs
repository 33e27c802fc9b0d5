//! The `PATH` of a program that a desktop started. Such a program does not get what
//! the person's shell sets up, so that tasks would not find what they find in a
//! terminal. The login shell is asked once, and the program starts itself anew with
//! that `PATH`: so all that it does sees the one.

use std::{
    ffi::{OsStr, OsString},
    io::{IsTerminal, Read},
    os::unix::{ffi::OsStringExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{OnceLock, mpsc},
    time::Duration,
};

/// Says which shell the `PATH` came from, to the program that was started anew.
const VARIABLE: &str = "TIDEMILL_LOGIN_SHELL";

/// A shell that takes longer to start is not waited for: the window is.
const PATIENCE: Duration = Duration::from_secs(3);

/// What stands before and after the environment that is asked for: a shell's own
/// files may print, too.
const MARK: &str = "--tidemill-environment--";

/// More than this is no environment.
const LARGEST: u64 = 4 << 20;

/// What was tried in this process and failed.
static FAILURE: OnceLock<LoginPath> = OnceLock::new();

/// Where this process's `PATH` comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LoginPath {
    /// From whoever started it.
    Inherited,
    /// From this login shell.
    Taken(PathBuf),
    /// From whoever started it: the login shell did not tell, and why.
    Refused(PathBuf, &'static str),
}

impl LoginPath {
    /// That of this process.
    pub(crate) fn of_this_process() -> Self {
        match (FAILURE.get(), std::env::var_os(VARIABLE)) {
            (Some(failure), _) => failure.clone(),
            (None, Some(shell)) => Self::Taken(PathBuf::from(shell)),
            (None, None) => Self::Inherited,
        }
    }
}

/// If a desktop started this process, starts it anew with the `PATH` of the login
/// shell. To be called in `main` before anything runs beside it; it returns where there is nothing to
/// do, or nothing could be learnt within a few seconds.
pub fn take_login_path() {
    if std::env::var_os(VARIABLE).is_some() || !started_by_desktop() {
        return;
    }
    let Some(shell) = std::env::var_os("SHELL").filter(|shell| Path::new(shell).is_absolute())
    else {
        return;
    };
    let shell = PathBuf::from(shell);
    let refused = match ask(&shell, PATIENCE) {
        Ok(path) if Some(&path) == std::env::var_os("PATH").as_ref() => return,
        Ok(path) => start_anew(&shell, &path),
        Err(refused) => refused,
    };
    // It is set nowhere else.
    let _ = FAILURE.set(LoginPath::Refused(shell, refused));
}

/// Whether there is no terminal: neither on a stream, nor behind them.
fn started_by_desktop() -> bool {
    let streams = std::io::stdin().is_terminal()
        || std::io::stdout().is_terminal()
        || std::io::stderr().is_terminal();
    !streams && std::fs::File::open("/dev/tty").is_err()
}

/// Becomes the same program with another `PATH`; returns only if that fails.
fn start_anew(shell: &Path, path: &OsStr) -> &'static str {
    let Ok(program) = std::env::current_exe() else {
        return "this program's own file is not to be found";
    };
    let mut arguments = std::env::args_os();
    let name = arguments.next().unwrap_or_else(|| program.clone().into());
    let _error = Command::new(program)
        .arg0(name)
        .args(arguments)
        .env("PATH", path)
        .env(VARIABLE, shell)
        .exec();
    "this program could not start itself anew"
}

/// The `PATH` that a login shell sets up.
fn ask(shell: &Path, patience: Duration) -> Result<OsString, &'static str> {
    // Many set it in the files of an interactive shell only.
    let script = format!("echo {MARK}; /usr/bin/env; echo {MARK}");
    let mut child = Command::new(shell)
        .args(["-l", "-i", "-c", &script])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(|_| "it cannot be started")?;
    let output = child.stdout.take().ok_or("it cannot be read")?;
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut text = Vec::new();
        // What came before an error is read all the same.
        let _ = output.take(LARGEST).read_to_end(&mut text);
        // Nobody waits any more: the answer is late.
        let _ = sender.send(text);
    });
    let text = receiver.recv_timeout(patience);
    end(&mut child);
    let text = text.map_err(|_| "it did not answer in time")?;
    path_in(&text).ok_or("it did not tell its PATH")
}

/// Ends the shell and what its files started in its group.
fn end(child: &mut std::process::Child) {
    let group = i32::try_from(child.id())
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    if let Some(group) = group {
        // It has ended by itself, mostly.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.wait();
}

fn path_in(text: &[u8]) -> Option<OsString> {
    let mut lines = text.split(|&byte| byte == b'\n');
    lines.find(|line| *line == MARK.as_bytes())?;
    let path = lines
        .take_while(|line| *line != MARK.as_bytes())
        .find_map(|line| line.strip_prefix(b"PATH="))?;
    (!path.is_empty()).then(|| OsString::from_vec(path.to_vec()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A shell that runs `body` and leaves out of account what it was asked.
    fn shell(folder: &Path, body: &str) -> PathBuf {
        let path = folder.join("shell");
        std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        path
    }

    #[test]
    fn a_shell_tells_its_path_among_whatever_else_its_files_print() {
        let folder = tempfile::tempdir().unwrap();
        let body =
            "echo PATH=/greeting; PATH=/of/the/shell:/bin; export PATH; shift 3; eval \"$1\"";
        let shell = shell(folder.path(), body);
        let path = ask(&shell, Duration::from_secs(30)).unwrap();
        assert_eq!(path, "/of/the/shell:/bin");
    }

    #[test]
    fn a_shell_that_hangs_or_says_nothing_is_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let hangs = shell(folder.path(), "sleep 600 & sleep 600");
        let said = ask(&hangs, Duration::from_millis(200));
        assert_eq!(said, Err("it did not answer in time"));
        let silent = shell(folder.path(), "exit 0");
        let said = ask(&silent, Duration::from_secs(30));
        assert_eq!(said, Err("it did not tell its PATH"));
        let said = ask(Path::new("/no/such/shell"), Duration::from_secs(30));
        assert_eq!(said, Err("it cannot be started"));
    }
}
