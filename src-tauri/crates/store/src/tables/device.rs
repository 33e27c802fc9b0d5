//! The devices table: which device this home is, and how far its transitions
//! are numbered. Numbers are dense, and never used again.

use rusqlite::{Connection, params};
use tidemill_orchestrate::DeviceId;

/// Makes this home a device of its own.
pub(crate) fn create(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO devices (key, id, last_sequence, flushes) VALUES (1, ?, 0, 0)",
        [uuid::Uuid::now_v7().into_bytes()],
    )?;
    Ok(())
}

/// This home's id.
pub(crate) fn id(connection: &Connection) -> rusqlite::Result<DeviceId> {
    connection.query_row("SELECT id FROM devices WHERE key = 1", [], |row| {
        row.get(0).map(DeviceId::from_bytes)
    })
}

/// The number of the newest transition; 0: there is none.
pub(crate) fn last_sequence(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("SELECT last_sequence FROM devices WHERE key = 1")?
        .query_row([], |row| row.get(0))
}

/// Says how far transitions are numbered now.
pub(crate) fn set_last_sequence(connection: &Connection, last: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE devices SET last_sequence = ? WHERE key = 1")?
        .execute(params![last])?;
    Ok(())
}

/// Changes the marker row: its commit flushes all that was committed before it.
pub(crate) fn mark(connection: &Connection) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE devices SET flushes = flushes + 1 WHERE key = 1")?
        .execute([])?;
    Ok(())
}
