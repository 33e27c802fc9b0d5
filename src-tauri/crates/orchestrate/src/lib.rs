//! What happens next in a run: pure decisions. No IO, no clock, no async.
//!
//! A [`Run`] takes one [`Happening`] at a time and gives a [`Decision`]:
//! transitions to record, then effects to carry out. What a run is, it is by its
//! transitions alone: [`Run::recover`] folds them through the same function that
//! live decisions go through.

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
