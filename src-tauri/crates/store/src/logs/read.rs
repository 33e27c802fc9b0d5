//! Reading a run's lines: page by page, filtered, and on again where more came.

use std::collections::HashMap;

use jiff::Timestamp;
use memchr::memmem::Finder;
use rusqlite::{Connection, params};
use tidemill_orchestrate::{RunId, TaskRunNumber};

use super::{LogLine, Logs, Stream, chunk::Lines};
use crate::StoreError;

/// Bytes of chunks that one page looks at, at least: a page's memory is bounded by it.
const PAGE: usize = 1 << 20;

/// Which lines of a run are read. The default: all.
#[derive(Clone, Debug, Default)]
pub struct LogFilter {
    /// Lines of this task run.
    pub task: Option<TaskRunNumber>,
    /// Lines from this number on.
    pub from: u64,
    /// Lines then or later.
    pub since: Option<Timestamp>,
    /// Lines before then.
    pub until: Option<Timestamp>,
    /// Lines that hold these bytes; of a line in pieces, the piece where they end.
    pub contains: Option<Vec<u8>>,
}

/// A run's lines, page by page. It remembers where it is, so reading on after the
/// last page gives what came since: that is how a log is followed.
#[derive(Debug)]
pub struct LogLines<'a> {
    logs: &'a Logs,
    run: RunId,
    filter: LogFilter,
    /// The number of the next line.
    next: u64,
    /// The ends of pieces whose lines go on, so that a match across pieces is seen.
    tails: HashMap<(Option<TaskRunNumber>, u8), Vec<u8>>,
}

impl<'a> LogLines<'a> {
    pub(super) fn new(logs: &'a Logs, run: RunId, filter: LogFilter) -> Self {
        Self {
            logs,
            run,
            next: filter.from.max(1),
            filter,
            tails: HashMap::new(),
        }
    }

    /// The number of the line that is read next.
    pub fn position(&self) -> u64 {
        self.next
    }

    /// The next lines that the filter lets through, some megabytes at most; empty:
    /// there are no more for now.
    pub fn next_page(&mut self) -> Result<Vec<LogLine>, StoreError> {
        loop {
            let before = self.next;
            let (run, task, next) = (self.run, self.filter.task, self.next);
            let chunks = self
                .logs
                .read(|connection| chunks(connection, run, task, next))?;
            let Some(Page { chunks, end }) = chunks else {
                return Ok(Vec::new());
            };
            let mut page = Vec::new();
            for (first, data) in &chunks {
                let lines = Lines {
                    data,
                    number: *first,
                };
                for line in lines.skip_while(|line| line.number < before) {
                    if self.lets_through(&line) {
                        page.push(line);
                    }
                }
            }
            self.next = before.max(end);
            if !page.is_empty() || self.next == before {
                return Ok(page);
            }
        }
    }

    fn lets_through(&mut self, line: &LogLine) -> bool {
        let filter = &self.filter;
        let wanted = filter.task.is_none_or(|task| line.task == Some(task))
            && filter.since.is_none_or(|since| line.at >= since)
            && filter.until.is_none_or(|until| line.at < until);
        wanted && self.contains(line)
    }

    fn contains(&mut self, line: &LogLine) -> bool {
        let Some(needle) = &self.filter.contains else {
            return true;
        };
        let source = (line.task, line.stream.code());
        let Some(mut text) = self.tails.remove(&source) else {
            if line.open {
                self.tails.insert(source, tail(&line.bytes, needle));
            }
            return Finder::new(needle).find(&line.bytes).is_some();
        };
        text.extend_from_slice(&line.bytes);
        if line.open {
            self.tails.insert(source, tail(&text, needle));
        }
        Finder::new(needle).find(&text).is_some()
    }
}

/// What of a piece a match that ends in the next one may begin with.
fn tail(bytes: &[u8], needle: &[u8]) -> Vec<u8> {
    let start = bytes.len().saturating_sub(needle.len().saturating_sub(1));
    bytes.get(start..).unwrap_or_default().to_vec()
}

/// Chunks, each with its first line's number, and the number after the last line
/// that was looked at.
struct Page {
    chunks: Vec<(u64, Vec<u8>)>,
    end: u64,
}

fn chunks(
    connection: &Connection,
    run: RunId,
    task: Option<TaskRunNumber>,
    next: u64,
) -> Result<Page, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT first, count, low_task, high_task, data FROM chunks
         WHERE run = ?1 AND first >= coalesce(
           (SELECT max(first) FROM chunks WHERE run = ?1 AND first <= ?2), 0)
         ORDER BY first",
    )?;
    let next = i64::try_from(next).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![run.to_bytes(), next])?;
    let mut page = Page {
        chunks: Vec::new(),
        end: 0,
    };
    let mut size = 0;
    while size < PAGE {
        let Some(row) = rows.next()? else { break };
        let first = row.get::<_, i64>(0)?.unsigned_abs();
        let (count, low, high): (i64, u32, u32) = (row.get(1)?, row.get(2)?, row.get(3)?);
        page.end = first + count.unsigned_abs();
        if task.is_none_or(|task| (low..=high).contains(&task.get())) {
            let data: Vec<u8> = row.get(4)?;
            size += data.len();
            page.chunks.push((first, data));
        }
    }
    Ok(page)
}

impl Stream {
    /// The name that people see: `stdout`, `stderr`, `engine`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
            Self::Engine => "engine",
        }
    }
}
