//! `cargo xtask run`, `cargo xtask screenshots` and `cargo xtask generate`.

use std::process::Command;

use crate::{failure::Failure, generated, page, prepare, project, step};

const EXAMPLE: &str = "examples/weather/weather.flow.yaml";

/// What the studio shows.
const WORKSPACE: &str = "examples";

/// Builds the program and runs a flow to its end, shown live; then opens the studio:
/// the desktop app where there is a display, else the same studio served, until Ctrl-C.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    prepare::to_run()?;
    prepare::to_build_page()?;
    page::build()?;
    build("tidemill-cli", false)?;
    let flow = arguments.first().map_or(EXAMPLE, String::as_str);
    let mut command = program();
    command.args(["run", flow]).args(arguments.iter().skip(1));
    step::say(&format!("tidemill run {flow}"));
    step::open("the run", &mut command)?;
    match has_display() {
        true => open_app(),
        false => serve(),
    }
}

fn open_app() -> Result<(), Failure> {
    prepare::to_build_app()?;
    build("tidemill-studio", false)?;
    step::say(&format!("tidemill-studio --workspace {WORKSPACE}"));
    let mut command = Command::new(project::target().join("debug/tidemill-studio"));
    command
        .current_dir(project::root())
        .args(["--workspace", WORKSPACE]);
    step::open("the studio", &mut command)
}

fn serve() -> Result<(), Failure> {
    step::say(&format!(
        "tidemill serve --workspace {WORKSPACE} (there is no display; Ctrl-C ends it)"
    ));
    let mut command = program();
    command.args(["serve", "--listen", "127.0.0.1:0", "--workspace", WORKSPACE]);
    step::open("the studio", &mut command)
}

/// Whether a window could be shown.
fn has_display() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

fn program() -> Command {
    let mut command = Command::new(project::target().join("debug/tidemill"));
    command.current_dir(project::root());
    command
}

/// Has every page of the studio photographed, light and dark, in `target/screenshots`.
pub(crate) fn screenshots() -> Result<(), Failure> {
    prepare::to_run()?;
    prepare::to_build_page()?;
    prepare::to_browse()?;
    page::build()?;
    build("tidemill-cli", false)?;
    page::photograph()
}

/// Writes what is generated from the code and committed.
pub(crate) fn generate() -> Result<(), Failure> {
    prepare::to_run()?;
    build("tidemill-cli", false)?;
    generated::write()
}

/// Builds a package, shown as it goes.
pub(crate) fn build(package: &str, release: bool) -> Result<(), Failure> {
    let mut command = project::cargo();
    command.args(["build", "--package", package]);
    if release {
        command.arg("--release");
    }
    step::open("the build", &mut command)
}
