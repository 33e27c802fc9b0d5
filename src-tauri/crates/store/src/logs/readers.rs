//! Connections that read a database of the logs, kept open for the next who reads.

use std::sync::Mutex;

use rusqlite::Connection;

use crate::{StoreError, migrations::Database, receipt::lock};

/// Connections that are kept open while nobody reads.
const KEPT: usize = 2;

/// Who reads a database, which may not be there yet.
#[derive(Debug, Default)]
pub(super) struct Readers {
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// Reads; `Ok(None)` while there is no such database.
    pub(super) fn read<T>(
        &self,
        database: &Database,
        body: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        if !database.path.exists() {
            return Ok(None);
        }
        let idle = lock(&self.idle).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => database.open()?,
        };
        let answer = body(&connection).map_err(|error| error.at(&database.path));
        let mut idle = lock(&self.idle);
        if idle.len() < KEPT {
            idle.push(connection);
        }
        answer.map(Some)
    }
}
