//! The writer's thread: it takes what waits, writes it in one transaction, and
//! tells those who wait. Flushes come after at most [`FLUSH_WITHIN`], or when
//! someone waits for one.
//!
//! Not here: what is written (`write.rs` is the door, `tables/` the statements).

use std::{
    collections::{HashMap, VecDeque},
    future::poll_fn,
    path::PathBuf,
    sync::{Arc, Condvar, Mutex, OnceLock, PoisonError, RwLock},
    task::{Poll, Waker},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use rusqlite::Connection;
use tidemill_orchestrate::{RunId, Transition};

use crate::{
    Home, Owner, StoreError, connection,
    lock::WriteQueue,
    migrations::Database,
    owner::OwnerLock,
    receipt::{lock, remember},
    tables::{
        device,
        result::{ResultHash, Results},
        run,
        task_run::Folder,
    },
};

/// A commit is on the disk this long after, at the latest: promised are 100 ms.
const FLUSH_WITHIN: Duration = Duration::from_millis(80);

/// Transitions that one transaction takes at most, so that other processes' writers
/// wait a bounded time.
const GROUP: usize = 4096;

/// Transitions that wait at most; who brings more waits for room.
const QUEUE: usize = 32 * 1024;

/// The encoding buffer is given back past this size.
const BUFFER: usize = 1 << 20;

/// Values nest deep only on purpose, and writing them recurses.
const STACK: usize = 8 << 20;

/// What a commit brought, as its observers see it: in order of commit.
#[derive(Debug)]
pub struct Commit<'a> {
    /// Each batch of transitions in it.
    pub batches: Vec<CommittedBatch<'a>>,
}

/// One batch of a commit.
#[derive(Clone, Copy, Debug)]
pub struct CommittedBatch<'a> {
    /// The run that it is of.
    pub run: RunId,
    /// The first transition's sequence number; the others follow it.
    pub first_sequence: u64,
    /// What happened.
    pub transitions: &'a [Transition],
}

/// Who looks at commits.
pub(crate) type Observer = Box<dyn Fn(&Commit<'_>) + Send + Sync>;

/// Something to be written.
pub(crate) trait Work: Send {
    /// How many transitions it holds, at least 1.
    fn weight(&self) -> usize;
    /// Encodes values and keeps large ones, before the lock is taken.
    fn prepare(&mut self, arena: &mut Arena, results: &Results) -> Result<(), StoreError>;
    /// Writes it. A refusal is kept for `settle` and is no error; an error undoes
    /// the transaction.
    fn apply(&mut self, session: &mut Session) -> Result<(), StoreError>;
    /// Someone waits for the disk.
    fn wants_flush(&self) -> bool;
    /// What observers see of it once it is committed.
    fn batch(&self) -> Option<CommittedBatch<'_>>;
    /// The run whose history it goes on with.
    fn continues(&self) -> Option<RunId>;
    /// The run that someone takes over by it, to read its history anew.
    fn takes_over(&self) -> Option<RunId>;
    /// Tells who waits: the commit's number, or why there is none.
    fn settle(self: Box<Self>, outcome: Result<u64, StoreError>);
}

/// Encoded details and values of the group that is being written, end to end.
#[derive(Debug, Default)]
pub(crate) struct Arena {
    pub(crate) bytes: Vec<u8>,
    pub(crate) ends: Vec<usize>,
}

impl Arena {
    fn clear(&mut self) {
        self.ends.clear();
        self.bytes.clear();
        if self.bytes.capacity() > BUFFER {
            self.bytes = Vec::new();
        }
    }

    /// The pieces from the one with this number on.
    pub(crate) fn pieces(&self, first: usize) -> impl Iterator<Item = &[u8]> {
        let before = first.checked_sub(1).and_then(|last| self.ends.get(last));
        let ends = self.ends.get(first..).unwrap_or_default();
        ends.iter()
            .scan(before.copied().unwrap_or(0), |start, &end| {
                let piece = self.bytes.get(*start..end);
                *start = end;
                piece
            })
    }
}

/// What the writer's thread works with.
pub(crate) struct Session {
    pub(crate) connection: Connection,
    pub(crate) home: Home,
    pub(crate) results: Results,
    pub(crate) arena: Arena,
    pub(crate) folder: Folder,
    /// The next transition's number, within a transaction.
    pub(crate) next_sequence: i64,
    /// Files that a transaction left without a name: removed once it is committed.
    pub(crate) unnamed: Vec<ResultHash>,
    keys: HashMap<RunId, i64>,
    queue: WriteQueue,
    /// There once this process owns something.
    owner: Arc<OnceLock<OwnerLock>>,
    path: PathBuf,
    /// How far transitions were numbered when this process last committed.
    last_sequence: Option<i64>,
    flushing: bool,
}

impl Session {
    fn open(home: &Home, owner: &Arc<OnceLock<OwnerLock>>) -> Result<Self, StoreError> {
        let database = Database::state(home);
        let queue = WriteQueue::open(&database.lock)?.impatient();
        let connection = database.write()?;
        Ok(Self {
            connection,
            home: home.clone(),
            results: Results::new(home.results()),
            arena: Arena::default(),
            folder: Folder::default(),
            next_sequence: 0,
            unnamed: Vec::new(),
            keys: HashMap::new(),
            queue,
            owner: Arc::clone(owner),
            path: database.path,
            last_sequence: None,
            flushing: false,
        })
    }

    /// The key of a run; `None`: there is none.
    pub(crate) fn key(&mut self, id: RunId) -> Result<Option<i64>, StoreError> {
        if let Some(key) = self.keys.get(&id) {
            return Ok(Some(*key));
        }
        let found = run::key(&self.connection, id)?.map(|(key, _)| key);
        if let Some(key) = found {
            self.know(id, key);
        }
        Ok(found)
    }

    /// Remembers the key of a run. A few are enough: those that write.
    pub(crate) fn know(&mut self, id: RunId, key: i64) {
        if self.keys.len() >= 1024 {
            self.keys.clear();
        }
        self.keys.insert(id, key);
    }

    /// Forgets the key of a run that is gone.
    pub(crate) fn unknow(&mut self, id: RunId) {
        self.keys.remove(&id);
    }

    /// Shows this process to the others in the home before it is written down as an
    /// owner.
    pub(crate) fn show_owner(&self, owner: Option<Owner>) -> Result<(), StoreError> {
        if owner == Some(Owner::current()) && self.owner.get().is_none() {
            let lock = OwnerLock::hold(&self.home)?;
            // Only this thread sets it.
            let _ = self.owner.set(lock);
        }
        Ok(())
    }

    /// One transaction under the writers' lock, on the disk if `flush`. After a
    /// failure the session is to be dropped, which undoes the transaction.
    fn transaction(
        &mut self,
        flush: bool,
        body: impl FnOnce(&mut Self) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        if self.flushing != flush {
            let mode = if flush { "FULL" } else { "NORMAL" };
            self.connection.pragma_update(None, "synchronous", mode)?;
            self.flushing = flush;
        }
        self.queue.lock()?;
        let done = self.locked(body);
        if done.is_ok() {
            for hash in std::mem::take(&mut self.unnamed) {
                if let Err(error) = self.results.remove(&hash) {
                    tracing::warn!(%error, "a value that nothing names could not be removed");
                }
            }
            if let Err(error) = connection::cut_log(&self.connection, &self.path, false) {
                tracing::warn!(error = %error.at(&self.path), "the log could not be cut");
            }
        }
        self.unnamed.clear();
        self.queue.unlock();
        self.queue.yield_to_others();
        done
    }

    fn locked(
        &mut self,
        body: impl FnOnce(&mut Self) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.execute("BEGIN IMMEDIATE")?;
        self.numbered(body)?;
        self.execute("COMMIT")
    }

    fn numbered(
        &mut self,
        body: impl FnOnce(&mut Self) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let last = device::last_sequence(&self.connection)?;
        if self.last_sequence.is_some_and(|own| own != last) {
            self.queue.saw_others();
        }
        self.next_sequence = last + 1;
        body(self)?;
        let newest = self.next_sequence - 1;
        self.last_sequence = Some(newest);
        if newest != last {
            device::set_last_sequence(&self.connection, newest)?;
        }
        Ok(())
    }

    fn execute(&self, sql: &str) -> Result<(), StoreError> {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }

    /// Leaves the log short for the next process; where another one writes, to that one.
    fn finish(&mut self) -> Result<(), StoreError> {
        if !self.queue.try_lock()? {
            return Ok(());
        }
        let cut = connection::cut_log(&self.connection, &self.path, true);
        self.queue.unlock();
        cut
    }
}

/// What the writer's thread shares with those who write and wait.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    queue: Mutex<Queue>,
    arrived: Condvar,
    room: Condvar,
    flushes: Mutex<Flushes>,
    flushed: Condvar,
}

#[derive(Default)]
struct Queue {
    works: VecDeque<Box<dyn Work>>,
    weight: usize,
    /// The newest commit that someone wants on the disk.
    wanted: u64,
    closing: bool,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Queue")
            .field("waiting", &self.works.len())
            .field("closing", &self.closing)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Default)]
struct Flushes {
    /// The newest commit that is on the disk.
    done: u64,
    /// The newest commit that could not be flushed, and why.
    failed: Option<(u64, StoreError)>,
    wakers: Vec<Waker>,
}

impl Flushes {
    fn outcome(&self, commit: u64) -> Option<Result<(), StoreError>> {
        if self.done >= commit {
            return Some(Ok(()));
        }
        match &self.failed {
            Some((failed, error)) if *failed >= commit => Some(Err(error.clone())),
            _ => None,
        }
    }
}

impl Shared {
    /// Hands something to the writer's thread. Waits while too much waits already.
    pub(crate) fn submit(&self, work: Box<dyn Work>) {
        let mut queue = lock(&self.queue);
        while queue.weight >= QUEUE && !queue.closing {
            queue = self
                .room
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if queue.closing {
            drop(queue);
            work.settle(Err(StoreError::Closed));
            return;
        }
        queue.weight += work.weight();
        queue.works.push_back(work);
        drop(queue);
        self.arrived.notify_one();
    }

    /// Waits until a commit is on the disk; asks for it.
    pub(crate) fn wait_flushed(&self, commit: u64) -> Result<(), StoreError> {
        self.ask_for_flush(commit);
        let mut flushes = lock(&self.flushes);
        loop {
            if let Some(outcome) = flushes.outcome(commit) {
                return outcome;
            }
            flushes = self
                .flushed
                .wait(flushes)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// As `wait_flushed`, as a future.
    pub(crate) async fn flushed(&self, commit: u64) -> Result<(), StoreError> {
        self.ask_for_flush(commit);
        poll_fn(|context| {
            let mut flushes = lock(&self.flushes);
            match flushes.outcome(commit) {
                Some(outcome) => Poll::Ready(outcome),
                None => {
                    remember(&mut flushes.wakers, context.waker());
                    Poll::Pending
                }
            }
        })
        .await
    }

    fn ask_for_flush(&self, commit: u64) {
        let mut flushes = lock(&self.flushes);
        if flushes.done >= commit {
            return;
        }
        // An earlier failure was told to those who waited then: it is tried again.
        flushes.failed = None;
        drop(flushes);
        let mut queue = lock(&self.queue);
        queue.wanted = queue.wanted.max(commit);
        drop(queue);
        self.arrived.notify_one();
    }

    fn tell_flushed(&self, commit: u64, outcome: Result<(), StoreError>) {
        let mut flushes = lock(&self.flushes);
        match outcome {
            Ok(()) => flushes.done = commit,
            Err(error) => flushes.failed = Some((commit, error)),
        }
        let wakers = std::mem::take(&mut flushes.wakers);
        drop(flushes);
        self.flushed.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }

    fn close(&self) {
        lock(&self.queue).closing = true;
        self.arrived.notify_one();
        self.room.notify_all();
    }
}

/// The writer's thread, started by the first write.
pub(crate) struct WriterThread {
    pub(crate) shared: Arc<Shared>,
    pub(crate) observers: Arc<RwLock<Vec<Observer>>>,
    home: Home,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl WriterThread {
    pub(crate) fn new(home: Home) -> Self {
        Self {
            shared: Arc::default(),
            observers: Arc::default(),
            home,
            thread: Mutex::new(None),
        }
    }

    /// Hands something to the thread, which is started if it does not run.
    pub(crate) fn submit(&self, work: Box<dyn Work>) {
        match self.start() {
            Ok(()) => self.shared.submit(work),
            Err(error) => work.settle(Err(error)),
        }
    }

    fn start(&self) -> Result<(), StoreError> {
        let mut thread = lock(&self.thread);
        if thread.is_none() {
            let carrier = Carrier {
                shared: Arc::clone(&self.shared),
                observers: Arc::clone(&self.observers),
                home: self.home.clone(),
                session: None,
                owner: Arc::default(),
                commits: 0,
                flushed: 0,
                flush_at: None,
                broken: HashMap::new(),
            };
            let started = std::thread::Builder::new()
                .name("store-writer".to_owned())
                .stack_size(STACK)
                .spawn(move || carrier.run())
                .map_err(|cause| StoreError::io(self.home.state(), cause))?;
            *thread = Some(started);
        }
        Ok(())
    }

    /// Writes and flushes what waits, and ends the thread.
    pub(crate) fn close(&self) {
        self.shared.close();
        if let Some(thread) = lock(&self.thread).take()
            && thread.join().is_err()
        {
            tracing::error!("the store's writer ended by a panic");
        }
    }
}

/// What the thread is to do next.
enum Next {
    Write(Vec<Box<dyn Work>>),
    Flush,
    End,
}

/// The thread itself.
struct Carrier {
    shared: Arc<Shared>,
    observers: Arc<RwLock<Vec<Observer>>>,
    home: Home,
    session: Option<Session>,
    /// Outlives sessions that fail.
    owner: Arc<OnceLock<OwnerLock>>,
    /// How many commits there were.
    commits: u64,
    /// How many of them are on the disk.
    flushed: u64,
    /// When the oldest commit that is not there has to be.
    flush_at: Option<Instant>,
    /// Runs of whose history a part could not be written, and why: what follows that
    /// part, and may be on its way already, would leave a gap.
    broken: HashMap<RunId, StoreError>,
}

impl Carrier {
    fn run(mut self) {
        loop {
            match self.next() {
                Next::Write(works) => self.write(works),
                Next::Flush => self.flush(),
                Next::End => break,
            }
        }
        if self.flush_at.is_some() {
            self.flush();
        }
        if let Some(mut session) = self.session.take()
            && let Err(error) = session.finish()
        {
            tracing::debug!(%error, "the log stays long");
        }
    }

    fn next(&self) -> Next {
        let mut queue = lock(&self.shared.queue);
        loop {
            if !queue.works.is_empty() {
                return Next::Write(self.take(&mut queue));
            }
            if queue.wanted > self.flushed {
                return Next::Flush;
            }
            if queue.closing {
                return Next::End;
            }
            let Some(flush_at) = self.flush_at else {
                queue = self
                    .shared
                    .arrived
                    .wait(queue)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = flush_at.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Next::Flush;
            }
            (queue, _) = self
                .shared
                .arrived
                .wait_timeout(queue, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes what waits, up to a group.
    fn take(&self, queue: &mut Queue) -> Vec<Box<dyn Work>> {
        let mut works = Vec::new();
        let mut weight = 0;
        while weight < GROUP {
            let Some(work) = queue.works.pop_front() else {
                break;
            };
            weight += work.weight();
            works.push(work);
        }
        queue.weight = queue.weight.saturating_sub(weight);
        self.shared.room.notify_all();
        works
    }

    /// Whether the next commit is to be flushed by itself.
    fn flush_is_due(&self, works: &[Box<dyn Work>]) -> bool {
        works.iter().any(|work| work.wants_flush())
            || self.flush_at.is_some_and(|at| at <= Instant::now())
            || lock(&self.shared.queue).wanted > self.flushed
    }

    fn write(&mut self, works: Vec<Box<dyn Work>>) {
        let mut works = self.without_gaps(works);
        if works.is_empty() {
            return;
        }
        let outcome = self.commit(&mut works);
        match outcome {
            Ok(()) => {
                for run in works.iter().filter_map(|work| work.takes_over()) {
                    self.broken.remove(&run);
                }
                self.tell(works);
            }
            Err(error) if works.len() == 1 || error.is_of_all() => {
                for work in works {
                    if let Some(run) = work.continues() {
                        self.broken.insert(run, error.clone());
                    }
                    work.settle(Err(error.clone()));
                }
            }
            // One of them is to blame: each by itself, so that only that one fails.
            Err(_) => works.into_iter().for_each(|work| self.write(vec![work])),
        }
    }

    /// Fails what follows a part of a run's history that could not be written.
    fn without_gaps(&self, works: Vec<Box<dyn Work>>) -> Vec<Box<dyn Work>> {
        if self.broken.is_empty() {
            return works;
        }
        let mut left = Vec::new();
        for work in works {
            match work.continues().and_then(|run| self.broken.get(&run)) {
                Some(error) => work.settle(Err(error.clone())),
                None => left.push(work),
            }
        }
        left
    }

    fn commit(&mut self, works: &mut [Box<dyn Work>]) -> Result<(), StoreError> {
        let flush = self.flush_is_due(works);
        let path = self.home.state();
        let session = self.session()?;
        session.arena.clear();
        for work in &mut *works {
            work.prepare(&mut session.arena, &session.results)?;
        }
        let written = session.transaction(flush, |session| {
            works.iter_mut().try_for_each(|work| work.apply(session))
        });
        if let Err(error) = written {
            self.session = None;
            return Err(error.at(&path));
        }
        self.commits += 1;
        if flush {
            self.has_flushed(Ok(()));
        } else if self.flush_at.is_none() {
            self.flush_at = Some(Instant::now() + FLUSH_WITHIN);
        }
        Ok(())
    }

    /// The session, opened anew where it failed before.
    fn session(&mut self) -> Result<&mut Session, StoreError> {
        match &mut self.session {
            Some(session) => Ok(session),
            none => Ok(none.insert(Session::open(&self.home, &self.owner)?)),
        }
    }

    fn tell(&self, works: Vec<Box<dyn Work>>) {
        let observers = self
            .observers
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if !observers.is_empty() {
            let batches: Vec<_> = works.iter().filter_map(|work| work.batch()).collect();
            if !batches.is_empty() {
                let commit = Commit { batches };
                observers.iter().for_each(|observe| observe(&commit));
            }
        }
        drop(observers);
        for work in works {
            work.settle(Ok(self.commits));
        }
    }

    fn flush(&mut self) {
        let path = self.home.state();
        let outcome = self.session().and_then(|session| {
            session.transaction(true, |session| Ok(device::mark(&session.connection)?))
        });
        if outcome.is_err() {
            self.session = None;
        }
        self.has_flushed(outcome.map_err(|error| error.at(&path)));
    }

    fn has_flushed(&mut self, outcome: Result<(), StoreError>) {
        if let Err(error) = &outcome {
            tracing::error!(%error, "what was committed could not be flushed");
        }
        // After a failure it is not tried again by the clock, only when asked.
        self.flush_at = None;
        match &outcome {
            Ok(()) => self.flushed = self.commits,
            Err(_) => lock(&self.shared.queue).wanted = self.flushed,
        }
        self.shared.tell_flushed(self.commits, outcome);
    }
}

impl Drop for Carrier {
    /// Nobody waits for a thread that is gone, however it went.
    fn drop(&mut self) {
        self.shared.close();
        let left = std::mem::take(&mut lock(&self.shared.queue).works);
        for work in left {
            work.settle(Err(StoreError::Closed));
        }
        if self.flushed < self.commits {
            self.shared
                .tell_flushed(self.commits, Err(StoreError::Closed));
        }
    }
}
