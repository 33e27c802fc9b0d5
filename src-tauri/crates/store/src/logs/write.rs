//! The logs' writer: takes lines from a bounded queue, and commits them in chunks.

use std::{
    collections::HashMap,
    future::poll_fn,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use tidemill_orchestrate::RunId;

use super::{NewLine, PIECE, Shared, Stream, chunk::Chunk};
use crate::{
    StoreError, connection,
    lock::WriteQueue,
    migrations::Database,
    receipt::{lock, remember},
};

/// Bytes that wait at most.
const QUEUE: usize = 4 << 20;

/// So many bytes are committed without waiting for more.
const ENOUGH: usize = 256 * 1024;

/// Lines are committed this long after, at the latest: promised are 200 ms.
const WITHIN: Duration = Duration::from_millis(100);

/// What a line costs beside its bytes.
const LINE: usize = 64;

/// Lines that wait, and how far they are written.
#[derive(Debug, Default)]
pub(super) struct Pending {
    state: Mutex<State>,
    /// The thread waits for lines.
    arrived: Condvar,
    /// Everyone else waits for the thread.
    written: Condvar,
}

#[derive(Debug, Default)]
struct State {
    lines: Vec<(RunId, NewLine)>,
    bytes: usize,
    /// When the oldest of them came.
    since: Option<Instant>,
    /// How many lines were handed over, ever; how many of them are done with.
    taken: u64,
    done: u64,
    /// Up to which line someone waits.
    wanted: u64,
    /// The newest failure, and up to which line it reaches.
    failed: Option<(u64, StoreError)>,
    closing: bool,
    wakers: Vec<Waker>,
}

impl State {
    fn push(&mut self, run: RunId, line: NewLine) {
        self.bytes += line.bytes.len() + LINE;
        self.taken += 1;
        self.since.get_or_insert_with(Instant::now);
        self.lines.push((run, line));
    }

    fn outcome(&self, number: u64) -> Option<Result<(), StoreError>> {
        if self.done < number {
            return None;
        }
        Some(match &self.failed {
            Some((failed, error)) if *failed >= number => Err(error.clone()),
            _ => Ok(()),
        })
    }
}

impl Pending {
    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.written
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, number: u64) {
        let mut state = lock(&self.state);
        state.wanted = state.wanted.max(number);
        drop(state);
        self.arrived.notify_one();
    }
}

/// Everything that had been handed over at one moment.
#[derive(Debug)]
pub struct LogAppended {
    pending: Shared,
    number: u64,
}

impl LogAppended {
    /// Waits until it is committed: from then on it survives this process. Blocks
    /// the thread. Fails if the disk refused any of it.
    pub fn wait_committed(&self) -> Result<(), StoreError> {
        self.pending.ask(self.number);
        let mut state = lock(&self.pending.state);
        loop {
            match state.outcome(self.number) {
                Some(outcome) => return outcome,
                None => state = self.pending.wait(state),
            }
        }
    }

    /// As [`LogAppended::wait_committed`], as a future.
    pub async fn committed(&self) -> Result<(), StoreError> {
        self.pending.ask(self.number);
        poll_fn(|context| {
            let mut state = lock(&self.pending.state);
            match state.outcome(self.number) {
                Some(outcome) => Poll::Ready(outcome),
                None => {
                    remember(&mut state.wakers, context.waker());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

/// The writer's thread, started by the first line.
pub(super) struct LogThread {
    database: Database,
    pending: Shared,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl LogThread {
    pub(super) fn new(database: Database) -> Self {
        Self {
            database,
            pending: Arc::default(),
            thread: Mutex::new(None),
        }
    }

    pub(super) fn append(&self, run: RunId, line: NewLine) -> Result<(), StoreError> {
        self.start()?;
        for piece in pieces(line) {
            let mut state = lock(&self.pending.state);
            while state.bytes >= QUEUE && !state.closing {
                state = self.pending.wait(state);
            }
            self.push(state, run, piece)?;
        }
        Ok(())
    }

    pub(super) async fn append_when_free(
        &self,
        run: RunId,
        line: NewLine,
    ) -> Result<(), StoreError> {
        self.start()?;
        for piece in pieces(line) {
            let mut piece = Some(piece);
            poll_fn(|context| {
                let mut state = lock(&self.pending.state);
                if state.bytes >= QUEUE && !state.closing {
                    remember(&mut state.wakers, context.waker());
                    return Poll::Pending;
                }
                Poll::Ready(match piece.take() {
                    Some(piece) => self.push(state, run, piece),
                    None => Ok(()),
                })
            })
            .await?;
        }
        Ok(())
    }

    fn push(
        &self,
        mut state: MutexGuard<'_, State>,
        run: RunId,
        piece: NewLine,
    ) -> Result<(), StoreError> {
        if state.closing {
            return Err(StoreError::Closed);
        }
        let was_empty = state.lines.is_empty();
        state.push(run, piece);
        let enough = state.bytes >= ENOUGH;
        drop(state);
        if was_empty || enough {
            self.pending.arrived.notify_one();
        }
        Ok(())
    }

    pub(super) fn appended(&self) -> LogAppended {
        LogAppended {
            pending: Arc::clone(&self.pending),
            number: lock(&self.pending.state).taken,
        }
    }

    fn start(&self) -> Result<(), StoreError> {
        let mut thread = lock(&self.thread);
        if thread.is_none() {
            let carrier = Carrier {
                pending: Arc::clone(&self.pending),
                database: self.database.clone(),
                session: None,
                lost: HashMap::new(),
            };
            let started = std::thread::Builder::new()
                .name("log-writer".to_owned())
                .spawn(move || carrier.run())
                .map_err(|cause| StoreError::io(&self.database.path, cause))?;
            *thread = Some(started);
        }
        Ok(())
    }

    pub(super) fn close(&self) {
        lock(&self.pending.state).closing = true;
        self.pending.arrived.notify_one();
        self.pending.written.notify_all();
        if let Some(thread) = lock(&self.thread).take()
            && thread.join().is_err()
        {
            tracing::error!("the logs' writer ended by a panic");
        }
    }
}

/// A line in pieces that are not too long.
fn pieces(mut line: NewLine) -> impl Iterator<Item = NewLine> {
    let mut bytes = std::mem::take(&mut line.bytes);
    let mut ended = false;
    std::iter::from_fn(move || {
        if ended {
            return None;
        }
        let rest = (bytes.len() > PIECE).then(|| bytes.split_off(PIECE));
        ended = rest.is_none();
        let piece = NewLine {
            bytes: std::mem::replace(&mut bytes, rest.unwrap_or_default()),
            open: line.open || !ended,
            ..line.clone()
        };
        Some(piece)
    })
}

struct Session {
    connection: Connection,
    queue: WriteQueue,
}

/// The thread itself.
struct Carrier {
    pending: Shared,
    database: Database,
    session: Option<Session>,
    /// Lines that the disk refused, by run.
    lost: HashMap<RunId, u64>,
}

impl Carrier {
    fn run(mut self) {
        while let Some((lines, number)) = self.next() {
            let outcome = self.write(&lines);
            if let Err(error) = &outcome {
                tracing::error!(%error, lines = lines.len(), "log lines are lost");
                for (run, _) in &lines {
                    *self.lost.entry(*run).or_default() += 1;
                }
                self.session = None;
            }
            self.tell(number, outcome);
        }
        if let Some(Session { connection, queue }) = &mut self.session {
            let cut = queue
                .lock()
                .and_then(|()| connection::cut_log(connection, &self.database.path, true))
                .and_then(|()| queue.unlock());
            if let Err(error) = cut {
                tracing::debug!(%error, "the logs' log stays long");
            }
        }
    }

    /// Waits for lines that are to be written now; `None`: it is over.
    fn next(&self) -> Option<(Vec<(RunId, NewLine)>, u64)> {
        let mut state = lock(&self.pending.state);
        loop {
            let Some(since) = state.since else {
                if state.closing {
                    return None;
                }
                state = self
                    .pending
                    .arrived
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = WITHIN.saturating_sub(since.elapsed());
            let asked = state.wanted > state.done;
            if left.is_zero() || asked || state.closing || state.bytes >= ENOUGH {
                state.since = None;
                state.bytes = 0;
                let number = state.taken;
                let lines = std::mem::take(&mut state.lines);
                return Some((lines, number));
            }
            (state, _) = self
                .pending
                .arrived
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn tell(&self, number: u64, outcome: Result<(), StoreError>) {
        let mut state = lock(&self.pending.state);
        state.done = number;
        if let Err(error) = outcome {
            state.failed = Some((number, error));
        }
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        self.pending.written.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }

    fn write(&mut self, lines: &[(RunId, NewLine)]) -> Result<(), StoreError> {
        let mut by_run: HashMap<RunId, Vec<&NewLine>> = HashMap::new();
        for (run, line) in lines {
            by_run.entry(*run).or_default().push(line);
        }
        let notes: HashMap<RunId, NewLine> = by_run
            .keys()
            .filter_map(|run| self.lost.get(run).map(|lost| (*run, loss(*lost))))
            .collect();
        let path = self.database.path.clone();
        let Session { connection, queue } = self.session()?;
        queue.transaction(connection, &path, |inside| {
            for (run, lines) in &by_run {
                let lines = notes.get(run).into_iter().chain(lines.iter().copied());
                write_run(inside, *run, lines)?;
            }
            Ok(())
        })?;
        self.lost.retain(|run, _| !notes.contains_key(run));
        Ok(())
    }

    fn session(&mut self) -> Result<&mut Session, StoreError> {
        match &mut self.session {
            Some(session) => Ok(session),
            none => {
                drop(self.database.open()?);
                Ok(none.insert(Session {
                    connection: self.database.write()?,
                    queue: WriteQueue::open(&self.database.lock)?,
                }))
            }
        }
    }
}

/// What the log says of lines that it lost.
fn loss(lines: u64) -> NewLine {
    NewLine {
        at: Timestamp::now(),
        stream: Stream::Engine,
        task: None,
        attempt: 1,
        bytes: format!("{lines} lines are missing here: the disk did not take them").into_bytes(),
        open: false,
    }
}

fn write_run<'a>(
    connection: &Connection,
    run: RunId,
    lines: impl Iterator<Item = &'a NewLine>,
) -> rusqlite::Result<()> {
    let mut number: i64 = connection
        .prepare_cached(
            "SELECT first + count FROM chunks WHERE run = ? ORDER BY first DESC LIMIT 1",
        )?
        .query_row([run.to_bytes()], |row| row.get(0))
        .optional()?
        .unwrap_or(1);
    let mut chunk = Chunk::default();
    for line in lines {
        if chunk.is_full() {
            number += insert(connection, run, number, &std::mem::take(&mut chunk))?;
        }
        chunk.push(line);
    }
    insert(connection, run, number, &chunk)?;
    Ok(())
}

fn insert(connection: &Connection, run: RunId, first: i64, chunk: &Chunk) -> rusqlite::Result<i64> {
    let count = i64::try_from(chunk.count).unwrap_or(i64::MAX);
    connection
        .prepare_cached(
            "INSERT INTO chunks (run, first, count, low_task, high_task, last_at, data)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            run.to_bytes(),
            first,
            count,
            chunk.low_task,
            chunk.high_task,
            chunk.last_at,
            chunk.data
        ])?;
    Ok(count)
}
