//! The variables table: values that every run sees as `vars.NAME`.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value as Json;

/// Sets one, to JSON.
pub(crate) fn set(connection: &Connection, name: &str, json: &str) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO variables (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = ?2",
        params![name, json],
    )?;
    Ok(())
}

/// Removes one; gives whether it was there.
pub(crate) fn remove(connection: &Connection, name: &str) -> rusqlite::Result<bool> {
    Ok(connection.execute("DELETE FROM variables WHERE name = ?", [name])? > 0)
}

/// One of them.
pub(crate) fn one(connection: &Connection, name: &str) -> rusqlite::Result<Option<Json>> {
    connection
        .prepare_cached("SELECT value FROM variables WHERE name = ?")?
        .query_row([name], |row| row.get(0))
        .optional()
}

/// All of them, in order.
pub(crate) fn list(connection: &Connection) -> rusqlite::Result<Vec<(String, Json)>> {
    connection
        .prepare_cached("SELECT name, value FROM variables ORDER BY name")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}
