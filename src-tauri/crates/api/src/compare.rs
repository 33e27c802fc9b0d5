//! Two runs side by side: what they were given, how their tasks went, what they gave,
//! where their logs part.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde::Serialize;
use serde_json::{Map, Value as Json};
use tidemill_orchestrate::{RunId, State};
use tidemill_store::{LogFilter, Reader, StoredRun, TaskRunFilter};
use utoipa::ToSchema;

use crate::{
    Error, OpenHome,
    document::{RunDocument, duration},
    log_authors::Authors,
    logs::LogEntry,
    runs,
    schemas::{AnyJson, StateName},
    task_path::TaskPaths,
    versions::{self, DiffLine},
};

/// At most so many task runs of each run are compared; items of mapped tasks are not.
const TASKS: usize = 2_000;

/// At most so many lines of each log are compared.
const LINES: usize = 50_000;

/// Two runs side by side.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Comparison {
    /// The one.
    pub left: RunDocument,
    /// The other.
    pub right: RunDocument,
    /// Their parameters, by name.
    pub inputs: Vec<ComparedInput>,
    /// Whether both ran the same text.
    pub same_version: bool,
    /// Where they did not: every line of both texts.
    pub diff: Vec<DiffLine>,
    /// Their tasks, by path; items of mapped tasks are not told apart.
    pub tasks: Vec<ComparedTask>,
    /// What they gave.
    pub output: ComparedOutput,
    /// The first lines of the same task in which their logs differ, times and durations
    /// aside; null where they do not, as far as they were compared.
    pub first_different_line: Option<DifferentLines>,
}

/// A parameter of two runs.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ComparedInput {
    /// Its name.
    pub name: String,
    /// Its value in the one.
    #[schema(value_type = AnyJson)]
    pub left: Json,
    /// Its value in the other.
    #[schema(value_type = AnyJson)]
    pub right: Json,
    /// Whether they are the same.
    pub same: bool,
}

/// A task of two runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ComparedTask {
    /// Its path.
    pub path: String,
    /// How it went in the one; null where that did not have it.
    pub left: Option<TaskOutcome>,
    /// How it went in the other.
    pub right: Option<TaskOutcome>,
}

/// How a task went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TaskOutcome {
    /// Its state.
    #[schema(value_type = StateName)]
    pub state: State,
    /// From its start to its end, in milliseconds.
    pub duration_ms: Option<u64>,
}

/// The outputs of two runs.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ComparedOutput {
    /// That of the one.
    #[schema(value_type = AnyJson)]
    pub left: Json,
    /// That of the other.
    #[schema(value_type = AnyJson)]
    pub right: Json,
    /// Whether they are the same.
    pub same: bool,
}

/// Lines that differ.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DifferentLines {
    /// That of the one; null where it wrote no more.
    pub left: Option<LogEntry>,
    /// That of the other.
    pub right: Option<LogEntry>,
}

/// Two runs side by side.
///
/// # Errors
/// Where one of them is not there, or the store cannot be read.
pub fn compare(home: &OpenHome, left: &str, right: &str) -> Result<Comparison, Error> {
    let reader = home.reader()?;
    let run = |text: &str| -> Result<StoredRun, Error> {
        runs::stored(&reader, runs::find_in(&reader, text)?)
    };
    let (one, other) = (run(left)?, run(right)?);
    let (left, right) = (runs::document(&one), runs::document(&other));
    let same_version = left.version == right.version;
    let diff = match same_version {
        true => Vec::new(),
        false => {
            let text = |run: &StoredRun| home.flows().of(&reader, run);
            let (one, other) = (text(&one)?, text(&other)?);
            let text = |flow: &Option<std::sync::Arc<str>>| flow.clone().unwrap_or_default();
            versions::lines(&text(&one.text), &text(&other.text))
        }
    };
    let tasks = tasks(home, &reader, &one, &other)?;
    drop(reader);
    home.wait_for_lines()?;
    Ok(Comparison {
        inputs: inputs(&left.parameters, &right.parameters),
        same_version,
        diff,
        tasks,
        output: ComparedOutput {
            same: left.output == right.output,
            left: left.output.clone(),
            right: right.output.clone(),
        },
        first_different_line: first_different(home, one.id, other.id)?,
        left,
        right,
    })
}

fn inputs(left: &Json, right: &Json) -> Vec<ComparedInput> {
    let empty = Map::new();
    let (left, right) = (
        left.as_object().unwrap_or(&empty),
        right.as_object().unwrap_or(&empty),
    );
    let added = right.keys().filter(|name| !left.contains_key(*name));
    let value = |of: &Map<String, Json>, name: &str| of.get(name).cloned().unwrap_or_default();
    left.keys()
        .chain(added)
        .map(|name| ComparedInput {
            name: name.clone(),
            left: value(left, name),
            right: value(right, name),
            same: left.get(name) == right.get(name),
        })
        .collect()
}

fn tasks(
    home: &OpenHome,
    reader: &Reader,
    left: &StoredRun,
    right: &StoredRun,
) -> Result<Vec<ComparedTask>, Error> {
    let left = outcomes(home, reader, left)?;
    let right = outcomes(home, reader, right)?;
    let mut of_right: BTreeMap<&str, TaskOutcome> = right
        .iter()
        .map(|(path, outcome)| (path.as_str(), *outcome))
        .collect();
    let mut tasks: Vec<ComparedTask> = left
        .iter()
        .map(|(path, outcome)| ComparedTask {
            path: path.clone(),
            left: Some(*outcome),
            right: of_right.remove(path.as_str()),
        })
        .collect();
    let alone = right
        .iter()
        .filter(|(path, _)| of_right.contains_key(path.as_str()));
    tasks.extend(alone.map(|(path, outcome)| ComparedTask {
        path: path.clone(),
        left: None,
        right: Some(*outcome),
    }));
    Ok(tasks)
}

fn outcomes(
    home: &OpenHome,
    reader: &Reader,
    run: &StoredRun,
) -> Result<Vec<(String, TaskOutcome)>, Error> {
    let filter = TaskRunFilter {
        without_items: true,
        ..TaskRunFilter::default()
    };
    let rows = reader.task_runs(run.id, &filter, None, TASKS)?;
    let flow = home.flows().of(reader, run)?;
    let paths = TaskPaths::of_some(reader, run.id, &flow.names, &rows)?;
    let outcome = |row: &tidemill_store::StoredTaskRun| {
        let path = paths.get(row.number).unwrap_or_default().to_owned();
        let outcome = TaskOutcome {
            state: row.state,
            duration_ms: duration(row.started_at, row.ended_at),
        };
        (path, outcome)
    };
    Ok(rows.iter().map(outcome).collect())
}

/// The first lines that differ. Tasks that run side by side write in no order, so each
/// task's lines are held against the same task's.
fn first_different(
    home: &OpenHome,
    left: RunId,
    right: RunId,
) -> Result<Option<DifferentLines>, Error> {
    let mut others: HashMap<Option<std::sync::Arc<str>>, VecDeque<LogEntry>> = HashMap::new();
    let (lines, whole_right) = beginning(home, right)?;
    for line in lines {
        others.entry(line.path.clone()).or_default().push_back(line);
    }
    let (lines, whole_left) = beginning(home, left)?;
    for line in lines {
        let other = others.get_mut(&line.path).and_then(VecDeque::pop_front);
        match other {
            Some(other) if alike(&line.bytes, &other.bytes) => {}
            None if !whole_right => return Ok(None),
            right => {
                return Ok(Some(DifferentLines {
                    left: Some(line),
                    right,
                }));
            }
        }
    }
    let rest = others.into_values().flatten();
    let first = rest.min_by_key(|line| line.number).filter(|_| whole_left);
    Ok(first.map(|line| DifferentLines {
        left: None,
        right: Some(line),
    }))
}

/// The beginning of a run's log, and whether it is all of it. What the engine itself
/// says is left out.
fn beginning(home: &OpenHome, run: RunId) -> Result<(Vec<LogEntry>, bool), Error> {
    let mut authors = Authors::of(home, &run.to_string(), None)?;
    let mut lines = home.store().logs().lines(run, LogFilter::default());
    let mut found = Vec::new();
    while found.len() < LINES {
        let page = authors.next_page(&mut lines)?;
        if page.is_empty() {
            return Ok((found, true));
        }
        let of_tasks = page
            .into_iter()
            .filter(|line| line.stream != tidemill_store::Stream::Engine);
        found.extend(of_tasks);
    }
    Ok((found, false))
}

/// Whether two lines say the same, times and durations aside.
fn alike(left: &[u8], right: &[u8]) -> bool {
    left == right || timeless(left) == timeless(right)
}

/// A line without its times, dates and durations: words of digits that are joined by
/// `:`, or by `-` as dates are, and numbers before a unit of time.
fn timeless(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    while let Some(start) = rest.find(|character: char| character.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let joined = |character: char| {
            character.is_ascii_digit() || matches!(character, ':' | '.' | ',' | '-' | 'T' | '+')
        };
        let length = from
            .find(|character| !joined(character))
            .unwrap_or(from.len());
        let (word, after) = from.split_at(length);
        let unit = unit(after);
        if is_time(word) || unit > 0 {
            out.push('~');
            rest = after.get(unit..).unwrap_or_default();
            rest = rest.strip_prefix('Z').unwrap_or(rest);
        } else {
            out.push_str(word);
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

fn is_time(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    word.contains(':') && digits >= 3 || word.matches('-').count() >= 2 && digits >= 6
}

/// The bytes of a unit of time, and of the space before it; 0 where none stands there.
fn unit(text: &str) -> usize {
    const UNITS: [&str; 14] = [
        "milliseconds",
        "seconds",
        "minutes",
        "hours",
        "second",
        "minute",
        "secs",
        "sec",
        "min",
        "ms",
        "us",
        "µs",
        "ns",
        "s",
    ];
    let trimmed = text.strip_prefix(' ').unwrap_or(text);
    let space = text.len() - trimmed.len();
    UNITS
        .iter()
        .filter(|unit| trimmed.starts_with(**unit))
        .map(|unit| unit.len())
        .find(|length| {
            let next = trimmed.get(*length..).and_then(|rest| rest.chars().next());
            next.is_none_or(|next| !next.is_alphanumeric())
        })
        .map_or(0, |length| space + length)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_and_durations_make_no_difference() {
        for (left, right, expected) in [
            ("read 5 rows in 1.2s", "read 5 rows in 14.35s", true),
            ("read 5 rows in 1.2s", "read 6 rows in 1.2s", false),
            (
                "2026-03-01T10:00:00Z start",
                "2026-03-02T11:30:12.5Z start",
                true,
            ),
            ("10:04:05 done", "11:00:00 done", true),
            ("took 3 seconds", "took 12 seconds", true),
            ("version 1.2.3", "version 1.2.4", false),
            ("3 students", "4 students", false),
            ("", "", true),
            ("é 5ms", "é 7ms", true),
        ] {
            assert_eq!(
                alike(left.as_bytes(), right.as_bytes()),
                expected,
                "{left} / {right}"
            );
        }
    }

    #[test]
    fn parameters_are_held_against_each_other() {
        let told: Vec<_> = inputs(&json!({"a": 1, "b": 2}), &json!({"b": 3, "c": 4, "a": 1}))
            .into_iter()
            .map(|input| (input.name, input.left, input.right, input.same))
            .collect();
        assert_eq!(
            told,
            [
                ("a".to_owned(), json!(1), json!(1), true),
                ("b".to_owned(), json!(2), json!(3), false),
                ("c".to_owned(), Json::Null, json!(4), false),
            ]
        );
    }
}
