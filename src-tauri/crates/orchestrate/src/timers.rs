//! Timers: asking to be told when a time has come, and being told.
//!
//! That a timer's time has come is the engine's word, which is not doubted: a
//! clock that was set back must not keep a retry from its time.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    Effect, State, TaskRunNumber, Timer,
    agenda::Step,
    deciding::{Deciding, Handled},
};

/// A time so much later, or the last one there is.
pub(crate) fn after(time: Timestamp, delay: Duration) -> Timestamp {
    time.checked_add(delay).unwrap_or(Timestamp::MAX)
}

impl Deciding<'_> {
    /// Asks to be told when a time has come.
    pub(crate) fn set_timer(&mut self, timer: Timer, time: Timestamp) {
        self.decision.effects.push(Effect::SetTimer(timer, time));
    }

    /// A timer's time has come. One whose reason is gone changes nothing.
    pub(crate) fn take_due(&mut self, timer: Timer) -> Handled {
        match timer {
            Timer::RunTimeout => self.run_time_over(),
            Timer::Timeout(task) => self.time_over(task),
            Timer::Attempt(task) | Timer::Wait(task) | Timer::Expiry(task)
                if self.tree.is_ending(task) =>
            {
                Ok(())
            }
            Timer::Attempt(task) => self.attempt_due(task),
            Timer::Wait(task) if self.waits(task) => self.end_wait(task),
            Timer::Expiry(task) if self.tree.state_of(task) == Some(State::Paused) => {
                self.expire(task)
            }
            Timer::Wait(_) | Timer::Expiry(_) => Ok(()),
        }
    }

    fn attempt_due(&mut self, task: TaskRunNumber) -> Handled {
        let state = self.tree.state_of(task);
        let rests = matches!(state, Some(State::AwaitingRetry | State::Scheduled));
        if rests && self.is_timed(task) {
            return self.request(task);
        }
        Ok(())
    }

    fn waits(&self, task: TaskRunNumber) -> bool {
        let state = self.tree.state_of(task);
        matches!(state, Some(State::Running | State::Retrying)) && self.is_timed(task)
    }

    fn is_timed(&self, task: TaskRunNumber) -> bool {
        let unit = self.agenda.units.get(&task);
        unit.is_some_and(|unit| unit.step == Step::Timer)
    }
}
