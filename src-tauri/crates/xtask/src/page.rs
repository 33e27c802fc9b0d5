//! The studio's page: its packages, its checks, its build.

use std::{fs, io, path::Path, process::Command};

use crate::{failure::Failure, project, step};

/// Where the page is, and what makes its types of the API, with packages of its own.
const FOLDERS: [&str; 2] = ["ui", "ui/openapi"];

/// Builds the page: what the program serves, and the app embeds.
pub(crate) fn build() -> Result<(), Failure> {
    install("ui")?;
    npm("the page", "build")
}

/// Checks the page and runs its tests.
pub(crate) fn check() -> Result<(), Failure> {
    for folder in FOLDERS {
        install(folder)?;
    }
    npm("the page's lints", "check")?;
    npm("the page's tests", "test")
}

/// Runs the browser tests: every page in a real browser, from the built program.
pub(crate) fn end_to_end() -> Result<(), Failure> {
    step::quiet("the page in a browser", &mut with_program("e2e"), 3)
}

/// Has every page photographed into the target folder, light and dark.
pub(crate) fn photograph() -> Result<(), Failure> {
    install("ui")?;
    let mut command = with_program("screenshots");
    command.env(
        "TIDEMILL_SCREENSHOTS",
        project::target().join("screenshots"),
    );
    step::open("the screenshots", &mut command)
}

/// Measures the studio of the release build in a browser; what was measured stands in
/// `file` then, a line `name<TAB>value<TAB>bound` for each.
pub(crate) fn measure(file: &Path) -> Result<(), Failure> {
    let mut command = with_program("measure");
    command
        .env(
            "TIDEMILL_PROGRAM",
            project::target().join("release/tidemill"),
        )
        .env("TIDEMILL_MEASURES", file);
    step::quiet("the studio in a browser", &mut command, 0)
}

/// A script of the page's package, told where the built program and the examples are.
fn with_program(script: &str) -> Command {
    let mut command = script_of("ui", script);
    command
        .env("TIDEMILL_PROGRAM", project::target().join("debug/tidemill"))
        .env("TIDEMILL_EXAMPLES", project::root().join("examples"));
    command
}

fn npm(name: &str, script: &str) -> Result<(), Failure> {
    step::quiet(name, &mut script_of("ui", script), 0)
}

fn script_of(folder: &str, script: &str) -> Command {
    let mut command = Command::new("npm");
    command
        .current_dir(project::root().join(folder))
        .args(["run", "--silent", script]);
    command
}

/// Installs a folder's packages, unless those of its lock file are there.
fn install(folder: &str) -> Result<(), Failure> {
    let folder = project::root().join(folder);
    let wanted = folder.join("package-lock.json");
    let lock = fs::read(&wanted).map_err(|error| cannot("read", &wanted, error))?;
    // Kept with the packages, so that it goes when they do.
    let installed = folder.join("node_modules/.installed-lock.json");
    if fs::read(&installed).is_ok_and(|known| known == lock) {
        return Ok(());
    }
    let mut command = Command::new("npm");
    command
        .current_dir(&folder)
        .args(["ci", "--no-audit", "--no-fund", "--loglevel", "error"]);
    step::quiet("the page's packages", &mut command, 0)?;
    fs::write(&installed, lock).map_err(|error| cannot("write", &installed, error))
}

fn cannot(verb: &str, path: &Path, error: io::Error) -> Failure {
    Failure::Io(format!("cannot {verb} {}", path.display()), error)
}
