//! The start of a run, its recovery after its process went away, and its retry by hand.
//!
//! What completed stays. An attempt that ran is lost, and counts as failed (kind
//! `crashed`): AwaitingRetry if a retry is left, else Crashed. What needs no
//! process outlives it and loses no attempt: waits, open approvals, timers,
//! groups, half-begun maps, and child runs, which are recovered by themselves.

use jiff::Timestamp;
use tidemill_flow::{Kind, Task};

use crate::{
    Detail, Failure, FailureKind, State, StepError, TaskRunNumber,
    agenda::Todo,
    deciding::{Deciding, Handled},
};

/// Whether an attempt of this kind outlives the process that carries the run.
fn outlives_process(task: &Task) -> bool {
    match &task.kind {
        Kind::Flow(_) | Kind::Wait(_) | Kind::Approve(_) | Kind::Group(_) => true,
        Kind::Shell(_)
        | Kind::Python(_)
        | Kind::Http(_)
        | Kind::Sql(_)
        | Kind::Value(_)
        | Kind::Notify(_) => false,
    }
}

impl Deciding<'_> {
    /// The run goes on in this process.
    pub(crate) fn start(&mut self) -> Handled {
        let state = self.tree.state;
        if state.is_some_and(|state| state.is_terminal() || state == State::Cancelling) {
            return Ok(());
        }
        self.agenda.held = false;
        if state.is_none() {
            self.record_run(State::Pending, Detail::None, None)?;
        }
        if !matches!(state, Some(State::Running | State::Paused)) {
            self.record_run(State::Running, Detail::None, None)?;
        }
        self.watch_run_time()?;
        self.look_at_all()
    }

    /// The new run waits for its turn.
    pub(crate) fn queue_run(&mut self, reason: String, due: Option<Timestamp>) -> Handled {
        match (self.tree.state, due) {
            (None, Some(due)) => self.record_run(State::Scheduled, Detail::Due(due), Some(reason)),
            (None, None) => self.record_run(State::Pending, Detail::None, Some(reason)),
            _ => Ok(()),
        }
    }

    /// The run's time has passed.
    pub(crate) fn delay_run(&mut self, reason: String) -> Handled {
        match self.tree.state {
            Some(State::Scheduled) => self.record_run(State::Late, Detail::None, Some(reason)),
            _ => Ok(()),
        }
    }

    /// The run is not to run.
    pub(crate) fn skip_run(&mut self, reason: String) -> Handled {
        if self.tree.started.is_some() || self.tree.state.is_some_and(State::is_terminal) {
            return Ok(());
        }
        self.record_run(State::Skipped, Detail::None, Some(reason))
    }

    /// A new run attempt of a run that has ended.
    pub(crate) fn retry_by_hand(&mut self, from_failed: bool) -> Handled {
        let state = self.tree.state.unwrap_or(State::Pending);
        if !state.is_terminal() {
            return Err(StepError::NotEnded(state));
        }
        let slots = self.tree.plan.start.slots.get();
        self.agenda.clear(slots);
        let message = if from_failed {
            "run again from what had failed"
        } else {
            "run again"
        };
        let detail = Detail::Restarted { from_failed };
        self.record_run(State::Pending, detail, Some(message.to_owned()))?;
        self.start()
    }

    /// Notes that the process that carried the run went away.
    pub(crate) fn lose_owner(&mut self) -> Handled {
        self.agenda.recovered = false;
        self.agenda.held = true;
        for number in self.tree.unfinished() {
            self.lose(number)?;
        }
        self.look_at_all()
    }

    fn lose(&mut self, number: TaskRunNumber) -> Handled {
        let Some(task) = self.tree.task(number).cloned() else {
            return Ok(());
        };
        let state = self.tree.state_of(number);
        let is_leaf = !self.tree.is_mapped(number) && !matches!(task.kind, Kind::Group(_));
        if state == Some(State::Cancelling) && is_leaf {
            let message = self.tree.ending_message(number);
            return self.record(number, State::Cancelled, Detail::None, Some(message));
        }
        if self.tree.is_ending(number) || state == Some(State::Cancelling) {
            self.agenda.push(Todo::End(number));
            return Ok(());
        }
        let runs = matches!(state, Some(State::Running | State::Retrying));
        if runs && is_leaf && !outlives_process(&task) {
            let message = "the process that carried the run went away";
            let failure = Failure::new(FailureKind::Crashed, message);
            return self.fail(number, State::Crashed, failure);
        }
        Ok(())
    }

    /// Looks at the run and everything unfinished in it.
    fn look_at_all(&mut self) -> Handled {
        for number in self.tree.unfinished() {
            if !self.agenda.held {
                self.watch_time(number)?;
            }
            self.look_at(number);
        }
        self.look_at_owner(None);
        Ok(())
    }
}
