//! `cargo xtask bench`: one table, each row a ratio against its yardstick, both
//! measured in alternation in the same call.
//!
//! Built in release mode; both sides use the resolved `python3`, not a version
//! manager's shim. Nothing here judges the machine: a flush's time stands beside.

mod api;
mod app;
mod measure;
mod report;
mod rows;
mod stage;
mod studio;

use std::process::Command;

use crate::{failure::Failure, prepare, project, step};
use report::Report;
use stage::Stage;

const USAGE: &str = "\
usage: cargo xtask bench [--json] [--pairs N] [ROW …]

Rows: hello, python-chain, python-map, python-rate, shell-map, value-map, value-million, lists, api-lists, studio, app";

/// How the call wants it.
struct Options {
    json: bool,
    pairs: usize,
    rows: Vec<String>,
}

impl Options {
    /// Whether a row is to be measured: those that are named, else all.
    fn wants(&self, row: &str) -> bool {
        self.rows.is_empty() || self.rows.iter().any(|name| name == row)
    }
}

/// Measures every row, or those that are named, and prints the table.
pub(crate) fn bench(arguments: &[String]) -> Result<(), Failure> {
    let options = parse(arguments)?;
    prepare::to_run()?;
    if options.wants(studio::ROW.name) {
        studio::prepare()?;
    }
    if options.wants(app::ROW.name) {
        app::prepare()?;
    }
    build()?;
    let stage = Stage::new()?;
    let mut report = Report::new(&stage)?;
    for row in rows::ALL {
        if options.wants(row.name) {
            let result = (row.measure)(&stage, options.pairs)?;
            report.add(row, result);
            if !options.json {
                report.print_last();
            }
        }
    }
    if options.json {
        step::say(&report.json());
    }
    Ok(())
}

fn parse(arguments: &[String]) -> Result<Options, Failure> {
    let mut options = Options {
        json: false,
        pairs: 7,
        rows: Vec::new(),
    };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--json" => options.json = true,
            "--pairs" => {
                let number = rest.next().and_then(|text| text.parse().ok());
                options.pairs = number.ok_or_else(|| Failure::Usage(USAGE.to_owned()))?;
            }
            name if rows::ALL.iter().any(|row| row.name == name) => {
                options.rows.push(name.to_owned());
            }
            _ => return Err(Failure::Usage(USAGE.to_owned())),
        }
    }
    Ok(options)
}

fn build() -> Result<(), Failure> {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(project::root()).args([
        "build",
        "--release",
        "--quiet",
        "--package",
        "tidemill-cli",
        "--package",
        "tidemill-tests",
        "--bins",
    ]);
    step::open("the release build", &mut command)
}
