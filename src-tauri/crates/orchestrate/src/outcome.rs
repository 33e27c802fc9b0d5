//! The end of an attempt: a result, another turn, another attempt, or a failure.

use std::{sync::Arc, time::Duration};

use tidemill_flow::{Kind, Repeat, Scope, Task, Value};
use tidemill_schedule::duration;

use crate::{
    Detail, Effect, Failure, FailureKind, Outcome, Output, State, TaskRunNumber, Timer,
    agenda::Step,
    attempt::truth,
    deciding::{Deciding, Handled},
    retry::delay_after,
    timers::after,
};

impl Deciding<'_> {
    /// Takes note of an attempt's end. One that comes too late changes nothing.
    pub(crate) fn ended(&mut self, number: TaskRunNumber, outcome: Outcome) -> Handled {
        let runs_in_engine = |unit: &crate::agenda::Unit| unit.step == Step::Attempt;
        let known = self.agenda.units.get(&number).is_some_and(runs_in_engine);
        match self.tree.state_of(number) {
            Some(State::Running | State::Retrying) if known => self.take_outcome(number, outcome),
            Some(State::Cancelling) if known => self.take_last_outcome(number, outcome),
            _ => Ok(()),
        }
    }

    fn take_outcome(&mut self, number: TaskRunNumber, outcome: Outcome) -> Handled {
        match outcome {
            Outcome::Completed { output, message } => self.succeed(number, output, message),
            Outcome::Failed(failure) => self.fail(number, State::Failed, failure),
            Outcome::TimedOut(failure) => self.fail(number, State::TimedOut, failure),
            Outcome::Crashed(failure) => self.fail(number, State::Crashed, failure),
            Outcome::Cancelled => self.fail(number, State::Failed, self.ended_outside(number)),
        }
    }

    fn ended_outside(&self, number: TaskRunNumber) -> Failure {
        let is_flow = |task: &Arc<Task>| matches!(task.kind, Kind::Flow(_));
        if self.tree.task(number).is_some_and(is_flow) {
            Failure::new(FailureKind::Subflow, "the child run was cancelled")
        } else {
            Failure::new(FailureKind::Exit, "it was ended from outside")
        }
    }

    /// What was being ended may still have done its work.
    fn take_last_outcome(&mut self, number: TaskRunNumber, outcome: Outcome) -> Handled {
        self.release(number);
        match outcome {
            Outcome::Completed { output, message } => self.complete(number, output, message),
            Outcome::Failed(_)
            | Outcome::TimedOut(_)
            | Outcome::Crashed(_)
            | Outcome::Cancelled => {
                let message = self.tree.ending_message(number);
                self.record(number, State::Cancelled, Detail::None, Some(message))
            }
        }
    }

    /// Gives back what an attempt took.
    fn release(&mut self, number: TaskRunNumber) {
        self.agenda.free_slot(number);
        if let Some(unit) = self.agenda.units.get_mut(&number)
            && unit.limits
        {
            unit.limits = false;
            self.decision.effects.push(Effect::FreeSlots(number));
        }
    }

    /// An attempt did what it should: the task run ends, or takes another turn.
    pub(crate) fn succeed(
        &mut self,
        number: TaskRunNumber,
        output: Value,
        message: Option<String>,
    ) -> Handled {
        self.release(number);
        let repeats = self
            .subject(number)
            .filter(|(task, _)| task.repeat.is_some());
        let Some((task, scope)) = repeats else {
            return self.complete(number, output, message);
        };
        match task.repeat.as_ref() {
            Some(repeat) => self.end_turn(number, repeat, &scope, output, message),
            None => self.complete(number, output, message),
        }
    }

    fn complete(
        &mut self,
        number: TaskRunNumber,
        output: Value,
        message: Option<String>,
    ) -> Handled {
        let keeps = self
            .tree
            .task(number)
            .is_some_and(|task| task.cache.is_some());
        let detail = Detail::Output(Output(output.clone()));
        self.record(number, State::Completed, detail, message)?;
        if keeps {
            self.decision
                .effects
                .push(Effect::KeepInCache(number, output));
        }
        Ok(())
    }

    fn end_turn(
        &mut self,
        number: TaskRunNumber,
        repeat: &Repeat,
        scope: &Arc<Scope>,
        output: Value,
        message: Option<String>,
    ) -> Handled {
        let turn = self.tree.work(number).map_or(1, |work| work.turn);
        let scope = scope.inner(vec![("output".into(), output.clone())]);
        match truth(&repeat.condition, &scope, "repeat") {
            Err(message) => self.refuse(number, message),
            Ok(holds) if holds == repeat.until => self.complete(number, output, message),
            Ok(_) if repeat.max.is_some_and(|max| turn >= max) => {
                let message =
                    format!("`repeat` had its {turn} turns, and its condition still does not hold");
                let failure = Failure::new(FailureKind::Repeat, message.clone());
                self.record(
                    number,
                    State::Failed,
                    Detail::Failure(failure),
                    Some(message),
                )
            }
            Ok(_) => match repeat.delay.value("repeat.delay", &scope) {
                Ok(delay) => self.take_turn(number, repeat.max, turn + 1, *delay),
                Err(error) => self.refuse(number, error.to_string()),
            },
        }
    }

    fn take_turn(
        &mut self,
        number: TaskRunNumber,
        max: Option<u32>,
        turn: u32,
        delay: Duration,
    ) -> Handled {
        let due = after(self.now, delay);
        let which = match max {
            Some(max) => format!("turn {turn} of {max}"),
            None => format!("turn {turn}"),
        };
        let message = Some(format!("{which} {}", starts_in(delay)));
        self.record(number, State::Scheduled, Detail::Due(due), message)?;
        self.look_at(number);
        Ok(())
    }

    /// An attempt failed: another one, or the task run's end.
    pub(crate) fn fail(&mut self, number: TaskRunNumber, to: State, failure: Failure) -> Handled {
        self.release(number);
        let Some((task, scope)) = self.subject(number) else {
            return Ok(());
        };
        let used = self.tree.work(number).map_or(0, |work| work.retries);
        let random = self.random(number);
        match delay_after(&task.retries, used, &failure, &scope, random) {
            Ok(Some(delay)) => self.await_retry(number, &task, used, failure, delay),
            Ok(None) => self.fail_finally(number, to, failure, attempts(&task, used)),
            Err(error) => {
                let note = format!("; it is not tried again: {error}");
                self.fail_finally(number, to, failure, (None, Some(note)))
            }
        }
    }

    fn await_retry(
        &mut self,
        number: TaskRunNumber,
        task: &Task,
        used: u32,
        failure: Failure,
        delay: Duration,
    ) -> Handled {
        let due = after(self.now, delay);
        let (attempt, of) = (u64::from(used) + 1, u64::from(task.retries.max) + 1);
        let again = match delay {
            Duration::ZERO => "trying again now".to_owned(),
            delay => format!("trying again in {}", duration::format(delay)),
        };
        let message = format!(
            "attempt {attempt} of {of} failed: {}; {again}",
            failure.message
        );
        let detail = Detail::Retry(failure, due);
        self.record(number, State::AwaitingRetry, detail, Some(message))?;
        self.look_at(number);
        Ok(())
    }

    fn fail_finally(
        &mut self,
        number: TaskRunNumber,
        to: State,
        failure: Failure,
        (before, after): (Option<String>, Option<String>),
    ) -> Handled {
        let before = before.unwrap_or_default();
        let message = format!("{before}{}{}", failure.message, after.unwrap_or_default());
        self.record(number, to, Detail::Failure(failure), Some(message))
    }

    /// A task run whose next attempt or turn has a time to start at.
    pub(crate) fn look_at_due(&mut self, number: TaskRunNumber) -> Handled {
        let at_rest = self.agenda.units.get(&number);
        let at_rest = at_rest.is_none_or(|unit| matches!(unit.step, Step::Timer | Step::Attempt));
        let due = self.tree.work(number).and_then(|work| work.due);
        let due = due.map(|due| due.by(self.now));
        if self.agenda.held || !at_rest {
            return Ok(());
        }
        match due {
            Some(due) if due > self.now => {
                self.agenda.set(number, Step::Timer);
                self.set_timer(Timer::Attempt(number), due);
                Ok(())
            }
            _ => self.request(number),
        }
    }
}

/// What stands around the message of a failure that is final.
fn attempts(task: &Task, used: u32) -> (Option<String>, Option<String>) {
    let of = u64::from(task.retries.max) + 1;
    let text = format!("attempt {} of {of} failed: ", u64::from(used) + 1);
    ((of > 1).then_some(text), None)
}

fn starts_in(delay: Duration) -> String {
    match delay {
        Duration::ZERO => "starts now".to_owned(),
        delay => format!("starts in {}", duration::format(delay)),
    }
}
