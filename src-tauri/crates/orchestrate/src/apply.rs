//! The fold: how one transition changes a run. Live decisions and recovery go
//! through here alike, and no illegal transition does.

use std::sync::Arc;

use jiff::Timestamp;
use tidemill_flow::{Scope, Task, TaskIndex, Value};

use crate::{
    Creation, Detail, Expansion, State, Subject, TaskRunNumber, Transition,
    board::Board,
    edges::{EdgeCount, opens},
    is_legal,
    map::Map,
    node::{Body, Due, Kept, Node, Siblings, Work},
    tree::{Place, Tree},
};

/// Why a transition does not follow from those before it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    /// Its state may not follow, or it starts from another state than the present one.
    #[error("{} cannot go from {} to {to} while it is {}", name(.subject), state_name(.from), state_name(.present))]
    Illegal {
        /// What was to move.
        subject: Subject,
        /// The state that it says to come from.
        from: Option<State>,
        /// The state that it says to go to.
        to: State,
        /// The state that it is in.
        present: Option<State>,
    },
    /// It is of another run attempt than the present one.
    #[error("{} moves in run attempt {found}, but the run is in attempt {present}", name(.subject))]
    RunAttempt {
        /// What was to move.
        subject: Subject,
        /// The run attempt that it says.
        found: u32,
        /// The run attempt that the run is in.
        present: u32,
    },
    /// What goes with it does not fit the flow or what came before.
    #[error("{} cannot go to {to}: {reason}", name(.subject))]
    Detail {
        /// What was to move.
        subject: Subject,
        /// The state that it says to go to.
        to: State,
        /// What does not fit.
        reason: &'static str,
    },
}

fn name(subject: &Subject) -> String {
    match subject {
        Subject::Run => "the run".to_owned(),
        Subject::Task(number) => format!("task run {}", number.get()),
    }
}

fn state_name(state: &Option<State>) -> &'static str {
    state.map_or("nothing", State::name)
}

impl Tree {
    /// Changes the run as a transition says, if it may follow.
    pub(crate) fn apply(&mut self, transition: &Transition) -> Result<(), FoldError> {
        match transition.subject {
            Subject::Run => self.apply_run(transition),
            Subject::Task(number) => self.apply_task(number, transition),
        }
    }

    fn apply_run(&mut self, transition: &Transition) -> Result<(), FoldError> {
        let begins = transition.from.is_none();
        let attempt = self.run_attempt + u32::from(begins);
        check_attempt(transition, attempt)?;
        let ended = self.state.is_none_or(State::is_terminal);
        let present = if begins && ended { None } else { self.state };
        check_states(transition, present)?;
        if begins {
            self.begin_attempt(transition);
        }
        if transition.to == State::Running && self.started.is_none() {
            self.started = Some(transition.at);
            self.open_top();
        }
        match &transition.detail {
            Detail::Output(output) => self.output = Some(output.0.clone()),
            Detail::Failure(failure) if transition.to == State::Cancelling => {
                self.ending = Some(failure.clone());
            }
            _ => {}
        }
        self.state = Some(transition.to);
        self.message.clone_from(&transition.message);
        Ok(())
    }

    fn begin_attempt(&mut self, transition: &Transition) {
        self.run_attempt += 1;
        self.started = None;
        self.ending = None;
        self.output = None;
        if let Detail::Restarted { from_failed } = transition.detail {
            self.restart(from_failed);
        }
    }

    /// Opens the top level, new or with what a retry by hand kept.
    fn open_top(&mut self) {
        let board = Board::new(&self.plan, None, None);
        let outer = self.plan.scope(self.started, self.run_attempt);
        let scope = outer.inner(vec![(
            Arc::clone(&self.plan.words.tasks),
            Value::from_dyn_object(Arc::clone(&board)),
        )]);
        let kept = self.top.take();
        let top = self.open(None, 1, kept, board, scope);
        self.top = Some(Box::new(top));
    }

    /// Opens one level: all new, or with the rows that were kept.
    fn open(
        &self,
        group: Option<TaskIndex>,
        turn: u32,
        kept: Option<Box<Siblings>>,
        board: Arc<Board>,
        scope: Arc<Scope>,
    ) -> Siblings {
        let count = self.plan.tasks(group).len();
        let mut siblings = Siblings::new(group, turn, count, board, scope);
        if let Some(kept) = kept {
            siblings.missing = kept.nodes.iter().filter(|node| node.is_none()).count();
            siblings.nodes = kept.nodes;
            siblings.kept = kept.kept;
            for (position, number) in siblings.nodes.iter().enumerate() {
                if let Some(node) = number.and_then(|number| self.nodes.get(&number)) {
                    siblings
                        .board
                        .set(position, node.state, node.output.as_ref());
                }
            }
        }
        siblings
    }

    fn apply_task(
        &mut self,
        number: TaskRunNumber,
        transition: &Transition,
    ) -> Result<(), FoldError> {
        check_attempt(transition, self.run_attempt)?;
        check_states(transition, self.state_of(number))?;
        if let Detail::Created(creation) = transition.detail {
            return self.create(number, creation, transition);
        }
        if transition.from.is_none() {
            return Err(misfit(
                transition,
                "it is new, and does not say where it stands",
            ));
        }
        match &transition.detail {
            Detail::Expanded(expansion) => self.expand(number, expansion, transition)?,
            detail => self.advance(number, transition, detail),
        }
        self.set_state(number, transition);
        Ok(())
    }

    fn create(
        &mut self,
        number: TaskRunNumber,
        creation: Creation,
        transition: &Transition,
    ) -> Result<(), FoldError> {
        let made = match (creation.item, creation.parent) {
            (Some(item), Some(map)) => self.create_item(number, map, item, transition),
            (None, parent) => self.create_node(number, parent, creation, transition),
            (Some(_), None) => None,
        };
        made.ok_or_else(|| misfit(transition, "it does not stand where it says"))?;
        if transition.to.is_terminal() {
            self.finish(number, transition);
        }
        Ok(())
    }

    fn create_item(
        &mut self,
        number: TaskRunNumber,
        map: TaskRunNumber,
        item: u32,
        transition: &Transition,
    ) -> Option<()> {
        let map = self.map_mut(map)?;
        if map.number(item)? != number {
            return None;
        }
        let work = Work {
            kept: map.kept.remove(&item),
            ..Work::default()
        };
        map.works.insert(item, Box::new(work));
        map.set_state(item, transition.to);
        Some(())
    }

    fn create_node(
        &mut self,
        number: TaskRunNumber,
        parent: Option<TaskRunNumber>,
        creation: Creation,
        transition: &Transition,
    ) -> Option<()> {
        let index = self.plan.start.flow.tasks.index(creation.task)?;
        let task = Arc::clone(&self.plan.start.flow.tasks[index]);
        let position = self.plan.position(index);
        let edges = self.edges_of(&task, parent)?;
        let siblings = self.siblings_mut(parent)?;
        if siblings.group != task.parent || siblings.nodes.get(position)?.is_some() {
            return None;
        }
        *siblings.nodes.get_mut(position)? = Some(number);
        siblings.missing -= 1;
        siblings.unfinished += 1;
        siblings.board.set(position, transition.to, None);
        if self.next.is_some_and(|next| number >= next) {
            self.next = number.after(1);
        }
        let node = Node {
            task: index,
            parent,
            state: transition.to,
            edges,
            output: None,
            message: transition.message.clone(),
            body: Body::Single(Box::default()),
        };
        self.nodes.insert(number, node);
        Some(())
    }

    /// How far the upstreams of a task that gets its row are already.
    fn edges_of(&self, task: &Task, parent: Option<TaskRunNumber>) -> Option<EdgeCount> {
        let siblings = self.siblings(parent)?;
        let mut edges = EdgeCount::new(task);
        for edge in &task.needs {
            let position = self.plan.position(edge.upstream);
            let number = siblings.nodes.get(position).copied().flatten();
            let Some(node) = number.and_then(|number| self.nodes.get(&number)) else {
                continue;
            };
            if node.state.is_terminal() {
                let upstream = &self.plan.start.flow.tasks[edge.upstream];
                edges.settle(*edge, opens(edge.on, upstream, node.state));
            }
        }
        Some(edges)
    }

    fn expand(
        &mut self,
        number: TaskRunNumber,
        expansion: &Expansion,
        transition: &Transition,
    ) -> Result<(), FoldError> {
        let kept = self.take_kept(number);
        let next = expansion.first.after(expansion.count);
        let Some(node) = self.nodes.get_mut(&number) else {
            return Err(misfit(transition, "an item does not open into items"));
        };
        let mut map = Map::new(expansion);
        if let Some(Kept::Mapped(before)) = kept {
            map.adopt(*before);
        }
        node.body = Body::Mapped(Box::new(map));
        self.ranges.insert(expansion.first, number);
        self.next = next;
        Ok(())
    }

    /// The progress that a node may go on from, taken from its level.
    fn take_kept(&mut self, number: TaskRunNumber) -> Option<Kept> {
        let node = self.nodes.get(&number)?;
        let (parent, position) = (node.parent, self.plan.position(node.task));
        self.siblings_mut(parent)?.kept.remove(&position)
    }

    /// Notes what a transition says of an attempt.
    fn advance(&mut self, number: TaskRunNumber, transition: &Transition, detail: &Detail) {
        let starts = matches!(
            transition.to,
            State::Running | State::Retrying | State::Paused
        );
        let noted = |time: Timestamp| Due {
            time,
            noted: transition.at,
        };
        let Some(work) = self.work_mut(number) else {
            return;
        };
        work.due = None;
        match detail {
            Detail::Attempt(attempt) => work.attempt = *attempt,
            Detail::Due(due) => {
                work.attempt += u32::from(starts);
                work.due = Some(noted(*due));
            }
            Detail::Retry(_, due) => {
                work.retries += 1;
                work.due = Some(noted(*due));
            }
            Detail::Failure(failure) if transition.to == State::Cancelling => {
                work.ending = Some(failure.clone());
            }
            _ => {}
        }
        if transition.to == State::Scheduled {
            work.turn += 1;
            work.retries = 0;
        }
        if starts {
            work.started.get_or_insert(transition.at);
            work.attempt_started = Some(transition.at);
        }
        if starts && self.is_group(number) {
            self.open_group(number);
        }
    }

    /// Opens a group's inner tasks for the attempt that starts.
    fn open_group(&mut self, number: TaskRunNumber) -> Option<()> {
        let mut kept = match self.take_kept(number) {
            Some(Kept::Group(siblings)) => Some(siblings),
            _ => None,
        };
        let work = self.work_mut(number)?;
        let (turn, before) = (work.attempt, work.inner.take());
        kept = work.kept.take().or(kept);
        if let Some(before) = before {
            self.drop_rows(&before);
        }
        if let Some(kept) = &kept {
            self.move_rows(kept, number);
        }
        let group = self.task(number)?.index;
        let outer = Arc::clone(&self.siblings(self.row_parent(number)?)?.board);
        let board = Board::new(&self.plan, Some(group), Some(outer));
        let scope = self.scope(number)?.inner(vec![(
            Arc::clone(&self.plan.words.tasks),
            Value::from_dyn_object(Arc::clone(&board)),
        )]);
        let siblings = self.open(Some(group), turn, kept, board, scope);
        self.work_mut(number)?.inner = Some(Box::new(siblings));
        Some(())
    }

    /// The task run whose level a task run's row stands in: for an item, where
    /// its mapped task stands.
    fn row_parent(&self, number: TaskRunNumber) -> Option<Option<TaskRunNumber>> {
        match self.place(number)? {
            Place::Node => Some(self.parent(number)),
            Place::Item { map, .. } => Some(self.parent(map)),
        }
    }

    fn set_state(&mut self, number: TaskRunNumber, transition: &Transition) {
        if transition.to.is_terminal() {
            return self.finish(number, transition);
        }
        match self.place(number) {
            Some(Place::Node) => self.set_node_state(number, transition.to),
            Some(Place::Item { map, item }) => {
                if let Some(map) = self.map_mut(map) {
                    map.set_state(item, transition.to);
                }
            }
            None => {}
        }
    }

    fn set_node_state(&mut self, number: TaskRunNumber, to: State) {
        let Some(node) = self.nodes.get_mut(&number) else {
            return;
        };
        node.state = to;
        let (parent, position) = (node.parent, self.plan.position(node.task));
        if let Some(siblings) = self.siblings(parent) {
            siblings.board.set(position, to, None);
        }
    }

    /// Notes a task run's end, and tells those that wait for it.
    fn finish(&mut self, number: TaskRunNumber, transition: &Transition) {
        match self.place(number) {
            Some(Place::Node) => self.finish_node(number, transition),
            Some(Place::Item { map, item }) => self.finish_item(map, item, transition),
            None => {}
        };
    }

    fn finish_item(&mut self, map: TaskRunNumber, item: u32, transition: &Transition) {
        let output = output(&transition.detail);
        let Some(map) = self.map_mut(map) else {
            return;
        };
        let work = map.works.remove(&item);
        map.finish(item, transition.to, output);
        if transition.to.is_failure() && map.example.is_none() {
            let message = transition.message.as_deref().unwrap_or_default();
            map.example = Some((item, message.to_owned()));
        }
        let Some(inner) = work.and_then(|work| work.inner.or(work.kept)) else {
            return;
        };
        if transition.to.is_completed() {
            self.drop_rows(&inner);
        } else {
            map.kept.insert(item, inner);
        }
    }

    fn finish_node(&mut self, number: TaskRunNumber, transition: &Transition) {
        let Some(node) = self.nodes.get_mut(&number) else {
            return;
        };
        node.state = transition.to;
        node.message.clone_from(&transition.message);
        node.output = output(&transition.detail).cloned();
        let (index, parent, result) = (node.task, node.parent, node.output.clone());
        if transition.to.is_completed() {
            let body = std::mem::replace(&mut node.body, Body::Single(Box::default()));
            self.drop_body(body);
        }
        let plan = Arc::clone(&self.plan);
        let task = &plan.start.flow.tasks[index];
        let Some(siblings) = self.siblings_mut(parent) else {
            return;
        };
        siblings.unfinished -= 1;
        let position = plan.position(index);
        siblings.board.set(position, transition.to, result.as_ref());
        let waiting = plan.dependents(index).iter().filter_map(|dependent| {
            let position = plan.position(dependent.task);
            let number = siblings.nodes.get(position).copied().flatten()?;
            Some((number, dependent.edge))
        });
        let waiting: Vec<_> = waiting.collect();
        for (number, edge) in waiting {
            if let Some(node) = self.nodes.get_mut(&number) {
                node.edges.settle(edge, opens(edge.on, task, transition.to));
            }
        }
    }

    /// Forgets what stood inside a task run that completed.
    pub(crate) fn drop_body(&mut self, body: Body) {
        match body {
            Body::Single(work) => {
                for siblings in [work.inner, work.kept].into_iter().flatten() {
                    self.drop_rows(&siblings);
                }
            }
            Body::Mapped(map) => self.drop_map(*map),
        }
    }

    /// Forgets a mapped task's items.
    pub(crate) fn drop_map(&mut self, map: Map) {
        self.ranges.remove(&map.first);
        for siblings in map.kept.into_values() {
            self.drop_rows(&siblings);
        }
        for work in map.works.into_values() {
            self.drop_body(Body::Single(work));
        }
    }

    /// Forgets the task runs of a level.
    pub(crate) fn drop_rows(&mut self, siblings: &Siblings) {
        let numbers: Vec<TaskRunNumber> = siblings.rows().collect();
        for number in numbers {
            if let Some(node) = self.nodes.remove(&number) {
                self.drop_body(node.body);
            }
        }
    }

    /// Makes a group's new task run the parent of rows that were kept.
    fn move_rows(&mut self, siblings: &Siblings, parent: TaskRunNumber) {
        for number in siblings.rows() {
            if let Some(node) = self.nodes.get_mut(&number) {
                node.parent = Some(parent);
            }
        }
    }
}

fn output(detail: &Detail) -> Option<&Value> {
    match detail {
        Detail::Output(output) => Some(&output.0),
        _ => None,
    }
}

fn misfit(transition: &Transition, reason: &'static str) -> FoldError {
    FoldError::Detail {
        subject: transition.subject,
        to: transition.to,
        reason,
    }
}

fn check_attempt(transition: &Transition, present: u32) -> Result<(), FoldError> {
    if transition.run_attempt == present {
        return Ok(());
    }
    Err(FoldError::RunAttempt {
        subject: transition.subject,
        found: transition.run_attempt,
        present,
    })
}

fn check_states(transition: &Transition, present: Option<State>) -> Result<(), FoldError> {
    if transition.from == present && is_legal(present, transition.to) {
        return Ok(());
    }
    Err(FoldError::Illegal {
        subject: transition.subject,
        from: transition.from,
        to: transition.to,
        present,
    })
}
