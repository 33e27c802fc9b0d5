//! Full-text search over all logs: an index in a database of its own, made behind
//! those who log, when someone searches or asks for it.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, params};
use tidemill_orchestrate::RunId;

use super::{
    LogLine, Logs,
    chunk::{LINES, Lines},
};
use crate::{StoreError, lock::WriteQueue};

/// Chunks that one step indexes.
const STEP: u32 = 64;

/// Bits of a row's id that hold the line's place in its chunk.
const PLACE_BITS: u32 = LINES.trailing_zeros();

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
    /// Whether everything was looked through that was logged.
    pub complete: bool,
}

/// A row of the logs.
struct Row {
    id: i64,
    run: RunId,
    first: u64,
    data: Vec<u8>,
}

/// Indexes the next chunks; gives whether there may be more.
pub(super) fn index_more(logs: &Logs) -> Result<bool, StoreError> {
    if logs.read(|_| Ok(()))?.is_none() {
        return Ok(false);
    }
    drop(logs.index.open()?);
    let mut queue = WriteQueue::open(&logs.index.lock)?;
    let mut connection = logs.index.write()?;
    queue.transaction(&mut connection, &logs.index.path, |index| {
        let done: i64 = index.query_row("SELECT chunk FROM progress", [], |row| row.get(0))?;
        let rows = logs
            .read(|connection| Ok(chunks_after(connection, done)?))?
            .unwrap_or_default();
        let Some(last) = rows.last().map(|row| row.id) else {
            return Ok(false);
        };
        for row in &rows {
            index_chunk(index, row)?;
        }
        index.execute("UPDATE progress SET chunk = ?", [last])?;
        Ok(rows.len() == STEP as usize)
    })
}

fn index_chunk(index: &Connection, row: &Row) -> rusqlite::Result<()> {
    let mut insert = index.prepare_cached("INSERT INTO words (rowid, text) VALUES (?, ?)")?;
    let lines = Lines {
        data: &row.data,
        number: row.first,
    };
    for (line, place) in lines.zip(0_i64..) {
        let text = String::from_utf8_lossy(&line.bytes);
        insert.execute(params![(row.id << PLACE_BITS) | place, text])?;
    }
    Ok(())
}

fn chunks_after(connection: &Connection, done: i64) -> rusqlite::Result<Vec<Row>> {
    connection
        .prepare_cached("SELECT id, run, first, data FROM chunks WHERE id > ? ORDER BY id LIMIT ?")?
        .query_map([done, i64::from(STEP)], row)?
        .collect()
}

fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        id: row.get(0)?,
        run: row.get(1).map(RunId::from_bytes)?,
        first: row.get::<_, i64>(2)?.unsigned_abs(),
        data: row.get(3)?,
    })
}

/// Lines that hold all words, newest first.
pub(super) fn search(
    logs: &Logs,
    words: &str,
    run: Option<RunId>,
    limit: usize,
) -> Result<Vec<LogHit>, StoreError> {
    let query = query(words);
    if query.is_empty() || !logs.index.path.exists() {
        return Ok(Vec::new());
    }
    let index = logs.index.open()?;
    let hits = logs.read(|connection| find(&index, connection, &query, run, limit));
    Ok(hits
        .map_err(|error| error.at(&logs.index.path))?
        .unwrap_or_default())
}

fn find(
    index: &Connection,
    logs: &Connection,
    query: &str,
    run: Option<RunId>,
    limit: usize,
) -> Result<Vec<LogHit>, StoreError> {
    let mut statement =
        index.prepare("SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC")?;
    let mut ids = statement.query([query])?;
    let mut hits = Vec::new();
    let mut chunk: Option<Row> = None;
    while hits.len() < limit {
        let Some(id) = ids.next()? else { break };
        let id: i64 = id.get(0)?;
        let (number, place) = (id >> PLACE_BITS, id & ((1 << PLACE_BITS) - 1));
        if chunk.as_ref().is_none_or(|chunk| chunk.id != number) {
            chunk = one(logs, number)?;
        }
        // A chunk that is gone was removed with its run, or pruned.
        let Some(chunk) = chunk
            .as_ref()
            .filter(|chunk| run.is_none_or(|run| chunk.run == run))
        else {
            continue;
        };
        let mut lines = Lines {
            data: &chunk.data,
            number: chunk.first,
        };
        let place = usize::try_from(place).unwrap_or(LINES);
        hits.extend(lines.nth(place).map(|line| LogHit {
            run: chunk.run,
            line,
        }));
    }
    Ok(hits)
}

/// Runs whose lines hold all words, the last that logged first.
pub(super) fn runs(logs: &Logs, words: &str, limit: usize) -> Result<Vec<RunId>, StoreError> {
    let query = query(words);
    if query.is_empty() || !logs.index.path.exists() {
        return Ok(Vec::new());
    }
    let index = logs.index.open()?;
    let found = logs.read(|connection| runs_found(&index, connection, &query, limit));
    Ok(found
        .map_err(|error| error.at(&logs.index.path))?
        .unwrap_or_default())
}

/// Goes from chunk to chunk: one line of each is enough.
fn runs_found(
    index: &Connection,
    logs: &Connection,
    query: &str,
    limit: usize,
) -> Result<Vec<RunId>, StoreError> {
    let mut next = index.prepare(
        "SELECT rowid FROM words WHERE words MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT 1",
    )?;
    let mut run_of = logs.prepare_cached("SELECT run FROM chunks WHERE id = ?")?;
    let (mut runs, mut seen) = (Vec::new(), HashSet::new());
    let mut before = i64::MAX;
    while runs.len() < limit {
        let id: Option<i64> = next
            .query_row(params![query, before], |row| row.get(0))
            .optional()?;
        let Some(id) = id else { break };
        let chunk = id >> PLACE_BITS;
        before = chunk << PLACE_BITS;
        // A chunk that is gone was removed with its run, or pruned.
        let run: Option<[u8; 16]> = run_of.query_row([chunk], |row| row.get(0)).optional()?;
        if let Some(run) = run.map(RunId::from_bytes)
            && seen.insert(run)
        {
            runs.push(run);
        }
    }
    Ok(runs)
}

fn one(logs: &Connection, id: i64) -> rusqlite::Result<Option<Row>> {
    logs.prepare_cached("SELECT id, run, first, data FROM chunks WHERE id = ?")?
        .query_row([id], row)
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
