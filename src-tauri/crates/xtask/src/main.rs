//! What a person types to develop Tidemill: `cargo xtask run`, `cargo xtask test`,
//! `cargo xtask bench`, `cargo xtask generate`.
//!
//! It sets up what is missing, builds, and does the job. It depends on nothing
//! but the standard library, so that the first call answers within seconds.

mod bench;
mod bundle;
mod failure;
mod generated;
mod page;
mod prepare;
mod project;
mod run;
mod step;
mod test;

use std::process::ExitCode;

use failure::Failure;

const HELP: &str = "\
cargo xtask COMMAND

  run [FLOW]       build the program and run an example (or FLOW) to its end, shown live;
                   then open the studio: a window, or without a display its address
  test [--long]    all checks: format, lints, tests; --long adds the long ones
  bench [--json]   measure the release build against its yardsticks, one table
  screenshots      every page of the studio, light and dark, into target/screenshots
  bundle [--debug] make the package to install: the app and the command line
  generate         write what is generated and committed again: the flow file's schema, the API's
                   document, the studio's types of it

Both commands first install what is missing on this machine where they may, and
otherwise name the one command that does.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            step::say(&format!("xtask: {failure}"));
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<(), Failure> {
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", arguments),
    };
    match command {
        "run" => run::run(rest),
        "test" => test::test(rest),
        "screenshots" => run::screenshots(),
        "bundle" => bundle::bundle(rest),
        "bench" => bench::bench(rest),
        "generate" => run::generate(),
        "help" | "--help" | "-h" => {
            step::say(HELP);
            Ok(())
        }
        other => Err(Failure::Usage(format!(
            "unknown command `{other}`\n\n{HELP}"
        ))),
    }
}
