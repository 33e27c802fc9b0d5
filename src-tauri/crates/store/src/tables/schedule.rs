//! The schedules table: the schedules that flow files of enabled workspaces have or had,
//! and how far each was looked at; and which flows' schedules are paused on this machine.
//!
//! Not here: what became of their times (`due_time.rs`).

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::time;

/// What a schedule is known by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScheduleOf {
    /// The workspace's folder.
    pub workspace: String,
    /// The flow's name.
    pub flow: String,
    /// Its name, or its rule and zone.
    pub identity: String,
}

/// A schedule that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenSchedule {
    /// Its key in the store.
    pub key: i64,
    /// What it is known by.
    pub of: ScheduleOf,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// Its times up to here are dealt with.
    pub seen: Timestamp,
    /// The newest time that is recorded in a row that begins before the present instant.
    pub recorded: Option<Timestamp>,
    /// Since when no flow file has it; `None`: one does.
    pub gone_at: Option<Timestamp>,
}

/// Says up to where a schedule is dealt with, and that a file has it; gives its key.
pub(crate) fn see(
    connection: &Connection,
    of: &ScheduleOf,
    seen: Timestamp,
) -> rusqlite::Result<i64> {
    connection
        .prepare_cached(
            "INSERT INTO schedules (workspace, flow, identity, first_seen, seen)
             VALUES (?1, ?2, ?3, ?4, ?4)
             ON CONFLICT DO UPDATE SET seen = ?4, gone_at = NULL RETURNING key",
        )?
        .query_row(
            params![of.workspace, of.flow, of.identity, time::to_column(seen)],
            |row| row.get(0),
        )
}

/// Says that no file has a schedule any more.
pub(crate) fn lose(connection: &Connection, key: i64, at: Timestamp) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE schedules SET gone_at = ?2 WHERE key = ?1 AND gone_at IS NULL")?
        .execute(params![key, time::to_column(at)])?;
    Ok(())
}

/// Gives a flow's schedules to its new name, with what became of their times. Those that
/// the new name has already stay.
pub(crate) fn rename(
    connection: &Connection,
    workspace: &str,
    from: &str,
    to: &str,
) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE OR IGNORE schedules SET flow = ?3 WHERE workspace = ?1 AND flow = ?2",
        [workspace, from, to],
    )?;
    connection.execute(
        "UPDATE OR REPLACE paused_flows SET flow = ?3 WHERE workspace = ?1 AND flow = ?2",
        [workspace, from, to],
    )?;
    Ok(())
}

/// Every schedule, as of `now`.
pub(crate) fn list(connection: &Connection, now: Timestamp) -> rusqlite::Result<Vec<SeenSchedule>> {
    connection
        .prepare_cached(
            "SELECT key, workspace, flow, identity, first_seen, seen, gone_at,
               (SELECT last FROM due_times WHERE schedule = key AND time <= ?
                ORDER BY time DESC LIMIT 1)
             FROM schedules ORDER BY workspace, flow, identity",
        )?
        .query_map([time::to_column(now)], seen_schedule)?
        .collect()
}

fn seen_schedule(row: &Row<'_>) -> rusqlite::Result<SeenSchedule> {
    Ok(SeenSchedule {
        key: row.get(0)?,
        of: ScheduleOf {
            workspace: row.get(1)?,
            flow: row.get(2)?,
            identity: row.get(3)?,
        },
        first_seen: time::from_column(row.get(4)?),
        seen: time::from_column(row.get(5)?),
        gone_at: row.get::<_, Option<i64>>(6)?.map(time::from_column),
        recorded: row.get::<_, Option<i64>>(7)?.map(time::from_column),
    })
}

/// Pauses a flow's schedules on this machine, or lets them go on; gives whether that
/// changed anything.
pub(crate) fn pause(
    connection: &Connection,
    workspace: &str,
    flow: &str,
    paused: Option<Timestamp>,
) -> rusqlite::Result<bool> {
    let changed = match paused {
        Some(at) => connection.execute(
            "INSERT OR IGNORE INTO paused_flows (workspace, flow, paused_at) VALUES (?, ?, ?)",
            params![workspace, flow, time::to_column(at)],
        )?,
        None => connection.execute(
            "DELETE FROM paused_flows WHERE workspace = ? AND flow = ?",
            [workspace, flow],
        )?,
    };
    Ok(changed > 0)
}

/// The flows whose schedules are paused on this machine: workspace and flow.
pub(crate) fn paused(connection: &Connection) -> rusqlite::Result<Vec<(String, String)>> {
    connection
        .prepare_cached("SELECT workspace, flow FROM paused_flows")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// The key of a schedule, if it was ever seen.
pub(crate) fn key(connection: &Connection, of: &ScheduleOf) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached(
            "SELECT key FROM schedules WHERE workspace = ? AND flow = ? AND identity = ?",
        )?
        .query_row([&of.workspace, &of.flow, &of.identity], |row| row.get(0))
        .optional()
}
