//! Full-text search over all logs: what is indexed, and the little that is not yet.
//!
//! A search looks through the index from its end, in windows of chunks, for a bounded
//! time: also for words that are in every line, but in no line together.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use rusqlite::{Connection, OptionalExtension, params};
use tidemill_orchestrate::RunId;

use super::{
    LogLine, Logs,
    index::{self, Row, first_id, place},
};
use crate::StoreError;

/// Bytes of chunks that are not indexed yet and are looked through all the same.
const TAIL: usize = 512 * 1024;

/// Chunks in the first window.
const WINDOW: i64 = 64;

/// A window that took less is followed by one of twice its width.
const QUICK: Duration = Duration::from_millis(4);

/// A line that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogHit {
    /// The run whose log it stands in.
    pub run: RunId,
    /// The line.
    pub line: LogLine,
}

/// Lines that were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogHits {
    /// The lines, newest first.
    pub hits: Vec<LogHit>,
    /// Whether everything was looked through that was logged, or there are as many as
    /// were asked for.
    pub complete: bool,
}

/// Runs whose logs were found to hold what was looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunsSaying {
    /// The runs, the last that logged first.
    pub runs: Vec<RunId>,
    /// Whether these are all: everything was looked through that was logged, and they
    /// are fewer than were asked for.
    pub complete: bool,
}

/// What is looked for, and for how long.
struct Search<'a> {
    /// In the index's own words.
    query: String,
    limit: usize,
    until: Instant,
    logs: &'a Connection,
}

/// Lines that hold all words, newest first.
pub(super) fn lines(
    logs: &Logs,
    words: &str,
    limit: usize,
    time: Duration,
) -> Result<LogHits, StoreError> {
    let mut found = Lines::default();
    let complete = look(logs, words, limit, time, &mut found)?;
    Ok(LogHits {
        complete: complete || found.hits.len() >= limit,
        hits: found.hits,
    })
}

/// Runs whose lines hold all words.
pub(super) fn runs(
    logs: &Logs,
    words: &str,
    limit: usize,
    time: Duration,
) -> Result<RunsSaying, StoreError> {
    let mut found = Runs::default();
    let complete = look(logs, words, limit, time, &mut found)?;
    Ok(RunsSaying {
        complete: complete && found.runs.len() < limit,
        runs: found.runs,
    })
}

/// Looks through all that was logged, newest first; gives whether it came to its end.
fn look(
    logs: &Logs,
    words: &str,
    limit: usize,
    time: Duration,
    found: &mut impl Found,
) -> Result<bool, StoreError> {
    let query = query(words);
    if query.is_empty() {
        return Ok(true);
    }
    // Before anything is looked at: what is indexed meanwhile is in the tail.
    let done = logs.index.done()?;
    let complete = logs.read(|connection| {
        let search = Search {
            query,
            limit,
            until: Instant::now() + time,
            logs: connection,
        };
        let whole = search.tail(done, found)?;
        let indexed = logs
            .index
            .read(|index| search.indexed(index, done, found))?;
        Ok(whole && indexed.unwrap_or(true))
    })?;
    Ok(complete.unwrap_or(true))
}

impl Search<'_> {
    /// Looks through what was logged after the last indexed chunk; gives whether that
    /// was all of it.
    fn tail(&self, done: i64, found: &mut impl Found) -> Result<bool, StoreError> {
        let mut statement = self.logs.prepare_cached(
            "SELECT id, run, first, data FROM chunks WHERE id > ? ORDER BY id DESC",
        )?;
        let mut rows = statement.query([done])?;
        let (mut tail, mut bytes) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            if bytes >= TAIL {
                break;
            }
            let row = Row::read(row)?;
            bytes += row.data.len();
            tail.push(row);
        }
        let (Some(newest), Some(oldest)) = (tail.first(), tail.last()) else {
            return Ok(true);
        };
        let (above, low) = (newest.id.saturating_add(1), oldest.id);
        let words = Connection::open_in_memory()?;
        words.execute_batch("CREATE VIRTUAL TABLE words USING fts5 (text, content = '')")?;
        for row in &tail {
            index::insert(&words, row)?;
        }
        found.look(self, &words, low, above)?;
        Ok(bytes < TAIL)
    }

    /// Looks through what is indexed up to the chunk `done`; gives whether that was all.
    fn indexed(
        &self,
        index: &Connection,
        done: i64,
        found: &mut impl Found,
    ) -> Result<bool, StoreError> {
        let mut above = done.saturating_add(1);
        let mut width = WINDOW;
        while above > 0 && found.count() < self.limit {
            let started = Instant::now();
            if started >= self.until {
                return Ok(false);
            }
            let low = above.saturating_sub(width).max(0);
            found.look(self, index, low, above)?;
            width = match started.elapsed() < QUICK {
                true => width.saturating_mul(2),
                false => (width / 2).max(1),
            };
            above = low;
        }
        Ok(true)
    }
}

/// What is gathered from lines that hold the words.
trait Found {
    /// How much it is so far.
    fn count(&self) -> usize;

    /// Looks through the chunks from `low` to below `above`, newest first, until there
    /// is enough.
    fn look(
        &mut self,
        search: &Search<'_>,
        words: &Connection,
        low: i64,
        above: i64,
    ) -> Result<(), StoreError>;
}

#[derive(Default)]
struct Lines {
    hits: Vec<LogHit>,
}

impl Found for Lines {
    fn count(&self) -> usize {
        self.hits.len()
    }

    fn look(
        &mut self,
        search: &Search<'_>,
        words: &Connection,
        low: i64,
        above: i64,
    ) -> Result<(), StoreError> {
        let mut statement = words.prepare_cached(
            "SELECT rowid FROM words WHERE words MATCH ? AND rowid >= ? AND rowid < ?
             ORDER BY rowid DESC",
        )?;
        let mut ids = statement.query(params![search.query, first_id(low), first_id(above)])?;
        let mut chunk: Option<Row> = None;
        while self.hits.len() < search.limit {
            let Some(id) = ids.next()? else { break };
            let (number, place) = place(id.get(0)?);
            if chunk.as_ref().is_none_or(|chunk| chunk.id != number) {
                chunk = one(search.logs, number)?;
            }
            // A chunk that is gone was removed with its run, or pruned.
            let Some(chunk) = &chunk else { continue };
            let line = chunk.lines().nth(place).and_then(|line| line.to_line());
            self.hits.extend(line.map(|line| LogHit {
                run: chunk.run,
                line,
            }));
        }
        Ok(())
    }
}

#[derive(Default)]
struct Runs {
    runs: Vec<RunId>,
    seen: HashSet<RunId>,
}

impl Found for Runs {
    fn count(&self) -> usize {
        self.runs.len()
    }

    /// Goes from chunk to chunk: one line of each is enough. Upwards, since the index
    /// finds the next line that way without walking to it.
    fn look(
        &mut self,
        search: &Search<'_>,
        words: &Connection,
        low: i64,
        above: i64,
    ) -> Result<(), StoreError> {
        let mut next = words.prepare_cached(
            "SELECT rowid FROM words WHERE words MATCH ? AND rowid >= ? AND rowid < ?
             ORDER BY rowid LIMIT 1",
        )?;
        let (mut chunks, mut from) = (Vec::new(), low);
        while from < above && Instant::now() < search.until {
            let id: Option<i64> = next
                .query_row(
                    params![search.query, first_id(from), first_id(above)],
                    |row| row.get(0),
                )
                .optional()?;
            let Some(id) = id else { break };
            let (chunk, _) = place(id);
            chunks.push(chunk);
            from = chunk.saturating_add(1);
        }
        let mut run_of = search
            .logs
            .prepare_cached("SELECT run FROM chunks WHERE id = ?")?;
        for chunk in chunks.into_iter().rev() {
            if self.runs.len() >= search.limit {
                break;
            }
            // A chunk that is gone was removed with its run, or pruned.
            let run: Option<[u8; 16]> = run_of.query_row([chunk], |row| row.get(0)).optional()?;
            if let Some(run) = run.map(RunId::from_bytes)
                && self.seen.insert(run)
            {
                self.runs.push(run);
            }
        }
        Ok(())
    }
}

fn one(logs: &Connection, id: i64) -> rusqlite::Result<Option<Row>> {
    logs.prepare_cached("SELECT id, run, first, data FROM chunks WHERE id = ?")?
        .query_row([id], Row::read)
        .optional()
}

/// Each word as a phrase, so that nothing in it is taken for the index's own syntax.
fn query(words: &str) -> String {
    words
        .split_whitespace()
        .map(|word| format!("\"{}\"", word.replace('"', "\"\"")))
        .collect::<Vec<_>>()
        .join(" ")
}
