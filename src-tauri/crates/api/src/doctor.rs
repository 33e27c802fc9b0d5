//! `doctor`: whether all that Tidemill needs is there, and how to mend what is not.
//! It changes nothing, and makes no home.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use tidemill_store::{KeyPlace, Secrets};
use utoipa::ToSchema;

use crate::{OpenHome, Surroundings, login_path::LoginPath, settings::KEY_SETTING, workspace};

/// Less free disk is worth a warning.
const LITTLE_DISK: u64 = 1 << 30;

/// A program that does not tell its version within this is left alone.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is found where nothing is sealed.
const NO_SECRETS: &str = "none yet; their key will be in a file of the home";

/// What was found of one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// What was looked at.
    pub name: String,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was found.
    pub found: String,
    /// What to do about it, where it is not.
    pub mend: Option<String>,
}

/// All that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DoctorAnswer {
    /// The findings.
    pub findings: Vec<Finding>,
}

fn good(name: &str, found: impl Into<String>) -> Finding {
    Finding {
        name: name.to_owned(),
        ok: true,
        found: found.into(),
        mend: None,
    }
}

fn bad(name: &str, found: impl Into<String>, mend: impl Into<String>) -> Finding {
    Finding {
        name: name.to_owned(),
        ok: false,
        found: found.into(),
        mend: Some(mend.into()),
    }
}

/// Looks at everything.
pub fn doctor(surroundings: &Surroundings, now: Timestamp) -> DoctorAnswer {
    DoctorAnswer {
        findings: vec![
            good("tidemill", version(surroundings)),
            home(surroundings),
            store(surroundings),
            secrets(surroundings),
            disk(surroundings),
            workspace(surroundings),
            shell(),
            python(surroundings),
            uv(),
            git(),
            path(),
            terminal(),
            clock(now),
        ],
    }
}

fn version(surroundings: &Surroundings) -> String {
    format!(
        "{}, {}",
        env!("CARGO_PKG_VERSION"),
        surroundings.program.display()
    )
}

fn home(surroundings: &Surroundings) -> Finding {
    let folder = &surroundings.home;
    let shown = folder.display();
    if !folder.exists() {
        return good(
            "home",
            format!("{shown} (not there yet; the first run makes it)"),
        );
    }
    if !folder.is_dir() {
        return bad(
            "home",
            format!("{shown} is no folder"),
            "give a folder with --home or TIDEMILL_HOME",
        );
    }
    match writable(folder) {
        true => good("home", shown.to_string()),
        false => bad(
            "home",
            format!("{shown} cannot be written"),
            "make it writable, or give another with --home or TIDEMILL_HOME",
        ),
    }
}

#[cfg(unix)]
fn writable(folder: &Path) -> bool {
    use rustix::fs::{Access, access};
    access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

#[cfg(not(unix))]
fn writable(folder: &Path) -> bool {
    folder
        .metadata()
        .is_ok_and(|metadata| !metadata.permissions().readonly())
}

fn store(surroundings: &Surroundings) -> Finding {
    match OpenHome::open_existing(surroundings) {
        Ok(None) => good("store", "not there yet; the first run makes it"),
        Ok(Some(home)) => match health(&home) {
            Ok(found) => good("store", found),
            Err(error) => bad(
                "store",
                error.to_string(),
                "put back the newest copy from the home's backups",
            ),
        },
        Err(error) => Finding {
            // The message says what to do.
            mend: None,
            ..bad("store", error.to_string(), "")
        },
    }
}

fn health(home: &OpenHome) -> Result<String, crate::Error> {
    let reader = home.reader()?;
    let unfinished = reader.unfinished()?.len();
    let transitions = reader.last_sequence()?;
    let size = |path: PathBuf| path.metadata().map_or(0, |metadata| metadata.len());
    let places = home.store().home();
    let (state, logs) = (size(places.state()), size(places.logs()));
    Ok(format!(
        "readable, of this version, {transitions} transitions, {unfinished} unfinished runs, {} and {} of logs",
        bytes(state),
        bytes(logs)
    ))
}

/// Where the secrets' key is, and whether it opens them.
fn secrets(surroundings: &Surroundings) -> Finding {
    // What keeps a home from being opened is said of the store.
    let Ok(Some(home)) = OpenHome::open_existing(surroundings) else {
        return good("secrets", NO_SECRETS);
    };
    let secrets = home.store().secrets();
    match key_of(&secrets) {
        Ok(finding) => finding,
        Err(error) => Finding {
            // The message says what to do.
            mend: None,
            ..bad("secrets", error.to_string(), "")
        },
    }
}

fn key_of(secrets: &Secrets) -> Result<Finding, crate::Error> {
    let place = secrets.key_place()?;
    let count = secrets.names()?.len();
    Ok(match (place, secrets.key_file()) {
        (KeyPlace::File, None) => good("secrets", NO_SECRETS),
        (KeyPlace::File, Some(path)) => good(
            "secrets",
            format!("{count}, key in the file {}", path.display()),
        ),
        (KeyPlace::Keychain { entry }, None) => good(
            "secrets",
            format!("{count}, key in the OS keychain, entry `tidemill` {entry}"),
        ),
        (KeyPlace::Keychain { .. }, Some(path)) => bad(
            "secrets",
            format!(
                "key in the OS keychain, but the file {} is still there",
                path.display()
            ),
            format!("`tidemill settings set {KEY_SETTING} keychain` removes it"),
        ),
    })
}

/// `512 B`, `3.4 MB`.
fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if count < 1000 {
        return format!("{count} B");
    }
    let mut tenths = count / 100;
    let mut unit = "kB";
    for next in UNITS.iter().skip(1) {
        if tenths < 10_000 {
            break;
        }
        tenths /= 1000;
        unit = next;
    }
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

/// The free space where the home is, or will be.
fn disk(surroundings: &Surroundings) -> Finding {
    let mut folders = surroundings.home.ancestors();
    let Some(folder) = folders.find(|folder| folder.is_dir()) else {
        return bad("disk", "no folder to look at", "give a home with --home");
    };
    match free_space(folder) {
        Some(free) if free < LITTLE_DISK => bad(
            "disk",
            format!("{} free", bytes(free)),
            "free some space: what cannot be recorded does not run",
        ),
        Some(free) => good("disk", format!("{} free", bytes(free))),
        None => good("disk", "free space is not known here"),
    }
}

#[cfg(unix)]
fn free_space(folder: &Path) -> Option<u64> {
    let facts = rustix::fs::statvfs(folder).ok()?;
    facts.f_bavail.checked_mul(facts.f_frsize)
}

#[cfg(not(unix))]
fn free_space(_folder: &Path) -> Option<u64> {
    None
}

fn workspace(surroundings: &Surroundings) -> Finding {
    match workspace::of_directory(surroundings) {
        Some(folder) => good("workspace", folder.display().to_string()),
        None => good(
            "workspace",
            "none here; `tidemill new NAME` makes this folder one",
        ),
    }
}

fn shell() -> Finding {
    let (program, mend) = if cfg!(windows) {
        (
            "pwsh",
            "install PowerShell 7, or name an interpreter in `shell:` tasks",
        )
    } else {
        (
            "sh",
            "put `sh` on the PATH, or name an interpreter in `shell:` tasks",
        )
    };
    match find(program) {
        Some(path) => good("shell", path.display().to_string()),
        None => bad("shell", format!("no `{program}` on the PATH"), mend),
    }
}

/// The interpreter that Python tasks get unless their flow says otherwise.
fn python(surroundings: &Surroundings) -> Finding {
    let bin = |folder: PathBuf| {
        let inner = if cfg!(windows) {
            "Scripts/python.exe"
        } else {
            "bin/python"
        };
        Some(folder.join(inner)).filter(|path| path.exists())
    };
    let active = std::env::var_os("VIRTUAL_ENV").filter(|value| !value.is_empty());
    let active = active.and_then(|folder| bin(PathBuf::from(folder)));
    let own = || workspace::of_directory(surroundings).and_then(|folder| bin(folder.join(".venv")));
    let (path, why) = match active {
        Some(path) => (Some(path), "of $VIRTUAL_ENV"),
        None => match own() {
            Some(path) => (Some(path), "of the workspace's .venv"),
            None => (find("python3"), "on the PATH"),
        },
    };
    let Some(path) = path else {
        return bad(
            "python",
            "no `python3` on the PATH",
            "install Python 3.9 or later; flows without `python:` tasks run without it",
        );
    };
    match answer(&path, "--version") {
        Some(version) => good("python", format!("{version}, {} {why}", path.display())),
        None => bad(
            "python",
            format!("{} {why} does not tell its version", path.display()),
            "mend or remove it, or name another with `python: { python: PATH }`",
        ),
    }
}

fn uv() -> Finding {
    match find("uv").and_then(|path| Some((answer(&path, "--version")?, path))) {
        Some((version, path)) => good("uv", format!("{version}, {}", path.display())),
        None => good(
            "uv",
            "not there; only flows with `requirements` need it (docs.astral.sh/uv)",
        ),
    }
}

fn git() -> Finding {
    match find("git").and_then(|path| answer(&path, "--version")) {
        Some(version) => good("git", version),
        None => good("git", "not there; it is not needed to run flows"),
    }
}

fn path() -> Finding {
    match std::env::var_os("PATH").filter(|path| !path.is_empty()) {
        Some(path) => {
            let folders = std::env::split_paths(&path).count();
            good("PATH", format!("{folders} folders, from {}", path_source()))
        }
        None => bad(
            "PATH",
            "not set",
            "set PATH, so that tasks find their programs",
        ),
    }
}

/// Where this process has its `PATH` from, in words.
fn path_source() -> String {
    match LoginPath::of_this_process() {
        LoginPath::Inherited => "the environment of this process".to_owned(),
        LoginPath::Taken(shell) => format!("the login shell {}", shell.display()),
        LoginPath::Refused(shell, why) => format!(
            "the environment of this process (the login shell {} was asked: {why})",
            shell.display()
        ),
    }
}

fn terminal() -> Finding {
    use std::io::IsTerminal;
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let name = match variable("TERM") {
        name if name.is_empty() => "no TERM".to_owned(),
        name => name,
    };
    let shown = match (
        std::io::stdout().is_terminal(),
        variable("NO_COLOR").is_empty(),
    ) {
        (false, _) => "no terminal: plain lines",
        (true, false) => "live view, without colour (NO_COLOR)",
        (true, true) => "live view",
    };
    good("terminal", format!("{name}, {shown}"))
}

fn clock(now: Timestamp) -> Finding {
    let zone = TimeZone::system();
    let name = match zone.iana_name() {
        Some(name) => name.to_owned(),
        None => "unnamed zone".to_owned(),
    };
    let local = now
        .to_zoned_datetime(zone)
        .strftime("%Y-%m-%d %H:%M:%S %:z")
        .to_string();
    // No release of Tidemill is older than this.
    if now < Timestamp::constant(1_735_689_600, 0) {
        return bad(
            "clock",
            local,
            "set the clock: schedules and records depend on it",
        );
    }
    good("clock", format!("{local}, {name}"))
}

/// A program's path, looked for on the PATH.
fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| {
            folder
                .join(program)
                .with_extension(std::env::consts::EXE_EXTENSION)
        })
        .find(|path| path.is_file())
}

/// What a program says of itself: the first line that it writes.
fn answer(program: &Path, argument: impl AsRef<OsStr>) -> Option<String> {
    let mut child = Command::new(program)
        .arg(argument)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let until = Instant::now() + PATIENCE;
    while child.try_wait().ok()?.is_none() {
        if Instant::now() > until {
            // It is gone, or it goes: either way it is of no use here.
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let first = text.lines().next().unwrap_or_default().trim();
    (output.status.success() && !first.is_empty()).then(|| first.to_owned())
}

impl DoctorAnswer {
    /// Whether everything is as it should be.
    pub fn is_well(&self) -> bool {
        self.findings.iter().all(|finding| finding.ok)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_readable() {
        for (count, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (3_456_789, "3.4 MB"),
            (999_999, "999.9 kB"),
            (5_000_000_000_000, "5.0 TB"),
        ] {
            assert_eq!(bytes(count), text);
        }
    }

    #[test]
    fn looking_makes_nothing_and_finds_a_shell() {
        let folder = tempfile::tempdir().unwrap();
        let surroundings = Surroundings::rooted(folder.path());
        let answer = doctor(&surroundings, Timestamp::now());
        assert!(!surroundings.home.exists());
        let of = |name: &str| answer.findings.iter().find(|finding| finding.name == name);
        assert!(of("home").unwrap().found.contains("not there yet"));
        assert!(of("shell").unwrap().ok);
    }
}
