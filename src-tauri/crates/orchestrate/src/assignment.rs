//! What the engine needs to carry an attempt out.
//!
//! Not here: secrets, which the engine adds to the scope where they may stand.

use std::sync::Arc;

use tidemill_flow::{Scope, Task, Value};

use crate::TaskRunId;

/// What the engine needs to carry an attempt out.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// The task run's id.
    pub id: TaskRunId,
    /// The task.
    pub task: Arc<Task>,
    /// The whole way to the task run, such as `group[2]/inner[0]`.
    pub path: String,
    /// The item's number from 0, where it is an item of a mapped task.
    pub item: Option<u32>,
    /// The attempt, from 1 within the task run. Before an attempt starts: the next one's.
    pub attempt: u32,
    /// The run attempt, from 1.
    pub run_attempt: u32,
    /// What the task's expressions see: `params`, `tasks`, `item` or its name, `index`,
    /// `matrix`, `run`, `trigger`, `vars`, `env`. No secrets.
    pub scope: Arc<Scope>,
    /// The outputs of every task that it needs, by name, as a mapping.
    pub inputs: Value,
}
