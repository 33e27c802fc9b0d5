//! Transitions: the only facts there are. Everything else is folded from them.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tidemill_flow::Value;

use crate::{State, TaskRunNumber};

/// What moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// The run itself.
    Run,
    /// One of its task runs.
    Task(TaskRunNumber),
}

/// One recorded move from a state to a state.
#[derive(Clone, Debug)]
pub struct Transition {
    /// What moved.
    pub subject: Subject,
    /// The run attempt that it belongs to, from 1.
    pub run_attempt: u32,
    /// The state before; `None`: it is new.
    pub from: Option<State>,
    /// The state after.
    pub to: State,
    /// When, by the wall clock.
    pub at: Timestamp,
    /// Why, for a person; empty where there is nothing to say.
    pub message: Option<Arc<str>>,
    /// What goes with it.
    pub detail: Detail,
}

/// What goes with a transition: all that the fold needs.
#[derive(Clone, Debug)]
pub enum Detail {
    /// Nothing.
    None,
    /// A task run is new (`from` is `None`).
    Created(Creation),
    /// An attempt starts (to Running or Retrying). `attempt` counts from 1 within the task run.
    Attempt(u32),
    /// A mapped task or a group's item opened (to Running): its items' task runs
    /// have the numbers `first`, `first + 1`, …, in item order, each created when
    /// it leaves Pending.
    Expanded(Expansion),
    /// The next attempt, or the end of a wait, is due (to AwaitingRetry, Scheduled or Running).
    Due(Timestamp),
    /// A result (to Completed or Cached).
    Output(Output),
    /// A failure (to Failed, TimedOut, Crashed; and to AwaitingRetry beside `Due`).
    Failure(Failure),
    /// A failure that is tried again at a time (to AwaitingRetry).
    Retry(Failure, Timestamp),
}

/// What is known of a new task run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Creation {
    /// The task's number in the flow's graph.
    pub task: u32,
    /// The task run that it stands in: its mapped task's row, or its group's item.
    pub parent: Option<TaskRunNumber>,
    /// The item's number from 0, where it is an item of a mapped task.
    pub item: Option<u32>,
    /// Which turn of the group or `repeat` around it, from 1.
    pub turn: u32,
}

/// What a mapped task opened into.
#[derive(Clone, Debug)]
pub struct Expansion {
    /// The number of the first item's task run.
    pub first: TaskRunNumber,
    /// How many items.
    pub count: u32,
    /// The items themselves (a list; for a matrix, of mappings), so that a crash
    /// cannot change them.
    pub items: Value,
}

/// A result, as JSON can say it.
#[derive(Clone, Debug)]
pub struct Output(pub Value);

/// What is known of a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What failed.
    pub kind: FailureKind,
    /// For a person; it also is the transition's message.
    pub message: String,
    /// A process's exit code, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// An HTTP status, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

/// What failed: `error.kind` in expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailureKind {
    /// A process ended with a code that is not zero, or by a signal.
    Exit,
    /// The attempt's time was over.
    Timeout,
    /// Python code raised.
    Exception,
    /// A request failed, or its answer was not as expected.
    Http,
    /// A database refused.
    Sql,
    /// The result is none that JSON can say, or it is too large.
    Output,
    /// The process that carried it went away.
    Crashed,
    /// A template could not be evaluated, or gave what it must not.
    Expression,
    /// A person said no, or the question expired.
    Rejected,
    /// A child run did not complete.
    Subflow,
    /// It could not be started at all.
    Start,
}
