//! A home and a workspace of a test's own, and the program called on them.

use std::{
    ffi::OsStr,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

/// A home and a workspace that end with the test.
pub struct Sandbox {
    folder: TempDir,
}

/// What a call answered.
#[derive(Debug)]
pub struct Answer {
    /// The exit code; `None`: ended by a signal.
    pub code: Option<i32>,
    /// Standard output, as text.
    pub stdout: String,
    /// Standard error, as text.
    pub stderr: String,
}

impl Answer {
    /// What this command answers, called to its end.
    pub fn of(command: &mut Command) -> Self {
        answer(command.spawn().expect("the program"), &[])
    }

    /// Standard output as one JSON document.
    pub fn json(&self) -> Value {
        match serde_json::from_str(&self.stdout) {
            Ok(value) => value,
            Err(error) => panic!("no JSON on standard output: {error}\n{self:#?}"),
        }
    }

    /// Itself, if it ended with `code`.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Sandbox {
    /// An empty home and an empty workspace.
    pub fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("tidemill test ")
            .tempdir()
            .expect("a temporary folder");
        fs::create_dir_all(folder.path().join("work")).expect("a workspace");
        Self { folder }
    }

    /// The home's folder.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// The workspace's folder.
    pub fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// A file of the workspace.
    pub fn file(&self, name: &str) -> PathBuf {
        self.work().join(name)
    }

    /// Writes a file of the workspace, its folders too, and gives its path.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.file(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(&path, text).expect("a file that can be written");
        path
    }

    /// Writes `NAME.flow.yaml`, its `name` put before `body`.
    pub fn flow(&self, name: &str, body: &str) -> PathBuf {
        self.write(
            &format!("{name}.flow.yaml"),
            format!("name: {name}\n{body}"),
        )
    }

    /// A text file of the workspace, or nothing.
    pub fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.file(name)).ok()
    }

    /// Copies a folder of examples into the workspace.
    pub fn copy_example(&self, name: &str) {
        copy(&examples().join(name), &self.work());
    }

    /// The program, with this home, in this workspace, and an environment of its own.
    pub fn command<I: AsRef<OsStr>>(&self, arguments: &[I]) -> Command {
        let mut command = Command::new(program());
        command
            .args(arguments)
            .current_dir(self.work())
            .env("TIDEMILL_HOME", self.home())
            .env("NO_COLOR", "1")
            .env_remove("TIDEMILL_WORKSPACE")
            .env_remove("VIRTUAL_ENV")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Calls the program to its end.
    pub fn call<I: AsRef<OsStr>>(&self, arguments: &[I]) -> Answer {
        Answer::of(&mut self.command(arguments))
    }

    /// Calls the program to its end, with something on standard input.
    pub fn call_with_input<I: AsRef<OsStr>>(&self, arguments: &[I], input: &[u8]) -> Answer {
        let child = self.command(arguments).stdin(Stdio::piped()).spawn();
        answer(child.expect("the program"), input)
    }

    /// Starts the program.
    pub fn start<I: AsRef<OsStr>>(&self, arguments: &[I]) -> Child {
        self.command(arguments).spawn().expect("the program")
    }

    /// `run FLOW --json …` that ended with `code`: its document.
    #[track_caller]
    pub fn run_json(&self, flow: &str, more: &[&str], code: i32) -> Value {
        let mut arguments = vec!["run", flow, "--json"];
        arguments.extend(more);
        self.call(&arguments).expect(code).json()
    }

    /// The newest run's document, by `runs show last --json`.
    pub fn last(&self) -> Value {
        self.call(&["runs", "show", "last", "--json"])
            .expect(0)
            .json()
    }
}

fn answer(mut child: Child, input: &[u8]) -> Answer {
    if let Some(mut pipe) = child.stdin.take() {
        pipe.write_all(input).expect("standard input");
    }
    let output = child.wait_with_output().expect("the program's end");
    Answer {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("an example").flatten() {
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true if matches!(
                entry.file_name().to_str(),
                Some("out" | "backups" | "__pycache__")
            ) => {}
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).expect("a file that can be copied")),
        }
    }
}

/// The checkout's top folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("a folder")
        .to_path_buf()
}

/// The folder of the examples.
pub fn examples() -> PathBuf {
    root().join("examples")
}

/// The built program.
pub fn program() -> PathBuf {
    let test = std::env::current_exe().expect("the test's own path");
    let name = format!("tidemill{}", std::env::consts::EXE_SUFFIX);
    // A test lies in `target/PROFILE/deps`, a measure beside the program.
    let mut programs = test.ancestors().skip(1).take(2).map(|at| at.join(&name));
    programs
        .find(|program| program.is_file())
        .unwrap_or_else(|| {
            panic!(
                "no {name} for {}: build it first, with `cargo build`",
                test.display()
            )
        })
}
