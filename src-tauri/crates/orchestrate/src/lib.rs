//! What happens next in a run: pure decisions. No IO, no clock, no async.
//!
//! A [`Run`] takes one [`Happening`] at a time and gives a [`Decision`]:
//! transitions to record, then effects to carry out. What a run is, it is by its
//! transitions alone: [`Run::recover`] folds them through the same function that
//! live decisions go through.
//!
//! Decided here where the flow file's page leaves it open:
//!
//! - Closed edges speak when every upstream has ended, open ones as soon as they
//!   suffice; a failure that is allowed is a task's own, never UpstreamFailed.
//! - What keeps a task run from its first attempt (`when`, `for_each`, a cache's
//!   `refresh`) fails it without retries; so does a `repeat` that cannot be told.
//! - `fail_fast` counts an allowed failure too. Items that wait for a retry still
//!   count as running for `concurrency`.
//! - A group's or run's `timeout` counts from its first start, through retries,
//!   turns and the time in which no process carried it.
//! - A run is Paused while an approval is open and nothing else in it goes on.
//! - What did its work although it was being ended is Completed.
//! - A group or mapped task in which something crashed is Crashed itself.
//! - In a trial, an output that stands for a task's own makes it Cached, and what is left
//!   out is Skipped; the run's output is that of the task that is tried.

mod agenda;
mod apply;
mod approval;
mod assignment;
mod attempt;
mod board;
mod cancel;
mod deciding;
mod decision;
mod edges;
mod expansion;
mod happening;
mod id;
mod json;
mod level;
mod map;
mod node;
mod outcome;
mod plan;
mod recovery;
mod restart;
mod retry;
mod run;
#[cfg(test)]
mod simulator;
mod start;
mod state;
mod timeout;
mod timers;
mod transition;
mod tree;
mod trial;
mod wait;

pub use apply::FoldError;
pub use assignment::Assignment;
pub use decision::{Decision, Effect, TRANSITIONS_A_DECISION};
pub use happening::{Answer, CachedResult, Happening, Outcome, Timer};
pub use id::{DeviceId, RunId, TaskRunId, TaskRunNumber};
pub use run::{Run, StepError};
pub use start::RunStart;
pub use state::{State, StateType, UnknownState, is_legal};
pub use transition::{
    Creation, Detail, Expansion, Failure, FailureKind, Output, Subject, Transition,
};
pub use trial::{Part, StandIn, Trial, TrialError};
