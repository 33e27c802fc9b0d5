//! What runs wrote: read, filtered, followed.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use tidemill_store::{LogFilter, LogLines, Stream};
use utoipa::ToSchema;

use crate::{Error, OpenHome, document::Moment, log_authors::Authors, schemas::StreamName};

/// Which lines are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogsRequest {
    /// Of which run: an id or its beginning, a readable name, or `last`.
    pub run: String,
    /// Of which task, with all that stands in it: `fetch`, `group/inner`, `fetch[3]`.
    pub task: Option<String>,
    /// Lines that hold this.
    pub grep: Option<String>,
    /// Lines written then or later.
    pub since: Option<Timestamp>,
}

/// A line that a task wrote.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = LogLine)]
pub struct LogEntry {
    /// Its number in its run, from 1.
    pub number: u64,
    /// When it came.
    pub at: Moment,
    /// The task run's path; null where the run itself wrote it.
    #[schema(value_type = Option<String>)]
    pub path: Option<Arc<str>>,
    /// `stdout`, `stderr` or `engine`.
    #[serde(serialize_with = "stream_name")]
    #[schema(value_type = StreamName)]
    pub stream: Stream,
    /// The task run's attempt, from 1.
    pub attempt: u32,
    /// Its bytes, without the line feed. (In JSON: as text, what is not UTF-8 replaced.)
    #[serde(rename = "text", serialize_with = "text")]
    #[schema(value_type = String)]
    pub bytes: Vec<u8>,
    /// Whether it goes on in the next entry of the same task run and stream.
    #[serde(rename = "continues")]
    pub open: bool,
}

fn stream_name<S: Serializer>(stream: &Stream, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match stream {
        Stream::Stdout => "stdout",
        Stream::Stderr => "stderr",
        Stream::Engine => "engine",
    })
}

fn text<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&String::from_utf8_lossy(bytes))
}

/// Reads a run's lines. Reading on after the last gives what came since.
#[derive(Debug)]
pub struct LogReader<'h> {
    lines: LogLines<'h>,
    authors: Authors,
}

impl<'h> LogReader<'h> {
    /// Opens a run's log.
    ///
    /// # Errors
    /// Where there is no such run or task, or the store cannot be read.
    pub fn open(home: &'h OpenHome, request: &LogsRequest) -> Result<Self, Error> {
        let authors = Authors::of(home, &request.run, request.task.clone())?;
        let filter = LogFilter {
            contains: request.grep.as_ref().map(|text| text.clone().into_bytes()),
            since: request.since,
            ..LogFilter::default()
        };
        Ok(Self {
            lines: home.store().logs().lines(authors.run, filter),
            authors,
        })
    }

    /// The next lines; none where there are no more for now.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub fn next_page(&mut self) -> Result<Vec<LogEntry>, Error> {
        self.authors.next_page(&mut self.lines)
    }

    /// Whether nothing more will come: the run has ended, or nobody carries it.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub fn has_ended(&self) -> Result<bool, Error> {
        self.authors.have_ended()
    }
}

/// Reads a run's lines from a number on, as they come. Holds nothing of the store
/// between two calls.
#[derive(Debug)]
pub struct LogTail {
    next: u64,
    grep: Option<Vec<u8>>,
    authors: Authors,
    ended: bool,
}

impl LogTail {
    /// Opens a run's log at a line.
    ///
    /// # Errors
    /// Where there is no such run or task, or the store cannot be read.
    pub fn open(home: &OpenHome, request: &LogsRequest, from: u64) -> Result<Self, Error> {
        Ok(Self {
            next: from,
            grep: request.grep.clone().map(String::into_bytes),
            authors: Authors::of(home, &request.run, request.task.clone())?,
            ended: false,
        })
    }

    /// The next lines; `Some` of none where there are no more for now, `None` where
    /// none will come.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub fn next_page(&mut self) -> Result<Option<Vec<LogEntry>>, Error> {
        let home = self.authors.home.clone();
        // Asked before the lines are read: what was written until then is among them.
        if !self.ended && self.authors.have_ended()? {
            self.ended = true;
            home.wait_for_lines()?;
        }
        let filter = LogFilter {
            from: self.next,
            contains: self.grep.clone(),
            ..LogFilter::default()
        };
        let mut lines = home.store().logs().lines(self.authors.run, filter);
        let page = self.authors.next_page(&mut lines)?;
        self.next = lines.position();
        Ok((!self.ended || !page.is_empty()).then_some(page))
    }
}
