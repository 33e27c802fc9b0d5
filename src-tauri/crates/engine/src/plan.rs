//! What a run would do, as far as it can be known: the orchestrator is asked as
//! if the run began now, the cache is looked into, and nothing is carried out or
//! recorded.

#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, VecDeque},
    num::NonZeroU32,
    sync::Arc,
};

use jiff::Timestamp;
use tidemill_flow::{TaskGraph, TaskIndex};
use tidemill_orchestrate::{
    Creation, Detail, Effect, Happening, Run, RunId, State, StepError, Subject, TaskRunNumber,
    Transition,
};

use crate::{
    cache,
    engine::{Engine, Shared, blocking},
    error::EngineError,
    request::RunRequest,
    run_facts::RunFacts,
};

/// How many decisions are asked for, at most: a plan is for reading.
const DECISIONS: usize = 256;

/// A task, and what is known of it before the run.
#[derive(Clone, Debug)]
pub struct PlannedTask {
    /// Its number in the flow's graph.
    pub index: TaskIndex,
    /// Its path, such as `group/inner`.
    pub path: Arc<str>,
    /// What is known.
    pub outlook: Outlook,
}

/// What is known of a task before the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outlook {
    /// It depends on what runs before it.
    Depends,
    /// It runs.
    Runs,
    /// It runs once for each of so many items.
    Items {
        /// How many items.
        count: u32,
        /// How many of them have a result already.
        cached: u32,
    },
    /// A result stands for it already, from there.
    Cached(String),
    /// It needs no running: its value is known.
    Known,
    /// It is skipped, for this reason.
    Skipped(String),
    /// It fails before it runs, for this reason.
    Fails(String),
}

impl Engine {
    /// What a run would do, in an order in which its tasks may run.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn plan(&self, request: RunRequest) -> Result<Vec<PlannedTask>, EngineError> {
        let shared = Arc::clone(&self.shared);
        let id = RunId::new(0, fastrand::u64(..));
        let facts = shared
            .facts_without_folder(id, "plan".into(), request.flow, 0)
            .await?;
        let inputs = shared
            .asked_with(request.parameters, &request.trigger, request.scheduled_for)
            .await?;
        let mut start = shared.run_start(&facts, inputs);
        start.slots = NonZeroU32::MAX;
        let run = Run::new(start);
        blocking(move || {
            let name = facts.flow.flow.name.to_string();
            let plan = Rehearsal::new(&shared, &facts, run).play();
            plan.map_err(|cause| EngineError::Step { run: name, cause })
        })
        .await
    }
}

/// A run that is only thought.
struct Rehearsal<'a> {
    shared: &'a Shared,
    facts: &'a RunFacts,
    run: Run,
    created: HashMap<TaskRunNumber, Creation>,
    outlooks: HashMap<u32, Outlook>,
}

impl<'a> Rehearsal<'a> {
    fn new(shared: &'a Shared, facts: &'a RunFacts, run: Run) -> Self {
        Self {
            shared,
            facts,
            run,
            created: HashMap::new(),
            outlooks: HashMap::new(),
        }
    }

    fn play(mut self) -> Result<Vec<PlannedTask>, StepError> {
        let mut happenings = VecDeque::from([Happening::Start]);
        for _ in 0..DECISIONS {
            let Some(happening) = happenings.pop_front() else {
                break;
            };
            let decision = self.run.step(happening, Timestamp::now(), 0)?;
            for transition in &decision.transitions {
                self.note(transition);
            }
            if decision.more {
                happenings.push_front(Happening::Continue);
            }
            happenings.extend(
                decision
                    .effects
                    .into_iter()
                    .filter_map(|effect| self.answer(&effect)),
            );
        }
        Ok(self.tasks())
    }

    /// What is said to an effect, where it can be known without doing anything.
    fn answer(&mut self, effect: &Effect) -> Option<Happening> {
        match *effect {
            Effect::TakeSlots(task) => Some(Happening::SlotsTaken(task)),
            Effect::LookUpCache { task, refresh } => {
                let assignment = self.run.assignment(task)?;
                let now = Timestamp::now();
                let found = cache::look_up(self.shared, self.facts, &assignment, refresh, now);
                let found = match found {
                    Ok((_, found)) => found,
                    Err(failure) => return Some(Happening::Refused(task, failure)),
                };
                if let Some(found) = &found {
                    self.cached(task, &found.origin);
                }
                Some(Happening::CacheAnswered(task, found))
            }
            Effect::Start(_)
            | Effect::Stop(_)
            | Effect::FreeSlots(_)
            | Effect::KeepInCache(..)
            | Effect::SetTimer(..)
            | Effect::AskPerson(_)
            | Effect::RunEnded => None,
        }
    }

    fn cached(&mut self, task: TaskRunNumber, origin: &str) {
        let Some(creation) = self.created.get(&task) else {
            return;
        };
        match self.outlooks.get_mut(&creation.task) {
            Some(Outlook::Items { cached, .. }) => *cached += 1,
            _ => {
                let outlook = Outlook::Cached(origin.to_owned());
                self.outlooks.insert(creation.task, outlook);
            }
        }
    }

    fn note(&mut self, transition: &Transition) {
        let Subject::Task(number) = transition.subject else {
            return;
        };
        if let Detail::Created(creation) = &transition.detail {
            self.created.insert(number, *creation);
        }
        let Some(&creation) = self.created.get(&number) else {
            return;
        };
        // What an item does is told by its task's row.
        if creation.item.is_some() {
            return;
        }
        let message = || transition.message.as_deref().unwrap_or_default().to_owned();
        let outlook = match (&transition.detail, transition.to) {
            (Detail::Expanded(expansion), _) => Outlook::Items {
                count: expansion.count,
                cached: 0,
            },
            // Said by the cache's answer.
            (_, State::Cached) => return,
            (_, State::Completed) => Outlook::Known,
            (_, State::Skipped) => Outlook::Skipped(message()),
            (_, state) if state.is_failure() => Outlook::Fails(message()),
            (_, State::Running | State::Paused | State::Scheduled | State::AwaitingSlot) => {
                Outlook::Runs
            }
            _ => return,
        };
        // A mapped task whose items all are known completes: its items say more.
        let keeps = matches!(
            self.outlooks.get(&creation.task),
            Some(Outlook::Items { .. })
        ) && outlook == Outlook::Known;
        if !keeps {
            self.outlooks.insert(creation.task, outlook);
        }
    }

    fn tasks(mut self) -> Vec<PlannedTask> {
        let graph = &self.facts.flow.flow.tasks;
        let mut order = Vec::with_capacity(graph.len());
        in_order(graph, graph.top(), &mut order);
        order
            .into_iter()
            .map(|index| PlannedTask {
                index,
                path: Arc::clone(&graph[index].path),
                outlook: self
                    .outlooks
                    .remove(&index.number())
                    .unwrap_or(Outlook::Depends),
            })
            .collect()
    }
}

/// Adds the tasks so that each comes after what it needs, a group before its own.
fn in_order(graph: &TaskGraph, siblings: &[TaskIndex], order: &mut Vec<TaskIndex>) {
    let mut left: Vec<TaskIndex> = siblings.to_vec();
    while !left.is_empty() {
        let (ready, waiting): (Vec<_>, Vec<_>) = left.iter().partition(|&&index| {
            let needs = &graph[index].needs;
            needs.iter().all(|edge| !left.contains(&edge.upstream))
        });
        // A checked flow has no cycle: something always is ready.
        if ready.is_empty() {
            return;
        }
        for index in ready {
            order.push(index);
            if let tidemill_flow::Kind::Group(inner) = &graph[index].kind {
                in_order(graph, inner, order);
            }
        }
        left = waiting;
    }
}
