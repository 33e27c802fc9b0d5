//! Ending early: the whole run by cancel, what stands in a group or run whose time is over.

use tidemill_flow::{Kind, Wait};

use crate::{
    Detail, Effect, State, TaskRunNumber,
    agenda::Step,
    deciding::{Deciding, Handled},
    tree::Tree,
};

impl Deciding<'_> {
    /// Someone wants the run to end.
    pub(crate) fn cancel(&mut self, reason: &str) -> Handled {
        let message = Some(reason.to_owned());
        match self.tree.state {
            Some(state) if state == State::Cancelling || state.is_terminal() => Ok(()),
            _ if self.tree.started.is_none() => {
                self.record_run(State::Cancelled, Detail::None, message)
            }
            _ => {
                self.agenda.held = false;
                self.record_run(State::Cancelling, Detail::None, message)?;
                self.end_inside(None);
                Ok(())
            }
        }
    }

    /// Ends a task run because what it stands in is being ended.
    pub(crate) fn end(&mut self, number: TaskRunNumber) -> Handled {
        let Some(state) = self.tree.state_of(number) else {
            return Ok(());
        };
        let message = self.tree.ending_message(number);
        match state {
            _ if state.is_terminal() => Ok(()),
            State::Running | State::Retrying if self.tree.is_mapped(number) => {
                self.record(number, State::Cancelling, Detail::None, Some(message))?;
                self.end_items(number);
                Ok(())
            }
            State::Running | State::Retrying if self.tree.is_group(number) => {
                self.record(number, State::Cancelling, Detail::None, Some(message))?;
                self.end_inside(Some(number));
                Ok(())
            }
            State::Running | State::Retrying if self.runs_in_engine(number) => {
                self.stop(number, message)
            }
            State::Cancelling if self.tree.is_mapped(number) => {
                self.end_items(number);
                Ok(())
            }
            State::Cancelling if self.tree.is_group(number) => {
                self.end_inside(Some(number));
                Ok(())
            }
            State::Cancelling => Ok(()),
            _ => self.record(number, State::Cancelled, Detail::None, Some(message)),
        }
    }

    fn runs_in_engine(&self, number: TaskRunNumber) -> bool {
        let task = self.tree.task(number);
        task.is_some_and(|task| !matches!(task.kind, Kind::Wait(Wait::For(_) | Wait::Until(_))))
    }

    /// Lets the engine end an attempt; where its process is gone, it has ended.
    ///
    /// What outlived an earlier process and does not go on here yet, such as a child
    /// run, is found by starting it: only the engine can end it.
    fn stop(&mut self, number: TaskRunNumber, message: String) -> Handled {
        if self.agenda.held {
            return self.record(number, State::Cancelled, Detail::None, Some(message));
        }
        let unit = self.agenda.units.get(&number);
        if unit.is_none_or(|unit| unit.step != Step::Attempt) {
            self.decision.effects.push(Effect::Start(number));
        }
        self.decision.effects.push(Effect::Stop(number));
        self.agenda.set(number, Step::Attempt);
        self.record(number, State::Cancelling, Detail::None, Some(message))
    }
}

impl Tree {
    /// Why a task run is being ended.
    pub(crate) fn ending_message(&self, number: TaskRunNumber) -> String {
        let mut above = self.parent(number);
        while let Some(owner) = above {
            let ending = self.work(owner).and_then(|work| work.ending.as_ref());
            if let (Some(ending), Some(task)) = (ending, self.task(owner)) {
                return format!("cancelled: `{}`: {}", task.name, ending.message);
            }
            above = self.parent(owner);
        }
        match (&self.ending, &self.message) {
            (Some(ending), _) => format!("cancelled: the run: {}", ending.message),
            // It says so itself: "cancelled by …", "interrupted by …".
            (None, Some(message)) => message.to_string(),
            (None, None) => "cancelled".to_owned(),
        }
    }
}
