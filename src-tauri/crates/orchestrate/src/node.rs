//! A task run with a row of its own: a task that is not mapped, or the row of one that is.
//!
//! Not here: the items of a mapped task, which are compact (see `map`).

use std::{collections::HashMap, sync::Arc};

use jiff::Timestamp;
use tidemill_flow::{Scope, TaskIndex, Value};

use crate::{Failure, State, TaskRunNumber, board::Board, edges::EdgeCount, map::Map};

/// A task run with a row of its own.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) task: TaskIndex,
    /// The task run of the group that it stands in.
    pub(crate) parent: Option<TaskRunNumber>,
    pub(crate) state: State,
    pub(crate) edges: EdgeCount,
    /// Set where it completed.
    pub(crate) output: Option<Value>,
    /// Why it is in its state, where that is terminal.
    pub(crate) message: Option<Arc<str>>,
    pub(crate) body: Body,
}

/// What goes on in a node.
#[derive(Debug)]
pub(crate) enum Body {
    /// It runs itself (or has not begun).
    Single(Box<Work>),
    /// It opened into items.
    Mapped(Box<Map>),
}

/// What goes on in a task run that makes attempts: a node that is not mapped, or
/// an item while it is under way.
#[derive(Debug)]
pub(crate) struct Work {
    /// The newest attempt; 0: none yet.
    pub(crate) attempt: u32,
    /// Retries used in this turn of `repeat`.
    pub(crate) retries: u32,
    /// The turn of `repeat`, from 1.
    pub(crate) turn: u32,
    /// When the next attempt starts, the wait ends, or the approval expires.
    pub(crate) due: Option<Due>,
    /// When its first attempt started.
    pub(crate) started: Option<Timestamp>,
    /// When its newest attempt started.
    pub(crate) attempt_started: Option<Timestamp>,
    /// Why it is being ended, where its own time is over.
    pub(crate) ending: Option<Failure>,
    /// A group's inner tasks, in its newest attempt.
    pub(crate) inner: Option<Box<Siblings>>,
    /// Inner tasks of the run attempt before, to go on from.
    pub(crate) kept: Option<Box<Siblings>>,
}

/// When something is due, and when that was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    /// When it is due.
    pub(crate) time: Timestamp,
    /// When that was recorded.
    pub(crate) noted: Timestamp,
}

impl Due {
    /// When what comes after a while is due by a clock that shows `now`: after that
    /// while at most, also where the clock was set back since it was recorded.
    pub(crate) fn by(self, now: Timestamp) -> Timestamp {
        let delay = self.time.duration_since(self.noted);
        let latest = now.checked_add(delay).unwrap_or(self.time);
        latest.min(self.time)
    }
}

impl Default for Work {
    fn default() -> Self {
        Self {
            attempt: 0,
            retries: 0,
            turn: 1,
            due: None,
            started: None,
            attempt_started: None,
            ending: None,
            inner: None,
            kept: None,
        }
    }
}

/// The task runs of one level: the run's top, or one attempt of a group.
#[derive(Debug)]
pub(crate) struct Siblings {
    /// The group's task; `None`: the top level.
    pub(crate) group: Option<TaskIndex>,
    /// The group's attempt.
    pub(crate) turn: u32,
    /// By position: the row, once there is one.
    pub(crate) nodes: Vec<Option<TaskRunNumber>>,
    /// How many rows are missing.
    pub(crate) missing: usize,
    /// No row before this position is missing.
    pub(crate) cursor: usize,
    /// How many rows have not ended.
    pub(crate) unfinished: usize,
    /// By position: progress of the run attempt before, to go on from.
    pub(crate) kept: HashMap<usize, Kept>,
    /// What expressions see of these tasks.
    pub(crate) board: Arc<Board>,
    /// What expressions of these tasks see.
    pub(crate) scope: Arc<Scope>,
}

/// Progress inside a task run that failed, which a retry by hand goes on from.
#[derive(Debug)]
pub(crate) enum Kept {
    /// A group's inner tasks.
    Group(Box<Siblings>),
    /// A mapped task's items.
    Mapped(Box<Map>),
}

impl Siblings {
    pub(crate) fn new(
        group: Option<TaskIndex>,
        turn: u32,
        count: usize,
        board: Arc<Board>,
        scope: Arc<Scope>,
    ) -> Self {
        Self {
            group,
            turn,
            nodes: vec![None; count],
            missing: count,
            cursor: 0,
            unfinished: 0,
            kept: HashMap::new(),
            board,
            scope,
        }
    }

    /// The position of the next row to make.
    pub(crate) fn next_missing(&mut self) -> Option<usize> {
        while self.nodes.get(self.cursor).is_some_and(Option::is_some) {
            self.cursor += 1;
        }
        (self.cursor < self.nodes.len()).then_some(self.cursor)
    }

    /// Every row that there is, in the file's order.
    pub(crate) fn rows(&self) -> impl Iterator<Item = TaskRunNumber> {
        self.nodes.iter().filter_map(|node| *node)
    }
}
