//! The pins table: outputs that a person wants to stand for a task's own in what is
//! tried by hand.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde_json::Value as Json;

use crate::time;

/// The flow that pins are of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinnedFlow {
    /// The workspace's folder.
    pub workspace: String,
    /// The flow's name.
    pub flow: String,
}

/// An output that stands for a task's own.
#[derive(Clone, Debug, PartialEq)]
pub struct Pin {
    /// The task's path: `group/inner`.
    pub task: String,
    /// The output.
    pub output: Json,
    /// The name of the run that it is from; none where a person wrote it.
    pub origin: Option<String>,
    /// When it was pinned.
    pub pinned_at: Timestamp,
}

/// Pins an output, in place of what was pinned before.
pub(crate) fn set(connection: &Connection, flow: &PinnedFlow, pin: &Pin) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO pins (workspace, flow, task, output, origin, pinned_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET output = ?4, origin = ?5, pinned_at = ?6",
        params![
            flow.workspace,
            flow.flow,
            pin.task,
            pin.output.to_string(),
            pin.origin,
            time::to_column(pin.pinned_at),
        ],
    )?;
    Ok(())
}

/// Gives a flow's pins to its new name, in place of what that had.
pub(crate) fn rename(
    connection: &Connection,
    workspace: &str,
    from: &str,
    to: &str,
) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE OR REPLACE pins SET flow = ?3 WHERE workspace = ?1 AND flow = ?2",
        [workspace, from, to],
    )?;
    Ok(())
}

/// Removes a pin; gives whether it was there.
pub(crate) fn remove(
    connection: &Connection,
    flow: &PinnedFlow,
    task: &str,
) -> rusqlite::Result<bool> {
    let sql = "DELETE FROM pins WHERE workspace = ? AND flow = ? AND task = ?";
    Ok(connection.execute(sql, params![flow.workspace, flow.flow, task])? > 0)
}

/// A flow's pins, by task.
pub(crate) fn list(connection: &Connection, flow: &PinnedFlow) -> rusqlite::Result<Vec<Pin>> {
    connection
        .prepare_cached(
            "SELECT task, output, origin, pinned_at FROM pins
             WHERE workspace = ? AND flow = ? ORDER BY task",
        )?
        .query_map(params![flow.workspace, flow.flow], |row| {
            Ok(Pin {
                task: row.get(0)?,
                output: row.get(1)?,
                origin: row.get(2)?,
                pinned_at: time::from_column(row.get(3)?),
            })
        })?
        .collect()
}
