//! The settings table: what a person chose, by key.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value as Json;

/// Sets one, to JSON.
pub(crate) fn set(connection: &Connection, key: &str, json: &str) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO settings (key, value) VALUES (?1, ?2)
         ON CONFLICT (key) DO UPDATE SET value = ?2",
        params![key, json],
    )?;
    Ok(())
}

/// Removes one; gives whether it was there.
pub(crate) fn remove(connection: &Connection, key: &str) -> rusqlite::Result<bool> {
    Ok(connection.execute("DELETE FROM settings WHERE key = ?", [key])? > 0)
}

/// One of them.
pub(crate) fn one(connection: &Connection, key: &str) -> rusqlite::Result<Option<Json>> {
    connection
        .prepare_cached("SELECT value FROM settings WHERE key = ?")?
        .query_row([key], |row| row.get(0))
        .optional()
}

/// All of them, in order.
pub(crate) fn list(connection: &Connection) -> rusqlite::Result<Vec<(String, Json)>> {
    connection
        .prepare_cached("SELECT key, value FROM settings ORDER BY key")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}
