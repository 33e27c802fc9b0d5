//! A run as its transitions tell it: the run's own state and its task runs.
//! Only [`Tree::apply`](crate::apply) changes it, live and in the fold alike.
//!
//! Not here: what this process is about to do, which dies with it (see `agenda`).

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use jiff::Timestamp;
use tidemill_flow::{Kind, Scope, Task, Value};

use crate::{
    Failure, State, TaskRunNumber,
    map::Map,
    node::{Body, Node, Siblings, Work},
    plan::Plan,
};

/// A run as its transitions tell it.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) plan: Arc<Plan>,
    /// `None`: nothing has happened yet.
    pub(crate) state: Option<State>,
    /// From 1; 0: none has begun.
    pub(crate) run_attempt: u32,
    /// When this run attempt first was Running.
    pub(crate) started: Option<Timestamp>,
    /// Why the run is being ended, where its time is over.
    pub(crate) ending: Option<Failure>,
    /// Why the run is in its state.
    pub(crate) message: Option<Arc<str>>,
    pub(crate) output: Option<Value>,
    /// The number of the next new task run; `None`: all are used up.
    pub(crate) next: Option<TaskRunNumber>,
    /// The tasks of the top level, once the run was Running.
    pub(crate) top: Option<Box<Siblings>>,
    pub(crate) nodes: HashMap<TaskRunNumber, Node>,
    /// By the first item's number: the mapped task run whose items follow from there.
    pub(crate) ranges: BTreeMap<TaskRunNumber, TaskRunNumber>,
}

/// Where a task run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// It has a row of its own.
    Node,
    /// It is an item of a mapped task run.
    Item {
        /// The mapped task run.
        map: TaskRunNumber,
        /// The item's number from 0.
        item: u32,
    },
}

impl Tree {
    pub(crate) fn new(plan: Arc<Plan>) -> Self {
        Self {
            plan,
            state: None,
            run_attempt: 0,
            started: None,
            ending: None,
            message: None,
            output: None,
            next: Some(TaskRunNumber::FIRST),
            top: None,
            nodes: HashMap::new(),
            ranges: BTreeMap::new(),
        }
    }

    /// Where a task run stands; `None`: no such, or it is gone with what it stood in.
    pub(crate) fn place(&self, number: TaskRunNumber) -> Option<Place> {
        if self.nodes.contains_key(&number) {
            return Some(Place::Node);
        }
        let (&first, &map) = self.ranges.range(..=number).next_back()?;
        let item = number.get() - first.get();
        (item < self.map(map)?.count).then_some(Place::Item { map, item })
    }

    /// The items of a mapped task run.
    pub(crate) fn map(&self, number: TaskRunNumber) -> Option<&Map> {
        match &self.nodes.get(&number)?.body {
            Body::Mapped(map) => Some(map),
            Body::Single(_) => None,
        }
    }

    /// The items of a mapped task run.
    pub(crate) fn map_mut(&mut self, number: TaskRunNumber) -> Option<&mut Map> {
        match &mut self.nodes.get_mut(&number)?.body {
            Body::Mapped(map) => Some(map),
            Body::Single(_) => None,
        }
    }

    /// A task run's state; `None`: it is not yet.
    pub(crate) fn state_of(&self, number: TaskRunNumber) -> Option<State> {
        match self.place(number)? {
            Place::Node => Some(self.nodes.get(&number)?.state),
            Place::Item { map, item } => self.map(map)?.state(item),
        }
    }

    /// What goes on in a task run that makes attempts and has not ended.
    pub(crate) fn work(&self, number: TaskRunNumber) -> Option<&Work> {
        match self.place(number)? {
            Place::Node => match &self.nodes.get(&number)?.body {
                Body::Single(work) => Some(work),
                Body::Mapped(_) => None,
            },
            Place::Item { map, item } => self.map(map)?.works.get(&item).map(Box::as_ref),
        }
    }

    /// What goes on in a task run that makes attempts and has not ended.
    pub(crate) fn work_mut(&mut self, number: TaskRunNumber) -> Option<&mut Work> {
        match self.place(number)? {
            Place::Node => match &mut self.nodes.get_mut(&number)?.body {
                Body::Single(work) => Some(work),
                Body::Mapped(_) => None,
            },
            Place::Item { map, item } => self.map_mut(map)?.works.get_mut(&item).map(Box::as_mut),
        }
    }

    /// A task run's task.
    pub(crate) fn task(&self, number: TaskRunNumber) -> Option<&Arc<Task>> {
        let node = match self.place(number)? {
            Place::Node => number,
            Place::Item { map, .. } => map,
        };
        let task = self.nodes.get(&node)?.task;
        Some(&self.plan.start.flow.tasks[task])
    }

    /// The task run that a task run stands in: the mapped one of an item, the
    /// group of an inner task; `None`: the run.
    pub(crate) fn parent(&self, number: TaskRunNumber) -> Option<TaskRunNumber> {
        match self.place(number)? {
            Place::Node => self.nodes.get(&number)?.parent,
            Place::Item { map, .. } => Some(map),
        }
    }

    /// The tasks inside a group's task run (`None`: of the run's top level).
    pub(crate) fn siblings(&self, owner: Option<TaskRunNumber>) -> Option<&Siblings> {
        match owner {
            None => self.top.as_deref(),
            Some(owner) => self.work(owner)?.inner.as_deref(),
        }
    }

    /// The tasks inside a group's task run (`None`: of the run's top level).
    pub(crate) fn siblings_mut(&mut self, owner: Option<TaskRunNumber>) -> Option<&mut Siblings> {
        match owner {
            None => self.top.as_deref_mut(),
            Some(owner) => self.work_mut(owner)?.inner.as_deref_mut(),
        }
    }

    /// Whether a task run is a mapped one that has opened.
    pub(crate) fn is_mapped(&self, number: TaskRunNumber) -> bool {
        self.map(number).is_some()
    }

    /// Whether a task run is one of a group, and no mapped row.
    pub(crate) fn is_group(&self, number: TaskRunNumber) -> bool {
        let is_group = |task: &Arc<Task>| matches!(task.kind, Kind::Group(_));
        !self.is_mapped(number) && self.task(number).is_some_and(is_group)
    }

    /// Whether what a task run stands in is being ended or has ended.
    pub(crate) fn is_ending(&self, number: TaskRunNumber) -> bool {
        let is_over = |state: State| state == State::Cancelling || state.is_terminal();
        let mut above = self.parent(number);
        while let Some(number) = above {
            if self.state_of(number).is_none_or(is_over) {
                return true;
            }
            above = self.parent(number);
        }
        self.state.is_none_or(is_over)
    }

    /// What a task run's expressions see.
    pub(crate) fn scope(&self, number: TaskRunNumber) -> Option<Arc<Scope>> {
        match self.place(number)? {
            Place::Node => {
                let node = self.nodes.get(&number)?;
                Some(Arc::clone(&self.siblings(node.parent)?.scope))
            }
            Place::Item { map, item } => {
                let outer = self.scope(map)?;
                let task = self.task(map)?;
                let value = self.map(map)?.item(item);
                let name = self.plan.item_name(task.index);
                let index = (Arc::clone(&self.plan.words.index), Value::from(item));
                Some(outer.inner(vec![(name, value), index]))
            }
        }
    }

    /// Every task run that has not ended, in order of number.
    pub(crate) fn unfinished(&self) -> Vec<TaskRunNumber> {
        let mut numbers = Vec::new();
        for (&number, node) in &self.nodes {
            if !node.state.is_terminal() {
                numbers.push(number);
            }
            if let Body::Mapped(map) = &node.body {
                numbers.extend(map.works.keys().filter_map(|&item| map.number(item)));
            }
        }
        numbers.sort_unstable();
        numbers
    }
}
