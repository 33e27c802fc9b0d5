//! The transitions table: everything that happened, numbered in order of commit,
//! and the segments that say which numbers are a run's.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, types::Null};
use tidemill_flow::Value;
use tidemill_orchestrate::{Detail, Output, RunId, State, Subject, TaskRunNumber, Transition};

use crate::{
    StoreError,
    codec::{Decoder, Written, WrittenDetail},
    tables::{result::Results, task_run},
    time,
};

/// A transition as it was recorded.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its number on this device: dense from 1, in order of commit, never used twice.
    pub sequence: u64,
    /// The run that it is of.
    pub run: RunId,
    /// What happened. In the tail of everything, a value that is kept as a file is
    /// left out: its detail is `None`.
    pub transition: Transition,
}

/// Adds a batch's transitions from `first` on.
pub(crate) fn insert<'a>(
    connection: &Connection,
    run: i64,
    first: i64,
    rows: impl Iterator<Item = (&'a Transition, &'a [u8])>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO transitions (sequence, run, number, run_attempt, from_state, to_state, at,
           message, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    statement.raw_bind_parameter(2, run)?;
    for ((transition, detail), sequence) in rows.zip(first..) {
        statement.raw_bind_parameter(1, sequence)?;
        statement.raw_bind_parameter(3, number(transition.subject))?;
        statement.raw_bind_parameter(4, transition.run_attempt)?;
        statement.raw_bind_parameter(5, transition.from.map(State::code))?;
        statement.raw_bind_parameter(6, transition.to.code())?;
        statement.raw_bind_parameter(7, time::to_column(transition.at))?;
        statement.raw_bind_parameter(8, transition.message.as_deref())?;
        if detail.is_empty() {
            statement.raw_bind_parameter(9, Null)?;
        } else {
            statement.raw_bind_parameter(9, detail)?;
        }
        statement.raw_execute()?;
    }
    Ok(())
}

/// Says that the numbers `first..=last` are a run's; lengthens its newest segment
/// where they follow it.
pub(crate) fn extend_segment(
    connection: &Connection,
    run: i64,
    first: i64,
    last: i64,
) -> rusqlite::Result<()> {
    let lengthened = connection
        .prepare_cached(
            "UPDATE segments SET last = ?3 WHERE run = ?1 AND last = ?2 - 1 AND first =
               (SELECT max(first) FROM segments WHERE run = ?1)",
        )?
        .execute([run, first, last])?;
    if lengthened == 0 {
        connection
            .prepare_cached("INSERT INTO segments (run, first, last) VALUES (?, ?, ?)")?
            .execute([run, first, last])?;
    }
    Ok(())
}

/// The run's first segment that holds a number from `from` on, cut there.
pub(crate) fn segment(
    connection: &Connection,
    run: i64,
    from: i64,
) -> rusqlite::Result<Option<(i64, i64)>> {
    connection
        .prepare_cached(
            "SELECT max(first, ?2), last FROM segments WHERE run = ?1 AND last >= ?2
             ORDER BY first LIMIT 1",
        )?
        .query_row([run, from], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// A run's transitions numbered `first..=last`, values read from their files.
pub(crate) fn range(
    connection: &Connection,
    results: &Results,
    (first, last): (i64, i64),
    into: &mut Vec<(u64, Transition)>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT sequence, number, run_attempt, from_state, to_state, at, message, detail
         FROM transitions WHERE sequence BETWEEN ? AND ? ORDER BY sequence",
    )?;
    let mut rows = statement.query([first, last])?;
    while let Some(row) = rows.next()? {
        into.push(transition(row, |detail| detail.read(results))?);
    }
    Ok(())
}

/// The transitions of some of a run's task runs, in order, values read from their files.
pub(crate) fn of_task_runs(
    connection: &Connection,
    results: &Results,
    run: i64,
    numbers: &[TaskRunNumber],
) -> Result<Vec<(u64, Transition)>, StoreError> {
    let texts: Vec<String> = numbers
        .iter()
        .map(|number| number.get().to_string())
        .collect();
    let sql = format!(
        "SELECT sequence, number, transitions.run_attempt, from_state, to_state, at, message, detail
         FROM segments JOIN transitions ON sequence BETWEEN segments.first AND segments.last
         WHERE segments.run = ?1 AND number IN ({})
           AND segments.first <= ?2 AND sequence <= ?2
         ORDER BY segments.first, sequence",
        texts.join(", ")
    );
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([run, last_of(connection, run, numbers)?])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(transition(row, |detail| detail.read(results))?);
    }
    Ok(found)
}

/// The number of the newest transition of some of a run's task runs.
fn last_of(connection: &Connection, run: i64, numbers: &[TaskRunNumber]) -> rusqlite::Result<i64> {
    let mut statement = connection.prepare_cached("SELECT last FROM task_runs WHERE key = ?")?;
    let mut newest = 0;
    for number in numbers {
        let last = statement
            .query_row([task_run::key(run, *number)], |row| row.get(0))
            .optional()?;
        newest = newest.max(last.unwrap_or(0));
    }
    Ok(newest)
}

/// Transitions of all runs numbered after `after`, at most `limit`.
pub(crate) fn tail(
    connection: &Connection,
    results: &Results,
    after: i64,
    limit: i64,
) -> Result<Vec<Recorded>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT sequence, number, transitions.run_attempt, from_state, to_state, at, message,
           detail, runs.id FROM transitions JOIN runs ON runs.key = transitions.run
         WHERE sequence > ? ORDER BY sequence LIMIT ?",
    )?;
    let mut rows = statement.query([after, limit])?;
    let mut recorded = Vec::new();
    while let Some(row) = rows.next()? {
        let (sequence, transition) = transition(row, |detail| match detail {
            WrittenDetail::Output(Written::File(_))
            | WrittenDetail::Expanded(_, _, Written::File(_)) => Ok(Detail::None),
            other => other.read(results),
        })?;
        recorded.push(Recorded {
            sequence,
            run: row.get(8).map(RunId::from_bytes)?,
            transition,
        });
    }
    Ok(recorded)
}

/// A transition as those who watch everything see it: where it stands, without what
/// it carries.
#[derive(Clone, Debug)]
pub struct TailMove {
    /// Its number on this device.
    pub sequence: u64,
    /// The run that it is of.
    pub run: RunId,
    /// The run's flow.
    pub flow: Arc<str>,
    /// The run's readable name.
    pub name: Arc<str>,
    /// What moved.
    pub subject: Subject,
    /// Of a task run: its place in the flow's list of tasks.
    pub task: Option<u32>,
    /// Of a task run: the one that it stands in.
    pub parent: Option<TaskRunNumber>,
    /// Of an item: its number.
    pub item: Option<u32>,
    /// Of a mapped task that opened into its items: how many they are.
    pub items: Option<u32>,
    /// The run attempt that it belongs to, from 1.
    pub run_attempt: u32,
    /// The state before; `None`: it is new.
    pub from: Option<State>,
    /// The state after.
    pub to: State,
    /// When.
    pub at: Timestamp,
    /// Why, for a person.
    pub message: Option<Arc<str>>,
}

/// Transitions numbered after `after` up to `last`, of one run or of all, at most
/// `limit`; those of removed runs are gone.
pub(crate) fn moves(
    connection: &Connection,
    (after, last): (i64, i64),
    run: Option<i64>,
    limit: i64,
) -> rusqlite::Result<Vec<TailMove>> {
    let mut statement = connection.prepare_cached(
        "SELECT t.sequence, t.number, t.run_attempt, t.from_state, t.to_state, t.at, t.message,
           runs.id, runs.flow, runs.name, task_runs.task, task_runs.parent, task_runs.item,
           iif(t.number > 0 AND t.to_state = ?5, t.detail, NULL)
         FROM transitions t JOIN runs ON runs.key = t.run
           LEFT JOIN task_runs ON t.number > 0 AND task_runs.key = (t.run << 32) | t.number
         WHERE t.sequence > ?1 AND t.sequence <= ?2 AND (?3 IS NULL OR t.run = ?3)
         ORDER BY t.sequence LIMIT ?4",
    )?;
    let rows = statement.query_map(
        rusqlite::params![after, last, run, limit, State::Running.code()],
        |row| {
            let from: Option<u8> = row.get(3)?;
            let parent: Option<u32> = row.get(11)?;
            Ok(TailMove {
                sequence: row.get::<_, i64>(0)?.unsigned_abs(),
                run: row.get(7).map(RunId::from_bytes)?,
                flow: row.get(8)?,
                name: row.get(9)?,
                subject: TaskRunNumber::new(row.get(1)?).map_or(Subject::Run, Subject::Task),
                task: row.get(10)?,
                parent: parent.and_then(TaskRunNumber::new),
                item: row.get(12)?,
                items: opened(row, 13)?,
                run_attempt: row.get(2)?,
                from: from.map(|_| state(row, 3)).transpose()?,
                to: state(row, 4)?,
                at: time::from_column(row.get(5)?),
                message: row.get(6)?,
            })
        },
    )?;
    rows.collect()
}

/// How many items a detail says that a task opened into.
fn opened(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<u32>> {
    let bytes = row.get_ref(column)?.as_bytes_or_null()?;
    // A detail that cannot be read is found where the run's record is.
    let detail = bytes.and_then(|bytes| Decoder::new(bytes).detail(None).ok());
    Ok(match detail {
        Some(WrittenDetail::Expanded(_, count, _)) => Some(count),
        _ => None,
    })
}

/// Removes at most `limit` of a run's transitions; gives whether any is left.
pub(crate) fn remove_some(connection: &Connection, run: i64, limit: i64) -> rusqlite::Result<bool> {
    let Some((first, last)) = segment(connection, run, 0)? else {
        return Ok(false);
    };
    let end = last.min(first.saturating_add(limit - 1));
    connection.execute(
        "DELETE FROM transitions WHERE sequence BETWEEN ? AND ?",
        [first, end],
    )?;
    connection.execute(
        "DELETE FROM segments WHERE run = ? AND first = ?",
        [run, first],
    )?;
    if end < last {
        connection.execute(
            "INSERT INTO segments (run, first, last) VALUES (?, ?, ?)",
            [run, end + 1, last],
        )?;
    }
    Ok(true)
}

/// The number of what moved; 0: the run itself.
fn number(subject: Subject) -> u32 {
    match subject {
        Subject::Run => 0,
        Subject::Task(number) => number.get(),
    }
}

fn transition(
    row: &Row<'_>,
    read: impl FnOnce(WrittenDetail<'_>) -> Result<Detail, StoreError>,
) -> Result<(u64, Transition), StoreError> {
    let sequence = row.get::<_, i64>(0)?.unsigned_abs();
    let message: Option<Arc<str>> = row.get(6)?;
    let bytes = row
        .get_ref(7)?
        .as_bytes_or_null()
        .map_err(rusqlite::Error::from)?;
    let detail = Decoder::new(bytes.unwrap_or_default())
        .detail(message.as_ref())
        .map_err(|cause| StoreError::Malformed {
            place: format!("transition {sequence}"),
            cause: cause.to_owned(),
        })?;
    let from: Option<u8> = row.get(3)?;
    let transition = Transition {
        subject: TaskRunNumber::new(row.get(1)?).map_or(Subject::Run, Subject::Task),
        run_attempt: row.get(2)?,
        from: from.map(|_| state(row, 3)).transpose()?,
        to: state(row, 4)?,
        at: time::from_column(row.get(5)?),
        message,
        detail: read(detail)?,
    };
    Ok((sequence, transition))
}

/// The result in a transition's detail, if it is one.
pub(crate) fn output(
    row: &Row<'_>,
    column: usize,
    results: &Results,
) -> Result<Option<Value>, StoreError> {
    let bytes = row
        .get_ref(column)?
        .as_bytes_or_null()
        .map_err(rusqlite::Error::from)?;
    // A failure whose message stands beside it reads as no output either way.
    let Ok(detail) = Decoder::new(bytes.unwrap_or_default()).detail(None) else {
        return Ok(None);
    };
    match detail {
        WrittenDetail::Output(value) => value.read(results).map(Some),
        WrittenDetail::Whole(Detail::Output(Output(value))) => Ok(Some(value)),
        WrittenDetail::Whole(_) | WrittenDetail::Expanded(..) => Ok(None),
    }
}

/// A column that holds a state.
pub(crate) fn state(row: &Row<'_>, column: usize) -> rusqlite::Result<State> {
    let code: u8 = row.get(column)?;
    State::from_code(code).ok_or(rusqlite::Error::IntegralValueOutOfRange(
        column,
        i64::from(code),
    ))
}
