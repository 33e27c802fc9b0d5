//! The states of runs and task runs, and which may follow which.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

macro_rules! states {
    ($($(#[$doc:meta])* $state:ident = $code:literal, $type:ident;)*) => {
        /// A state's name. What goes with a state (an attempt's number, an output,
        /// a due time) stands in the transition that led to it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum State {
            $($(#[$doc])* $state,)*
        }

        impl State {
            /// Every state.
            pub const ALL: &'static [Self] = &[$(Self::$state,)*];

            /// The state's number in the store: never changes.
            pub fn code(self) -> u8 {
                match self { $(Self::$state => $code,)* }
            }

            /// The state with this number in the store.
            pub fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$state),)* _ => None }
            }

            /// The name that people see, such as `AwaitingRetry`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$state => stringify!($state),)* }
            }

            /// The type that the state is of.
            pub fn state_type(self) -> StateType {
                match self { $(Self::$state => StateType::$type,)* }
            }
        }
    };
}

states! {
    /// It has a time to start at.
    Scheduled = 1, Scheduled;
    /// Its time has passed.
    Late = 2, Scheduled;
    /// An attempt failed; the next one has a time to start at.
    AwaitingRetry = 3, Scheduled;
    /// A limit has no free slot.
    AwaitingSlot = 4, Scheduled;
    /// It waits for what it needs, or for its turn.
    Pending = 5, Pending;
    /// Its first attempt runs.
    Running = 6, Running;
    /// A later attempt runs.
    Retrying = 7, Running;
    /// An approval is open; of a run: and nothing else in it goes on by itself.
    Paused = 8, Paused;
    /// It is being ended.
    Cancelling = 9, Cancelling;
    /// It did what it should.
    Completed = 10, Completed;
    /// An earlier result stands for it.
    Cached = 11, Completed;
    /// It was not to run.
    Skipped = 12, Skipped;
    /// Its code failed.
    Failed = 13, Failed;
    /// Its time was over.
    TimedOut = 14, Failed;
    /// What it needs failed.
    UpstreamFailed = 15, Failed;
    /// The process or the machine went away, not the code.
    Crashed = 16, Crashed;
    /// Someone ended it.
    Cancelled = 17, Cancelled;
}

/// What a state is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "each is documented by the states of its type")]
pub enum StateType {
    Scheduled,
    Pending,
    Running,
    Paused,
    Cancelling,
    Completed,
    Skipped,
    Failed,
    Crashed,
    Cancelled,
}

impl StateType {
    /// The name that programs see, such as `completed`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Cancelling => "cancelling",
            Self::Completed => "completed",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::Crashed => "crashed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing follows.
    pub fn is_terminal(self) -> bool {
        match self {
            Self::Scheduled | Self::Pending | Self::Running | Self::Paused | Self::Cancelling => {
                false
            }
            Self::Completed | Self::Skipped | Self::Failed | Self::Crashed | Self::Cancelled => {
                true
            }
        }
    }
}

impl State {
    /// Whether nothing follows within a run attempt.
    pub fn is_terminal(self) -> bool {
        self.state_type().is_terminal()
    }

    /// Whether an output stands behind it.
    pub fn is_completed(self) -> bool {
        self.state_type() == StateType::Completed
    }

    /// Whether a `failed` edge opens on it, and it fails the run unless allowed.
    pub fn is_failure(self) -> bool {
        matches!(self.state_type(), StateType::Failed | StateType::Crashed)
    }
}

/// The one rule of which state may follow which, within one run attempt.
/// `from` is `None` for what is new.
pub fn is_legal(from: Option<State>, to: State) -> bool {
    let Some(from) = from else {
        return true;
    };
    if from.is_terminal() {
        return false;
    }
    match from {
        State::Cancelling => to.is_terminal(),
        _ => from != to || matches!(to, State::Running | State::Retrying | State::AwaitingRetry),
    }
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl fmt::Display for StateType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A text that names no state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no state")]
pub struct UnknownState(pub String);

impl FromStr for State {
    type Err = UnknownState;

    /// Reads a state's name, whatever its case, with or without `_`.
    fn from_str(text: &str) -> Result<Self, UnknownState> {
        let plain = text.replace('_', "");
        Self::ALL
            .iter()
            .find(|state| state.name().eq_ignore_ascii_case(&plain))
            .copied()
            .ok_or_else(|| UnknownState(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_come_back() {
        for &state in State::ALL {
            assert_eq!(State::from_code(state.code()), Some(state));
            assert_eq!(state.name().parse(), Ok(state));
        }
        assert_eq!("timed_out".parse(), Ok(State::TimedOut));
        assert_eq!(State::from_code(0), None);
    }

    #[test]
    fn nothing_follows_a_terminal_state() {
        for &from in State::ALL.iter().filter(|state| state.is_terminal()) {
            for &to in State::ALL {
                assert!(!is_legal(Some(from), to), "{from} to {to}");
            }
        }
    }
}
