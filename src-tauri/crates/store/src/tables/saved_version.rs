//! The table of saved versions: what a flow file was whenever it was saved. Their
//! texts are in the texts table, which runs share.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::{run::hex, text};
use crate::time;

/// A version that a flow file was saved as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedVersion {
    /// SHA-256 of the file's bytes.
    pub version: String,
    /// When it was last saved so.
    pub saved_at: Timestamp,
}

/// Keeps a version, and of the flow's older ones only so many that `kept` are left.
pub(crate) fn keep(
    connection: &Connection,
    (workspace, flow): (&str, &str),
    bytes: &[u8],
    at: Timestamp,
    kept: usize,
) -> rusqlite::Result<()> {
    let hash = text::hash(bytes);
    text::keep(connection, &hash, bytes)?;
    connection
        .prepare_cached(
            "INSERT INTO saved_versions (workspace, flow, version, saved_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET saved_at = max(saved_at, ?4)",
        )?
        .execute(params![workspace, flow, hash, time::to_column(at)])?;
    prune(connection, workspace, flow, kept)
}

fn prune(
    connection: &Connection,
    workspace: &str,
    flow: &str,
    kept: usize,
) -> rusqlite::Result<()> {
    let kept = i64::try_from(kept).unwrap_or(i64::MAX);
    let old: Vec<text::TextHash> = connection
        .prepare_cached(
            "SELECT version FROM saved_versions WHERE workspace = ? AND flow = ?
             ORDER BY saved_at DESC, version LIMIT -1 OFFSET ?",
        )?
        .query_map(params![workspace, flow, kept], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for hash in old {
        connection.execute(
            "DELETE FROM saved_versions WHERE workspace = ? AND flow = ? AND version = ?",
            params![workspace, flow, hash],
        )?;
        text::forget_unnamed(connection, &hash)?;
    }
    Ok(())
}

/// Gives a flow's saved versions to its new name.
pub(crate) fn rename(
    connection: &Connection,
    workspace: &str,
    from: &str,
    to: &str,
) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO saved_versions (workspace, flow, version, saved_at)
           SELECT workspace, ?3, version, saved_at FROM saved_versions
           WHERE workspace = ?1 AND flow = ?2
         ON CONFLICT DO UPDATE SET saved_at = max(saved_at, excluded.saved_at)",
        [workspace, from, to],
    )?;
    connection.execute(
        "DELETE FROM saved_versions WHERE workspace = ? AND flow = ?",
        [workspace, from],
    )?;
    Ok(())
}

/// A flow's saved versions, newest first.
pub(crate) fn list(
    connection: &Connection,
    workspace: &str,
    flow: &str,
) -> rusqlite::Result<Vec<SavedVersion>> {
    connection
        .prepare_cached(
            "SELECT version, saved_at FROM saved_versions WHERE workspace = ? AND flow = ?
             ORDER BY saved_at DESC, version",
        )?
        .query_map([workspace, flow], |row| {
            Ok(SavedVersion {
                version: hex(row.get(0)?),
                saved_at: time::from_column(row.get(1)?),
            })
        })?
        .collect()
}
