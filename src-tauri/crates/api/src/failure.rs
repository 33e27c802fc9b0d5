//! What failed in a run, for the person who has to mend it: where, why, and what
//! it wrote last.

use std::collections::{HashSet, VecDeque};

use serde::{Deserialize, Serialize};
use tidemill_orchestrate::{RunId, State, TaskRunNumber};
use tidemill_store::{LogFilter, Store, StoredTaskRun, Stream, TaskRunFilter};
use utoipa::ToSchema;

use crate::{
    Error,
    schemas::StateName,
    task_path::{TaskNames, TaskPaths},
};

/// How many of a task's last lines are shown.
const LAST_LINES: usize = 5;

/// How many task runs are looked at for what failed.
const LOOKED_AT: usize = 200_000;

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
    let failed = TaskRunFilter {
        states: State::ALL
            .iter()
            .copied()
            .filter(|state| state.is_failure() && *state != State::UpstreamFailed)
            .collect(),
        ..TaskRunFilter::default()
    };
    let reader = store.reader()?;
    let rows = reader.task_runs(run, &failed, None, LOOKED_AT)?;
    let causes = causes(&rows);
    let shown: Vec<StoredTaskRun> = causes.iter().copied().take(most).cloned().collect();
    let paths = TaskPaths::of_some(&reader, run, names, &shown)?;
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
        more: causes.len().saturating_sub(most),
    })
}

/// The task runs whose failure is no other's: neither of what stands in them nor
/// of what they need.
fn causes(rows: &[StoredTaskRun]) -> Vec<&StoredTaskRun> {
    let failed = || {
        rows.iter()
            .filter(|row| row.state.is_failure() && row.state != State::UpstreamFailed)
    };
    let around: HashSet<TaskRunNumber> = failed().filter_map(|row| row.parent).collect();
    failed()
        .filter(|row| !around.contains(&row.number))
        .collect()
}

/// The last lines of a task run, and whether it wrote others.
fn last_lines(
    store: &Store,
    run: RunId,
    task: TaskRunNumber,
) -> Result<(Vec<String>, bool), Error> {
    let filter = LogFilter {
        task: Some(task),
        ..LogFilter::default()
    };
    let mut lines = store.logs().lines(run, filter);
    let mut errors = VecDeque::new();
    let mut output = VecDeque::new();
    let mut written = 0;
    loop {
        let page = lines.next_page()?;
        if page.is_empty() {
            break;
        }
        for line in page {
            let kept = match line.stream {
                Stream::Stdout => &mut output,
                Stream::Stderr | Stream::Engine => &mut errors,
            };
            written += 1;
            kept.push_back(line.bytes);
            if kept.len() > LAST_LINES {
                kept.pop_front();
            }
        }
    }
    let shown = if errors.is_empty() { output } else { errors };
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let more = written > shown.len();
    Ok((shown.into_iter().map(text).collect(), more))
}
