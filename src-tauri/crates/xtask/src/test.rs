//! `cargo xtask test`: every check, the cheap ones first.

use std::{ffi::OsString, path::Path, process::Command};

use crate::{bundle, failure::Failure, generated, page, prepare, project, step};

/// Where `proptest` looks for the seed of its cases.
const PROPERTY_SEED: &str = "PROPTEST_RNG_SEED";

/// The desktop app's package.
const APP: &str = "tidemill-studio";

/// Runs every check; `--long` adds those that take many minutes.
pub(crate) fn test(arguments: &[String]) -> Result<(), Failure> {
    let long = match arguments {
        [] => false,
        [only] if only == "--long" => true,
        _ => {
            return Err(Failure::Usage(
                "usage: cargo xtask test [--long]".to_owned(),
            ));
        }
    };
    step::quiet("format", &mut cargo(&["fmt", "--all", "--check"]), 0)?;
    let tools = prepare::to_test()?;
    page::check()?;
    page::build()?;
    headless()?;
    page::end_to_end()?;
    app()?;
    let mut runner = runner();
    runner.env("PATH", with_folder(&tools));
    if long {
        runner.env("TIDEMILL_TEST_LONG", "1");
    } else if std::env::var_os(PROPERTY_SEED).is_none() {
        // The gate says the same of the same text each time; the long one explores.
        runner.env(PROPERTY_SEED, "1");
    }
    step::quiet("tests", &mut runner, 12)
}

/// All but the desktop app, which alone needs what draws a window.
fn headless() -> Result<(), Failure> {
    let mut lints = workspace("clippy");
    lints.args(["--all-targets", "--quiet", "--", "-D", "warnings"]);
    step::quiet("lints", &mut lints, 0)?;
    let mut build = workspace("build");
    build.args(["--bins", "--quiet"]);
    step::quiet("programs", &mut build, 0)?;
    generated::check()?;
    let mut documentation = workspace("doc");
    documentation
        .args(["--no-deps", "--quiet"])
        .env("RUSTDOCFLAGS", "-D warnings");
    step::quiet("documentation", &mut documentation, 0)
}

/// The desktop app, after all that is cheaper: its window system takes minutes to build.
fn app() -> Result<(), Failure> {
    let lints = [
        "clippy",
        "-p",
        APP,
        "--all-targets",
        "--quiet",
        "--",
        "-D",
        "warnings",
    ];
    step::quiet("the app's lints", &mut cargo(&lints), 0)?;
    let build = ["build", "-p", APP, "--quiet"];
    step::quiet("the app", &mut cargo(&build), 0)?;
    let tests = ["test", "-p", APP, "--quiet"];
    step::quiet("the app's own tests", &mut cargo(&tests), 0)?;
    bundle::package(true)
}

/// A command of cargo's on all packages but the app.
fn workspace(command: &str) -> Command {
    cargo(&[command, "--workspace", "--exclude", APP])
}

/// nextest where it is installed, for its time limits; else cargo's own runner.
fn runner() -> Command {
    let has_nextest = Command::new(env!("CARGO"))
        .args(["nextest", "--version"])
        .output()
        .is_ok_and(|output| output.status.success());
    match has_nextest {
        true => {
            let mut command = cargo(&["nextest"]);
            command.args(["run", "--workspace", "--exclude", APP, "--cargo-quiet"]);
            command.args(["--status-level", "fail", "--final-status-level", "slow"]);
            command.arg("--no-fail-fast");
            command
        }
        false => {
            let mut command = workspace("test");
            command.args(["--quiet", "--lib", "--bins", "--tests"]);
            command
        }
    }
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = project::cargo();
    command.args(arguments);
    command
}

/// The search path with `folder` at its end.
fn with_folder(folder: &Path) -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([folder.to_path_buf()]);
    // A folder with a `:` in its name cannot stand on a search path: then it is left as it was.
    std::env::join_paths(folders).unwrap_or(path)
}
