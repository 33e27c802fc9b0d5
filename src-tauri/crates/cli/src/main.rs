//! The `tidemill` program: reads what was typed, asks the verbs of the library,
//! shows their answers. It decides nothing itself.

mod arguments;
mod commands;
mod exit;
mod interrupts;
mod live;
mod log_file;
mod look;
mod message;
mod output;
mod runtime;
mod state;
mod table;
mod text;
mod time;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use tidemill_api::Surroundings;

use arguments::Arguments;
use exit::Exit;

fn main() -> ExitCode {
    if let Some(code) = tidemill_api::guard_if_asked() {
        return code;
    }
    if std::env::args_os().len() < 2 {
        // The environment may give options: clap then misses only the command.
        message::plain_text(&Arguments::command().render_help().to_string());
        return Exit::Call.into();
    }
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Where the stream is closed there is nobody to tell.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let surroundings = Surroundings::new(arguments.home.clone(), arguments.workspace.clone());
    let done = match surroundings {
        Ok(surroundings) => {
            let level = arguments.log_level.as_deref();
            let diagnostics = log_file::begin(&surroundings.home, level);
            let done = commands::carry_out(&surroundings, arguments);
            drop(diagnostics);
            done
        }
        Err(error) => commands::carry_out_without(error, arguments.command),
    };
    match done {
        Ok(exit) => exit.into(),
        Err(failure) => failure.report().into(),
    }
}
