//! `cargo xtask test`: every check, the cheap ones first.

use std::{ffi::OsString, path::Path, process::Command};

use crate::{failure::Failure, generated, prepare, project, step};

/// Where `proptest` looks for the seed of its cases.
const PROPERTY_SEED: &str = "PROPTEST_RNG_SEED";

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
    let lints = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--quiet",
        "--",
        "-D",
        "warnings",
    ];
    step::quiet("lints", &mut cargo(&lints), 0)?;
    step::quiet(
        "programs",
        &mut cargo(&["build", "--workspace", "--bins", "--quiet"]),
        0,
    )?;
    generated::check()?;
    step::quiet("documentation", &mut documentation(), 0)?;
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

/// nextest where it is installed, for its time limits; else cargo's own runner.
fn runner() -> Command {
    let has_nextest = Command::new(env!("CARGO"))
        .args(["nextest", "--version"])
        .output()
        .is_ok_and(|output| output.status.success());
    match has_nextest {
        true => cargo(&[
            "nextest",
            "run",
            "--workspace",
            "--cargo-quiet",
            "--status-level",
            "fail",
            "--final-status-level",
            "slow",
            "--no-fail-fast",
        ]),
        false => cargo(&[
            "test",
            "--workspace",
            "--quiet",
            "--lib",
            "--bins",
            "--tests",
        ]),
    }
}

fn documentation() -> Command {
    let mut command = cargo(&["doc", "--workspace", "--no-deps", "--quiet"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    command
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(project::root()).args(arguments);
    command
}

/// The search path with `folder` at its end.
fn with_folder(folder: &Path) -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([folder.to_path_buf()]);
    // A folder with a `:` in its name cannot stand on a search path: then it is left as it was.
    std::env::join_paths(folders).unwrap_or(path)
}
