//! Approvals: opening one, a person's answer, the expiry.

use std::{sync::Arc, time::Duration};

use tidemill_flow::{Approve, Kind, OnExpiry, Scope};

use crate::{
    Answer, Detail, Effect, Failure, FailureKind, State, StepError, TaskRunNumber, Timer,
    agenda::Step,
    deciding::{Deciding, Handled},
    timers::after,
};

impl Deciding<'_> {
    /// Opens an approval.
    pub(crate) fn open_approval(
        &mut self,
        number: TaskRunNumber,
        approve: &Approve,
        scope: &Arc<Scope>,
    ) -> Handled {
        let (message, expires) = match question(approve, scope) {
            Ok(question) => question,
            Err(message) => {
                self.record_attempt(number)?;
                let failure = Failure::new(FailureKind::Expression, message);
                return self.fail(number, State::Failed, failure);
            }
        };
        let detail = match expires {
            Some(expires) => Detail::Due(after(self.now, expires)),
            None => {
                let attempt = self.tree.work(number).map_or(0, |work| work.attempt);
                Detail::Attempt(attempt + 1)
            }
        };
        self.record(number, State::Paused, detail, Some(message))?;
        self.look_at_approval(number)?;
        self.watch_time(number)
    }

    /// An open approval: asked, expired, or to be told when it does.
    pub(crate) fn look_at_approval(&mut self, number: TaskRunNumber) -> Handled {
        if self.agenda.held {
            return Ok(());
        }
        let due = self.tree.work(number).and_then(|work| work.due);
        let due = due.map(|due| due.by(self.now));
        if due.is_some_and(|due| due <= self.now) {
            return self.expire(number);
        }
        if !self.agenda.is_asked(number) {
            self.agenda.set(number, Step::Person);
            self.decision.effects.push(Effect::AskPerson(number));
        }
        if let Some(due) = due {
            self.set_timer(Timer::Expiry(number), due);
        }
        Ok(())
    }

    /// Nobody answered in time.
    pub(crate) fn expire(&mut self, number: TaskRunNumber) -> Handled {
        let task = self.tree.task(number);
        let on_expiry = match task.map(|task| &task.kind) {
            Some(Kind::Approve(approve)) => approve.on_expiry,
            _ => return Ok(()),
        };
        match on_expiry {
            OnExpiry::Approve => {
                let message = "approved: nobody answered in time".to_owned();
                self.succeed(number, Self::nothing(), Some(message))
            }
            OnExpiry::Reject => self.reject(number, "rejected: nobody answered in time".to_owned()),
        }
    }

    /// A person's answer. A rejection is not retried.
    pub(crate) fn answered(&mut self, answer: Answer) -> Handled {
        let number = answer.task;
        let open = self.tree.state_of(number) == Some(State::Paused);
        if !open || self.tree.is_ending(number) {
            return Err(StepError::NotOpen(number));
        }
        let by = answer.by.map(|by| format!(" by {by}")).unwrap_or_default();
        if answer.approved {
            let message = format!("approved{by}");
            return self.give(number, answer.fields, Some(message));
        }
        self.reject(number, format!("rejected{by}"))
    }

    fn reject(&mut self, number: TaskRunNumber, message: String) -> Handled {
        let failure = Failure::new(FailureKind::Rejected, message.clone());
        self.record(
            number,
            State::Failed,
            Detail::Failure(failure),
            Some(message),
        )
    }
}

/// What the person is asked, and how long the question stands.
fn question(approve: &Approve, scope: &Arc<Scope>) -> Result<(String, Option<Duration>), String> {
    let message = approve.message.render(scope);
    let message = message.map_err(|error| error.to_string())?;
    let expires = approve.expires.as_ref();
    let expires = expires.map(|expires| expires.value("approve.expires", scope));
    match expires.transpose() {
        Ok(expires) => Ok((message, expires.map(|expires| *expires))),
        Err(error) => Err(error.to_string()),
    }
}
