//! The drafts table: texts of flow files that an editor holds and nobody has saved.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::time;

/// A text that is not saved yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The workspace's absolute path.
    pub workspace: String,
    /// The file that it is of, or will be: relative to the workspace, with `/`.
    pub file: String,
    /// The text.
    pub text: String,
    /// The file's version that it is derived from; `None`: there was no file.
    pub base: Option<String>,
    /// When it was kept.
    pub kept_at: Timestamp,
}

/// Keeps one in place of what was kept for its file.
pub(crate) fn set(connection: &Connection, draft: &Draft) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO drafts (workspace, file, text, base, kept_at)
             VALUES (?, ?, ?, ?, ?)",
        )?
        .execute(params![
            draft.workspace,
            draft.file,
            draft.text,
            draft.base,
            time::to_column(draft.kept_at)
        ])?;
    Ok(())
}

/// Removes one; gives whether it was there.
pub(crate) fn remove(
    connection: &Connection,
    workspace: &str,
    file: &str,
) -> rusqlite::Result<bool> {
    let removed = connection
        .prepare_cached("DELETE FROM drafts WHERE workspace = ? AND file = ?")?
        .execute([workspace, file])?;
    Ok(removed > 0)
}

/// The one of a file.
pub(crate) fn one(
    connection: &Connection,
    workspace: &str,
    file: &str,
) -> rusqlite::Result<Option<Draft>> {
    connection
        .prepare_cached(
            "SELECT workspace, file, text, base, kept_at FROM drafts
             WHERE workspace = ? AND file = ?",
        )?
        .query_row([workspace, file], draft)
        .optional()
}

/// Those of a workspace, by file.
pub(crate) fn list(connection: &Connection, workspace: &str) -> rusqlite::Result<Vec<Draft>> {
    connection
        .prepare_cached(
            "SELECT workspace, file, text, base, kept_at FROM drafts
             WHERE workspace = ? ORDER BY file",
        )?
        .query_map([workspace], draft)?
        .collect()
}

fn draft(row: &Row<'_>) -> rusqlite::Result<Draft> {
    Ok(Draft {
        workspace: row.get(0)?,
        file: row.get(1)?,
        text: row.get(2)?,
        base: row.get(3)?,
        kept_at: time::from_column(row.get(4)?),
    })
}
