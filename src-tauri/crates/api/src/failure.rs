//! What failed in a run, for the person who has to mend it: where, why, and what
//! it wrote last.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use tidemill_orchestrate::{RunId, State, TaskRunNumber};
use tidemill_store::{Reader, Store, StoredTaskRun, Stream, TaskRunFilter};
use utoipa::ToSchema;

use crate::{
    Error,
    schemas::StateName,
    task_path::{TaskNames, TaskPaths},
};

/// How many of a task's last lines are shown.
const LAST_LINES: usize = 5;

/// Failed task runs that are looked at together.
const PAGE: usize = 2_048;

/// A task run that failed by itself, not because of another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FailedTask {
    /// Its path.
    pub path: String,
    /// How it ended.
    #[schema(value_type = StateName)]
    pub state: State,
    /// Why.
    pub message: String,
    /// The last lines that it wrote to standard error; to standard output where
    /// there are none.
    pub lines: Vec<String>,
    /// Whether it wrote more than these.
    pub wrote_more: bool,
}

/// What failed in a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failures {
    /// In the order of its beginning, the first of it.
    pub tasks: Vec<FailedTask>,
    /// How many more there are.
    pub more: usize,
}

/// What failed in a run, in the order of its beginning; at most `most`.
pub(crate) fn failures(
    store: &Store,
    run: RunId,
    names: &[TaskNames],
    most: usize,
) -> Result<Failures, Error> {
    let reader = store.reader()?;
    let (shown, count) = causes(&reader, run, most)?;
    let paths = TaskPaths::of_some(&reader, run, names, &shown)?;
    drop(reader);
    store.logs().appended().wait_committed()?;
    let task = |row: &StoredTaskRun| {
        let (lines, wrote_more) = last_lines(store, run, row.number)?;
        Ok(FailedTask {
            path: paths.get(row.number).unwrap_or_default().to_owned(),
            state: row.state,
            message: row.message.as_deref().unwrap_or_default().to_owned(),
            lines,
            wrote_more,
        })
    };
    let tasks: Result<_, Error> = shown.iter().map(task).collect();
    Ok(Failures {
        tasks: tasks?,
        more: count.saturating_sub(most),
    })
}

/// The first task runs whose failure is no other's, neither of what stands in them nor
/// of what they need, and how many there are.
fn causes(reader: &Reader, run: RunId, most: usize) -> Result<(Vec<StoredTaskRun>, usize), Error> {
    let mut around: HashSet<TaskRunNumber> = HashSet::new();
    for_each_failed(reader, run, |row| around.extend(row.parent))?;
    let (mut causes, mut count) = (Vec::new(), 0);
    for_each_failed(reader, run, |row| {
        if !around.contains(&row.number) {
            count += 1;
            if causes.len() < most {
                causes.push(row);
            }
        }
    })?;
    Ok((causes, count))
}

/// Calls `each` with one failed task run after the other.
fn for_each_failed(
    reader: &Reader,
    run: RunId,
    mut each: impl FnMut(StoredTaskRun),
) -> Result<(), Error> {
    let filter = TaskRunFilter {
        states: vec![State::Failed, State::TimedOut, State::Crashed],
        ..TaskRunFilter::default()
    };
    let mut after = None;
    loop {
        let rows = reader.task_runs(run, &filter, after, PAGE)?;
        let ended = rows.len() < PAGE;
        after = rows.last().map(|row| row.number);
        rows.into_iter().for_each(&mut each);
        if ended {
            return Ok(());
        }
    }
}

/// The last lines of a task run, and whether it wrote others.
fn last_lines(
    store: &Store,
    run: RunId,
    task: TaskRunNumber,
) -> Result<(Vec<String>, bool), Error> {
    let logs = store.logs();
    let errors = [Stream::Stderr, Stream::Engine];
    let (mut lines, mut more) = logs.last_of(run, task, &errors, LAST_LINES)?;
    if lines.is_empty() {
        (lines, more) = logs.last_of(run, task, &[Stream::Stdout], LAST_LINES)?;
    }
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let texts = lines.into_iter().map(|line| text(line.bytes));
    Ok((texts.collect(), more))
}
