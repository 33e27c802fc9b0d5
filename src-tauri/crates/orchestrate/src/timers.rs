//! Times: when something is due, waits, and the time that a group or the run has.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tidemill_flow::{Scope, Template, Wait, WaitFor};
use tidemill_schedule::{Time, duration};

use crate::{
    Detail, Effect, Failure, FailureKind, State, TaskRunNumber, Timer,
    agenda::Step,
    attempt::running,
    deciding::{Deciding, Handled},
};

/// A time so much later, or the last one there is.
pub(crate) fn after(time: Timestamp, delay: Duration) -> Timestamp {
    time.checked_add(delay).unwrap_or(Timestamp::MAX)
}

impl Deciding<'_> {
    /// Starts a wait for a time.
    pub(crate) fn start_wait(
        &mut self,
        number: TaskRunNumber,
        wait: &Wait,
        scope: &Arc<Scope>,
    ) -> Handled {
        let due = match self.end_of_wait(wait, scope) {
            Ok(due) => due,
            Err(message) => {
                self.record_attempt(number)?;
                let failure = Failure::new(FailureKind::Expression, message);
                return self.fail(number, State::Failed, failure);
            }
        };
        let retries = self.tree.work(number).map_or(0, |work| work.retries);
        let message = Some(format!("it waits until {due:.0}"));
        self.record(number, running(retries), Detail::Due(due), message)?;
        self.look_at_wait(number)
    }

    fn end_of_wait(&self, wait: &Wait, scope: &Arc<Scope>) -> Result<Timestamp, String> {
        let text = |template: &Template| {
            let text = template.render(scope);
            text.map_err(|error| error.to_string())
        };
        match wait {
            Wait::For(WaitFor::Known(duration)) => Ok(after(self.now, *duration)),
            Wait::For(WaitFor::Template(template)) => {
                let text = text(template)?;
                let length = duration::parse(&text).map_err(|error| error.to_string())?;
                Ok(after(self.now, length))
            }
            Wait::Until(template) => {
                let time = Time::parse(&text(template)?).map_err(|error| error.to_string())?;
                Ok(time.instant(&self.tree.plan.start.zone))
            }
            // A wait for a file is the engine's: it has no time.
            Wait::File(_) => Ok(self.now),
        }
    }

    /// A wait for a time: over, or to be told when it is.
    pub(crate) fn look_at_wait(&mut self, number: TaskRunNumber) -> Handled {
        match self.tree.work(number).and_then(|work| work.due) {
            Some(due) if due > self.now => {
                self.agenda.set(number, Step::Timer);
                let timer = Effect::SetTimer(Timer::Wait(number), due);
                self.decision.effects.push(timer);
                Ok(())
            }
            _ => self.succeed(number, Self::nothing(), None),
        }
    }

    /// Says when a group's time is over.
    pub(crate) fn set_group_time(&mut self, number: TaskRunNumber) {
        if let Some(end) = self.group_end(number) {
            let timer = Effect::SetTimer(Timer::GroupTimeout(number), end);
            self.decision.effects.push(timer);
        }
    }

    fn group_end(&self, number: TaskRunNumber) -> Option<Timestamp> {
        let timeout = self.tree.task(number)?.timeout?;
        let started = self.tree.work(number)?.started?;
        self.tree.is_group(number).then(|| after(started, timeout))
    }

    /// A group's time may be over: what is unfinished in it is Cancelled, and it is TimedOut.
    pub(crate) fn group_time(&mut self, number: TaskRunNumber) -> Handled {
        let state = self.tree.state_of(number);
        let ends = state.is_none_or(|state| state == State::Cancelling || state.is_terminal());
        let Some(end) = self.group_end(number) else {
            return Ok(());
        };
        if ends || self.tree.is_ending(number) {
            return Ok(());
        }
        if end > self.now {
            self.set_group_time(number);
            return Ok(());
        }
        let timeout = self.tree.task(number).and_then(|task| task.timeout);
        let failure = timed_out(timeout.unwrap_or_default());
        let message = Some(failure.message.clone());
        let runs = matches!(state, Some(State::Running | State::Retrying));
        let to = if runs {
            State::Cancelling
        } else {
            State::TimedOut
        };
        self.record(number, to, Detail::Failure(failure), message)?;
        if runs {
            self.end_inside(Some(number));
        }
        Ok(())
    }

    /// Says when the run's time is over.
    pub(crate) fn set_run_time(&mut self) {
        if let Some(end) = self.run_end() {
            let timer = Effect::SetTimer(Timer::RunTimeout, end);
            self.decision.effects.push(timer);
        }
    }

    fn run_end(&self) -> Option<Timestamp> {
        let timeout = self.tree.plan.start.flow.timeout?;
        Some(after(self.tree.started?, timeout))
    }

    /// The run's time may be over: what is unfinished is Cancelled, and it is TimedOut.
    pub(crate) fn run_time(&mut self) -> Handled {
        let ends = |state: State| state == State::Cancelling || state.is_terminal();
        let Some(end) = self.run_end() else {
            return Ok(());
        };
        if self.tree.state.is_none_or(ends) {
            return Ok(());
        }
        if end > self.now {
            self.set_run_time();
            return Ok(());
        }
        let timeout = self.tree.plan.start.flow.timeout.unwrap_or_default();
        let failure = timed_out(timeout);
        let message = Some(failure.message.clone());
        self.record_run(State::Cancelling, Detail::Failure(failure), message)?;
        self.end_inside(None);
        Ok(())
    }
}

fn timed_out(timeout: Duration) -> Failure {
    let message = format!("its time of {} is over", duration::format(timeout));
    Failure::new(FailureKind::Timeout, message)
}
