//! How the program ends: the documented exit codes.

use std::process::ExitCode;

use tidemill_api::{ErrorKind, State, StateType};

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done; of a run: Completed, or Skipped.
    Done,
    /// The run ended Failed, Crashed or TimedOut; `check` found mistakes.
    Failed,
    /// The call, the flow file or the parameters are wrong.
    Call,
    /// Tidemill itself could not go on.
    System,
    /// Cancelled.
    Cancelled,
    /// As the command that was recorded.
    Command(u8),
}

impl Exit {
    /// The code.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Call => 2,
            Self::System => 3,
            Self::Cancelled => 130,
            Self::Command(code) => code,
        }
    }

    /// How the program ends after a run that ended so. A run that waits for what
    /// another process will do (a retry after a restart) has not failed.
    pub(crate) fn of_run(state: State) -> Self {
        match state.state_type() {
            StateType::Failed | StateType::Crashed => Self::Failed,
            StateType::Cancelled | StateType::Cancelling => Self::Cancelled,
            StateType::Completed
            | StateType::Skipped
            | StateType::Scheduled
            | StateType::Pending
            | StateType::Running
            | StateType::Paused => Self::Done,
        }
    }
}

impl From<ErrorKind> for Exit {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Call => Self::Call,
            ErrorKind::System => Self::System,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_that_are_documented() {
        for (state, code) in [
            (State::Completed, 0),
            (State::Skipped, 0),
            (State::Failed, 1),
            (State::TimedOut, 1),
            (State::Crashed, 1),
            (State::Cancelled, 130),
        ] {
            assert_eq!(Exit::of_run(state).code(), code, "{state}");
        }
        assert_eq!(Exit::from(ErrorKind::Call).code(), 2);
        assert_eq!(Exit::from(ErrorKind::System).code(), 3);
    }
}
