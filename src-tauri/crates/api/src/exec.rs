//! `exec`: any command, recorded as a run.

use std::ffi::OsString;

use tidemill_engine::{ExecRequest, exec as run_recorded};

use crate::{Error, OpenHome, Surroundings};

/// How a command ended.
#[derive(Debug)]
pub struct ExecAnswer {
    /// The code to end with: the command's own, or 128 and the signal's number.
    pub code: u8,
    /// Why it was not recorded, or only in part.
    pub unrecorded: Option<Error>,
}

/// Runs a command with this process's standard streams, and records it. Whatever
/// goes wrong with the record, the command runs.
///
/// # Errors
/// Where the command cannot be started.
pub fn exec(
    surroundings: Option<&Surroundings>,
    name: Option<String>,
    command: Vec<OsString>,
) -> Result<ExecAnswer, Error> {
    let mut words = command.into_iter();
    let request = ExecRequest {
        name,
        program: words.next().unwrap_or_default(),
        arguments: words.collect(),
    };
    let (home, unopened) = match surroundings.map(OpenHome::open) {
        Some(Ok(home)) => (Some(home), None),
        Some(Err(error)) => (None, Some(error)),
        None => (None, None),
    };
    let store = home.as_ref().map(OpenHome::shared_store);
    let end = run_recorded(store, &request).map_err(Error::Command)?;
    Ok(ExecAnswer {
        // A process's code has eight bits.
        code: u8::try_from(end.code & 0xff).unwrap_or(u8::MAX),
        unrecorded: unopened.or(end.unrecorded.map(Error::from)),
    })
}
