//! What this process is about to do in a run. It dies with the process, and is
//! made again from the [`Tree`](crate::tree) when the run is carried on.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::{Subject, TRANSITIONS_A_DECISION, TaskRunNumber};

/// What this process is about to do in a run.
#[derive(Debug)]
pub(crate) struct Agenda {
    /// What to look at next.
    todo: VecDeque<Todo>,
    /// Task runs that have begun and have not ended, and how they stand with the engine.
    pub(crate) units: HashMap<TaskRunNumber, Unit>,
    /// How many of them wait for a person.
    pub(crate) paused: usize,
    /// Task runs that wait for one of the run's own slots. May name some that have ended.
    ready: VecDeque<TaskRunNumber>,
    /// Mapped task runs with items that may begin when a slot is free.
    feeders: VecDeque<TaskRunNumber>,
    feeding: HashSet<TaskRunNumber>,
    /// How many transitions a decision has at most, about.
    pub(crate) room: usize,
    /// Free slots of the run's own.
    pub(crate) free: u32,
    /// Whether nothing may begin: the run was recovered and is not carried on yet.
    pub(crate) held: bool,
    /// Whether the run was folded and its owner's loss is not yet recorded.
    pub(crate) recovered: bool,
}

/// One thing to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Todo {
    /// See what a state asks for next.
    Look(Subject),
    /// What it stands in is being ended: end it.
    End(TaskRunNumber),
}

/// How a task run that has begun stands with the engine.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Unit {
    pub(crate) step: Step,
    /// Whether it holds one of the run's own slots.
    pub(crate) slot: bool,
    /// Whether it holds slots of its limits, or asks for them.
    pub(crate) limits: bool,
    /// Whether the cache was asked.
    pub(crate) cache: bool,
}

/// What a task run that has begun waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Step {
    /// Slots of its limits.
    #[default]
    Limits,
    /// One of the run's own slots.
    Slot,
    /// The cache's answer.
    Cache,
    /// The end of its attempt.
    Attempt,
    /// A timer.
    Timer,
    /// A person.
    Person,
}

impl Agenda {
    pub(crate) fn new(slots: u32, recovered: bool) -> Self {
        Self {
            todo: VecDeque::new(),
            units: HashMap::new(),
            paused: 0,
            ready: VecDeque::new(),
            feeders: VecDeque::new(),
            feeding: HashSet::new(),
            room: TRANSITIONS_A_DECISION,
            free: slots,
            held: false,
            recovered,
        }
    }

    /// Forgets everything: the run starts anew.
    pub(crate) fn clear(&mut self, slots: u32) {
        let room = self.room;
        *self = Self::new(slots, false);
        self.room = room;
    }

    /// Puts something at the end of what to look at, unless it stands there.
    pub(crate) fn push(&mut self, todo: Todo) {
        if self.todo.back() != Some(&todo) {
            self.todo.push_back(todo);
        }
    }

    pub(crate) fn pop(&mut self) -> Option<Todo> {
        self.todo.pop_front()
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.todo.is_empty()
    }

    /// Says what a task run waits for now.
    pub(crate) fn set(&mut self, number: TaskRunNumber, step: Step) {
        let unit = self.units.entry(number).or_default();
        self.paused -= usize::from(unit.step == Step::Person);
        self.paused += usize::from(step == Step::Person);
        unit.step = step;
    }

    /// Whether a person was asked for a task run.
    pub(crate) fn is_asked(&self, number: TaskRunNumber) -> bool {
        let unit = self.units.get(&number);
        unit.is_some_and(|unit| unit.step == Step::Person)
    }

    /// Forgets a task run; gives how it stood.
    pub(crate) fn remove(&mut self, number: TaskRunNumber) -> Option<Unit> {
        let unit = self.units.remove(&number)?;
        self.paused -= usize::from(unit.step == Step::Person);
        self.free += u32::from(unit.slot);
        Some(unit)
    }

    /// Gives the run's own slot back that a task run holds.
    pub(crate) fn free_slot(&mut self, number: TaskRunNumber) {
        if let Some(unit) = self.units.get_mut(&number) {
            self.free += u32::from(unit.slot);
            unit.slot = false;
        }
    }

    /// Lets a task run wait for one of the run's own slots.
    pub(crate) fn queue(&mut self, number: TaskRunNumber, first: bool) {
        self.set(number, Step::Slot);
        if first {
            self.ready.push_front(number);
        } else {
            self.ready.push_back(number);
        }
    }

    /// The next task run that waits for a slot, if one is free: now it holds it.
    pub(crate) fn next_ready(&mut self) -> Option<TaskRunNumber> {
        if self.free == 0 {
            return None;
        }
        while let Some(number) = self.ready.pop_front() {
            if let Some(unit) = self.units.get_mut(&number)
                && unit.step == Step::Slot
                && !unit.slot
            {
                unit.slot = true;
                self.free -= 1;
                return Some(number);
            }
        }
        None
    }

    /// Lets a mapped task run begin an item when a slot is free.
    pub(crate) fn feed(&mut self, map: TaskRunNumber) {
        if self.feeding.insert(map) {
            self.feeders.push_back(map);
        }
    }

    /// The next mapped task run that may begin an item, if a slot is free.
    pub(crate) fn next_feeder(&mut self) -> Option<TaskRunNumber> {
        if self.free == 0 {
            return None;
        }
        let map = self.feeders.pop_front()?;
        self.feeding.remove(&map);
        Some(map)
    }

    /// Whether something can begin now.
    pub(crate) fn can_dispatch(&self) -> bool {
        !self.held && self.free > 0 && !(self.ready.is_empty() && self.feeders.is_empty())
    }
}
