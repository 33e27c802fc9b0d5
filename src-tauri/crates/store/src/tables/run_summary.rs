//! Runs in few words: what an overview shows of many at once, without what they were
//! given and what they gave.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use tidemill_orchestrate::{RunId, State};

use crate::{
    Owner, StoreError,
    tables::{
        run::{FIRST_TERMINAL, hex, owner},
        run_list::{first_of, made_at},
        transition,
    },
    time,
};

/// A run in few words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunSummary {
    /// Its id.
    pub id: RunId,
    /// Its readable name.
    pub name: String,
    /// The flow's name.
    pub flow: String,
    /// How it stands.
    pub state: State,
    /// Why, for a person; nothing of a run that completed.
    pub message: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its newest run attempt started.
    pub started_at: Option<Timestamp>,
    /// When its newest run attempt ended.
    pub ended_at: Option<Timestamp>,
    /// The run whose task started it.
    pub parent: Option<RunId>,
    /// The process that carries it, while one does.
    pub owner: Option<Owner>,
    /// When it was due.
    pub scheduled_for: Option<Timestamp>,
}

/// Failures of a flow that no completed run has followed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenFailures {
    /// The newest of them.
    pub newest: RunSummary,
    /// How many there are.
    pub count: u64,
    /// When the oldest of them was made.
    pub since: Timestamp,
}

/// A version of a flow, as its runs tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRuns {
    /// SHA-256 of the flow file's bytes, as 64 lower-case hexadecimal digits.
    pub version: String,
    /// When its first run was made.
    pub first_run_at: Timestamp,
    /// When its newest run was made.
    pub last_run_at: Timestamp,
    /// How many runs had it.
    pub runs: u64,
}

const COLUMNS: &str = "runs.id, runs.name, runs.flow, runs.state, transitions.message,
    runs.created_at, runs.started_at, runs.ended_at, runs.parent, runs.owner, runs.scheduled_for";

/// A message is looked up only where there may be something to say.
const TABLES: &str = "runs LEFT JOIN transitions
    ON transitions.sequence = runs.last AND runs.state <> 10";

fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(column)?.unsigned_abs())
}

fn summary(row: &Row<'_>) -> rusqlite::Result<RunSummary> {
    let time = |column: usize| -> rusqlite::Result<Option<Timestamp>> {
        Ok(row.get::<_, Option<i64>>(column)?.map(time::from_column))
    };
    Ok(RunSummary {
        id: row.get(0).map(RunId::from_bytes)?,
        name: row.get(1)?,
        flow: row.get(2)?,
        state: transition::state(row, 3)?,
        message: row.get(4)?,
        created_at: time::from_column(row.get(5)?),
        started_at: time(6)?,
        ended_at: time(7)?,
        parent: row.get::<_, Option<[u8; 16]>>(8)?.map(RunId::from_bytes),
        owner: owner(row, 9)?,
        scheduled_for: time(10)?,
    })
}

/// The names of the flows that runs are of, in order; at most `limit`. Walks from name
/// to name, however many runs there are.
pub(crate) fn flows(connection: &Connection, limit: i64) -> rusqlite::Result<Vec<String>> {
    connection
        .prepare_cached(
            "WITH RECURSIVE known (flow_name) AS (
               SELECT min(flow) FROM runs
               UNION ALL
               SELECT (SELECT min(runs.flow) FROM runs WHERE runs.flow > known.flow_name)
               FROM known WHERE known.flow_name IS NOT NULL
             )
             SELECT flow_name FROM known WHERE flow_name IS NOT NULL LIMIT ?",
        )?
        .query_map([limit], |row| row.get(0))?
        .collect()
}

/// A flow's newest runs, newest first; none of those that try a part of it.
pub(crate) fn of_flow(
    connection: &Connection,
    flow: &str,
    limit: i64,
) -> rusqlite::Result<Vec<RunSummary>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {TABLES} WHERE runs.key IN
           (SELECT key FROM runs INDEXED BY runs_by_flow
            WHERE flow = ?1 AND removing = 0 AND trial IS NULL ORDER BY id DESC LIMIT ?2)
         ORDER BY runs.id DESC"
    );
    connection
        .prepare_cached(&sql)?
        .query_map(params![flow, limit], summary)?
        .collect()
}

/// Runs that go on, newest first.
pub(crate) fn unfinished(connection: &Connection, limit: i64) -> rusqlite::Result<Vec<RunSummary>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {TABLES} WHERE runs.key IN
           (SELECT key FROM runs INDEXED BY runs_by_state
            WHERE state > ?1 AND state < ?2 AND removing = 0 ORDER BY id DESC LIMIT ?3)
         ORDER BY runs.id DESC"
    );
    connection
        .prepare_cached(&sql)?
        .query_map(
            params![State::Scheduled.code(), FIRST_TERMINAL, limit],
            summary,
        )?
        .collect()
}

/// Runs that wait for a time up to `until`, in order of their times; at most `limit`.
pub(crate) fn scheduled(
    connection: &Connection,
    until: Timestamp,
    limit: i64,
) -> rusqlite::Result<Vec<RunSummary>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {TABLES} WHERE runs.key IN
           (SELECT key FROM runs INDEXED BY runs_by_state
            WHERE state = ?1 AND scheduled_for <= ?2 AND removing = 0
            ORDER BY scheduled_for, id LIMIT ?3)
         ORDER BY runs.scheduled_for, runs.id"
    );
    connection
        .prepare_cached(&sql)?
        .query_map(
            params![State::Scheduled.code(), time::to_column(until), limit],
            summary,
        )?
        .collect()
}

/// How many runs of a flow go on: have not ended, and do not wait for their time.
pub(crate) fn running(connection: &Connection, flow: &str) -> rusqlite::Result<u64> {
    connection
        .prepare_cached(
            "SELECT count(*) FROM runs INDEXED BY runs_by_flow_and_state
             WHERE flow = ? AND state > ? AND state < ? AND removing = 0",
        )?
        .query_row(
            params![flow, State::Scheduled.code(), FIRST_TERMINAL],
            |row| count(row, 0),
        )
}

/// How long a flow's last completed runs took, in nanoseconds, newest first; none of
/// those that try a part of it.
pub(crate) fn took(connection: &Connection, flow: &str, limit: i64) -> rusqlite::Result<Vec<i64>> {
    connection
        .prepare_cached(
            "SELECT ended_at - started_at FROM runs INDEXED BY runs_by_flow_and_state
             WHERE flow = ? AND state = ? AND removing = 0 AND trial IS NULL
               AND started_at IS NOT NULL AND ended_at IS NOT NULL
             ORDER BY id DESC LIMIT ?",
        )?
        .query_map(params![flow, State::Completed.code(), limit], |row| {
            row.get(0)
        })?
        .collect()
}

/// The newest run of a flow in one of these states, made after `after`.
fn newest_after(
    connection: &Connection,
    flow: &str,
    states: &[State],
    after: [u8; 16],
) -> rusqlite::Result<Option<[u8; 16]>> {
    let mut statement = connection.prepare_cached(
        "SELECT id FROM runs INDEXED BY runs_by_flow_and_state
         WHERE flow = ? AND state = ? AND id > ? AND removing = 0 AND trial IS NULL
         ORDER BY id DESC LIMIT 1",
    )?;
    let mut newest = None;
    for state in states {
        let found = statement
            .query_row(params![flow, state.code(), after], |row| row.get(0))
            .optional()?;
        newest = newest.max(found);
    }
    Ok(newest)
}

/// What failed of a flow since `since`, was nobody's child, and was followed by no
/// completed run.
pub(crate) fn open_failures(
    connection: &Connection,
    flow: &str,
    since: Timestamp,
) -> rusqlite::Result<Option<OpenFailures>> {
    const FAILED: [State; 4] = [
        State::Failed,
        State::TimedOut,
        State::UpstreamFailed,
        State::Crashed,
    ];
    let since = first_of(since);
    if newest_after(connection, flow, &FAILED, since)?.is_none() {
        return Ok(None);
    }
    let completed = [State::Completed, State::Cached];
    let mended = newest_after(connection, flow, &completed, since)?.unwrap_or(since);
    let sql = format!(
        "SELECT {COLUMNS} FROM {TABLES} WHERE runs.key IN
           (SELECT key FROM runs INDEXED BY runs_by_flow_and_state
            WHERE flow = ?1 AND state IN (13, 14, 15, 16) AND id > ?2 AND trial IS NULL
              AND parent IS NULL AND removing = 0 ORDER BY id DESC LIMIT 1)"
    );
    let newest = connection
        .prepare_cached(&sql)?
        .query_row(params![flow, mended], summary)
        .optional()?;
    let Some(newest) = newest else {
        return Ok(None);
    };
    let (failed, first): (u64, [u8; 16]) = connection
        .prepare_cached(
            "SELECT count(*), min(id) FROM runs INDEXED BY runs_by_flow_and_state
             WHERE flow = ?1 AND state IN (13, 14, 15, 16) AND id > ?2 AND trial IS NULL
               AND parent IS NULL AND removing = 0",
        )?
        .query_row(params![flow, mended], |row| {
            Ok((count(row, 0)?, row.get(1)?))
        })?;
    Ok(Some(OpenFailures {
        newest,
        count: failed,
        since: made(first),
    }))
}

/// How many runs that no other started stand in which state, of those made since.
pub(crate) fn states_since(
    connection: &Connection,
    since: Timestamp,
) -> rusqlite::Result<Vec<(State, u64)>> {
    connection
        .prepare_cached(
            "SELECT state, count(*) FROM runs INDEXED BY runs_on_top
             WHERE id >= ? AND parent IS NULL AND removing = 0 GROUP BY state",
        )?
        .query_map([first_of(since)], |row| {
            Ok((transition::state(row, 0)?, count(row, 1)?))
        })?
        .collect()
}

/// The newest run that no other started.
pub(crate) fn newest_on_top(connection: &Connection) -> rusqlite::Result<Option<RunId>> {
    connection
        .prepare_cached(
            "SELECT id FROM runs INDEXED BY runs_on_top
             WHERE parent IS NULL AND removing = 0 ORDER BY id DESC LIMIT 1",
        )?
        .query_row([], |row| row.get(0).map(RunId::from_bytes))
        .optional()
}

/// The newest runs whose name or flow holds a text, whatever the case, among the
/// newest `among`.
pub(crate) fn holding(
    connection: &Connection,
    text: &str,
    among: i64,
    limit: i64,
) -> rusqlite::Result<Vec<RunSummary>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {TABLES} WHERE runs.key IN
           (SELECT key FROM (SELECT key, id, name, flow FROM runs
              WHERE removing = 0 ORDER BY id DESC LIMIT ?2)
            WHERE instr(lower(name || char(10) || flow), ?1) > 0 ORDER BY id DESC LIMIT ?3)
         ORDER BY runs.id DESC"
    );
    connection
        .prepare_cached(&sql)?
        .query_map(params![text.to_lowercase(), among, limit], summary)?
        .collect()
}

/// A run in few words.
pub(crate) fn one(connection: &Connection, id: RunId) -> rusqlite::Result<Option<RunSummary>> {
    let sql = format!("SELECT {COLUMNS} FROM {TABLES} WHERE runs.id = ? AND removing = 0");
    connection
        .prepare_cached(&sql)?
        .query_row([id.to_bytes()], summary)
        .optional()
}

/// The run that an attempt of a task started last.
pub(crate) fn child(
    connection: &Connection,
    parent: RunId,
    task: u32,
) -> rusqlite::Result<Option<RunId>> {
    connection
        .prepare_cached(
            "SELECT id FROM runs INDEXED BY runs_by_parent
             WHERE parent = ? AND parent_task = ? AND removing = 0 ORDER BY id DESC LIMIT 1",
        )?
        .query_row(params![parent.to_bytes(), task], |row| {
            row.get(0).map(RunId::from_bytes)
        })
        .optional()
}

/// The versions of a flow that its runs had, that of the newest run first.
pub(crate) fn versions(connection: &Connection, flow: &str) -> rusqlite::Result<Vec<VersionRuns>> {
    connection
        .prepare_cached(
            "SELECT version, min(id), max(id), count(*) FROM runs INDEXED BY runs_by_version
             WHERE flow = ? AND version IS NOT NULL AND removing = 0
             GROUP BY version ORDER BY 3 DESC",
        )?
        .query_map([flow], |row| {
            Ok(VersionRuns {
                version: hex(row.get(0)?),
                first_run_at: made(row.get(1)?),
                last_run_at: made(row.get(2)?),
                runs: count(row, 3)?,
            })
        })?
        .collect()
}

/// When the run with this id was made, to the millisecond.
fn made(id: [u8; 16]) -> Timestamp {
    let milliseconds = i64::try_from(made_at(id)).unwrap_or_default();
    Timestamp::from_millisecond(milliseconds).unwrap_or_default()
}

/// Something that happened to a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunMove {
    /// The transition's number.
    pub sequence: u64,
    /// The run.
    pub run: RunId,
    /// Its readable name.
    pub name: String,
    /// The flow's name.
    pub flow: String,
    /// The run attempt, from 1.
    pub run_attempt: u32,
    /// The state before; `None`: it is new.
    pub from: Option<State>,
    /// The state after.
    pub to: State,
    /// When.
    pub at: Timestamp,
    /// Why, for a person.
    pub message: Option<String>,
    /// Whether another run's task started it.
    pub is_child: bool,
}

/// What happened to runs before the transition `before`, newest first.
pub(crate) fn moves(
    connection: &Connection,
    before: i64,
    limit: i64,
) -> Result<Vec<RunMove>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT sequence, runs.id, runs.name, runs.flow, transitions.run_attempt, from_state,
           to_state, at, message, runs.parent IS NOT NULL
         FROM transitions INDEXED BY transitions_of_runs CROSS JOIN runs
           ON runs.key = transitions.run
         WHERE transitions.number = 0 AND sequence < ? AND runs.removing = 0
         ORDER BY sequence DESC LIMIT ?",
    )?;
    let rows = statement.query_map([before, limit], |row| {
        let from: Option<u8> = row.get(5)?;
        Ok(RunMove {
            sequence: row.get::<_, i64>(0)?.unsigned_abs(),
            run: row.get(1).map(RunId::from_bytes)?,
            name: row.get(2)?,
            flow: row.get(3)?,
            run_attempt: row.get(4)?,
            from: from.map(|_| transition::state(row, 5)).transpose()?,
            to: transition::state(row, 6)?,
            at: time::from_column(row.get(7)?),
            message: row.get(8)?,
            is_child: row.get(9)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
