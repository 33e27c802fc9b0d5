//! What a decision asks for, once it is recorded.

use std::sync::Arc;

use jiff::Timestamp;
use tidemill_orchestrate::{Assignment, Effect, Failure, FailureKind, Outcome, TaskRunNumber};

use super::{Drive, Over, Report, Underway};
use crate::{attempt::Attempt, cache, limits, stop::StopSwitch};

impl Drive {
    pub(super) fn carry_out(&mut self, effect: &Effect) {
        match *effect {
            Effect::Start(task) => self.start(task),
            Effect::Stop(task) => self.stop(task),
            Effect::TakeSlots(task) => self.take_slots(task),
            Effect::FreeSlots(task) => self.free_slots(task),
            Effect::LookUpCache { task, refresh } => self.look_up(task, refresh),
            // It went to the disk with the decision; it was noted with the decision.
            Effect::KeepInCache(..) | Effect::AskPerson(_) => {}
            Effect::SetTimer(timer, due) => self.set_timer(timer, due),
            Effect::RunEnded => self.over = Some(Over::Ended),
        }
    }

    fn stop(&mut self, task: TaskRunNumber) {
        // What runs in no process any more, such as a child run that was lost with
        // its parent, is taken up only to be ended.
        let is_lost = self.recovered
            && !self.attempts.contains_key(&task)
            && self
                .run
                .state_of(task)
                .is_some_and(|state| !state.is_terminal());
        if is_lost {
            self.start(task);
        }
        if let Some(underway) = self.attempts.get(&task) {
            underway.stop.ask(self.stopping);
        }
    }

    fn start(&mut self, task: TaskRunNumber) {
        let assignment = match self.assigned(task) {
            Ok(assignment) => assignment,
            Err(failure) => {
                self.work
                    .spawn(async move { Report::Ended(task, Outcome::Failed(failure)) });
                return;
            }
        };
        let stop = StopSwitch::new();
        let attempt = Attempt::new(
            Arc::clone(&self.shared),
            Arc::clone(&self.facts),
            assignment,
            stop.listen(),
            self.recovered,
        );
        let handle = self
            .work
            .spawn(async move { Report::Ended(task, attempt.carry_out().await) });
        let id = handle.id();
        self.attempts.insert(task, Underway { id, stop });
    }

    /// What the attempt is; or why it fails before it begins.
    fn assigned(&self, task: TaskRunNumber) -> Result<Assignment, Failure> {
        self.run.assignment(task).ok_or_else(|| {
            Failure::new(
                FailureKind::Start,
                "the task run is gone before its attempt began",
            )
        })
    }

    fn take_slots(&mut self, task: TaskRunNumber) {
        let Some(assignment) = self.run.assignment(task) else {
            return;
        };
        let (shared, run) = (Arc::clone(&self.shared), self.facts.id);
        let handle = self.work.spawn(async move {
            match limits::wait_for_slots(&shared, run, task, &assignment.task.limits).await {
                Ok(()) => Report::SlotsTaken(task),
                Err(failure) => Report::Refused(task, failure),
            }
        });
        self.waiting.insert(task, handle);
    }

    fn free_slots(&mut self, task: TaskRunNumber) {
        // What was held was freed with the decision. Who still waited may have
        // taken slots since.
        if let Some(waiting) = self.waiting.remove(&task) {
            waiting.abort();
            limits::free(&self.shared, self.facts.id, task);
        }
        self.shared.slots_freed.notify_waiters();
    }

    fn look_up(&mut self, task: TaskRunNumber, refresh: bool) {
        let Some(assignment) = self.run.assignment(task) else {
            return;
        };
        let (shared, facts) = (Arc::clone(&self.shared), Arc::clone(&self.facts));
        let handle = self.work.spawn_blocking(move || {
            match cache::look_up(&shared, &facts, &assignment, refresh, Timestamp::now()) {
                Ok((key, found)) => Report::Looked { task, key, found },
                Err(failure) => Report::Refused(task, failure),
            }
        });
        self.looking.insert(task, handle);
    }
}
