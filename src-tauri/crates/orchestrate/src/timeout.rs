//! Timeouts that are not the engine's: of the run, of groups, of waits and approvals.
//! (The engine ends an attempt of code whose time is over, and reports it.)

use std::time::Duration;

use jiff::Timestamp;
use tidemill_flow::{Kind, Task, Wait};
use tidemill_schedule::duration;

use crate::{
    Detail, Failure, FailureKind, State, TaskRunNumber, Timer,
    deciding::{Deciding, Handled},
    node::Work,
    timers::after,
};

impl Deciding<'_> {
    /// When a task run's time is over, where that is decided here: a group has its
    /// whole time, its retries and turns too; a wait or an approval each attempt's.
    fn end_of_time(&self, number: TaskRunNumber) -> Option<Timestamp> {
        let task = self.tree.task(number)?;
        let timeout = task.timeout.filter(|_| !self.tree.is_mapped(number))?;
        let from = time_counts_from(task, self.tree.work(number)?)?;
        // A clock that was set back since gives no more time than there is.
        Some(after(from.min(self.now), timeout))
    }

    /// Ends a task run whose time is over; else asks to be told when it is.
    pub(crate) fn watch_time(&mut self, number: TaskRunNumber) -> Handled {
        let state = self.tree.state_of(number);
        match self.end_of_time(number) {
            _ if !self.has_time(state) || self.tree.is_ending(number) => Ok(()),
            None => Ok(()),
            Some(end) if end > self.now => {
                self.set_timer(Timer::Timeout(number), end);
                Ok(())
            }
            Some(_) => self.time_over(number),
        }
    }

    fn has_time(&self, state: Option<State>) -> bool {
        state.is_some_and(|state| state != State::Cancelling && !state.is_terminal())
    }

    /// A task run's time is over. What is unfinished in a group is Cancelled, and
    /// the group is TimedOut, which is not retried.
    pub(crate) fn time_over(&mut self, number: TaskRunNumber) -> Handled {
        let state = self.tree.state_of(number);
        if !self.has_time(state) || self.tree.is_ending(number) {
            return Ok(());
        }
        let Some(timeout) = self.tree.task(number).and_then(|task| task.timeout) else {
            return Ok(());
        };
        let failure = timed_out(timeout);
        let runs = matches!(state, Some(State::Running | State::Retrying));
        if !self.tree.is_group(number) {
            let open = runs || state == Some(State::Paused);
            return match open {
                true => self.fail(number, State::TimedOut, failure),
                false => Ok(()),
            };
        }
        let message = Some(failure.message.clone());
        if !runs {
            return self.record(number, State::TimedOut, Detail::Failure(failure), message);
        }
        self.record(number, State::Cancelling, Detail::Failure(failure), message)?;
        self.end_inside(Some(number));
        Ok(())
    }

    /// Ends the run if its time is over; else asks to be told when it is.
    pub(crate) fn watch_run_time(&mut self) -> Handled {
        let timeout = self.tree.plan.start.flow.timeout;
        let end = timeout.zip(self.tree.started);
        match end.map(|(timeout, started)| after(started.min(self.now), timeout)) {
            Some(end) if end > self.now => {
                self.set_timer(Timer::RunTimeout, end);
                Ok(())
            }
            Some(_) => self.run_time_over(),
            None => Ok(()),
        }
    }

    /// The run's time is over: what is unfinished is Cancelled, and it is TimedOut.
    pub(crate) fn run_time_over(&mut self) -> Handled {
        let Some(timeout) = self.tree.plan.start.flow.timeout else {
            return Ok(());
        };
        if !self.has_time(self.tree.state) || self.tree.started.is_none() {
            return Ok(());
        }
        let failure = timed_out(timeout);
        let message = Some(failure.message.clone());
        self.record_run(State::Cancelling, Detail::Failure(failure), message)?;
        self.end_inside(None);
        Ok(())
    }
}

fn time_counts_from(task: &Task, work: &Work) -> Option<Timestamp> {
    match &task.kind {
        Kind::Group(_) => work.started,
        Kind::Approve(_) | Kind::Wait(Wait::For(_) | Wait::Until(_)) => work.attempt_started,
        _ => None,
    }
}

fn timed_out(timeout: Duration) -> Failure {
    let message = format!("its time of {} is over", duration::format(timeout));
    Failure::new(FailureKind::Timeout, message)
}
