//! The `tidemill` program: reads what was typed, asks the verbs of the library,
//! shows their answers. It decides nothing itself.

mod arguments;
mod call;
mod commands;
mod exit;
mod interrupts;
mod live;
mod look;
mod message;
mod output;
mod runtime;
mod source;
mod state;
mod studio;
mod table;
mod text;
mod time;

use std::{ffi::OsString, process::ExitCode};

use clap::CommandFactory;
use tidemill_api::Surroundings;

use arguments::Arguments;
use exit::Exit;
use look::Look;

fn main() -> ExitCode {
    if let Some(code) = tidemill_api::guard_if_asked() {
        return code;
    }
    let typed: Vec<OsString> = std::env::args_os().collect();
    if typed.len() < 2 {
        message::plain_text(&Arguments::command().render_help().to_string());
        return Exit::Call.into();
    }
    let arguments = match call::read(typed) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Where the stream is closed there is nobody to tell.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let home = call::folder(arguments.home.as_ref(), "TIDEMILL_HOME");
    let workspace = call::folder(arguments.workspace.as_ref(), "TIDEMILL_WORKSPACE");
    let surroundings = Surroundings::new(home, workspace);
    let done = match surroundings {
        Ok(surroundings) => {
            let level = arguments.log_level.as_deref();
            let diagnostics =
                tidemill_api::log_file::begin(&surroundings.home, level, Look::of_errors().colour);
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
