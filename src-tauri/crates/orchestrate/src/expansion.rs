//! Mapped tasks: opening into items, beginning them, and the end.

use std::sync::Arc;

use indexmap::IndexMap;
use minijinja::value::{Enumerator, Object, ObjectRepr};
use tidemill_flow::{Each, Kind, Name, Scope, Task, Template, Value};

use crate::{
    Creation, Detail, Expansion, Failure, FailureKind, Output, State, StepError, TaskRunNumber,
    agenda::Todo,
    deciding::{Deciding, Handled},
    json,
    node::Kept,
};

/// How many items one look begins before others have their turn.
const ITEMS_A_LOOK: u32 = 64;

/// What lets the next item of a mapped task begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// It may begin at once.
    Now,
    /// It may begin when one of the run's slots is free.
    WithSlot,
    /// Others have to end first.
    Later,
}

impl Deciding<'_> {
    /// Opens a mapped task whose edges are open into its items.
    pub(crate) fn expand(&mut self, number: TaskRunNumber) -> Handled {
        let Some((task, scope)) = self.subject(number) else {
            return Ok(());
        };
        let Some(each) = task.each.as_ref().filter(|_| !self.agenda.held) else {
            return Ok(());
        };
        let items = match self.kept_items(number) {
            Some(items) => Ok(items),
            None => evaluate(each, &scope),
        };
        match items {
            Err(message) => self.refuse(number, message),
            Ok(items) => self.open_items(number, items),
        }
    }

    /// The items of the run attempt before, where it goes on from them.
    fn kept_items(&self, number: TaskRunNumber) -> Option<Value> {
        let node = self.tree.nodes.get(&number)?;
        let siblings = self.tree.siblings(node.parent)?;
        match siblings.kept.get(&self.tree.plan.position(node.task))? {
            Kept::Mapped(map) => Some(map.items.clone()),
            Kept::Group(_) => None,
        }
    }

    fn open_items(&mut self, number: TaskRunNumber, items: Value) -> Handled {
        let count = items.len().unwrap_or(0);
        if count == 0 {
            let output = Detail::Output(Output(Value::from(Vec::<Value>::new())));
            let message = Some("it had no items".to_owned());
            return self.record(number, State::Completed, output, message);
        }
        let first = self.tree.next.ok_or(StepError::TooManyTaskRuns)?;
        let count = u32::try_from(count).ok();
        let Some(count) = count.filter(|&count| first.after(count).is_some()) else {
            return self.refuse(number, StepError::TooManyTaskRuns.to_string());
        };
        let expansion = Expansion {
            first,
            count,
            items,
        };
        self.record(number, State::Running, Detail::Expanded(expansion), None)?;
        self.look_at(number);
        Ok(())
    }

    /// What a mapped task asks for next: items to begin, or its end.
    pub(crate) fn look_at_map(&mut self, number: TaskRunNumber) -> Handled {
        let Some(task) = self.tree.task(number).cloned() else {
            return Ok(());
        };
        for _ in 0..ITEMS_A_LOOK {
            let Some(item) = self.next_item(number) else {
                break;
            };
            if self.is_full() {
                self.look_at(number);
                return Ok(());
            }
            if self.tree.state_of(number) == Some(State::Cancelling) {
                let message = self.tree.ending_message(number);
                self.end_waiting(number, item, State::Cancelled, message)?;
            } else if self.skips_rest(number, &task) {
                self.end_waiting(number, item, State::Skipped, FAIL_FAST.to_owned())?;
            } else if !self.begin_if_due(number, item, &task)? {
                return Ok(());
            }
        }
        match self.next_item(number) {
            Some(_) => self.look_at(number),
            None => return self.conclude_map(number, &task),
        }
        Ok(())
    }

    fn next_item(&mut self, number: TaskRunNumber) -> Option<u32> {
        self.tree.map_mut(number)?.next_waiting()
    }

    /// Begins an item, if it may begin at once; else it will be when others end.
    fn begin_if_due(
        &mut self,
        number: TaskRunNumber,
        item: u32,
        task: &Task,
    ) -> Result<bool, StepError> {
        if self.agenda.held {
            return Ok(false);
        }
        match self.turn(number, task) {
            Turn::Now => self.begin_item(number, item)?,
            Turn::WithSlot => self.agenda.feed(number),
            Turn::Later => {}
        }
        Ok(self.turn(number, task) == Turn::Now)
    }

    /// Begins the next item of a mapped task, for which a slot is free.
    pub(crate) fn feed_one(&mut self, number: TaskRunNumber) -> Handled {
        let Some(task) = self.tree.task(number).cloned() else {
            return Ok(());
        };
        let runs = self.tree.state_of(number) == Some(State::Running);
        if !runs || self.tree.is_ending(number) || self.skips_rest(number, &task) {
            return Ok(());
        }
        if let Some(item) = self.next_item(number) {
            if self.turn(number, &task) != Turn::Later {
                self.begin_item(number, item)?;
            }
            self.look_at(number);
        }
        Ok(())
    }

    fn turn(&self, number: TaskRunNumber, task: &Task) -> Turn {
        let slots = self.tree.plan.start.slots.get();
        let items = self.tree.map(number);
        let under_way = items.map_or(0, |map| map.works.len());
        let has_room = |most: u32| under_way < most as usize;
        if task.concurrency.is_some_and(|most| !has_room(most)) {
            return Turn::Later;
        }
        let limited = !task.limits.is_empty();
        match &task.kind {
            Kind::Value(_) | Kind::Wait(_) | Kind::Approve(_) if !limited => Turn::Now,
            Kind::Shell(_) | Kind::Python(_) | Kind::Http(_) | Kind::Sql(_) | Kind::Notify(_)
                if !limited =>
            {
                Turn::WithSlot
            }
            // Neither takes one of the run's slots by itself: so many at once, and
            // more groups where slots would stay free.
            _ if has_room(slots) => Turn::Now,
            Kind::Group(_) if !limited => Turn::WithSlot,
            _ => Turn::Later,
        }
    }

    fn begin_item(&mut self, map: TaskRunNumber, item: u32) -> Handled {
        let Some(number) = self.create_item(map, item, State::Pending, None)? else {
            return Ok(());
        };
        self.begin(number)
    }

    /// Ends an item that has not begun.
    fn end_waiting(
        &mut self,
        map: TaskRunNumber,
        item: u32,
        to: State,
        message: String,
    ) -> Handled {
        self.create_item(map, item, to, Some(message))?;
        Ok(())
    }

    fn create_item(
        &mut self,
        map: TaskRunNumber,
        item: u32,
        to: State,
        message: Option<String>,
    ) -> Result<Option<TaskRunNumber>, StepError> {
        let task = self.tree.nodes.get(&map).map(|node| node.task);
        let number = self.tree.map(map).and_then(|map| map.number(item));
        let (Some(task), Some(number)) = (task, number) else {
            return Ok(None);
        };
        let siblings = self.tree.siblings(self.tree.parent(map));
        let creation = Creation {
            task: task.number(),
            parent: Some(map),
            item: Some(item),
            turn: siblings.map_or(1, |siblings| siblings.turn),
        };
        self.record(number, to, Detail::Created(creation), message)?;
        Ok(Some(number))
    }

    /// Whether items of a mapped task that have not started are to be Skipped.
    fn skips_rest(&self, number: TaskRunNumber, task: &Task) -> bool {
        task.fail_fast && self.tree.map(number).is_some_and(|map| map.failed > 0)
    }

    /// Whether a task run is an item that has not started and is not to.
    pub(crate) fn is_to_skip(&self, number: TaskRunNumber) -> bool {
        let Some(map) = self.tree.parent(number) else {
            return false;
        };
        let unstarted = self.tree.work(number).is_some_and(|work| work.attempt == 0);
        let task = self.tree.task(map);
        unstarted && task.is_some_and(|task| self.skips_rest(map, task))
    }

    /// Skips an item that was created and has not started.
    pub(crate) fn skip_unstarted(&mut self, number: TaskRunNumber) -> Handled {
        let message = Some(FAIL_FAST.to_owned());
        self.record(number, State::Skipped, Detail::None, message)
    }

    fn conclude_map(&mut self, number: TaskRunNumber, task: &Task) -> Handled {
        let Some(map) = self.tree.map_mut(number) else {
            return Ok(());
        };
        if map.finished < map.count {
            return Ok(());
        }
        let failed = map.failed;
        let note = (failed > 0).then(|| note(map.count, failed, map.example.as_ref()));
        if self.tree.state_of(number) == Some(State::Cancelling) {
            let message = Some(self.tree.ending_message(number));
            return self.record(number, State::Cancelled, Detail::None, message);
        }
        match note {
            Some(message) if !task.allow_failure => self.fail_map(number, message),
            note => {
                let map = self.tree.map_mut(number);
                let outputs = map.map_or_else(Self::nothing, |map| map.take_outputs());
                let output = Detail::Output(Output(outputs));
                self.record(number, State::Completed, output, note)
            }
        }
    }

    fn fail_map(&mut self, number: TaskRunNumber, message: String) -> Handled {
        let crashed = self.tree.map(number).is_some_and(|map| map.crashed > 0);
        let to = if crashed {
            State::Crashed
        } else {
            State::Failed
        };
        let failure = Failure::new(FailureKind::Tasks, message.clone());
        self.record(number, to, Detail::Failure(failure), Some(message))
    }

    /// Ends a mapped task: its items under way, and those that wait.
    pub(crate) fn end_items(&mut self, number: TaskRunNumber) {
        let Some(map) = self.tree.map(number) else {
            return;
        };
        let items = map.under_way();
        let numbers: Vec<_> = items.iter().filter_map(|&item| map.number(item)).collect();
        for item in numbers {
            self.agenda.push(Todo::End(item));
        }
        self.look_at(number);
    }
}

const FAIL_FAST: &str = "skipped: another item failed, and `fail_fast` is set";

fn note(count: u32, failed: u32, example: Option<&(u32, String)>) -> String {
    let text = format!("{failed} of {count} items failed");
    match example {
        Some((item, why)) => format!("{text}; item {item}: {why}"),
        None => text,
    }
}

fn evaluate(each: &Each, scope: &Arc<Scope>) -> Result<Value, String> {
    match each {
        Each::ForEach(each) => evaluate_list(&each.list, scope, "for_each"),
        Each::Matrix(axes) => combinations(axes, scope),
    }
}

fn evaluate_list(template: &Template, scope: &Arc<Scope>, key: &str) -> Result<Value, String> {
    let value = template
        .evaluate(scope)
        .map_err(|error| format!("`{key}`: {error}"))?;
    match json::list(&value) {
        Some(list) => list.map_err(|error| format!("`{key}`: {error}")),
        None => Err(format!("`{key}` must be a list, not {}", value.kind())),
    }
}

fn combinations(axes: &IndexMap<Name, Template>, scope: &Arc<Scope>) -> Result<Value, String> {
    let mut lists = Vec::new();
    let mut count = 1_usize;
    for (name, template) in axes {
        let list = evaluate_list(template, scope, &format!("matrix.{name}"))?;
        let length = list.len().unwrap_or(0);
        count = count.saturating_mul(length);
        lists.push((Arc::from(name.as_str()), list, length));
    }
    Ok(Value::from_object(Combinations { lists, count }))
}

/// Every combination of some lists, as a list of mappings that are made when they
/// are read; the last name varies fastest.
#[derive(Debug)]
struct Combinations {
    lists: Vec<(Arc<str>, Value, usize)>,
    count: usize,
}

impl Combinations {
    fn combination(&self, mut number: usize) -> Option<Value> {
        let mut pairs = Vec::with_capacity(self.lists.len());
        for (name, list, length) in self.lists.iter().rev() {
            let item = list.get_item_by_index(number.checked_rem(*length)?).ok()?;
            pairs.push((Arc::clone(name), item));
            number /= length;
        }
        pairs.reverse();
        Some(Value::from_pairs(pairs))
    }
}

impl Object for Combinations {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let number = key.as_usize().filter(|&number| number < self.count)?;
        self.combination(number)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.count)
    }
}
