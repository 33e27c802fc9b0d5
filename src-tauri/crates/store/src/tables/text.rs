//! The texts table: flow files, and snapshots of variables and environments,
//! each once by its content.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

/// The SHA-256 of a text.
pub(crate) type TextHash = [u8; 32];

/// The hash of a text.
pub(crate) fn hash(text: &[u8]) -> TextHash {
    Sha256::digest(text).into()
}

/// Keeps a text.
pub(crate) fn keep(connection: &Connection, hash: &TextHash, text: &[u8]) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO texts (hash, data) VALUES (?, ?)")?
        .execute(params![hash, text])?;
    Ok(())
}

/// Removes a text, unless a run or a saved version names it.
pub(crate) fn forget_unnamed(connection: &Connection, hash: &[u8]) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM texts WHERE hash = ?1
               AND NOT EXISTS (SELECT 1 FROM saved_versions WHERE version = ?1)
               AND NOT EXISTS (SELECT 1 FROM runs
                 WHERE version = ?1 OR variables = ?1 OR environment = ?1)",
        )?
        .execute([hash])?;
    Ok(())
}

/// The bytes with this hash.
pub(crate) fn bytes(connection: &Connection, hash: &[u8]) -> rusqlite::Result<Option<Vec<u8>>> {
    connection
        .prepare_cached("SELECT data FROM texts WHERE hash = ?")?
        .query_row([hash], |row| row.get(0))
        .optional()
}

/// The flow file with this hash, if it is kept. It came in as text.
pub(crate) fn text(connection: &Connection, hash: &[u8]) -> rusqlite::Result<Option<Arc<str>>> {
    let bytes = bytes(connection, hash)?;
    Ok(bytes.and_then(|bytes| String::from_utf8(bytes).ok().map(Arc::from)))
}
