//! The one door through which anything is written to the store.
//!
//! Not here: when it is committed and flushed (`writer.rs`).

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use tidemill_orchestrate::{Detail, RunId, StateType, Subject, TaskRunNumber, Transition};

use crate::{
    Answer, CacheEntry, NewRun, Owner, Receipt, SlotHolder, Slots, Steering, StoreError,
    codec::Encoder,
    receipt::Ticket,
    tables::{
        cache, device, due_time, limit,
        pin::{self, Pin, PinnedFlow},
        request,
        result::{self, CACHE_RUN, ResultHash, Results},
        run::{self, Encoded, Restart, RunFold},
        setting, task_run, transition, variable, wait, workspace,
    },
    time,
    writer::{Arena, CommittedBatch, Session, Work, WriterThread},
};

/// Rows that one transaction removes at most: other writers wait for it.
const REMOVED_AT_ONCE: i64 = 10_000;

/// What happened to a run, to be committed together.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Transitions, in order.
    pub transitions: Vec<Transition>,
    /// Results to keep for later runs.
    pub cache: Vec<CacheEntry>,
    /// Task runs whose slots are free from here on.
    pub free_slots: Vec<TaskRunNumber>,
    /// What it is to one who asked for it.
    pub answer: Option<Answered>,
    /// Nobody carries the run from here on. (A run that ends belongs to nobody anyway.)
    pub release: bool,
}

/// The answer to a request, committed together with what was asked for: whoever dies
/// then, it is never done without being said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The request's number.
    pub request: i64,
    /// What its asker is told.
    pub answer: Answer,
    /// When.
    pub at: Timestamp,
}

impl From<Vec<Transition>> for Batch {
    fn from(transitions: Vec<Transition>) -> Self {
        Self {
            transitions,
            ..Self::default()
        }
    }
}

/// The typed door of writes. Every method hands over and returns at once; it only
/// waits while more than some ten thousand transitions wait already. In the order
/// of the calls, what is handed over is committed. Where a part of a run's history
/// could not be, what follows it is refused with the same error, until the run is
/// claimed anew: a history has no gaps.
#[derive(Clone)]
pub struct Writer {
    thread: Arc<WriterThread>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl Writer {
    pub(crate) fn new(thread: Arc<WriterThread>) -> Self {
        Self { thread }
    }

    /// Adds a run with its first transitions; where it is a schedule's, its time has it from
    /// then on. Refused with [`StoreError::RunExists`], and with [`StoreError::TimeTaken`]
    /// where that time does not wait.
    pub fn begin_run(&self, run: NewRun, transitions: Vec<Transition>) -> Receipt {
        self.append_work(run.id, Some(run), transitions.into())
    }

    /// Adds what happened to a run. Refused with [`StoreError::NoRun`].
    pub fn append(&self, run: RunId, batch: Batch) -> Receipt {
        self.append_work(run, None, batch)
    }

    fn append_work(&self, run: RunId, new: Option<NewRun>, batch: Batch) -> Receipt {
        let ticket = Arc::new(Ticket::new());
        let receipt = Receipt::new(Arc::clone(&ticket), Arc::clone(&self.thread.shared));
        self.thread.submit(Box::new(Append {
            run,
            new: new.map(Box::new),
            batch,
            ticket,
            piece: 0,
            files: Vec::new(),
            cache_files: Vec::new(),
            first_sequence: 0,
            refused: None,
        }));
        receipt
    }

    pub(crate) fn call<T, F>(&self, body: F) -> Receipt<T>
    where
        T: Clone + Send + 'static,
        F: FnMut(&mut Session) -> Result<T, StoreError> + Send + 'static,
    {
        self.call_about(None, body)
    }

    fn call_about<T, F>(&self, takes_over: Option<RunId>, body: F) -> Receipt<T>
    where
        T: Clone + Send + 'static,
        F: FnMut(&mut Session) -> Result<T, StoreError> + Send + 'static,
    {
        let ticket = Arc::new(Ticket::new());
        let receipt = Receipt::new(Arc::clone(&ticket), Arc::clone(&self.thread.shared));
        self.thread.submit(Box::new(Call {
            takes_over,
            body,
            ticket,
            answer: None,
        }));
        receipt
    }

    /// Hands a run from one owner to another (`None`: nobody), if it is `expected`'s:
    /// compare and swap. Answers whether it was. What was asked of the owner before
    /// and is not answered yet is refused: the next one shall not do it.
    pub fn claim(
        &self,
        run: RunId,
        expected: Option<Owner>,
        owner: Option<Owner>,
    ) -> Receipt<bool> {
        let refusal = json(&Answer {
            accepted: false,
            message: "the process that carried the run went away before it answered".to_owned(),
        });
        self.call_about(Some(run), move |session| {
            session.show_owner(owner)?;
            let claimed = run::claim(&session.connection, run, expected, owner)?;
            if claimed {
                request::refuse_open(&session.connection, run, &refusal)?;
            }
            Ok(claimed)
        })
    }

    /// Takes one slot of each of these limits, or none. Slots of processes that are
    /// gone are freed on the way; taking twice takes once. Refused with
    /// [`StoreError::NoLimit`].
    pub fn take_slots(&self, limits: Vec<String>, holder: SlotHolder) -> Receipt<Slots> {
        self.call(move |session| {
            session.show_owner(Some(holder.owner))?;
            limit::take(session, &limits, &holder)
        })
    }

    /// Takes a slot of a limit that has no row of its own, such as how many runs of
    /// a flow there may be at once, and has `slots`. Otherwise as [`Writer::take_slots`].
    pub fn take_turn(&self, name: String, slots: u32, holder: SlotHolder) -> Receipt<Slots> {
        self.call(move |session| {
            session.show_owner(Some(holder.owner))?;
            limit::take_turn(session, &name, slots, &holder)
        })
    }

    /// Notes that a task run waits for slots of these limits, where something around it
    /// holds any: so others can see whether they wait for each other. It is forgotten
    /// with the slots that it takes, or that it is said to free.
    pub fn note_wait(&self, limits: Vec<String>, holder: SlotHolder) -> Receipt {
        self.call(move |session| Ok(wait::note(&session.connection, &limits, &holder)?))
    }

    /// Frees the slots that a task run holds in this process.
    pub fn free_slots(&self, run: RunId, task: TaskRunNumber) -> Receipt {
        self.call(move |session| Ok(limit::free(&session.connection, run, task)?))
    }

    /// Sets how many slots a limit has.
    pub fn set_limit(&self, name: String, slots: u32) -> Receipt {
        self.call(move |session| Ok(limit::set(&session.connection, &name, slots)?))
    }

    /// Removes a limit. Answers whether it was there.
    pub fn remove_limit(&self, name: String) -> Receipt<bool> {
        self.call(move |session| Ok(limit::remove(&session.connection, &name)?))
    }

    /// Asks the owner of a run for something. Answers the request's number, by which
    /// [`crate::Reader::answer`] finds what the owner says.
    pub fn request(
        &self,
        run: RunId,
        steering: &Steering,
        by: String,
        at: Timestamp,
    ) -> Receipt<i64> {
        let steering = json(steering);
        self.call(move |session| {
            if run::key(&session.connection, run)?.is_none() {
                return Err(StoreError::NoRun(run.to_string()));
            }
            Ok(request::insert(
                &session.connection,
                run,
                &steering,
                &by,
                at,
            )?)
        })
    }

    /// Answers a request. Answers whether it was open.
    pub fn answer_request(&self, id: i64, answer: &Answer, at: Timestamp) -> Receipt<bool> {
        let answer = json(answer);
        self.call(move |session| Ok(request::answer(&session.connection, id, &answer, at)?))
    }

    /// Sets a variable.
    pub fn set_variable(&self, name: String, value: &serde_json::Value) -> Receipt {
        let value = value.to_string();
        self.call(move |session| Ok(variable::set(&session.connection, &name, &value)?))
    }

    /// Removes a variable. Answers whether it was there.
    pub fn remove_variable(&self, name: String) -> Receipt<bool> {
        self.call(move |session| Ok(variable::remove(&session.connection, &name)?))
    }

    /// Pins an output of a flow's task.
    pub fn set_pin(&self, flow: PinnedFlow, pin: Pin) -> Receipt {
        self.call(move |session| Ok(pin::set(&session.connection, &flow, &pin)?))
    }

    /// Removes a pin. Answers whether it was there.
    pub fn remove_pin(&self, flow: PinnedFlow, task: String) -> Receipt<bool> {
        self.call(move |session| Ok(pin::remove(&session.connection, &flow, &task)?))
    }

    /// Sets a setting.
    pub fn set_setting(&self, key: String, value: &serde_json::Value) -> Receipt {
        let value = value.to_string();
        self.call(move |session| Ok(setting::set(&session.connection, &key, &value)?))
    }

    /// Removes a setting. Answers whether it was there.
    pub fn remove_setting(&self, key: String) -> Receipt<bool> {
        self.call(move |session| Ok(setting::remove(&session.connection, &key)?))
    }

    /// Remembers that a workspace, by its absolute path, was used.
    pub fn remember_workspace(&self, path: String, at: Timestamp) -> Receipt {
        self.call(move |session| Ok(workspace::remember(&session.connection, &path, at)?))
    }

    /// Puts all that was committed before on the disk, for who waits until it is flushed.
    pub fn flush(&self) -> Receipt {
        self.call(|session| Ok(device::mark(&session.connection)?))
    }

    /// Removes results from the cache that have expired, and their files. Answers
    /// how many.
    pub fn remove_expired(&self, now: Timestamp) -> Receipt<usize> {
        self.call(move |session| {
            let removed = cache::remove_expired(&session.connection, now)?;
            session
                .unnamed
                .extend(cache::forget_unnamed(&session.connection)?);
            Ok(removed)
        })
    }

    /// Removes a run with all that belongs to it, except its logs. Blocks until it
    /// is done: in steps, so that no other writer waits long. Refused with
    /// [`StoreError::RunOwned`] while a living process carries it, and with
    /// [`StoreError::NoRun`]. If it is broken off, the run is in no list any more,
    /// and calling it again goes on.
    pub fn remove_run(&self, run: RunId) -> Result<(), StoreError> {
        let key = self
            .call(move |session| begin_removal(session, run))
            .wait_committed()?;
        let mut left = true;
        while left {
            left = self
                .call(move |session| {
                    let connection = &session.connection;
                    Ok(task_run::remove_some(connection, key, REMOVED_AT_ONCE)?
                        || transition::remove_some(connection, key, REMOVED_AT_ONCE)?)
                })
                .wait_committed()?;
        }
        self.call(move |session| end_removal(session, run, key))
            .wait_committed()
    }
}

fn begin_removal(session: &mut Session, run: RunId) -> Result<i64, StoreError> {
    let connection = &session.connection;
    let Some((key, owner)) = run::key(connection, run)? else {
        return Err(StoreError::NoRun(run.to_string()));
    };
    if let Some(owner) = owner
        && owner.is_alive(&session.home)
    {
        let pid = owner.pid();
        return Err(StoreError::RunOwned { run, pid });
    }
    run::set_removing(connection, key)?;
    Ok(key)
}

fn end_removal(session: &mut Session, run: RunId, key: i64) -> Result<(), StoreError> {
    let connection = &session.connection;
    request::remove_of_run(connection, run)?;
    limit::free_run(connection, run)?;
    session.unnamed.extend(result::forget(connection, key)?);
    run::remove(connection, key)?;
    session.unknow(run);
    Ok(())
}

/// Our own types always are JSON: their keys are texts.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

/// Errors that say no before anything was written: they undo nothing of others.
fn is_refusal(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::NoRun(_)
            | StoreError::RunExists(_)
            | StoreError::TimeTaken(_)
            | StoreError::RunOwned { .. }
            | StoreError::NoLimit(_)
    )
}

/// A write that is seldom made.
struct Call<T, F> {
    takes_over: Option<RunId>,
    body: F,
    ticket: Arc<Ticket<T>>,
    answer: Option<Result<T, StoreError>>,
}

impl<T, F> Work for Call<T, F>
where
    T: Clone + Send + 'static,
    F: FnMut(&mut Session) -> Result<T, StoreError> + Send + 'static,
{
    fn weight(&self) -> usize {
        1
    }

    fn prepare(&mut self, _arena: &mut Arena, _results: &Results) -> Result<(), StoreError> {
        Ok(())
    }

    fn apply(&mut self, session: &mut Session) -> Result<(), StoreError> {
        match (self.body)(session) {
            Err(error) if !is_refusal(&error) => Err(error),
            answer => {
                self.answer = Some(answer);
                Ok(())
            }
        }
    }

    fn wants_flush(&self) -> bool {
        self.ticket.wants_flush()
    }

    fn batch(&self) -> Option<CommittedBatch<'_>> {
        None
    }

    fn continues(&self) -> Option<RunId> {
        None
    }

    fn takes_over(&self) -> Option<RunId> {
        self.takes_over
    }

    fn settle(self: Box<Self>, outcome: Result<u64, StoreError>) {
        let answer = self.answer.unwrap_or(Err(StoreError::Closed));
        self.ticket
            .settle(outcome.and_then(|commit| answer.map(|value| (value, commit))));
    }
}

/// A batch of transitions, and the run where it is new.
struct Append {
    run: RunId,
    new: Option<Box<NewRun>>,
    batch: Batch,
    ticket: Arc<Ticket<()>>,
    /// Its first piece in the arena: the new run's values, the details, the cache's values.
    piece: usize,
    files: Vec<ResultHash>,
    cache_files: Vec<ResultHash>,
    first_sequence: i64,
    refused: Option<StoreError>,
}

/// A new run's values: parameters, trigger, variables, environment, trial.
const RUN_PIECES: usize = 5;

impl Append {
    fn encode_run(&mut self, arena: &mut Arena, results: &Results) -> Result<(), StoreError> {
        let Some(new) = &self.new else { return Ok(()) };
        let values = [
            Some(&new.parameters),
            Some(&new.trigger),
            Some(&new.variables),
            new.environment.as_ref(),
            new.trial.as_ref(),
        ];
        for value in values {
            let mut encoder = Encoder {
                bytes: &mut arena.bytes,
                results,
                files: &mut self.files,
            };
            value.map_or(Ok(()), |value| encoder.value(value))?;
            arena.ends.push(arena.bytes.len());
        }
        Ok(())
    }

    /// The key of the run; `None`: refused.
    fn find_run(&mut self, session: &mut Session) -> Result<Option<i64>, StoreError> {
        let Some(new) = &self.new else {
            let key = session.key(self.run)?;
            if key.is_none() {
                self.refused = Some(StoreError::NoRun(self.run.to_string()));
            }
            return Ok(key);
        };
        if let Some(due) = new.due
            && !due_time::waits(&session.connection, due)?
        {
            self.refused = Some(StoreError::TimeTaken(due.time));
            return Ok(None);
        }
        session.show_owner(new.owner)?;
        let key = {
            let mut pieces = session.arena.pieces(self.piece);
            let mut piece = || pieces.next().unwrap_or_default();
            let values = Encoded {
                parameters: piece(),
                trigger: piece(),
                variables: piece(),
                environment: Some(piece()).filter(|_| new.environment.is_some()),
                trial: Some(piece()).filter(|_| new.trial.is_some()),
            };
            run::insert(&session.connection, new, &values)?
        };
        match key {
            Some(key) => {
                session.know(self.run, key);
                if let Some(due) = new.due {
                    due_time::take(&session.connection, due, self.run)?;
                }
            }
            None => self.refused = Some(StoreError::RunExists(self.run)),
        }
        Ok(key)
    }

    fn write(&mut self, session: &mut Session, key: i64) -> Result<(), StoreError> {
        let transitions = &self.batch.transitions;
        let details = self.piece + self.new.as_ref().map_or(0, |_| RUN_PIECES);
        let Session {
            connection,
            arena,
            folder,
            next_sequence,
            ..
        } = session;
        let first = *next_sequence;
        self.first_sequence = first;
        if !transitions.is_empty() {
            let rows = transitions.iter().zip(arena.pieces(details));
            transition::insert(connection, key, first, rows)?;
            *next_sequence += i64::try_from(transitions.len()).unwrap_or(i64::MAX);
            transition::extend_segment(connection, key, first, *next_sequence - 1)?;
        }
        folder.clear();
        let mut fold = None;
        for (transition, sequence) in transitions.iter().zip(first..) {
            match transition.subject {
                Subject::Run => fold_run(&mut fold, transition, sequence),
                Subject::Task(number) => folder.add(number, transition, sequence),
            }
        }
        folder.write(connection, key)?;
        if folder.superseding {
            run::set_superseding(connection, key)?;
        }
        let ended = fold.is_some_and(|fold| fold.ended_at.is_some());
        if let Some(fold) = &fold {
            run::update(connection, key, fold)?;
        }
        if self.batch.release {
            run::release(connection, key)?;
        }
        if ended || self.batch.release {
            limit::free_run(connection, self.run)?;
        }
        Ok(())
    }

    fn write_beside(&self, session: &Session, key: i64) -> Result<(), StoreError> {
        let connection = &session.connection;
        let before = self.new.as_ref().map_or(0, |_| RUN_PIECES) + self.batch.transitions.len();
        let values = session.arena.pieces(self.piece + before);
        for (entry, value) in self.batch.cache.iter().zip(values) {
            cache::keep(connection, self.run, entry, value)?;
        }
        for task in &self.batch.free_slots {
            limit::free(connection, self.run, *task)?;
        }
        if let Some(Answered {
            request,
            answer,
            at,
        }) = &self.batch.answer
        {
            request::answer(connection, *request, &json(answer), *at)?;
        }
        if !self.files.is_empty() {
            result::refer(connection, key, &self.files)?;
        }
        if !self.cache_files.is_empty() {
            result::refer(connection, CACHE_RUN, &self.cache_files)?;
        }
        Ok(())
    }
}

impl Work for Append {
    fn weight(&self) -> usize {
        self.batch.transitions.len() + 1
    }

    fn prepare(&mut self, arena: &mut Arena, results: &Results) -> Result<(), StoreError> {
        self.piece = arena.ends.len();
        self.files.clear();
        self.cache_files.clear();
        self.encode_run(arena, results)?;
        let mut encoder = Encoder {
            bytes: &mut arena.bytes,
            results,
            files: &mut self.files,
        };
        for transition in &self.batch.transitions {
            encoder.detail(transition)?;
            arena.ends.push(encoder.bytes.len());
        }
        encoder.files = &mut self.cache_files;
        for entry in &self.batch.cache {
            encoder.value(&entry.value)?;
            arena.ends.push(encoder.bytes.len());
        }
        Ok(())
    }

    fn apply(&mut self, session: &mut Session) -> Result<(), StoreError> {
        // Between `prepare` and the lock another process may have removed a file that
        // only a removed run named.
        let mut files = self.files.iter().chain(&self.cache_files);
        if !files.all(|hash| session.results.has(hash)) {
            self.prepare(&mut session.arena, &session.results)?;
        }
        let Some(key) = self.find_run(session)? else {
            return Ok(());
        };
        self.write(session, key)?;
        self.write_beside(session, key)
    }

    fn wants_flush(&self) -> bool {
        self.ticket.wants_flush()
    }

    fn batch(&self) -> Option<CommittedBatch<'_>> {
        let shown = self.refused.is_none() && !self.batch.transitions.is_empty();
        shown.then(|| CommittedBatch {
            run: self.run,
            first_sequence: self.first_sequence.unsigned_abs(),
            transitions: &self.batch.transitions,
        })
    }

    fn continues(&self) -> Option<RunId> {
        Some(self.run)
    }

    fn takes_over(&self) -> Option<RunId> {
        None
    }

    fn settle(self: Box<Self>, outcome: Result<u64, StoreError>) {
        let answer = self.refused.map_or(Ok(()), Err);
        self.ticket
            .settle(outcome.and_then(|commit| answer.map(|()| ((), commit))));
    }
}

/// Takes in one transition of the run itself.
fn fold_run(fold: &mut Option<RunFold>, transition: &Transition, sequence: i64) {
    let at = time::to_column(transition.at);
    let runs = transition.to.state_type() == StateType::Running;
    let restart = match transition.detail {
        Detail::Restarted { from_failed: true } => Some(Restart::FromFailed),
        Detail::Restarted { from_failed: false } => Some(Restart::Whole),
        _ => fold.and_then(|fold| fold.restart),
    };
    let started_at = fold.and_then(|fold| fold.started_at);
    *fold = Some(RunFold {
        state: transition.to,
        run_attempt: transition.run_attempt,
        last: sequence,
        started_at: started_at.or(runs.then_some(at)),
        ended_at: transition.to.is_terminal().then_some(at),
        restart,
    });
}
