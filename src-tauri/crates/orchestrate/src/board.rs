//! What expressions see as `tasks`: names to states and outputs, read where they
//! stand, so that reading one output copies one value.
//!
//! A result is set once and never changes; a restarted run gets a new board.

use std::{
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU8, Ordering},
    },
};

use minijinja::value::{Enumerator, Object};
use tidemill_flow::{TaskIndex, Value};

use crate::{State, plan::Plan};

/// The results of the tasks of one level: the run's top, or one turn of a group.
pub(crate) struct Board {
    plan: Arc<Plan>,
    group: Option<TaskIndex>,
    /// The level around the group: its names are hidden by those of this one.
    outer: Option<Arc<Board>>,
    results: Vec<Result>,
}

struct Result {
    state: AtomicU8,
    output: OnceLock<Value>,
}

impl Board {
    pub(crate) fn new(
        plan: &Arc<Plan>,
        group: Option<TaskIndex>,
        outer: Option<Arc<Board>>,
    ) -> Arc<Self> {
        let new = |_: &TaskIndex| Result {
            state: AtomicU8::new(State::Pending.code()),
            output: OnceLock::new(),
        };
        Arc::new(Self {
            results: plan.tasks(group).iter().map(new).collect(),
            plan: Arc::clone(plan),
            group,
            outer,
        })
    }

    /// Says a task's state, and its output when it has one.
    pub(crate) fn set(&self, position: usize, state: State, output: Option<&Value>) {
        let Some(result) = self.results.get(position) else {
            return;
        };
        if let Some(output) = output {
            // An output that stands already is the same one: a result is set once.
            let _same = result.output.set(output.clone());
        }
        result.state.store(state.code(), Ordering::Release);
    }

    fn find(self: &Arc<Self>, name: &str) -> Option<Value> {
        let mut board = self;
        loop {
            if let Some(position) = board.plan.named(board.group, name) {
                let board = Arc::clone(board);
                return Some(Value::from_object(TaskResult { board, position }));
            }
            board = board.outer.as_ref()?;
        }
    }
}

impl fmt::Debug for Board {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Board").finish_non_exhaustive()
    }
}

impl Object for Board {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.find(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.find(key)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let graph = &self.plan.start.flow.tasks;
        let names = self.plan.tasks(self.group).iter();
        Enumerator::Values(
            names
                .map(|&task| Value::from(graph[task].name.as_str()))
                .collect(),
        )
    }
}

/// One task's `state` and `output`.
#[derive(Debug)]
struct TaskResult {
    board: Arc<Board>,
    position: usize,
}

impl TaskResult {
    fn part(&self, key: &str) -> Option<Value> {
        let result = self.board.results.get(self.position)?;
        let code = result.state.load(Ordering::Acquire);
        match key {
            "state" => Some(Value::from(State::from_code(code)?.name())),
            "output" => Some(result.output.get().cloned().unwrap_or(Value::from(()))),
            _ => None,
        }
    }
}

impl Object for TaskResult {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.part(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.part(key)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&["output", "state"])
    }
}
