//! What follows from a happening: facts to record, and things to do.
//!
//! Not here: how it is decided.

use jiff::Timestamp;
use tidemill_flow::Value;

use crate::{TaskRunNumber, Timer, Transition};

/// How many transitions a decision has at most, about: what one happening causes
/// at once may be a few more.
pub const TRANSITIONS_A_DECISION: usize = 1_000;

/// What follows from a happening. The transitions are to be committed before any
/// effect is carried out, and effects in order.
#[derive(Clone, Debug, Default)]
pub struct Decision {
    /// What to record, in order. The run has already applied them.
    pub transitions: Vec<Transition>,
    /// What to do, in order.
    pub effects: Vec<Effect>,
    /// Whether there is more to decide now: step with
    /// [`Happening::Continue`](crate::Happening::Continue) after committing.
    pub more: bool,
}

/// One thing that the engine is to do.
///
/// A task run that has no [`Run::assignment`](crate::Run::assignment) any more has
/// ended meanwhile: then there is nothing to do.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Carry an attempt out, as [`Run::assignment`](crate::Run::assignment) says, and report its end.
    ///
    /// For a `flow` task and a `wait` for a file it may come again with the same
    /// attempt, after a run was recovered: then the engine looks for the child
    /// run of this task run and attempt and goes on with it. Where an
    /// [`Effect::Stop`] follows at once, it is only found so that it can be ended.
    Start(TaskRunNumber),
    /// End a running attempt (for a `flow` task: cancel the child run), and report its end.
    Stop(TaskRunNumber),
    /// Take a slot of each of the task's limits, all or none, and say
    /// [`Happening::SlotsTaken`](crate::Happening::SlotsTaken) when they are taken, or
    /// [`Happening::Refused`](crate::Happening::Refused).
    TakeSlots(TaskRunNumber),
    /// Give back what [`Effect::TakeSlots`] took, or stop asking.
    FreeSlots(TaskRunNumber),
    /// Make the key of the task run's result, keep it for [`Effect::KeepInCache`],
    /// and say [`Happening::CacheAnswered`](crate::Happening::CacheAnswered), or
    /// [`Happening::Refused`](crate::Happening::Refused) where it cannot be made.
    LookUpCache {
        /// The task run.
        task: TaskRunNumber,
        /// Whether to answer that nothing stands there, whatever does.
        refresh: bool,
    },
    /// Keep this result under the key that was made before; nothing more is
    /// needed of the task run, which has ended.
    KeepInCache(TaskRunNumber, Value),
    /// Say [`Happening::Due`](crate::Happening::Due) at this time.
    SetTimer(Timer, Timestamp),
    /// An approval is open: tell people.
    AskPerson(TaskRunNumber),
    /// The run has ended: its transition to a terminal state stands in this decision.
    RunEnded,
}
