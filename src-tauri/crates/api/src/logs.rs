//! What runs wrote: read, filtered, followed.

use std::{collections::HashMap, sync::Arc};

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use tidemill_orchestrate::{RunId, TaskRunNumber};
use tidemill_store::{LogFilter, LogLine, LogLines, Stream, TaskRunFilter};
use utoipa::ToSchema;

use crate::{
    Error, OpenHome,
    document::Moment,
    runs,
    schemas::StreamName,
    task_path::{TaskNames, TaskPaths},
    workspace::nearest,
};

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

/// Who wrote a run's lines: its task runs, and which of them are wanted.
#[derive(Debug)]
struct Authors {
    home: OpenHome,
    run: RunId,
    names: Vec<TaskNames>,
    task: Option<String>,
    known: HashMap<TaskRunNumber, Known>,
}

/// What is known of a task run whose lines come by.
#[derive(Clone, Debug)]
struct Known {
    path: Arc<str>,
    wanted: bool,
}

impl Authors {
    fn of(home: &OpenHome, run: &str, task: Option<String>) -> Result<Self, Error> {
        let reader = home.reader()?;
        let run = runs::find_in(&reader, run)?;
        let inputs = reader.run_inputs(run)?;
        drop(reader);
        let mut authors = Self {
            home: home.clone(),
            run,
            names: runs::task_names(inputs.flow_text.as_deref()),
            task,
            known: HashMap::new(),
        };
        authors.look_up()?;
        authors.check_task()?;
        Ok(authors)
    }

    /// Whether the task that was asked for exists.
    fn check_task(&self) -> Result<(), Error> {
        let Some(task) = &self.task else {
            return Ok(());
        };
        let declared = self.names.iter().any(|names| within(&names.path, task));
        if declared || self.known.values().any(|known| known.wanted) {
            return Ok(());
        }
        let run = runs::stored(&self.home.reader()?, self.run)?;
        Err(Error::NoTask {
            run: run.name,
            task: task.clone(),
            near: nearest(task, self.names.iter().map(|names| names.path.as_ref())),
        })
    }

    /// Reads which task runs there are now.
    fn look_up(&mut self) -> Result<(), Error> {
        let everything = TaskRunFilter {
            superseded: true,
            ..TaskRunFilter::default()
        };
        let rows = self
            .home
            .reader()?
            .task_runs(self.run, &everything, None, usize::MAX)?;
        let paths = TaskPaths::of(&self.names, &rows);
        for row in &rows {
            let path: Arc<str> = paths.get(row.number).unwrap_or_default().into();
            let declared = self.names.get(row.task as usize).map(|names| &names.path);
            let wanted = self.task.as_deref().is_none_or(|task| {
                within(&path, task) || declared.is_some_and(|declared| within(declared, task))
            });
            self.known.insert(row.number, Known { path, wanted });
        }
        Ok(())
    }

    /// The next wanted of some lines; none where there are no more for now.
    fn next_page(&mut self, lines: &mut LogLines<'_>) -> Result<Vec<LogEntry>, Error> {
        loop {
            let page = lines.next_page()?;
            if page.is_empty() {
                return Ok(Vec::new());
            }
            let mut entries = Vec::with_capacity(page.len());
            for line in page {
                entries.extend(self.entry(line)?);
            }
            if !entries.is_empty() {
                return Ok(entries);
            }
        }
    }

    /// The line as an entry, if it is wanted.
    fn entry(&mut self, line: LogLine) -> Result<Option<LogEntry>, Error> {
        let known = match line.task {
            Some(number) => {
                if !self.known.contains_key(&number) {
                    self.look_up()?;
                }
                self.known.get(&number).cloned()
            }
            None => None,
        };
        let wanted = match &known {
            Some(known) => known.wanted,
            None => self.task.is_none(),
        };
        Ok(wanted.then(|| LogEntry {
            number: line.number,
            at: Moment(line.at),
            path: known.map(|known| known.path),
            stream: line.stream,
            attempt: line.attempt,
            bytes: line.bytes,
            open: line.open,
        }))
    }

    fn have_ended(&self) -> Result<bool, Error> {
        let run = runs::stored(&self.home.reader()?, self.run)?;
        Ok(run.state.is_terminal() || run.owner.is_none_or(|owner| !owner.is_alive()))
    }
}

/// Whether a task path is that of `task`, or of something in it.
fn within(path: &str, task: &str) -> bool {
    path.strip_prefix(task)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '[']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_itself_and_what_stands_in_it() {
        for (path, task, expected) in [
            ("fetch", "fetch", true),
            ("fetch[3]", "fetch", true),
            ("fetch[3]", "fetch[3]", true),
            ("fetch[31]", "fetch[3]", false),
            ("group/inner", "group", true),
            ("fetcher", "fetch", false),
            ("group/inner", "inner", false),
        ] {
            assert_eq!(within(path, task), expected, "{path} {task}");
        }
    }
}
