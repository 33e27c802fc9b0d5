//! Why a command could not do its job.

use std::{fmt, io};

/// Why a command could not do its job.
pub(crate) enum Failure {
    /// The call is wrong.
    Usage(String),
    /// A step ended badly; what it printed has been shown.
    Step(String),
    /// Something is missing that must be installed by hand.
    Missing(String),
    /// A program could not be started, or a file not be read or written.
    Io(String, io::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text) | Self::Missing(text) => formatter.write_str(text),
            Self::Step(name) => write!(formatter, "{name} failed; what it said stands above"),
            Self::Io(what, error) => write!(formatter, "{what}: {error}"),
        }
    }
}
