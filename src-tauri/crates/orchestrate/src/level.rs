//! A level of tasks, the run's top or a group's inside: its rows, and its end.

use std::sync::Arc;

use tidemill_flow::{EdgeOn, Task, TaskIndex, Value};

use crate::{
    Creation, Detail, Failure, FailureKind, Output, State, StepError, TaskRunNumber,
    agenda::{Step, Todo},
    deciding::{Deciding, Handled},
    edges::{counts_as_failure, opens},
};

/// The failures of a level, or of a map: what stands for all of them.
struct Failures {
    state: State,
    message: String,
}

impl Deciding<'_> {
    /// What the run asks for next: rows, what goes on in them, its end.
    pub(crate) fn look_at_run(&mut self) -> Handled {
        let Some(state) = self.tree.state.filter(|state| !state.is_terminal()) else {
            return Ok(());
        };
        if state == State::Cancelling {
            return match self.is_at_rest(None) {
                true => self.end_cancelled_run(),
                false => Ok(()),
            };
        }
        if self.make_rows(None)? && self.is_at_rest(None) {
            return self.conclude_run();
        }
        Ok(())
    }

    /// What a group asks for next: rows, what goes on in them, its end.
    pub(crate) fn look_at_group(&mut self, number: TaskRunNumber) -> Handled {
        let owner = Some(number);
        if self.tree.state_of(number) == Some(State::Cancelling) {
            return match self.is_at_rest(owner) {
                true => self.end_cancelled_group(number),
                false => Ok(()),
            };
        }
        if !self.make_rows(owner)? || !self.is_at_rest(owner) {
            return Ok(());
        }
        match self.failures(owner) {
            None => self.succeed(number, self.outputs(number), None),
            Some(failures) => {
                let failure = Failure::new(FailureKind::Tasks, failures.message);
                self.fail(number, failures.state, failure)
            }
        }
    }

    /// Starts an attempt of a group: its inner tasks, anew.
    pub(crate) fn start_group(&mut self, number: TaskRunNumber, task: &Task) -> Handled {
        let is_first = self
            .tree
            .work(number)
            .is_some_and(|work| work.started.is_none());
        self.record_attempt(number)?;
        if task.limits.is_empty() {
            self.agenda.remove(number);
        } else {
            self.agenda.set(number, Step::Attempt);
        }
        if is_first {
            self.watch_time(number)?;
        }
        self.look_at(number);
        Ok(())
    }

    fn is_at_rest(&self, owner: Option<TaskRunNumber>) -> bool {
        let siblings = self.tree.siblings(owner);
        siblings.is_none_or(|siblings| siblings.unfinished == 0)
    }

    /// Makes the rows of a level that are missing, as far as the decision has
    /// room; whether all are there.
    fn make_rows(&mut self, owner: Option<TaskRunNumber>) -> Result<bool, StepError> {
        let mut made = false;
        loop {
            let Some(siblings) = self.tree.siblings_mut(owner) else {
                return Ok(false);
            };
            let (group, turn) = (siblings.group, siblings.turn);
            let Some(position) = siblings.next_missing() else {
                break;
            };
            if self.agenda.held {
                return Ok(false);
            }
            if self.is_full() {
                self.look_at_owner(owner);
                return Ok(false);
            }
            let Some(task) = self.tree.plan.tasks(group).get(position) else {
                break;
            };
            let creation = Creation {
                task: task.number(),
                parent: owner,
                item: None,
                turn,
            };
            let number = self.tree.next.ok_or(StepError::TooManyTaskRuns)?;
            self.record(number, State::Pending, Detail::Created(creation), None)?;
            made = true;
        }
        if made {
            self.look_at_rows(owner);
        }
        Ok(true)
    }

    fn look_at_rows(&mut self, owner: Option<TaskRunNumber>) {
        let siblings = self.tree.siblings(owner);
        let rows: Vec<_> = siblings.map_or_else(Vec::new, |siblings| siblings.rows().collect());
        for row in rows {
            self.look_at(row);
        }
        self.look_at_owner(owner);
    }

    /// Ends a task whose edges stay closed.
    pub(crate) fn close(&mut self, number: TaskRunNumber) -> Handled {
        let Some(task) = self.tree.task(number).cloned() else {
            return Ok(());
        };
        let (to, message) = self.why_closed(number, &task);
        match to {
            State::UpstreamFailed => {
                let failure = Failure::new(FailureKind::Tasks, message.clone());
                self.record(number, to, Detail::Failure(failure), Some(message))
            }
            _ => self.record(number, to, Detail::None, Some(message)),
        }
    }

    fn why_closed(&self, number: TaskRunNumber, task: &Task) -> (State, String) {
        let parent = self.tree.parent(number);
        let mut skipped = None;
        for edge in &task.needs {
            let upstream = &self.tree.plan.start.flow.tasks[edge.upstream];
            let Some(state) = self.upstream_state(parent, upstream) else {
                continue;
            };
            if opens(edge.on, upstream, state) {
                continue;
            }
            let name = &upstream.name;
            if edge.on == EdgeOn::Succeeded && state.is_failure() {
                return (
                    State::UpstreamFailed,
                    format!("not run: `{name}` {}", verb(state)),
                );
            }
            skipped.get_or_insert_with(|| match edge.on {
                EdgeOn::Failed => format!("skipped: `{name}` did not fail"),
                EdgeOn::Succeeded | EdgeOn::Finished => {
                    format!("skipped: `{name}` {}", verb(state))
                }
            });
        }
        let message = skipped.unwrap_or_else(|| "skipped: nothing that it needs opened".to_owned());
        (State::Skipped, message)
    }

    fn upstream_state(&self, parent: Option<TaskRunNumber>, upstream: &Task) -> Option<State> {
        let position = self.tree.plan.position(upstream.index);
        let row = *self.tree.siblings(parent)?.nodes.get(position)?;
        self.tree.state_of(row?)
    }

    /// The failures of a level that count, as one; `None`: there is none. What was
    /// not run because of another failure is not told beside it.
    fn failures(&self, owner: Option<TaskRunNumber>) -> Option<Failures> {
        let siblings = self.tree.siblings(owner)?;
        let rows = siblings.rows().filter_map(|row| self.tree.nodes.get(&row));
        let mut failed = rows.filter(|node| {
            let task = &self.tree.plan.start.flow.tasks[node.task];
            node.state != State::UpstreamFailed && counts_as_failure(task, node.state)
        });
        let first = failed.next()?;
        let mut crashed = first.state == State::Crashed;
        let mut more = 0_usize;
        for node in failed {
            more += 1;
            crashed |= node.state == State::Crashed;
        }
        let name = &self.tree.plan.start.flow.tasks[first.task].name;
        let mut message = format!("`{name}` {}", verb(first.state));
        if let Some(why) = first.message.as_deref() {
            message = format!("{message}: {why}");
        }
        if more > 0 {
            message = format!("{message} (and {more} more)");
        }
        let state = if crashed {
            State::Crashed
        } else {
            State::Failed
        };
        Some(Failures { state, message })
    }

    /// The outputs of a group's inner tasks by name, null for what did not complete.
    fn outputs(&self, number: TaskRunNumber) -> Value {
        let siblings = self.tree.siblings(Some(number));
        let rows = siblings.into_iter().flat_map(|siblings| siblings.rows());
        let nodes = rows.filter_map(|row| self.tree.nodes.get(&row));
        let pairs = nodes.map(|node| {
            let task = &self.tree.plan.start.flow.tasks[node.task];
            let output = node.output.clone().unwrap_or_else(Self::nothing);
            (task.name.as_str().to_owned(), output)
        });
        Value::from_pairs(pairs)
    }

    fn conclude_run(&mut self) -> Handled {
        if let Some(Failures { state, message }) = self.failures(None) {
            let failure = Failure::new(FailureKind::Tasks, message.clone());
            return self.record_run(state, Detail::Failure(failure), Some(message));
        }
        if let Some(tried) = self
            .tree
            .plan
            .start
            .trial
            .as_ref()
            .and_then(|trial| trial.outcome())
        {
            let output = self.output_of(tried);
            return self.record_run(State::Completed, Detail::Output(Output(output)), None);
        }
        let flow = Arc::clone(&self.tree.plan.start.flow);
        let scope = self.tree.top.as_ref().map(|top| Arc::clone(&top.scope));
        let output = match (&flow.output, scope) {
            (Some(template), Some(scope)) => {
                let value = template.evaluate(&scope).map_err(|error| error.to_string());
                value.and_then(|value| crate::json::plain(value).map_err(|error| error.to_string()))
            }
            _ => Ok(Self::nothing()),
        };
        match output {
            Ok(output) => self.record_run(State::Completed, Detail::Output(Output(output)), None),
            Err(error) => {
                let message = format!("its `output` cannot be evaluated: {error}");
                let failure = Failure::new(FailureKind::Expression, message.clone());
                self.record_run(State::Failed, Detail::Failure(failure), Some(message))
            }
        }
    }

    /// The output of the task that is tried, which stands in no mapped group: that of its
    /// outermost group has it; null where there is none.
    fn output_of(&self, tried: TaskIndex) -> Value {
        let flow = &self.tree.plan.start.flow;
        let mut around: Vec<TaskIndex> = Vec::new();
        let mut index = Some(tried);
        while let Some(task) = index {
            around.push(task);
            index = flow.tasks[task].parent;
        }
        let top = around.pop().and_then(|outermost| {
            let position = self.tree.plan.position(outermost);
            let row = self
                .tree
                .siblings(None)?
                .nodes
                .get(position)
                .copied()
                .flatten()?;
            self.tree.nodes.get(&row)?.output.clone()
        });
        let names = around
            .iter()
            .rev()
            .map(|task| flow.tasks[*task].name.as_str());
        let mut output = top.unwrap_or_else(Self::nothing);
        for name in names {
            output = output.get_attr(name).unwrap_or_else(|_| Self::nothing());
        }
        output
    }

    fn end_cancelled_run(&mut self) -> Handled {
        match self.tree.ending.clone() {
            Some(failure) => {
                let message = Some(failure.message.clone());
                self.record_run(State::TimedOut, Detail::Failure(failure), message)
            }
            None => {
                let message = self.tree.message.as_deref().map(str::to_owned);
                self.record_run(State::Cancelled, Detail::None, message)
            }
        }
    }

    fn end_cancelled_group(&mut self, number: TaskRunNumber) -> Handled {
        let ending = self.tree.work(number).and_then(|work| work.ending.clone());
        match ending {
            Some(failure) => {
                let message = Some(failure.message.clone());
                self.record(number, State::TimedOut, Detail::Failure(failure), message)
            }
            None => {
                let message = Some(self.tree.ending_message(number));
                self.record(number, State::Cancelled, Detail::None, message)
            }
        }
    }

    /// Ends all that is unfinished in a group, or in the run.
    pub(crate) fn end_inside(&mut self, owner: Option<TaskRunNumber>) {
        let siblings = self.tree.siblings(owner);
        let rows: Vec<_> = siblings.map_or_else(Vec::new, |siblings| siblings.rows().collect());
        for row in rows {
            let state = self.tree.state_of(row);
            if state.is_some_and(|state| !state.is_terminal()) {
                self.agenda.push(Todo::End(row));
            }
        }
        self.look_at_owner(owner);
    }
}

/// What a task in a terminal state did.
fn verb(state: State) -> &'static str {
    match state {
        State::Completed | State::Cached => "completed",
        State::Skipped => "was skipped",
        State::TimedOut => "timed out",
        State::UpstreamFailed => "was not run",
        State::Crashed => "crashed",
        State::Cancelled => "was cancelled",
        _ => "failed",
    }
}
