//! What does not change while a run goes on: its start, and tables over the
//! flow's graph that make each step cheap.

use std::{collections::HashMap, sync::Arc};

use jiff::Timestamp;
use tidemill_flow::{Each, Edge, Kind, Name, Scope, Task, TaskIndex, Value};

use crate::{RunStart, trial::Role};

/// A task that waits for another one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dependent {
    /// The task that waits.
    pub(crate) task: TaskIndex,
    /// How it waits.
    pub(crate) edge: Edge,
}

/// A run's start and tables over its graph.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) start: RunStart,
    /// By task: who waits for it.
    dependents: Vec<Vec<Dependent>>,
    /// By task: its position among its siblings.
    positions: Vec<u32>,
    /// By group (`None`: the top level): the positions of its tasks by name.
    names: HashMap<Option<TaskIndex>, HashMap<Name, u32>>,
    /// By task: what an item of it is called in scope.
    item_names: Vec<Arc<str>>,
    /// The names `tasks` and `index`, made once.
    pub(crate) words: Words,
}

/// Names in scope, made once.
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) tasks: Arc<str>,
    pub(crate) index: Arc<str>,
}

impl Plan {
    pub(crate) fn new(start: RunStart) -> Self {
        let graph = &start.flow.tasks;
        let item_names = graph.iter().map(|task| item_name(task)).collect();
        let mut dependents = vec![Vec::new(); graph.len()];
        let mut positions = vec![0; graph.len()];
        let mut names: HashMap<Option<TaskIndex>, HashMap<Name, u32>> = HashMap::new();
        for task in graph.iter() {
            for &edge in &task.needs {
                if let Some(list) = dependents.get_mut(edge.upstream.number() as usize) {
                    let task = task.index;
                    list.push(Dependent { task, edge });
                }
            }
            let siblings = names.entry(task.parent).or_default();
            let position = u32::try_from(siblings.len()).unwrap_or(u32::MAX);
            siblings.insert(task.name.clone(), position);
            if let Some(slot) = positions.get_mut(task.index.number() as usize) {
                *slot = position;
            }
        }
        Self {
            start,
            dependents,
            positions,
            names,
            item_names,
            words: Words {
                tasks: "tasks".into(),
                index: "index".into(),
            },
        }
    }

    /// What an item of a mapped task is called in scope: `item`, `matrix`, or as the file says.
    pub(crate) fn item_name(&self, task: TaskIndex) -> Arc<str> {
        let name = self.item_names.get(task.number() as usize);
        name.map_or_else(|| "item".into(), Arc::clone)
    }

    /// What every expression of a run attempt sees, but `tasks`.
    pub(crate) fn scope(&self, started: Option<Timestamp>, run_attempt: u32) -> Arc<Scope> {
        let start = &self.start;
        let time = |time: Option<Timestamp>| {
            time.map_or(Value::from(()), |time| Value::from(format!("{time:.3}")))
        };
        let run = Value::from_pairs([
            ("id", Value::from(start.id.to_string())),
            ("name", Value::from(start.name.as_str())),
            ("flow", Value::from(start.flow.name.as_str())),
            ("scheduled_for", time(start.scheduled_for)),
            ("started_at", time(started)),
            ("attempt", Value::from(run_attempt)),
            ("dir", Value::from(start.directory.as_str())),
        ]);
        Scope::root(vec![
            ("params".into(), start.parameters.clone()),
            ("vars".into(), start.variables.clone()),
            ("env".into(), start.environment.clone()),
            ("trigger".into(), start.trigger.clone()),
            ("run".into(), run),
        ])
    }

    /// What becomes of a task in a trial, where it does not simply run.
    pub(crate) fn role(&self, task: TaskIndex) -> Option<&Role> {
        self.start.trial.as_ref()?.role(task)
    }

    /// Whether a task has one task run for each of several items.
    pub(crate) fn is_mapped(&self, task: TaskIndex) -> bool {
        self.start.flow.tasks[task].each.is_some()
    }

    /// Who waits for a task.
    pub(crate) fn dependents(&self, task: TaskIndex) -> &[Dependent] {
        self.dependents
            .get(task.number() as usize)
            .map_or(&[], Vec::as_slice)
    }

    /// A task's position among its siblings.
    pub(crate) fn position(&self, task: TaskIndex) -> usize {
        self.positions
            .get(task.number() as usize)
            .map_or(0, |&position| position as usize)
    }

    /// The position of the task with this name in a group (`None`: at the top level).
    pub(crate) fn named(&self, group: Option<TaskIndex>, name: &str) -> Option<usize> {
        Some(*self.names.get(&group)?.get(name)? as usize)
    }

    /// The tasks of a group (`None`: of the top level), in the file's order.
    pub(crate) fn tasks(&self, group: Option<TaskIndex>) -> &[TaskIndex] {
        let graph = &self.start.flow.tasks;
        match group.map(|group| &graph[group].kind) {
            None => graph.top(),
            Some(Kind::Group(tasks)) => tasks,
            Some(_) => &[],
        }
    }
}

fn item_name(task: &Task) -> Arc<str> {
    match &task.each {
        Some(Each::ForEach(each)) => each.name.as_str().into(),
        Some(Each::Matrix(_)) => "matrix".into(),
        None => "item".into(),
    }
}
