//! The items of a mapped task, compact: a state and an output each; more only
//! while an item is under way.

use std::collections::HashMap;

use tidemill_flow::Value;

use crate::{
    Expansion, State, TaskRunNumber,
    node::{Siblings, Work},
};

/// The items of a mapped task.
#[derive(Debug)]
pub(crate) struct Map {
    /// The number of the first item's task run.
    pub(crate) first: TaskRunNumber,
    /// How many items.
    pub(crate) count: u32,
    /// The items, a list.
    pub(crate) items: Value,
    /// By item: its state, once it has left waiting.
    states: Vec<Option<State>>,
    /// By item: its output, null where it has none.
    outputs: Vec<Value>,
    /// No item before this one is still waiting.
    cursor: u32,
    /// How many have ended.
    pub(crate) finished: u32,
    /// How many ended failed, crashed or timed out.
    pub(crate) failed: u32,
    /// How many of these crashed.
    pub(crate) crashed: u32,
    /// The item that failed first, and why.
    pub(crate) example: Option<(u32, String)>,
    /// The items under way.
    pub(crate) works: HashMap<u32, Box<Work>>,
    /// By item: inner tasks of the run attempt before, to go on from.
    pub(crate) kept: HashMap<u32, Box<Siblings>>,
}

impl Map {
    pub(crate) fn new(expansion: &Expansion) -> Self {
        let count = expansion.count as usize;
        Self {
            first: expansion.first,
            count: expansion.count,
            items: expansion.items.clone(),
            states: vec![None; count],
            outputs: vec![Value::from(()); count],
            cursor: 0,
            finished: 0,
            failed: 0,
            crashed: 0,
            example: None,
            works: HashMap::new(),
            kept: HashMap::new(),
        }
    }

    /// The number of an item's task run.
    pub(crate) fn number(&self, item: u32) -> Option<TaskRunNumber> {
        (item < self.count)
            .then(|| self.first.after(item))
            .flatten()
    }

    /// An item itself.
    pub(crate) fn item(&self, item: u32) -> Value {
        // Every item below `count` stands in the list: null is never seen.
        self.items
            .get_item_by_index(item as usize)
            .unwrap_or_default()
    }

    /// An item's state; `None`: it waits.
    pub(crate) fn state(&self, item: u32) -> Option<State> {
        self.states.get(item as usize).copied().flatten()
    }

    /// Notes an item's new state.
    pub(crate) fn set_state(&mut self, item: u32, state: State) {
        if let Some(slot) = self.states.get_mut(item as usize) {
            *slot = Some(state);
        }
    }

    /// Notes an item's end.
    pub(crate) fn finish(&mut self, item: u32, state: State, output: Option<&Value>) {
        self.set_state(item, state);
        self.finished += 1;
        self.failed += u32::from(state.is_failure());
        self.crashed += u32::from(state == State::Crashed);
        if let (Some(slot), Some(output)) = (self.outputs.get_mut(item as usize), output) {
            *slot = output.clone();
        }
    }

    /// The next item that still waits.
    pub(crate) fn next_waiting(&mut self) -> Option<u32> {
        while self.cursor < self.count && self.state(self.cursor).is_some() {
            self.cursor += 1;
        }
        (self.cursor < self.count).then_some(self.cursor)
    }

    /// Takes the outputs, in item order, as one list.
    pub(crate) fn take_outputs(&mut self) -> Value {
        Value::from(std::mem::take(&mut self.outputs))
    }

    /// Goes on from the items of the run attempt before that completed.
    pub(crate) fn adopt(&mut self, mut before: Map) {
        for item in 0..self.count {
            match before.state(item) {
                Some(state) if state.is_completed() => {
                    let output = before.outputs.get(item as usize).cloned();
                    self.finish(item, state, output.as_ref());
                }
                _ => {}
            }
        }
        self.kept = std::mem::take(&mut before.kept);
    }

    /// The items under way, in order.
    pub(crate) fn under_way(&self) -> Vec<u32> {
        let mut items: Vec<u32> = self.works.keys().copied().collect();
        items.sort_unstable();
        items
    }

    /// The states and outputs, for comparison.
    #[cfg(test)]
    pub(crate) fn results(&self) -> (&[Option<State>], &[Value]) {
        (&self.states, &self.outputs)
    }
}
