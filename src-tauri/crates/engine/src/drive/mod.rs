//! The loop that carries one run: what happened is decided upon, what was
//! decided is committed, and what was committed is carried out.
//!
//! Decisions may run a few commits ahead of the disk; their effects never do.
//! Nothing here grows with the run: attempts are as many as the orchestrator
//! starts, and their ends are taken up in batches, as fast as commits allow.

mod effects;
mod timers;

#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Instant,
};

use jiff::Timestamp;
use serde_json::Value as Json;
use tidemill_flow::{Kind, Value, Wait, template::from_json};
use tidemill_orchestrate::{
    Answer, CachedResult, Decision, Effect, Failure, FailureKind, Happening, Outcome, Run, State,
    Subject, TaskRunNumber, Timer, Transition,
};
use tidemill_store::{Answered, Batch, CacheEntry, NewRun};
use tokio::{
    sync::{mpsc, oneshot},
    task::{AbortHandle, Id, JoinError, JoinHandle, JoinSet},
};
use tracing::Instrument;

use crate::{
    cache::ResultKey,
    engine::Shared,
    error::EngineError,
    event::{Event, Move},
    handle::RunEnd,
    journal::{Committing, Durability},
    kinds::approve::checked_fields,
    run_facts::RunFacts,
    steering::done,
    stop::{StopSwitch, Stopping},
};
use timers::{Counting, Timers};

/// How many decisions may be on their way to the disk.
const AHEAD: usize = 2;

/// How many ends of attempts are decided upon at once, at most.
const ENDS: usize = 512;

/// What someone says to a run that is carried here.
#[derive(Debug)]
pub(crate) enum Word {
    /// It is to end.
    Cancel {
        /// For people.
        reason: Arc<str>,
        /// Running attempts get no grace.
        at_once: bool,
        /// Told when that is flushed.
        asker: Option<Asker>,
    },
    /// A person answers an approval.
    Answer(Box<Asked>),
    /// The engine lets go of it: it is to be found as after a crash.
    LetGo,
}

/// A person's answer to an approval.
#[derive(Debug)]
pub(crate) struct Asked {
    /// The approval; `None`: the only one that is open.
    pub(crate) task: Option<TaskRunNumber>,
    pub(crate) approved: bool,
    /// What the person entered: a mapping, or null.
    pub(crate) fields: Json,
    pub(crate) by: Option<String>,
    /// Told when the answer is flushed, or why it is none.
    pub(crate) asker: Asker,
}

/// Who is told what became of a word.
#[derive(Debug)]
pub(crate) struct Asker {
    pub(crate) told: oneshot::Sender<Result<(), EngineError>>,
    /// The request of another process: it is answered in the store, together with what
    /// it asked for.
    pub(crate) request: Option<i64>,
}

/// What work that the run waits for came to.
enum Report {
    Ended(TaskRunNumber, Outcome),
    SlotsTaken(TaskRunNumber),
    Looked {
        task: TaskRunNumber,
        key: ResultKey,
        found: Option<CachedResult>,
    },
    /// What an attempt asked for before it starts is not to be had.
    Refused(TaskRunNumber, Failure),
    /// The flow's own limit has room for this run.
    Turn(Happening),
}

/// An attempt that is being carried out.
struct Underway {
    id: Id,
    stop: StopSwitch,
}

/// A decision on its way to the disk.
struct Pending {
    committing: Committing,
    moves: Option<Arc<[Move]>>,
    effects: Vec<Effect>,
    acknowledge: Option<oneshot::Sender<Result<(), EngineError>>>,
}

/// How the loop ends.
enum Over {
    Ended,
    LetGo,
}

/// One run, carried.
pub(crate) struct Drive {
    shared: Arc<Shared>,
    facts: Arc<RunFacts>,
    run: Run,
    /// Another process carried it before.
    recovered: bool,
    words: mpsc::UnboundedReceiver<Word>,
    work: JoinSet<Report>,
    attempts: HashMap<TaskRunNumber, Underway>,
    /// Those that wait for slots of limits.
    waiting: HashMap<TaskRunNumber, AbortHandle>,
    /// Those for which the cache is asked.
    looking: HashMap<TaskRunNumber, AbortHandle>,
    /// Of those that asked for a cached result and have not ended.
    keys: HashMap<TaskRunNumber, ResultKey>,
    approvals: Vec<TaskRunNumber>,
    /// Waits for a turn of its flow.
    awaits_turn: Option<AbortHandle>,
    timers: Timers<Timer>,
    pending: VecDeque<Pending>,
    more: bool,
    /// How attempts are ended.
    stopping: Stopping,
    /// Ends what the run's attempts left behind.
    ending: Option<JoinHandle<()>>,
    over: Option<Over>,
}

impl Drive {
    pub(crate) fn new(
        shared: Arc<Shared>,
        facts: Arc<RunFacts>,
        run: Run,
        recovered: bool,
        words: mpsc::UnboundedReceiver<Word>,
    ) -> Self {
        Self {
            shared,
            facts,
            run,
            recovered,
            words,
            work: JoinSet::new(),
            attempts: HashMap::new(),
            waiting: HashMap::new(),
            looking: HashMap::new(),
            keys: HashMap::new(),
            approvals: Vec::new(),
            awaits_turn: None,
            timers: Timers::new(Timestamp::now(), Instant::now()),
            pending: VecDeque::new(),
            more: false,
            stopping: Stopping::Terminate,
            ending: None,
            over: None,
        }
    }

    /// Records a new run with what follows from its first happening.
    pub(crate) async fn begin(
        &mut self,
        new: NewRun,
        happening: Happening,
    ) -> Result<(), EngineError> {
        let Decision {
            transitions,
            effects,
            more,
        } = self.step(Timestamp::now(), happening)?;
        let moves = self.moves(&transitions);
        self.more = more;
        let durability = match ends(&effects) {
            true => Durability::Flushed,
            false => Durability::Committed,
        };
        let begun = self.shared.journal.begin(new, transitions, durability);
        begun.await?;
        self.pending.push_back(Pending {
            committing: Box::pin(std::future::ready(Ok(()))),
            moves,
            effects,
            acknowledge: None,
        });
        Ok(())
    }

    /// Decides upon something that happened, outside the loop.
    pub(crate) fn happened(&mut self, happening: Happening) -> Result<(), EngineError> {
        self.decide(happening, None)
    }

    /// Lets the run start once its flow's limit has room for it.
    pub(crate) fn start_at_turn(&mut self, limit: u32, then: Happening) {
        let (shared, facts) = (Arc::clone(&self.shared), Arc::clone(&self.facts));
        let waits = self.work.spawn(async move {
            crate::limits::wait_for_turn(&shared, &facts, limit).await;
            Report::Turn(then)
        });
        self.awaits_turn = Some(waits);
    }

    /// Carries the run to its end, or until the engine lets go of it.
    pub(crate) async fn carry(mut self) -> Result<RunEnd, EngineError> {
        let span =
            tracing::info_span!("run", id = %self.facts.id, flow = %self.facts.flow.flow.name);
        let result = async {
            let looped = self.turn().await;
            if looped.is_err() {
                self.stop_all(Stopping::Kill);
            }
            self.leave(looped.is_err()).await;
            looped
        }
        .instrument(span)
        .await;
        result.map(|()| RunEnd {
            state: self.run.state(),
            message: self.run.message().map(Into::into),
            output: self
                .run
                .output()
                .cloned()
                .unwrap_or_else(|| Value::from(())),
        })
    }

    async fn turn(&mut self) -> Result<(), EngineError> {
        loop {
            if self.over.is_some() && self.pending.is_empty() {
                return Ok(());
            }
            // Who lets go only waits for what is on its way: it may be the run's end.
            let lets_go = matches!(self.over, Some(Over::LetGo));
            while self.more && !lets_go && self.pending.len() < AHEAD {
                self.decide(Happening::Continue, None)?;
            }
            let ready = !lets_go && self.pending.len() < AHEAD;
            let tick = self.timers.wait(Timestamp::now());
            tokio::select! {
                biased;
                committed = front(&mut self.pending) => self.committed(committed?),
                Some(word) = self.words.recv(), if !lets_go => self.hear(word)?,
                Some(report) = self.work.join_next_with_id(), if ready => self.gather(report)?,
                () = tokio::time::sleep(tick.unwrap_or_default()), if ready && tick.is_some() => {
                    self.look_at_clock()?;
                }
            }
        }
    }

    fn look_at_clock(&mut self) -> Result<(), EngineError> {
        let now = Timestamp::now();
        if let Some((timer, asked)) = self.timers.take_due(now, Instant::now()) {
            self.decide_at(now.max(asked), Happening::Due(timer), None)?;
        }
        Ok(())
    }

    fn step(&mut self, now: Timestamp, happening: Happening) -> Result<Decision, EngineError> {
        let decision = self
            .run
            .step(happening, now, fastrand::u64(..))
            .map_err(|cause| EngineError::Step {
                run: self.facts.name.to_string(),
                cause,
            })?;
        for transition in &decision.transitions {
            if transition.subject == Subject::Run {
                tracing::debug!(state = %transition.to, "the run moves");
            }
        }
        // Who answers may be faster than the disk.
        self.approvals
            .extend(decision.effects.iter().filter_map(|effect| match effect {
                Effect::AskPerson(task) => Some(*task),
                _ => None,
            }));
        Ok(decision)
    }

    /// Decides, and sends what was decided on its way to the disk.
    fn decide(
        &mut self,
        happening: Happening,
        acknowledge: Option<Asker>,
    ) -> Result<(), EngineError> {
        self.decide_at(Timestamp::now(), happening, acknowledge)
    }

    fn decide_at(
        &mut self,
        now: Timestamp,
        happening: Happening,
        acknowledge: Option<Asker>,
    ) -> Result<(), EngineError> {
        let Decision {
            transitions,
            effects,
            more,
        } = self.step(now, happening)?;
        self.more = more;
        let ended = ends(&effects);
        if ended {
            // All attempts have ended: what they left behind goes while the disk works.
            let facts = Arc::clone(&self.facts);
            self.ending = Some(tokio::spawn(async move { facts.end_processes().await }));
        }
        let cache = self.results_to_keep(&effects);
        self.forget_keys(&transitions);
        let moves = self.moves(&transitions);
        let durability = match ended || acknowledge.is_some() {
            true => Durability::Flushed,
            false => Durability::Committed,
        };
        let nothing = transitions.is_empty() && cache.is_empty() && freed(&effects).is_empty();
        let committing: Committing = if nothing && acknowledge.is_none() {
            Box::pin(std::future::ready(Ok(())))
        } else {
            let batch = Batch {
                transitions,
                cache,
                free_slots: freed(&effects),
                answer: acknowledge.as_ref().and_then(|asker| answered(asker, now)),
                release: false,
            };
            self.shared.journal.append(self.facts.id, batch, durability)
        };
        self.pending.push_back(Pending {
            committing,
            moves,
            effects,
            acknowledge: acknowledge.map(|asker| asker.told),
        });
        Ok(())
    }

    fn moves(&self, transitions: &[Transition]) -> Option<Arc<[Move]>> {
        (self.shared.announcer.is_heard() && !transitions.is_empty())
            .then(|| transitions.iter().map(Move::from).collect())
    }

    fn results_to_keep(&mut self, effects: &[Effect]) -> Vec<CacheEntry> {
        let now = Timestamp::now();
        let mut entries = Vec::new();
        for effect in effects {
            let Effect::KeepInCache(task, value) = effect else {
                continue;
            };
            if let Some(key) = self.keys.remove(task) {
                entries.push(key.entry(*task, value.clone(), now));
            }
        }
        entries
    }

    /// Forgets the keys of task runs that have ended.
    fn forget_keys(&mut self, transitions: &[Transition]) {
        if self.keys.is_empty() {
            return;
        }
        for transition in transitions {
            if let (true, Subject::Task(task)) = (transition.to.is_terminal(), transition.subject) {
                self.keys.remove(&task);
            }
        }
    }

    /// Carries out what was decided: it is recorded now.
    fn committed(&mut self, pending: Pending) {
        if let Some(moves) = pending.moves {
            let run = self.facts.id;
            self.shared
                .announcer
                .announce(|| Event::Moves { run, moves });
        }
        if let Some(acknowledge) = pending.acknowledge {
            // Who asked may have gone away: the answer stands all the same.
            let _ = acknowledge.send(Ok(()));
        }
        let lets_go = matches!(self.over, Some(Over::LetGo));
        for effect in &pending.effects {
            if !lets_go || matches!(effect, Effect::RunEnded) {
                self.carry_out(effect);
            }
        }
    }

    fn hear(&mut self, word: Word) -> Result<(), EngineError> {
        match word {
            Word::Cancel {
                reason,
                at_once,
                asker,
            } => {
                self.cancel(&reason, asker)?;
                if at_once {
                    self.stopping = Stopping::Kill;
                    self.stop_all(Stopping::Kill);
                }
            }
            Word::Answer(asked) => self.answer(*asked)?,
            Word::LetGo => {
                self.over.get_or_insert(Over::LetGo);
            }
        }
        Ok(())
    }

    fn cancel(&mut self, reason: &str, asker: Option<Asker>) -> Result<(), EngineError> {
        let state = self.run.state();
        if state.is_terminal() {
            if self.awaits_turn.is_some() {
                // A retry by hand that has not begun: the run stays as it ended.
                self.over.get_or_insert(Over::LetGo);
            } else if state != State::Cancelled {
                // It comes too late. Who asked is told so by the run's end, once that
                // is on the disk.
                return Ok(());
            }
        }
        let reason = reason.to_owned();
        self.decide(Happening::CancelRequested { reason }, asker)
    }

    fn answer(&mut self, asked: Asked) -> Result<(), EngineError> {
        match self.checked_answer(&asked) {
            Ok(answer) => self.decide(Happening::Answered(answer), Some(asked.asker)),
            Err(error) => {
                // Who asked may have gone away: nothing was done.
                let _ = asked.asker.told.send(Err(error));
                Ok(())
            }
        }
    }

    /// The answer, to the one open approval that is meant, its fields checked.
    fn checked_answer(&mut self, asked: &Asked) -> Result<Answer, EngineError> {
        let task = self.asking(asked.task)?;
        let assignment = self.run.assignment(task);
        let fields = match assignment.as_ref().map(|assignment| &assignment.task.kind) {
            Some(Kind::Approve(approve)) if asked.approved => {
                let path = assignment
                    .as_ref()
                    .map_or("", |assignment| &assignment.path);
                checked_fields(approve, path, &asked.fields)?
            }
            _ => Json::Null,
        };
        Ok(Answer {
            task,
            approved: asked.approved,
            fields: from_json(&fields),
            by: asked.by.clone(),
        })
    }

    fn asking(&mut self, wanted: Option<TaskRunNumber>) -> Result<TaskRunNumber, EngineError> {
        let run = &self.run;
        self.approvals
            .retain(|&task| run.state_of(task) == Some(State::Paused));
        let name = || self.facts.name.to_string();
        match (wanted, self.approvals.as_slice()) {
            (Some(task), open) if open.contains(&task) => Ok(task),
            (None, [only]) => Ok(*only),
            (Some(_), _) | (None, []) => Err(EngineError::NotAsked { run: name() }),
            (None, several) => Err(EngineError::SeveralAsked {
                run: name(),
                tasks: several
                    .iter()
                    .filter_map(|&task| Some(run.assignment(task)?.path))
                    .collect(),
            }),
        }
    }

    fn stop_all(&self, stopping: Stopping) {
        for underway in self.attempts.values() {
            underway.stop.ask(stopping);
        }
    }

    /// Takes up one report and those that stand behind it, ends of attempts in one batch.
    fn gather(&mut self, first: Result<(Id, Report), JoinError>) -> Result<(), EngineError> {
        let mut ended = Vec::new();
        let mut next = Some(first);
        while let Some(result) = next {
            match self.report(result)? {
                Some(Report::Ended(task, outcome)) => {
                    self.attempts.remove(&task);
                    ended.push((task, outcome));
                }
                Some(Report::SlotsTaken(task)) => {
                    self.waiting.remove(&task);
                    self.decide(Happening::SlotsTaken(task), None)?;
                }
                Some(Report::Looked { task, key, found }) => {
                    self.looking.remove(&task);
                    self.keys.insert(task, key);
                    self.decide(Happening::CacheAnswered(task, found), None)?;
                }
                Some(Report::Refused(task, failure)) => {
                    self.looking.remove(&task);
                    self.waiting.remove(&task);
                    self.decide(Happening::Refused(task, failure), None)?;
                }
                Some(Report::Turn(then)) => {
                    self.awaits_turn = None;
                    self.decide(then, None)?;
                }
                None => {}
            }
            next = match ended.len() < ENDS {
                true => self.work.try_join_next_with_id(),
                false => None,
            };
        }
        match ended.is_empty() {
            true => Ok(()),
            false => self.decide(Happening::Ended(ended), None),
        }
    }

    /// The report; of work that panicked, that it failed. Where the run itself waited
    /// for that work, it cannot go on.
    fn report(
        &self,
        result: Result<(Id, Report), JoinError>,
    ) -> Result<Option<Report>, EngineError> {
        let error = match result {
            Ok((_, report)) => return Ok(Some(report)),
            Err(error) if error.is_cancelled() => return Ok(None),
            Err(error) => error,
        };
        tracing::error!(%error, "work of a run went wrong inside Tidemill");
        let failure = Failure::new(
            FailureKind::Start,
            "Tidemill itself went wrong here; its log in the home says where",
        );
        let id = error.id();
        let mut attempts = self.attempts.iter();
        if let Some((&task, _)) = attempts.find(|(_, underway)| underway.id == id) {
            return Ok(Some(Report::Ended(task, Outcome::Failed(failure))));
        }
        let mut asking = self.waiting.iter().chain(&self.looking);
        if let Some((&task, _)) = asking.find(|(_, handle)| handle.id() == id) {
            return Ok(Some(Report::Refused(task, failure)));
        }
        match &self.awaits_turn {
            Some(waits) if waits.id() == id => Err(EngineError::WentWrong {
                run: self.facts.name.to_string(),
            }),
            // What it was for has ended meanwhile.
            _ => Ok(None),
        }
    }

    fn set_timer(&mut self, timer: Timer, due: Timestamp) {
        let counting = match timer {
            Timer::Wait(task) if self.waits_for_a_time(task) => Counting::At,
            _ => Counting::After,
        };
        self.timers.set(timer, due, counting);
    }

    fn waits_for_a_time(&self, task: TaskRunNumber) -> bool {
        self.run
            .assignment(task)
            .is_some_and(|assignment| matches!(assignment.task.kind, Kind::Wait(Wait::Until(_))))
    }

    /// Ends what still runs and gives back what the run holds: the run itself too,
    /// where it has not ended.
    async fn leave(&mut self, failed: bool) {
        let lets_go = failed || matches!(self.over, Some(Over::LetGo));
        for waiting in self.waiting.values() {
            waiting.abort();
        }
        if !self.attempts.is_empty() {
            self.stop_all(match lets_go {
                true => Stopping::LetGo,
                false => Stopping::Terminate,
            });
            while self.work.join_next().await.is_some() {}
        }
        self.work.shutdown().await;
        match self.ending.take() {
            // If it panicked, the guard does it at the engine's end.
            Some(ending) => drop(ending.await),
            None => self.facts.end_processes().await,
        }
        self.shared.release(&self.facts, lets_go).await;
    }
}

/// What a request of another process is answered where it is done.
fn answered(asker: &Asker, at: Timestamp) -> Option<Answered> {
    Some(Answered {
        request: asker.request?,
        answer: done(),
        at,
    })
}

/// Whether the run ends with a decision.
fn ends(effects: &[Effect]) -> bool {
    effects
        .iter()
        .any(|effect| matches!(effect, Effect::RunEnded))
}

/// The task runs whose slots a decision frees.
fn freed(effects: &[Effect]) -> Vec<TaskRunNumber> {
    let freed = effects.iter().filter_map(|effect| match effect {
        Effect::FreeSlots(task) => Some(*task),
        _ => None,
    });
    freed.collect()
}

/// The oldest decision, once it is recorded; for ever where there is none.
async fn front(pending: &mut VecDeque<Pending>) -> Result<Pending, EngineError> {
    match pending.front_mut() {
        Some(first) => first.committing.as_mut().await?,
        None => std::future::pending().await,
    }
    // It was there, and nobody else takes from the queue.
    pending.pop_front().ok_or(EngineError::Closed)
}
