//! The task runs table: how each stands now, folded from its transitions.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};
use tidemill_flow::Value;
use tidemill_orchestrate::{
    Creation, Detail, Failure, RunId, State, StateType, TaskRunId, TaskRunNumber, Transition,
};

use crate::{
    StoreError,
    codec::{Decoder, WrittenDetail},
    tables::{result::Results, transition},
    time,
};

/// How a task run stands. Its path follows from `task`, `item` and its parents,
/// by the run's flow.
#[derive(Clone, Debug)]
pub struct StoredTaskRun {
    /// Its id.
    pub id: TaskRunId,
    /// Its number in its run.
    pub number: TaskRunNumber,
    /// The task's number in the flow's graph.
    pub task: u32,
    /// The task run that it stands in.
    pub parent: Option<TaskRunNumber>,
    /// The item's number, where it is an item of a mapped task.
    pub item: Option<u32>,
    /// Which turn of the group or `repeat` around it, from 1.
    pub turn: u32,
    /// The run attempt that it belongs to, from 1.
    pub run_attempt: u32,
    /// How it stands.
    pub state: State,
    /// Why, for a person.
    pub message: Option<Arc<str>>,
    /// How many attempts it had.
    pub attempts: u32,
    /// When its first attempt started.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Its result, where it has one and it was asked for.
    pub output: Option<Value>,
    /// What failed, where it did.
    pub failure: Option<Failure>,
}

/// Which of a run's task runs a list shows. The default: the newest of every path,
/// without outputs.
#[derive(Clone, Debug, Default)]
pub struct TaskRunFilter {
    /// Only those in this one: a mapped task's items, a group's inner tasks.
    pub parent: Option<TaskRunNumber>,
    /// Only those in one of these states; empty: in any.
    pub states: Vec<State>,
    /// No items of mapped tasks (of which there may be a million), nor what is in them.
    pub without_items: bool,
    /// Also those that newer ones at the same path stand for.
    pub superseded: bool,
    /// Read outputs too.
    pub outputs: bool,
}

/// How many items of a mapped task stand in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ItemCount {
    /// The mapped task's row.
    pub parent: TaskRunNumber,
    /// The state.
    pub state: State,
    /// How many of its items that have left waiting stand so.
    pub count: u64,
}

/// The key of a run's task run.
pub(crate) fn key(run: i64, number: TaskRunNumber) -> i64 {
    (run << 32) | i64::from(number.get())
}

/// The keys of a run's task runs.
pub(crate) fn keys(run: i64) -> (i64, i64) {
    ((run << 32) | 1, (run << 32) | i64::from(u32::MAX))
}

/// What a batch did to one task run.
#[derive(Clone, Copy, Debug)]
struct Fold {
    number: TaskRunNumber,
    created: Option<Creation>,
    run_attempt: u32,
    state: State,
    attempts: Option<u32>,
    started_at: Option<i64>,
    ended_at: Option<i64>,
    last: i64,
}

/// Folds batches into rows: one write a task run, however many of its
/// transitions stand in the batch. Kept between batches for its memory.
#[derive(Debug, Default)]
pub(crate) struct Folder {
    folds: Vec<Fold>,
    places: HashMap<TaskRunNumber, usize>,
    /// Something in the batch may stand where something stood before.
    pub(crate) superseding: bool,
}

impl Folder {
    /// Begins a batch.
    pub(crate) fn clear(&mut self) {
        self.folds.clear();
        self.places.clear();
        self.superseding = false;
    }

    /// Takes in one transition of a task run.
    pub(crate) fn add(&mut self, number: TaskRunNumber, transition: &Transition, sequence: i64) {
        let place = *self.places.entry(number).or_insert(self.folds.len());
        if place == self.folds.len() {
            self.folds.push(Fold {
                number,
                created: None,
                run_attempt: transition.run_attempt,
                state: transition.to,
                attempts: None,
                started_at: None,
                ended_at: None,
                last: sequence,
            });
        }
        let Some(fold) = self.folds.get_mut(place) else {
            return;
        };
        fold.state = transition.to;
        fold.run_attempt = transition.run_attempt;
        fold.last = sequence;
        fold.ended_at = transition
            .to
            .is_terminal()
            .then(|| time::to_column(transition.at));
        if fold.started_at.is_none() && transition.to.state_type() == StateType::Running {
            fold.started_at = Some(time::to_column(transition.at));
        }
        match &transition.detail {
            Detail::Created(creation) => {
                fold.created = Some(*creation);
                self.superseding |= creation.turn > 1 || transition.run_attempt > 1;
            }
            Detail::Attempt(attempt) => fold.attempts = Some(*attempt),
            _ => {}
        }
    }

    /// Writes the rows of the run with this key.
    pub(crate) fn write(&self, connection: &Connection, run: i64) -> rusqlite::Result<()> {
        let mut insert = connection.prepare_cached(
            "INSERT INTO task_runs (key, task, parent, item, turn, run_attempt, state, attempts,
               started_at, ended_at, last) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?;
        let mut update = connection.prepare_cached(
            "UPDATE task_runs SET run_attempt = ?2, state = ?3, attempts = coalesce(?4, attempts),
               started_at = coalesce(started_at, ?5), ended_at = ?6, last = ?7 WHERE key = ?1",
        )?;
        for fold in &self.folds {
            let key = key(run, fold.number);
            if let Some(creation) = fold.created {
                insert.raw_bind_parameter(1, key)?;
                insert.raw_bind_parameter(2, creation.task)?;
                insert.raw_bind_parameter(3, creation.parent.map(TaskRunNumber::get))?;
                insert.raw_bind_parameter(4, creation.item)?;
                insert.raw_bind_parameter(5, creation.turn)?;
                insert.raw_bind_parameter(6, fold.run_attempt)?;
                insert.raw_bind_parameter(7, fold.state.code())?;
                insert.raw_bind_parameter(8, fold.attempts.unwrap_or(0))?;
                insert.raw_bind_parameter(9, fold.started_at)?;
                insert.raw_bind_parameter(10, fold.ended_at)?;
                insert.raw_bind_parameter(11, fold.last)?;
                insert.raw_execute()?;
            } else {
                update.raw_bind_parameter(1, key)?;
                update.raw_bind_parameter(2, fold.run_attempt)?;
                update.raw_bind_parameter(3, fold.state.code())?;
                update.raw_bind_parameter(4, fold.attempts)?;
                update.raw_bind_parameter(5, fold.started_at)?;
                update.raw_bind_parameter(6, fold.ended_at)?;
                update.raw_bind_parameter(7, fold.last)?;
                update.raw_execute()?;
            }
        }
        Ok(())
    }
}

/// Removes at most `limit` of a run's rows; gives whether any was there.
pub(crate) fn remove_some(connection: &Connection, run: i64, limit: i64) -> rusqlite::Result<bool> {
    let (low, high) = keys(run);
    let removed = connection.execute(
        "DELETE FROM task_runs WHERE key IN
           (SELECT key FROM task_runs WHERE key BETWEEN ? AND ? LIMIT ?)",
        [low, high, limit],
    )?;
    Ok(removed > 0)
}

/// Which of a run's rows stand for what is, where several stand at the same path.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    /// Rows that others stand for.
    hidden: HashSet<TaskRunNumber>,
    /// Rows that what is in them outlived, to the newest row of their path.
    moved: HashMap<TaskRunNumber, TaskRunNumber>,
}

impl Standing {
    /// Whether every row stands for what is.
    pub(crate) fn is_plain(&self) -> bool {
        self.hidden.is_empty() && self.moved.is_empty()
    }

    /// Whether no other row stands for this one.
    pub(crate) fn shows(&self, number: TaskRunNumber) -> bool {
        !self.hidden.contains(&number)
    }

    /// The newest row at the path of this one.
    pub(crate) fn newest(&self, number: TaskRunNumber) -> TaskRunNumber {
        self.moved.get(&number).copied().unwrap_or(number)
    }

    /// Every row at the path of this one, as text for SQL.
    fn all_of(&self, number: TaskRunNumber) -> String {
        let older = self.moved.iter().filter(|&(_, &newest)| newest == number);
        let numbers = older.map(|(older, _)| older.get()).chain([number.get()]);
        let texts: Vec<String> = numbers.map(|number| number.to_string()).collect();
        texts.join(", ")
    }
}

/// A row of a run with turns or attempts beyond the first.
struct Standee {
    number: u32,
    /// Its parent's path, as the first number that stood there; 0: the run.
    parent: u32,
    parent_number: u32,
    /// Its own path.
    path: u32,
    run_attempt: u32,
    completed: bool,
}

/// How the rows of a run stand, by its turns and attempts.
///
/// The newest of a path hides the older ones. What was in an older one is hidden
/// with it, unless it completed in an earlier run attempt: a retry of what failed
/// lets it stay. A retry of the whole run hides everything from before.
pub(crate) fn standing(connection: &Connection, run: i64) -> rusqlite::Result<Standing> {
    let (superseding, whole): (bool, u32) = connection
        .prepare_cached("SELECT superseding, whole_attempt FROM runs WHERE key = ?")?
        .query_row([run], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if !superseding {
        return Ok(Standing::default());
    }
    let rows = standees(connection, run)?;
    let newest: HashMap<u32, &Standee> = rows.iter().map(|row| (row.path, row)).collect();
    let is_hidden = |row: &Standee| {
        let outlived = newest
            .get(&row.parent)
            .filter(|parent| parent.number != row.parent_number);
        let stays =
            outlived.is_none_or(|parent| row.completed && parent.run_attempt > row.run_attempt);
        row.run_attempt < whole
            || !stays
            || newest
                .get(&row.path)
                .is_some_and(|newest| newest.number != row.number)
    };
    let mut standing = Standing::default();
    for row in &rows {
        let Some(number) = TaskRunNumber::new(row.number) else {
            continue;
        };
        if is_hidden(row) {
            standing.hidden.insert(number);
        }
        let newest = newest.get(&row.path).map_or(row.number, |row| row.number);
        if let Some(newest) = TaskRunNumber::new(newest).filter(|newest| *newest != number) {
            standing.moved.insert(number, newest);
        }
    }
    Ok(standing)
}

/// A run's rows in order of number: parents come first.
fn standees(connection: &Connection, run: i64) -> rusqlite::Result<Vec<Standee>> {
    let (low, high) = keys(run);
    let mut statement = connection.prepare_cached(
        "SELECT key, task, parent, item, run_attempt, state FROM task_runs
         WHERE key BETWEEN ? AND ? ORDER BY key",
    )?;
    let mut rows = statement.query([low, high])?;
    let mut first_at: HashMap<(u32, u32, Option<u32>), u32> = HashMap::new();
    let mut path_of: HashMap<u32, u32> = HashMap::new();
    let mut standees = Vec::new();
    while let Some(row) = rows.next()? {
        let number = number(row)?.get();
        let parent_number = row.get::<_, Option<u32>>(2)?.unwrap_or(0);
        let parent = path_of.get(&parent_number).copied();
        let parent = parent.unwrap_or(parent_number);
        let path = *first_at
            .entry((parent, row.get(1)?, row.get(3)?))
            .or_insert(number);
        if path != number {
            path_of.insert(number, path);
        }
        standees.push(Standee {
            number,
            parent,
            parent_number,
            path,
            run_attempt: row.get(4)?,
            completed: transition::state(row, 5)?.is_completed(),
        });
    }
    Ok(standees)
}

const COLUMNS: &str = "task_runs.key, task_runs.task, task_runs.parent, task_runs.item,
    task_runs.turn, task_runs.run_attempt, task_runs.state, task_runs.attempts,
    task_runs.started_at, task_runs.ended_at, transitions.message, transitions.detail";

/// A run's task runs in order of number, after `after`, at most `limit`: a parent
/// comes before what is in it, items in item order.
pub(crate) fn list(
    connection: &Connection,
    results: &Results,
    run: (RunId, i64),
    filter: &TaskRunFilter,
    standing: &Standing,
    after: Option<TaskRunNumber>,
    limit: usize,
) -> Result<Vec<StoredTaskRun>, StoreError> {
    let (low, high) = keys(run.1);
    let low = after.map_or(low, |after| key(run.1, after) + 1);
    let parent = match filter.parent {
        Some(parent) => format!("AND task_runs.parent IN ({})", standing.all_of(parent)),
        None => String::new(),
    };
    let codes: Vec<String> = filter
        .states
        .iter()
        .map(|state| state.code().to_string())
        .collect();
    let states = match codes.as_slice() {
        [] => String::new(),
        codes => format!("AND task_runs.state IN ({})", codes.join(", ")),
    };
    let items = if filter.without_items {
        "AND task_runs.item IS NULL"
    } else {
        ""
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM task_runs JOIN transitions ON transitions.sequence = task_runs.last
         WHERE task_runs.key BETWEEN ? AND ? {parent} {states} {items} ORDER BY task_runs.key"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([low, high])?;
    let mut list = Vec::new();
    while list.len() < limit {
        let Some(row) = rows.next()? else { break };
        if !standing.shows(number(row)?) {
            continue;
        }
        let mut task_run = stored(row, run.0, filter.outputs.then_some(results))?;
        task_run.parent = task_run.parent.map(|parent| standing.newest(parent));
        list.push(task_run);
    }
    Ok(list)
}

/// The task runs with these numbers, in order of number, whatever stands for them.
pub(crate) fn several(
    connection: &Connection,
    results: &Results,
    run: (RunId, i64),
    numbers: &[TaskRunNumber],
    outputs: bool,
) -> Result<Vec<StoredTaskRun>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM task_runs JOIN transitions ON transitions.sequence = task_runs.last
         WHERE task_runs.key = ?"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut list = Vec::with_capacity(numbers.len());
    for number in numbers {
        let mut rows = statement.query([key(run.1, *number)])?;
        if let Some(row) = rows.next()? {
            list.push(stored(row, run.0, outputs.then_some(results))?);
        }
    }
    Ok(list)
}

/// How many items of each mapped task stand in which state.
pub(crate) fn item_counts(
    connection: &Connection,
    run: i64,
    standing: &Standing,
) -> rusqlite::Result<Vec<ItemCount>> {
    let (low, high) = keys(run);
    let mut statement = connection.prepare_cached(
        "SELECT key, parent, state FROM task_runs
         WHERE key BETWEEN ? AND ? AND item IS NOT NULL AND parent IS NOT NULL",
    )?;
    let mut rows = statement.query(params![low, high])?;
    let mut counts: Vec<ItemCount> = Vec::new();
    let mut places: HashMap<(TaskRunNumber, u8), usize> = HashMap::new();
    while let Some(row) = rows.next()? {
        let parent = TaskRunNumber::new(row.get(1)?);
        let Some(parent) = parent.filter(|_| number(row).is_ok_and(|own| standing.shows(own)))
        else {
            continue;
        };
        let (parent, code): (_, u8) = (standing.newest(parent), row.get(2)?);
        let place = *places.entry((parent, code)).or_insert(counts.len());
        if let Some(count) = counts.get_mut(place) {
            count.count += 1;
        } else {
            counts.push(ItemCount {
                parent,
                state: transition::state(row, 2)?,
                count: 1,
            });
        }
    }
    Ok(counts)
}

pub(crate) fn number(row: &Row<'_>) -> rusqlite::Result<TaskRunNumber> {
    let key: i64 = row.get(0)?;
    u32::try_from(key & i64::from(u32::MAX))
        .ok()
        .and_then(TaskRunNumber::new)
        .ok_or(rusqlite::Error::IntegralValueOutOfRange(0, key))
}

fn stored(
    row: &Row<'_>,
    run: RunId,
    results: Option<&Results>,
) -> Result<StoredTaskRun, StoreError> {
    let number = number(row)?;
    let message: Option<Arc<str>> = row.get(10)?;
    let (output, failure) = detail(row, message.as_ref(), results)?;
    Ok(StoredTaskRun {
        id: run.task_run(number),
        number,
        task: row.get(1)?,
        parent: row.get::<_, Option<u32>>(2)?.and_then(TaskRunNumber::new),
        item: row.get(3)?,
        turn: row.get(4)?,
        run_attempt: row.get(5)?,
        state: transition::state(row, 6)?,
        message,
        attempts: row.get(7)?,
        started_at: row.get::<_, Option<i64>>(8)?.map(time::from_column),
        ended_at: row.get::<_, Option<i64>>(9)?.map(time::from_column),
        output,
        failure,
    })
}

/// What the newest transition says of the result or the failure.
fn detail(
    row: &Row<'_>,
    message: Option<&Arc<str>>,
    results: Option<&Results>,
) -> Result<(Option<Value>, Option<Failure>), StoreError> {
    let bytes = row
        .get_ref(11)?
        .as_bytes_or_null()
        .map_err(rusqlite::Error::from)?;
    let detail = Decoder::new(bytes.unwrap_or_default())
        .detail(message)
        .map_err(|cause| StoreError::Malformed {
            place: "a task run's newest transition".to_owned(),
            cause: cause.to_owned(),
        })?;
    Ok(match detail {
        WrittenDetail::Output(value) => match results {
            Some(results) => (Some(value.read(results)?), None),
            None => (None, None),
        },
        WrittenDetail::Whole(Detail::Failure(failure) | Detail::Retry(failure, _)) => {
            (None, Some(failure))
        }
        WrittenDetail::Whole(_) | WrittenDetail::Expanded(..) => (None, None),
    })
}
