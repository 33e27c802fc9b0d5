//! Transitions: the only facts there are. Everything else is folded from them.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tidemill_flow::{SettingError, Value};

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
    /// The next turn of `repeat`, the end of a wait, or an approval's expiry is due
    /// (to Scheduled, Running or Paused; a run: to Scheduled).
    Due(Timestamp),
    /// A result (to Completed or Cached).
    Output(Output),
    /// A failure (to Failed, TimedOut, Crashed; to Cancelling: the time of the run or
    /// group is over).
    Failure(Failure),
    /// A failure that is tried again at a time (to AwaitingRetry).
    Retry(Failure, Timestamp),
    /// A new run attempt of an ended run begins (the run itself; `from` is `None`).
    Restarted {
        /// Whether what completed stays; else everything runs anew.
        from_failed: bool,
    },
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
    /// A task inside it, or an item of it, failed.
    Tasks,
    /// `repeat` had all its turns, and its condition still does not hold.
    Repeat,
}

impl FailureKind {
    /// The word that expressions see, such as `exit`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exit => "exit",
            Self::Timeout => "timeout",
            Self::Exception => "exception",
            Self::Http => "http",
            Self::Sql => "sql",
            Self::Output => "output",
            Self::Crashed => "crashed",
            Self::Expression => "expression",
            Self::Rejected => "rejected",
            Self::Subflow => "subflow",
            Self::Start => "start",
            Self::Tasks => "tasks",
            Self::Repeat => "repeat",
        }
    }
}

impl Failure {
    /// A failure that is neither a process's nor a request's.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            exit_code: None,
            status: None,
        }
    }
}

impl From<SettingError> for Failure {
    fn from(error: SettingError) -> Self {
        Self::new(FailureKind::Expression, error.to_string())
    }
}
