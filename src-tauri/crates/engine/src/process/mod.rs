//! Programs as child processes: each in a process group of its own, its output
//! captured line by line, and its whole tree ended with it.
//!
//! [`ProcessGroups`] is the engine's one list of what runs; its guard process
//! ends all of it should the engine itself be killed. [`RunProcesses::run`]
//! carries one [`Command`] from start to end; [`run_transparently`] is the same
//! for `tidemill exec`, without an async runtime.
//!
//! What it does not do: choose interpreters, mask secrets, keep logs. On
//! Windows the tree would be a job object; that is not built, and this module
//! and those above it are compiled for Unix only. Strays (what left the group
//! by a session of its own) are found by their environment, which only Linux
//! shows; elsewhere the group alone is ended.

mod command;
mod groups;
mod line;
mod run;
mod terminal;
mod transparent;
mod tree;

pub use command::{Command, Environment, Exit, ProcessError, find_program};
pub use groups::{GuardProgram, ProcessGroups, RunProcesses};
pub(crate) use groups::{MARK_VARIABLE, end_strays_of, read_list};
pub use line::{Line, LineSink, LineSplitter, Stream, Taken};
pub use run::{CapturedOutput, Ended, GRACE, OUTPUT_LIMIT};
pub use transparent::{Record, TransparentCommand, run_transparently};

pub(crate) use run::{LiveTree, prepare, wait};
pub(crate) use tree::{Targets, end};

#[cfg(test)]
pub(crate) use tree::{Found, group_lives};

#[cfg(test)]
mod tests;
