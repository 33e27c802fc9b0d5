//! A flow's tasks as a list: what a live view needs before anything has happened.

use std::time::Duration;

use tidemill_flow::{Flow, TaskIndex};

/// A flow's tasks in its file's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// The flow's name.
    pub flow: String,
    /// Its tasks; a task's place here is its number in the flow's graph.
    pub tasks: Vec<OutlineTask>,
}

/// One task of an outline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutlineTask {
    /// Its name.
    pub name: String,
    /// How many groups stand around it.
    pub depth: usize,
    /// Whether it has one task run for each of a list's items.
    pub mapped: bool,
    /// Whether a group around it is mapped.
    pub inside_mapped: bool,
    /// How long it took lately, in the middle, if that is known.
    pub usual: Option<Duration>,
}

impl Outline {
    /// The outline of a flow; how long its tasks usually take is not known yet.
    pub fn of(flow: &Flow) -> Self {
        let mut tasks: Vec<OutlineTask> = Vec::with_capacity(flow.tasks.len());
        for task in flow.tasks.iter() {
            // A group stands before its inner tasks: it is in the list already.
            let group = task.parent.and_then(|parent| outer(&tasks, parent));
            let (depth, inside_mapped) = group.map_or((0, false), |group| {
                (group.depth + 1, group.mapped || group.inside_mapped)
            });
            tasks.push(OutlineTask {
                name: task.name.to_string(),
                depth,
                mapped: task.each.is_some(),
                inside_mapped,
                usual: None,
            });
        }
        Self {
            flow: flow.name.to_string(),
            tasks,
        }
    }
}

fn outer(tasks: &[OutlineTask], parent: TaskIndex) -> Option<&OutlineTask> {
    tasks.get(parent.number() as usize)
}
