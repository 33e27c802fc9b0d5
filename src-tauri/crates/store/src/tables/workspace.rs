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
    /// Since when its schedules and triggers may fire; `None`: they may not.
    pub enabled_at: Option<Timestamp>,
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

/// Says whether its schedules and triggers may fire; gives whether that changed.
pub(crate) fn enable(
    connection: &Connection,
    path: &str,
    enabled: bool,
    at: Timestamp,
) -> rusqlite::Result<bool> {
    let changed = connection.execute(
        "INSERT INTO workspaces (path, enabled, used_at, enabled_at)
         VALUES (?1, ?2, ?3, iif(?2, ?3, NULL))
         ON CONFLICT (path) DO UPDATE SET enabled = ?2, enabled_at = iif(?2, ?3, NULL)
         WHERE enabled IS NOT ?2",
        params![path, enabled, time::to_column(at)],
    )?;
    Ok(changed > 0)
}

/// All of them, the last used first.
pub(crate) fn list(connection: &Connection) -> rusqlite::Result<Vec<Workspace>> {
    connection
        .prepare_cached(
            "SELECT path, enabled, used_at, enabled_at FROM workspaces ORDER BY used_at DESC",
        )?
        .query_map([], |row| {
            Ok(Workspace {
                path: row.get(0)?,
                enabled: row.get(1)?,
                used_at: time::from_column(row.get(2)?),
                enabled_at: row.get::<_, Option<i64>>(3)?.map(time::from_column),
            })
        })?
        .collect()
}
