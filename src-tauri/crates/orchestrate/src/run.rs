//! A run: what happens goes in, what follows comes out.

use std::sync::Arc;

use jiff::Timestamp;
use tidemill_flow::Value;

use crate::{
    Assignment, Decision, FoldError, Happening, RunId, RunStart, State, TaskRunNumber, Transition,
    agenda::Agenda, deciding::Deciding, plan::Plan, tree::Tree,
};

/// A run, as far as it has come, and what it is about to do.
///
/// ```text
/// Run::new(start)              Run::recover(start, transitions)
///        │                        │  step(OwnerLost)  where its process is gone
///        ▼                        ▼
///   step(Start) ──▶ Decision: commit its transitions, carry out its effects,
///   step(Ended(…)), step(Due(…)), …   until Effect::RunEnded
/// ```
#[derive(Debug)]
pub struct Run {
    pub(crate) tree: Tree,
    pub(crate) agenda: Agenda,
}

/// Why a step could not be taken. The run is as it was, but for [`StepError::Fold`],
/// after which it is to be recovered from what was recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// A decision broke the rules of transitions: a defect of this crate.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// Only a run that has ended can be run again.
    #[error("the run has not ended: it is {0}")]
    NotEnded(State),
    /// Only an open approval can be answered.
    #[error("task run {} waits for no answer", .0.get())]
    NotOpen(TaskRunNumber),
    /// The numbers of task runs are used up.
    #[error("a run has at most 4294967295 task runs")]
    TooManyTaskRuns,
}

impl Run {
    /// A run to which nothing has happened yet.
    pub fn new(start: RunStart) -> Self {
        let slots = start.slots.get();
        Self {
            tree: Tree::new(Arc::new(Plan::new(start))),
            agenda: Agenda::new(slots, false),
        }
    }

    /// A run as its recorded transitions tell it, in the order in which they were recorded.
    ///
    /// Its next happening is [`Happening::OwnerLost`], or [`Happening::Start`] which
    /// includes it; where it has ended, [`Happening::RetryRequested`].
    pub fn recover(
        start: RunStart,
        history: impl IntoIterator<Item = Transition>,
    ) -> Result<Self, FoldError> {
        let mut run = Self::new(start);
        for transition in history {
            run.tree.apply(&transition)?;
        }
        let state = run.tree.state;
        run.agenda.recovered = state.is_some_and(|state| !state.is_terminal());
        Ok(run)
    }

    /// Decides what follows from a happening. `now` is the wall clock's time,
    /// `random` a random number, for the jitter of retries.
    ///
    /// Time and memory go with what changes, not with the size of the run; only
    /// recovery, retry by hand and cancel look at every unfinished task run.
    pub fn step(
        &mut self,
        happening: Happening,
        now: Timestamp,
        random: u64,
    ) -> Result<Decision, StepError> {
        Deciding::new(&mut self.tree, &mut self.agenda, now, random).step(happening)
    }

    /// The run's state; Pending where nothing has happened yet.
    pub fn state(&self) -> State {
        self.tree.state.unwrap_or(State::Pending)
    }

    /// The run attempt, from 1.
    pub fn run_attempt(&self) -> u32 {
        self.tree.run_attempt.max(1)
    }

    /// The run's result, once it is Completed.
    pub fn output(&self) -> Option<&Value> {
        self.tree.output.as_ref()
    }

    /// Why the run is in its state, for people.
    pub fn message(&self) -> Option<&str> {
        self.tree.message.as_deref()
    }

    /// The state of a task run; `None`: it has none yet, or what it stood in completed.
    pub fn state_of(&self, task: TaskRunNumber) -> Option<State> {
        self.tree.state_of(task)
    }

    /// The run's id.
    pub fn id(&self) -> RunId {
        self.tree.plan.start.id
    }

    /// What the engine needs to carry out an attempt of a task run that has not ended.
    pub fn assignment(&self, task: TaskRunNumber) -> Option<Assignment> {
        self.tree.assignment(task)
    }
}

#[cfg(test)]
mod tests;
