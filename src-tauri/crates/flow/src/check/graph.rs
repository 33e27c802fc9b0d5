//! The graph that tasks stand in: who names whom, what is seen from where, no cycles.

use std::collections::{BTreeSet, HashMap, HashSet};

use indexmap::IndexMap;

use crate::{EdgeOn, diagnostic::Place};

use super::{
    task::RawTask,
    walk::{Read, Walk},
};

/// More cycles than this help nobody.
const MOST_CYCLES: usize = 20;

/// Every task, groups before their inner tasks, with the edges between siblings.
pub(crate) struct Graph<'r> {
    /// The tasks in order of number.
    pub(crate) tasks: Vec<Standing<'r>>,
    scopes: HashMap<Option<usize>, IndexMap<&'r str, usize>>,
    by_name: HashMap<&'r str, Vec<usize>>,
}

/// A task where it stands.
pub(crate) struct Standing<'r> {
    /// The task.
    pub(crate) raw: &'r RawTask,
    /// The number of the group that it stands in.
    pub(crate) parent: Option<usize>,
    /// What it waits for.
    pub(crate) edges: Vec<RawEdge>,
    /// The numbers of what it waits for.
    upstream: HashSet<usize>,
}

/// An edge between siblings.
#[derive(Clone, Copy)]
pub(crate) struct RawEdge {
    /// The number of the task at the other end.
    pub(crate) upstream: usize,
    /// On what outcome it opens.
    pub(crate) on: EdgeOn,
    /// Whether only an expression names it.
    pub(crate) implied: bool,
    /// Where it is named.
    pub(crate) place: Place,
}

impl<'r> Graph<'r> {
    /// Numbers the tasks and draws the edges that `needs` name.
    pub(crate) fn new(top: &'r [RawTask], walk: &mut Walk<'_>) -> Self {
        let mut graph = Self {
            tasks: Vec::new(),
            scopes: HashMap::new(),
            by_name: HashMap::new(),
        };
        graph.add(top, None);
        for number in 0..graph.tasks.len() {
            graph.draw_needs(number, walk);
        }
        graph
    }

    /// Depth is bounded by the file's.
    fn add(&mut self, tasks: &'r [RawTask], parent: Option<usize>) {
        self.scopes.insert(parent, IndexMap::new());
        for raw in tasks {
            let number = self.tasks.len();
            self.tasks.push(Standing {
                raw,
                parent,
                edges: Vec::new(),
                upstream: HashSet::new(),
            });
            let name = raw.name.as_str();
            self.scopes.entry(parent).or_default().insert(name, number);
            self.by_name.entry(name).or_default().push(number);
            if !raw.inner().is_empty() {
                self.add(raw.inner(), Some(number));
            }
        }
    }

    fn named(&self, scope: Option<usize>, name: &str) -> Option<usize> {
        self.scopes.get(&scope)?.get(name).copied()
    }

    /// The names of a scope, in the file's order.
    fn names(&self, scope: Option<usize>) -> impl Iterator<Item = &'r str> {
        self.scopes
            .get(&scope)
            .into_iter()
            .flat_map(IndexMap::keys)
            .copied()
    }

    fn name(&self, number: usize) -> &'r str {
        self.tasks
            .get(number)
            .map_or("", |task| task.raw.name.as_str())
    }

    fn parent(&self, number: usize) -> Option<usize> {
        self.tasks.get(number).and_then(|task| task.parent)
    }

    fn draw_needs(&mut self, number: usize, walk: &mut Walk<'_>) {
        let Some(task) = self.tasks.get(number) else {
            return;
        };
        let (raw, parent) = (task.raw, task.parent);
        let mut edges = Vec::new();
        for need in raw.options.needs.iter().flatten() {
            match self.named(parent, need.name.as_str()) {
                Some(upstream) if upstream == number => {
                    walk.error(need.place, format!("the task `{}` needs itself", need.name));
                }
                Some(upstream) => edges.push(RawEdge {
                    upstream,
                    on: need.on,
                    implied: false,
                    place: need.place,
                }),
                None => self.report_need(number, need.name.as_str(), need.place, walk),
            }
        }
        if let Some(task) = self.tasks.get_mut(number) {
            task.upstream = edges.iter().map(|edge| edge.upstream).collect();
            task.edges = edges;
        }
    }

    /// Says why no sibling has the name.
    fn report_need(&self, number: usize, name: &str, place: Place, walk: &mut Walk<'_>) {
        if walk.is_full() {
            return;
        }
        let siblings = self.parent(number);
        let mut around = siblings;
        while let Some(group) = around {
            if name == self.name(group) {
                let message = format!("`needs` names `{name}`, the group around this task");
                walk.error_with_hint(place, message, "`needs` names siblings");
                return;
            }
            around = self.parent(group);
            if self.named(around, name).is_some() {
                let group = self.name(group);
                let message = format!(
                    "`needs` names siblings, and `{name}` stands outside the group `{group}`"
                );
                let hint = format!(
                    "put `needs: [{name}]` on `{group}`, or read `tasks.{name}` in an expression"
                );
                walk.error_with_hint(place, message, hint);
                return;
            }
        }
        match self.group_of_inner(siblings, name) {
            Some(group) => {
                let message = format!(
                    "`needs` names siblings, and `{name}` stands inside the group `{group}`"
                );
                walk.error_with_hint(place, message, format!("name the group, `{group}`"));
            }
            None => {
                let message = format!("`needs` names the unknown task `{name}`");
                walk.unknown(place, message, name, self.names(siblings));
            }
        }
    }

    /// The task of `scope` that is a group with a task of this name somewhere inside.
    fn group_of_inner(&self, scope: Option<usize>, name: &str) -> Option<&'r str> {
        self.by_name.get(name)?.iter().find_map(|&inner| {
            let mut number = inner;
            while let Some(parent) = self.parent(number) {
                if self.parent(parent) == scope {
                    return Some(self.name(parent));
                }
                number = parent;
            }
            None
        })
    }

    /// Looks up what an expression of task `number` reads as `tasks.NAME`; draws the edge.
    pub(crate) fn read(&mut self, number: usize, read: &Read, walk: &mut Walk<'_>) {
        let Some(name) = read.path.get(1) else {
            return;
        };
        let place = read.place(1);
        let mut reader = number;
        loop {
            let scope = self.parent(reader);
            match self.named(scope, name) {
                Some(upstream) if upstream == number => {
                    let message = format!("the task `{name}` reads its own output");
                    return walk.error(place, message);
                }
                Some(upstream) if upstream == reader => {
                    let message = format!(
                        "this task stands inside the group `{name}`, whose output it reads"
                    );
                    return walk.error_with_hint(
                        place,
                        message,
                        "name the inner task that is meant",
                    );
                }
                Some(upstream) => {
                    self.check_inner(upstream, read, walk);
                    return self.imply(reader, upstream, place);
                }
                None => {}
            }
            match scope {
                Some(group) => reader = group,
                None => return self.report_read(Some(number), name, place, walk),
            }
        }
    }

    /// Looks up what the flow's own output reads.
    pub(crate) fn read_from_top(&self, read: &Read, walk: &mut Walk<'_>) {
        let Some(name) = read.path.get(1) else {
            return;
        };
        match self.named(None, name) {
            Some(upstream) => self.check_inner(upstream, read, walk),
            None => self.report_read(None, name, read.place(1), walk),
        }
    }

    /// A group's output has the names of its inner tasks, and no others.
    fn check_inner(&self, upstream: usize, read: &Read, walk: &mut Walk<'_>) {
        let group = self.tasks.get(upstream).map(|task| task.raw);
        let is_map = group.is_some_and(|group| {
            let written = &group.options.written;
            let mapped = written.has("for_each") || written.has("matrix");
            !group.inner().is_empty() && !mapped
        });
        let (Some("output"), Some(inner)) =
            (read.path.get(2).map(String::as_str), read.path.get(3))
        else {
            return;
        };
        if is_map && self.named(Some(upstream), inner).is_none() && !walk.is_full() {
            let group = self.name(upstream);
            let message = format!("the group `{group}` has no task `{inner}`");
            walk.unknown(read.place(3), message, inner, self.names(Some(upstream)));
        }
    }

    fn report_read(&self, number: Option<usize>, name: &str, place: Place, walk: &mut Walk<'_>) {
        if walk.is_full() {
            return;
        }
        let mut scopes = vec![None];
        let mut around = number;
        while let Some(number) = around {
            around = self.parent(number);
            scopes.push(around);
        }
        let group = scopes
            .iter()
            .find_map(|scope| self.group_of_inner(*scope, name));
        match group {
            Some(group) => {
                let message = format!(
                    "`{name}` stands inside the group `{group}`: from outside only the group's output is seen"
                );
                let hint = format!("write `tasks.{group}.output.{name}`");
                walk.error_with_hint(place, message, hint);
            }
            None => {
                let names = scopes.into_iter().rev().flat_map(|scope| self.names(scope));
                walk.unknown(place, format!("unknown task `{name}`"), name, names);
            }
        }
    }

    fn imply(&mut self, reader: usize, upstream: usize, place: Place) {
        let Some(task) = self.tasks.get_mut(reader) else {
            return;
        };
        if task.upstream.insert(upstream) {
            task.edges.push(RawEdge {
                upstream,
                on: EdgeOn::Succeeded,
                implied: true,
                place,
            });
        }
    }

    /// Reports every cycle, each once, by its names in the order in which they would run.
    pub(crate) fn check_cycles(&self, walk: &mut Walk<'_>) {
        let mut left = self.in_cycles();
        for _ in 0..MOST_CYCLES {
            let Some(&first) = left.iter().next() else {
                return;
            };
            let cycle = self.cycle_from(first, &left);
            self.report_cycle(&cycle, walk);
            for number in cycle {
                left.remove(&number);
            }
            left = self.prune(left);
        }
    }

    /// Tasks that wait for ever.
    fn in_cycles(&self) -> BTreeSet<usize> {
        self.prune((0..self.tasks.len()).collect())
    }

    /// What is left after everything that can run, given that only `left` still waits.
    fn prune(&self, left: BTreeSet<usize>) -> BTreeSet<usize> {
        let mut waits: HashMap<usize, usize> = HashMap::new();
        let mut downstream: HashMap<usize, Vec<usize>> = HashMap::new();
        for &number in &left {
            let edges = self.tasks.get(number).map_or(&[][..], |task| &task.edges);
            let upstream = edges.iter().map(|edge| edge.upstream);
            let open: Vec<usize> = upstream.filter(|other| left.contains(other)).collect();
            waits.insert(number, open.len());
            for other in open {
                downstream.entry(other).or_default().push(number);
            }
        }
        let mut ready: Vec<usize> = Vec::new();
        ready.extend(
            waits
                .iter()
                .filter(|(_, count)| **count == 0)
                .map(|(number, _)| *number),
        );
        let mut left = left;
        while let Some(number) = ready.pop() {
            left.remove(&number);
            for other in downstream.get(&number).into_iter().flatten() {
                if let Some(count) = waits.get_mut(other) {
                    *count -= 1;
                    if *count == 0 {
                        ready.push(*other);
                    }
                }
            }
        }
        left
    }

    /// A cycle that is reached upstream of `first`, each task behind the one that it waits for.
    fn cycle_from(&self, first: usize, left: &BTreeSet<usize>) -> Vec<usize> {
        let mut way = vec![first];
        let mut seen = HashSet::from([first]);
        let mut current = first;
        loop {
            let edges = self.tasks.get(current).map_or(&[][..], |task| &task.edges);
            let upstream = edges.iter().map(|edge| edge.upstream);
            let Some(next) = upstream.filter(|other| left.contains(other)).min() else {
                // Everything left waits for something left: this cannot be.
                return way;
            };
            if !seen.insert(next) {
                way.reverse();
                let end = way.iter().position(|&number| number == next);
                way.truncate(end.map_or(way.len(), |end| end + 1));
                return way;
            }
            way.push(next);
            current = next;
        }
    }

    fn report_cycle(&self, cycle: &[usize], walk: &mut Walk<'_>) {
        let Some(start) = cycle.iter().enumerate().min_by_key(|(_, number)| **number) else {
            return;
        };
        let mut order = cycle.to_vec();
        order.rotate_left(start.0);
        let first = order.first().copied().unwrap_or_default();
        let last = order.last().copied().unwrap_or_default();
        let edges = self.tasks.get(first).map_or(&[][..], |task| &task.edges);
        let edge = edges.iter().find(|edge| edge.upstream == last);
        let names: Vec<&str> = order
            .iter()
            .chain([&first])
            .map(|&number| self.name(number))
            .collect();
        let message = format!("the tasks wait for each other: {}", names.join(" → "));
        let place = edge.map(|edge| edge.place).unwrap_or_default();
        walk.error_with_hint(place, message, "remove one of these edges");
    }
}
