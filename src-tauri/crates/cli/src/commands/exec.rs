//! `exec`: a command, recorded.

use tidemill_api::{Error, Surroundings, exec::exec as run_command};

use crate::{
    arguments::ExecArguments,
    exit::Exit,
    message::{self, Failure},
};

/// The codes that shells give where a command cannot be found, or not be started.
const NOT_FOUND: u8 = 127;
const NOT_STARTED: u8 = 126;

pub(crate) fn exec(
    surroundings: Result<&Surroundings, Error>,
    arguments: ExecArguments,
) -> Result<Exit, Failure> {
    if let Err(error) = &surroundings {
        message::warn(&format!("the command is not recorded: {error}"));
    }
    match run_command(surroundings.ok(), arguments.name, arguments.command) {
        Ok(answer) => {
            if let Some(error) = answer.unrecorded {
                message::warn(&format!("the command was not recorded, or only in part: {error}"));
            }
            Ok(Exit::Command(answer.code))
        }
        Err(error) => {
            let code = match error.is_command_not_found() {
                true => NOT_FOUND,
                false => NOT_STARTED,
            };
            Failure::Api(error).report();
            Ok(Exit::Command(code))
        }
    }
}
