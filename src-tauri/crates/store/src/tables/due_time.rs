//! The due times table: what became of each time of a schedule.
//!
//! A time waits, then has its run, or was missed; it never goes back. Its run is recorded
//! in the same transaction as that it has one, so it has one at most, whoever dies when.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use tidemill_orchestrate::RunId;

use crate::{
    tables::{run::FIRST_TERMINAL, schedule},
    time,
};

const WAITS: u8 = 0;
const RUNS: u8 = 1;
const MISSED: u8 = 2;

/// A time of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueTime {
    /// The schedule's key.
    pub schedule: i64,
    /// The time.
    pub time: Timestamp,
}

/// What became of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DueOutcome {
    /// Nothing yet.
    Waits,
    /// It has this run, which may be removed since.
    Run(RunId),
    /// It does not run any more.
    Missed,
}

/// Why a time waits, or was missed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueReason {
    /// A word, for programs: `asleep`, `off`, `paused`, `overlap`.
    pub word: String,
    /// For people.
    pub message: String,
}

/// Times of a schedule, and what became of them: one, or several that were missed in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDueTimes {
    /// The schedule's key.
    pub schedule: i64,
    /// The oldest.
    pub time: Timestamp,
    /// The newest.
    pub last: Timestamp,
    /// How many.
    pub times: u64,
    /// Whether they were counted to the end; else they may be more.
    pub counted: bool,
    /// Whether it was found long after it had passed.
    pub caught_up: bool,
    /// What became of them.
    pub outcome: DueOutcome,
    /// Why, where it needs saying.
    pub reason: Option<DueReason>,
}

/// Times that were missed in a row, for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissedTimes {
    /// The oldest.
    pub first: Timestamp,
    /// The newest.
    pub last: Timestamp,
    /// How many.
    pub times: u64,
    /// Whether they were counted to the end.
    pub counted: bool,
    /// Why.
    pub reason: DueReason,
}

/// What a look at a schedule found, to be committed together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleLook {
    /// The schedule.
    pub of: schedule::ScheduleOf,
    /// Up to where its times are dealt with then.
    pub seen: Timestamp,
    /// Times that are to run, and whether each was found long after it had passed.
    pub waits: Vec<(Timestamp, bool)>,
    /// Times that are not to run.
    pub missed: Vec<MissedTimes>,
}

/// Records what a look found. Times that are recorded already stay as they are.
pub(crate) fn record(
    connection: &Connection,
    look: &ScheduleLook,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let schedule = schedule::see(connection, &look.of, look.seen)?;
    for (time, caught_up) in &look.waits {
        if is_known(connection, schedule, *time)? {
            continue;
        }
        connection
            .prepare_cached(
                "INSERT INTO due_times
                   (schedule, time, last, times, counted, caught_up, outcome, recorded_at)
                 VALUES (?1, ?2, ?2, 1, 1, ?3, ?4, ?5)",
            )?
            .execute(params![
                schedule,
                time::to_column(*time),
                caught_up,
                WAITS,
                time::to_column(now)
            ])?;
    }
    for missed in &look.missed {
        miss_new(connection, schedule, missed, now)?;
    }
    Ok(())
}

/// Whether a time is recorded, by itself or in a row of missed ones.
fn is_known(connection: &Connection, schedule: i64, time: Timestamp) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT last >= ?2 FROM due_times WHERE schedule = ?1 AND time <= ?2
             ORDER BY time DESC LIMIT 1",
        )?
        .query_row(params![schedule, time::to_column(time)], |row| row.get(0))
        .optional()
        .map(Option::unwrap_or_default)
}

/// Adds missed times: to the row before them where that is of the same reason.
fn miss_new(
    connection: &Connection,
    schedule: i64,
    missed: &MissedTimes,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let is_one = missed.first == missed.last;
    if is_one && is_known(connection, schedule, missed.first)? {
        return Ok(());
    }
    if lengthen(connection, schedule, missed)? {
        return Ok(());
    }
    connection
        .prepare_cached(
            "INSERT INTO due_times (schedule, time, last, times, counted, caught_up, outcome,
               reason, message, recorded_at)
             VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?7, ?8, ?9)
             ON CONFLICT DO UPDATE SET last = max(last, ?3), times = max(times, ?4)
             WHERE outcome = ?6",
        )?
        .execute(params![
            schedule,
            time::to_column(missed.first),
            time::to_column(missed.last),
            i64::try_from(missed.times).unwrap_or(i64::MAX),
            missed.counted,
            MISSED,
            missed.reason.word,
            missed.reason.message,
            time::to_column(now),
        ])?;
    Ok(())
}

/// Adds missed times to the newest row of their schedule before them, if that is of times
/// missed for the same reason; gives whether it was.
fn lengthen(
    connection: &Connection,
    schedule: i64,
    missed: &MissedTimes,
) -> rusqlite::Result<bool> {
    let changed = connection
        .prepare_cached(
            "UPDATE due_times SET last = ?3, times = times + ?4, counted = counted AND ?5
             WHERE schedule = ?1 AND outcome = ?6 AND last < ?2 AND reason = ?7 AND message = ?8
               AND time = (SELECT max(time) FROM due_times WHERE schedule = ?1 AND time <= ?3)",
        )?
        .execute(params![
            schedule,
            time::to_column(missed.first),
            time::to_column(missed.last),
            i64::try_from(missed.times).unwrap_or(i64::MAX),
            missed.counted,
            MISSED,
            missed.reason.word,
            missed.reason.message,
        ])?;
    Ok(changed > 0)
}

/// Says of a time that waits that it was missed. It joins the row before it where that
/// is of the same reason.
pub(crate) fn miss(
    connection: &Connection,
    due: DueTime,
    reason: &DueReason,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let removed = connection
        .prepare_cached("DELETE FROM due_times WHERE schedule = ? AND time = ? AND outcome = ?")?
        .execute(params![due.schedule, time::to_column(due.time), WAITS])?;
    if removed == 0 {
        return Ok(());
    }
    let missed = MissedTimes {
        first: due.time,
        last: due.time,
        times: 1,
        counted: true,
        reason: reason.clone(),
    };
    miss_new(connection, due.schedule, &missed, now)
}

/// Says why a time waits.
pub(crate) fn explain(
    connection: &Connection,
    due: DueTime,
    reason: &DueReason,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE due_times SET reason = ?3, message = ?4
             WHERE schedule = ?1 AND time = ?2 AND outcome = ?5",
        )?
        .execute(params![
            due.schedule,
            time::to_column(due.time),
            reason.word,
            reason.message,
            WAITS
        ])?;
    Ok(())
}

/// Gives a time that waits its run; gives whether it waited.
pub(crate) fn take(connection: &Connection, due: DueTime, run: RunId) -> rusqlite::Result<bool> {
    let taken = connection
        .prepare_cached(
            "UPDATE due_times SET outcome = ?4, run = ?3, reason = NULL, message = NULL
             WHERE schedule = ?1 AND time = ?2 AND outcome = ?5",
        )?
        .execute(params![
            due.schedule,
            time::to_column(due.time),
            run.to_bytes(),
            RUNS,
            WAITS
        ])?;
    Ok(taken == 1)
}

/// Whether a time waits.
pub(crate) fn waits(connection: &Connection, due: DueTime) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT outcome = ?3 FROM due_times WHERE schedule = ?1 AND time = ?2")?
        .query_row(
            params![due.schedule, time::to_column(due.time), WAITS],
            |row| row.get(0),
        )
        .optional()
        .map(Option::unwrap_or_default)
}

const COLUMNS: &str =
    "schedule, time, last, times, counted, caught_up, outcome, run, reason, message";

/// Every time that waits, by schedule, oldest first.
pub(crate) fn waiting(connection: &Connection) -> rusqlite::Result<Vec<StoredDueTimes>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM due_times INDEXED BY due_times_waiting WHERE outcome = 0
         ORDER BY schedule, time"
    );
    connection
        .prepare_cached(&sql)?
        .query_map([], stored)?
        .collect()
}

/// The runs of schedules that have not ended, each with its schedule's key.
pub(crate) fn unfinished(connection: &Connection) -> rusqlite::Result<Vec<(i64, RunId)>> {
    connection
        .prepare_cached(
            "SELECT due_times.schedule, runs.id FROM runs INDEXED BY runs_by_state
             CROSS JOIN due_times ON due_times.run = runs.id
             WHERE runs.state < ? AND runs.removing = 0 ORDER BY runs.id",
        )?
        .query_map([FIRST_TERMINAL], |row| {
            Ok((row.get(0)?, RunId::from_bytes(row.get(1)?)))
        })?
        .collect()
}

/// The newest rows of a schedule, newest first.
pub(crate) fn newest(
    connection: &Connection,
    schedule: i64,
    limit: i64,
) -> rusqlite::Result<Vec<StoredDueTimes>> {
    let sql =
        format!("SELECT {COLUMNS} FROM due_times WHERE schedule = ? ORDER BY time DESC LIMIT ?");
    connection
        .prepare_cached(&sql)?
        .query_map([schedule, limit], stored)?
        .collect()
}

/// Times of a workspace's schedules that were missed, the newest at or after `since`,
/// newest first.
pub(crate) fn missed(
    connection: &Connection,
    workspace: &str,
    since: Timestamp,
    limit: i64,
) -> rusqlite::Result<Vec<(schedule::ScheduleOf, StoredDueTimes)>> {
    let sql = format!(
        "SELECT {COLUMNS}, flow, identity FROM due_times INDEXED BY due_times_missed
         CROSS JOIN schedules ON schedules.key = due_times.schedule
         WHERE outcome = 2 AND last >= ? AND workspace = ? ORDER BY last DESC LIMIT ?"
    );
    connection
        .prepare_cached(&sql)?
        .query_map(params![time::to_column(since), workspace, limit], |row| {
            let of = schedule::ScheduleOf {
                workspace: workspace.to_owned(),
                flow: row.get(10)?,
                identity: row.get(11)?,
            };
            Ok((of, stored(row)?))
        })?
        .collect()
}

fn stored(row: &Row<'_>) -> rusqlite::Result<StoredDueTimes> {
    let word: Option<String> = row.get(8)?;
    let message: Option<String> = row.get(9)?;
    let run: Option<[u8; 16]> = row.get(7)?;
    let outcome = match (row.get::<_, u8>(6)?, run) {
        (MISSED, _) => DueOutcome::Missed,
        (_, Some(run)) => DueOutcome::Run(RunId::from_bytes(run)),
        (_, None) => DueOutcome::Waits,
    };
    Ok(StoredDueTimes {
        schedule: row.get(0)?,
        time: time::from_column(row.get(1)?),
        last: time::from_column(row.get(2)?),
        times: row.get::<_, i64>(3)?.unsigned_abs(),
        counted: row.get(4)?,
        caught_up: row.get(5)?,
        outcome,
        reason: word.map(|word| DueReason {
            word,
            message: message.unwrap_or_default(),
        }),
    })
}
