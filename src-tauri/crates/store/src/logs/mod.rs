//! The logs: what runs said, line by line, in a database of their own.
//!
//! Not here: how a process's output becomes lines, and masking.

mod chunk;
mod index;
mod read;
mod readers;
mod search;
mod window;
mod write;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use rusqlite::{Connection, params};
use tidemill_orchestrate::{RunId, TaskRunNumber};

pub use read::{LogFilter, LogLines};
pub use search::{LogHit, LogHits, RunsSaying};
pub use window::{LogView, LogWindow, TaskRunSet};
pub use write::LogAppended;

use crate::{Home, StoreError, lock::WriteQueue, migrations::Database};
use index::Index;
use readers::Readers;
use write::LogThread;

/// The longest piece of a line that is kept as one: longer lines are several pieces.
const PIECE: usize = 64 * 1024;

/// Lines that wait, as their writer and those who wait for it share them.
type Shared = Arc<write::Pending>;

/// Chunks that one transaction removes at most.
const REMOVED_AT_ONCE: u32 = 200;

/// Where a line came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// Tidemill itself.
    Engine,
}

impl Stream {
    fn code(self) -> u8 {
        match self {
            Self::Stdout => 1,
            Self::Stderr => 2,
            Self::Engine => 3,
        }
    }

    fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Stdout),
            2 => Some(Self::Stderr),
            3 => Some(Self::Engine),
            _ => None,
        }
    }
}

/// A line that is to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLine {
    /// When it came; kept to the microsecond.
    pub at: Timestamp,
    /// Where it came from.
    pub stream: Stream,
    /// The task run that said it; `None`: the run itself.
    pub task: Option<TaskRunNumber>,
    /// The task run's attempt, from 1.
    pub attempt: u32,
    /// Its bytes, without the line feed.
    pub bytes: Vec<u8>,
    /// The line goes on in the next one of the same task run and stream.
    pub open: bool,
}

/// A line as it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Its number in its run, from 1. The pieces of a very long line have one each.
    pub number: u64,
    /// When it came.
    pub at: Timestamp,
    /// Where it came from.
    pub stream: Stream,
    /// The task run that said it; `None`: the run itself.
    pub task: Option<TaskRunNumber>,
    /// The task run's attempt, from 1.
    pub attempt: u32,
    /// Its bytes, without the line feed.
    pub bytes: Vec<u8>,
    /// The line goes on in the next one of the same task run and stream.
    pub open: bool,
}

/// A home's logs.
pub struct Logs {
    database: Database,
    index: Index,
    thread: LogThread,
    readers: Readers,
}

impl std::fmt::Debug for Logs {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Logs")
            .field("path", &self.database.path)
            .finish_non_exhaustive()
    }
}

impl Logs {
    /// The logs of a home; opens nothing yet.
    pub(crate) fn new(home: &Home) -> Self {
        let database = Database::logs(home);
        Self {
            thread: LogThread::new(database.clone()),
            index: Index::new(Database::search(home)),
            database,
            readers: Readers::default(),
        }
    }

    /// Hands a line over. Blocks while more than some megabytes wait to be written. A
    /// line longer than 64 KiB becomes several pieces. It is committed within 200 ms.
    /// Lines that the disk refuses are lost, and counted in the log once it takes
    /// lines again; a process is never kept waiting for a full disk.
    pub fn append(&self, run: RunId, line: NewLine) -> Result<(), StoreError> {
        self.thread.append(run, line)
    }

    /// As [`Logs::append`], as a future.
    pub async fn append_when_free(&self, run: RunId, line: NewLine) -> Result<(), StoreError> {
        self.thread.append_when_free(run, line).await
    }

    /// Everything that was handed over so far: wait for it to be committed.
    pub fn appended(&self) -> LogAppended {
        self.thread.appended()
    }

    /// Reads a run's lines, page by page; reading on later follows it.
    pub fn lines(&self, run: RunId, filter: LogFilter) -> LogLines<'_> {
        LogLines::new(self, run, filter)
    }

    /// Lines that hold all these words, newest first, at most `limit`, in about so much
    /// time at most. Asks the index that [`Logs::index_for`] makes, and looks through
    /// the newest of what is not in it yet.
    pub fn search(&self, words: &str, limit: usize, time: Duration) -> Result<LogHits, StoreError> {
        search::lines(self, words, limit, time)
    }

    /// The runs whose logs hold all these words, the last that logged first; as
    /// [`Logs::search`].
    pub fn runs_saying(
        &self,
        words: &str,
        limit: usize,
        time: Duration,
    ) -> Result<RunsSaying, StoreError> {
        search::runs(self, words, limit, time)
    }

    /// How much of what was logged is not indexed yet, in chunks of some hundred lines.
    pub fn unindexed(&self) -> Result<u64, StoreError> {
        let last = self.read(|logs| Ok(index::last_chunk(logs)?))?.unwrap_or(0);
        if last == 0 {
            return Ok(0);
        }
        Ok(last
            .saturating_sub(self.index.done()?)
            .max(0)
            .unsigned_abs())
    }

    /// Indexes what was logged for about so long; gives whether all is indexed. Never
    /// in the way of who logs: the index is a database of its own.
    pub fn index_for(&self, time: Duration) -> Result<bool, StoreError> {
        let started = Instant::now();
        if self.unindexed()? == 0 {
            return Ok(true);
        }
        while self.read(|logs| self.index.step(logs))?.unwrap_or(false) {
            if started.elapsed() >= time {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Removes a run's lines.
    pub fn remove(&self, run: RunId) -> Result<(), StoreError> {
        if !self.database.path.exists() {
            return Ok(());
        }
        self.remove_in_steps(|connection| {
            let id = run.to_bytes();
            let chosen = "SELECT id FROM chunks WHERE run = ?1 LIMIT ?2";
            removed(connection, chosen, params![id, REMOVED_AT_ONCE])
        })
    }

    /// Removes lines older than `before`, then the oldest until at most `bytes` are
    /// left, and gives the room back to the disk.
    pub fn prune(&self, before: Timestamp, bytes: u64) -> Result<(), StoreError> {
        if !self.database.path.exists() {
            return Ok(());
        }
        let before = before.as_microsecond();
        self.remove_in_steps(|connection| {
            let chosen = "SELECT id FROM chunks WHERE last_at < ?1 ORDER BY id LIMIT ?2";
            removed(connection, chosen, params![before, REMOVED_AT_ONCE])
        })?;
        self.remove_in_steps(|connection| {
            let used: i64 = connection.query_row(
                "SELECT (page_count - freelist_count) * page_size
                 FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
                [],
                |row| row.get(0),
            )?;
            if used.unsigned_abs() <= bytes {
                return Ok(Vec::new());
            }
            let chosen = "SELECT id FROM chunks ORDER BY id LIMIT ?1";
            removed(connection, chosen, [REMOVED_AT_ONCE])
        })
    }

    /// Repeats a removal until it removes nothing, each time in a transaction; then the
    /// index forgets what was removed. Where that fails, a search passes over it.
    fn remove_in_steps(
        &self,
        step: impl Fn(&Connection) -> rusqlite::Result<Vec<(i64, i64)>>,
    ) -> Result<(), StoreError> {
        let mut queue = WriteQueue::open(&self.database.lock)?.impatient();
        let mut connection = self.database.write()?;
        loop {
            let removed = queue.transaction(&mut connection, &self.database.path, |inside| {
                let removed = step(inside)?;
                give_back(inside)?;
                Ok(removed)
            })?;
            if removed.is_empty() {
                return Ok(());
            }
            self.index.forget(&removed)?;
        }
    }

    /// Commits what waits and ends the thread.
    pub(crate) fn close(&self) {
        self.thread.close();
    }

    /// Reads; `Ok(None)` while nothing was ever logged.
    fn read<T>(
        &self,
        body: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        self.readers.read(&self.database, body)
    }
}

/// Removes the chunks that a query chooses; gives each one's id and number of lines.
fn removed(
    connection: &Connection,
    chosen: &str,
    values: impl rusqlite::Params,
) -> rusqlite::Result<Vec<(i64, i64)>> {
    connection
        .prepare_cached(&format!(
            "DELETE FROM chunks WHERE id IN ({chosen}) RETURNING id, count"
        ))?
        .query_map(values, |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// Gives free pages back to the disk: one a row of this pragma's answer.
fn give_back(connection: &Connection) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached("PRAGMA incremental_vacuum")?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}
