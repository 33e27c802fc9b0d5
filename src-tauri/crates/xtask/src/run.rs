//! `cargo xtask run` and `cargo xtask generate`.

use std::process::Command;

use crate::{failure::Failure, generated, prepare, project, step};

const EXAMPLE: &str = "examples/weather/weather.flow.yaml";

/// Builds the program and runs a flow to its end, shown live.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    prepare::to_run()?;
    build()?;
    let flow = arguments.first().map_or(EXAMPLE, String::as_str);
    let mut command = Command::new(project::target().join("debug/tidemill"));
    command
        .current_dir(project::root())
        .args(["run", flow])
        .args(arguments.iter().skip(1));
    step::say(&format!("tidemill run {flow}"));
    step::open("the run", &mut command)
}

/// Writes what is generated from the code and committed.
pub(crate) fn generate() -> Result<(), Failure> {
    prepare::to_run()?;
    build()?;
    generated::write()
}

fn build() -> Result<(), Failure> {
    let mut command = Command::new(env!("CARGO"));
    command
        .current_dir(project::root())
        .args(["build", "--package", "tidemill-cli"]);
    step::open("the build", &mut command)
}
