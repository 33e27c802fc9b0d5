//! Tasks and the graph they stand in.

use std::{ops::Index, sync::Arc, time::Duration};

use indexmap::IndexMap;

use crate::{
    Cache, Env, ForEach, Kind, Name, Repeat, Retries, diagnostic::Place, template::Template,
};

/// A task's number in its [`TaskGraph`]: dense from 0, in the file's order,
/// a group before its inner tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskIndex(u32);

impl TaskIndex {
    /// The number.
    pub fn number(self) -> u32 {
        self.0
    }
}

/// All tasks of a flow, inner ones too, in one list.
#[derive(Clone, Debug, Default)]
pub struct TaskGraph {
    tasks: Vec<Arc<Task>>,
    top: Vec<TaskIndex>,
}

impl TaskGraph {
    /// A graph of tasks that the checker has numbered: `tasks[i].index.number() == i`.
    pub(crate) fn new(tasks: Vec<Arc<Task>>, top: Vec<TaskIndex>) -> Self {
        Self { tasks, top }
    }

    /// Makes the index of the next task; the checker only.
    pub(crate) fn numbered(number: u32) -> TaskIndex {
        TaskIndex(number)
    }

    /// The index with this number, if the graph has such a task.
    pub fn index(&self, number: u32) -> Option<TaskIndex> {
        ((number as usize) < self.tasks.len()).then_some(TaskIndex(number))
    }

    /// The tasks of the top level, in the file's order.
    pub fn top(&self) -> &[TaskIndex] {
        &self.top
    }

    /// Every task, inner ones too, in order of index.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<Task>> {
        self.tasks.iter()
    }

    /// How many tasks there are, inner ones too.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// The task at `path`, such as `group/inner`.
    pub fn by_path(&self, path: &str) -> Option<&Arc<Task>> {
        self.tasks.iter().find(|task| task.path.as_ref() == path)
    }
}

impl Index<TaskIndex> for TaskGraph {
    type Output = Arc<Task>;

    /// The task with this index, which came from this graph.
    #[expect(
        clippy::indexing_slicing,
        reason = "an index is only made by the graph that it indexes"
    )]
    fn index(&self, index: TaskIndex) -> &Arc<Task> {
        &self.tasks[index.0 as usize]
    }
}

/// A task: its kind and every option, defaults merged in.
#[derive(Clone, Debug)]
pub struct Task {
    /// Its number in the graph.
    pub index: TaskIndex,
    /// Its name.
    pub name: Name,
    /// Its name with those of the groups around it: `group/inner`.
    pub path: Arc<str>,
    /// The group that it stands in.
    pub parent: Option<TaskIndex>,
    /// Where its name stands in the file.
    pub place: Place,
    /// What it does.
    pub kind: Kind,
    /// What it waits for: siblings, each once. Named edges first, in the file's
    /// order, then those that expressions imply.
    pub needs: Vec<Edge>,
    /// How many of the named edges must open.
    pub join: Join,
    /// Whether an item runs at all; `None`: yes.
    pub when: Option<Template>,
    /// One task run for each of these; `None`: one.
    pub each: Option<Each>,
    /// How many items run at once; `None`: as many as the engine runs.
    pub concurrency: Option<u32>,
    /// After a failed item, items that have not started are Skipped.
    pub fail_fast: bool,
    /// Run again until it is as wanted.
    pub repeat: Option<Repeat>,
    /// What happens after a failed attempt.
    pub retries: Retries,
    /// Each attempt's time (a group: its whole time).
    pub timeout: Option<Duration>,
    /// Whether an earlier result may stand for this one.
    pub cache: Option<Cache>,
    /// Its own failure neither fails the run nor closes `succeeded` edges.
    pub allow_failure: bool,
    /// Home-wide limits that each attempt takes a slot of.
    pub limits: Vec<Name>,
    /// Its environment: flow < defaults < task, merged; the machine's lies below.
    pub env: Env,
    /// Its working directory; `None`: the flow file's folder.
    pub cwd: Option<Template>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Markdown, for people.
    pub description: Option<String>,
    /// The work pool; `local` by default.
    pub runs_on: Name,
}

/// What a task waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The task at the other end: a sibling.
    pub upstream: TaskIndex,
    /// On what outcome the edge opens.
    pub on: EdgeOn,
    /// Whether only an expression names it (such an edge must open whatever `join` says).
    pub implied: bool,
}

/// On what outcome an edge opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EdgeOn {
    /// Completed, or a failure that is allowed.
    Succeeded,
    /// Failed, crashed, timed out or upstream-failed.
    Failed,
    /// Any outcome, skipped included.
    Finished,
}

/// How many of the named edges must open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Join {
    /// Every one.
    #[default]
    All,
    /// One at least.
    Any,
}

/// What a mapped task runs once for.
#[derive(Clone, Debug)]
pub enum Each {
    /// The items of a list.
    ForEach(ForEach),
    /// Every combination, the last name varying fastest.
    Matrix(IndexMap<Name, Template>),
}
