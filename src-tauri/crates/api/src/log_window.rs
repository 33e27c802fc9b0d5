//! A window on a run's log: lines by their number, the last ones, where a text stands.

use std::{
    io::{self, Write},
    num::NonZeroU32,
};

use serde::Serialize;
use tidemill_store::{LogView, LogWindow};
use utoipa::ToSchema;

use crate::{
    Error, OpenHome,
    log_authors::Authors,
    logs::{LogEntry, LogReader, LogsRequest},
};

/// Which lines a window shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowRequest {
    /// Of which run: an id or its beginning, a readable name, or `last`.
    pub run: String,
    /// Of which task, with all that stands in it: `fetch`, `group/inner`, `fetch[3]`, or
    /// the number of a task run.
    pub task: Option<String>,
    /// Lines that hold this.
    pub grep: Option<String>,
    /// Which part of them.
    pub part: WindowPart,
}

/// Which part of the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowPart {
    /// From this number on, at most so many.
    From(u64, NonZeroU32),
    /// The last ones, at most so many.
    Last(NonZeroU32),
}

/// A piece of a run's log.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct LogPage {
    /// The lines, in order.
    pub lines: Vec<LogEntry>,
    /// How many lines there are in all; with a task or a text, how many of those.
    pub total: u64,
    /// The lowest number that is kept, whatever was asked for: older lines may have been
    /// removed.
    pub first: Option<u64>,
    /// The highest number.
    pub last: Option<u64>,
    /// With a text: the numbers of the lines that hold it, the first ten thousand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matches: Option<Vec<u64>>,
    /// Whether there are wanted lines after these.
    pub more: bool,
}

/// A piece of a run's log.
///
/// # Errors
/// Where there is no such run or task, or the store cannot be read.
pub fn window(home: &OpenHome, request: &WindowRequest) -> Result<LogPage, Error> {
    let mut authors = Authors::of(home, &request.run, request.task.clone())?;
    let view = LogView {
        tasks: authors.numbers()?,
        contains: request.grep.as_ref().map(|text| text.clone().into_bytes()),
    };
    home.wait_for_lines()?;
    let logs = home.store().logs();
    let size = |limit: NonZeroU32| usize::try_from(limit.get()).unwrap_or(usize::MAX);
    let LogWindow {
        lines,
        first,
        last,
        total,
        matches,
        more,
    } = match request.part {
        WindowPart::From(from, limit) => logs.window(authors.run, &view, from, size(limit))?,
        WindowPart::Last(limit) => logs.tail(authors.run, &view, size(limit))?,
    };
    Ok(LogPage {
        lines: authors.entries(lines)?,
        total,
        first,
        last,
        matches,
        more,
    })
}

/// Writes a run's whole log as text, line by line: who wrote it, then what.
///
/// # Errors
/// Where there is no such run, the store cannot be read; and what the writer says.
pub fn write_text(
    home: &OpenHome,
    request: &LogsRequest,
    to: &mut dyn Write,
) -> Result<io::Result<()>, Error> {
    home.wait_for_lines()?;
    let mut reader = LogReader::open(home, request)?;
    loop {
        let page = reader.next_page()?;
        if page.is_empty() {
            return Ok(to.flush());
        }
        for line in page {
            if let Err(error) = write_line(&line, to) {
                return Ok(Err(error));
            }
        }
    }
}

fn write_line(line: &LogEntry, to: &mut dyn Write) -> io::Result<()> {
    write!(to, "{:.3} ", line.at.0)?;
    if let Some(path) = &line.path {
        write!(to, "{path} ")?;
    }
    write!(to, "{}: ", line.stream.name())?;
    to.write_all(&line.bytes)?;
    to.write_all(b"\n")
}
