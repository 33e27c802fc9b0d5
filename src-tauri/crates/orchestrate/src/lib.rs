//! What happens next in a run: pure decisions. No IO, no clock, no async.

mod assignment;
mod decision;
mod happening;
mod id;
mod start;
mod state;
mod transition;

pub use assignment::Assignment;
pub use decision::{Decision, Effect, TRANSITIONS_A_DECISION};
pub use happening::{Answer, CachedResult, Happening, Outcome, Timer};
pub use id::{DeviceId, RunId, TaskRunId, TaskRunNumber};
pub use start::RunStart;
pub use state::{State, StateType, UnknownState, is_legal};
pub use transition::{
    Creation, Detail, Expansion, Failure, FailureKind, Output, Subject, Transition,
};
