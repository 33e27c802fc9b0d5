//! The workspaces table: folders that the home remembers, and whether their
//! schedules and triggers may fire on this machine.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::time;

/// A folder of flows that the home remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Its absolute path.
    pub path: String,
    /// Whether its schedules and triggers may fire.
    pub enabled: bool,
    /// When it was last used.
    pub used_at: Timestamp,
}

/// Remembers that a workspace was used.
pub(crate) fn remember(connection: &Connection, path: &str, at: Timestamp) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO workspaces (path, enabled, used_at) VALUES (?1, 0, ?2)
         ON CONFLICT (path) DO UPDATE SET used_at = ?2",
        params![path, time::to_column(at)],
    )?;
    Ok(())
}

/// Says whether its schedules and triggers may fire.
pub(crate) fn enable(
    connection: &Connection,
    path: &str,
    enabled: bool,
    at: Timestamp,
) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO workspaces (path, enabled, used_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (path) DO UPDATE SET enabled = ?2",
        params![path, enabled, time::to_column(at)],
    )?;
    Ok(())
}

/// All of them, the last used first.
pub(crate) fn list(connection: &Connection) -> rusqlite::Result<Vec<Workspace>> {
    connection
        .prepare_cached("SELECT path, enabled, used_at FROM workspaces ORDER BY used_at DESC")?
        .query_map([], |row| {
            Ok(Workspace {
                path: row.get(0)?,
                enabled: row.get(1)?,
                used_at: time::from_column(row.get(2)?),
            })
        })?
        .collect()
}
