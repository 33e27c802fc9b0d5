//! One step: takes what happened, looks at all that it touches until nothing is
//! left to look at or the decision is full, and gives the decision.
//!
//! Not here: what each state asks for (see the files named for it).

use std::sync::Arc;

use jiff::Timestamp;

use crate::{
    Decision, Detail, Effect, Happening, Outcome, Output, StandIn, State, StepError, Subject,
    TaskRunNumber, Transition,
    agenda::{Agenda, Todo},
    edges::Verdict,
    node::Siblings,
    tree::{Place, Tree},
    trial::Role,
};

/// One step of a run.
pub(crate) struct Deciding<'run> {
    pub(crate) tree: &'run mut Tree,
    pub(crate) agenda: &'run mut Agenda,
    pub(crate) now: Timestamp,
    random: u64,
    pub(crate) decision: Decision,
}

/// What handling something gives.
pub(crate) type Handled = Result<(), StepError>;

impl<'run> Deciding<'run> {
    pub(crate) fn new(
        tree: &'run mut Tree,
        agenda: &'run mut Agenda,
        now: Timestamp,
        random: u64,
    ) -> Self {
        Self {
            tree,
            agenda,
            now,
            random,
            decision: Decision::default(),
        }
    }

    pub(crate) fn step(mut self, happening: Happening) -> Result<Decision, StepError> {
        if self.agenda.recovered {
            self.lose_owner()?;
        }
        self.take(happening)?;
        self.drain()?;
        self.decision.more = !self.agenda.is_idle() || self.is_full() && self.agenda.can_dispatch();
        if !self.decision.more {
            self.rest()?;
        }
        Ok(self.decision)
    }

    fn take(&mut self, happening: Happening) -> Handled {
        match happening {
            Happening::Start => self.start(),
            // What is left stands in the agenda; the owner's loss was noted above.
            Happening::Continue | Happening::OwnerLost => Ok(()),
            Happening::Ended(ends) => self.take_ends(ends),
            Happening::SlotsTaken(task) => self.slots_taken(task),
            Happening::CacheAnswered(task, result) => self.cache_answered(task, result),
            Happening::Refused(task, failure) => self.refused(task, failure),
            Happening::Due(timer) => self.take_due(timer),
            Happening::Answered(answer) => self.answered(answer),
            Happening::CancelRequested { reason } => self.cancel(&reason),
            Happening::RetryRequested { from_failed } => self.retry_by_hand(from_failed),
            Happening::Queued { reason, due } => self.queue_run(reason, due),
            Happening::Late { reason } => self.delay_run(reason),
            Happening::Skipped { reason } => self.skip_run(reason),
        }
    }

    fn take_ends(&mut self, ends: Vec<(TaskRunNumber, Outcome)>) -> Handled {
        for (task, outcome) in ends {
            self.ended(task, outcome)?;
        }
        Ok(())
    }

    /// Looks at everything there is to look at, then begins what slots allow, one
    /// at a time.
    fn drain(&mut self) -> Handled {
        while !self.is_full() {
            if let Some(todo) = self.agenda.pop() {
                self.handle(todo)?;
            } else if !self.dispatch()? {
                break;
            }
        }
        Ok(())
    }

    fn handle(&mut self, todo: Todo) -> Handled {
        match todo {
            Todo::Look(Subject::Run) => self.look_at_run(),
            Todo::Look(Subject::Task(task)) => self.look(task),
            Todo::End(task) => self.end(task),
        }
    }

    /// Begins one thing that waits for a slot; whether there was one.
    fn dispatch(&mut self) -> Result<bool, StepError> {
        if self.agenda.held {
            return Ok(false);
        }
        if let Some(task) = self.agenda.next_ready() {
            self.proceed(task)?;
        } else if let Some(map) = self.agenda.next_feeder() {
            self.feed_one(map)?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Whether the decision has as many transitions as it may.
    pub(crate) fn is_full(&self) -> bool {
        self.decision.transitions.len() >= self.agenda.room
    }

    /// Sees what a task run's state asks for next.
    fn look(&mut self, task: TaskRunNumber) -> Handled {
        let Some(state) = self.tree.state_of(task) else {
            return Ok(());
        };
        if state.is_terminal() || state != State::Cancelling && self.tree.is_ending(task) {
            return Ok(());
        }
        if self.is_to_skip(task) {
            return self.skip_unstarted(task);
        }
        match state {
            State::Pending if self.agenda.units.contains_key(&task) => Ok(()),
            State::Pending => self.look_at_pending(task),
            State::AwaitingRetry | State::Scheduled => self.look_at_due(task),
            State::AwaitingSlot => self.look_at_slot(task),
            State::Paused => self.look_at_approval(task),
            _ if self.tree.is_mapped(task) => self.look_at_map(task),
            _ if self.tree.is_group(task) => self.look_at_group(task),
            _ => self.look_at_running(task),
        }
    }

    fn look_at_pending(&mut self, task: TaskRunNumber) -> Handled {
        if self.tree.place(task) != Some(Place::Node) {
            return self.begin(task);
        }
        let parent = self.tree.parent(task);
        let rows_missing = |siblings: &Siblings| siblings.missing > 0;
        if self.tree.siblings(parent).is_none_or(rows_missing) {
            return Ok(());
        }
        let Some(node) = self.tree.nodes.get(&task) else {
            return Ok(());
        };
        let plan = Arc::clone(&self.tree.plan);
        match (plan.role(node.task), node.edges.verdict()) {
            (Some(Role::Stands(stand_in)), _) => self.stand_in(task, stand_in),
            (Some(Role::LeftOut), _) => self.leave_out(task),
            (_, Verdict::Undecided) => Ok(()),
            (None, Verdict::Closed) => self.close(task),
            (None | Some(Role::Chosen), _) if plan.is_mapped(node.task) => self.expand(task),
            (None | Some(Role::Chosen), _) => self.begin(task),
        }
    }

    /// An earlier output stands for a task's own.
    fn stand_in(&mut self, task: TaskRunNumber, stand_in: &StandIn) -> Handled {
        let output = Detail::Output(Output(stand_in.output.clone()));
        self.record(task, State::Cached, output, Some(stand_in.origin.clone()))
    }

    /// A task is no part of what is tried.
    fn leave_out(&mut self, task: TaskRunNumber) -> Handled {
        let start = &self.tree.plan.start;
        let message = start
            .trial
            .as_ref()
            .map(|trial| trial.why_left_out(&start.flow));
        self.record(task, State::Skipped, Detail::None, message)
    }

    /// Puts a task run on the list of what to look at.
    pub(crate) fn look_at(&mut self, task: TaskRunNumber) {
        self.agenda.push(Todo::Look(Subject::Task(task)));
    }

    /// Puts the run, or a task run, on the list of what to look at.
    pub(crate) fn look_at_owner(&mut self, owner: Option<TaskRunNumber>) {
        let subject = owner.map_or(Subject::Run, Subject::Task);
        self.agenda.push(Todo::Look(subject));
    }

    /// Records a move of a task run.
    pub(crate) fn record(
        &mut self,
        task: TaskRunNumber,
        to: State,
        detail: Detail,
        message: Option<String>,
    ) -> Handled {
        let from = self.tree.state_of(task);
        let run_attempt = self.tree.run_attempt;
        self.keep(Transition {
            subject: Subject::Task(task),
            run_attempt,
            from,
            to,
            at: self.now,
            message: message.map(Arc::from),
            detail,
        })?;
        if to.is_terminal() {
            self.follow_end(task, to);
        }
        Ok(())
    }

    /// Records a move of the run.
    pub(crate) fn record_run(
        &mut self,
        to: State,
        detail: Detail,
        message: Option<String>,
    ) -> Handled {
        let begins = matches!(detail, Detail::Restarted { .. }) || self.tree.state.is_none();
        self.keep(Transition {
            subject: Subject::Run,
            run_attempt: self.tree.run_attempt + u32::from(begins),
            from: self.tree.state.filter(|_| !begins),
            to,
            at: self.now,
            message: message.map(Arc::from),
            detail,
        })?;
        if to.is_terminal() {
            self.decision.effects.push(Effect::RunEnded);
        }
        Ok(())
    }

    fn keep(&mut self, transition: Transition) -> Handled {
        self.tree.apply(&transition)?;
        self.decision.transitions.push(transition);
        Ok(())
    }

    /// Gives back what an ended task run held, and looks at what waited for it.
    fn follow_end(&mut self, task: TaskRunNumber, to: State) {
        if let Some(unit) = self.agenda.remove(task)
            && unit.limits
        {
            self.decision.effects.push(Effect::FreeSlots(task));
        }
        match self.tree.place(task) {
            Some(Place::Item { map, .. }) => self.follow_item(map, to),
            Some(Place::Node) => self.follow_node(task),
            None => {}
        }
    }

    fn follow_item(&mut self, map: TaskRunNumber, to: State) {
        self.look_at(map);
        let fails_fast = self.tree.task(map).is_some_and(|task| task.fail_fast);
        let Some(items) = self.tree.map(map) else {
            return;
        };
        if fails_fast && to.is_failure() && items.failed == 1 {
            let under_way = items.under_way();
            let numbers: Vec<_> = under_way
                .iter()
                .filter_map(|&item| items.number(item))
                .collect();
            for number in numbers {
                self.look_at(number);
            }
        }
    }

    fn follow_node(&mut self, task: TaskRunNumber) {
        let Some(node) = self.tree.nodes.get(&task) else {
            return;
        };
        let (index, parent) = (node.task, node.parent);
        let plan = Arc::clone(&self.tree.plan);
        for dependent in plan.dependents(index) {
            let siblings = self.tree.siblings(parent);
            let position = plan.position(dependent.task);
            let row = siblings.and_then(|siblings| siblings.nodes.get(position).copied().flatten());
            let node = row.and_then(|row| self.tree.nodes.get(&row));
            if let (Some(row), Some(node)) = (row, node)
                && node.edges.verdict() != Verdict::Undecided
            {
                self.look_at(row);
            }
        }
        self.look_at_owner(parent);
    }

    /// When nothing is left to decide: says whether the run goes on by itself.
    fn rest(&mut self) -> Handled {
        let waits = self.agenda.paused > 0 && self.agenda.units.len() == self.agenda.paused;
        match self.tree.state {
            // Pending: it waited for its turn.
            Some(State::Pending | State::Running | State::Paused) if self.agenda.held => {
                let message = "the process that carried the run went away; it can be carried on";
                self.record_run(State::AwaitingRetry, Detail::None, Some(message.to_owned()))
            }
            Some(State::Running) if waits => {
                let message = "it waits for an approval".to_owned();
                self.record_run(State::Paused, Detail::None, Some(message))
            }
            Some(State::Paused) if !waits => self.record_run(State::Running, Detail::None, None),
            _ => Ok(()),
        }
    }

    /// A random number for a task run in this step.
    pub(crate) fn random(&self, task: TaskRunNumber) -> u64 {
        // SplitMix64's finaliser, so that task runs of one step differ.
        let mut bits = self
            .random
            .wrapping_add(u64::from(task.get()).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }
}
