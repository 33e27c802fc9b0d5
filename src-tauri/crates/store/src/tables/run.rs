//! The runs table: what a run was started with, how it stands, who carries it.

#[cfg(unix)]
use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use rusqlite::{
    Connection, OptionalExtension, Row, params,
    types::{ToSqlOutput, ValueRef},
};
use tidemill_flow::Value;
use tidemill_orchestrate::{RunId, State, TaskRunNumber};

use crate::{
    Owner, StoreError,
    codec::{Decoder, Wrong},
    tables::{due_time::DueTime, result::Results, text, transition},
    time,
};

/// A run that is to begin.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// Its id.
    pub id: RunId,
    /// Its readable name.
    pub name: String,
    /// The flow's name (for a recorded command: what it is called).
    pub flow: String,
    /// The flow file's text; `None` for a recorded command. Its SHA-256 is the version.
    pub flow_text: Option<Arc<str>>,
    /// The flow file's path.
    pub file: Option<PathBuf>,
    /// The workspace's path, as text.
    pub workspace: Option<String>,
    /// Bound parameters, a mapping.
    pub parameters: Value,
    /// The event that started it, or null.
    pub trigger: Value,
    /// The variables as they were at its start, a mapping.
    pub variables: Value,
    /// The environment that it was started in, a mapping, where it is to be kept.
    pub environment: Option<Value>,
    /// How it differs from a run of the whole flow, a mapping, where it does.
    pub trial: Option<Value>,
    /// The task that started it, where it is another run's.
    pub parent: Option<Parent>,
    /// When it was due.
    pub scheduled_for: Option<Timestamp>,
    /// The schedule's time that it is of, which has it from then on.
    pub due: Option<DueTime>,
    /// The process that carries it.
    pub owner: Option<Owner>,
    /// When it was made.
    pub created_at: Timestamp,
    /// By which key a program asked for it.
    pub request: Option<RequestKey>,
}

/// By which key a program asks for a run, and what it asks: another request with the
/// same key starts nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestKey {
    key: String,
    hash: Vec<u8>,
}

impl RequestKey {
    /// A key, and all that the request says.
    pub fn new(key: String, asked: &[u8]) -> Self {
        Self {
            key,
            hash: text::hash(asked).to_vec(),
        }
    }

    /// The key itself.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// The attempt of a task that started a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parent {
    /// The run that the task is of.
    pub run: RunId,
    /// The task run there.
    pub task: TaskRunNumber,
    /// Its attempt, from 1.
    pub attempt: u32,
}

/// A run as lists show it.
#[derive(Clone, Debug)]
pub struct StoredRun {
    /// Its id.
    pub id: RunId,
    /// Its readable name.
    pub name: String,
    /// The flow's name.
    pub flow: String,
    /// SHA-256 of the flow file's bytes, as 64 lower-case hexadecimal digits;
    /// `None` for a recorded command.
    pub version: Option<String>,
    /// The workspace's path.
    pub workspace: Option<String>,
    /// The flow file's path, as text.
    pub file: Option<String>,
    /// How it stands.
    pub state: State,
    /// Why, for a person.
    pub message: Option<Arc<str>>,
    /// Its newest run attempt, from 1.
    pub run_attempt: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its newest run attempt started.
    pub started_at: Option<Timestamp>,
    /// When its newest run attempt ended.
    pub ended_at: Option<Timestamp>,
    /// When it was due.
    pub scheduled_for: Option<Timestamp>,
    /// The task that started it.
    pub parent: Option<Parent>,
    /// The process that carries it, while one does.
    pub owner: Option<Owner>,
    /// Its parameters.
    pub parameters: Value,
    /// Its result, where it has one.
    pub output: Option<Value>,
}

/// All that a run was started with, beside what [`StoredRun`] says.
#[derive(Clone, Debug)]
pub struct RunInputs {
    /// The flow file's text.
    pub flow_text: Option<Arc<str>>,
    /// The event that started it, or null.
    pub trigger: Value,
    /// The variables as they were at its start.
    pub variables: Value,
    /// The environment, where it was kept.
    pub environment: Option<Value>,
    /// How it differs from a run of the whole flow, where it does.
    pub trial: Option<Value>,
    /// The flow file's path, also where it is no text.
    pub file: Option<PathBuf>,
}

/// A run that has not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// Its id.
    pub id: RunId,
    /// How it stands.
    pub state: State,
    /// Who carries it.
    pub owner: Option<Owner>,
    /// When it was due.
    pub scheduled_for: Option<Timestamp>,
}

/// The first code of a terminal state: see `State::code`.
pub(crate) const FIRST_TERMINAL: u8 = 10;

/// A new run's values, as they are written.
pub(crate) struct Encoded<'a> {
    pub(crate) parameters: &'a [u8],
    pub(crate) trigger: &'a [u8],
    pub(crate) variables: &'a [u8],
    pub(crate) environment: Option<&'a [u8]>,
    pub(crate) trial: Option<&'a [u8]>,
}

/// Adds a run, and gives its key. `Ok(None)`: its id is taken.
pub(crate) fn insert(
    connection: &Connection,
    run: &NewRun,
    values: &Encoded<'_>,
) -> rusqlite::Result<Option<i64>> {
    let version = run
        .flow_text
        .as_ref()
        .map(|text| text::hash(text.as_bytes()));
    if let (Some(hash), Some(text)) = (&version, &run.flow_text) {
        text::keep(connection, hash, text.as_bytes())?;
    }
    let variables = keep_snapshot(connection, values.variables)?;
    let environment = values
        .environment
        .map(|bytes| keep_snapshot(connection, bytes))
        .transpose()?;
    let added = connection
        .prepare_cached(
            "INSERT OR IGNORE INTO runs (id, name, flow, version, workspace, file, state, run_attempt,
               last, created_at, scheduled_for, parent, parent_task, parent_attempt, owner,
               parameters, trigger, variables, environment, whole_attempt, superseding, removing,
               request_key, request_hash, trial)
             VALUES (?, ?, ?, ?, ?, ?, ?, 1, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 0, 0, ?, ?, ?)",
        )?
        .execute(params![
            run.id.to_bytes(),
            run.name,
            run.flow,
            version,
            run.workspace,
            run.file.as_deref().map(path_column),
            State::Pending.code(),
            time::to_column(run.created_at),
            run.scheduled_for.map(time::to_column),
            run.parent.map(|parent| parent.run.to_bytes()),
            run.parent.map(|parent| parent.task.get()),
            run.parent.map(|parent| parent.attempt),
            run.owner.map(Owner::to_bytes),
            values.parameters,
            values.trigger,
            variables,
            environment,
            run.request.as_ref().map(|request| &request.key),
            run.request.as_ref().map(|request| &request.hash),
            values.trial,
        ])?;
    Ok((added == 1).then(|| connection.last_insert_rowid()))
}

fn keep_snapshot(connection: &Connection, bytes: &[u8]) -> rusqlite::Result<text::TextHash> {
    let hash = text::hash(bytes);
    text::keep(connection, &hash, bytes)?;
    Ok(hash)
}

/// What a batch did to its run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RunFold {
    pub(crate) state: State,
    pub(crate) run_attempt: u32,
    pub(crate) last: i64,
    pub(crate) started_at: Option<i64>,
    pub(crate) ended_at: Option<i64>,
    pub(crate) restart: Option<Restart>,
}

/// A new run attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Restart {
    /// Everything runs anew.
    Whole,
    /// What completed stays.
    FromFailed,
}

/// Writes how a run stands. A run that has ended belongs to nobody.
pub(crate) fn update(connection: &Connection, key: i64, fold: &RunFold) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE runs SET state = ?2, run_attempt = ?3, last = ?4,
               started_at = iif(?7, ?5, coalesce(started_at, ?5)), ended_at = ?6,
               owner = iif(?6 IS NULL, owner, NULL), superseding = max(superseding, ?7),
               whole_attempt = iif(?8, ?3, whole_attempt) WHERE key = ?1",
        )?
        .execute(params![
            key,
            fold.state.code(),
            fold.run_attempt,
            fold.last,
            fold.started_at,
            fold.ended_at,
            fold.restart.is_some(),
            fold.restart == Some(Restart::Whole),
        ])?;
    Ok(())
}

/// Nobody carries the run from here on.
pub(crate) fn release(connection: &Connection, key: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE runs SET owner = NULL WHERE key = ?")?
        .execute([key])?;
    Ok(())
}

/// Notes that some task runs of the run may stand at the same path.
pub(crate) fn set_superseding(connection: &Connection, key: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE runs SET superseding = 1 WHERE key = ? AND superseding = 0")?
        .execute([key])?;
    Ok(())
}

/// Compare and swap of the run's owner; gives whether it was swapped.
pub(crate) fn claim(
    connection: &Connection,
    id: RunId,
    expected: Option<Owner>,
    owner: Option<Owner>,
) -> rusqlite::Result<bool> {
    let changed = connection
        .prepare_cached(
            "UPDATE runs SET owner = ?3 WHERE id = ?1 AND owner IS ?2 AND removing = 0",
        )?
        .execute(params![
            id.to_bytes(),
            expected.map(Owner::to_bytes),
            owner.map(Owner::to_bytes)
        ])?;
    Ok(changed == 1)
}

/// Notes that the run is being removed: no list shows it from here on.
pub(crate) fn set_removing(connection: &Connection, key: i64) -> rusqlite::Result<()> {
    connection.execute("UPDATE runs SET removing = 1 WHERE key = ?", [key])?;
    Ok(())
}

/// Removes the row, and the texts that nothing else names.
pub(crate) fn remove(connection: &Connection, key: i64) -> rusqlite::Result<()> {
    let texts: Vec<Option<Vec<u8>>> = connection.query_row(
        "SELECT version, variables, environment FROM runs WHERE key = ?",
        [key],
        |row| (0..3).map(|column| row.get(column)).collect(),
    )?;
    connection.execute("DELETE FROM runs WHERE key = ?", [key])?;
    for hash in texts.into_iter().flatten() {
        text::forget_unnamed(connection, &hash)?;
    }
    Ok(())
}

/// The key of the run with this id, and who carries it.
pub(crate) fn key(
    connection: &Connection,
    id: RunId,
) -> rusqlite::Result<Option<(i64, Option<Owner>)>> {
    connection
        .prepare_cached("SELECT key, owner FROM runs WHERE id = ?")?
        .query_row([id.to_bytes()], |row| Ok((row.get(0)?, owner(row, 1)?)))
        .optional()
}

/// Runs that have not ended, oldest first.
pub(crate) fn unfinished(connection: &Connection) -> rusqlite::Result<Vec<Unfinished>> {
    connection
        .prepare_cached(
            "SELECT id, state, owner, scheduled_for FROM runs INDEXED BY runs_by_state
             WHERE state < ? AND removing = 0 ORDER BY id",
        )?
        .query_map([FIRST_TERMINAL], |row| {
            Ok(Unfinished {
                id: row.get(0).map(RunId::from_bytes)?,
                state: transition::state(row, 1)?,
                owner: owner(row, 2)?,
                scheduled_for: row.get::<_, Option<i64>>(3)?.map(time::from_column),
            })
        })?
        .collect()
}

pub(crate) const COLUMNS: &str =
    "runs.id, runs.name, runs.flow, runs.version, runs.workspace, runs.file,
    runs.state, runs.run_attempt, runs.created_at, runs.started_at, runs.ended_at,
    runs.scheduled_for, runs.parent, runs.parent_task, runs.parent_attempt, runs.owner,
    runs.parameters, transitions.message, transitions.detail";

pub(crate) const TABLES: &str = "runs LEFT JOIN transitions ON transitions.sequence = runs.last";

/// The run with this id.
pub(crate) fn one(
    connection: &Connection,
    results: &Results,
    id: RunId,
) -> Result<Option<StoredRun>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM {TABLES} WHERE runs.id = ? AND removing = 0");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([id.to_bytes()])?;
    match rows.next()? {
        Some(row) => stored(row, results).map(Some),
        None => Ok(None),
    }
}

/// What a run was started with.
pub(crate) fn inputs(
    connection: &Connection,
    results: &Results,
    id: RunId,
) -> Result<Option<RunInputs>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT version, trigger, variables, environment, trial, file FROM runs WHERE id = ?",
    )?;
    let mut rows = statement.query([id.to_bytes()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let column = |index: usize| row.get::<_, Option<Vec<u8>>>(index);
    let snapshot = |hash: Option<Vec<u8>>| -> Result<Option<Value>, StoreError> {
        let Some(hash) = hash else { return Ok(None) };
        let bytes = text::bytes(connection, &hash)?;
        value(id, &bytes.unwrap_or_default(), results).map(Some)
    };
    let flow_text = match column(0)? {
        Some(hash) => text::text(connection, &hash)?,
        None => None,
    };
    Ok(Some(RunInputs {
        flow_text,
        trigger: value(id, &column(1)?.unwrap_or_default(), results)?,
        variables: snapshot(column(2)?)?.unwrap_or_default(),
        environment: snapshot(column(3)?)?,
        trial: match column(4)? {
            Some(bytes) => Some(value(id, &bytes, results)?),
            None => None,
        },
        file: column_path(row.get_ref(5)?),
    }))
}

/// Ids of runs that begin so, newest first.
pub(crate) fn by_prefix(
    connection: &Connection,
    (low, high): ([u8; 16], [u8; 16]),
    limit: i64,
) -> rusqlite::Result<Vec<RunId>> {
    ids(
        connection,
        "SELECT id FROM runs WHERE id BETWEEN ?1 AND ?2 AND removing = 0 ORDER BY id DESC LIMIT ?3",
        params![low, high, limit],
    )
}

/// Ids of runs of this name, newest first.
pub(crate) fn by_name(
    connection: &Connection,
    name: &str,
    limit: i64,
) -> rusqlite::Result<Vec<RunId>> {
    ids(
        connection,
        "SELECT id FROM runs WHERE name = ?1 AND removing = 0 ORDER BY id DESC LIMIT ?2",
        params![name, limit],
    )
}

/// A path as it is kept: as text, or in its own bytes where it is none.
fn path_column(path: &Path) -> ToSqlOutput<'_> {
    match path.to_str() {
        Some(text) => text.into(),
        #[cfg(unix)]
        None => ToSqlOutput::Borrowed(ValueRef::Blob(path.as_os_str().as_bytes())),
        #[cfg(not(unix))]
        None => path.to_string_lossy().into_owned().into(),
    }
}

fn column_path(column: ValueRef<'_>) -> Option<PathBuf> {
    match column {
        ValueRef::Text(text) => Some(PathBuf::from(String::from_utf8_lossy(text).into_owned())),
        #[cfg(unix)]
        ValueRef::Blob(bytes) => Some(PathBuf::from(OsStr::from_bytes(bytes))),
        _ => None,
    }
}

/// The newest run's id.
pub(crate) fn newest(connection: &Connection) -> rusqlite::Result<Option<RunId>> {
    let newest = ids(
        connection,
        "SELECT id FROM runs WHERE removing = 0 ORDER BY id DESC LIMIT 1",
        [],
    )?;
    Ok(newest.first().copied())
}

fn ids(
    connection: &Connection,
    sql: &str,
    values: impl rusqlite::Params,
) -> rusqlite::Result<Vec<RunId>> {
    connection
        .prepare_cached(sql)?
        .query_map(values, |row| row.get(0).map(RunId::from_bytes))?
        .collect()
}

pub(crate) fn stored(row: &Row<'_>, results: &Results) -> Result<StoredRun, StoreError> {
    let id = row.get(0).map(RunId::from_bytes)?;
    let message: Option<Arc<str>> = row.get(17)?;
    let parameters = row.get_ref(16)?;
    let output = transition::output(row, 18, results)?;
    let read = || -> rusqlite::Result<StoredRun> {
        Ok(StoredRun {
            id,
            name: row.get(1)?,
            flow: row.get(2)?,
            version: row.get::<_, Option<[u8; 32]>>(3)?.map(hex),
            workspace: row.get(4)?,
            file: column_path(row.get_ref(5)?).map(|path| path.to_string_lossy().into_owned()),
            state: transition::state(row, 6)?,
            message,
            run_attempt: row.get(7)?,
            created_at: time::from_column(row.get(8)?),
            started_at: row.get::<_, Option<i64>>(9)?.map(time::from_column),
            ended_at: row.get::<_, Option<i64>>(10)?.map(time::from_column),
            scheduled_for: row.get::<_, Option<i64>>(11)?.map(time::from_column),
            parent: parent(row)?,
            owner: owner(row, 15)?,
            parameters: Value::UNDEFINED,
            output,
        })
    };
    let mut run = read()?;
    run.parameters = value(id, parameters.as_bytes().unwrap_or_default(), results)?;
    Ok(run)
}

fn parent(row: &Row<'_>) -> rusqlite::Result<Option<Parent>> {
    let Some(run) = row.get::<_, Option<[u8; 16]>>(12)? else {
        return Ok(None);
    };
    let task = TaskRunNumber::new(row.get(13)?).unwrap_or(TaskRunNumber::FIRST);
    Ok(Some(Parent {
        run: RunId::from_bytes(run),
        task,
        attempt: row.get(14)?,
    }))
}

pub(crate) fn owner(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Owner>> {
    let bytes = row.get_ref(column)?.as_bytes_or_null()?;
    Ok(bytes.and_then(Owner::from_bytes))
}

pub(crate) fn value(id: RunId, bytes: &[u8], results: &Results) -> Result<Value, StoreError> {
    Decoder::new(bytes)
        .value()
        .map_err(|cause| malformed(id, cause))?
        .read(results)
}

/// The error of a run whose row cannot be read.
pub(crate) fn malformed(id: RunId, cause: Wrong) -> StoreError {
    StoreError::Malformed {
        place: format!("run {id}"),
        cause: cause.to_owned(),
    }
}

pub(crate) fn hex(bytes: [u8; 32]) -> String {
    crate::tables::result::ResultHash::from_bytes(bytes).to_string()
}

/// The run that was asked for by a request's key, and whether the same was asked.
pub(crate) fn requested(
    connection: &Connection,
    request: &RequestKey,
) -> rusqlite::Result<Option<(RunId, bool)>> {
    connection
        .prepare_cached("SELECT id, request_hash FROM runs WHERE request_key = ? AND removing = 0")?
        .query_row([&request.key], |row| {
            let hash: Vec<u8> = row.get(1)?;
            Ok((RunId::from_bytes(row.get(0)?), hash == request.hash))
        })
        .optional()
}
