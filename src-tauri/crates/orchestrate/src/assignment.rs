//! What the engine needs to carry an attempt out.
//!
//! Not here: secrets, which the engine adds to the scope where they may stand.

use std::sync::Arc;

use tidemill_flow::{Scope, Task, Value};

use crate::{
    State, StateType, TaskRunId, TaskRunNumber,
    tree::{Place, Tree},
};

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
    /// The task run whose items have inputs and surroundings in common: its mapped
    /// task's, where it is an item, else itself.
    pub row: TaskRunNumber,
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

impl Tree {
    /// What the engine needs to carry out an attempt of a task run that has not ended.
    pub(crate) fn assignment(&self, number: TaskRunNumber) -> Option<Assignment> {
        let work = self.work(number)?;
        let state = self.state_of(number)?;
        let begins = !matches!(
            state.state_type(),
            StateType::Running | StateType::Cancelling
        );
        let (row, item) = match self.place(number)? {
            Place::Node => (number, None),
            Place::Item { map, item } => (map, Some(item)),
        };
        Some(Assignment {
            id: self.plan.start.id.task_run(number),
            task: Arc::clone(self.task(number)?),
            path: self.path(number)?,
            item,
            row,
            attempt: work.attempt + u32::from(begins && state != State::Paused),
            run_attempt: self.run_attempt,
            scope: self.scope(number)?,
            inputs: self.inputs(number)?,
        })
    }

    /// The whole way to a task run, such as `group[2]/inner[0]`.
    fn path(&self, number: TaskRunNumber) -> Option<String> {
        match self.place(number)? {
            Place::Item { map, item } => Some(format!("{}[{item}]", self.path(map)?)),
            Place::Node => {
                let name = &self.task(number)?.name;
                match self.parent(number) {
                    Some(parent) => Some(format!("{}/{name}", self.path(parent)?)),
                    None => Some(name.to_string()),
                }
            }
        }
    }

    /// The outputs of every task that a task run's task needs, by name.
    fn inputs(&self, number: TaskRunNumber) -> Option<Value> {
        let row = match self.place(number)? {
            Place::Node => number,
            Place::Item { map, .. } => map,
        };
        let siblings = self.siblings(self.nodes.get(&row)?.parent)?;
        let needs = self.task(number)?.needs.iter();
        let pairs = needs.map(|edge| {
            let name = self.plan.start.flow.tasks[edge.upstream].name.as_str();
            let position = self.plan.position(edge.upstream);
            let upstream = siblings.nodes.get(position).copied().flatten();
            let node = upstream.and_then(|upstream| self.nodes.get(&upstream));
            let output = node.and_then(|node| node.output.clone());
            (name.to_owned(), output.unwrap_or(Value::from(())))
        });
        Some(Value::from_pairs(pairs))
    }
}
