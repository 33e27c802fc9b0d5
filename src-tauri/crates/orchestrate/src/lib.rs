//! What happens next in a run: pure decisions. No IO, no clock, no async.

mod id;
mod state;
mod transition;

pub use id::{DeviceId, RunId, TaskRunId, TaskRunNumber};
pub use state::{State, StateType, UnknownState, is_legal};
pub use transition::{
    Creation, Detail, Expansion, Failure, FailureKind, Output, Subject, Transition,
};
