//! Waits for a time. A wait for a file is the engine's.

use std::sync::Arc;

use jiff::Timestamp;
use tidemill_flow::{Kind, Scope, Template, Wait};
use tidemill_schedule::Time;

use crate::{
    Detail, Failure, FailureKind, State, TaskRunNumber, Timer,
    agenda::Step,
    attempt::running,
    deciding::{Deciding, Handled},
    timers::after,
};

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
        self.look_at_wait(number)?;
        self.watch_time(number)
    }

    fn end_of_wait(&self, wait: &Wait, scope: &Arc<Scope>) -> Result<Timestamp, String> {
        let text = |template: &Template| {
            let text = template.render(scope);
            text.map_err(|error| error.to_string())
        };
        match wait {
            Wait::For(length) => {
                let length = length.value("wait", scope);
                let length = length.map_err(|error| error.to_string())?;
                Ok(after(self.now, *length))
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
        let until = matches!(
            self.tree.task(number).map(|task| &task.kind),
            Some(Kind::Wait(Wait::Until(_)))
        );
        let due = self.tree.work(number).and_then(|work| work.due);
        let due = due.map(|due| if until { due.time } else { due.by(self.now) });
        match due {
            Some(due) if due > self.now => {
                self.agenda.set(number, Step::Timer);
                self.set_timer(Timer::Wait(number), due);
                Ok(())
            }
            _ => self.end_wait(number),
        }
    }

    /// A wait's time has come.
    pub(crate) fn end_wait(&mut self, number: TaskRunNumber) -> Handled {
        self.succeed(number, Self::nothing(), None)
    }
}
