//! The cache table: results that may stand for new ones.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use tidemill_flow::Value;
use tidemill_orchestrate::{RunId, TaskRunNumber};

use crate::{
    StoreError,
    codec::Decoder,
    tables::result::{CACHE_RUN, Results},
    time,
};

/// What a result is known by: a hash over the workspace, the flow, the task's path
/// and all that can change the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CacheKey(pub [u8; 32]);

/// A result that is to be kept.
#[derive(Clone, Debug)]
pub struct CacheEntry {
    /// What it is known by.
    pub key: CacheKey,
    /// The task run whose result it is, of the run that the batch is of.
    pub task: TaskRunNumber,
    /// The result.
    pub value: Value,
    /// When it came.
    pub created_at: Timestamp,
    /// From when on it does not stand any more; `None`: it stands for ever.
    pub expires_at: Option<Timestamp>,
}

/// A result that was kept.
#[derive(Clone, Debug)]
pub struct Cached {
    /// The run whose result it is.
    pub run: RunId,
    /// The task run there.
    pub task: TaskRunNumber,
    /// The result.
    pub value: Value,
    /// When it came.
    pub created_at: Timestamp,
}

/// Keeps a result; one with the same key makes room.
pub(crate) fn keep(
    connection: &Connection,
    run: RunId,
    entry: &CacheEntry,
    value: &[u8],
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO cache (key, run, task, value, created_at, expires_at)
             VALUES (?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            entry.key.0,
            run.to_bytes(),
            entry.task.get(),
            value,
            time::to_column(entry.created_at),
            entry.expires_at.map(time::to_column),
        ])?;
    Ok(())
}

/// The result that stands for a key at this time.
pub(crate) fn find(
    connection: &Connection,
    results: &Results,
    key: CacheKey,
    now: Timestamp,
) -> Result<Option<Cached>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT run, task, value, created_at FROM cache
         WHERE key = ? AND (expires_at IS NULL OR expires_at > ?)",
    )?;
    let mut rows = statement.query(params![key.0, time::to_column(now)])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let bytes: Vec<u8> = row.get(2)?;
    let value = Decoder::new(&bytes)
        .value()
        .map_err(|cause| StoreError::Malformed {
            place: "a result in the cache".to_owned(),
            cause: cause.to_owned(),
        })?;
    Ok(Some(Cached {
        run: row.get(0).map(RunId::from_bytes)?,
        task: TaskRunNumber::new(row.get(1)?).unwrap_or(TaskRunNumber::FIRST),
        value: value.read(results)?,
        created_at: time::from_column(row.get(3)?),
    }))
}

/// Removes results that have expired; gives how many.
pub(crate) fn remove_expired(connection: &Connection, now: Timestamp) -> rusqlite::Result<usize> {
    let removed = connection.execute(
        "DELETE FROM cache WHERE expires_at <= ?",
        [time::to_column(now)],
    )?;
    Ok(removed)
}

/// Forgets the files that no entry names any more, and gives those that nothing
/// else names either.
pub(crate) fn forget_unnamed(
    connection: &Connection,
) -> rusqlite::Result<Vec<crate::tables::result::ResultHash>> {
    const UNNAMED: &str = "run = ?1 AND hash NOT IN
        (SELECT substr(value, 2, 32) FROM cache WHERE substr(value, 1, 1) = x'01')";
    let alone = connection
        .prepare(&format!(
            "SELECT hash FROM results AS own WHERE {UNNAMED} AND NOT EXISTS
               (SELECT 1 FROM results AS other WHERE other.hash = own.hash AND other.run <> ?1)"
        ))?
        .query_map([CACHE_RUN], |row| {
            row.get(0)
                .map(crate::tables::result::ResultHash::from_bytes)
        })?
        .collect::<rusqlite::Result<_>>()?;
    connection.execute(&format!("DELETE FROM results WHERE {UNNAMED}"), [CACHE_RUN])?;
    Ok(alone)
}
