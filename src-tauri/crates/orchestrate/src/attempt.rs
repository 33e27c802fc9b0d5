//! The way of a task run to its attempt: `when`, limits, a slot, the cache, the start.
//!
//! Not here: edges (before) and the attempt's end (after).

use std::sync::Arc;

use tidemill_flow::{Kind, Scope, Task, Template, Value, Wait};

use crate::{
    CachedResult, Detail, Effect, Failure, FailureKind, Output, State, TaskRunNumber,
    agenda::Step,
    deciding::{Deciding, Handled},
};

/// Whether an attempt of this kind is code, which takes one of the run's slots.
fn takes_slot(kind: &Kind) -> bool {
    match kind {
        Kind::Shell(_) | Kind::Python(_) | Kind::Http(_) | Kind::Sql(_) | Kind::Notify(_) => true,
        Kind::Value(_) | Kind::Flow(_) | Kind::Group(_) | Kind::Wait(_) | Kind::Approve(_) => false,
    }
}

/// A template's truth; an error's text where it has none.
pub(crate) fn truth(template: &Template, scope: &Arc<Scope>, key: &str) -> Result<bool, String> {
    let value = template
        .evaluate(scope)
        .map_err(|error| format!("`{key}`: {error}"))?;
    let kind = value.kind();
    bool::try_from(value).map_err(|_| format!("`{key}` must be true or false, not {kind}"))
}

impl Deciding<'_> {
    /// A task run and what its expressions see.
    pub(crate) fn subject(&self, task: TaskRunNumber) -> Option<(Arc<Task>, Arc<Scope>)> {
        let scope = self.tree.scope(task)?;
        Some((Arc::clone(self.tree.task(task)?), scope))
    }

    /// Begins a task run whose edges are open: `when` first.
    pub(crate) fn begin(&mut self, number: TaskRunNumber) -> Handled {
        let Some((task, scope)) = self.subject(number) else {
            return Ok(());
        };
        let runs = match &task.when {
            None => Ok(true),
            Some(when) => truth(when, &scope, "when"),
        };
        match runs {
            Ok(false) => {
                let message = "skipped: `when` was false".to_owned();
                self.record(number, State::Skipped, Detail::None, Some(message))
            }
            _ if self.agenda.held => Ok(()),
            Ok(true) => self.request(number),
            Err(message) => self.refuse(number, message),
        }
    }

    /// Ends a task run that could not come to an attempt; this is not retried.
    pub(crate) fn refuse(&mut self, number: TaskRunNumber, message: String) -> Handled {
        let failure = Failure::new(FailureKind::Expression, message.clone());
        self.record(
            number,
            State::Failed,
            Detail::Failure(failure),
            Some(message),
        )
    }

    /// Asks for what the next attempt takes: limits, then one of the run's slots.
    pub(crate) fn request(&mut self, number: TaskRunNumber) -> Handled {
        let Some(task) = self.tree.task(number).cloned() else {
            return Ok(());
        };
        if !task.limits.is_empty() && !self.holds_limits(number) {
            return self.ask_for_limits(number, &task);
        }
        if takes_slot(&task.kind) {
            self.agenda.queue(number, false);
            return Ok(());
        }
        self.proceed(number)
    }

    fn holds_limits(&self, number: TaskRunNumber) -> bool {
        let unit = self.agenda.units.get(&number);
        unit.is_some_and(|unit| unit.limits)
    }

    fn ask_for_limits(&mut self, number: TaskRunNumber, task: &Task) -> Handled {
        let state = self.tree.state_of(number);
        let rests = matches!(
            state,
            Some(State::Pending | State::AwaitingRetry | State::Scheduled)
        );
        if rests {
            let names: Vec<_> = task.limits.iter().map(|name| format!("`{name}`")).collect();
            let message = format!("it waits for a slot of {}", names.join(" and "));
            self.record(number, State::AwaitingSlot, Detail::None, Some(message))?;
        }
        self.agenda.set(number, Step::Limits);
        if let Some(unit) = self.agenda.units.get_mut(&number) {
            unit.limits = true;
        }
        self.decision.effects.push(Effect::TakeSlots(number));
        Ok(())
    }

    /// The limits are taken: who waited for them goes first.
    pub(crate) fn slots_taken(&mut self, number: TaskRunNumber) -> Handled {
        let unit = self.agenda.units.get(&number);
        let Some(task) = self.tree.task(number) else {
            return Ok(());
        };
        if unit.is_none_or(|unit| unit.step != Step::Limits) || self.tree.is_ending(number) {
            return Ok(());
        }
        if takes_slot(&task.kind) {
            self.agenda.queue(number, true);
            return Ok(());
        }
        self.proceed(number)
    }

    /// All that the attempt takes is there: the cache is asked, then it starts.
    pub(crate) fn proceed(&mut self, number: TaskRunNumber) -> Handled {
        if self.is_over(number) {
            return self.drop_slot(number);
        }
        if self.is_to_skip(number) {
            return self.skip_unstarted(number);
        }
        let state = self.tree.state_of(number);
        if matches!(state, Some(State::Running | State::Retrying)) {
            return self.start_again(number);
        }
        let asked = self
            .agenda
            .units
            .get(&number)
            .is_some_and(|unit| unit.cache);
        match self.subject(number) {
            Some((task, scope)) if task.cache.is_some() && !asked => {
                self.ask_cache(number, &task, &scope)
            }
            Some((task, scope)) => self.attempt(number, &task, &scope),
            None => Ok(()),
        }
    }

    fn is_over(&self, number: TaskRunNumber) -> bool {
        let state = self.tree.state_of(number);
        state.is_none_or(State::is_terminal) || self.tree.is_ending(number)
    }

    fn drop_slot(&mut self, number: TaskRunNumber) -> Handled {
        self.agenda.free_slot(number);
        Ok(())
    }

    fn ask_cache(&mut self, number: TaskRunNumber, task: &Task, scope: &Arc<Scope>) -> Handled {
        let refresh = task.cache.as_ref().and_then(|cache| cache.refresh.as_ref());
        let refresh = match refresh.map(|refresh| truth(refresh, scope, "cache.refresh")) {
            None => false,
            Some(Ok(refresh)) => refresh,
            Some(Err(message)) => return self.refuse(number, message),
        };
        self.agenda.set(number, Step::Cache);
        if let Some(unit) = self.agenda.units.get_mut(&number) {
            unit.cache = true;
        }
        let task = number;
        self.decision
            .effects
            .push(Effect::LookUpCache { task, refresh });
        Ok(())
    }

    /// The cache's answer: an earlier result stands for this one, or the attempt starts.
    pub(crate) fn cache_answered(
        &mut self,
        number: TaskRunNumber,
        result: Option<CachedResult>,
    ) -> Handled {
        let unit = self.agenda.units.get(&number);
        if unit.is_none_or(|unit| unit.step != Step::Cache) || self.is_over(number) {
            return Ok(());
        }
        if let Some(result) = result {
            let message = format!("cached: {}", result.origin);
            let output = Detail::Output(Output(result.output));
            return self.record(number, State::Cached, output, Some(message));
        }
        match self.subject(number) {
            Some((task, scope)) => self.attempt(number, &task, &scope),
            None => Ok(()),
        }
    }

    /// What the attempt asked for is not to be had: it fails. Another one asks again.
    pub(crate) fn refused(&mut self, number: TaskRunNumber, failure: Failure) -> Handled {
        let asks = |step| matches!(step, Step::Limits | Step::Cache);
        let over = self.is_over(number);
        let Some(unit) = self.agenda.units.get_mut(&number) else {
            return Ok(());
        };
        if over || !asks(unit.step) {
            return Ok(());
        }
        unit.cache = false;
        unit.step = Step::Attempt;
        let state = self.tree.state_of(number);
        // What goes on after a crash stands in its attempt already.
        if !matches!(state, Some(State::Running | State::Retrying)) {
            self.record_attempt(number)?;
        }
        self.fail(number, State::Failed, failure)
    }

    fn attempt(&mut self, number: TaskRunNumber, task: &Task, scope: &Arc<Scope>) -> Handled {
        if self.agenda.units.contains_key(&number) {
            self.agenda.set(number, Step::Attempt);
        }
        match &task.kind {
            Kind::Value(template) => self.evaluate(number, template, scope),
            Kind::Group(_) => self.start_group(number, task),
            Kind::Wait(wait @ (Wait::For(_) | Wait::Until(_))) => {
                self.start_wait(number, wait, scope)
            }
            Kind::Approve(approve) => self.open_approval(number, approve, scope),
            Kind::Shell(_)
            | Kind::Python(_)
            | Kind::Http(_)
            | Kind::Sql(_)
            | Kind::Flow(_)
            | Kind::Wait(Wait::File(_))
            | Kind::Notify(_) => self.start_attempt(number),
        }
    }

    /// Records that an attempt starts.
    pub(crate) fn record_attempt(&mut self, number: TaskRunNumber) -> Handled {
        let work = self.tree.work(number);
        let (attempt, retries) = work.map_or((0, 0), |work| (work.attempt, work.retries));
        let detail = Detail::Attempt(attempt + 1);
        self.record(number, running(retries), detail, None)
    }

    /// Starts an attempt that the engine carries out.
    fn start_attempt(&mut self, number: TaskRunNumber) -> Handled {
        self.record_attempt(number)?;
        self.agenda.set(number, Step::Attempt);
        self.decision.effects.push(Effect::Start(number));
        Ok(())
    }

    /// Lets the engine go on with an attempt that outlived the process.
    fn start_again(&mut self, number: TaskRunNumber) -> Handled {
        self.agenda.set(number, Step::Attempt);
        self.decision.effects.push(Effect::Start(number));
        Ok(())
    }

    /// A `value` task needs no engine: it runs here.
    fn evaluate(
        &mut self,
        number: TaskRunNumber,
        template: &Template,
        scope: &Arc<Scope>,
    ) -> Handled {
        self.record_attempt(number)?;
        match template.evaluate(scope) {
            Ok(value) => self.give(number, value, None),
            Err(error) => {
                let failure = Failure::new(FailureKind::Expression, error.to_string());
                self.fail(number, State::Failed, failure)
            }
        }
    }

    /// Ends an attempt with what an expression or a person made.
    pub(crate) fn give(
        &mut self,
        number: TaskRunNumber,
        value: Value,
        message: Option<String>,
    ) -> Handled {
        match crate::json::plain(value) {
            Ok(value) => self.succeed(number, value, message),
            Err(error) => {
                let failure = Failure::new(FailureKind::Output, error.to_string());
                self.fail(number, State::Failed, failure)
            }
        }
    }

    /// What goes on in a task run of an engine's kind, or a wait, after recovery.
    pub(crate) fn look_at_running(&mut self, number: TaskRunNumber) -> Handled {
        let known = self.agenda.units.get(&number);
        let waits = known.is_none_or(|unit| unit.step == Step::Timer);
        let Some(task) = self.tree.task(number).cloned() else {
            return Ok(());
        };
        match &task.kind {
            _ if self.agenda.held || !waits => Ok(()),
            Kind::Wait(Wait::For(_) | Wait::Until(_)) => self.look_at_wait(number),
            Kind::Flow(_) | Kind::Wait(_) if task.limits.is_empty() => self.start_again(number),
            Kind::Flow(_) | Kind::Wait(_) => self.ask_for_limits(number, &task),
            _ => Ok(()),
        }
    }

    /// A task run that waited for limits when its run was recovered asks again.
    pub(crate) fn look_at_slot(&mut self, number: TaskRunNumber) -> Handled {
        if self.agenda.held || self.agenda.units.contains_key(&number) {
            return Ok(());
        }
        self.request(number)
    }

    /// Null, as an output.
    pub(crate) fn nothing() -> Value {
        Value::from(())
    }
}

/// The state of an attempt after so many retries.
pub(crate) fn running(retries: u32) -> State {
    if retries == 0 {
        State::Running
    } else {
        State::Retrying
    }
}
