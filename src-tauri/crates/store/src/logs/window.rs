//! A window on a run's log: lines by their number, the last lines, where a text
//! stands. A log of a million lines is looked at where it is wanted and not read.

use std::{collections::HashMap, ops::ControlFlow};

use memchr::memmem::Finder;
use rusqlite::{Connection, OptionalExtension, params};
use tidemill_orchestrate::{RunId, TaskRunNumber};

use super::{
    LogLine, Logs, Stream,
    chunk::{Lines, RawLine, RawLines},
};
use crate::StoreError;

/// Numbers of matching lines that one search gives at most.
const MATCHES: usize = 10_000;

/// Bytes of lines after which a window ends, however many lines were asked for.
const BYTES: usize = 8 << 20;

/// Bytes of chunks that are looked at for the last lines of a task, at most.
const LOOKED_BACK: usize = 8 << 20;

/// Which lines of a run a window shows.
#[derive(Clone, Debug, Default)]
pub struct LogView {
    /// Lines of these task runs only; `None`: of all, and of the run itself.
    pub tasks: Option<TaskRunSet>,
    /// Lines that hold these bytes; of a line in pieces, the piece where they end.
    pub contains: Option<Vec<u8>>,
}

/// Numbers of task runs, as ranges: the items of a mapped task are one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskRunSet {
    /// First and last numbers, in order, none touching the next.
    ranges: Vec<(u32, u32)>,
}

impl TaskRunSet {
    /// Adds a number that is higher than all that are in it.
    pub fn push(&mut self, number: TaskRunNumber) {
        let number = number.get();
        match self.ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(number) => *last = number,
            _ => self.ranges.push((number, number)),
        }
    }

    /// Whether a number is in it.
    pub fn contains(&self, number: u32) -> bool {
        let place = self.ranges.partition_point(|(_, last)| *last < number);
        self.ranges
            .get(place)
            .is_some_and(|(first, _)| *first <= number)
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether one of these numbers may be in it.
    fn touches(&self, low: u32, high: u32) -> bool {
        let place = self.ranges.partition_point(|(_, last)| *last < low);
        self.ranges
            .get(place)
            .is_some_and(|(first, _)| *first <= high)
    }
}

/// A piece of a run's log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogWindow {
    /// The lines, in order.
    pub lines: Vec<LogLine>,
    /// The lowest number that is kept: older lines may have been pruned.
    pub first: Option<u64>,
    /// The highest number.
    pub last: Option<u64>,
    /// How many lines the view shows in all.
    pub total: u64,
    /// The numbers of the lines that hold the text, the first ten thousand of them;
    /// `None` where none was asked for.
    pub matches: Option<Vec<u64>>,
    /// Whether the view shows lines after these.
    pub more: bool,
}

impl Logs {
    /// The lines of a view from a number on, at most `limit`.
    pub fn window(
        &self,
        run: RunId,
        view: &LogView,
        from: u64,
        limit: usize,
    ) -> Result<LogWindow, StoreError> {
        let window = self.read(|connection| {
            let mut window = bounds(connection, run)?;
            match is_whole(view) {
                true => plain(connection, run, (from, limit), &mut window)?,
                false => viewed(connection, run, view, (from, limit), &mut window)?,
            }
            Ok(window)
        })?;
        Ok(window.unwrap_or_default())
    }

    /// The last lines of a view, at most `limit`.
    pub fn tail(&self, run: RunId, view: &LogView, limit: usize) -> Result<LogWindow, StoreError> {
        let window = self.read(|connection| {
            let mut window = bounds(connection, run)?;
            if is_whole(view) {
                let last = window.last.map_or(1, |last| last + 1);
                let from = last.saturating_sub(limit as u64).max(1);
                plain(connection, run, (from, limit), &mut window)?;
            } else {
                last_viewed(connection, run, view, limit, &mut window)?;
            }
            Ok(window)
        })?;
        Ok(window.unwrap_or_default())
    }

    /// The last lines that a task run wrote to any of these streams, at most `limit`,
    /// and whether there may be others. Looks back over some megabytes of the log.
    pub fn last_of(
        &self,
        run: RunId,
        task: TaskRunNumber,
        streams: &[Stream],
        limit: usize,
    ) -> Result<(Vec<LogLine>, bool), StoreError> {
        let found = self.read(|connection| last_of(connection, run, task, streams, limit))?;
        Ok(found.unwrap_or_default())
    }
}

fn is_whole(view: &LogView) -> bool {
    view.tasks.is_none() && view.contains.is_none()
}

/// The first and last number of a run's lines, and how many there are.
fn bounds(connection: &Connection, run: RunId) -> rusqlite::Result<LogWindow> {
    let edge = |order: &str| {
        let sql = format!(
            "SELECT first, first + count - 1 FROM chunks WHERE run = ? ORDER BY first {order} LIMIT 1"
        );
        connection
            .prepare_cached(&sql)?
            .query_row([run.to_bytes()], |row| {
                Ok((
                    row.get::<_, i64>(0)?.unsigned_abs(),
                    row.get::<_, i64>(1)?.unsigned_abs(),
                ))
            })
            .optional()
    };
    let (first, last) = (edge("ASC")?, edge("DESC")?);
    let (first, last) = (first.map(|edge| edge.0), last.map(|edge| edge.1));
    let total = match (first, last) {
        (Some(first), Some(last)) => last + 1 - first,
        _ => 0,
    };
    Ok(LogWindow {
        first,
        last,
        total,
        ..LogWindow::default()
    })
}

/// Fills a window with lines as they stand.
fn plain(
    connection: &Connection,
    run: RunId,
    (from, limit): (u64, usize),
    window: &mut LogWindow,
) -> Result<(), StoreError> {
    let mut bytes = 0;
    for_each_chunk(connection, run, from, |chunk| {
        let lines = Lines {
            data: chunk.data,
            number: chunk.first,
        };
        for line in lines.skip_while(|line| line.number < from) {
            if window.lines.len() >= limit || bytes >= BYTES {
                return ControlFlow::Break(());
            }
            bytes += line.bytes.len();
            window.lines.push(line);
        }
        ControlFlow::Continue(())
    })?;
    let shown = window.lines.last().map_or(from, |line| line.number);
    window.more = window.last.is_some_and(|last| last > shown);
    Ok(())
}

/// Fills a window with what a view shows: goes through the whole log, since how many
/// lines it shows is asked too.
fn viewed(
    connection: &Connection,
    run: RunId,
    view: &LogView,
    (from, limit): (u64, usize),
    window: &mut LogWindow,
) -> Result<(), StoreError> {
    let mut sieve = Sieve::new(view);
    let mut bytes = 0;
    window.total = 0;
    for_each_chunk(connection, run, 1, |chunk| {
        if sieve.passes_over(chunk) {
            return ControlFlow::Continue(());
        }
        let lines = RawLines {
            data: chunk.data,
            number: chunk.first,
        };
        for line in lines {
            if !sieve.lets_through(&line) {
                continue;
            }
            window.total += 1;
            if line.number < from {
                continue;
            }
            if window.lines.len() < limit && bytes < BYTES {
                bytes += line.bytes.len();
                window.lines.extend(line.to_line());
            } else {
                window.more = true;
            }
        }
        ControlFlow::Continue(())
    })?;
    window.matches = sieve.matches;
    Ok(())
}

/// Fills a window with the last lines that a view shows.
fn last_viewed(
    connection: &Connection,
    run: RunId,
    view: &LogView,
    limit: usize,
    window: &mut LogWindow,
) -> Result<(), StoreError> {
    let mut sieve = Sieve::new(view);
    let mut kept = std::collections::VecDeque::new();
    window.total = 0;
    for_each_chunk(connection, run, 1, |chunk| {
        if sieve.passes_over(chunk) {
            return ControlFlow::Continue(());
        }
        let lines = RawLines {
            data: chunk.data,
            number: chunk.first,
        };
        for line in lines {
            if sieve.lets_through(&line) {
                window.total += 1;
                kept.extend(line.to_line());
                if kept.len() > limit {
                    kept.pop_front();
                }
            }
        }
        ControlFlow::Continue(())
    })?;
    window.lines = kept.into();
    window.matches = sieve.matches;
    Ok(())
}

/// Decides which lines a view shows.
struct Sieve<'a> {
    view: &'a LogView,
    finder: Option<Finder<'a>>,
    /// The ends of pieces whose lines go on, so that a match across pieces is seen.
    tails: HashMap<(u32, u8), Vec<u8>>,
    matches: Option<Vec<u64>>,
}

impl<'a> Sieve<'a> {
    fn new(view: &'a LogView) -> Self {
        Self {
            view,
            finder: view.contains.as_deref().map(Finder::new),
            tails: HashMap::new(),
            matches: view.contains.is_some().then(Vec::new),
        }
    }

    /// Whether no line of a chunk can be wanted.
    fn passes_over(&self, chunk: &Chunk<'_>) -> bool {
        let tasks = self.view.tasks.as_ref();
        tasks.is_some_and(|tasks| !tasks.touches(chunk.low_task, chunk.high_task))
    }

    fn lets_through(&mut self, line: &RawLine<'_>) -> bool {
        let tasks = self.view.tasks.as_ref();
        if tasks.is_some_and(|tasks| !tasks.contains(line.task)) || !self.holds(line) {
            return false;
        }
        if let Some(matches) = &mut self.matches
            && matches.len() < MATCHES
        {
            matches.push(line.number);
        }
        true
    }

    fn holds(&mut self, line: &RawLine<'_>) -> bool {
        let Some(finder) = &self.finder else {
            return true;
        };
        if self.tails.is_empty() && !line.is_open() {
            return finder.find(line.bytes).is_some();
        }
        let source = (line.task, line.stream());
        let mut text = self.tails.remove(&source).unwrap_or_default();
        text.extend_from_slice(line.bytes);
        if line.is_open() {
            let length = finder.needle().len().saturating_sub(1);
            let start = text.len().saturating_sub(length);
            let end = text.get(start..).unwrap_or_default().to_vec();
            self.tails.insert(source, end);
        }
        finder.find(&text).is_some()
    }
}

/// A chunk as it is read.
struct Chunk<'a> {
    first: u64,
    low_task: u32,
    high_task: u32,
    data: &'a [u8],
}

/// Calls `each` with a run's chunks from that which holds `from` on, in order.
fn for_each_chunk(
    connection: &Connection,
    run: RunId,
    from: u64,
    mut each: impl FnMut(&Chunk<'_>) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT first, low_task, high_task, data FROM chunks
         WHERE run = ?1 AND first >= coalesce(
           (SELECT max(first) FROM chunks WHERE run = ?1 AND first <= ?2), 0)
         ORDER BY first",
    )?;
    let from = i64::try_from(from).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![run.to_bytes(), from])?;
    while let Some(row) = rows.next()? {
        let chunk = Chunk {
            first: row.get::<_, i64>(0)?.unsigned_abs(),
            low_task: row.get(1)?,
            high_task: row.get(2)?,
            data: row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?,
        };
        if each(&chunk).is_break() {
            break;
        }
    }
    Ok(())
}

fn last_of(
    connection: &Connection,
    run: RunId,
    task: TaskRunNumber,
    streams: &[Stream],
    limit: usize,
) -> Result<(Vec<LogLine>, bool), StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT first, data FROM chunks WHERE run = ? AND ? BETWEEN low_task AND high_task
         ORDER BY first DESC",
    )?;
    let mut rows = statement.query(params![run.to_bytes(), task.get()])?;
    let (mut found, mut others, mut looked) = (Vec::new(), false, 0);
    while let Some(row) = rows.next()? {
        let data = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
        let lines = RawLines {
            data,
            number: row.get::<_, i64>(0)?.unsigned_abs(),
        };
        let of_task = lines.filter(|line| line.task == task.get());
        let mut of_chunk: Vec<LogLine> = of_task.filter_map(RawLine::to_line).collect();
        let all = of_chunk.len();
        of_chunk.retain(|line| streams.contains(&line.stream));
        others |= of_chunk.len() < all;
        let room = limit.saturating_sub(found.len());
        others |= of_chunk.len() > room;
        of_chunk.reverse();
        of_chunk.truncate(room);
        found.append(&mut of_chunk);
        looked += data.len();
        if found.len() >= limit || looked >= LOOKED_BACK {
            others |= rows.next()?.is_some();
            break;
        }
    }
    found.reverse();
    Ok((found, others))
}
